import { parseSqlDate, parseSqlTime, parseSqlTimestamp } from '../types/civil-parse.ts';
import { DAY_MS } from '../types/civil.ts';
import { bigDecimalToDecimal, divideHalfUp, parseBigDecimal, powerOfTen } from '../types/decimal.ts';
import { parseDouble, parseFloat32 } from '../types/java-number.ts';
import { millisOf, nanosOf, timestampOf } from '../types/value.ts';
import type { SqlType } from '../types/sql-type.ts';
import { fitBytes } from './cast-binary.ts';
import type { Conversion } from './cast.ts';
import { zoneOf } from './time-zone.ts';

/** Casts of text to everything but text. */
export function castFromText(to: SqlType, timeZone: string): Conversion | undefined {
  switch (to.kind) {
    case 'BOOLEAN':
      return parseBoolean;
    case 'TINYINT':
      return (text: string) => parseInteger(text, -128, 127);
    case 'SMALLINT':
      return (text: string) => parseInteger(text, -32768, 32767);
    case 'INTEGER':
      return (text: string) => parseInteger(text, -2147483648, 2147483647);
    case 'BIGINT':
      return parseBigint;
    case 'FLOAT':
      return (text: string) => parseFloat32(text.trim());
    case 'DOUBLE':
      return (text: string) => parseDouble(text.trim());
    case 'DECIMAL': {
      const { precision, scale } = to;
      return (text: string) => parseDecimal(text, precision, scale);
    }
    case 'DATE':
      return (text: string) => parseSqlDate(text) ?? undefined;
    case 'TIME':
      return (text: string) => {
        const millis = parseSqlTime(text);
        return millis === null || millis < 0 || millis >= DAY_MS ? undefined : millis;
      };
    case 'TIMESTAMP': {
      const { precision } = to;
      return (text: string) => parseSqlTimestamp(text, precision) ?? undefined;
    }
    case 'TIMESTAMP_LTZ': {
      const { precision } = to;
      const zone = zoneOf(timeZone);
      return (text: string) => {
        const local = parseSqlTimestamp(text, precision);
        return local === null ? undefined : timestampOf(zone.toInstant(millisOf(local)), nanosOf(local));
      };
    }
    case 'BINARY':
    case 'VARBINARY':
      return (text: string) => fitBytes(Buffer.from(text), to);
    default:
      return undefined;
  }
}

function parseBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 't':
    case 'true':
    case 'y':
    case 'yes':
    case '1':
      return true;
    case 'f':
    case 'false':
    case 'n':
    case 'no':
    case '0':
      return false;
    default:
      return undefined;
  }
}

/** An integer, of whose fraction only is asked that it be digits; `.` alone is 0. Spaces around it do not matter, other blanks do. */
const INTEGER = /^ *([+-]?)(\d*)(?:\.\d*)? *$/;

function integerDigits(text: string): string | undefined {
  const match = INTEGER.exec(text);
  if (match === null) return undefined;
  const [whole, sign, digits] = match;
  if (digits === '' && whole.indexOf('.') < 0) return undefined;
  return (sign === '-' ? '-' : '') + (digits === '' ? '0' : digits);
}

function parseInteger(text: string, least: number, most: number): number | undefined {
  const digits = integerDigits(text);
  if (digits === undefined) return undefined;
  const value = Number(digits);
  // -0 must not become a number of its own.
  return value >= least && value <= most ? value + 0 : undefined;
}

function parseBigint(text: string): bigint | undefined {
  const digits = integerDigits(text);
  if (digits === undefined) return undefined;
  const value = BigInt(digits);
  return value >= -9223372036854775808n && value <= 9223372036854775807n ? value : undefined;
}

const DECIMAL_BLANKS = /^[ \n\t]+|[ \n\t]+$/g;
/** The number's digits, exponent, and whatever single character Flink steps over behind the digits. */
const SHORT_DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{0,2})|[^0-9.eE])?$/s;

/**
 * Flink reads short text for DECIMALs of up to 18 digits with a reader of its own, which is more lenient (`.` is 0, one
 * stray character behind the digits is overlooked) and counts leading zeros as digits, and all other text as Java does.
 */
function parseDecimal(text: string, precision: number, scale: number): bigint | undefined {
  const bytes = Buffer.byteLength(text);
  if (precision > 18 || bytes > 18) {
    const value = parseBigDecimal(text.replace(DECIMAL_BLANKS, ''));
    return value === undefined ? undefined : (bigDecimalToDecimal(value, precision, scale) ?? undefined);
  }
  const trimmed = text.replace(DECIMAL_BLANKS, '');
  const match = SHORT_DECIMAL.exec(trimmed);
  if (match === null || trimmed === '' || trimmed === '+' || trimmed === '-') return undefined;
  const fraction = match[3] ?? '';
  const digits = match[2] + fraction;
  const exponentText = match[4] ?? '';
  if (exponentText === '+' || exponentText === '-') return undefined;
  const change = Number(exponentText) - fraction.length + scale;
  if (digits.length + change > precision) return undefined;
  const significand = BigInt(match[1] === '-' ? '-' + (digits || '0') : digits || '0');
  return change >= 0 ? significand * powerOfTen(change) : divideHalfUp(significand, powerOfTen(-change));
}
