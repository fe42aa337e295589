import type { Place } from '../../base/place.ts';
import type { CallNode, CaseNode, ExpressionNode, Name, QualifiedName } from './ast.ts';
import { parseCall } from './call.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseExpression, parseParenthesisContent } from './expression.ts';
import { parseInterval } from './interval.ts';
import { isFunctionWord, isNiladicFunction } from './keywords.ts';
import { parseQuery, startsQuery } from './query.ts';
import { isSpecialCall, parseSpecialCall } from './special-call.ts';
import { parseStringLiteral } from './string-literal.ts';
import { parseType } from './type.ts';

/** An expression without operators in front of it or behind it: a literal, a name, a call, or one in parentheses. */
export function parsePrimary(cursor: Cursor): ExpressionNode {
  const { token } = cursor;
  switch (token.kind) {
    case 'number':
      cursor.next();
      return { kind: 'literal', type: 'number', text: token.text, place: cursor.placeFrom(token.start) };
    case 'string':
    case 'unicode-string':
    case 'binary':
    case 'double-quoted':
      return parseStringLiteral(cursor);
    case 'name':
      return parseColumnOrCall(cursor);
    case 'word':
      return parseWord(cursor);
    case 'symbol':
      if (token.text === '(') return parseParenthesised(cursor);
      return expectedExpression(cursor);
    default:
      return expectedExpression(cursor);
  }
}

function expectedExpression(cursor: Cursor): never {
  const { kind, text } = cursor.token;
  if (kind === 'symbol' && text === '*') {
    cursor.unexpected('an expression', [], '"*" stands alone in a SELECT list, behind a table\'s name, or in COUNT(*).');
  }
  if (kind === 'symbol' && text === '{') {
    cursor.unexpected('an expression', [], "Write DATE '…', TIME '…', TIMESTAMP '…' or a plain call without braces.");
  }
  if (kind === 'symbol' && text === '?') {
    cursor.unexpected('an expression', [], 'Parameters are not supported: write the value.');
  }
  return cursor.unexpected('an expression');
}

function parseParenthesised(cursor: Cursor): ExpressionNode {
  const open = cursor.next();
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    cursor.expectClose(')', open);
    return { kind: 'subquery', place: cursor.placeFrom(open.start), query };
  }
  const items = parseParenthesisContent(cursor);
  cursor.expectClose(')', open, operatorWords);
  return items.length === 1 ? items[0] : { kind: 'row', place: cursor.placeFrom(open.start), items };
}

function parseWord(cursor: Cursor): ExpressionNode {
  const { start, text } = cursor.token;
  const next = cursor.ahead(1);
  const called = cursor.isSymbolAhead(1, '(');
  switch (text) {
    case 'NULL':
      cursor.next();
      return { kind: 'literal', type: 'null', place: cursor.placeFrom(start) };
    case 'TRUE':
    case 'FALSE':
      cursor.next();
      return { kind: 'literal', type: 'boolean', value: text === 'TRUE', place: cursor.placeFrom(start) };
    case 'UNKNOWN':
      cursor.next();
      return { kind: 'literal', type: 'null', place: cursor.placeFrom(start) };
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP': {
      if (next.kind !== 'string') break;
      cursor.next();
      const literal = cursor.next();
      const type = text === 'DATE' ? 'date' : text === 'TIME' ? 'time' : 'timestamp';
      return { kind: 'literal', type, text: literal.text, place: cursor.placeFrom(start) };
    }
    case 'INTERVAL':
      cursor.next();
      return parseInterval(cursor, start);
    case 'CASE':
      return parseCase(cursor);
    case 'CAST':
    case 'TRY_CAST':
      if (called) return parseCast(cursor);
      break;
    case 'EXISTS': {
      cursor.next();
      const open = cursor.expectSymbol('(', 'behind EXISTS');
      const query = parseQuery(cursor);
      cursor.expectClose(')', open);
      return { kind: 'exists', place: cursor.placeFrom(start), query };
    }
    case 'ROW':
      if (called) return parseRow(cursor);
      break;
    case 'ARRAY':
    case 'MAP':
      if (cursor.isSymbolAhead(1, '[')) return parseCollection(cursor, text);
      if (text === 'ARRAY' && called) {
        cursor.fail({
          code: 'SQL_UNSUPPORTED',
          message: 'ARRAY(SELECT …) is not supported',
          place: cursor.token,
          hint: 'Write ARRAY[a, b, …], or collect values with ARRAY_AGG.',
        });
      }
      break;
    case 'MULTISET':
    case 'CURSOR':
    case 'UNIQUE':
    case 'PERIOD':
      if (called || cursor.isSymbolAhead(1, '[')) {
        cursor.fail({
          code: 'SQL_UNSUPPORTED',
          message: `${text} is not supported in expressions`,
          place: cursor.token,
          hint: 'Say it with ARRAY[…], ROW(…) or comparisons.',
        });
      }
      break;
    default:
  }
  // FINAL LAST(a.x): in MATCH_RECOGNIZE with one row for each match, what LAST gives anyway.
  if (text === 'FINAL' && (next.text === 'LAST' || next.text === 'FIRST') && cursor.isSymbolAhead(2, '(')) {
    cursor.next();
    return parseColumnOrCall(cursor);
  }
  if (called && isSpecialCall(text)) return parseSpecialCall(cursor);
  if (isNiladicFunction(text) || (called && isFunctionWord(text))) return parseReservedCall(cursor);
  if (cursor.atName()) return parseColumnOrCall(cursor);
  if (text === 'DAY' && called) {
    cursor.unexpected('an expression', [], 'Write DAYOFMONTH(x), or EXTRACT(DAY FROM x).');
  }
  return cursor.failName('an expression');
}

