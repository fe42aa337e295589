import { bigDecimalOfDouble, bigDecimalToDecimal, decimalToDouble, powerOfTen, toDecimal } from '../types/decimal.ts';
import { isInteger, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import type { Conversion } from './cast.ts';

/** Casts between BOOLEAN and the numeric types: integers wrap around, DOUBLE to INT saturates, DECIMAL is rounded HALF_UP. */
export function castNumber(from: SqlType, to: SqlType): Conversion | undefined {
  switch (to.kind) {
    case 'BOOLEAN':
      return from.kind === 'BOOLEAN' ? (value: boolean) => value : (value: number | bigint) => Number(value) !== 0;
    case 'TINYINT':
      return narrowed(from, (value) => (value << 24) >> 24);
    case 'SMALLINT':
      return narrowed(from, (value) => (value << 16) >> 16);
    case 'INTEGER':
      return narrowed(from, (value) => value);
    case 'BIGINT':
      return toBigint(from);
    case 'DOUBLE':
      return toDouble(from);
    case 'FLOAT': {
      if (from.kind === 'BIGINT') return bigintToFloat;
      const double = toDouble(from);
      return double && ((value) => Math.fround(double(value) as number));
    }
    case 'DECIMAL':
      return toDecimalType(from, to.precision, to.scale);
    default:
      return undefined;
  }
}

/** Java goes from every type to INT and cuts that down to the narrower types. */
function narrowed(from: SqlType, cut: (value: number) => number): Conversion | undefined {
  switch (from.kind) {
    case 'BOOLEAN':
      return (value: boolean) => (value ? 1 : 0);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return cut;
    case 'BIGINT':
      return (value: bigint) => cut(Number(BigInt.asIntN(32, value)));
    case 'FLOAT':
    case 'DOUBLE':
      return (value: number) => cut(saturateInt(value));
    case 'DECIMAL': {
      const unit = powerOfTen(from.scale);
      return (value: bigint) => cut(Number(BigInt.asIntN(32, value / unit)));
    }
    default:
      return undefined;
  }
}

function saturateInt(value: number): number {
  return value >= 2147483647 ? 2147483647 : value <= -2147483648 ? -2147483648 : value | 0;
}

const MAX_BIGINT = 9223372036854775807n;
const MIN_BIGINT = -9223372036854775808n;

function saturateBigint(value: number): bigint {
  if (value >= 2 ** 63) return MAX_BIGINT;
  if (value <= -(2 ** 63)) return MIN_BIGINT;
  return Number.isNaN(value) ? 0n : BigInt(Math.trunc(value));
}

function toBigint(from: SqlType): Conversion | undefined {
  switch (from.kind) {
    case 'BOOLEAN':
      return (value: boolean) => (value ? 1n : 0n);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return (value: number) => BigInt(value);
    case 'BIGINT':
      return (value: bigint) => value;
    case 'FLOAT':
    case 'DOUBLE':
      return saturateBigint;
    case 'DECIMAL': {
      const unit = powerOfTen(from.scale);
      return (value: bigint) => BigInt.asIntN(64, value / unit);
    }
    default:
      return undefined;
  }
}

function toDouble(from: SqlType): Conversion | undefined {
  switch (from.kind) {
    case 'BOOLEAN':
      return (value: boolean) => (value ? 1 : 0);
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'FLOAT':
    case 'DOUBLE':
      return (value: number) => value;
    case 'BIGINT':
      return (value: bigint) => Number(value);
    case 'DECIMAL': {
      const { scale } = from;
      return (value: bigint) => decimalToDouble(value, scale);
    }
    default:
      return undefined;
  }
}

/** Rounded once: beyond 2^53 the bits that a double cannot hold leave a sticky bit before the rounding to a float. */
function bigintToFloat(value: bigint): number {
  if (value <= 9007199254740992n && value >= -9007199254740992n) return Math.fround(Number(value));
  const upper = value >> 11n;
  return Math.fround(Number(BigInt.asIntN(11, value) === 0n ? upper : upper | 1n) * 2048);
}

function toDecimalType(from: SqlType, precision: number, scale: number): Conversion | undefined {
  switch (from.kind) {
    case 'BOOLEAN': {
      const one = toDecimal(1n, 0, precision, scale);
      return (value: boolean) => (value ? one : 0n);
    }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
      return (value: number) => toDecimal(BigInt(value), 0, precision, scale);
    case 'BIGINT':
      return (value: bigint) => toDecimal(value, 0, precision, scale);
    case 'FLOAT':
    case 'DOUBLE':
      return (value: number): Value | undefined =>
        Number.isFinite(value) ? bigDecimalToDecimal(bigDecimalOfDouble(value), precision, scale) : undefined;
    case 'DECIMAL': {
      const fromScale = from.scale;
      return (value: bigint) => toDecimal(value, fromScale, precision, scale);
    }
    default:
      return undefined;
  }
}

/** Digits before the point of the largest value of each integer type. */
const WHOLE_DIGITS: Partial<Record<SqlType['kind'], number>> = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 };
const BITS: Partial<Record<SqlType['kind'], number>> = { TINYINT: 8, SMALLINT: 16, INTEGER: 32, BIGINT: 64 };

