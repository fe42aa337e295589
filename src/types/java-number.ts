import { parseBigDecimal } from './decimal.ts';

/**
 * Text of numbers as Java writes it, which is what Flink prints: `1.0`, `1.0E-7`, `1.23456789E8`, `NaN`, `-Infinity`.
 * Flink 1.20 runs on Java 17 or older, whose digits are not always the shortest: integers beyond the precision of their
 * type have some more. These are Java 17's digits.
 */

/** `Double.toString`. */
export function doubleText(x: number): string {
  const size = x < 0 ? -x : x;
  if (size >= 1e-3 && size < 1e7) {
    const text = String(x);
    return Number.isInteger(x) ? text + '.0' : text;
  }
  if (size === 0) return Object.is(x, -0) ? '-0.0' : '0.0';
  if (!Number.isFinite(x)) return String(x);
  if (size > 2 ** 53 && size < 2 ** 63) return integerText(x, 53);
  if (size >= 2 ** 63 || size < 2 ** -1022 || isPowerOfTwo(x)) return exactText(x, 53);
  return javaExponential(x.toExponential());
}

/** `Float.toString`, for a number that Math.fround leaves unchanged. */
export function floatText(x: number): string {
  const size = x < 0 ? -x : x;
  if (size >= 1e-3 && size < 1e5) {
    // Two decimals tell all floats below 2^17 apart, so that they are the shortest form where they suffice.
    const rounded = Math.round(x * 100) / 100;
    if (Math.fround(rounded) === x) return doubleText(rounded);
  } else if (size === 0 || !Number.isFinite(x)) return doubleText(x);
  if (Number.isInteger(x) && size < 2 ** 63) return size < 1e7 ? x + '.0' : integerText(x, 24);
  return exactText(x, 24);
}

/** An integer of 10^7 or more, without the digits that lie below the precision of its type, which has so many bits. */
function integerText(x: number, significantBits: number): string {
  let value = BigInt(x < 0 ? -x : x);
  const exponent = value.toString(2).length - 1;
  const bits = exponent - significantBits - 1;
  let dropped = 0;
  if (bits > 1) {
    dropped = Math.floor(bits * Math.LOG10E * Math.LN2);
    const unit = 10n ** BigInt(dropped);
    value = (value + unit / 2n) / unit;
  }
  const digits = String(value);
  return layOut(x < 0, digits, digits.length + dropped);
}

const words = new DataView(new ArrayBuffer(8));

function isPowerOfTwo(x: number): boolean {
  words.setFloat64(0, x);
  return words.getUint32(4) === 0 && (words.getUint32(0) & 0xfffff) === 0;
}

/** Bits of 5^i. */
const bitsOfPowerOfFive = (i: number): number => (i === 0 ? 0 : i < 27 ? Math.floor(i * Math.log2(5)) + 1 : i * 3);

/**
 * The digits of a finite number other than 0, by Steele and White's method with Java's rules of when to stop: as few digits
 * as lie nearer to it than half the distance to the next number of its type, but at least two in exponential form.
 * `significantBits` is 53 for a DOUBLE, 24 for a FLOAT.
 */
