import type { Place } from '../../base/place.ts';
import type { CallNode, ExpressionNode, Name } from './ast.ts';
import { parseCallEnd } from './call.ts';
import { nullLiteral, orList, wordLiteral, type Cursor } from './cursor.ts';
import { operatorWords, parseAdditive, parseExpression } from './expression.ts';
import { plainCall } from './primary.ts';
import { parseOrderItems } from './query.ts';
import { parseTypeWithoutNull } from './type.ts';

/*
 * Calls with words between their arguments become plain calls. Words and types become string literals; what is left out and
 * has no word for it becomes the literal NULL. The number of arguments is always the one shown, where not marked with "…".
 *
 * | written                                                    | becomes                                              |
 * | ---------------------------------------------------------- | ---------------------------------------------------- |
 * | POSITION(a IN b [FROM n])                                  | POSITION(a, b[, n])                                  |
 * | SUBSTRING(s FROM a [FOR b]), SUBSTRING(s, a [, b])         | SUBSTRING(s, a[, b])                                 |
 * | OVERLAY(s PLACING r FROM a [FOR b])                        | OVERLAY(s, r, a[, b])                                |
 * | TRIM([BOTH | LEADING | TRAILING] [c] FROM s), TRIM(s)      | TRIM('BOTH' | 'LEADING' | 'TRAILING', c or ' ', s)   |
 * | EXTRACT(unit FROM x)                                       | EXTRACT('UNIT', x)                                   |
 * | FLOOR(x [TO unit]), CEIL(x [TO unit]), CEILING             | FLOOR(x[, 'UNIT']), CEIL(x[, 'UNIT']), CEILING       |
 * | TIMESTAMPADD(unit, n, x), TIMESTAMPDIFF(unit, a, b)        | TIMESTAMPADD('UNIT', n, x), TIMESTAMPDIFF('UNIT', a, b) |
 * | JSON_EXISTS(j, p [e ON ERROR])                             | JSON_EXISTS(j, p, e); e: 'TRUE' 'FALSE' 'UNKNOWN' 'ERROR', else 'FALSE' |
 * | JSON_VALUE(j, p [RETURNING t] [x ON EMPTY] [y ON ERROR])   | JSON_VALUE(j, p, 't' or NULL, x, dx, y, dy); x and y: 'NULL' 'ERROR' 'DEFAULT', else 'NULL'; dx and dy: DEFAULT's expression or NULL |
 * | JSON_QUERY(j, p [RETURNING t] [w WRAPPER] [x ON EMPTY] [y ON ERROR]) | JSON_QUERY(j, p, 't' or NULL, w, x, y); w: 'WITHOUT' 'CONDITIONAL' 'UNCONDITIONAL', else 'WITHOUT'; x and y: 'NULL' 'ERROR' 'EMPTY ARRAY' 'EMPTY OBJECT', else 'NULL' |
 * | JSON_OBJECT([KEY] k VALUE v, … [n ON NULL])                | JSON_OBJECT(n, k, v, …); n: 'NULL' 'ABSENT', else 'NULL' |
 * | JSON_OBJECTAGG([KEY] k VALUE v [n ON NULL])                | JSON_OBJECTAGG(n, k, v); n as above                  |
 * | JSON_ARRAY(v, … [n ON NULL])                               | JSON_ARRAY(n, v, …); n: 'NULL' 'ABSENT', else 'ABSENT' |
 * | JSON_ARRAYAGG(v [n ON NULL])                               | JSON_ARRAYAGG(n, v); n as above                      |
 *
 * A pair of JSON_OBJECT may also be written `k : v`, without KEY. Units are in upper case and singular (SQL_TSI_DAY: 'DAY').
 * Names stay as written. FILTER, OVER and ORDER BY follow the aggregates as usual.
 */
type SpecialCall = (cursor: Cursor, name: Name) => ExpressionNode;

const specialCalls: Readonly<Record<string, SpecialCall>> = {
  POSITION: parsePosition,
  SUBSTRING: parseSubstring,
  OVERLAY: parseOverlay,
  TRIM: parseTrim,
  EXTRACT: parseExtract,
  FLOOR: parseRounding,
  CEIL: parseRounding,
  CEILING: parseRounding,
  TIMESTAMPADD: parseTimestampArithmetic,
  TIMESTAMPDIFF: parseTimestampArithmetic,
  JSON_EXISTS: parseJsonExists,
  JSON_VALUE: parseJsonValue,
  JSON_QUERY: parseJsonQuery,
  JSON_OBJECT: parseJsonObject,
  JSON_OBJECTAGG: parseJsonObjectAgg,
  JSON_ARRAY: parseJsonArray,
  JSON_ARRAYAGG: parseJsonArrayAgg,
  CONVERT: parseConvert,
};

