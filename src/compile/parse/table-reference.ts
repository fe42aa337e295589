import type { Alias, DerivedTable, Join, Name, TableFunction, TableFunctionArgument, TableReference } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseExpression } from './expression.ts';
import { parseTableHints } from './hint.ts';
import { parseMatchRecognize } from './match-recognize.ts';
import { continueQuery, parseAliasName, parseOrderItems, parseQuery, startsQuery } from './query.ts';

/** What stands behind FROM: joins bind more tightly than commas, and both are left-associative. */
export function parseFrom(cursor: Cursor): TableReference {
  const { start } = cursor.token;
  let left = parseJoins(cursor);
  for (let length = 1; cursor.isSymbol(','); length++) {
    cursor.checkChain(length);
    const { start: commaStart, end: commaEnd } = cursor.next();
    const right = parseJoins(cursor);
    left = {
      kind: 'join',
      place: cursor.placeFrom(start),
      operatorPlace: { start: commaStart, end: commaEnd },
      type: 'COMMA',
      natural: false,
      left,
      right,
      using: [],
    };
  }
  return left;
}

function parseJoins(cursor: Cursor): TableReference {
  cursor.enter();
  const { start } = cursor.token;
  let left = parseTable(cursor);
  for (let length = 1; ; length++) {
    const joined = parseJoin(cursor, left, start);
    if (joined === undefined) break;
    left = joined;
    cursor.checkChain(length);
  }
  cursor.leave();
  return left;
}

/** [NATURAL] [INNER | LEFT [OUTER] | RIGHT [OUTER] | FULL [OUTER] | CROSS] JOIN table [ON condition | USING (columns)] */
function parseJoin(cursor: Cursor, left: TableReference, start: number): Join | undefined {
  const { start: operatorStart } = cursor.token;
  const natural = cursor.acceptWord('NATURAL');
  const type = cursor.acceptOneOf('INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'OUTER');
  if (type !== undefined && cursor.isWord('APPLY')) {
    const hint = 'Write JOIN LATERAL TABLE(function(…)) ON TRUE.';
    cursor.fail({ code: 'SQL_UNSUPPORTED', message: `${type} APPLY is not supported`, place: cursor.token, hint });
  }
  if (type === 'LEFT' || type === 'RIGHT' || type === 'FULL') cursor.acceptWord('OUTER');
  if (type === undefined && !natural && !cursor.isWord('JOIN')) return undefined;
  if (type === 'OUTER')
    cursor.unexpected('LEFT, RIGHT or FULL in front of OUTER', [], 'Write LEFT OUTER JOIN, RIGHT OUTER JOIN or FULL OUTER JOIN.');
  if (!cursor.isWord('JOIN')) {
    const semi = cursor.isWord('SEMI') || cursor.isWord('ANTI');
    cursor.unexpected('JOIN', ['JOIN'], semi ? 'Write WHERE [NOT] EXISTS (SELECT …), or IN.' : undefined);
  }
  cursor.next();
  const operatorPlace = cursor.placeFrom(operatorStart);
  const right = parseTable(cursor);
  const on = cursor.acceptWord('ON') ? parseExpression(cursor) : undefined;
  const using = on === undefined && cursor.acceptWord('USING') ? cursor.nameList('a column name') : [];
  return {
    kind: 'join',
    place: cursor.placeFrom(start),
    operatorPlace,
    type: type ?? 'INNER',
    natural,
    left,
    right,
    ...(on && { on }),
    using,
  };
}

/** One table of a FROM clause, with what may follow it: hints, FOR SYSTEM_TIME, MATCH_RECOGNIZE, an alias. */
function parseTable(cursor: Cursor): TableReference {
  const { start } = cursor.token;
  if (cursor.isSymbol('(')) return parseParenthesised(cursor);
  if (cursor.isWord('LATERAL')) return parseLateral(cursor);
  if (cursor.isWord('UNNEST')) return parseUnnest(cursor);
  if (cursor.isWord('TABLE')) {
    if (!cursor.isSymbolAhead(1, '(')) {
      cursor.unexpected('a table name', [], 'Write the name alone, or TABLE(TUMBLE(TABLE name, …)) for a window.');
    }
    return withAlias(cursor, parseTableFunction(cursor), start);
  }
  if (startsQuery(cursor)) cursor.unexpected('a table', [], 'Put a query in FROM in parentheses: FROM (SELECT …).');
  const name = cursor.qualifiedName('a table name');
  if (cursor.isSymbol('(')) {
    if (name.parts.length > 1) {
      const message = 'a function of another catalog or database is not supported';
      cursor.fail({ code: 'SQL_UNSUPPORTED', message, place: name.place, hint: 'Call a built-in function by its plain name.' });
    }
    return withAlias(cursor, parseFunctionCall(cursor, name.parts[0], start), start);
  }
  const options = parseTableHints(cursor);
  const asOf = parseSystemTime(cursor);
  const table = { kind: 'table' as const, place: cursor.placeFrom(start), name, ...(asOf && { asOf }), options };
  return withAlias(cursor, table, start);
}

function parseSystemTime(cursor: Cursor) {
  if (!cursor.isWord('FOR')) return undefined;
  if (cursor.isWordAhead(1, 'SYSTEM') && cursor.isWordAhead(2, 'TIME'))
    cursor.unexpected('FOR SYSTEM_TIME AS OF', [], 'Write SYSTEM_TIME with an underscore.');
  cursor.next();
  cursor.expectWords('SYSTEM_TIME', 'AS', 'OF');
  return parseExpression(cursor);
}

type Aliased = TableReference & { readonly alias?: Alias };

/** MATCH_RECOGNIZE and an alias behind a table. */
function withAlias(cursor: Cursor, table: Exclude<TableReference, Join | { kind: 'lateral' }>, start: number): TableReference {
  let result: TableReference = table;
  if (cursor.isWord('MATCH_RECOGNIZE')) result = parseMatchRecognize(cursor, result, start);
  const alias = parseAlias(cursor);
  if (alias) result = { ...result, alias, place: cursor.placeFrom(start) } as Aliased;
  refuseExtras(cursor, alias !== undefined);
  return result;
}

/** [AS] name [(columns)] */
function parseAlias(cursor: Cursor): Alias | undefined {
  const name = parseAliasName(cursor, 'an alias');
  if (!name) return undefined;
  const columns = cursor.isSymbol('(') ? cursor.nameList('a column name') : [];
  return { name, columns };
}

function refuseExtras(cursor: Cursor, aliased: boolean): void {
  const { token } = cursor;
  if (cursor.isWord('TABLESAMPLE') || cursor.isWord('PIVOT') || cursor.isWord('UNPIVOT') || cursor.isWord('EXTEND')) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: `${token.text} is not supported`,
      place: token,
      hint: 'Flink has no such clause for streams: use WHERE, or aggregates with FILTER.',
    });
  }
  if (!aliased) return;
  if (cursor.isWord('MATCH_RECOGNIZE'))
    cursor.unexpected('another clause', [], 'MATCH_RECOGNIZE stands behind the table, its alias behind the closing parenthesis.');
  if (cursor.isWord('FOR'))
    cursor.unexpected(
      'another clause',
      [],
      'FOR SYSTEM_TIME AS OF stands in front of the alias: t FOR SYSTEM_TIME AS OF … AS a.',
    );
  if (cursor.isSymbol('/*+'))
    cursor.unexpected('another clause', [], 'A hint stands in front of the alias, directly behind the name.');
}

