import type { SqlType } from '../../types/sql-type.ts';
import type { Accumulator, AggregateFunction, AggregateSite, Elements } from './aggregate-function.ts';
import { add, averageType, numericArgument, sumField } from './sum.ts';

/**
 * Flink computes all four from SUM(x * x), SUM(x) and COUNT(x), in the argument's own type: (s2 - s1 * s1 / n) / (n or n - 1),
 * and the root of it. Integers wrap around and are divided as integers, which is the documented type's price.
 */
export const stddevPop = variance('STDDEV_POP', [], 'the population standard deviation', true, false);
export const stddevSamp = variance('STDDEV_SAMP', ['STDDEV'], 'the sample standard deviation', true, true);
export const varPop = variance('VAR_POP', [], 'the population variance', false, false);
export const varSamp = variance('VAR_SAMP', ['VARIANCE'], 'the sample variance', false, true);

function variance(
  name: string,
  aliases: readonly string[],
  summary: string,
  isDeviation: boolean,
  isSample: boolean,
): AggregateFunction {
  return {
    name,
    aliases,
    summary,
    infer: (args) => {
      const type = numericArgument(name, args);
      return { args: [type], type: averageType(type) };
    },
    generate: (site) => accumulator(site, isDeviation, isSample),
  };
}

function accumulator(site: AggregateSite, isDeviation: boolean, isSample: boolean): Accumulator {
  const type = site.args[0];
  const field = sumField(type);
  return {
    fields: { sum: field, squares: field, count: 'Float64Array' },
    nulls: 'skip',
    accumulate: (state, [x]) => `${add(field, state.sum, x)} ${add(field, state.squares, square(type, x))} ${state.count}++;`,
    retract: (state, [x]) => `${state.sum} -= ${x}; ${state.squares} -= ${square(type, x)}; ${state.count}--;`,
    merge: (state, other) =>
      `${add(field, state.sum, other.sum)} ${add(field, state.squares, other.squares)} ${state.count} += ${other.count};`,
    result: (state) => ({ value: result(type, state, isDeviation, isSample), isNull: `${state.count} <= ${isSample ? 1 : 0}` }),
  };
}

/** x * x as a product of the argument's type. */
function square(type: SqlType, x: string): string {
  switch (type.kind) {
    case 'FLOAT':
      return `Math.fround(${x} * ${x})`;
    case 'INTEGER':
      return `Math.imul(${x}, ${x})`;
    case 'DECIMAL':
      return `decimalSquare(${x}, ${type.scale})`;
    default:
      return `${x} * ${x}`;
  }
}

function result(type: SqlType, state: Elements, isDeviation: boolean, isSample: boolean): string {
  const { sum, squares, count } = state;
  const by = isSample ? `(${count} - 1)` : count;
  switch (type.kind) {
    case 'DOUBLE': {
      const value = `(${squares} - ${sum} * ${sum} / ${count}) / ${by}`;
      return isDeviation ? `Math.sqrt(${value})` : value;
    }
    case 'FLOAT':
      return `floatVariance(${squares}, ${sum}, ${count}, ${by}, ${isDeviation})`;
    case 'DECIMAL':
      return `decimalVariance(${squares}, ${sum}, ${type.scale}, ${count}, ${by}, ${isDeviation})`;
    case 'BIGINT':
      return `integerVariance(${squares}, ${sum}, 64, ${count}, ${by}, ${isDeviation})`;
    default: {
      const bits = type.kind === 'TINYINT' ? 8 : type.kind === 'SMALLINT' ? 16 : 32;
      return `Number(integerVariance(BigInt(${squares}), BigInt(${sum}), ${bits}, ${count}, ${by}, ${isDeviation}))`;
    }
  }
}
