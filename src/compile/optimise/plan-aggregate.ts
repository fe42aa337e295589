import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Place } from '../../base/place.ts';
import type { Field } from '../../types/schema.ts';
import type { Expression } from '../../plan/expression.ts';
import type { AggregateCall, WindowSpec } from '../../plan/node.ts';
import { groupingNumbers } from '../bind/group-binder.ts';
import { unsupported } from '../bind/mistake.ts';
import type { AggregateRelation, WindowColumn } from '../bind/relation.ts';
import { generateAggregateCode } from '../generate/aggregate-code.ts';
import { columnsOf } from './needed-columns.ts';
import { and, pipeOf, through, type Pipe } from './pipe.ts';
import { planField, withoutTime, type Columns, type PlanBuilder } from './plan-builder.ts';

interface WindowKeys {
  readonly identity: WindowColumn['window'];
  /** The group's keys that are window columns. */
  readonly all: ReadonlySet<number>;
  readonly start: number;
  readonly end: number;
}

export function planAggregate(builder: PlanBuilder, relation: AggregateRelation, needed: ReadonlySet<number>): Pipe {
  const pipe = builder.pipe(relation.input);
  const first = relation.keys.length + (relation.sets === null ? 0 : 1);
  const kept = relation.aggregates.flatMap((_, i) => (needed.has(first + i) ? [i] : []));
  const calls = kept.map((i) => relation.aggregates[i]);
  const windowKeys = findWindowKeys(relation);
  const keys = relation.keys.filter((key) => !windowKeys?.all.has(key));
  return windowKeys === undefined
    ? groupAggregate(builder, relation, pipe, keys, kept, calls)
    : windowAggregate(builder, relation, pipe, keys, kept, calls, windowKeys);
}

function groupAggregate(
  builder: PlanBuilder,
  relation: AggregateRelation,
  pipe: Pipe,
  keys: readonly number[],
  kept: readonly number[],
  calls: readonly AggregateCall[],
): Pipe {
  const input = aggregateInput(builder, relation, pipe, keys, calls, []);
  const schema: Field[] = [
    ...input.keys.map((column) => builder.nodes[input.node].schema[column]),
    ...calls.map((call, i) => ({ name: `agg${kept[i]}`, type: call.type })),
  ].map(withoutTime);
  const node = builder.add({
    kind: 'group-aggregate',
    inputs: [input.node],
    schema,
    changelog: 'retract',
    keys: input.keys,
    aggregates: input.calls,
    stateTtlMs: builder.settings.stateTtlMs,
    retracting: builder.nodes[input.node].changelog === 'retract',
    code: generateAggregateCode(input.calls, {
      retracting: builder.nodes[input.node].changelog === 'retract',
      merging: false,
      running: false,
    }),
    place: relation.place,
  });
  return aggregateOutput(relation, node, keys, kept, input.keys.length, new Map());
}