const units = [
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'DOW',
  'ISODOW',
  'DOY',
  'ISOYEAR',
  'EPOCH',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
];

/** `word` is in upper case. */
export function isSpecialCall(word: string): boolean {
  return Object.hasOwn(specialCalls, word);
}

/** The name is at hand, and a parenthesis follows. */
export function parseSpecialCall(cursor: Cursor): ExpressionNode {
  const { text, start, end } = cursor.next();
  return specialCalls[text](cursor, { text: cursor.text.slice(start, end), place: { start, end } });
}

/** The rest of a call, whose arguments `parseArguments` reads, up to and with the closing parenthesis. */
function call(cursor: Cursor, name: Name, parseArguments: () => ExpressionNode[]): CallNode {
  const open = cursor.next();
  const args = parseArguments();
  cursor.expectClose(')', open, operatorWords);
  return plainCall(name, args, cursor.placeFrom(name.place.start));
}

function parsePosition(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const sought = parseAdditive(cursor);
    if (!cursor.acceptWord('IN')) cursor.unexpected('IN', ['IN'], 'Write POSITION(part IN whole).');
    const args = [sought, parseAdditive(cursor)];
    if (cursor.acceptWord('FROM')) args.push(parseExpression(cursor));
    return args;
  });
}

function parseSubstring(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const args = [parseExpression(cursor)];
    const worded = cursor.acceptWord('FROM');
    if (!worded && !cursor.acceptSymbol(','))
      cursor.unexpected('FROM or ","', ['FROM'], 'Write SUBSTRING(text FROM start FOR length).');
    args.push(parseExpression(cursor));
    if (worded ? cursor.acceptWord('FOR') : cursor.acceptSymbol(',')) args.push(parseExpression(cursor));
    return args;
  });
}

function parseOverlay(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const args = [parseExpression(cursor)];
    if (!cursor.acceptWord('PLACING'))
      cursor.unexpected('PLACING', ['PLACING'], 'Write OVERLAY(text PLACING other FROM start FOR length).');
    args.push(parseExpression(cursor));
    cursor.expectWord('FROM', 'and the start position');
    args.push(parseExpression(cursor));
    if (cursor.acceptWord('FOR')) args.push(parseExpression(cursor));
    return args;
  });
}

function parseTrim(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const { start } = cursor.token;
    const side = cursor.acceptOneOf('BOTH', 'LEADING', 'TRAILING');
    const sideLiteral = wordLiteral(side ?? 'BOTH', side ? cursor.placeFrom(start) : name.place);
    const first = side && cursor.isWord('FROM') ? undefined : parseExpression(cursor);
    const space = wordLiteral(' ', name.place);
    if (cursor.acceptWord('FROM')) return [sideLiteral, first ?? space, parseExpression(cursor)];
    if (side !== undefined || first === undefined) cursor.unexpected('FROM and the text to trim', ['FROM', ...operatorWords]);
    if (cursor.isSymbol(',')) cursor.unexpected('FROM or ")"', [], "Write TRIM(BOTH 'x' FROM text), or BTRIM(text, 'x').");
    return [sideLiteral, space, first];
  });
}

function unit(cursor: Cursor): ExpressionNode {
  const { kind, text, start } = cursor.token;
  const plain = text.startsWith('SQL_TSI_') ? text.slice('SQL_TSI_'.length) : text;
  const known = plain === 'FRAC_SECOND' ? 'MICROSECOND' : plain;
  if (kind !== 'word' || !units.includes(known)) {
    cursor.unexpected('a time unit', units, 'Units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND …, without quotes.');
  }
  cursor.next();
  return wordLiteral(known, cursor.placeFrom(start));
}

function parseExtract(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const unitLiteral = unit(cursor);
    cursor.expectWord('FROM', 'behind the unit');
    return [unitLiteral, parseExpression(cursor)];
  });
}

function parseRounding(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const args = [parseExpression(cursor)];
    if (cursor.acceptWord('TO')) args.push(unit(cursor));
    return args;
  });
}

