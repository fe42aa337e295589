import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../../plan/expression.ts';
import type { SortKey } from '../../plan/node.ts';
import type { FilterRelation, RowNumberRelation, SortLimitRelation, WindowColumn } from '../bind/relation.ts';
import { columnsOf } from './needed-columns.ts';
import { and, conjuncts, pipeOf, through, type Pipe } from './pipe.ts';
import { planField, withoutTime, type PlanBuilder } from './plan-builder.ts';
import { overNode } from './plan-over.ts';
import { rowNumberBounds } from './row-number-bounds.ts';

export function planFilter(builder: PlanBuilder, relation: FilterRelation): Pipe {
  const input = builder.pipe(relation.input);
  const condition = and([input.condition, through(input, relation.condition)]);
  if (input.base.kind !== 'row-number') return { ...input, condition };
  const numbers = input.base.relation;
  const rowNumber = numbers.fields.length - 1;
  const bounds = rowNumberBounds(condition === null ? [] : conjuncts(condition), rowNumber);
  if (bounds === undefined) return { ...input, condition };
  // What only the filter looked at, the row number above all, need not come out.
  const needed = builder.needs.columns.get(relation)!;
  const projection = input.projection.map((expression, i) => (needed.has(i) ? expression : undefined));
  const used = [...bounds.rest, ...projection.filter((expression) => expression !== undefined)];
  const ranked = planRank(builder, numbers, input.base.input, bounds.start, bounds.end, used);
  const above: Pipe = { ...ranked, condition: null };
  return {
    base: ranked.base,
    condition: and(bounds.rest.map((part) => through(above, part))),
    projection: projection.map((expression) => expression && through(above, expression)),
  };
}

function planRank(
  builder: PlanBuilder,
  relation: RowNumberRelation,
  input: Pipe,
  start: number,
  end: number,
  used: readonly Expression[],
): Pipe {
  const width = relation.input.fields.length;
  const columns = columnsOf(...used);
  const withRank = columns.has(width);
  const order = relation.order.filter((key) => relation.input.fields[key.column].timeAttribute !== 'proctime');
  const byArrival = relation.order.find((key) => relation.input.fields[key.column].timeAttribute === 'proctime');
  const keep = [
    ...new Set([...[...columns].filter((column) => column < width), ...relation.partition, ...order.map((key) => key.column)]),
  ].sort((a, b) => a - b);
  const fields = keep.map((i) => planField(relation.input.fields[i]));
  const below = builder.exactly(
    input,
    keep.map((i) => input.projection[i]!),
    fields,
    relation.place,
  );
  const position = (column: number): number => keep.indexOf(column);
  const sortKeys = order.map((key): SortKey => ({ ...key, column: position(key.column) }));
  const rankField = { name: 'row_number', type: withNullable(sql.BIGINT, false) };
  const window = rankWindow(relation);
  const common = {
    inputs: [below],
    order: sortKeys,
    start,
    end,
    withRank,
    place: relation.place,
  };
  const [first] = relation.order;
  const time = first === undefined ? undefined : relation.input.fields[first.column];
  const isByRowtime = time?.timeAttribute === 'rowtime' || time?.wasRowtime === true;
  const keepsLast = end === 1 && relation.order.length === 1 && first.descending && isByRowtime;
  let node: number;
  if (window === undefined) {
    node = builder.add({
      ...common,
      kind: 'rank',
      schema: [...fields.map(withoutTime), ...(withRank ? [rankField] : [])],
      changelog: 'retract',
      partition: relation.partition.map(position),
      laterWins: byArrival?.descending === true || keepsLast,
      retracting: builder.nodes[below].changelog === 'retract',
      stateTtlMs: builder.settings.stateTtlMs,
    });
  } else {
    builder.insertOnly(below, 'a window Top-N', relation.place);
    node = builder.add({
      ...common,
      kind: 'window-rank',
      schema: [...fields, ...(withRank ? [rankField] : [])],
      changelog: 'insert',
      partition: relation.partition.map(position),
      windowEnd: position(window.end),
      local: window.identity.local,
      laterWins: keepsLast,
    });
  }
  return pipeOf(
    { kind: 'node', node },
    relation.fields.map((field, i): Expression | undefined => {
      const index = i === width ? (withRank ? keep.length : -1) : keep.indexOf(i);
      return index === -1 ? undefined : { kind: 'column', index, type: field.type };
    }),
  );
}

export function planSortLimit(builder: PlanBuilder, relation: SortLimitRelation, needed: ReadonlySet<number>): Pipe {
  const asked = [...new Set([...needed, ...relation.order.map((key) => key.column)])];
  if (relation.limit === Infinity && relation.offset === 0) {
    // Sorting by time is what an OVER window does with the rows that it passes on.
    const time = relation.fields[relation.order[0].column].timeAttribute!;
    if (time === 'proctime') return builder.pipe(relation.input);
    return overNode(
      builder,
      { ...relation, partition: [], time, frame: { unit: 'rows', preceding: Infinity }, aggregates: [] },
      relation.input,
      asked,
      [],
      [],
    );
  }
  const pipe = builder.pipe(relation.input);
  const keep = asked.sort((a, b) => a - b);
  const fields = keep.map((i) => withoutTime(planField(relation.fields[i])));
  const below = builder.exactly(
    pipe,
    keep.map((i) => pipe.projection[i]!),
    keep.map((i) => planField(relation.input.fields[i])),
    relation.place,
  );
  const node = builder.add({
    kind: 'rank',
    inputs: [below],
    schema: fields,
    changelog: 'retract',
    partition: [],
    order: relation.order.map((key) => ({ ...key, column: keep.indexOf(key.column) })),
    start: relation.offset + 1,
    end: relation.offset + relation.limit,
    withRank: false,
    laterWins: false,
    retracting: builder.nodes[below].changelog === 'retract',
    stateTtlMs: builder.settings.stateTtlMs,
    place: relation.place,
  });
  return pipeOf(
    { kind: 'node', node },
    relation.fields.map((field, i) =>
      keep.includes(i) ? { kind: 'column', index: keep.indexOf(i), type: field.type } : undefined,
    ),
  );
}

/** PARTITION BY has window_start and window_end of one window: a Top-N within windows. */
function rankWindow(relation: RowNumberRelation): { identity: WindowColumn['window']; end: number } | undefined {
  const windowOf = (column: number): WindowColumn | undefined => relation.input.fields[column].window;
  for (const column of relation.partition) {
    const found = windowOf(column);
    if (found?.role !== 'end') continue;
    if (relation.partition.some((other) => windowOf(other)?.role === 'start' && windowOf(other)!.window === found.window))
      return { identity: found.window, end: column };
  }
  return undefined;
}
