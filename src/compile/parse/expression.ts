import type { Place } from '../../base/place.ts';
import type { BinaryNode, ExpressionNode, IsNode, LikeNode, QuantifiedNode, Query } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { parsePrimary } from './primary.ts';
import { continueQuery, parseQuery, startsQuery } from './query.ts';

/**
 * How tightly operators bind, from OR to the signs, as Calcite's operator table has it. All are left-associative but LIKE,
 * whose right side goes on to the next IN, BETWEEN or LIKE. IS DISTINCT FROM is a comparison.
 * https://calcite.apache.org/docs/reference.html#operators-and-functions
 */
const precedence = {
  or: 1,
  and: 2,
  not: 3,
  is: 4,
  comparison: 5,
  in: 6,
  like: 7,
  additive: 8,
  multiplicative: 9,
  unary: 10,
} as const;

/** The words that can go on behind a complete expression. */
export const operatorWords: readonly string[] = ['AND', 'OR', 'IS', 'IN', 'BETWEEN', 'LIKE', 'NOT', 'SIMILAR', 'OVERLAPS'];

const comparisons: Readonly<Record<string, QuantifiedNode['operator']>> = {
  '=': '=',
  '<>': '<>',
  '!=': '<>',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

const arithmetic: Readonly<Record<string, number>> = {
  '+': precedence.additive,
  '-': precedence.additive,
  '*': precedence.multiplicative,
  '/': precedence.multiplicative,
  '%': precedence.multiplicative,
  '||': precedence.multiplicative,
};

export function parseExpression(cursor: Cursor): ExpressionNode {
  return parseAbove(cursor, 0);
}

/** An operand of +: what stands in front of IN, FROM or AND where these words are not operators. */
export function parseAdditive(cursor: Cursor): ExpressionNode {
  return parseAbove(cursor, precedence.additive);
}

/** An expression whose operators outside parentheses bind at least as tightly as `minimum`. */
function parseAbove(cursor: Cursor, minimum: number): ExpressionNode {
  cursor.enter();
  const { start } = cursor.token;
  let left = parsePrefix(cursor);
  for (let length = 1; ; length++) {
    const extended = parseOperator(cursor, left, start, minimum);
    if (extended === undefined) break;
    left = extended;
    cursor.checkChain(length);
  }
  cursor.leave();
  return left;
}

function parsePrefix(cursor: Cursor): ExpressionNode {
  const { start } = cursor.token;
  if (cursor.acceptWord('NOT')) {
    const operand = parseAbove(cursor, precedence.not);
    return { kind: 'unary', place: cursor.placeFrom(start), operator: 'NOT', operand };
  }
  if (cursor.isSymbol('-') || cursor.isSymbol('+')) {
    const operator = cursor.next().text as '-' | '+';
    const operand = parseAbove(cursor, precedence.unary);
    return { kind: 'unary', place: cursor.placeFrom(start), operator, operand };
  }
  return parsePostfix(cursor, parsePrimary(cursor), start);
}

/** `a[1].b[2]` */
function parsePostfix(cursor: Cursor, operand: ExpressionNode, start: number): ExpressionNode {
  let node = operand;
  for (let length = 1; ; length++) {
    if (cursor.isSymbol('[')) {
      const open = cursor.next();
      const index = parseExpression(cursor);
      cursor.expectClose(']', open, operatorWords);
      node = { kind: 'element', place: cursor.placeFrom(start), operand: node, index };
    } else if (cursor.isSymbol('.')) {
      cursor.next();
      if (cursor.isSymbol('*')) {
        cursor.fail({
          code: 'SQL_UNSUPPORTED',
          message: 'all fields of an expression cannot be selected with ".*"',
          place: cursor.token,
          hint: 'Name the fields one by one.',
        });
      }
      const name = cursor.name('a field name');
      node = { kind: 'field', place: cursor.placeFrom(start), operand: node, name };
    } else {
      return node;
    }
    cursor.checkChain(length);
  }
}

/** `left` with the operator at hand, or undefined when none stands here that binds tightly enough. */
function parseOperator(cursor: Cursor, left: ExpressionNode, start: number, minimum: number): ExpressionNode | undefined {
  const { kind, text } = cursor.token;
  if (kind === 'symbol') {
    if (text === '==' || text === '&&' || text === '::') return foreignOperator(cursor);
    const binding = arithmetic[text];
    if (binding !== undefined) {
      return binding < minimum ? undefined : parseBinary(cursor, left, start, text as BinaryNode['operator'], binding);
    }
    const comparison = comparisons[text];
    if (comparison === undefined || precedence.comparison < minimum) return undefined;
    if (cursor.isWordAhead(1, 'ANY') || cursor.isWordAhead(1, 'ALL') || cursor.isWordAhead(1, 'SOME')) {
      cursor.next();
      const quantifier = cursor.next().text as QuantifiedNode['quantifier'];
      const list = parseQueryOrList(cursor);
      return { kind: 'quantified', place: cursor.placeFrom(start), operator: comparison, quantifier, operand: left, list };
    }
    return parseBinary(cursor, left, start, comparison, precedence.comparison);
  }
  if (kind !== 'word') return undefined;
  switch (text) {
    case 'OR':
      return precedence.or < minimum ? undefined : parseBinary(cursor, left, start, 'OR', precedence.or);
    case 'AND':
      return precedence.and < minimum ? undefined : parseBinary(cursor, left, start, 'AND', precedence.and);
    case 'OVERLAPS':
      return precedence.comparison < minimum ? undefined : parseBinary(cursor, left, start, 'OVERLAPS', precedence.comparison);
    case 'IS':
      return parseIs(cursor, left, start, minimum);
    case 'NOT':
    case 'IN':
    case 'BETWEEN':
    case 'LIKE':
    case 'RLIKE':
    case 'ILIKE':
    case 'SIMILAR':
      return predicateBinding(cursor) < minimum ? undefined : parsePredicate(cursor, left, start);
    case 'CONTAINS':
    case 'EQUALS':
    case 'PRECEDES':
    case 'SUCCEEDS':
    case 'MEMBER':
    case 'SUBMULTISET':
    case 'MULTISET':
      return cursor.fail({
        code: 'SQL_UNSUPPORTED',
        message: `the operator ${text} is not supported`,
        place: cursor.token,
        hint: text === 'MEMBER' ? 'Ask an array with ARRAY_CONTAINS(array, element).' : 'Say it with comparisons or functions.',
      });
    default:
      return undefined;
  }
}

function foreignOperator(cursor: Cursor): never {
  const { token } = cursor;
  const hints: Record<string, string> = {
    '==': 'Write a single "=" to compare.',
    '&&': 'Write AND.',
    '::': 'Write CAST(value AS type).',
  };
  return cursor.fail({
    code: 'SQL_SYNTAX',
    message: `"${token.text}" is not an operator`,
    place: token,
    hint: hints[token.text],
  });
}

function parseBinary(
  cursor: Cursor,
  left: ExpressionNode,
  start: number,
  operator: BinaryNode['operator'],
  binding: number,
): BinaryNode {
  const operatorPlace = tokenPlace(cursor);
  cursor.next();
  const right = parseAbove(cursor, binding + 1);
  return { kind: 'binary', place: cursor.placeFrom(start), operator, operatorPlace, left, right };
}

function tokenPlace(cursor: Cursor): Place {
  return { start: cursor.token.start, end: cursor.token.end };
}

const isForms: readonly string[] = ['NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'DISTINCT', 'JSON', 'NOT'];

function parseIs(cursor: Cursor, operand: ExpressionNode, start: number, minimum: number): IsNode | undefined {
  const distinct = cursor.isWordAhead(cursor.isWordAhead(1, 'NOT') ? 2 : 1, 'DISTINCT');
  if ((distinct ? precedence.comparison : precedence.is) < minimum) return undefined;
  cursor.next();
  const negated = cursor.acceptWord('NOT');
  if (distinct) {
    cursor.next();
    cursor.expectWord('FROM');
    const right = parseAbove(cursor, precedence.comparison + 1);
    return { kind: 'is', place: cursor.placeFrom(start), negated, what: 'DISTINCT FROM', operand, right };
  }
  let what: IsNode['what'] | undefined = cursor.acceptOneOf('NULL', 'TRUE', 'FALSE', 'UNKNOWN', 'JSON');
  if (what === undefined) cursor.unexpected('NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON behind IS', isForms);
  if (what === 'JSON') {
    const form = cursor.acceptOneOf('VALUE', 'OBJECT', 'ARRAY', 'SCALAR');
    if (form !== undefined) what = `JSON ${form}`;
  }
  return { kind: 'is', place: cursor.placeFrom(start), negated, what, operand };
}

function predicateBinding(cursor: Cursor): number {
  const { text } = cursor.isWord('NOT') ? cursor.ahead(1) : cursor.token;
  return text === 'IN' || text === 'BETWEEN' ? precedence.in : precedence.like;
}

/** [NOT] IN, BETWEEN, LIKE, SIMILAR TO, RLIKE */
function parsePredicate(cursor: Cursor, operand: ExpressionNode, start: number): ExpressionNode | undefined {
  const negated = cursor.acceptWord('NOT');
  if (cursor.acceptWord('IN')) {
    const list = parseQueryOrList(cursor);
    return { kind: 'in', place: cursor.placeFrom(start), negated, operand, list };
  }
  if (cursor.acceptWord('BETWEEN')) {
    const symmetric = cursor.acceptOneOf('SYMMETRIC', 'ASYMMETRIC') === 'SYMMETRIC';
    const low = parseAbove(cursor, precedence.like);
    cursor.expectWord('AND', 'between the two bounds of BETWEEN', 'Write BETWEEN low AND high.');
    const high = parseAbove(cursor, precedence.like);
    return { kind: 'between', place: cursor.placeFrom(start), negated, symmetric, operand, low, high };
  }
  if (cursor.isWord('ILIKE')) {
    const hint = "Compare in one case: UPPER(a) LIKE UPPER('…').";
    cursor.fail({ code: 'SQL_UNSUPPORTED', message: 'the operator ILIKE is not supported', place: cursor.token, hint });
  }
  const word = cursor.acceptOneOf('LIKE', 'SIMILAR', 'RLIKE');
  if (word === undefined) cursor.unexpected('IN, BETWEEN, LIKE or SIMILAR TO behind NOT', ['IN', 'BETWEEN', 'LIKE', 'SIMILAR']);
  if (word === 'SIMILAR') cursor.expectWord('TO');
  const operator: LikeNode['operator'] = word === 'SIMILAR' ? 'SIMILAR TO' : word;
  const pattern = parseAbove(cursor, precedence.in);
  const escape = cursor.acceptWord('ESCAPE') ? parseAbove(cursor, precedence.in) : undefined;
  const place = cursor.placeFrom(start);
  return { kind: 'like', place, operator, negated, operand, pattern, ...(escape && { escape }) };
}

/** What stands behind IN, ANY, ALL: (SELECT …) or (1, 2). */
function parseQueryOrList(cursor: Cursor): readonly ExpressionNode[] | Query {
  const word = cursor.previous!.text;
  const open = cursor.expectSymbol('(', `behind ${word}`, `Put the values in parentheses: ${word} (1, 2, 3).`);
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    cursor.expectClose(')', open);
    return query;
  }
  const content = parseParenthesisContent(cursor);
  cursor.expectClose(')', open, operatorWords);
  // ((SELECT …)) is the query, not a list of one value.
  return content.length === 1 && content[0].kind === 'subquery' ? content[0].query : content;
}

/**
 * What stands between parentheses when no query word follows the first: expressions, or a query whose first operand is itself
 * in parentheses, as in ((SELECT …) UNION (SELECT …)), which comes back as one subquery.
 */
export function parseParenthesisContent(cursor: Cursor): ExpressionNode[] {
  const { start } = cursor.token;
  const first = parseExpression(cursor);
  if (first.kind === 'subquery' && cursor.token.kind === 'word') {
    const query = continueQuery(cursor, first.query, start);
    return [query === first.query ? first : { kind: 'subquery', place: cursor.placeFrom(start), query }];
  }
  const items = [first];
  while (cursor.acceptSymbol(',')) items.push(parseExpression(cursor));
  return items;
}
