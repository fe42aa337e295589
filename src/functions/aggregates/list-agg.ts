import { isText, STRING, typeName } from '../../types/sql-type.ts';
import { SignatureError } from '../function.ts';
import type { Accumulator, AggregateFunction } from './aggregate-function.ts';

export const listAgg: AggregateFunction = {
  name: 'LISTAGG',
  summary: 'the texts joined by a separator, which is a comma when none is given; NULL when there are none',
  infer: (args) => {
    const separator = args[1];
    if (args.length < 1 || args.length > 2 || !args.every((arg) => isText(arg.type))) {
      throw new SignatureError(`LISTAGG takes a text and a separator, not (${args.map((arg) => typeName(arg.type)).join(', ')})`);
    }
    if (separator !== undefined && typeof separator.literal !== 'string')
      throw new SignatureError('the separator of LISTAGG must be a literal');
    return { args: args.map((arg) => arg.type), type: STRING };
  },
  generate: (site): Accumulator => {
    const separator = site.constant(site.literal(1) ?? ',');
    if (!site.retracting) {
      const add = (text: string, more: string): string =>
        `${text} = ${text} === null ? ${more} : ${text} + ${separator} + ${more};`;
      return {
        fields: { text: 'Array' },
        nulls: 'skip',
        accumulate: ({ text }, [x]) => add(text, x),
        merge: ({ text }, other) => `if (${other.text} !== null) ${add(text, other.text)}`,
        result: ({ text }) => ({ value: text, isNull: `${text} === null` }),
      };
    }
    return {
      fields: { values: 'Array' },
      nulls: 'skip',
      accumulate: ({ values }, [x]) => `${values} = addToList(${values}, ${x});`,
      retract: ({ values }, [x]) => `${values} = removeFromList(${values}, ${x});`,
      merge: ({ values }, other) => `${values} = mergeLists(${values}, ${other.values});`,
      result: ({ values }) => ({ value: `${values}.join(${separator})`, isNull: `${values} === null` }),
    };
  },
};
