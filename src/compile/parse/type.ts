import { nearest } from '../../base/nearest.ts';
import type { TypeNode } from './ast.ts';
import { ParseFailure, type Cursor } from './cursor.ts';
import { parseIntervalQualifier } from './interval.ts';
import type { Token } from './token.ts';

/**
 * The words with which a type can begin, each with the number of lengths or precisions that may follow.
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/types/
 */
const simpleTypes: Readonly<Record<string, number>> = {
  BOOLEAN: 0,
  TINYINT: 0,
  SMALLINT: 0,
  INT: 0,
  INTEGER: 0,
  BIGINT: 0,
  FLOAT: 0,
  REAL: 0,
  DOUBLE: 0,
  DECIMAL: 2,
  DEC: 2,
  NUMERIC: 2,
  CHAR: 1,
  CHARACTER: 1,
  VARCHAR: 1,
  STRING: 0,
  BINARY: 1,
  VARBINARY: 1,
  BYTES: 0,
  DATE: 0,
  TIME: 1,
  TIMESTAMP: 1,
  TIMESTAMP_LTZ: 1,
  NULL: 0,
};

const constructedTypes = ['ARRAY', 'MAP', 'MULTISET', 'ROW', 'RAW', 'INTERVAL'];

/**
 * type := (simple | ARRAY<type> | MULTISET<type> | MAP<type, type> | ROW<name type, …> | RAW('class', 'snapshot') | INTERVAL …)
 *         { [NOT] NULL | ARRAY | MULTISET }
 *
 * WITHOUT TIME ZONE, a default, leaves no trace in the node's name. The arguments of an interval type are the leading
 * precision and the fraction's, as far as its units have them; if one is given, the other is Flink's default (2 and 6).
 */
export function parseType(cursor: Cursor): TypeNode {
  const { start } = cursor.token;
  cursor.enter();
  const type = parseTypeEnd(cursor, parseBareType(cursor, start), start);
  cursor.leave();
  return type;
}

/** A type in front of a word NULL that is not its own: RETURNING INT NULL ON EMPTY. */
export function parseTypeWithoutNull(cursor: Cursor): TypeNode {
  return parseBareType(cursor, cursor.token.start);
}

function parseTypeEnd(cursor: Cursor, bare: TypeNode, start: number): TypeNode {
  let type = bare;
  for (let chain = 0; ; chain++) {
    cursor.checkChain(chain);
    if (cursor.acceptWords('NOT', 'NULL')) {
      type = { ...type, nullable: false, place: cursor.placeFrom(start) };
    } else if (cursor.acceptWord('NULL')) {
      type = { ...type, nullable: true, place: cursor.placeFrom(start) };
    } else {
      const collection = cursor.acceptOneOf('ARRAY', 'MULTISET');
      if (collection === undefined) return type;
      type = makeType(cursor, start, collection, { elements: [type] });
    }
  }
}

function makeType(cursor: Cursor, start: number, name: string, parts: Partial<TypeNode> = {}): TypeNode {
  return {
    kind: 'type',
    name,
    arguments: [],
    elements: [],
    fields: [],
    nullable: true,
    ...parts,
    place: cursor.placeFrom(start),
  };
}

function parseBareType(cursor: Cursor, start: number): TypeNode {
  const { kind, text: word } = cursor.token;
  if (kind !== 'word') return unknownType(cursor);
  if (Object.hasOwn(simpleTypes, word)) return parseSimpleType(cursor, start);
  switch (word) {
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
      cursor.next();
      return parseCollection(cursor, start, word);
    case 'ROW':
      cursor.next();
      return parseRow(cursor, start);
    case 'RAW':
      return parseRaw(cursor, start);
    case 'INTERVAL': {
      cursor.next();
      const { from, to, precisions } = parseIntervalQualifier(cursor);
      return makeType(cursor, start, to === undefined ? `INTERVAL ${from}` : `INTERVAL ${from} TO ${to}`, {
        arguments: precisions,
      });
    }
    default:
      return unknownType(cursor);
  }
}

function parseSimpleType(cursor: Cursor, start: number): TypeNode {
  const word = cursor.next().text;
  let name = word;
  if (word === 'DOUBLE' && cursor.acceptWord('PRECISION')) name = 'DOUBLE PRECISION';
  if ((word === 'CHAR' || word === 'CHARACTER' || word === 'BINARY') && cursor.acceptWord('VARYING')) name = `${word} VARYING`;
  const numbers: number[] = [];
  const maximum = simpleTypes[word];
  if (maximum > 0 && cursor.isSymbol('(')) {
    const open = cursor.next();
    numbers.push(cursor.integer(maximum === 2 ? 'a precision' : word.startsWith('TIME') ? 'a precision' : 'a length'));
    if (maximum === 2 && cursor.acceptSymbol(',')) numbers.push(cursor.integer('a scale'));
    cursor.expectClose(')', open);
  }
  if (word === 'TIME' || word === 'TIMESTAMP') {
    if (cursor.acceptWord('WITHOUT')) {
      cursor.expectWords('TIME', 'ZONE');
    } else if (cursor.isWord('WITH') && (cursor.isWordAhead(1, 'LOCAL') || cursor.isWordAhead(1, 'TIME'))) {
      cursor.next();
      name = cursor.acceptWord('LOCAL') ? `${word} WITH LOCAL TIME ZONE` : `${word} WITH TIME ZONE`;
      cursor.expectWords('TIME', 'ZONE');
    }
  }
  return makeType(cursor, start, name, { arguments: numbers });
}