/** JavaScript for the casts that queries are full of; undefined for the others. */
export function inlineNumberCast(value: string, from: SqlType, to: SqlType): string | undefined {
  if (isInteger(from)) {
    if (to.kind === 'DOUBLE') return from.kind === 'BIGINT' ? `Number(${value})` : value;
    if (to.kind === 'FLOAT') return from.kind === 'BIGINT' ? undefined : `Math.fround(${value})`;
    if (isInteger(to)) {
      if (to.kind === 'BIGINT') return from.kind === 'BIGINT' ? value : `BigInt(${value})`;
      const int = from.kind === 'BIGINT' ? `Number(BigInt.asIntN(32, ${value}))` : value;
      const shift = 32 - BITS[to.kind]!;
      return shift === 0 || BITS[from.kind]! <= BITS[to.kind]! ? int : `(${int} << ${shift} >> ${shift})`;
    }
    if (to.kind === 'DECIMAL' && to.precision - to.scale >= WHOLE_DIGITS[from.kind]!) {
      const bigint = from.kind === 'BIGINT' ? value : `BigInt(${value})`;
      return to.scale === 0 ? bigint : `(${bigint} * ${powerOfTen(to.scale)}n)`;
    }
    return undefined;
  }
  switch (from.kind) {
    case 'FLOAT':
    case 'DOUBLE':
      if (to.kind === from.kind || to.kind === 'DOUBLE') return value;
      if (to.kind === 'FLOAT') return `Math.fround(${value})`;
      if (to.kind === 'INTEGER') {
        return `(${value} >= 2147483647 ? 2147483647 : ${value} <= -2147483648 ? -2147483648 : ${value} | 0)`;
      }
      return undefined;
    case 'DECIMAL':
      if (to.kind === 'DECIMAL' && to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale) {
        return to.scale === from.scale ? value : `(${value} * ${powerOfTen(to.scale - from.scale)}n)`;
      }
      // At most 15 digits and a power of ten, both exact: the division is rounded once.
      if (to.kind === 'DOUBLE' && from.precision <= 15)
        return from.scale === 0 ? `Number(${value})` : `(Number(${value}) / 1e${from.scale})`;
      return undefined;
    case 'BOOLEAN':
      if (to.kind === 'BOOLEAN') return value;
      return to.kind === 'INTEGER' ? `(${value} ? 1 : 0)` : undefined;
    case 'DATE':
      return to.kind === 'DATE' ? value : undefined;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return to.kind === from.kind && to.precision >= from.precision ? value : undefined;
    default:
      return undefined;
  }
}