function windowAggregate(
  builder: PlanBuilder,
  relation: AggregateRelation,
  pipe: Pipe,
  keys: readonly number[],
  kept: readonly number[],
  calls: readonly AggregateCall[],
  windowKeys: WindowKeys,
): Pipe {
  if (
    relation.sets !== null &&
    relation.sets.some((set) => ![...windowKeys.all].every((key) => set.includes(relation.keys.indexOf(key))))
  ) {
    throw unsupported(
      'a grouping set without window_start and window_end',
      relation.place,
      'Where each set is meant by window, write GROUP BY window_start, window_end, GROUPING SETS (…).',
    );
  }
  const fused = fusedWindow(pipe, keys, calls, windowKeys);
  const source = fused?.pipe ?? pipe;
  const extra = fused === undefined ? [windowKeys.start, windowKeys.end] : [];
  const row = fused === undefined ? [] : lateRowOf(builder, source);
  const input = aggregateInput(builder, relation, source, keys, calls, extra, { time: fused?.time, row });
  builder.insertOnly(input.node, 'a window aggregation', relation.place, false);
  const window: WindowSpec = fused?.window ?? {
    kind: 'attached',
    startColumn: input.extra[0],
    endColumn: input.extra[1],
    local: windowKeys.identity.local,
  };
  const properties = (['start', 'end', 'time'] as const).filter((role) =>
    [...windowKeys.all].some((key) => relation.input.fields[key].window!.role === role),
  );
  const inputSchema = builder.nodes[input.node].schema;
  const windowField = (role: 'start' | 'end' | 'time'): Field => {
    const key = [...windowKeys.all].find((candidate) => relation.input.fields[candidate].window!.role === role)!;
    return {
      name: `window_${role}`,
      type: relation.input.fields[key].type,
      ...(role === 'time' ? { timeAttribute: windowKeys.identity.time } : {}),
    };
  };
  const schema: Field[] = [
    ...input.keys.map((column) => withoutTime(inputSchema[column])),
    ...calls.map((call, i) => ({ name: `agg${kept[i]}`, type: call.type })),
    ...properties.map(windowField),
  ];
  const twoPhase = isTwoPhase(windowKeys, input.calls);
  const node = builder.add({
    kind: 'window-aggregate',
    inputs: [input.node],
    schema,
    changelog: 'insert',
    window,
    timeColumn: fused === undefined ? -1 : input.extra[0],
    keys: input.keys,
    aggregates: input.calls,
    twoPhase,
    properties,
    code: generateAggregateCode(input.calls, {
      retracting: false,
      merging: twoPhase || window.kind === 'hop' || window.kind === 'cumulate',
      running: false,
    }),
    ...(row.length > 0 && { lateRow: row.map(({ name }, i) => ({ name, column: input.row[i] })) }),
    place: relation.place,
  });
  const roles = new Map(properties.map((role, i) => [role, input.keys.length + calls.length + i]));
  return aggregateOutput(relation, node, keys, kept, input.keys.length, roles);
}

/** A windowing table function right below the aggregation, of which nothing but the group's window columns is used, melts into it. */
function fusedWindow(
  pipe: Pipe,
  keys: readonly number[],
  calls: readonly AggregateCall[],
  windowKeys: WindowKeys,
): { pipe: Pipe; window: WindowSpec; time: Expression } | undefined {
  if (pipe.base.kind !== 'window-table') return undefined;
  const table = pipe.base.relation;
  if (table.fields.at(-1)!.window!.window !== windowKeys.identity) return undefined;
  const width = table.input.fields.length;
  const used = [...keys, ...calls.flatMap((call) => [...call.args, call.filter])]
    .filter((column) => column >= 0)
    .map((column) => pipe.projection[column]!);
  const columns = columnsOf(...used, ...(pipe.condition === null ? [] : [pipe.condition]));
  if ([...columns].some((column) => column >= width)) return undefined;
  const { input } = pipe.base;
  const usedColumns = new Set(used.map((expression) => expression));
  const below: Pipe = {
    base: input.base,
    condition: and([input.condition, pipe.condition && through(input, pipe.condition)]),
    projection: pipe.projection.map((expression) =>
      expression !== undefined && usedColumns.has(expression) ? through(input, expression) : undefined,
    ),
  };
  return { pipe: below, window: table.window, time: input.projection[table.timeColumn]! };
}

