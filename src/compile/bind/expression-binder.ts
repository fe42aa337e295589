import { unreachable } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import { nearest } from '../../base/nearest.ts';
import { aggregateNames, findAggregate, inferAggregate } from '../../functions/aggregates/registry.ts';
import { castable } from '../../functions/cast.ts';
import { mayBeNull, SignatureError, type Argument, type ScalarFunction } from '../../functions/function.ts';
import { findFunction, functionNames } from '../../functions/registry.ts';
import { commonType, memberType } from '../../types/common-type.ts';
import * as sql from '../../types/sql-type.ts';
import { sameType, typeName, withNullable, type SqlType } from '../../types/sql-type.ts';
import type { OverFrame } from '../../plan/node.ts';
import type * as ast from '../parse/ast.ts';
import type { Bound, BoundAggregate, BoundOrder, BoundOver } from './bound.ts';
import { fold } from './fold.ts';
import { bindInterval } from './interval-literal.ts';
import { bindLiteral } from './literal.ts';
import { FLINK_MAY, FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { resolveColumn, suggestion, type Scope } from './scope.ts';
import { bindType } from './type-binder.ts';
import { usageOf } from './usage.ts';

export interface ExpressionContext {
  readonly scope: Scope;
  readonly problems: Problems;
  /** Where the expression stands, for messages: aggregates and OVER are allowed only in some clauses. */
  readonly clause:
    | 'select'
    | 'having'
    | 'order by'
    | 'where'
    | 'group by'
    | 'computed column'
    | 'watermark'
    | 'values'
    | 'aggregate'
    | 'over'
    | 'on';
  /** Named windows of the query. */
  readonly windows?: ReadonlyMap<string, ast.WindowNode>;
  /** Meaning of calls that only this query knows: TUMBLE_START(…) of a GROUP BY TUMBLE(…). */
  readonly special?: (call: ast.CallNode) => Bound | undefined;
}

const AGGREGATE_CLAUSES = new Set(['select', 'having', 'order by']);
const RANK_FUNCTIONS = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

/** Resolves names, infers types and makes implicit conversions explicit. Throws once the mistakes of all parts are noted. */
export function bindExpression(node: ast.ExpressionNode, context: ExpressionContext): Bound {
  const bind = (part: ast.ExpressionNode): Bound => bindExpression(part, context);
  const bindAll = (...parts: readonly ast.ExpressionNode[]): Bound[] => context.problems.all(parts, bind);
  switch (node.kind) {
    case 'literal':
      return bindLiteral(node);
    case 'interval':
      return bindInterval(node);
    case 'column':
      return bindName(node.name, context);
    case 'unary':
      return bindUnary(node, bind(node.operand));
    case 'binary':
      return bindBinary(node, context);
    case 'between': {
      const [operand, low, high] = bindAll(node.operand, node.low, node.high);
      const within = (a: Bound, b: Bound): Bound =>
        call('AND', [call('>=', [operand, a], node.place), call('<=', [operand, b], node.place)], node.place);
      const between = node.symmetric ? call('OR', [within(low, high), within(high, low)], node.place) : within(low, high);
      return node.negated ? call('NOT', [between], node.place) : between;
    }
    case 'in':
      return bindIn(node, context);
    case 'like': {
      if (node.operator === 'RLIKE') throw unsupported('RLIKE', node.place, 'Use REGEXP(text, pattern).');
      const args = bindAll(node.operand, node.pattern, ...(node.escape === undefined ? [] : [node.escape]));
      const like = call(node.operator, args, node.place);
      return node.negated ? call('NOT', [like], node.place) : like;
    }
    case 'is': {
      if (node.what === 'DISTINCT FROM') {
        return call(node.negated ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM', bindAll(node.operand, node.right!), node.place);
      }
      if (node.what.startsWith('JSON')) {
        const is = call(`IS ${node.what}`, [bind(node.operand)], node.place);
        return node.negated ? call('NOT', [is], node.place) : is;
      }
      return call(`IS ${node.negated ? 'NOT ' : ''}${node.what}`, [bind(node.operand)], node.place);
    }
    case 'case': {
      const [operands, whens, thens, others] = context.problems.all(
        [
          node.operand === undefined ? [] : [node.operand],
          node.branches.map((branch) => branch.when),
          node.branches.map((branch) => branch.then),
          node.otherwise === undefined ? [] : [node.otherwise],
        ],
        (parts) => bindAll(...parts),
      );
      const conditions = whens.map((when, i) =>
        node.operand === undefined ? when : call('=', [operands[0], when], node.branches[i].when.place),
      );
      const otherwise = others[0] ?? { kind: 'literal', value: null, type: sql.NULL };
      return call('CASE', [...conditions.flatMap((when, i) => [when, thens[i]]), otherwise], node.place);
    }
    case 'cast': {
      const operand = context.problems.attempt(() => bind(node.operand));
      const type = bindType(node.type);
      if (operand === undefined) throw new FollowUp();
      return cast(operand, withNullable(type, node.lenient || operand.type.nullable), node.place, node.lenient);
    }
    case 'call':
      return bindCall(node, context);
    case 'row':
      return call('ROW', bindAll(...node.items), node.place);
    case 'array':
      return call('ARRAY', bindAll(...node.items), node.place);
    case 'map':
      return call('MAP', bindAll(...node.items), node.place);
    case 'element':
      return call('ITEM', bindAll(node.operand, node.index), node.place);
    case 'field':
      return fieldOf(bind(node.operand), node.name);
    case 'subquery':
      throw unsupported('a subquery as a value', node.place);
    case 'exists':
      throw unsupported('EXISTS', node.place);
    case 'quantified':
      throw unsupported(`${node.quantifier} with a comparison`, node.place, FLINK_MAY);
    default:
      return unreachable(node, 'expression');
  }
}

/** A column; behind it may stand names of fields, as in `geo.lat` and `station.geo.lat`. */
function bindName(name: ast.QualifiedName, context: ExpressionContext): Bound {
  const { scope } = context;
  const hasTable = name.parts.length > 1 && scope.tables.some((table) => table.name === name.parts[0].text);
  const width = Math.min(name.parts.length, hasTable ? 2 : 1);
  const isRow = (column: ast.Name): boolean =>
    scope.tables.some(({ fields }) => fields.some((field) => field.name === column.text && field.type.kind === 'ROW'));
  // A name that is neither a table nor a row gets the message about a table.
  const taken = width === 1 && name.parts.length > 1 && !isRow(name.parts[0]) ? name.parts.length : width;
  const parts = name.parts.slice(0, taken);
  const { kind, index, type } = resolveColumn(scope, { parts, place: name.place });
  const column: Bound = { kind, index, type, place: name.place };
  return name.parts.slice(taken).reduce<Bound>(fieldOf, column);
}

/** The field of a ROW. */
function fieldOf(operand: Bound, name: ast.Name): Bound {
  if (operand.type.kind !== 'ROW')
    throw new Mistake('SQL_TYPE', `a value of type ${typeName(operand.type)} has no fields`, name.place);
  const names = operand.type.fields.map((field) => field.name);
  if (!names.includes(name.text))
    throw new Mistake(
      'SQL_COLUMN_NOT_FOUND',
      `field "${name.text}" does not exist in the row`,
      name.place,
      suggestion(name.text, names),
    );
  return call(
    'FIELD',
    [operand, { kind: 'literal', value: name.text, type: withNullable(sql.char(name.text.length), false) }],
    name.place,
  );
}

function bindUnary(node: ast.UnaryNode, operand: Bound): Bound {
  if (node.operator === 'NOT') return call('NOT', [operand], node.place);
  if (node.operator === '+') return operand;
  if (operand.kind === 'literal' && operand.value !== null) {
    // -9223372036854775808 is a BIGINT although its digits alone are not.
    if (operand.type.kind === 'DECIMAL' && operand.type.scale === 0 && operand.value === 9223372036854775808n) {
      return { kind: 'literal', value: -9223372036854775808n, type: withNullable(sql.BIGINT, false) };
    }
    if (operand.type.kind === 'BIGINT' && operand.value === 2147483648n) {
      return { kind: 'literal', value: -2147483648, type: withNullable(sql.INTEGER, false) };
    }
    if (typeof operand.value === 'bigint') return { ...operand, value: -operand.value };
    if (typeof operand.value === 'number')
      return { ...operand, value: operand.value === 0 && operand.type.kind !== 'DOUBLE' ? 0 : -operand.value };
  }
  return call('NEGATE', [operand], node.place);
}

function bindBinary(node: ast.BinaryNode, context: ExpressionContext): Bound {
  if (node.operator === 'OVERLAPS') {
    const sides = [node.left, node.right].flatMap((side) => {
      if (side.kind !== 'row' || side.items.length !== 2) {
        throw new Mistake(
          'SQL_WRONG_ARGUMENTS',
          'OVERLAPS compares two pairs',
          side.place,
          'Write (start1, end1) OVERLAPS (start2, end2).',
        );
      }
      return side.items;
    });
    return call(
      'OVERLAPS',
      context.problems.all(sides, (side) => bindExpression(side, context)),
      node.place,
    );
  }
  if (node.operator === 'AND' || node.operator === 'OR') {
    // Long chains are one call, so that nothing recurses as deep as the chain is long.
    const parts: ast.ExpressionNode[] = [];
    let rest: ast.ExpressionNode = node;
    while (rest.kind === 'binary' && rest.operator === node.operator) {
      parts.push(rest.right);
      rest = rest.left;
    }
    parts.push(rest);
    return call(
      node.operator,
      context.problems.all(parts.reverse(), (part) => bindExpression(part, context)),
      node.place,
    );
  }
  const [left, right] = context.problems.all([node.left, node.right], (side) => bindExpression(side, context));
  return call(node.operator, [left, right], node.place);
}

function bindIn(node: ast.InNode, context: ExpressionContext): Bound {
  const isSubquery = !Array.isArray(node.list);
  const nodes = isSubquery ? [] : (node.list as readonly ast.ExpressionNode[]);
  if (isSubquery) context.problems.add(unsupported('IN with a subquery', node.place));
  const [operand, ...items] = context.problems.all([node.operand, ...nodes], (part) => bindExpression(part, context));
  if (isSubquery) throw new FollowUp();
  if (commonType(items.map((item) => item.type)) === undefined) {
    throw new Mistake(
      'SQL_TYPE',
      'the values of the list have no common type',
      node.place,
      'Use CAST to bring them to one type.',
    );
  }
  const list = items.map((item, i) => member(operand, item, nodes[i].place));
  const isIn = list.length === 1 ? list[0] : call('OR', list, node.place);
  return node.negated ? call('NOT', [isIn], node.place) : isIn;
}

/** One member of an IN list: text is brought to the operand's type, where `=` would bring the operand to text. */
function member(operand: Bound, item: Bound, place: Place): Bound {
  const type = memberType(operand.type, item.type);
  return call('=', [operand, type === undefined ? item : convert(item, type, place)], place);
}

// ---------------------------------------------------------------- calls

function bindCall(node: ast.CallNode, context: ExpressionContext): Bound {
  const name = node.name.text.toUpperCase();
  const special = context.special?.(node);
  if (special !== undefined) return special;
  if (node.over !== undefined) return bindOver(node, name, context);
  if (findAggregate(name) !== undefined) return bindAggregate(node, name, context);
  if (RANK_FUNCTIONS.has(name)) {
    throw new Mistake(
      'SQL_OVER_MISSING',
      `${name}() needs an OVER clause`,
      node.place,
      `For example ${name}() OVER (PARTITION BY … ORDER BY …).`,
    );
  }
  const isKnown = findFunction(name) !== undefined;
  const args = context.problems.attempt(() => context.problems.all(node.args, (arg) => bindExpression(arg, context)));
  if (!isKnown) throw unknownFunction(node.name, context);
  if (node.star || node.distinct || node.filter !== undefined || node.orderBy.length > 0) {
    throw new Mistake(
      'SQL_WRONG_ARGUMENTS',
      `${name} is not an aggregate function`,
      node.place,
      `Leave out ${node.star ? '*' : node.distinct ? 'DISTINCT' : node.filter === undefined ? 'ORDER BY' : 'FILTER'}. ${usageOf(name)}`,
    );
  }
  if (args === undefined) throw new FollowUp();
  const bound = call(name, args, node.place);
  // Only the branch that is asked for is evaluated.
  return bound.kind === 'call' && bound.function === 'IF' ? call('CASE', bound.args, node.place) : bound;
}

function unknownFunction(name: ast.Name, { problems }: ExpressionContext): Mistake | FollowUp {
  if (problems.isOpen(name.text)) return new FollowUp();
  const near = nearest(
    name.text,
    [...functionNames(), ...aggregateNames()].filter((candidate) => /^[A-Z]/.test(candidate)),
  );
  return new Mistake(
    'SQL_FUNCTION_NOT_FOUND',
    `function "${name.text}" does not exist`,
    name.place,
    near === undefined ? 'See "System Functions" in Flink\'s documentation.' : `Did you mean ${near}?`,
  );
}

function bindAggregate(node: ast.CallNode, name: string, context: ExpressionContext): Bound {
  if (!AGGREGATE_CLAUSES.has(context.clause)) {
    const where = context.clause === 'aggregate' ? 'inside another aggregate' : `in ${context.clause.toUpperCase()}`;
    throw new Mistake(
      'SQL_AGGREGATE_NOT_ALLOWED',
      `aggregate function ${name} is not allowed ${where}`,
      node.place,
      context.clause === 'where' ? 'Put the condition into HAVING.' : undefined,
    );
  }
  if (node.orderBy.length > 0) throw unsupported('WITHIN GROUP', node.place, FLINK_MAY);
  return { kind: 'aggregate', ...aggregateParts(node, name, { ...context, clause: 'aggregate' }), place: node.place };
}

/** What a call of an aggregate function has in common wherever it stands. */
function aggregateParts(node: ast.CallNode, name: string, context: ExpressionContext): Omit<BoundAggregate, 'kind' | 'place'> {
  const { problems } = context;
  if (node.nulls !== undefined) problems.add(unsupported(`${node.nulls} NULLS`, node.place, FLINK_MAY));
  const args = problems.attempt(() => problems.all(node.args, (arg) => bindExpression(arg, context)));
  const filters = node.filter === undefined ? [] : [node.filter];
  const [filter] = problems.all(filters, (part) => condition(part, { ...context, clause: 'where' }, 'FILTER'));
  if (args === undefined) throw new FollowUp();
  const signature = inferred(name, node.place, () => inferAggregate(name, args.map(argumentOf), node.distinct));
  return {
    function: name,
    args: args.map((arg, i) => convert(arg, signature.args[i], node.args[i].place)),
    distinct: node.distinct,
    filter: filter ?? null,
    type: signature.type,
  };
}

function bindOver(node: ast.CallNode, name: string, context: ExpressionContext): Bound {
  if (context.clause !== 'select') {
    throw new Mistake(
      'SQL_OVER_NOT_ALLOWED',
      `an OVER window is not allowed in ${context.clause.toUpperCase()}`,
      node.place,
      'Compute it in a subquery in FROM and refer to its column.',
    );
  }
  const inner = { ...context, clause: 'over' as const };
  const window = context.problems.attempt(() => bindWindow(resolveWindow(node.over!, context), inner));
  const call = overCall(node, name, inner);
  if (window === undefined) throw new FollowUp();
  return { kind: 'over', ...call, ...window, place: node.place };
}

function overCall(node: ast.CallNode, name: string, context: ExpressionContext): Omit<BoundAggregate, 'kind' | 'place'> {
  if (RANK_FUNCTIONS.has(name)) {
    return { function: name, args: [], distinct: false, filter: null, type: withNullable(sql.BIGINT, false) };
  }
  if (findAggregate(name) === undefined) {
    if (findFunction(name) !== undefined)
      throw new Mistake('SQL_OVER_NOT_ALLOWED', `${name} is not an aggregate function`, node.place, 'Leave out OVER.');
    if (name === 'LAG') throw unsupported(name, node.place);
    throw ['LEAD', 'NTILE', 'NTH_VALUE', 'CUME_DIST', 'PERCENT_RANK'].includes(name)
      ? unsupported(name, node.place, FLINK_MAY)
      : unknownFunction(node.name, context);
  }
  const parts = aggregateParts(node, name, context);
  return name === 'AVG' ? { ...parts, function: '$AVG_OVER' } : parts;
}

function bindWindow(
  window: ast.WindowNode,
  context: ExpressionContext,
): Pick<BoundOver, 'partition' | 'order' | 'frame' | 'windowPlace'> {
  const { problems } = context;
  const partition = problems.attempt(() => problems.all(window.partitionBy, (item) => bindExpression(item, context)));
  const order = problems.attempt(() => problems.all(window.orderBy, (item) => bindOrderItem(item, context)));
  const frame = window.frame === undefined ? undefined : bindFrame(window.frame, context);
  if (partition === undefined || order === undefined) throw new FollowUp();
  return { partition, order, frame, windowPlace: window.place };
}

function resolveWindow(over: ast.WindowNode | ast.Name, context: ExpressionContext): ast.WindowNode {
  if (!('kind' in over)) return namedWindow(over, context);
  if (over.base === undefined) return over;
  const base = namedWindow(over.base, context);
  return {
    ...base,
    place: over.place,
    partitionBy: over.partitionBy.length > 0 ? over.partitionBy : base.partitionBy,
    orderBy: over.orderBy.length > 0 ? over.orderBy : base.orderBy,
    ...(over.frame === undefined ? {} : { frame: over.frame }),
  };
}

function namedWindow(name: ast.Name, context: ExpressionContext): ast.WindowNode {
  const window = context.windows?.get(name.text);
  if (window === undefined)
    throw new Mistake(
      'SQL_WINDOW_NOT_FOUND',
      `window "${name.text}" does not exist`,
      name.place,
      'Declare it behind WINDOW at the end of the query.',
    );
  return window.base === undefined ? window : resolveWindow(window, context);
}

/** ORDER BY: NULLS FIRST when ascending and NULLS LAST when descending, as Flink sorts (NULL is the smallest value). */
export function bindOrderItem(item: ast.OrderItem, context: ExpressionContext): BoundOrder {
  return {
    expression: bindExpression(item.expression, context),
    descending: item.descending,
    nullsFirst: item.nulls === undefined ? !item.descending : item.nulls === 'FIRST',
    place: item.place,
  };
}

function bindFrame(frame: NonNullable<ast.WindowNode['frame']>, context: ExpressionContext): OverFrame {
  if (frame.end.kind !== 'current-row') {
    throw new Mistake(
      'SQL_OVER_FRAME',
      'the frame of an OVER window must end at CURRENT ROW',
      frame.end.place,
      'Rows that are still to come are not known in a stream.',
    );
  }
  const unit = frame.unit === 'ROWS' ? 'rows' : 'range';
  if (frame.start.kind === 'unbounded-preceding') return { unit, preceding: Infinity };
  if (frame.start.kind === 'current-row') return { unit, preceding: 0 };
  if (frame.start.kind !== 'preceding')
    throw new Mistake('SQL_OVER_FRAME', 'the frame of an OVER window must start with PRECEDING', frame.start.place);
  const value = bindExpression(frame.start.value, context);
  const fits = unit === 'rows' ? value.type.kind === 'INTEGER' : value.type.kind === 'INTERVAL_DAY_TIME';
  if (value.kind !== 'literal' || !fits || (value.value as number) < 0) {
    throw new Mistake(
      'SQL_OVER_FRAME',
      unit === 'rows' ? 'ROWS … PRECEDING takes a whole number' : 'RANGE … PRECEDING takes an interval of days to seconds',
      frame.start.place,
      unit === 'rows'
        ? 'For example ROWS BETWEEN 9 PRECEDING AND CURRENT ROW.'
        : "For example RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW.",
    );
  }
  return { unit, preceding: value.value as number };
}

// ---------------------------------------------------------------- building blocks

/** A condition: must be BOOLEAN. */
export function condition(node: ast.ExpressionNode, context: ExpressionContext, clause: string): Bound {
  const bound = bindExpression(node, context);
  if (bound.type.kind === 'NULL') return convert(bound, sql.BOOLEAN, node.place);
  if (bound.type.kind !== 'BOOLEAN') {
    throw new Mistake(
      'SQL_TYPE',
      `${clause} takes a condition, not a value of type ${typeName(bound.type)}`,
      node.place,
      'For example temperature > 20.',
    );
  }
  return bound;
}

/** A call of a registered function, its arguments converted as its signature asks. */
export function call(name: string, args: readonly Bound[], place: Place): Bound {
  const entry = findFunction(name);
  if (entry === undefined) throw unsupported(name, place, FLINK_MAY);
  const signature = inferred(name, place, () => entry.infer(args.map(argumentOf)));
  const converted = args.map((arg, i) => convert(arg, signature.args[i], place));
  return fold({ kind: 'call', function: entry.name, args: converted, type: resultType(entry, signature.type, converted), place });
}

function resultType(entry: ScalarFunction, type: SqlType, args: readonly Bound[]): SqlType {
  if (entry.nulls === 'custom' || entry.name === 'CASE' || entry.name === 'COALESCE') return type;
  const site = {
    function: entry.name,
    args: args.map((arg) => arg.type),
    literals: args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined)),
    type,
  };
  return withNullable(type, args.some((arg) => arg.type.nullable) || mayBeNull(entry, site));
}