/** (SELECT …) AS t, (a JOIN b ON …), or ((SELECT …) UNION (SELECT …)) AS t */
function parseParenthesised(cursor: Cursor): TableReference {
  const { start } = cursor.token;
  const open = cursor.next();
  let table: TableReference;
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    cursor.expectClose(')', open);
    table = { kind: 'derived', place: cursor.placeFrom(start), query };
  } else {
    const { start: innerStart } = cursor.token;
    const inner = parseFrom(cursor);
    if (inner.kind !== 'derived' || inner.alias !== undefined) {
      cursor.expectClose(')', open, operatorWords);
      if (inner.kind === 'join' && (cursor.isWord('AS') || cursor.atName())) {
        cursor.unexpected(
          'JOIN or the next clause',
          [],
          'Joined tables cannot have an alias: write (SELECT * FROM a JOIN b ON …) AS t.',
        );
      }
      return inner;
    }
    const query = continueQuery(cursor, inner.query, innerStart);
    cursor.expectClose(')', open);
    table = { kind: 'derived', place: cursor.placeFrom(start), query };
  }
  return withAlias(cursor, table, start);
}

function parseLateral(cursor: Cursor): TableReference {
  const { start } = cursor.next();
  const { token } = cursor;
  let table: TableReference;
  if (cursor.isSymbol('(')) {
    table = parseParenthesised(cursor);
  } else if (cursor.isWord('TABLE')) {
    table = withAlias(cursor, parseTableFunction(cursor), token.start);
  } else if (cursor.isWord('UNNEST')) {
    table = parseUnnest(cursor);
  } else {
    const name = cursor.name('TABLE(function(…)) or a query in parentheses');
    if (!cursor.isSymbol('('))
      cursor.unexpected('"(" behind the function', [], 'Write LATERAL TABLE(function(…)) or LATERAL (SELECT …).');
    table = withAlias(cursor, parseFunctionCall(cursor, name, token.start), token.start);
  }
  return { kind: 'lateral', place: cursor.placeFrom(start), table };
}

