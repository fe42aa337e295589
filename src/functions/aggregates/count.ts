import { BIGINT, withNullable } from '../../types/sql-type.ts';
import type { AggregateFunction } from './aggregate-function.ts';

export const count: AggregateFunction = {
  name: 'COUNT',
  summary: 'the number of rows, or of rows in which no argument is NULL',
  infer: (args) => ({ args: args.map((arg) => arg.type), type: withNullable(BIGINT, false) }),
  generate: () => ({
    // Exact below 2^53.
    fields: { count: 'Float64Array' },
    nulls: 'skip',
    accumulate: (state) => `${state.count}++;`,
    retract: (state) => `${state.count}--;`,
    merge: (state, other) => `${state.count} += ${other.count};`,
    result: (state) => ({ value: state.count, isCount: true }),
  }),
};
