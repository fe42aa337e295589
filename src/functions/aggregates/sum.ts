import { unreachable } from '../../base/assert.ts';
import { decimal, isNumeric, typeName, withNullable, type SqlType } from '../../types/sql-type.ts';
import { SignatureError, type Argument } from '../function.ts';
import type { Accumulator, AccumulatorField, AggregateFunction, AggregateSite, Elements } from './aggregate-function.ts';

/** SUM keeps the argument's type, and integers wrap around; of DECIMAL(p, s) it is DECIMAL(38, s). */
export const sum: AggregateFunction = {
  name: 'SUM',
  summary: 'the sum of the values; NULL when there are none',
  infer: (args) => {
    const type = numericArgument('SUM', args);
    return { args: [type], type: sumType(type) };
  },
  generate: (site) => sumAccumulator(site, (state) => ({ value: state.sum, isNull: isEmpty(site, state) })),
};

/** SUM that is 0 when there are no values. Flink's `$SUM0`. */
export const sum0: AggregateFunction = {
  name: '$SUM0',
  summary: 'the sum of the values; 0 when there are none',
  infer: (args) => {
    const type = numericArgument('$SUM0', args);
    return { args: [type], type: withNullable(sumType(type), false) };
  },
  generate: (site) =>
    sumAccumulator(site, (state) =>
      site.args[0].kind === 'DECIMAL'
        ? { value: `(${state.sum} ?? 0n)`, isNull: `!fitsPrecision(${state.sum} ?? 0n, 38)` }
        : { value: state.sum },
    ),
};

/**
 * AVG is the sum divided by the count. Its sum is wider than SUM's: integers are added up as BIGINT, FLOAT as DOUBLE. Of
 * integers it is an integer, rounded toward zero.
 */
export const avg: AggregateFunction = {
  name: 'AVG',
  summary: 'the average of the values; NULL when there are none',
  infer: (args) => {
    const type = numericArgument('AVG', args);
    return { args: [type], type: averageType(type) };
  },
  generate: (site) => {
    const [type] = site.args;
    const field = averageField(type);
    const carry = type.kind === 'INTEGER' ? carrySum : () => '';
    return {
      fields: { sum: field, count: 'Float64Array', ...(type.kind === 'INTEGER' ? { carried: 'BigInt64Array' } : {}) },
      nulls: 'skip',
      accumulate: (state, [x]) => `${add(field, state.sum, x)} ${state.count}++; ${carry(state)}`,
      ...(site.retracting ? { retract: (state, [x]) => `${state.sum} -= ${x}; ${state.count}--; ${carry(state)}` } : {}),
      merge: (state, other) =>
        `${add(field, state.sum, other.sum)} ${state.count} += ${other.count}; ` +
        (type.kind === 'INTEGER' ? `${state.carried} += ${other.carried}; ${carry(state)}` : ''),
      result: (state) => ({ value: average(site, state), isNull: `${state.count} === 0${orOverflow(site, state)}` }),
    };
  },
};

/**
 * AVG in an OVER window, where Flink plans it as SUM / COUNT: the sum wraps around, or is rounded, as SUM's. So it does beside
 * STDDEV and VAR, too, which is not imitated.
 */
export const avgOver: AggregateFunction = {
  ...avg,
  name: '$AVG_OVER',
  summary: 'the average of the values, as SUM / COUNT; NULL when there are none',
  generate: (site) =>
    sumAccumulator({ ...site, retracting: true }, (state) => ({
      value: averageOver(site, state),
      isNull: `${state.count} === 0${orOverflow(site, state)}`,
    })),
};

/** The one numeric argument. */
export function numericArgument(name: string, args: readonly Argument[]): SqlType {
  if (args.length !== 1 || !isNumeric(args[0].type)) {
    const given = args.map((arg) => typeName(arg.type)).join(', ');
    throw new SignatureError(`${name} takes one number, not (${given})`);
  }
  return args[0].type;
}

export function sumType(type: SqlType): SqlType {
  return withNullable(type.kind === 'DECIMAL' ? decimal(38, type.scale) : type, true);
}

