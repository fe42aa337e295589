import { unreachable } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { AggregateCall, WindowSpec } from '../../plan/node.ts';
import type * as ast from '../parse/ast.ts';
import { keyOf, rewrite, toExpression, type Bound, type BoundAggregate } from './bound.ts';
import { bindExpression, call } from './expression-binder.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { fieldOf, type Item } from './item.ts';
import type { AggregateRelation, Relation, RelationField, WindowColumn } from './relation.ts';
import type { Scope } from './scope.ts';
import { UNKNOWN_VALUE } from './unknown-relation.ts';
import { windowTable } from './window-table-binder.ts';

/** A bound GROUP BY, or the single group of a query that has aggregates but none. */
export interface Grouping {
  /** The input, with window columns behind its own when the GROUP BY has a group window. */
  readonly relation: Relation;
  /** Meaning of TUMBLE_START(…) and its like, and of GROUPING. */
  readonly special: (call: ast.CallNode) => Bound | undefined;
  /** Puts the aggregation on `input`: items and HAVING come back as expressions over its result. */
  aggregate(input: Relation, items: readonly Item[], having: Bound | undefined, place: Place): Aggregation;
}

export interface Aggregation {
  readonly relation: Relation;
  /** Those with mistakes are unknown. */
  readonly items: Item[];
  /** Undefined as well after a mistake. */
  readonly having: Bound | undefined;
}

const GROUP_WINDOWS = new Set(['TUMBLE', 'HOP', 'SESSION']);
const GROUPING_FUNCTIONS = new Set(['GROUPING', 'GROUPING_ID', 'GROUP_ID']);

export function bindGrouping(groupBy: ast.GroupBy | undefined, input: Relation, scope: Scope, problems: Problems): Grouping {
  const window = groupBy === undefined ? undefined : findGroupWindow(groupBy);
  const relation = window === undefined ? input : bindGroupWindow(window, input, scope, problems);
  const keys: Bound[] = [];
  const keyOfNode = (node: ast.ExpressionNode): number[] => {
    if (node === window) {
      // A group window stands for all three of its columns.
      return [0, 1, 2].map((i) =>
        addKey(keys, { kind: 'column', index: input.fields.length + i, type: relation.fields[input.fields.length + i].type }),
      );
    }
    return [addKey(keys, bindExpression(node, { scope, problems, clause: 'group by' }))];
  };
  const sets = groupBy === undefined ? [[]] : bindSets(groupBy, keyOfNode, problems);
  const isSimple = sets.length === 1 && sets[0].length === keys.length;
  return {
    relation,
    special: (node) => groupSpecial(node, window, input, relation, scope, problems),
    aggregate: (filtered, items, having, place) =>
      aggregate(filtered, keys, isSimple ? null : sets, items, having, place, problems),
  };
}

function addKey(keys: Bound[], key: Bound): number {
  const found = keys.findIndex((other) => keyOf(other) === keyOf(key));
  return found === -1 ? keys.push(key) - 1 : found;
}

/** All grouping sets of a GROUP BY: every combination of the sets of its items. */
function bindSets(groupBy: ast.GroupBy, keyOfNode: (node: ast.ExpressionNode) => number[], problems: Problems): number[][] {
  const perItem = problems.all(groupBy.items, (item): number[][] => {
    if (item.kind === 'expression') return [keyOfNode(item.expression)];
    const elements = problems.all(item.sets, (set) => problems.all(set, keyOfNode).flat());
    switch (item.kind) {
      case 'grouping-sets':
        return elements;
      case 'rollup':
        return Array.from({ length: elements.length + 1 }, (_, i) => elements.slice(0, elements.length - i).flat());
      case 'cube':
        if (elements.length > 12) throw new Mistake('SQL_CUBE', 'CUBE takes at most 12 elements', item.place);
        return Array.from({ length: 2 ** elements.length }, (_, i) =>
          elements.filter((__, e) => ((i >> (elements.length - 1 - e)) & 1) === 0).flat(),
        );
      default:
        return unreachable(item, 'grouping');
    }
  });
  const combined = perItem.reduce<number[][]>(
    (sets, choices) => sets.flatMap((set) => choices.map((choice) => [...set, ...choice])),
    [[]],
  );
  return combined.map((set) => [...new Set(set)].sort((a, b) => a - b));
}

