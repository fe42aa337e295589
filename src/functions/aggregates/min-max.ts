import { storageOf } from '../../types/column.ts';
import { typeName, withNullable, type SqlType } from '../../types/sql-type.ts';
import { SignatureError, type Argument, type Signature } from '../function.ts';
import type { Accumulator, AggregateFunction, AggregateSite } from './aggregate-function.ts';

export const min = extreme('MIN', 'the smallest value; NULL when there are none', '<');
export const max = extreme('MAX', 'the largest value; NULL when there are none', '>');

const ORDERED = new Set<SqlType['kind']>([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
  'CHAR',
  'VARCHAR',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_LTZ',
  'INTERVAL_DAY_TIME',
  'INTERVAL_YEAR_MONTH',
]);

function extreme(name: string, summary: string, better: '<' | '>'): AggregateFunction {
  return {
    name,
    summary,
    ignoresDistinct: true,
    infer: (args) => infer(name, args),
    generate: (site) => (site.retracting ? retracting(site, better) : growing(site, better)),
  };
}

function infer(name: string, args: readonly Argument[]): Signature {
  if (args.length !== 1 || !ORDERED.has(args[0].type.kind)) {
    throw new SignatureError(
      `${name} takes one value that has an order, not (${args.map((arg) => typeName(arg.type)).join(', ')})`,
    );
  }
  return { args: [args[0].type], type: withNullable(args[0].type, true) };
}

/** The one value that is best so far. */
function growing(site: AggregateSite, better: '<' | '>'): Accumulator {
  const type = site.args[0];
  const array = numberArray(type);
  if (array === undefined) {
    const isBetter = (a: string, b: string): string =>
      type.kind === 'DECIMAL' ? `${a} ${better} ${b}` : `${comparison(type)}(${a}, ${b}) ${better} 0`;
    return {
      fields: { best: 'Array' },
      nulls: 'skip',
      accumulate: ({ best }, [x]) => `if (${best} === null || ${isBetter(x, best)}) ${best} = ${x};`,
      merge: ({ best }, other) =>
        `if (${other.best} !== null && (${best} === null || ${isBetter(other.best, best)})) ${best} = ${other.best};`,
      result: ({ best }) => ({ value: best, isNull: `${best} === null` }),
    };
  }
  return {
    fields: { best: array, any: 'Uint8Array' },
    nulls: 'skip',
    accumulate: ({ best, any }, [x]) => `if (${any} === 0 || ${x} ${better} ${best}) { ${best} = ${x}; ${any} = 1; }`,
    merge: ({ best, any }, other) =>
      `if (${other.any} !== 0 && (${any} === 0 || ${other.best} ${better} ${best})) { ${best} = ${other.best}; ${any} = 1; }`,
    result: ({ best, any }) => ({ value: best, isNull: `${any} === 0` }),
  };
}

/** All values, so that the next best is known when the best is taken back. */
function retracting(site: AggregateSite, better: '<' | '>'): Accumulator {
  const type = site.args[0];
  const ascending = comparison(type);
  const compare = better === '<' ? ascending : `(a, b) => ${ascending}(b, a)`;
  return {
    fields: { values: 'Array' },
    nulls: 'skip',
    accumulate: ({ values }, [x]) => `${values} = addExtreme(${values}, ${x}, ${compare});`,
    retract: ({ values }, [x]) => `${values} = removeExtreme(${values}, ${x}, ${compare});`,
    merge: ({ values }, other) => `${values} = mergeExtremes(${values}, ${other.values}, ${compare});`,
    result: ({ values }) => ({ value: `${values}[0][0]`, isNull: `${values} === null` }),
  };
}

function comparison(type: SqlType): string {
  switch (storageOf(type)) {
    case 'text':
      return 'compareText';
    case 'timestamp':
      return 'compareTimestamps';
    default:
      return 'compareNumbers';
  }
}

function numberArray(type: SqlType): 'Uint8Array' | 'Int32Array' | 'Float64Array' | 'BigInt64Array' | undefined {
  switch (storageOf(type)) {
    case 'boolean':
      return 'Uint8Array';
    case 'int':
      return 'Int32Array';
    case 'double':
      return 'Float64Array';
    case 'bigint':
      return 'BigInt64Array';
    default:
      return undefined;
  }
}
