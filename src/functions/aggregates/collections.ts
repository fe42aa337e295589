import { array, typeName, withNullable, type SqlType } from '../../types/sql-type.ts';
import { SignatureError, type Argument } from '../function.ts';
import type { AggregateFunction, AggregateSite } from './aggregate-function.ts';

export const collect: AggregateFunction = {
  name: 'COLLECT',
  summary: 'the multiset of the values that are not NULL',
  infer: (args) => {
    const element = oneValue('COLLECT', args);
    return { args: [element], type: { kind: 'MULTISET', element: withNullable(element, false), nullable: false } };
  },
  generate: (site) => ({
    fields: { counts: 'Array' },
    nulls: 'skip',
    accumulate: ({ counts }, [x]) => `${counts} = addToCounts(${counts}, ${valueOf(site, x)}, 1);`,
    retract: ({ counts }, [x]) => `${counts} = removeFromCounts(${counts}, ${valueOf(site, x)});`,
    merge: ({ counts }, other) => `${counts} = mergeCounts(${counts}, ${other.counts});`,
    result: ({ counts }) => ({ value: `multisetOf(${counts})` }),
  }),
};

export const arrayAgg: AggregateFunction = {
  name: 'ARRAY_AGG',
  summary: 'the array of all values, NULL among them, in order of arrival; NULL when there are no rows',
  infer: (args) => {
    const element = oneValue('ARRAY_AGG', args);
    return { args: [element], type: array(withNullable(element, true)) };
  },
  generate: (site) => ({
    fields: { values: 'Array' },
    nulls: 'see',
    accumulate: ({ values }, [x]) => `${values} = addToList(${values}, ${valueOf(site, x)});`,
    retract: ({ values }, [x]) => `${values} = removeFromList(${values}, ${valueOf(site, x)});`,
    merge: ({ values }, other) => `${values} = mergeLists(${values}, ${other.values});`,
    result: ({ values }) => ({ value: `${values}.slice()`, isNull: `${values} === null` }),
  }),
};

function oneValue(name: string, args: readonly Argument[]): SqlType {
  if (args.length !== 1)
    throw new SignatureError(`${name} takes one value, not (${args.map((arg) => typeName(arg.type)).join(', ')})`);
  return args[0].type;
}

/** Within a collection a BOOLEAN is true or false, no longer 1 or 0. */
function valueOf(site: AggregateSite, x: string): string {
  return site.args[0].kind === 'BOOLEAN' ? `(${x} === null ? null : ${x} === 1)` : x;
}
