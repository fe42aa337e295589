import type {
  ExpressionNode,
  GroupBy,
  GroupItem,
  Name,
  OrderItem,
  Query,
  SelectItem,
  SelectQuery,
  SetOperation,
  WindowNode,
  WithQuery,
} from './ast.ts';
import { parseWindow } from './call.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseExpression } from './expression.ts';
import { parseSelectHints } from './hint.ts';
import { isReserved, isStructural } from './keywords.ts';
import { parseFrom } from './table-reference.ts';

const setOperators = ['UNION', 'INTERSECT', 'EXCEPT', 'MINUS'] as const;
const orderWords = ['ORDER', 'LIMIT', 'OFFSET', 'FETCH'] as const;

/** The clauses of a SELECT in their order, each possible behind those before it. */
const clauses = ['FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'QUALIFY', ...setOperators, ...orderWords];

/** Whether a query's first word is at hand: one in parentheses does not count. */
export function startsQuery(cursor: Cursor): boolean {
  return (
    cursor.isWord('SELECT') ||
    cursor.isWord('WITH') ||
    cursor.isWord('VALUES') ||
    (cursor.isWord('TABLE') && !cursor.isSymbolAhead(1, '('))
  );
}

/** query := [WITH …] operand { UNION | EXCEPT | INTERSECT operand } [ORDER BY …] [LIMIT …] [OFFSET …] [FETCH …] */
export function parseQuery(cursor: Cursor): Query {
  cursor.enter();
  const { start } = cursor.token;
  let query: Query;
  if (cursor.isWord('WITH')) {
    query = parseWith(cursor);
  } else {
    query = parseOrdering(cursor, parseSetOperations(cursor, parseQueryOperand(cursor), start, 0), start);
  }
  cursor.leave();
  return query;
}

/** Goes on behind a query in parentheses, which may be the first operand of a bigger one that starts at `start`. */
export function continueQuery(cursor: Cursor, first: Query, start: number): Query {
  return parseOrdering(cursor, parseSetOperations(cursor, first, start, 0), start);
}

function parseWith(cursor: Cursor): WithQuery {
  const { start } = cursor.next();
  if (cursor.isWord('RECURSIVE')) {
    const hint = 'Flink does not support recursive queries in streaming either.';
    cursor.fail({ code: 'SQL_UNSUPPORTED', message: 'WITH RECURSIVE is not supported', place: cursor.token, hint });
  }
  const ctes = cursor.list(() => {
    const name = cursor.name('a name for the query');
    const columns = cursor.isSymbol('(') && !cursor.isWordAhead(1, 'SELECT') ? cursor.nameList('a column name') : [];
    cursor.expectWord('AS', `and a query in parentheses behind ${name.text}`, `Write ${name.text} AS (SELECT …).`);
    const open = cursor.expectSymbol('(', 'in front of the query', `Put the query in parentheses: ${name.text} AS (SELECT …).`);
    const query = parseQuery(cursor);
    cursor.expectClose(')', open, [...clauses, ...operatorWords]);
    return { name, columns, query };
  });
  const { start: bodyStart } = cursor.token;
  const first = parseQueryOperand(cursor);
  const body = continueQuery(cursor, first, bodyStart);
  return { kind: 'with', place: cursor.placeFrom(start), ctes, body };
}

/** INTERSECT binds more tightly than UNION and EXCEPT; all are left-associative. */
function parseSetOperations(cursor: Cursor, first: Query, start: number, minimum: number): Query {
  let left = first;
  for (let length = 1; ; length++) {
    const { kind, text, start: operatorStart } = cursor.token;
    if (kind !== 'word' || !(setOperators as readonly string[]).includes(text)) return left;
    const binding = text === 'INTERSECT' ? 2 : 1;
    if (binding <= minimum) return left;
    cursor.checkChain(length);
    if (text === 'MINUS') cursor.unexpected('UNION, INTERSECT or EXCEPT', [], 'Write EXCEPT instead of MINUS.');
    cursor.next();
    const all = cursor.acceptOneOf('ALL', 'DISTINCT') === 'ALL';
    const operatorPlace = cursor.placeFrom(operatorStart);
    const { start: rightStart } = cursor.token;
    const right = parseSetOperations(cursor, parseQueryOperand(cursor), rightStart, binding);
    left = {
      kind: 'set-operation',
      place: cursor.placeFrom(start),
      operator: text as SetOperation['operator'],
      operatorPlace,
      all,
      left,
      right,
    };
  }
}

/** SELECT …, VALUES …, TABLE t, or a query in parentheses. */
function parseQueryOperand(cursor: Cursor): Query {
  const { token } = cursor;
  if (cursor.isWord('SELECT')) return parseSelect(cursor);
  if (cursor.isWord('VALUES')) return parseValues(cursor);
  if (cursor.isWord('TABLE')) return parseTableQuery(cursor);
  if (cursor.isSymbol('(')) {
    const open = cursor.next();
    const query = parseQuery(cursor);
    cursor.expectClose(')', open, [...clauses, ...operatorWords]);
    return query;
  }
  return cursor.unexpected(
    'a query',
    ['SELECT', 'WITH', 'VALUES'],
    cursor.isWord('VALUE')
      ? 'Did you mean VALUES?'
      : token.kind === 'end'
        ? undefined
        : 'A query begins with SELECT, VALUES or WITH.',
  );
}

/** TABLE t is short for SELECT * FROM t. */
function parseTableQuery(cursor: Cursor): SelectQuery {
  const { start } = cursor.next();
  const name = cursor.qualifiedName('a table name');
  const place = cursor.placeFrom(start);
  return {
    kind: 'select',
    place,
    distinct: false,
    items: [{ kind: 'star', place }],
    from: { kind: 'table', place: name.place, name, options: [] },
    windows: [],
  };
}

function parseValues(cursor: Cursor): Query {
  const { start } = cursor.next();
  const rows = cursor.list(() => {
    const explicit = cursor.acceptWord('ROW');
    if (!explicit && !cursor.isSymbol('(')) return [parseExpression(cursor)];
    return cursor.parenthesised(() => parseExpression(cursor));
  });
  return { kind: 'values', place: cursor.placeFrom(start), rows };
}

// ---------------------------------------------------------------- SELECT

function parseSelect(cursor: Cursor): SelectQuery {
  const { start } = cursor.next();
  parseSelectHints(cursor);
  if (cursor.isWord('STREAM')) {
    cursor.unsupported('SELECT STREAM', cursor.next(), 'Leave out STREAM: every query is a streaming query.');
  }
  const distinct = cursor.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT';
  const items = cursor.list(() => parseSelectItem(cursor));
  const from = cursor.acceptWord('FROM') ? parseFrom(cursor) : undefined;
  if (!from) refuseWithoutFrom(cursor);
  const where = cursor.acceptWord('WHERE') ? parseExpression(cursor) : undefined;
  const groupBy = cursor.isWord('GROUP') ? parseGroupBy(cursor) : undefined;
  const having = cursor.acceptWord('HAVING') ? parseExpression(cursor) : undefined;
  const windows = cursor.acceptWord('WINDOW') ? parseWindows(cursor) : [];
  const qualify = atQualify(cursor) && cursor.next() ? parseExpression(cursor) : undefined;
  const query: SelectQuery = {
    kind: 'select',
    place: cursor.placeFrom(start),
    distinct,
    items,
    ...(from && { from }),
    ...(where && { where }),
    ...(groupBy && { groupBy }),
    ...(having && { having }),
    windows,
    ...(qualify && { qualify }),
  };
  checkSelectEnd(cursor, query);
  return query;
}

function refuseWithoutFrom(cursor: Cursor): void {
  const clause = ['WHERE', 'GROUP', 'HAVING', 'WINDOW'].find((word) => cursor.isWord(word));
  if (clause !== undefined) cursor.unexpected('FROM', [], `${clause} needs a FROM clause in front of it.`);
}

function atQualify(cursor: Cursor): boolean {
  return cursor.isWord('QUALIFY');
}

/** What may stand behind a SELECT is known, so a mistake is best told here, where the clauses that could follow are known too. */
function checkSelectEnd(cursor: Cursor, query: SelectQuery): void {
  const { kind, text } = cursor.token;
  if (cursor.atEnd() || (kind === 'symbol' && (text === ')' || text === ']'))) return;
  const words: readonly string[] = [...setOperators, ...orderWords];
  if (kind === 'word' && (words.includes(text) || (text !== 'FROM' && endsQuery(text)))) return;
  const { from, where, groupBy, having, windows } = query;
  if (kind === 'word' && clauses.includes(text)) {
    cursor.fail({
      code: 'SQL_SYNTAX',
      message: `${text} stands too late, or twice`,
      place: cursor.token,
      hint: 'The order is SELECT, FROM, WHERE, GROUP BY, HAVING, WINDOW, ORDER BY, LIMIT.',
    });
  }
  if (kind === 'word' && isReserved(text) && endsName(cursor)) cursor.failReserved('an alias');
  const position = windows.length > 0 ? 5 : having ? 4 : groupBy ? 3 : where ? 2 : from ? 1 : 0;
  const following = clauses.slice(position).filter((word) => word !== 'MINUS' && word !== 'QUALIFY');
  const joinWords = from && !where && !groupBy ? ['JOIN', 'LEFT', 'RIGHT', 'INNER', 'CROSS', 'ON'] : [];
  const expected = from ? (where || groupBy ? 'the next clause' : 'JOIN, WHERE, GROUP BY or another clause') : '"," or FROM';
  const hint = expressionFollows(cursor)
    ? `A comma or an operator may be missing in front of ${cursor.describe(cursor.token)}.`
    : undefined;
  cursor.unexpected(`${expected}, or the end of the query`, [...following, ...joinWords, ...operatorWords], hint);
}

/** Words that a statement around the query goes on with: they are that statement's to judge. */
function endsQuery(word: string): boolean {
  return (
    word === 'ON' ||
    word === 'END' ||
    word === 'NULL' ||
    word === 'ABSENT' ||
    word === 'INSERT' ||
    word === 'CREATE' ||
    word === 'DROP' ||
    word === 'EXECUTE'
  );
}

/** Whether what follows the word at hand shows that it is meant as a name. */
function endsName(cursor: Cursor): boolean {
  const { kind, text } = cursor.ahead(1);
  return kind === 'end' || (kind === 'symbol' && [',', ';', ')'].includes(text)) || (kind === 'word' && isStructural(text));
}

function expressionFollows(cursor: Cursor): boolean {
  const { kind, text } = cursor.token;
  return (
    kind === 'name' ||
    kind === 'string' ||
    kind === 'number' ||
    (kind === 'word' && !isStructural(text)) ||
    (kind === 'symbol' && text === '(')
  );
}

function parseSelectItem(cursor: Cursor): SelectItem {
  const { start } = cursor.token;
  if (cursor.acceptSymbol('*')) return { kind: 'star', place: cursor.placeFrom(start) };
  if (startsQualifiedStar(cursor)) {
    const parts = [cursor.name('a table name')];
    while (cursor.acceptSymbol('.') && !cursor.acceptSymbol('*')) parts.push(cursor.name('a name'));
    const place = { start, end: parts[parts.length - 1].place.end };
    return { kind: 'star', qualifier: { parts, place }, place: cursor.placeFrom(start) };
  }
  const expression = parseExpression(cursor);
  const alias = parseAliasName(cursor, 'a column name');
  return { kind: 'expression', expression, ...(alias && { alias }), place: cursor.placeFrom(start) };
}

/** `a.b.*` */
function startsQualifiedStar(cursor: Cursor): boolean {
  if (!cursor.atName()) return false;
  let distance = 1;
  while (cursor.isSymbolAhead(distance, '.')) {
    if (cursor.isSymbolAhead(distance + 1, '*')) return true;
    distance += 2;
  }
  return false;
}

/** [AS] name */
export function parseAliasName(cursor: Cursor, what: string): Name | undefined {
  if (cursor.acceptWord('AS')) return cursor.name(`${what} behind AS`);
  if (cursor.atName() && !atQualify(cursor)) return cursor.name(what);
  return undefined;
}

function parseGroupBy(cursor: Cursor): GroupBy {
  const { start } = cursor.next();
  cursor.expectWord('BY', 'behind GROUP');
  if (cursor.isWord('DISTINCT') || cursor.isWord('ALL')) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: `GROUP BY ${cursor.token.text} is not supported`,
      place: cursor.token,
      hint: 'Name the columns to group by.',
    });
  }
  const items = cursor.list(() => parseGroupItem(cursor)).flat();
  return { items, place: cursor.placeFrom(start) };
}