function argumentOf(bound: Bound): Argument {
  return bound.kind === 'literal' ? { type: bound.type, literal: bound.value } : { type: bound.type };
}

function inferred<T>(name: string, place: Place, infer: () => T): T {
  try {
    return infer();
  } catch (error) {
    if (error instanceof SignatureError) throw new Mistake('SQL_WRONG_ARGUMENTS', error.message, place, usageOf(name));
    throw error;
  }
}

/** The same value as another type, by an implicit conversion. */
export function convert(bound: Bound, type: SqlType | undefined, place: Place): Bound {
  if (type === undefined || sameType(bound.type, type)) return bound;
  if (bound.kind === 'literal') {
    if (bound.value === null) return { ...bound, type: withNullable(type, true) };
    if (bound.type.kind === 'CHAR' && type.kind === 'VARCHAR') return { ...bound, type: withNullable(type, false) };
    if (bound.type.kind === 'INTEGER' && type.kind === 'BIGINT')
      return { ...bound, value: BigInt(bound.value as number), type: withNullable(type, false) };
    if (bound.type.kind === 'INTEGER' && type.kind === 'DOUBLE') return { ...bound, type: withNullable(type, false) };
  }
  return cast(bound, withNullable(type, bound.type.nullable), place, false);
}

function cast(bound: Bound, type: SqlType, place: Place, lenient: boolean): Bound {
  if (bound.kind === 'literal' && bound.value === null) return { ...bound, type: withNullable(type, true) };
  if (sameType(bound.type, type)) return bound;
  if (!castable(bound.type, type)) {
    throw new Mistake(
      'SQL_CAST',
      `a value of type ${typeName(bound.type)} cannot be cast to ${typeName(withNullable(type, true))}`,
      place,
    );
  }
  const name = lenient ? 'TRY_CAST' : 'CAST';
  const site = { function: name, args: [bound.type], literals: [undefined], type };
  const nullable = type.nullable || mayBeNull(findFunction(name)!, site);
  return fold({ kind: 'call', function: name, args: [bound], type: withNullable(type, nullable), place });
}