function parseCollection(cursor: Cursor, start: number, name: 'ARRAY' | 'MULTISET' | 'MAP'): TypeNode {
  if (cursor.acceptSymbol('<>')) cursor.fail(emptyElements(cursor, name, start));
  if (!cursor.isSymbol('<')) {
    cursor.unexpected(`"<" behind ${name}`, [], `Say what it holds: ${name === 'MAP' ? 'MAP<STRING, INT>' : `${name}<INT>`}.`);
  }
  const open = cursor.next();
  const elements = [parseType(cursor)];
  if (name === 'MAP') {
    cursor.expectSymbol(',', "between the map's key type and its value type");
    elements.push(parseType(cursor));
  }
  cursor.expectClose('>', open);
  return makeType(cursor, start, name, { elements });
}

function emptyElements(cursor: Cursor, name: string, start: number) {
  return {
    code: 'SQL_SYNTAX',
    message: `${name} without a type for its elements`,
    place: cursor.placeFrom(start),
    hint: `Say what it holds: ${name === 'MAP' ? 'MAP<STRING, INT>' : `${name}<INT>`}.`,
  };
}

function parseRow(cursor: Cursor, start: number): TypeNode {
  if (cursor.acceptSymbol('<>')) return makeType(cursor, start, 'ROW');
  if (!cursor.isSymbol('<') && !cursor.isSymbol('(')) {
    cursor.unexpected('"<" or "(" behind ROW', [], 'Name its fields: ROW<x INT, y STRING>.');
  }
  const open = cursor.next();
  const close = open.text === '<' ? '>' : ')';
  if (cursor.acceptSymbol(close)) return makeType(cursor, start, 'ROW');
  const fields = cursor.list(() => {
    const name = cursor.name('a field name');
    const type = parseType(cursor);
    if (cursor.token.kind === 'string') cursor.next();
    return { name, type };
  });
  cursor.expectClose(close, open);
  return makeType(cursor, start, 'ROW', { fields });
}

function parseRaw(cursor: Cursor, start: number): TypeNode {
  cursor.next();
  const open = cursor.expectSymbol('(', 'behind RAW');
  cursor.string('the class as a string');
  cursor.expectSymbol(',', 'behind the class');
  cursor.string("the serializer's snapshot as a string");
  cursor.expectClose(')', open);
  return makeType(cursor, start, 'RAW');
}

/** A word that is no type. Where what follows can follow a type, it is taken for one, whose name is then empty. */
function unknownType(cursor: Cursor): TypeNode {
  const { token } = cursor;
  if (token.kind !== 'word' && token.kind !== 'name')
    cursor.unexpected('a type', [], 'Write a type, for example STRING, INT or TIMESTAMP(3).');
  const written = cursor.text.slice(token.start, token.end);
  const suggestion = foreignTypes[token.text] ?? nearest(written, [...Object.keys(simpleTypes), ...constructedTypes]);
  const hint = suggestion
    ? `Did you mean ${suggestion}?`
    : 'Types are STRING, INT, BIGINT, DOUBLE, DECIMAL(p, s), BOOLEAN, DATE, TIMESTAMP(3), ARRAY<…>, ROW<…> …';
  cursor.report('SQL_TYPE_NOT_FOUND', `expected a type, found ${cursor.describe(token)}`, token, hint);
  // DECIMAL10 may lack a parenthesis.
  const isWord = !/\d$/.test(written) || token.text in foreignTypes;
  if (!isWord || !canFollowType(cursor)) throw new ParseFailure();
  for (let left = lengthOfArguments(cursor); left >= 0; left--) cursor.next();
  return makeType(cursor, token.start, '');
}

/** How many tokens the numbers in parentheses behind the type at hand take. */
function lengthOfArguments(cursor: Cursor): number {
  if (!cursor.isSymbolAhead(1, '(') || cursor.ahead(2).kind !== 'number') return 0;
  const length = cursor.isSymbolAhead(3, ',') && cursor.ahead(4).kind === 'number' ? 5 : 3;
  return cursor.isSymbolAhead(length, ')') ? length : 0;
}

/** Whether what stands behind the word at hand and its numbers could stand there if it were a type. */
function canFollowType(cursor: Cursor): boolean {
  const { kind, text } = cursor.ahead(lengthOfArguments(cursor) + 1);
  if (kind === 'symbol')
    return text === ',' || text === ')' || (text === '>' && ['<', ','].includes(cursor.previous?.text ?? ''));
  return kind === 'word' && ['NOT', 'NULL', 'METADATA', 'PRIMARY', 'CONSTRAINT', 'COMMENT', 'ARRAY', 'MULTISET'].includes(text);
}

/** Whether a type clearly begins with this token. */
export function beginsType({ kind, text }: Token): boolean {
  return kind === 'word' && text !== 'NULL' && (Object.hasOwn(simpleTypes, text) || constructedTypes.includes(text));
}

/** What other systems call their types. */
const foreignTypes: Readonly<Record<string, string>> = {
  TEXT: 'STRING',
  BOOL: 'BOOLEAN',
  LONG: 'BIGINT',
  INT8: 'BIGINT',
  INT4: 'INT',
  INT2: 'SMALLINT',
  INT64: 'BIGINT',
  INT32: 'INT',
  FLOAT4: 'FLOAT',
  FLOAT8: 'DOUBLE',
  FLOAT64: 'DOUBLE',
  NUMBER: 'DECIMAL',
  DATETIME: 'TIMESTAMP',
  TIMESTAMPTZ: 'TIMESTAMP_LTZ',
  JSON: 'STRING',
  UUID: 'STRING',
  BLOB: 'BYTES',
  STRUCT: 'ROW',
};
