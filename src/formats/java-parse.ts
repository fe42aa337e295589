import { javaTrim } from '../types/civil-parse.ts';
import { parseBigDecimal, type BigDecimal } from '../types/decimal.ts';

/**
 * Numbers as Java's `parseInt`, `parseLong`, `parseDouble` and `parseFloat` read them, after `trim`. All answer undefined for
 * text that is no such number.
 */

/** `Integer.parseInt` and its kin: a sign and digits of any script, within [min, max]. */
export function parseJavaInteger(text: string, min: bigint, max: bigint): bigint | undefined {
  const trimmed = javaTrim(text);
  if (!/^[+-]?\p{Nd}+$/u.test(trimmed)) return undefined;
  const ascii = /^[+-]?[0-9]+$/.test(trimmed) ? trimmed : withAsciiDigits(trimmed);
  if (ascii === undefined) return undefined;
  const value = BigInt(ascii.charCodeAt(0) === 0x2b ? ascii.slice(1) : ascii);
  return value >= min && value <= max ? value : undefined;
}

/** A decimal number as Java's `new BigDecimal(text)` reads it, in digits of any script. */
export function parseJavaBigDecimal(text: string): BigDecimal | undefined {
  const value = parseBigDecimal(text);
  if (value !== undefined || /^[\u0000-\u007f]*$/.test(text)) return value;
  const digits = withAsciiDigits(text);
  return digits === undefined ? undefined : parseBigDecimal(digits);
}

/** Digits of each script stand in a row, zero first. Those beyond U+FFFF are no digits to Java, which looks at single units. */
function withAsciiDigits(text: string): string | undefined {
  let ascii = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      ascii += text[i];
      continue;
    }
    if (!/\p{Nd}/u.test(text[i])) return undefined;
    let zero = unit;
    while (unit - zero < 9 && /\p{Nd}/u.test(String.fromCharCode(zero - 1))) zero--;
    ascii += String(unit - zero);
  }
  return ascii;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?$/;
const HEXADECIMAL = /^([+-]?)0[xX](?:([0-9a-fA-F]+)\.?([0-9a-fA-F]*)|\.([0-9a-fA-F]+))[pP]([+-]?\d+)[fFdD]?$/;

/** `Double.parseDouble`: decimal and hexadecimal forms, a suffix of f or d, `NaN` and `Infinity`. */
export function parseJavaDouble(text: string): number | undefined {
  const trimmed = javaTrim(text);
  if (DECIMAL.test(trimmed)) return Number(/[fFdD]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed);
  return parseSpecial(trimmed);
}

/** `Float.parseFloat`: the float nearest to the text, which rounding the nearest double does not always give. */
export function parseJavaFloat(text: string): number | undefined {
  const trimmed = javaTrim(text);
  if (!DECIMAL.test(trimmed)) {
    const special = parseSpecial(trimmed);
    return special === undefined ? undefined : Math.fround(special);
  }
  return nearestFloat(/[fFdD]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed);
}

/** The float nearest to a decimal text, ties to even. */
export function nearestFloat(text: string): number {
  const double = Number(text);
  const float = Math.fround(double);
  if (float === double || !Number.isFinite(float)) return float;
  const other = 2 * double - float;
  // Only where the double lies halfway between two floats does it matter what was rounded away on the way to the double.
  if (Math.fround(other) !== other) return float;
  const rest = compareWithDouble(text, double);
  if (rest === 0) return float;
  return rest > 0 ? Math.max(float, other) : Math.min(float, other);
}

/** Sign of (text − double), exactly. */
function compareWithDouble(text: string, double: number): number {
  const decimal = parseBigDecimal(text);
  if (decimal === undefined || Math.abs(decimal.scale) > 2000) return 0;
  let twos = 0;
  let scaled = double;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    twos++;
  }
  let left = decimal.unscaled << BigInt(twos);
  let right = BigInt(scaled);
  if (decimal.scale < 0) left *= 10n ** BigInt(-decimal.scale);
  else right *= 10n ** BigInt(decimal.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

function parseSpecial(text: string): number | undefined {
  const special = /^([+-]?)(NaN|Infinity)$/.exec(text);
  if (special !== null) return special[2] === 'NaN' ? NaN : special[1] === '-' ? -Infinity : Infinity;
  const hexadecimal = HEXADECIMAL.exec(text);
  if (hexadecimal === null) return undefined;
  const whole = hexadecimal[2] ?? '';
  const fraction = hexadecimal[3] ?? hexadecimal[4] ?? '';
  const exponent = Number(hexadecimal[5]) - 4 * fraction.length;
  const size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** Math.max(-2000, Math.min(2000, exponent));
  return hexadecimal[1] === '-' ? -size : size;
}