// ---------------------------------------------------------------- GROUP BY TUMBLE(…)

function findGroupWindow(groupBy: ast.GroupBy): ast.CallNode | undefined {
  const windows = groupBy.items.flatMap((item) =>
    item.kind === 'expression' && item.expression.kind === 'call' && GROUP_WINDOWS.has(item.expression.name.text.toUpperCase())
      ? [item.expression]
      : [],
  );
  if (windows.length > 1) throw new Mistake('SQL_GROUP_WINDOW', 'a GROUP BY can have one group window', windows[1].place);
  return windows[0];
}

function bindGroupWindow(node: ast.CallNode, input: Relation, scope: Scope, problems: Problems): Relation {
  const name = node.name.text.toUpperCase();
  if (name === 'SESSION') throw unsupported('SESSION', node.place);
  const { timeColumn, spec } = groupWindowArguments(node, name, scope, problems);
  return windowTable(input, timeColumn, spec, true, node.place, node.args[0].place);
}

function groupWindowArguments(
  node: ast.CallNode,
  name: string,
  scope: Scope,
  problems: Problems,
): { timeColumn: number; spec: WindowSpec } {
  const usage =
    name === 'HOP'
      ? "Write HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE): slide, then size."
      : `Write ${name}(ts, INTERVAL '1' MINUTE).`;
  const count = name === 'HOP' ? 3 : 2;
  if (node.args.length !== count && node.args.length !== count + 1)
    throw new Mistake('SQL_WRONG_ARGUMENTS', `${name} takes ${count} arguments here`, node.place, usage);
  const [time, ...rest] = problems.all(node.args, (arg) => bindExpression(arg, { scope, problems, clause: 'group by' }));
  if (time.kind !== 'column')
    throw new Mistake('SQL_WRONG_ARGUMENTS', `${name} takes a time attribute first`, node.args[0].place, usage);
  const durations = rest.map((arg, i) => {
    if (arg.kind !== 'literal' || arg.type.kind !== 'INTERVAL_DAY_TIME')
      throw new Mistake('SQL_WRONG_ARGUMENTS', `${name} takes intervals of days to seconds`, node.args[i + 1].place, usage);
    return arg.value as number;
  });
  if (durations.slice(0, count - 1).some((duration) => duration <= 0))
    throw new Mistake('SQL_WRONG_ARGUMENTS', `${name} takes intervals above zero`, node.place, usage);
  const offset = durations[count - 1] ?? 0;
  const spec: WindowSpec =
    name === 'HOP'
      ? { kind: 'hop', slide: durations[0], size: durations[1], offset }
      : { kind: 'tumble', size: durations[0], offset };
  return { timeColumn: time.index, spec };
}

const GROUP_WINDOW_FUNCTION = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/;

/** Meaning of the calls that only a GROUP BY knows, when that has a mistake: any. */
export function openGroupSpecial(node: ast.CallNode): undefined {
  const name = node.name.text.toUpperCase();
  if (GROUPING_FUNCTIONS.has(name) || GROUP_WINDOW_FUNCTION.test(name)) throw new FollowUp();
}