function parseTimestampArithmetic(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const args = [unit(cursor)];
    cursor.expectSymbol(',', 'behind the unit');
    args.push(parseExpression(cursor));
    if (!cursor.acceptSymbol(',')) cursor.unexpected('"," and the third argument', operatorWords);
    args.push(parseExpression(cursor));
    return args;
  });
}

function parseConvert(cursor: Cursor, name: Name): ExpressionNode {
  return cursor.fail({
    code: 'SQL_UNSUPPORTED',
    message: 'CONVERT is not supported',
    place: name.place,
    hint: 'Change a type with CAST(value AS type), a character set with ENCODE and DECODE.',
  });
}

// ---------------------------------------------------------------- JSON

/** j, path */
function jsonInput(cursor: Cursor): ExpressionNode[] {
  const json = parseExpression(cursor);
  if (cursor.isWord('FORMAT')) refuseFormat(cursor);
  if (!cursor.acceptSymbol(','))
    cursor.unexpected('"," and the path', operatorWords, "Write the path as a string, for example '$.name'.");
  return [json, parseExpression(cursor)];
}

function refuseFormat(cursor: Cursor): never {
  return cursor.fail({
    code: 'SQL_UNSUPPORTED',
    message: 'FORMAT JSON is not supported',
    place: cursor.token,
    hint: 'Nest JSON_OBJECT and JSON_ARRAY calls instead of texts.',
  });
}

function returning(cursor: Cursor, place: Place): ExpressionNode {
  if (!cursor.acceptWord('RETURNING')) return nullLiteral(place);
  const type = parseTypeWithoutNull(cursor);
  return wordLiteral(cursor.text.slice(type.place.start, type.place.end), type.place);
}

interface Behaviour {
  readonly mode: ExpressionNode;
  readonly value: ExpressionNode;
}

/** { word | DEFAULT expression } ON { EMPTY | ERROR }, in any order, at most once for each. */
function behaviours(
  cursor: Cursor,
  place: Place,
  words: readonly string[],
  preset: string,
): { empty: Behaviour; error: Behaviour } {
  const fallback: Behaviour = { mode: wordLiteral(preset, place), value: nullLiteral(place) };
  let empty: Behaviour | undefined;
  let error: Behaviour | undefined;
  while (!cursor.isSymbol(')')) {
    const { start } = cursor.token;
    const word = cursor.acceptOneOf('DEFAULT', 'NULL', 'ERROR', 'EMPTY', 'TRUE', 'FALSE', 'UNKNOWN');
    if (word === undefined) break;
    let mode: string = word;
    if (word === 'EMPTY') mode = `EMPTY ${cursor.acceptOneOf('ARRAY', 'OBJECT') ?? 'ARRAY'}`;
    const modeLiteral = wordLiteral(mode, cursor.placeFrom(start));
    if (!words.includes(mode)) {
      cursor.fail({
        code: 'SQL_SYNTAX',
        message: `${mode} is not possible here`,
        place: modeLiteral.place,
        hint: `Write one of ${words.join(', ')}.`,
      });
    }
    const value = word === 'DEFAULT' ? parseExpression(cursor) : nullLiteral(modeLiteral.place);
    cursor.expectWord('ON', 'EMPTY or ON ERROR');
    const behaviour = { mode: modeLiteral, value };
    if (empty === undefined && words.includes('NULL') && cursor.acceptWord('EMPTY')) {
      empty = behaviour;
    } else if (error === undefined && cursor.acceptWord('ERROR')) {
      error = behaviour;
    } else {
      const possible = [...(words.includes('NULL') && !empty ? ['EMPTY'] : []), ...(error ? [] : ['ERROR'])];
      cursor.unexpected(possible.length > 0 ? orList(possible) : '")"', possible);
    }
  }
  return { empty: empty ?? fallback, error: error ?? fallback };
}

function parseJsonExists(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const input = jsonInput(cursor);
    const { error } = behaviours(cursor, name.place, ['TRUE', 'FALSE', 'UNKNOWN', 'ERROR'], 'FALSE');
    return [...input, error.mode];
  });
}

function parseJsonValue(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const input = jsonInput(cursor);
    const type = returning(cursor, name.place);
    const { empty, error } = behaviours(cursor, name.place, ['NULL', 'ERROR', 'DEFAULT'], 'NULL');
    return [...input, type, empty.mode, empty.value, error.mode, error.value];
  });
}