/** Of DECIMAL(p, s) it is DECIMAL(38, max(6, s)). */
export function averageType(type: SqlType): SqlType {
  return withNullable(type.kind === 'DECIMAL' ? decimal(38, Math.max(6, type.scale)) : type, true);
}

/** The array that adds up numbers of a type and wraps around, or rounds, as the type does. */
export function sumField(type: SqlType): AccumulatorField {
  switch (type.kind) {
    case 'TINYINT':
      return 'Int8Array';
    case 'SMALLINT':
      return 'Int16Array';
    case 'INTEGER':
      return 'Int32Array';
    case 'BIGINT':
      return 'BigInt64Array';
    case 'FLOAT':
      return 'Float32Array';
    case 'DOUBLE':
      return 'Float64Array';
    case 'DECIMAL':
      return 'Array';
    default:
      return unreachable(type as never, 'type of a sum');
  }
}

/** The array that adds up numbers of a type for their average. */
function averageField(type: SqlType): AccumulatorField {
  return type.kind === 'BIGINT' || type.kind === 'DECIMAL' ? sumField(type) : 'Float64Array';
}

/** Before a sum of INT leaves the integers that a double holds exactly it moves to the field `carried`. */
function carrySum({ sum: total, carried }: Elements): string {
  return `if (${total} > 0x10000000000000 || ${total} < -0x10000000000000) { ${carried} += BigInt(${total}); ${total} = 0; }`;
}

/** Fields `sum`, and `count` or (when nothing is taken back) `any`: whether there was a value. */
function sumAccumulator(site: AggregateSite, result: Accumulator['result']): Accumulator {
  const field = sumField(site.args[0]);
  const counted: Readonly<Record<string, AccumulatorField>> = site.retracting ? { count: 'Float64Array' } : { any: 'Uint8Array' };
  return {
    fields: { sum: field, ...counted },
    nulls: 'skip',
    accumulate: (state, [x]) => `${add(field, state.sum, x)} ${site.retracting ? `${state.count}++;` : `${state.any} = 1;`}`,
    retract: (state, [x]) => `${state.sum} -= ${x}; ${state.count}--;`,
    merge: (state, other) =>
      `${add(field, state.sum, other.sum)} ${site.retracting ? `${state.count} += ${other.count};` : `${state.any} |= ${other.any};`}`,
    result,
  };
}

function isEmpty(site: AggregateSite, state: Elements): string {
  return (site.retracting ? `${state.count} === 0` : `${state.any} === 0`) + orOverflow(site, state);
}

/** A DECIMAL sum of more than 38 digits is NULL. */
function orOverflow(site: AggregateSite, state: Elements): string {
  return site.args[0].kind === 'DECIMAL' ? ` || !fitsPrecision(${state.sum}, 38)` : '';
}

/** Statement that adds to an element, which in an Array may still be null. */
export function add(field: AccumulatorField, element: string, x: string): string {
  return field === 'Array' ? `${element} = (${element} ?? 0n) + (${x} ?? 0n);` : `${element} += ${x};`;
}

function averageOver(site: AggregateSite, state: Elements): string {
  switch (site.args[0].kind) {
    case 'FLOAT':
      return `Math.fround(${state.sum} / Math.fround(${state.count}))`;
    case 'INTEGER':
      return `(${state.sum} / ${state.count}) | 0`;
    default:
      return average(site, state);
  }
}

function average(site: AggregateSite, { sum: total, count: n, carried }: Elements): string {
  const type = site.args[0];
  switch (type.kind) {
    case 'DOUBLE':
      return `${total} / ${n}`;
    case 'FLOAT':
      return `Math.fround(${total} / ${n})`;
    case 'BIGINT':
      return `${total} / BigInt(${n})`;
    case 'DECIMAL': {
      const up = Math.max(6, type.scale) - type.scale;
      return `divideHalfUp(${up === 0 ? total : `${total} * powerOfTen(${up})`}, BigInt(${n}))`;
    }
    case 'INTEGER':
      return `(${carried} === 0n ? (${total} / ${n}) | 0 : Number((${carried} + BigInt(${total})) / BigInt(${n})))`;
    default:
      return `(${total} / ${n}) | 0`;
  }
}
