import { parseIsoDate, parseIsoTime, parseIsoTimestamp } from '../types/civil-parse.ts';
import { DAY_MS, civilOfDays } from '../types/civil.ts';
import { millisOf, nanosOf, type TimestampValue } from '../types/value.ts';

/** How the json format writes points in time: `timestamp-format.standard`. */
export type TimestampStandard = 'SQL' | 'ISO-8601';

/**
 * A TIMESTAMP or, `zoned`, a TIMESTAMP_LTZ as Flink's json format reads it; null for other text. Flink builds these forms from
 * java.time's, so only ISO-8601 without zone resolves strictly: elsewhere February 30 is the last day of February and 24:00:00
 * the next day.
 */
export function parseTimestampText(text: string, standard: TimestampStandard, zoned: boolean): TimestampValue | null {
  if (!zoned) return standard === 'SQL' ? parseIsoTimestamp(text, standard) : parseStrictIso(text);
  if (text.charCodeAt(text.length - 1) !== 0x5a) return null;
  const local = text.slice(0, -1);
  if (standard === 'ISO-8601' && local.indexOf('T') < 0) return null;
  return parseIsoTimestamp(local, standard);
}

function parseStrictIso(text: string): TimestampValue | null {
  const separator = text.search(/[Tt]/);
  if (separator < 0 || parseIsoDate(text.slice(0, separator)) === null || text.startsWith('24', separator + 1)) return null;
  return parseIsoTimestamp(text, 'ISO-8601');
}

/** A TIME as Flink's json format reads it: `HH:mm:ss` with a fraction, which is dropped. Milliseconds since midnight, or null. */
export function parseTimeText(text: string): number | null {
  if (/^24:00:00(?:\.0{0,9})?$/.test(text)) return 0;
  const millis = parseIsoTime(text);
  return millis === null ? null : Math.floor(millis / 1000) * 1000;
}

/** Writes two digits and returns the position behind them. */
function putTwo(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = 48 + ((value / 10) | 0);
  bytes[at + 1] = 48 + (value % 10);
  return at + 2;
}

/** The longest text of a timestamp: a year of ten characters, nine digits of a fraction and a Z. */
export const MAX_TIMESTAMP_LENGTH = 48;

/** The date that was written last: neighbours often have the same. */
const cached = { days: NaN, text: new Uint8Array(16), length: 0 };

/** Writes a date as java.time's ISO_LOCAL_DATE, `2024-01-05`, and returns the position behind it. */
export function putDate(bytes: Uint8Array, at: number, days: number): number {
  if (days !== cached.days) {
    cached.length = formatDate(days, cached.text);
    cached.days = days;
  }
  const { text, length } = cached;
  for (let i = 0; i < length; i++) bytes[at + i] = text[i];
  return at + length;
}

function formatDate(days: number, to: Uint8Array): number {
  const { year, month, day } = civilOfDays(days);
  let at = 0;
  if (year >= 0 && year <= 9999) {
    at = putTwo(to, at, (year / 100) | 0);
    at = putTwo(to, at, year % 100);
  } else {
    const digits = year > 0 ? `+${year}` : `-${String(-year).padStart(4, '0')}`;
    for (let i = 0; i < digits.length; i++) to[at++] = digits.charCodeAt(i);
  }
  to[at++] = 0x2d;
  at = putTwo(to, at, month);
  to[at++] = 0x2d;
  return putTwo(to, at, day);
}

/** Writes `HH:mm:ss` for seconds since midnight. */
export function putTime(bytes: Uint8Array, at: number, seconds: number): number {
  const hour = (seconds / 3600) | 0;
  const minute = ((seconds / 60) | 0) - hour * 60;
  let end = putTwo(bytes, at, hour);
  bytes[end++] = 0x3a;
  end = putTwo(bytes, end, minute);
  bytes[end++] = 0x3a;
  return putTwo(bytes, end, seconds % 60);
}

/**
 * Writes `.` and the digits of a fraction of a second without the zeros at its end, nothing for 0.
 * `millis` is 0 … 999, `nanos` 0 … 999999.
 */
export function putFraction(bytes: Uint8Array, at: number, millis: number, nanos: number): number {
  if (millis === 0 && nanos === 0) return at;
  bytes[at++] = 0x2e;
  let rest = millis * 1_000_000 + nanos;
  let digit = 100_000_000;
  while (rest > 0) {
    const value = (rest / digit) | 0;
    bytes[at++] = 48 + value;
    rest -= value * digit;
    digit /= 10;
  }
  return at;
}

/** Writes date, separator, `HH:mm:ss` and the fraction. */
export function putTimestamp(bytes: Uint8Array, at: number, millis: number, nanos: number, separator: number): number {
  const days = Math.floor(millis / DAY_MS);
  const ofDay = millis - days * DAY_MS;
  const seconds = (ofDay / 1000) | 0;
  let end = putDate(bytes, at, days);
  bytes[end++] = separator;
  end = putTime(bytes, end, seconds);
  return putFraction(bytes, end, ofDay - seconds * 1000, nanos);
}

/** As putTimestamp, for a value. */
export function putTimestampValue(bytes: Uint8Array, at: number, time: TimestampValue, separator: number): number {
  return putTimestamp(bytes, at, millisOf(time), nanosOf(time), separator);
}