function parseJsonQuery(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const input = jsonInput(cursor);
    const type = returning(cursor, name.place);
    const wrapper = parseWrapper(cursor, name.place);
    const { empty, error } = behaviours(cursor, name.place, ['NULL', 'ERROR', 'EMPTY ARRAY', 'EMPTY OBJECT'], 'NULL');
    return [...input, type, wrapper, empty.mode, error.mode];
  });
}

/** WITHOUT [ARRAY] WRAPPER | WITH [CONDITIONAL | UNCONDITIONAL] [ARRAY] WRAPPER */
function parseWrapper(cursor: Cursor, preset: Place): ExpressionNode {
  const { start } = cursor.token;
  const word = cursor.acceptOneOf('WITHOUT', 'WITH');
  if (word === undefined) return wordLiteral('WITHOUT', preset);
  const mode = word === 'WITHOUT' ? word : (cursor.acceptOneOf('CONDITIONAL', 'UNCONDITIONAL') ?? 'UNCONDITIONAL');
  cursor.acceptWord('ARRAY');
  cursor.expectWord('WRAPPER');
  return wordLiteral(mode, cursor.placeFrom(start));
}

/** { NULL | ABSENT } ON NULL */
function onNull(cursor: Cursor, place: Place, preset: 'NULL' | 'ABSENT'): ExpressionNode {
  const { start } = cursor.token;
  if (!cursor.isWordAhead(1, 'ON') || !cursor.isWordAhead(2, 'NULL')) return wordLiteral(preset, place);
  const word = cursor.expectOneOf('NULL', 'ABSENT');
  cursor.next();
  cursor.next();
  return wordLiteral(word, cursor.placeFrom(start));
}

function atOnNull(cursor: Cursor): boolean {
  return (cursor.isWord('NULL') || cursor.isWord('ABSENT')) && cursor.isWordAhead(1, 'ON') && cursor.isWordAhead(2, 'NULL');
}

/** [KEY] k VALUE v, or k : v */
function jsonPair(cursor: Cursor): ExpressionNode[] {
  const next = cursor.ahead(1);
  const keyed =
    cursor.isWord('KEY') && !(next.kind === 'symbol' && ['.', ':', '(', '['].includes(next.text)) && next.text !== 'VALUE';
  if (keyed) cursor.next();
  const key = parseExpression(cursor);
  const colon = !keyed && cursor.acceptSymbol(':');
  if (!colon && !cursor.acceptWord('VALUE'))
    cursor.unexpected('VALUE', ['VALUE', ...operatorWords], "Write KEY 'name' VALUE expression.");
  const value = parseExpression(cursor);
  if (cursor.isWord('FORMAT')) refuseFormat(cursor);
  return [key, value];
}

function parseJsonObject(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const pairs = cursor.isSymbol(')') || atOnNull(cursor) ? [] : cursor.list(() => jsonPair(cursor)).flat();
    return [onNull(cursor, name.place, 'NULL'), ...pairs];
  });
}

function parseJsonObjectAgg(cursor: Cursor, name: Name): ExpressionNode {
  const plain = call(cursor, name, () => {
    const pair = jsonPair(cursor);
    return [onNull(cursor, name.place, 'NULL'), ...pair];
  });
  return parseCallEnd(cursor, plain);
}

function parseJsonArray(cursor: Cursor, name: Name): ExpressionNode {
  return call(cursor, name, () => {
    const item = () => {
      const value = parseExpression(cursor);
      if (cursor.isWord('FORMAT')) refuseFormat(cursor);
      return value;
    };
    const items = cursor.isSymbol(')') || atOnNull(cursor) ? [] : cursor.list(item);
    return [onNull(cursor, name.place, 'ABSENT'), ...items];
  });
}

function parseJsonArrayAgg(cursor: Cursor, name: Name): ExpressionNode {
  const open = cursor.next();
  const value = parseExpression(cursor);
  if (cursor.isWord('FORMAT')) refuseFormat(cursor);
  const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseOrderItems(cursor) : [];
  const mode = onNull(cursor, name.place, 'ABSENT');
  cursor.expectClose(')', open, operatorWords);
  return parseCallEnd(cursor, { ...plainCall(name, [mode, value], cursor.placeFrom(name.place.start)), orderBy });
}