/** COUNT(…), YEAR(…), CURRENT_TIMESTAMP */
function parseReservedCall(cursor: Cursor): ExpressionNode {
  const { start, end } = cursor.next();
  const name: Name = { text: cursor.text.slice(start, end), place: { start, end } };
  if (cursor.isSymbol('(')) return parseCall(cursor, name);
  return plainCall(name, [], cursor.placeFrom(start));
}

/** A call without anything but arguments. */
export function plainCall(name: Name, args: readonly ExpressionNode[], place: Place): CallNode {
  return { kind: 'call', place, name, args, star: false, distinct: false, orderBy: [] };
}

function parseColumnOrCall(cursor: Cursor): ExpressionNode {
  const { start } = cursor.token;
  const parts = [cursor.name('a column name')];
  while (cursor.isSymbol('.') && !cursor.isSymbolAhead(1, '*')) {
    cursor.next();
    parts.push(cursor.name('a name behind the "."'));
  }
  if (cursor.isSymbol('(')) {
    if (parts.length > 1) {
      cursor.fail({
        code: 'SQL_UNSUPPORTED',
        message: 'a function of another catalog or database is not supported',
        place: cursor.placeFrom(start),
        hint: `Call a built-in function by its plain name: ${parts[parts.length - 1].text}(…).`,
      });
    }
    return parseCall(cursor, parts[0]);
  }
  const name: QualifiedName = { parts, place: cursor.placeFrom(start) };
  return { kind: 'column', place: name.place, name };
}

function parseCase(cursor: Cursor): CaseNode {
  const { start } = cursor.next();
  const operand = cursor.isWord('WHEN') ? undefined : parseExpression(cursor);
  const branches: CaseNode['branches'][number][] = [];
  if (!cursor.isWord('WHEN')) cursor.unexpected('WHEN', ['WHEN', ...operatorWords]);
  while (cursor.acceptWord('WHEN')) {
    const whens = operand ? cursor.list(() => parseExpression(cursor)) : [parseExpression(cursor)];
    if (!cursor.isWord('THEN')) cursor.unexpected('THEN', ['THEN', ...operatorWords]);
    cursor.next();
    const then = parseExpression(cursor);
    for (const when of whens) branches.push({ when, then });
  }
  const otherwise = cursor.acceptWord('ELSE') ? parseExpression(cursor) : undefined;
  if (!cursor.acceptWord('END')) {
    const expected = otherwise ? 'END' : 'WHEN, ELSE or END';
    const keywords = otherwise ? ['END', ...operatorWords] : ['WHEN', 'ELSE', 'END', ...operatorWords];
    cursor.unexpected(expected, keywords, 'Close CASE with END.');
  }
  return { kind: 'case', place: cursor.placeFrom(start), ...(operand && { operand }), branches, ...(otherwise && { otherwise }) };
}

function parseCast(cursor: Cursor): ExpressionNode {
  const word = cursor.next();
  const open = cursor.next();
  const operand = parseExpression(cursor);
  if (!cursor.acceptWord('AS'))
    cursor.unexpected(`AS and a type in ${word.text}`, ['AS', ...operatorWords], `Write ${word.text}(value AS type).`);
  const type = parseType(cursor);
  cursor.expectClose(')', open);
  return { kind: 'cast', place: cursor.placeFrom(word.start), lenient: word.text === 'TRY_CAST', operand, type };
}

function parseRow(cursor: Cursor): ExpressionNode {
  const { start } = cursor.next();
  const open = cursor.next();
  const items = cursor.isSymbol(')') ? [] : cursor.list(() => parseExpression(cursor));
  cursor.expectClose(')', open, operatorWords);
  return { kind: 'row', place: cursor.placeFrom(start), items };
}

function parseCollection(cursor: Cursor, what: 'ARRAY' | 'MAP'): ExpressionNode {
  const { start } = cursor.next();
  const open = cursor.next();
  const items = cursor.isSymbol(']') ? [] : cursor.list(() => parseExpression(cursor));
  cursor.expectClose(']', open, operatorWords);
  const place = cursor.placeFrom(start);
  if (what === 'ARRAY') return { kind: 'array', place, items };
  if (items.length % 2 === 1) {
    const message = 'MAP needs a value for each key: an even number of items';
    cursor.fail({ code: 'SQL_SYNTAX', message, place, hint: 'Write MAP[key, value, key, value …].' });
  }
  return { kind: 'map', place, items };
}
