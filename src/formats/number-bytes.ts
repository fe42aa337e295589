import { doubleText, floatText } from '../types/java-number.ts';

/** Numbers as bytes in Java's text, for encoders. Each `put…` writes at a position and returns the one behind; the caller has made room. */

/** The longest text of a DOUBLE, FLOAT, INT or BIGINT. */
export const MAX_NUMBER_LENGTH = 32;

/** Writes text of which every character is ASCII. */
export function putAscii(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Writes an integer of 0 … 2^31 - 1. */
function putDigits(bytes: Uint8Array, at: number, value: number): number {
  let length = 1;
  for (let limit = 10; value >= limit && length < 10; limit *= 10) length++;
  const end = at + length;
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    bytes[i] = 48 + (rest - next * 10);
    rest = next;
  }
  return end;
}

/** Writes an integer of 32 bits. */
export function putInt(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 0) return putDigits(bytes, at, value);
  if (value === -2147483648) return putAscii(bytes, at, '-2147483648');
  bytes[at] = 0x2d;
  return putDigits(bytes, at + 1, -value);
}

/** Writes a BIGINT. */
export function putBigint(bytes: Uint8Array, at: number, value: bigint): number {
  const number = Number(value);
  return number >= -2147483647 && number <= 2147483647 ? putInt(bytes, at, number) : putAscii(bytes, at, String(value));
}

/** Writes a DOUBLE as `Double.toString`. */
export function putDouble(bytes: Uint8Array, at: number, value: number): number {
  const size = value < 0 ? -value : value;
  if (size >= 0.01 && size < 1e7) {
    // A number of two decimals that is the nearest to this double is also the shortest: both have at most 15 digits.
    const hundredths = Math.round(size * 100);
    if (hundredths / 100 === size) {
      if (value < 0) bytes[at++] = 0x2d;
      const whole = (hundredths / 100) | 0;
      const rest = hundredths - whole * 100;
      const end = putDigits(bytes, at, whole);
      bytes[end] = 0x2e;
      bytes[end + 1] = 48 + ((rest / 10) | 0);
      if (rest % 10 === 0) return end + 2;
      bytes[end + 2] = 48 + (rest % 10);
      return end + 3;
    }
  }
  if (size >= 1e-3 && size < 1e7) return putPlain(bytes, at, value.toExponential());
  return putAscii(bytes, at, doubleText(value));
}

/**
 * Writes a number of 10^-3 up to 10^7 without exponent, given as `-1.25e+1`: these are the digits that String has, too, but
 * the engine keeps what String has made, and its heap grows in a long run.
 */
function putPlain(bytes: Uint8Array, at: number, text: string): number {
  let from = 0;
  if (text.charCodeAt(0) === 0x2d) {
    bytes[at++] = 0x2d;
    from = 1;
  }
  const exponentAt = text.length - 3;
  const exponent = (text.charCodeAt(exponentAt + 1) === 0x2d ? -1 : 1) * (text.charCodeAt(exponentAt + 2) - 48);
  for (let zeros = exponent; zeros < 0; zeros++) {
    bytes[at++] = 0x30;
    if (zeros === exponent) bytes[at++] = 0x2e;
  }
  bytes[at++] = text.charCodeAt(from);
  let missing = exponent;
  for (let i = from + 2; i < exponentAt; i++) {
    if (missing-- === 0) bytes[at++] = 0x2e;
    bytes[at++] = text.charCodeAt(i);
  }
  if (missing < 0) return at;
  while (missing-- > 0) bytes[at++] = 0x30;
  bytes[at++] = 0x2e;
  bytes[at++] = 0x30;
  return at;
}

/** Writes a FLOAT as `Float.toString`. */
export function putFloat(bytes: Uint8Array, at: number, value: number): number {
  return putAscii(bytes, at, floatText(value));
}
