import type { AggregateCall, SortKey } from '../../plan/node.ts';
import { keyOf, rewrite, toExpression, walk, windowKey, type Bound, type BoundOver } from './bound.ts';
import { aggregateCall } from './group-binder.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { fieldOf, type Item } from './item.ts';
import type { OverRelation, Relation, RowNumberRelation } from './relation.ts';

/** Turns the OVER windows among the items into operators on top of the relation; the items come back as expressions over their result. */
export function bindOverWindows(
  relation: Relation,
  items: readonly Item[],
  problems: Problems,
): { relation: Relation; items: readonly Item[] } {
  const calls = new Map<string, BoundOver>();
  for (const { bound } of items) {
    walk(bound, (part) => {
      if (part.kind === 'over') calls.set(keyOf(part), part);
    });
  }
  if (calls.size === 0) return { relation, items };

  // Below: all columns of the input, then what the windows compute from them.
  const columns: Bound[] = relation.fields.map((field, index) => ({ kind: 'column', index, type: field.type }));
  const column = (bound: Bound): number => {
    const found = columns.findIndex((other) => keyOf(other) === keyOf(bound));
    return found === -1 ? columns.push(bound) - 1 : found;
  };
  const all = [...calls.values()];
  const isRank = (over: BoundOver): boolean =>
    over.function === 'RANK' || over.function === 'DENSE_RANK' || over.function === 'ROW_NUMBER';
  const ranks = all.filter(isRank);
  const aggregates = all.filter((over) => !isRank(over));
  const [first, second] = distinctWindows(aggregates);
  if (ranks.length > 1) {
    problems.add(unsupported('more than one ranking function in a query', ranks[1].place, 'Write a query for each.'));
  }
  let isSure = ranks.length <= 1;

  const place = all[0].place;
  const windows = [...(first === undefined ? [] : [first]), ...ranks].map((over) => ({
    over,
    partition: over.partition.map(column),
    order: over.order.map((item): SortKey => ({
      column: column(item.expression),
      descending: item.descending,
      nullsFirst: item.nullsFirst,
    })),
  }));
  const aggregateCalls = aggregates.map((over): AggregateCall => aggregateCall(over, column));
  let result: Relation = {
    kind: 'project',
    input: relation,
    expressions: columns.map(toExpression),
    fields: columns.map((bound, i) => fieldOf(bound, relation.fields[i]?.name ?? `$${i}`, relation)),
    place,
  };
  const positions = new Map<string, number>();
  for (const { over, partition, order } of windows) {
    const input: Relation = result;
    const columnsOf = over === first ? aggregates : [over];
    columnsOf.forEach((each, i) => positions.set(keyOf(each), input.fields.length + i));
    const windowed = problems.attempt((): Relation =>
      over === first
        ? overRelation(input, over, partition, order, aggregateCalls)
        : rowNumberRelation(input, over, partition, order),
    );
    if (windowed === undefined) isSure = false;
    else result = windowed;
  }
  if (!isSure) throw new FollowUp();
  if (second !== undefined) {
    throw new Mistake(
      'SQL_OVER_WINDOWS',
      'all OVER windows of a query must be the same',
      second.windowPlace,
      'Compute the other ones in a subquery. Flink asks for this too.',
    );
  }
  const above = (bound: Bound): Bound =>
    rewrite(bound, (part) =>
      part.kind === 'over' ? { kind: 'column', index: positions.get(keyOf(part))!, type: part.type } : undefined,
    );
  return { relation: result, items: items.map((item) => ({ ...item, bound: above(item.bound) })) };
}

function distinctWindows(overs: readonly BoundOver[]): BoundOver[] {
  const seen = new Map<string, BoundOver>();
  for (const over of overs) if (!seen.has(windowKey(over))) seen.set(windowKey(over), over);
  return [...seen.values()];
}

function overRelation(
  input: Relation,
  over: BoundOver,
  partition: readonly number[],
  order: readonly SortKey[],
  aggregates: readonly AggregateCall[],
): OverRelation {
  const [key] = order;
  const attribute = key === undefined ? undefined : input.fields[key.column].timeAttribute;
  if (key === undefined || attribute === undefined) {
    throw new Mistake(
      'SQL_OVER_ORDER',
      'an OVER window must be ordered by a time attribute',
      over.order[0]?.place ?? over.windowPlace,
      'ORDER BY the column that has the WATERMARK, or a column computed as PROCTIME().',
    );
  }
  if (order.length > 1) {
    const hint = 'Order by the time attribute alone. Flink asks for this too.';
    throw unsupported('an OVER window ordered by several columns', over.order[1].place, hint);
  }
  if (key.descending) throw new Mistake('SQL_OVER_ORDER', 'an OVER window must be ordered ascending', over.order[0].place);
  // Without a frame SQL says RANGE UNBOUNDED PRECEDING.
  const frame = over.frame ?? { unit: 'range', preceding: Infinity };
  if (attribute === 'proctime' && frame.unit === 'range' && frame.preceding !== Infinity) {
    throw unsupported('a RANGE of processing time', over.windowPlace);
  }
  return {
    kind: 'over',
    input,
    partition,
    order,
    time: attribute,
    frame,
    aggregates,
    fields: [...input.fields, ...aggregates.map((aggregate, i) => ({ name: `$over${i}`, type: aggregate.type }))],
    place: over.place,
  };
}

function rowNumberRelation(
  input: Relation,
  over: BoundOver,
  partition: readonly number[],
  order: readonly SortKey[],
): RowNumberRelation {
  if (over.frame !== undefined) throw new Mistake('SQL_OVER_FRAME', `${over.function} takes no frame`, over.windowPlace);
  if (over.function !== 'ROW_NUMBER')
    throw unsupported(over.function, over.place, 'Where no two rows tie, ROW_NUMBER gives the same.');
  return {
    kind: 'row-number',
    input,
    function: over.function,
    partition,
    order,
    fields: [...input.fields, { name: '$row_number', type: over.type }],
    place: over.place,
  };
}
