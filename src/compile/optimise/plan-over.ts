import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../../plan/expression.ts';
import type { AggregateCall } from '../../plan/node.ts';
import { Mistake } from '../bind/mistake.ts';
import type { OverRelation, Relation, RowNumberRelation } from '../bind/relation.ts';
import { generateAggregateCode } from '../generate/aggregate-code.ts';
import { columnsOf } from './needed-columns.ts';
import { pipeOf, type Pipe } from './pipe.ts';
import { planField, type PlanBuilder } from './plan-builder.ts';

export function planOver(builder: PlanBuilder, relation: OverRelation, needed: ReadonlySet<number>): Pipe {
  const width = relation.input.fields.length;
  const kept = relation.aggregates.flatMap((_, i) => (needed.has(width + i) ? [i] : []));
  const calls = kept.map((i) => relation.aggregates[i]);
  const order = relation.time === 'rowtime' ? relation.order.map((key) => key.column) : [];
  const args = calls.flatMap((call) => [...call.args, call.filter]).filter((column) => column >= 0);
  return overNode(
    builder,
    relation,
    relation.input,
    [...[...needed].filter((i) => i < width), ...relation.partition, ...order, ...args],
    calls,
    kept,
  );
}

export function overNode(
  builder: PlanBuilder,
  relation: Omit<OverRelation, 'kind' | 'input'>,
  below: Relation,
  asked: readonly number[],
  calls: readonly AggregateCall[],
  kept: readonly number[],
): Pipe {
  const pipe = builder.pipe(below);
  const width = below.fields.length;
  const keep = [...new Set(asked)].sort((a, b) => a - b);
  const fields = keep.map((i) => planField(below.fields[i]));
  const input = builder.exactly(
    pipe,
    keep.map((i) => pipe.projection[i]!),
    fields,
    relation.place,
  );
  builder.insertOnly(input, 'an OVER window', relation.place);
  const position = (column: number): number => (column < 0 ? -1 : keep.indexOf(column));
  const aggregates = calls.map((call) => ({ ...call, args: call.args.map(position), filter: position(call.filter) }));
  const partition = relation.partition.map(position);
  const { schema } = builder.nodes[input];
  const node = builder.add({
    kind: 'over',
    inputs: [input],
    schema: [...schema, ...calls.map((call, i) => ({ name: `over${kept[i]}`, type: call.type }))],
    changelog: 'insert',
    partition,
    orderColumn: relation.time === 'rowtime' ? position(relation.order[0].column) : -1,
    time: relation.time,
    frame: relation.frame,
    aggregates,
    stateTtlMs: builder.settings.stateTtlMs,
    code: generateAggregateCode(aggregates, { retracting: relation.frame.preceding !== Infinity, merging: false, running: true }),
    place: relation.place,
  });
  return pipeOf(
    { kind: 'node', node },
    relation.fields.map((field, i): Expression | undefined => {
      const index = i < width ? keep.indexOf(i) : kept.includes(i - width) ? keep.length + kept.indexOf(i - width) : -1;
      return index === -1 ? undefined : { kind: 'column', index, type: field.type };
    }),
  );
}

/** Row numbers without a bound exist only as what they count: the rows so far, by time. */
export function numberRows(builder: PlanBuilder, relation: RowNumberRelation, input: Pipe, used: readonly Expression[]): Pipe {
  const [key] = relation.order;
  const attribute = key === undefined ? undefined : relation.input.fields[key.column].timeAttribute;
  if (attribute === undefined || relation.order.length > 1 || key.descending) {
    throw new Mistake(
      'SQL_ROW_NUMBER',
      'ROW_NUMBER needs a bound, or a window ordered by a time attribute ascending',
      relation.place,
      'Put the query into a subquery and filter it, as in WHERE row_num <= 10.',
    );
  }
  const columns = columnsOf(...used);
  const width = relation.input.fields.length;
  const countRows: AggregateCall = {
    function: 'COUNT',
    args: [],
    argTypes: [],
    literals: [],
    distinct: false,
    filter: -1,
    type: withNullable(sql.BIGINT, false),
  };
  const asked = [
    ...[...columns].filter((column) => column < width),
    ...relation.partition,
    ...(attribute === 'rowtime' ? [key.column] : []),
  ];
  builder.pipes.set(relation.input, input);
  return overNode(
    builder,
    { ...relation, time: attribute, frame: { unit: 'rows', preceding: Infinity }, aggregates: [countRows] },
    relation.input,
    asked,
    [countRows],
    [0],
  );
}
