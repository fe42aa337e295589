import { DAY_MS, civilOfDays, daysInMonth, daysOfCivil } from '../types/civil.ts';
import { timestampOf, type TimestampValue } from '../types/value.ts';
import { PatternError, compilePattern, type Element, type Field, type NumberElement } from './date-time-pattern.ts';
import { isoDayOfWeek } from './time-extract.ts';
import { isKnownZone } from './time-zone.ts';

/**
 * Reads text in a pattern of java.time's DateTimeFormatter, with its SMART rules: February 30 is the last day of February,
 * 24:00 the next midnight; a weekday must be right. What the text does not say is 1970-01-01T00:00. Digits below the
 * millisecond are dropped, as TO_TIMESTAMP does; a zone is read and ignored.
 */
export function createParser(pattern: string): (text: string) => TimestampValue | undefined {
  const elements = compilePattern(pattern);
  return (text) => {
    const fields: Fields = new Map();
    const end = parseAll(elements, text, 0, fields);
    return end === text.length ? resolve(fields) : undefined;
  };
}

type Fields = Map<Field, number>;

const FAILED = -1;

/** The position behind what the elements read, or FAILED. */
function parseAll(elements: readonly Element[], text: string, start: number, fields: Fields): number {
  let position = start;
  for (const element of elements) {
    position = parse(element, text, position, fields);
    if (position === FAILED) return FAILED;
  }
  return position;
}

function parse(element: Element, text: string, position: number, fields: Fields): number {
  switch (element.kind) {
    case 'literal':
      return text.startsWith(element.text, position) ? position + element.text.length : FAILED;
    case 'number':
      return parseNumber(element, text, position, fields);
    case 'fraction': {
      const end = position + element.digits;
      const digits = text.slice(position, end);
      if (digits.length < element.digits || !/^\d+$/.test(digits)) return FAILED;
      return set(fields, 'nano', Number(digits.padEnd(9, '0'))) ? end : FAILED;
    }
    case 'text': {
      // The longest name that fits, as Java tries them.
      let best = -1;
      for (const [i, name] of element.names.entries()) {
        if (text.startsWith(name, position) && (best < 0 || name.length > element.names[best].length)) best = i;
      }
      if (best < 0) return FAILED;
      const field = element.field === 'local-day-of-week' ? 'day-of-week' : element.field;
      const value = field === 'era' || field === 'half-day' ? best : best + 1;
      return set(fields, field, value) ? position + element.names[best].length : FAILED;
    }
    case 'zone':
      return parseZone(element.letter, element.count, text, position);
    case 'optional': {
      const inner: Fields = new Map(fields);
      const end = parseAll(element.elements, text, position, inner);
      if (end === FAILED) return position;
      for (const [field, value] of inner) fields.set(field, value);
      return end;
    }
    case 'padded': {
      const end = position + element.width;
      if (end > text.length) return FAILED;
      let from = position;
      while (from < end && text[from] === ' ') from++;
      return parse(element.element, text.slice(0, end), from, fields) === end ? end : FAILED;
    }
  }
}

/** A field that is named twice must say the same. */
function set(fields: Fields, field: Field, value: number): boolean {
  const before = fields.get(field);
  fields.set(field, value);
  return before === undefined || before === value;
}

function parseNumber(element: NumberElement, text: string, start: number, fields: Fields): number {
  let position = start;
  const sign = text[position];
  const isSigned = sign === '-' || sign === '+';
  if (isSigned) {
    if (element.sign === 'none' || element.sign === 'reduced' || (element.sign === 'normal' && sign === '+')) return FAILED;
    position++;
  }
  const first = position;
  let end = first;
  const last = Math.min(text.length, first + element.maxWidth + element.reserved);
  while (end < last && isDigit(text.charCodeAt(end))) end++;
  if (element.reserved > 0) end = first + Math.min(element.maxWidth, Math.max(element.minWidth, end - first - element.reserved));
  const length = end - first;
  if (length < element.minWidth || end > text.length || !allDigits(text, first, end)) return FAILED;
  if (element.sign === 'exceeds') {
    if (sign === '+' && length <= element.minWidth) return FAILED;
    if (!isSigned && length > element.minWidth) return FAILED;
  }
  const size = Number(text.slice(first, end));
  if (sign === '-' && size === 0) return FAILED;
  const value = element.sign === 'reduced' ? 2000 + size : sign === '-' ? -size : size;
  return set(fields, element.field, value) ? end : FAILED;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

function allDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return true;
}

/** Text of offsets by the number of letters: X and x from `+01` to `+01:30:15`, Z `+0130` or `+01:30`. */
const OFFSETS = [/[+-]\d\d(?:\d\d)?/y, /[+-]\d\d\d\d/y, /[+-]\d\d:\d\d/y, /[+-]\d\d\d\d(?:\d\d)?/y, /[+-]\d\d:\d\d(?::\d\d)?/y];

