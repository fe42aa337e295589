import { assert } from '../base/assert.ts';

/**
 * DECIMAL(p, s) values are bigints: the unscaled value, so 1.50 at scale 2 is 150n. These are the operations on them that
 * casts, formats and functions share. Rounding is HALF_UP (ties go away from zero), as everywhere in Flink.
 */

/** The largest precision that Flink's DECIMAL has. */
export const MAX_PRECISION = 38;

const POWERS: bigint[] = [];
for (let i = 0, power = 1n; i <= 2 * MAX_PRECISION; i++, power *= 10n) POWERS.push(power);

/** 10^exponent, for an exponent of 0 or more. */
export function powerOfTen(exponent: number): bigint {
  return exponent < POWERS.length ? POWERS[exponent] : 10n ** BigInt(exponent);
}

/** True when the unscaled value has at most `precision` digits. */
export function fitsPrecision(unscaled: bigint, precision: number): boolean {
  const limit = powerOfTen(precision);
  return unscaled < limit && unscaled > -limit;
}

/** The same number at another scale, rounded HALF_UP. */
export function rescale(unscaled: bigint, fromScale: number, toScale: number): bigint {
  if (toScale >= fromScale) return toScale === fromScale ? unscaled : unscaled * powerOfTen(toScale - fromScale);
  return divideHalfUp(unscaled, powerOfTen(fromScale - toScale));
}

/** dividend / divisor as an integer, ties away from zero. The divisor is positive or negative, not zero. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend % divisor;
  if (remainder === 0n) return quotient;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const size = divisor < 0n ? -divisor : divisor;
  if (twice < size) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}

/** The same number at another precision and scale, or null when it does not fit (Flink: NULL). */
export function toDecimal(unscaled: bigint, fromScale: number, precision: number, scale: number): bigint | null {
  const result = rescale(unscaled, fromScale, scale);
  return fitsPrecision(result, precision) ? result : null;
}

/** An exact decimal number of any size: unscaled · 10^-scale. The scale may be negative. */
export interface BigDecimal {
  readonly unscaled: bigint;
  readonly scale: number;
}

const DECIMAL_TEXT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,10})?$/;

/** Reads what Java's `new BigDecimal(text)` reads (no blanks around it), exactly. Undefined when it is no number. */
export function parseBigDecimal(text: string): BigDecimal | undefined {
  if (!DECIMAL_TEXT.test(text)) return undefined;
  let end = text.length;
  let exponent = 0;
  const e = text.search(/[eE]/);
  if (e >= 0) {
    exponent = Number(text.slice(e + 1));
    if (exponent > 2147483647 || exponent < -2147483647) return undefined;
    end = e;
  }
  const point = text.indexOf('.');
  const digits = point >= 0 ? text.slice(0, point) + text.slice(point + 1, end) : text.slice(0, end);
  const fraction = point >= 0 ? end - point - 1 : 0;
  const unscaled = digits.charCodeAt(0) === 43 ? BigInt(digits.slice(1)) : BigInt(digits);
  return { unscaled, scale: fraction - exponent };
}

/** A BigDecimal as DECIMAL(precision, scale): null when it does not fit. Never computes a number of absurd size. */
export function bigDecimalToDecimal(value: BigDecimal, precision: number, scale: number): bigint | null {
  const { unscaled } = value;
  if (unscaled === 0n) return 0n;
  const digits = digitsOf(unscaled);
  // Digits before the point, at most; beyond the limits the outcome is known without computing it.
  const whole = digits - value.scale;
  if (whole > precision - scale + 1) return null;
  if (whole < -scale - 1) return 0n;
  return toDecimal(unscaled, value.scale, precision, scale);
}

/** Reads text as DECIMAL(precision, scale), rounded HALF_UP. Undefined: no number; null: does not fit. */
export function parseDecimal(text: string, precision: number, scale: number): bigint | null | undefined {
  const value = parseBigDecimal(text);
  return value === undefined ? undefined : bigDecimalToDecimal(value, precision, scale);
}

/** `BigDecimal.toPlainString`: never an exponent. `CAST(… AS STRING)` writes this form. The scale is 0 or more. */
export function decimalPlainText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** `BigDecimal.toString`, which print sinks show: plain, but `0E-7` and `1.2E-8` for small numbers of a large scale. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const negative = unscaled < 0n;
  const digits = String(negative ? -unscaled : unscaled);
  const exponent = digits.length - 1 - scale;
  if (scale > 0 && exponent >= -6) return decimalPlainText(unscaled, scale);
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  const exponentText = exponent === 0 ? '' : exponent > 0 ? `E+${exponent}` : `E${exponent}`;
  return (negative ? '-' : '') + mantissa + exponentText;
}

/** The nearest double, as `BigDecimal.doubleValue`. */
export function decimalToDouble(unscaled: bigint, scale: number): number {
  if (scale === 0) return Number(unscaled);
  // Both operands exact: the division is then rounded only once.
  if (scale <= 22 && unscaled <= 9007199254740992n && unscaled >= -9007199254740992n) return Number(unscaled) / 10 ** scale;
  return Number(`${unscaled}e${-scale}`);
}

/** A finite double by its shortest text, as `BigDecimal.valueOf(double)`: 0.1 is 0.1. */
export function bigDecimalOfDouble(x: number): BigDecimal {
  const value = parseBigDecimal(String(x));
  assert(value !== undefined, `${x} is not finite`);
  return value;
}

/** The number of decimal digits of a number; 1 for zero. */
export function digitsOf(unscaled: bigint): number {
  return String(unscaled < 0n ? -unscaled : unscaled).length;
}