function groupSpecial(
  node: ast.CallNode,
  window: ast.CallNode | undefined,
  input: Relation,
  relation: Relation,
  scope: Scope,
  problems: Problems,
): Bound | undefined {
  const name = node.name.text.toUpperCase();
  if (GROUPING_FUNCTIONS.has(name)) {
    const args = problems.all(node.args, (arg) => bindExpression(arg, { scope, problems, clause: 'group by' }));
    return { kind: 'call', function: `$${name}`, args, type: withNullable(sql.BIGINT, false), place: node.place };
  }
  const match = GROUP_WINDOW_FUNCTION.exec(name);
  if (match === null) return undefined;
  if (window === undefined || window.name.text.toUpperCase() !== match[1]) {
    throw new Mistake('SQL_GROUP_WINDOW', `${name} needs GROUP BY ${match[1]}(…)`, node.place);
  }
  if (match[2] === 'PROCTIME') throw unsupported(name, node.place);
  const mine = JSON.stringify(groupWindowArguments(node, match[1], scope, problems));
  if (mine !== JSON.stringify(groupWindowArguments(window, match[1], scope, problems))) {
    throw new Mistake('SQL_GROUP_WINDOW', `${name} is not of the window in GROUP BY`, node.place, 'Give it the same arguments.');
  }
  const index = input.fields.length + ['START', 'END', 'ROWTIME'].indexOf(match[2]);
  return { kind: 'column', index, type: relation.fields[index].type, place: node.place };
}

// ---------------------------------------------------------------- aggregation

function aggregate(
  input: Relation,
  keys: readonly Bound[],
  sets: readonly (readonly number[])[] | null,
  items: readonly Item[],
  having: Bound | undefined,
  place: Place,
  problems: Problems,
): Aggregation {
  // Below: the keys, then the aggregates' arguments. A key that a grouping set leaves out must not take its argument along.
  const columns: Bound[] = [...keys];
  const column = (bound: Bound): number => {
    const from = sets === null ? 0 : keys.length;
    const found = columns.findIndex((other, i) => i >= from && keyOf(other) === keyOf(bound));
    return found === -1 ? columns.push(bound) - 1 : found;
  };
  const calls: { key: string; call: AggregateCall }[] = [];
  const idColumns = sets === null ? 0 : 1;
  const keyTypes = keys.map((key, i) =>
    withNullable(key.type, key.type.nullable || (sets?.some((set) => !set.includes(i)) ?? false)),
  );
  const aggregateColumn = (bound: BoundAggregate): Bound => {
    const key = keyOf(bound);
    let found = calls.findIndex((other) => other.key === key);
    if (found === -1) found = calls.push({ key, call: aggregateCall(bound, column) }) - 1;
    return { kind: 'column', index: keys.length + idColumns + found, type: calls[found].call.type, place: bound.place };
  };
  const keyIndexes = new Map(keys.map((key, i) => [keyOf(key), i]));
  const above = (bound: Bound): Bound | undefined => {
    let isGrouped = true;
    const result = problems.attempt(() =>
      rewrite(bound, (part) => {
        const key = keyIndexes.get(keyOf(part));
        if (key !== undefined) return { kind: 'column', index: key, type: keyTypes[key] };
        if (part.kind === 'aggregate') return aggregateColumn(part);
        if (part.kind === 'call' && part.function.startsWith('$GROUP'))
          return groupingFunction(part.function, part.args, keys, sets, part.place ?? place);
        if (part.kind !== 'column') return undefined;
        isGrouped = false;
        problems.report(
          'SQL_NOT_GROUPED',
          `column "${input.fields[part.index].name}" is neither in GROUP BY nor in an aggregate`,
          part.place ?? place,
          'Add it to GROUP BY, or take for example MAX of it.',
        );
        return part;
      }),
    );
    return isGrouped ? result : undefined;
  };
  const newItems = items.map((item): Item => {
    const bound = above(item.bound);
    return bound === undefined ? { ...item, bound: UNKNOWN_VALUE, unknown: 'type' } : { ...item, bound };
  });
  const newHaving = having === undefined ? undefined : above(having);

  const below: Relation = {
    kind: 'project',
    input,
    expressions: columns.map(toExpression),
    fields: columns.map((bound, i) => fieldOf(bound, bound.kind === 'column' ? input.fields[bound.index].name : `$${i}`, input)),
    place,
  };
  const roles = below.fields.slice(0, keys.length).flatMap(({ window }) => (window === undefined ? [] : [window]));
  const isWindowed = (column: WindowColumn | undefined): boolean =>
    column !== undefined &&
    ['start', 'end'].every((role) => roles.some((other) => other.role === role && other.window === column.window));
  const keyFields = keys.map((_, i): RelationField => {
    const field = { ...below.fields[i], type: keyTypes[i] };
    if (!isWindowed(field.window)) return { name: field.name, type: field.type };
    // Flink knows the columns of windowing table functions again further up, those of group windows it does not.
    const { window, ...rest } = field;
    return window!.window.legacy ? rest : field;
  });
  const relation: AggregateRelation = {
    kind: 'aggregate',
    input: below,
    keys: keys.map((_, i) => i),
    sets,
    aggregates: calls.map(({ call: aggregateCallOf }) => aggregateCallOf),
    fields: [
      ...keyFields,
      ...(sets === null ? [] : [{ name: '$grouping', type: withNullable(sql.BIGINT, false) }]),
      ...calls.map(({ call: each }, i) => ({ name: `$agg${i}`, type: each.type })),
    ],
    place,
  };
  return { relation, items: newItems, having: newHaving };
}