function exactText(x: number, significantBits: 53 | 24): string {
  const size = Math.abs(x);
  // size = mantissa · 2^exponent; leading is the exponent of its first bit; the mantissa has at most `bits` bits.
  let mantissa: bigint;
  let exponent: number;
  if (significantBits === 53) {
    words.setFloat64(0, size);
    const biased = words.getUint32(0) >>> 20;
    mantissa = words.getBigUint64(0) & 0xfffffffffffffn;
    if (biased > 0) mantissa |= 0x10000000000000n;
    exponent = Math.max(biased, 1) - 1075;
  } else {
    words.setFloat32(0, size);
    const biased = words.getUint32(0) >>> 23;
    mantissa = BigInt(words.getUint32(0) & 0x7fffff);
    if (biased > 0) mantissa |= 0x800000n;
    exponent = Math.max(biased, 1) - 150;
  }
  const bits = mantissa.toString(2).length;
  const leading = exponent + bits - 1;
  // As Java estimates it: floor of the decimal logarithm, or one more.
  const fraction = Number(mantissa) / 2 ** (bits - 1);
  let decimalExponent = Math.floor((fraction - 1.5) * 0.289529654 + 0.176091259 + leading * 0.301029995663981);
  while (mantissa % 2n === 0n) mantissa /= 2n;
  const oddBits = mantissa.toString(2).length;

  // value / scale is the number, half / scale half the distance to its neighbours, all scaled to be integers.
  const belowPoint = Math.max(0, oddBits - leading - 1);
  const fives = Math.max(0, -decimalExponent);
  const scaleFives = Math.max(0, decimalExponent);
  let twos = fives + belowPoint + leading;
  let scaleTwos = scaleFives + belowPoint;
  let halfTwos = twos - bits;
  twos -= oddBits - 1;
  const common = Math.min(twos, scaleTwos);
  twos -= common;
  scaleTwos -= common;
  halfTwos -= common;
  if (oddBits === 1) halfTwos--;
  if (halfTwos < 0) {
    twos -= halfTwos;
    scaleTwos -= halfTwos;
    halfTwos = 0;
  }
  // Java computes with ints or longs where the operands fit, overflowing on the way, and otherwise with big integers, where
  // a distance of exactly one half counts as near enough. Its digits show the difference.
  const valueBits = oddBits + twos + bitsOfPowerOfFive(fives);
  const tenBits = scaleTwos + 1 + bitsOfPowerOfFive(scaleFives + 1);
  const width = valueBits < 32 && tenBits < 32 ? 32 : valueBits < 64 && tenBits < 64 ? 64 : 0;
  const wrapped = (n: bigint): bigint => (width === 0 ? n : BigInt.asIntN(width, n));
  let value = (mantissa * 5n ** BigInt(fives)) << BigInt(twos);
  let half = (5n ** BigInt(fives)) << BigInt(halfTwos);
  const scale = (5n ** BigInt(scaleFives)) << BigInt(scaleTwos);
  const ten = scale * 10n;
  const isHigh = (): boolean => (width === 0 ? value + half >= ten : wrapped(value + half) > ten);

  let digit = value / scale;
  value = wrapped((value % scale) * 10n);
  half = wrapped(half * 10n);
  let low = value < half;
  let high = isHigh();
  let digits = '';
  if (digit === 0n && !high) decimalExponent--;
  else digits = String(digit);
  if (decimalExponent < -3 || decimalExponent >= 8) low = high = false;
  while (!low && !high) {
    digit = value / scale;
    value = wrapped((value % scale) * 10n);
    half = wrapped(half * 10n);
    low = half <= 0n || value < half;
    high = half <= 0n || isHigh();
    digits += digit;
  }
  const beyondHalf = wrapped(wrapped(value * 2n) - ten);
  if (high && (!low || beyondHalf > 0n || (beyondHalf === 0n && Number(digits.at(-1)) % 2 === 1))) {
    const next = String(BigInt(digits) + 1n).padStart(digits.length, '0');
    if (next.length > digits.length) decimalExponent++;
    digits = next;
  }
  return layOut(x < 0, digits, decimalExponent + 1);
}

/** Digits with the point after the first `pointAt` of them, in the form that Java chooses for the size. */
function layOut(negative: boolean, digits: string, pointAt: number): string {
  const sign = negative ? '-' : '';
  const significant = digits.replace(/0+$/, '');
  if (pointAt > 0 && pointAt < 8) {
    const whole = significant.slice(0, pointAt).padEnd(pointAt, '0');
    return `${sign}${whole}.${significant.slice(pointAt) || '0'}`;
  }
  if (pointAt <= 0 && pointAt > -3) return `${sign}0.${'0'.repeat(-pointAt)}${significant}`;
  return `${sign}${significant[0]}.${significant.slice(1) || '0'}E${pointAt - 1}`;
}