function parseZone(letter: string, count: number, text: string, position: number): number {
  switch (letter) {
    case 'X':
    case 'x': {
      if (letter === 'X' && text[position] === 'Z') return position + 1;
      return match(OFFSETS[count - 1], text, position);
    }
    case 'Z':
      if (count === 5 && text[position] === 'Z') return position + 1;
      return count === 4
        ? match(/GMT(?:[+-]\d\d:\d\d(?::\d\d)?)?/y, text, position)
        : match(OFFSETS[count === 5 ? 4 : 1], text, position);
    case 'O':
      return match(count === 1 ? /GMT(?:[+-]\d\d?(?::\d\d(?::\d\d)?)?)?/y : /GMT(?:[+-]\d\d:\d\d(?::\d\d)?)?/y, text, position);
    default: {
      const end = match(/[A-Za-z][A-Za-z0-9~/._+:-]*|[+-]\d\d(?::?\d\d(?::?\d\d)?)?/y, text, position);
      if (end === FAILED) return FAILED;
      const name = text.slice(position, end);
      return isKnownZone(name) || SHORT_ZONES.has(name) ? end : FAILED;
    }
  }
}

/** Zone names that only `z` knows. */
const SHORT_ZONES = new Set([
  'EST',
  'EDT',
  'CST',
  'CDT',
  'MST',
  'MDT',
  'PST',
  'PDT',
  'CET',
  'CEST',
  'EET',
  'EEST',
  'WET',
  'WEST',
  'JST',
]);

function match(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : FAILED;
}

// ---------------------------------------------------------------- fields to a point in time

const RANGES: readonly (readonly [field: Field, least: number, most: number])[] = [
  ['year-of-era', 1, 999_999_999],
  ['quarter', 1, 4],
  ['month', 1, 12],
  ['day-of-year', 1, 366],
  ['day', 1, 31],
  ['half-day', 0, 1],
  ['hour-of-half-day', 0, 11],
  ['clock-hour-of-half-day', 1, 12],
  ['hour', 0, 24],
  ['clock-hour', 1, 24],
  ['minute', 0, 59],
  ['second', 0, 59],
  ['milli-of-day', 0, DAY_MS - 1],
];

function resolve(fields: Fields): TimestampValue | undefined {
  for (const [field, least, most] of RANGES) {
    const value = fields.get(field);
    if (value !== undefined && (value < least || value > most)) return undefined;
  }
  const time = resolveTime(fields);
  const days = resolveDate(fields);
  if (time === undefined || days === undefined) return undefined;
  const { millis, nanos } = time;
  const weekday = fields.get('day-of-week');
  const isWholeDate = fields.has('day') || fields.has('day-of-year') || fields.has('modified-julian-day');
  if (weekday !== undefined && isWholeDate && yearOf(fields) !== undefined && weekday !== isoDayOfWeek(days)) return undefined;
  // Only milliseconds are kept of what the text says.
  return timestampOf(days * DAY_MS + millis + Math.floor(nanos / 1_000_000), 0);
}

function yearOf(fields: Fields): number | undefined {
  const ofEra = fields.get('year-of-era');
  if (ofEra === undefined) return fields.get('year');
  return fields.get('era') === 0 ? 1 - ofEra : ofEra;
}

function resolveDate(fields: Fields): number | undefined {
  const julian = fields.get('modified-julian-day');
  if (julian !== undefined) return julian - 40587;
  const year = yearOf(fields);
  const month = fields.get('month');
  const day = fields.get('day');
  const dayOfYear = fields.get('day-of-year');
  if (
    fields.has('week-of-year') &&
    fields.has('week-based-year') &&
    (fields.has('day-of-week') || fields.has('local-day-of-week'))
  ) {
    throw new PatternError('dates given by week and weekday cannot be read');
  }
  if (year !== undefined && month !== undefined && day !== undefined) {
    return daysOfCivil(year, month, Math.min(day, daysInMonth(year, month)));
  }
  if (year !== undefined && dayOfYear !== undefined && month === undefined && day === undefined) {
    const days = daysOfCivil(year, 1, dayOfYear);
    return civilOfDays(days).year === year ? days : undefined;
  }
  const inYear = year ?? 1970;
  const inMonth = month ?? 1;
  if (day !== undefined && day > daysInMonth(inYear, inMonth)) return undefined;
  return daysOfCivil(inYear, inMonth, day ?? 1);
}

/** Milliseconds since midnight without the fraction of the second, which is in `nanos`. */
function resolveTime(fields: Fields): { readonly millis: number; readonly nanos: number } | undefined {
  const milliOfDay = fields.get('milli-of-day');
  if (milliOfDay !== undefined) return { millis: Math.floor(milliOfDay / 1000) * 1000, nanos: (milliOfDay % 1000) * 1_000_000 };
  const nanoOfDay = fields.get('nano-of-day');
  if (nanoOfDay !== undefined) return { millis: Math.floor(nanoOfDay / 1e9) * 1000, nanos: nanoOfDay % 1e9 };
  const minute = fields.get('minute');
  const second = fields.get('second');
  const nanos = fields.get('nano') ?? 0;
  let hour = fields.get('hour');
  const clockHour = fields.get('clock-hour');
  if (clockHour !== undefined) hour = clockHour % 24;
  const clockHalf = fields.get('clock-hour-of-half-day');
  const hourOfHalf = clockHalf === undefined ? fields.get('hour-of-half-day') : clockHalf % 12;
  const half = fields.get('half-day');
  // An hour of half a day says nothing without AM or PM.
  if (hourOfHalf !== undefined && half !== undefined) hour = half * 12 + hourOfHalf;
  if (hour === 24 && ((minute ?? 0) !== 0 || (second ?? 0) !== 0 || nanos !== 0)) return undefined;
  return { millis: ((hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0)) * 1000, nanos };
}
