import { typeName, withNullable } from '../../types/sql-type.ts';
import { SignatureError } from '../function.ts';
import type { Accumulator, AggregateFunction } from './aggregate-function.ts';

export const firstValue = arrival('FIRST_VALUE', 'the first value to arrive that is not NULL', true);
export const lastValue = arrival('LAST_VALUE', 'the last value to arrive that is not NULL', false);

function arrival(name: string, summary: string, isFirst: boolean): AggregateFunction {
  return {
    name,
    summary,
    infer: (args) => {
      if (args.length !== 1)
        throw new SignatureError(`${name} takes one value, not (${args.map((arg) => typeName(arg.type)).join(', ')})`);
      return { args: [args[0].type], type: withNullable(args[0].type, true) };
    },
    generate: ({ retracting: isRetracting }) => (isRetracting ? retracting(isFirst) : growing(isFirst)),
  };
}

function growing(isFirst: boolean): Accumulator {
  return {
    fields: { value: 'Array' },
    nulls: 'skip',
    accumulate: ({ value }, [x]) => (isFirst ? `if (${value} === null) ${value} = ${x};` : `${value} = ${x};`),
    merge: ({ value }, other) =>
      isFirst ? `if (${value} === null) ${value} = ${other.value};` : `if (${other.value} !== null) ${value} = ${other.value};`,
    result: ({ value }) => ({ value, isNull: `${value} === null` }),
  };
}

/** All values in order of arrival; taking one back takes its earliest arrival, as Flink does. */
function retracting(isFirst: boolean): Accumulator {
  return {
    fields: { values: 'Array' },
    nulls: 'skip',
    accumulate: ({ values }, [x]) => `${values} = addToList(${values}, ${x});`,
    retract: ({ values }, [x]) => `${values} = removeFromList(${values}, ${x});`,
    merge: ({ values }, other) => `${values} = mergeLists(${values}, ${other.values});`,
    result: ({ values }) => ({
      value: isFirst ? `${values}[0]` : `${values}[${values}.length - 1]`,
      isNull: `${values} === null`,
    }),
  };
}