/** From `1e-7`, `1.5e+21` to `1.0E-7`, `1.5E21`. */
function javaExponential(text: string): string {
  const e = text.indexOf('e');
  const digits = text.slice(0, e);
  const exponent = text.charCodeAt(e + 1) === 43 ? text.slice(e + 2) : text.slice(e + 1);
  return (digits.indexOf('.') < 0 ? digits + '.0' : digits) + 'E' + exponent;
}

const DECIMAL_FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[fFdD]?$/;

/** `Double.parseDouble` of text without blanks around it: `1.5`, `1e3`, `1d`, `NaN`, `Infinity`, `0x1.8p1`. Undefined when it is no number. */
export function parseDouble(text: string): number | undefined {
  if (DECIMAL_FLOAT.test(text)) {
    const last = text.charCodeAt(text.length - 1);
    return Number(last > 57 ? text.slice(0, -1) : text);
  }
  switch (text) {
    case 'NaN':
    case '+NaN':
    case '-NaN':
      return NaN;
    case 'Infinity':
    case '+Infinity':
      return Infinity;
    case '-Infinity':
      return -Infinity;
  }
  const hex = HEX_FLOAT.exec(text);
  if (hex === null || hex[2] + hex[3] === '') return undefined;
  const size = scaledByTwos(BigInt('0x' + hex[2] + hex[3]), Number(hex[4]) - 4 * hex[3].length);
  return hex[1] === '-' ? -size : size;
}

/** mantissa · 2^exponent, rounded once. */
function scaledByTwos(mantissa: bigint, exponent: number): number {
  const bits = mantissa.toString(2).length;
  const leading = exponent + bits - 1;
  if (mantissa === 0n || leading < -1080) return 0;
  if (leading > 1024) return Infinity;
  // A double holds 53 bits, fewer below 2^-1022; what is cut off leaves a sticky bit, so that Number rounds rightly.
  const kept = Math.min(53, leading + 1075);
  const cut = bits - kept - 2;
  if (cut <= 0) return Number(mantissa) * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(0, exponent + 1000);
  const unit = 1n << BigInt(cut);
  const quarter = mantissa / unit;
  const sticky = mantissa % unit === 0n ? quarter : quarter | 1n;
  const low = sticky & 3n;
  const whole = sticky >> 2n;
  const rounded = low > 2n || (low === 2n && whole % 2n === 1n) ? whole + 1n : whole;
  const shift = exponent + cut + 2;
  return Number(rounded) * 2 ** Math.max(shift, -1000) * 2 ** Math.min(0, shift + 1000);
}

/** `Float.parseFloat`, rounded once. Undefined when it is no number. */
export function parseFloat32(text: string): number | undefined {
  const value = parseDouble(text);
  if (value === undefined) return undefined;
  const rounded = Math.fround(value);
  const otherNeighbour = 2 * value - rounded;
  if (rounded === value || Math.fround(otherNeighbour) !== otherNeighbour || !DECIMAL_FLOAT.test(text)) return rounded;
  // The double lies exactly between two floats: which one is nearer, the digits that the double lost decide.
  const exact = compareWithDouble(text.replace(/[fFdD]$/, ''), value);
  if (exact === 0) return rounded;
  return exact > 0 === otherNeighbour > rounded ? otherNeighbour : rounded;
}

/** Sign of a decimal text minus a double, exactly. */
function compareWithDouble(text: string, value: number): number {
  const { unscaled, scale } = parseBigDecimal(text)!;
  const other = parseBigDecimal(exactDecimal(value))!;
  const places = Math.max(scale, other.scale);
  const left = unscaled * 10n ** BigInt(places - scale);
  const right = other.unscaled * 10n ** BigInt(places - other.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** All digits of a double. */
function exactDecimal(value: number): string {
  let twos = 0;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos++;
  }
  return `${BigInt(scaled) * 5n ** BigInt(twos)}e-${twos}`;
}
