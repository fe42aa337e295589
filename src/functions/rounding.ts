import { bigDecimalOfDouble, decimalToDouble, divideHalfUp, fitsPrecision, powerOfTen, MAX_PRECISION } from '../types/decimal.ts';
import { INTEGER, isInteger, isNumeric, type SqlType } from '../types/sql-type.ts';
import { SignatureError, type Argument, type CallSite, type ScalarFunction } from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';

/**
 * ROUND (ties away from zero) and TRUNCATE to a number of digits behind the point, which may be negative. A double is rounded
 * by its shortest decimal text, as Java's BigDecimal does, so ROUND(2.675E0, 2) is 2.68. NaN and infinities stay what they
 * are, where Flink fails.
 */

type DecimalType = Extract<SqlType, { kind: 'DECIMAL' }>;

/** The decimal that ROUND gives for a known number of digits (Flink's LogicalTypeMerging.findRoundDecimalType). */
function roundedType(type: DecimalType, digits: number): DecimalType {
  const { precision, scale } = type;
  if (digits >= scale) return type;
  if (digits < 0) return { ...type, precision: Math.min(MAX_PRECISION, 1 + precision - scale), scale: 0 };
  return { ...type, precision: 1 + precision - scale + digits, scale: digits };
}

type Division = (dividend: bigint, divisor: bigint) => bigint;

const truncate: Division = (dividend, divisor) => dividend / divisor;

/** unscaled · 10^-scale to `digits` digits, still at its scale. */
function roundUnscaled(unscaled: bigint, scale: number, digits: number, divide: Division): bigint {
  if (digits >= scale) return unscaled;
  const unit = powerOfTen(Math.min(scale - digits, 400));
  return divide(unscaled, unit) * unit;
}

/**
 * The same by arithmetic on doubles, or NaN where that could be wrong: the scaled value is off by less than `doubt`, so that its
 * neighbourhood decides unless a tie (for truncation: a whole number) lies in it. A whole number below 2^53 divided by a
 * power of ten that is a double gives the double nearest to the quotient.
 */
function roundQuickly(x: number, digits: number, truncates: boolean): number {
  if (!(digits >= 0 && digits <= 15)) return NaN;
  const power = 10 ** digits;
  const scaled = Math.abs(x) * power;
  if (scaled >= 2 ** 50) return NaN;
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  const doubt = scaled * 2 ** -50 + Number.MIN_VALUE;
  if (truncates ? rest <= doubt || 1 - rest <= doubt : Math.abs(rest - 0.5) <= doubt) return NaN;
  const rounded = (truncates || rest < 0.5 ? whole : whole + 1) / power;
  return x < 0 && rounded !== 0 ? -rounded : rounded;
}

function roundDouble(x: number, digits: number, divide: Division): number {
  if (!Number.isFinite(x) || (digits >= 0 && Number.isInteger(x))) return x + 0;
  const quick = roundQuickly(x, digits, divide === truncate);
  if (!Number.isNaN(quick)) return quick;
  const { unscaled, scale } = bigDecimalOfDouble(x);
  if (digits >= scale) return x;
  return decimalToDouble(roundUnscaled(unscaled, scale, digits, divide), scale);
}

function implement(divide: Division, site: CallSite): (x: any, digits?: number) => number | bigint | null {
  const type = site.args[0];
  switch (type.kind) {
    case 'DECIMAL': {
      const { scale } = type;
      const result = site.type as DecimalType;
      const down = powerOfTen(scale - result.scale);
      return (x: bigint, digits = 0) => {
        const value = roundUnscaled(x, scale, digits, divide) / down;
        return fitsPrecision(value, result.precision) ? value : null;
      };
    }
    case 'BIGINT':
      return (x: bigint, digits = 0) => BigInt.asIntN(64, roundUnscaled(x, 0, digits, divide));
    case 'FLOAT':
      return (x: number, digits = 0) => Math.fround(roundDouble(x, digits, divide));
    case 'DOUBLE':
      return (x: number, digits = 0) => roundDouble(x, digits, divide);
    default: {
      const bits = type.kind === 'TINYINT' ? 8 : type.kind === 'SMALLINT' ? 16 : 32;
      return (x: number, digits = 0) => {
        if (digits >= 0) return x;
        return Number(BigInt.asIntN(bits, roundUnscaled(BigInt(x), 0, digits, divide)));
      };
    }
  }
}

function rounding(name: string, divide: Division, summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    infer(args: readonly Argument[]) {
      expectCount(name, args, 1, 2);
      const { type } = args[0];
      if (!isNumeric(type)) throw wrongTypes(name, args, 'a number and a number of digits');
      if (args.length === 2 && !isInteger(args[1].type)) throw wrongTypes(name, args, 'a number and a whole number of digits');
      if (args.length === 2 && args[1].type.kind === 'BIGINT')
        throw new SignatureError(`${name} takes its number of digits as INT`);
      const digits = args.length === 1 ? 0 : args[1].literal;
      const isKnown = typeof digits === 'number';
      return strict(args, [type, INTEGER], type.kind === 'DECIMAL' && isKnown ? roundedType(type, digits) : type);
    },
    inline(args, site) {
      if (args.length === 1 && isInteger(site.type)) return args[0];
      return undefined;
    },
    implement: (site) => implement(divide, site),
    examples,
  };
}

export const roundingFunctions: readonly ScalarFunction[] = [
  rounding('ROUND', divideHalfUp, 'The number rounded to some digits behind the point, by default none.', [
    ['ROUND(2.5)', '3'],
    ['ROUND(-5.25, 1)', '-5.3'],
    ['ROUND(125, -1)', '130'],
    ['ROUND(CAST(2.675 AS DOUBLE), 2)', '2.68'],
  ]),
  rounding('TRUNCATE', truncate, 'The number cut off after some digits behind the point, by default none.', [
    ['TRUNCATE(99.99)', '99'],
    ['TRUNCATE(42.324, 2)', '42.32'],
    ['TRUNCATE(127, -1)', '120'],
  ]),
];
