import { daysInMonth, daysOfCivil, DAY_MS } from './civil.ts';
import { timestampOf, type TimestampValue } from './value.ts';

/**
 * Text to DATE, TIME and TIMESTAMP. The `parseSql…` functions read what CAST accepts, which is lenient; the `parseIso…`
 * functions what the formats accept (java.time's ISO forms and Flink's SQL form of them). All answer null for other text.
 */

/** An INT of digits without sign, perhaps with blanks around it; null when it is none. */
function integerOf(text: string): number | null {
  const trimmed = javaTrim(text);
  if (!/^\d+$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return value <= 2147483647 ? value : null;
}

/** `String.trim` of Java: everything up to the space goes, no other blank does. */
export function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** DATE as CAST reads it: `2024-1-5`, `2024-01`, `2024`, and anything after a space is ignored. */
export function parseSqlDate(text: string): number | null {
  const blank = text.indexOf(' ');
  const date = blank > 0 ? text.slice(0, blank) : text;
  const first = date.indexOf('-');
  if (first < 0) {
    const year = integerOf(date);
    return year === null ? null : checkedDays(year, 1, 1);
  }
  const year = integerOf(date.slice(0, first));
  const second = date.indexOf('-', first + 1);
  const month = integerOf(second < 0 ? date.slice(first + 1) : date.slice(first + 1, second));
  const day = second < 0 ? 1 : integerOf(date.slice(second + 1));
  return year === null || month === null || day === null ? null : checkedDays(year, month, day);
}

function checkedDays(year: number, month: number, day: number): number | null {
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysOfCivil(year, month, day);
}

/** TIME as CAST reads it: hours, minutes, seconds and a fraction, each but the first optional. Milliseconds since midnight. */
export function parseSqlTime(text: string): number | null {
  let end = text.length;
  let offset = 0;
  let sign = -1;
  let zone = text.indexOf('-');
  if (zone < 0) {
    zone = text.indexOf('+');
    sign = 1;
  }
  if (zone >= 0) {
    end = zone;
    const colon = text.indexOf(':', zone);
    const hours = integerOf(colon < 0 ? text.slice(zone + 1) : text.slice(zone + 1, colon));
    const minutes = colon < 0 ? 0 : integerOf(text.slice(colon + 1));
    if (hours === null || minutes === null) return null;
    offset = sign * (hours * 60 + minutes);
  }
  const local = text.slice(0, end);
  const first = local.indexOf(':');
  const second = first < 0 ? -1 : local.indexOf(':', first + 1);
  const dot = second < 0 ? -1 : local.indexOf('.', second);
  const hour = integerOf(first < 0 ? local : local.slice(0, first));
  const minute = first < 0 ? 0 : integerOf(second < 0 ? local.slice(first + 1) : local.slice(first + 1, second));
  const secondOfMinute = second < 0 ? 0 : integerOf(dot < 0 ? local.slice(second + 1) : local.slice(second + 1, dot));
  if (hour === null || minute === null || secondOfMinute === null) return null;
  const fraction = dot < 0 ? 0 : millisOfFraction(javaTrim(local.slice(dot + 1)));
  return (hour * 3600 + (minute + offset) * 60 + secondOfMinute) * 1000 + fraction;
}

/** Three digits, rounded by the fourth; what is no digit counts as 0. */
function millisOfFraction(digits: string): number {
  let millis = 0;
  for (let i = 0, multiplier = 100; i < digits.length && multiplier >= 1; i++, multiplier /= 10) {
    const digit = digits.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) millis += multiplier * digit;
    if (multiplier === 1 && digits.charCodeAt(i + 1) >= 53) millis++;
  }
  return millis;
}

/**
 * TIMESTAMP as CAST and TO_TIMESTAMP read it: `2024-01-05 10:11:12.123456789`; months, days, hours … may have one digit, the
 * time may be missing. Digits below `precision` (0 … 9) are cut off. Java's SMART rules: February 30 is its last day, 24:00:00 the next day.
 */
export function parseSqlTimestamp(text: string, precision: number): TimestampValue | null {
  return parseFixed(text, precision, 32) ?? parseLenient(text, precision);
}

/** The usual form, `yyyy-MM-dd HH:mm:ss` with an optional fraction, with a blank or T between; null for every other. */
function parseFixed(text: string, precision: number, separator: number): TimestampValue | null {
  const length = text.length;
  if (length < 19 || length > 29 || length === 20) return null;
  if (
    text.charCodeAt(4) !== 45 ||
    text.charCodeAt(7) !== 45 ||
    text.charCodeAt(10) !== separator ||
    text.charCodeAt(13) !== 58 ||
    text.charCodeAt(16) !== 58
  )
    return null;
  const year = pair(text, 0) * 100 + pair(text, 2);
  const month = pair(text, 5);
  const day = pair(text, 8);
  const hour = pair(text, 11);
  const minute = pair(text, 14);
  const second = pair(text, 17);
  // NaN, from what is no digit, fails every comparison.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59))
    return null;
  const millis = daysOfCivil(year, month, day) * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000;
  if (length === 19) return millis;
  if (text.charCodeAt(19) !== 46) return null;
  let nanos = 0;
  for (let i = 20; i < 29; i++) {
    const digit = i < length ? text.charCodeAt(i) - 48 : 0;
    if (digit < 0 || digit > 9) return null;
    nanos = nanos * 10 + digit;
  }
  return withNanos(millis, nanos, precision);
}

function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Whole seconds in milliseconds, and nanoseconds of the second cut to the precision. */
function withNanos(millis: number, nanosOfSecond: number, precision: number): TimestampValue {
  const unit = 10 ** (9 - precision);
  const kept = Math.floor(nanosOfSecond / unit) * unit;
  const extraMillis = Math.floor(kept / 1_000_000);
  return timestampOf(millis + extraMillis, kept - extraMillis * 1_000_000);
}