/** A literal behind the first argument (a separator) stays a literal; COUNT of a constant that is not NULL counts rows. */
export function aggregateCall(bound: Omit<BoundAggregate, 'kind' | 'place'>, column: (bound: Bound) => number): AggregateCall {
  const [first] = bound.args;
  const countsRows = bound.function === 'COUNT' && first?.kind === 'literal' && first.value !== null && !bound.distinct;
  const args = countsRows ? [] : bound.args;
  return {
    function: bound.function,
    args: args.map((arg, i) => (i > 0 && arg.kind === 'literal' ? -1 : column(arg))),
    argTypes: args.map((arg) => arg.type),
    literals: args.map((arg, i) => (i > 0 && arg.kind === 'literal' ? arg.value : undefined)),
    distinct: bound.distinct,
    filter: bound.filter === null ? -1 : column(bound.filter),
    type: bound.type,
  };
}

/**
 * Number of each grouping set: its grouping id and, above that, how many equal sets stand before it (its GROUP_ID), because a set
 * that is written twice makes its groups twice.
 */
export function groupingNumbers(sets: readonly (readonly number[])[], keys: number): bigint[] {
  const ids = sets.map((set) => groupingId(set, keys));
  return ids.map((id, i) => id + (BigInt(ids.slice(0, i).filter((other) => other === id).length) << BigInt(keys)));
}

/** Grouping id of a grouping set: a bit for each key, the first key's highest, set where the key is left out. */
function groupingId(set: readonly number[], keys: number): bigint {
  let id = 0n;
  for (let key = 0; key < keys; key++) id = (id << 1n) | (set.includes(key) ? 0n : 1n);
  return id;
}

/** GROUPING(a, b), GROUPING_ID(a, b), GROUP_ID() as an expression over the column of the sets' numbers. */
function groupingFunction(
  name: string,
  args: readonly Bound[],
  keys: readonly Bound[],
  sets: readonly (readonly number[])[] | null,
  place: Place,
): Bound {
  const positions = args.map((arg) => {
    const key = keys.findIndex((candidate) => keyOf(candidate) === keyOf(arg));
    if (key === -1)
      throw new Mistake(
        'SQL_NOT_GROUPED',
        `the argument of ${name.slice(1)} is not in GROUP BY`,
        arg.kind === 'column' ? (arg.place ?? place) : place,
      );
    return key;
  });
  const bigint = withNullable(sql.BIGINT, false);
  const literal = (value: bigint): Bound => ({ kind: 'literal', value, type: bigint });
  if (sets === null) return literal(0n);
  const id: Bound = { kind: 'column', index: keys.length, type: bigint };
  const idOf = (set: readonly number[]): bigint =>
    groupingId(
      positions.flatMap((key, i) => (set.includes(key) ? [i] : [])),
      positions.length,
    );
  const numbers = groupingNumbers(sets, keys.length);
  const branches = sets.flatMap((set, i): Bound[] => [
    call('=', [id, literal(numbers[i])], place),
    literal(name === '$GROUP_ID' ? numbers[i] >> BigInt(keys.length) : idOf(set)),
  ]);
  return call('CASE', [...branches, literal(0n)], place);
}
