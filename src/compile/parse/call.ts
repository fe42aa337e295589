import type { CallNode, ExpressionNode, FrameBound, Name, OrderItem, WindowNode } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseAdditive, parseExpression } from './expression.ts';
import { parseOrderItems, parseQuery, startsQuery } from './query.ts';

/**
 * name( [DISTINCT | ALL] args [ORDER BY …] [IGNORE NULLS] ) [WITHIN GROUP (ORDER BY …)] [FILTER (WHERE …)]
 *     [IGNORE NULLS | RESPECT NULLS] [OVER …]
 *
 * The name is taken, the opening parenthesis is at hand. Both places of ORDER BY go to `orderBy`.
 */
export function parseCall(cursor: Cursor, name: Name): CallNode {
  const open = cursor.next();
  let star = false;
  let distinct = false;
  let args: readonly ExpressionNode[] = [];
  let orderBy: readonly OrderItem[] = [];
  let nulls: CallNode['nulls'];
  if (cursor.isSymbol('*') && cursor.isSymbolAhead(1, ')')) {
    cursor.next();
    star = true;
  } else if (!cursor.isSymbol(')')) {
    distinct = cursor.acceptOneOf('DISTINCT', 'ALL') === 'DISTINCT';
    args = cursor.list(() => parseArgument(cursor));
    nulls = parseNullTreatment(cursor);
    if (cursor.isWord('ORDER')) orderBy = parseOrderBy(cursor);
  }
  cursor.expectClose(')', open, operatorWords);
  return parseCallEnd(cursor, {
    kind: 'call',
    place: cursor.placeFrom(name.place.start),
    name,
    args,
    star,
    distinct,
    orderBy,
    ...(nulls && { nulls }),
  });
}

function parseArgument(cursor: Cursor): ExpressionNode {
  const { token } = cursor;
  if (cursor.isSymbolAhead(1, '=>')) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: 'named arguments are supported in window functions of FROM only',
      place: token,
      hint: 'Write the values in order, without their names.',
    });
  }
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    return { kind: 'subquery', place: cursor.placeFrom(token.start), query };
  }
  return parseExpression(cursor);
}

/** What may follow a call's closing parenthesis: WITHIN GROUP, FILTER, IGNORE NULLS, OVER. */
export function parseCallEnd(cursor: Cursor, call: CallNode): CallNode {
  const { start } = call.place;
  let { orderBy, nulls } = call;
  if (cursor.isWord('WITHIN') && cursor.isWordAhead(1, 'GROUP')) {
    cursor.next();
    cursor.next();
    const open = cursor.expectSymbol('(', 'behind WITHIN GROUP');
    orderBy = parseOrderBy(cursor);
    cursor.expectClose(')', open);
  }
  let filter: ExpressionNode | undefined;
  if (cursor.acceptWord('FILTER')) {
    const open = cursor.expectSymbol('(', 'behind FILTER');
    cursor.expectWord('WHERE', 'in FILTER (WHERE …)');
    filter = parseExpression(cursor);
    cursor.expectClose(')', open, operatorWords);
  }
  nulls = parseNullTreatment(cursor) ?? nulls;
  let over: WindowNode | Name | undefined;
  if (cursor.acceptWord('OVER')) over = cursor.isSymbol('(') ? parseWindow(cursor) : cursor.name('a window: its name or "("');
  return {
    ...call,
    place: cursor.placeFrom(start),
    orderBy,
    ...(filter && { filter }),
    ...(over && { over }),
    ...(nulls && { nulls }),
  };
}

function parseNullTreatment(cursor: Cursor): CallNode['nulls'] {
  if (!cursor.isWordAhead(1, 'NULLS')) return undefined;
  const treatment = cursor.acceptOneOf('IGNORE', 'RESPECT');
  if (treatment !== undefined) cursor.next();
  return treatment;
}

function parseOrderBy(cursor: Cursor): OrderItem[] {
  cursor.expectWords('ORDER', 'BY');
  return parseOrderItems(cursor);
}

/** ( [base] [PARTITION BY …] [ORDER BY …] [ROWS | RANGE …] ) */
export function parseWindow(cursor: Cursor): WindowNode {
  const open = cursor.expectSymbol('(');
  const base = cursor.atName() ? cursor.name('a window name') : undefined;
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? cursor.list(() => parseExpression(cursor)) : [];
  const orderBy = cursor.isWord('ORDER') ? parseOrderBy(cursor) : [];
  const frame = parseFrame(cursor);
  if (!cursor.isSymbol(')')) {
    const keywords = [...(orderBy.length ? [] : ['PARTITION', 'ORDER']), 'ROWS', 'RANGE', ...operatorWords];
    cursor.expectClose(')', open, keywords);
  }
  cursor.next();
  return {
    kind: 'window',
    place: cursor.placeFrom(open.start),
    ...(base && { base }),
    partitionBy,
    orderBy,
    ...(frame && { frame }),
  };
}

/** ROWS 2 PRECEDING is short for BETWEEN 2 PRECEDING AND CURRENT ROW. */
function parseFrame(cursor: Cursor): WindowNode['frame'] {
  const { start } = cursor.token;
  const unit = cursor.acceptOneOf('ROWS', 'RANGE');
  if (unit === undefined) return undefined;
  if (cursor.acceptWord('BETWEEN')) {
    const first = parseBound(cursor);
    cursor.expectWord('AND', "between the frame's two bounds");
    const end = parseBound(cursor);
    return { unit, start: first, end, place: cursor.placeFrom(start) };
  }
  const first = parseBound(cursor);
  const place = cursor.placeFrom(start);
  return { unit, start: first, end: { kind: 'current-row', place: first.place }, place };
}

function parseBound(cursor: Cursor): FrameBound {
  const { start } = cursor.token;
  if (cursor.acceptWords('CURRENT', 'ROW')) return { kind: 'current-row', place: cursor.placeFrom(start) };
  if (cursor.acceptWord('UNBOUNDED')) {
    const direction = cursor.expectOneOf('PRECEDING', 'FOLLOWING');
    return { kind: direction === 'PRECEDING' ? 'unbounded-preceding' : 'unbounded-following', place: cursor.placeFrom(start) };
  }
  const value = parseAdditive(cursor);
  const direction = cursor.expectOneOf('PRECEDING', 'FOLLOWING');
  return { kind: direction === 'PRECEDING' ? 'preceding' : 'following', value, place: cursor.placeFrom(start) };
}