/** GROUP BY (a, b) is GROUP BY a, b; GROUP BY () is one grouping set without columns. */
function parseGroupItem(cursor: Cursor): GroupItem[] {
  const { start, kind, text } = cursor.token;
  const next = cursor.ahead(1);
  const grouping = kind === 'word' && (text === 'CUBE' || text === 'ROLLUP' || (text === 'GROUPING' && next.text === 'SETS'));
  if (!grouping) {
    if (kind === 'symbol' && text === '(' && next.kind === 'symbol' && next.text === ')') {
      cursor.next();
      cursor.next();
      return [{ kind: 'grouping-sets', sets: [[]], place: cursor.placeFrom(start) }];
    }
    const expression = parseExpression(cursor);
    const unquoted = kind === 'symbol' && text === '(' && expression.kind === 'row';
    return unquoted
      ? expression.items.map((item) => ({ kind: 'expression', expression: item }))
      : [{ kind: 'expression', expression }];
  }
  cursor.next();
  if (text === 'GROUPING') cursor.next();
  const sets = cursor.parenthesised(() => parseGroupingSet(cursor));
  const itemKind = text === 'GROUPING' ? 'grouping-sets' : text === 'CUBE' ? 'cube' : 'rollup';
  return [{ kind: itemKind, sets, place: cursor.placeFrom(start) }];
}

