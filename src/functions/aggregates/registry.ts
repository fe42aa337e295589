import { SignatureError, type Argument, type Signature } from '../function.ts';
import type { AggregateFunction } from './aggregate-function.ts';
import { arrayAgg, collect } from './collections.ts';
import { count } from './count.ts';
import { firstValue, lastValue } from './first-last.ts';
import { listAgg } from './list-agg.ts';
import { max, min } from './min-max.ts';
import { avg, avgOver, sum, sum0 } from './sum.ts';
import { stddevPop, stddevSamp, varPop, varSamp } from './variance.ts';

/** All aggregate functions. */
const aggregates: readonly AggregateFunction[] = [
  count,
  sum,
  sum0,
  avg,
  avgOver,
  min,
  max,
  stddevPop,
  stddevSamp,
  varPop,
  varSamp,
  firstValue,
  lastValue,
  listAgg,
  collect,
  arrayAgg,
];

const byName = new Map<string, AggregateFunction>();
for (const aggregate of aggregates) {
  for (const name of [aggregate.name, ...(aggregate.aliases ?? [])]) byName.set(name, aggregate);
}

export function findAggregate(name: string): AggregateFunction | undefined {
  return byName.get(name.toUpperCase());
}

/** Names and aliases. */
export function aggregateNames(): readonly string[] {
  return [...byName.keys()];
}

/** The types of a call's arguments and result. Throws a SignatureError. COUNT(*) has no arguments. */
export function inferAggregate(name: string, args: readonly Argument[], distinct: boolean): Signature {
  const aggregate = byName.get(name.toUpperCase());
  if (aggregate === undefined) throw new SignatureError(`${name} is not an aggregate function`);
  if (distinct && args.length === 0) throw new SignatureError(`${name}(DISTINCT *) means nothing: name a column`);
  if (distinct && args.length > 1 && args.some((arg, i) => i > 0 && arg.literal === undefined)) {
    throw new SignatureError(`${name}(DISTINCT …) takes one column`);
  }
  if (args.some((arg) => arg.type.kind === 'NULL')) throw new SignatureError(`${name} does not take an untyped NULL`);
  return aggregate.infer(args);
}