/** The aggregation's input: keys, arguments, filters, further columns, and grouping sets expanded. */
function aggregateInput(
  builder: PlanBuilder,
  relation: AggregateRelation,
  pipe: Pipe,
  keys: readonly number[],
  calls: readonly AggregateCall[],
  extra: readonly number[],
  { time, row = [] }: { readonly time?: Expression; readonly row?: readonly RowColumn[] } = {},
): {
  node: number;
  keys: readonly number[];
  calls: readonly AggregateCall[];
  extra: readonly number[];
  row: readonly number[];
} {
  const args = [...new Set(calls.flatMap((call) => [...call.args, call.filter]).filter((column) => column >= 0))];
  const asked = [...keys, ...args, ...extra];
  const times = time === undefined ? [] : [time];
  const expressions = [...asked.map((column) => pipe.projection[column]!), ...times, ...row.map(({ value }) => value)];
  const fields = [
    ...asked.map((column) => planField(relation.input.fields[column])),
    ...times.map(({ type }) => ({ name: '$time', type })),
    ...row.map(({ name, value }) => ({ name, type: value.type })),
  ];
  let { node, columns } =
    relation.sets === null
      ? builder.columns(pipe, expressions, fields, relation.place)
      : distinctColumns(builder, pipe, expressions, fields, relation.place);
  let keyColumns = columns.slice(0, keys.length);
  if (relation.sets !== null) {
    const { sets } = relation;
    const input = builder.nodes[node];
    const numbers = groupingNumbers(sets, relation.keys.length);
    node = builder.add({
      kind: 'expand',
      inputs: [node],
      schema: [
        ...input.schema.map((field, i) =>
          keyColumns.includes(i) ? { ...withoutTime(field), type: withNullable(field.type, true) } : field,
        ),
        { name: '$grouping', type: withNullable(sql.BIGINT, false) },
      ],
      changelog: input.changelog,
      sets: sets.map((set, i) => ({
        nulls: keys.flatMap((key, k) => (set.includes(relation.keys.indexOf(key)) ? [] : [keyColumns[k]])),
        id: numbers[i],
      })),
      place: relation.place,
    });
    keyColumns = [...keyColumns, input.schema.length];
  }
  const column = (asked_: number): number => (asked_ < 0 ? -1 : columns[keys.length + args.indexOf(asked_)]);
  return {
    node,
    keys: keyColumns,
    calls: calls.map((call) => ({ ...call, args: call.args.map(column), filter: column(call.filter) })),
    extra: columns.slice(keys.length + args.length, asked.length + times.length),
    row: columns.slice(asked.length + times.length),
  };
}

interface RowColumn {
  readonly name: string;
  /** Over the base's columns. */
  readonly value: Expression;
}

/** The rows as their source gave them, where the window is right behind it and late ones are to be kept. */
function lateRowOf(builder: PlanBuilder, { base }: Pipe): RowColumn[] {
  if (!builder.settings.keepsLateRows || base.kind !== 'node') return [];
  const { kind, schema } = builder.nodes[base.node];
  if (kind !== 'watermark') return [];
  return schema.map(({ name, type }, index) => ({ name, value: { kind: 'column', index, type } }));
}

/** Grouping sets blank their keys: no argument may share a key's column. */
function distinctColumns(
  builder: PlanBuilder,
  pipe: Pipe,
  expressions: readonly Expression[],
  fields: readonly Field[],
  place: Place,
): Columns {
  const base = builder.base(pipe, expressions);
  return {
    node: builder.calc(base.node, base.condition, base.expressions, fields, place),
    columns: expressions.map((_, i) => i),
  };
}

function aggregateOutput(
  relation: AggregateRelation,
  node: number,
  keys: readonly number[],
  kept: readonly number[],
  keyColumns: number,
  roles: ReadonlyMap<string, number>,
): Pipe {
  const first = relation.keys.length + (relation.sets === null ? 0 : 1);
  const projection = relation.fields.map((field, i): Expression | undefined => {
    const at = (index: number): Expression => ({ kind: 'column', index, type: field.type });
    if (i < relation.keys.length) {
      const role = relation.input.fields[relation.keys[i]].window?.role;
      const position = keys.indexOf(relation.keys[i]);
      return at(position !== -1 ? position : roles.get(role!)!);
    }
    if (i < first) return at(keys.length);
    const call = kept.indexOf(i - first);
    return call === -1 ? undefined : at(keyColumns + call);
  });
  return pipeOf({ kind: 'node', node }, projection);
}

/** GROUP BY has both window_start and window_end of one window: a window aggregation. */
function findWindowKeys(relation: AggregateRelation): WindowKeys | undefined {
  const windowOf = (key: number): WindowColumn | undefined => relation.input.fields[key].window;
  const start = relation.keys.find((key) => windowOf(key)?.role === 'start');
  if (start === undefined) return undefined;
  const identity = windowOf(start)!.window;
  const end = relation.keys.find((key) => windowOf(key)?.role === 'end' && windowOf(key)!.window === identity);
  if (end === undefined) return undefined;
  return { identity, start, end, all: new Set(relation.keys.filter((key) => windowOf(key)?.window === identity)) };
}

/** Functions that Flink cannot merge, so that it aggregates in one phase. */
const UNMERGEABLE = new Set(['FIRST_VALUE', 'LAST_VALUE']);

function isTwoPhase(window: WindowKeys, calls: readonly AggregateCall[]): boolean {
  return !window.identity.legacy && !calls.some((call) => UNMERGEABLE.has(call.function));
}