const LENIENT = /^(\d{4}|\+\d{5,19})-(\d*)-(\d*)(?: (\d*):(\d*):(\d*)(?:\.(\d{0,9}))?)?$/;

function parseLenient(text: string, precision: number): TimestampValue | null {
  const match = LENIENT.exec(text);
  if (match === null) return null;
  const year = Number(match[1]);
  const month = oneOrTwoDigits(match[2], 1);
  const day = oneOrTwoDigits(match[3], 1);
  const hour = oneOrTwoDigits(match[4] ?? '', 0);
  const minute = oneOrTwoDigits(match[5] ?? '', 0);
  const second = oneOrTwoDigits(match[6] ?? '', 0);
  if (year < 1 || year > 999_999_999 || !(month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null;
  const nanos = match[7] ? Number(match[7].padEnd(9, '0')) : 0;
  const days = daysOfCivil(year, month, Math.min(day, daysInMonth(year, month)));
  return timestampOfParts(days, hour, minute, second, nanos, precision);
}

function timestampOfParts(
  days: number,
  hour: number,
  minute: number,
  second: number,
  nanos: number,
  precision: number,
): TimestampValue | null {
  const isEndOfDay = hour === 24 && minute === 0 && second === 0 && nanos === 0;
  if (!isEndOfDay && !(hour <= 23 && minute <= 59 && second <= 59)) return null;
  return withNanos(days * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000, nanos, precision);
}

/**
 * A field of Flink's pattern `[MM][M]`: two digits and then, as both parts are optional, a number that says the same again
 * (`055` is 5); one digit; or nothing. NaN otherwise.
 */
function oneOrTwoDigits(digits: string, missing: number): number {
  if (digits.length === 0) return missing;
  if (digits.length <= 2) return Number(digits);
  const value = Number(digits.slice(0, 2));
  return digits.length <= 21 && Number(digits.slice(2)) === value ? value : NaN;
}

/** DATE in `DateTimeFormatter.ISO_LOCAL_DATE`: exactly `2024-01-05`, and the day must exist. */
export function parseIsoDate(text: string): number | null {
  const match = /^(-?\d{4}|[+-]\d{5,9})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null || match[1] === '-0000') return null;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return daysOfCivil(year, month, day);
}

/** TIME in `HH:mm:ss` with a fraction of up to nine digits, cut to milliseconds; without seconds only for `isoOnly`. */
export function parseIsoTime(text: string, isoOnly = false): number | null {
  const match = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?$/.exec(text);
  if (match === null || (!isoOnly && match[3] === undefined)) return null;
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return null;
  const millis = Number((match[4] ?? '').padEnd(3, '0').slice(0, 3));
  return (hour * 3600 + minute * 60 + second) * 1000 + millis;
}

/**
 * TIMESTAMP as formats write it. `SQL`: `2024-01-05 10:11:12[.fraction]`; `ISO-8601`: `2024-01-05T10:11[:12[.fraction]]`.
 * The fraction has up to nine digits, all of which are kept. February 30 is the last day of February, 24:00:00 the next day.
 */
export function parseIsoTimestamp(text: string, standard: 'SQL' | 'ISO-8601'): TimestampValue | null {
  const fast = parseFixed(text, 9, standard === 'SQL' ? 32 : 84);
  if (fast !== null) return fast;
  const pattern = standard === 'SQL' ? SQL_TIMESTAMP : ISO_TIMESTAMP;
  const match = pattern.exec(text);
  if (match === null || match[1] === '-0000') return null;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysOfCivil(year, month, Math.min(day, daysInMonth(year, month)));
  const nanos = match[7] ? Number(match[7].padEnd(9, '0')) : 0;
  return timestampOfParts(days, Number(match[4]), Number(match[5]), Number(match[6] ?? 0), nanos, 9);
}

const SQL_TIMESTAMP = /^(-?\d{4}|[+-]\d{5,9})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{0,9}))?$/;
const ISO_TIMESTAMP = /^(-?\d{4}|[+-]\d{5,9})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?$/;

/** What stands in a literal `DATE '…'`: the day must exist, its parts may have one digit, blanks around are ignored. */
export function parseDateText(text: string): number | null {
  const match = /^(\d{4})-(\d\d?)-(\d\d?)$/.exec(text.trim());
  if (match === null) return null;
  const year = Number(match[1]);
  return year < 1 ? null : checkedDays(year, Number(match[2]), Number(match[3]));
}

/** What stands in a literal `TIME '…'`: `hh:mm:ss` with an optional fraction, cut to milliseconds. */
export function parseTimeText(text: string): number | null {
  const match = /^(\d\d?):(\d\d?):(\d\d?)(?:\.(\d*))?$/.exec(text.trim());
  if (match === null) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (hour > 23 || minute > 59 || second > 59) return null;
  return (hour * 3600 + minute * 60 + second) * 1000 + Number((match[4] ?? '').padEnd(3, '0').slice(0, 3));
}

/** What stands in a literal `TIMESTAMP '…'`: a date, and perhaps a time with a fraction, cut to nanoseconds. */
export function parseTimestampText(text: string): TimestampValue | null {
  const match = /^(\S+)(?: +(\d\d?:\d\d?:\d\d?)(?:\.(\d*))?)?$/.exec(text.trim());
  if (match === null) return null;
  const days = parseDateText(match[1]);
  const millis = match[2] === undefined ? 0 : parseTimeText(match[2]);
  if (days === null || millis === null) return null;
  return withNanos(days * DAY_MS + millis, Number((match[3] ?? '').padEnd(9, '0').slice(0, 9)), 9);
}