/** a, (a, b) or () */
function parseGroupingSet(cursor: Cursor): ExpressionNode[] {
  const { token } = cursor;
  if (cursor.isWord('CUBE') || cursor.isWord('ROLLUP') || (cursor.isWord('GROUPING') && cursor.isWordAhead(1, 'SETS'))) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: `${token.text} inside GROUPING SETS, CUBE or ROLLUP is not supported`,
      place: token,
      hint: 'Write the grouping sets out: GROUPING SETS ((a, b), (a), ()).',
    });
  }
  if (cursor.isSymbol('(') && cursor.isSymbolAhead(1, ')')) {
    cursor.next();
    cursor.next();
    return [];
  }
  const expression = parseExpression(cursor);
  return expression.kind === 'row' ? [...expression.items] : [expression];
}

function parseWindows(cursor: Cursor): { name: Name; window: WindowNode }[] {
  return cursor.list(() => {
    const name = cursor.name('a window name');
    cursor.expectWord('AS', 'and a window in parentheses');
    return { name, window: parseWindow(cursor) };
  });
}

// ---------------------------------------------------------------- ORDER BY, LIMIT

function parseOrdering(cursor: Cursor, query: Query, start: number): Query {
  if (!(orderWords as readonly string[]).includes(cursor.token.text) || cursor.token.kind !== 'word') return query;
  let orderBy: OrderItem[] = [];
  if (cursor.acceptWord('ORDER')) {
    cursor.expectWord('BY', 'behind ORDER');
    orderBy = parseOrderItems(cursor);
  }
  let limit: ExpressionNode | undefined;
  let offset: ExpressionNode | undefined;
  if (cursor.acceptWord('LIMIT') && !cursor.acceptWord('ALL')) limit = parseCount(cursor, 'LIMIT');
  if (cursor.isSymbol(',') && limit) {
    cursor.unexpected('OFFSET or the end of the query', [], 'Write LIMIT count OFFSET start.');
  }
  if (cursor.acceptWord('OFFSET')) {
    offset = parseCount(cursor, 'OFFSET');
    cursor.acceptOneOf('ROWS', 'ROW');
    if (cursor.isWord('LIMIT')) cursor.unexpected('the end of the query', [], 'Write LIMIT in front of OFFSET.');
  }
  if (!limit && cursor.acceptWord('FETCH')) {
    cursor.expectOneOf('FIRST', 'NEXT');
    limit = parseCount(cursor, 'FETCH');
    cursor.expectOneOf('ROWS', 'ROW');
    cursor.expectWord('ONLY');
  }
  if (orderBy.length === 0 && !limit && !offset) return query;
  return { kind: 'ordered', place: cursor.placeFrom(start), query, orderBy, ...(limit && { limit }), ...(offset && { offset }) };
}

function parseCount(cursor: Cursor, clause: string): ExpressionNode {
  const { kind, text, start } = cursor.token;
  if (kind !== 'number') cursor.unexpected(`a number behind ${clause}`, [], 'Write a whole number: no column and no expression.');
  cursor.next();
  return { kind: 'literal', type: 'number', text, place: cursor.placeFrom(start) };
}

/** expression [ASC | DESC] [NULLS FIRST | NULLS LAST], … */
export function parseOrderItems(cursor: Cursor): OrderItem[] {
  return cursor.list(() => {
    const { start } = cursor.token;
    const expression = parseExpression(cursor);
    const descending = cursor.acceptOneOf('ASC', 'DESC') === 'DESC';
    const nulls = cursor.acceptWord('NULLS') ? cursor.expectOneOf('FIRST', 'LAST') : undefined;
    return { expression, descending, ...(nulls && { nulls }), place: cursor.placeFrom(start) };
  });
}