function parseUnnest(cursor: Cursor): TableReference {
  const { start } = cursor.next();
  const open = cursor.expectSymbol('(', 'behind UNNEST');
  const expressions = cursor.list(() => parseExpression(cursor));
  cursor.expectClose(')', open, operatorWords);
  const withOrdinality = cursor.acceptWords('WITH', 'ORDINALITY');
  return withAlias(cursor, { kind: 'unnest', place: cursor.placeFrom(start), expressions, withOrdinality }, start);
}

// ---------------------------------------------------------------- table functions

/** TABLE( name(…) ) */
function parseTableFunction(cursor: Cursor): TableFunction {
  const { start } = cursor.next();
  const open = cursor.next();
  const name = cursor.name('a function such as TUMBLE, HOP, CUMULATE or SESSION');
  if (!cursor.isSymbol('(')) {
    cursor.unexpected(
      `"(" behind ${name.text}`,
      [],
      `TABLE( ) holds a call of a function. For a table write its name alone: FROM ${name.text}.`,
    );
  }
  const call = parseFunctionCall(cursor, name, start);
  cursor.expectClose(')', open);
  return { ...call, place: cursor.placeFrom(start) };
}

function parseFunctionCall(cursor: Cursor, name: Name, start: number): TableFunction {
  const open = cursor.next();
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => parseTableFunctionArgument(cursor));
  cursor.expectClose(')', open, operatorWords);
  return { kind: 'table-function', place: cursor.placeFrom(start), name, args };
}

function parseTableFunctionArgument(cursor: Cursor): TableFunctionArgument {
  const { start } = cursor.token;
  const named = (cursor.token.kind === 'word' || cursor.token.kind === 'name') && cursor.isSymbolAhead(1, '=>');
  const name = named ? parameterName(cursor) : undefined;
  const value = parseArgumentValue(cursor);
  return { ...(name && { name }), place: cursor.placeFrom(start), value };
}

/** A parameter's name may be any word: OFFSET is reserved, yet a parameter. */
function parameterName(cursor: Cursor): Name {
  const { kind, text, start, end } = cursor.next();
  cursor.next();
  return { text: kind === 'word' ? cursor.text.slice(start, end) : text, place: { start, end } };
}

function parseArgumentValue(cursor: Cursor): TableFunctionArgument['value'] {
  if (cursor.isWord('DESCRIPTOR') && cursor.isSymbolAhead(1, '(')) {
    cursor.next();
    return { kind: 'descriptor', columns: cursor.nameList('a column name') };
  }
  const { start } = cursor.token;
  if (cursor.isWord('TABLE')) {
    cursor.next();
    if (cursor.isSymbol('(')) return tableArgument(cursor, derivedArgument(cursor));
    const name = cursor.qualifiedName('a table name');
    const options = parseTableHints(cursor);
    return tableArgument(cursor, { kind: 'table', place: cursor.placeFrom(start), name, options });
  }
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    return tableArgument(cursor, { kind: 'derived', place: cursor.placeFrom(start), query });
  }
  const expression = parseExpression(cursor);
  if (expression.kind !== 'subquery') return { kind: 'expression', expression };
  return tableArgument(cursor, { kind: 'derived', place: expression.place, query: expression.query });
}

function derivedArgument(cursor: Cursor): DerivedTable {
  const open = cursor.next();
  const query = parseQuery(cursor);
  cursor.expectClose(')', open);
  return { kind: 'derived', place: cursor.placeFrom(open.start), query };
}

function tableArgument(cursor: Cursor, table: TableReference): TableFunctionArgument['value'] {
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? parsePartition(cursor) : [];
  const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseOrdered(cursor) : [];
  return { kind: 'table', table, partitionBy, orderBy };
}

/** PARTITION BY a, or PARTITION BY (a, b): in parentheses if there are several, for a comma ends the argument. */
function parsePartition(cursor: Cursor) {
  return parseParenthesisedOrOne(cursor, () => parseExpression(cursor));
}

function parseOrdered(cursor: Cursor) {
  return parseParenthesisedOrOne(cursor, () => parseOrderItems(cursor)).flat();
}

function parseParenthesisedOrOne<T>(cursor: Cursor, item: () => T): T[] {
  return cursor.isSymbol('(') ? cursor.parenthesised(item) : [item()];
}
