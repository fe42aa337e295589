export * from './civil-parse.ts';
import { millisOf, nanosOf, type TimestampValue } from './value.ts';

/**
 * The calendar: proleptic Gregorian, as java.time has it. Days count from 1970-01-01; year 0 is 1 BC.
 * Two written forms: SQL's (`2024-01-01 00:00:00.000`, what CAST AS STRING gives) and Java's (`2024-01-01T00:00`, what print
 * sinks show). The way back, in civil-parse.ts, is exported here as well.
 */

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;

export interface Civil {
  readonly year: number;
  /** 1 … 12 */
  readonly month: number;
  /** 1 … 31 */
  readonly day: number;
}

/** Days since 1970-01-01. The month is 1 … 12; a day outside its month counts on (day 0 is the last of the month before). */
export function daysOfCivil(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is the last of its year.
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = ((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0;
  return era * 146097 + yearOfEra * 365 + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0) + dayOfYear + day - 719469;
}

/** The date of a day. */
export function civilOfDays(days: number): Civil {
  const z = days + 719468;
  const era = Math.floor(z / 146097);
  const dayOfEra = z - era * 146097;
  const yearOfEra = ((dayOfEra - ((dayOfEra / 1460) | 0) + ((dayOfEra / 36524) | 0) - ((dayOfEra / 146096) | 0)) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const marchMonth = ((5 * dayOfYear + 2) / 153) | 0;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - (((153 * marchMonth + 2) / 5) | 0) + 1,
  };
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1];
}

/** The day that milliseconds since 1970-01-01T00:00 fall on. */
export const dayOfMillis = (millis: number): number => Math.floor(millis / DAY_MS);
/** Milliseconds since midnight. */
export const timeOfMillis = (millis: number): number => millis - Math.floor(millis / DAY_MS) * DAY_MS;

const TWO_DIGITS: string[] = [];
for (let i = 0; i < 100; i++) TWO_DIGITS.push(String(i).padStart(2, '0'));

const threeDigits = (number: number): string => (number < 100 ? '0' + TWO_DIGITS[number] : String(number));

/** `LocalDate.toString`: `2024-01-31`, `-0001-01-01`, `+12345-01-01`. */
export function dateText(days: number): string {
  const { year, month, day } = civilOfDays(days);
  return `${yearText(year)}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}`;
}

function yearText(year: number): string {
  if (year >= 1000 && year <= 9999) return String(year);
  if (year > 9999) return '+' + year;
  return year >= 0 ? String(year).padStart(4, '0') : '-' + String(-year).padStart(4, '0');
}

/** DATE as SQL text: as dateText, but of the year only its last four digits are written. */
export function sqlDateText(days: number): string {
  const { year, month, day } = civilOfDays(days);
  return `${sqlYearText(year)}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}`;
}

function sqlYearText(year: number): string {
  return year >= 1000 && year <= 9999 ? String(year) : String(Math.abs(year) % 10000).padStart(4, '0');
}

/** `LocalTime.toString` of milliseconds since midnight: `10:00`, `10:00:01`, `10:00:01.120`. */
export function timeText(millis: number): string {
  return localTimeText(millis, 0, false);
}

function localTimeText(millis: number, nanos: number, alwaysSeconds: boolean): string {
  const seconds = (millis / 1000) | 0;
  const fraction = millis - seconds * 1000;
  const minutes = (seconds / 60) | 0;
  const second = seconds - minutes * 60;
  const hour = (minutes / 60) | 0;
  const text = `${TWO_DIGITS[hour]}:${TWO_DIGITS[minutes - hour * 60]}`;
  if (fraction === 0 && nanos === 0) return second === 0 && !alwaysSeconds ? text : `${text}:${TWO_DIGITS[second]}`;
  return `${text}:${TWO_DIGITS[second]}.${threeDigits(fraction)}${nanosText(nanos)}`;
}

function nanosText(nanos: number): string {
  if (nanos === 0) return '';
  return nanos % 1000 === 0 ? threeDigits(nanos / 1000) : String(nanos).padStart(6, '0');
}

/** `LocalDateTime.toString`: `2024-01-01T00:00`, `2024-01-01T00:00:01.500`. */
export function timestampText(time: TimestampValue): string {
  const millis = millisOf(time);
  const days = dayOfMillis(millis);
  return `${dateText(days)}T${localTimeText(millis - days * DAY_MS, nanosOf(time), false)}`;
}

/** `Instant.toString`: `2024-01-01T00:00:00Z`, `2024-01-01T00:00:01.500Z`. */
export function instantText(time: TimestampValue): string {
  const millis = millisOf(time);
  const days = dayOfMillis(millis);
  return `${dateText(days)}T${localTimeText(millis - days * DAY_MS, nanosOf(time), true)}Z`;
}

/** TIME as SQL text: seconds always, and as many digits below as `precision` says, but none after the last that is not zero. */
export function sqlTimeText(millis: number, precision: number): string {
  // A time parsed with an offset may lie before midnight.
  let time = millis;
  while (time < 0) time += DAY_MS;
  const seconds = (time / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hour = (minutes / 60) | 0;
  const text = `${TWO_DIGITS[hour % 100]}:${TWO_DIGITS[minutes - hour * 60]}:${TWO_DIGITS[seconds - minutes * 60]}`;
  if (precision === 0) return text;
  const digits = threeDigits(time - seconds * 1000).slice(0, precision);
  const shorter = digits.replace(/0+$/, '');
  return `${text}.${shorter === '' ? '0' : shorter}`;
}

/** TIMESTAMP as SQL text: `precision` digits below the second, more where they are not zero. */
export function sqlTimestampText(time: TimestampValue, precision: number): string {
  const millis = millisOf(time);
  const nanos = nanosOf(time);
  const days = dayOfMillis(millis);
  const ofDay = millis - days * DAY_MS;
  const seconds = (ofDay / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hour = (minutes / 60) | 0;
  const { year, month, day } = civilOfDays(days);
  const text =
    `${year >= 0 && year <= 9999 ? sqlYearText(year) : String(year)}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]}` +
    ` ${TWO_DIGITS[hour]}:${TWO_DIGITS[minutes - hour * 60]}:${TWO_DIGITS[seconds - minutes * 60]}`;
  const fraction = threeDigits(ofDay - seconds * 1000);
  if (precision === 3 && nanos === 0) return `${text}.${fraction}`;
  const digits = fraction + String(nanos).padStart(6, '0');
  let length = 9;
  while (length > precision && digits.charCodeAt(length - 1) === 48) length--;
  return length === 0 ? text : `${text}.${digits.slice(0, length)}`;
}

/** INTERVAL YEAR TO MONTH as SQL text: `+1-01`. */
export function sqlMonthsText(months: number): string {
  const size = Math.abs(months);
  const years = Math.trunc(size / 12);
  return `${months < 0 ? '-' : '+'}${years}-${TWO_DIGITS[size - years * 12]}`;
}

/** INTERVAL DAY TO SECOND as SQL text: `+1 02:03:04.005`. */
export function sqlDurationText(millis: number): string {
  const size = Math.abs(millis);
  const days = Math.trunc(size / DAY_MS);
  const ofDay = size - days * DAY_MS;
  const seconds = (ofDay / 1000) | 0;
  const minutes = (seconds / 60) | 0;
  const hour = (minutes / 60) | 0;
  return (
    `${millis < 0 ? '-' : '+'}${days} ${TWO_DIGITS[hour]}:${TWO_DIGITS[minutes - hour * 60]}` +
    `:${TWO_DIGITS[seconds - minutes * 60]}.${threeDigits(ofDay - seconds * 1000)}`
  );
}

/** `Period.ofMonths(…).toString`, which print sinks show: `P13M`. */
export function periodText(months: number): string {
  return months === 0 ? 'P0D' : `P${months}M`;
}

/** `Duration.toString`, which print sinks show: `PT24H`, `PT1H0.5S`, `PT-1.5S`. */
export function durationText(millis: number): string {
  if (millis === 0) return 'PT0S';
  // Java keeps whole seconds rounded down and a fraction that is not negative, and writes from those.
  const wholeSeconds = Math.floor(millis / 1000);
  const fraction = millis - wholeSeconds * 1000;
  const effective = wholeSeconds < 0 && fraction > 0 ? wholeSeconds + 1 : wholeSeconds;
  const hours = Math.trunc(effective / 3600);
  const minutes = Math.trunc((effective - hours * 3600) / 60);
  const seconds = effective - hours * 3600 - minutes * 60;
  let text = 'PT';
  if (hours !== 0) text += `${hours}H`;
  if (minutes !== 0) text += `${minutes}M`;
  if (seconds === 0 && fraction === 0) return text;
  text += wholeSeconds < 0 && fraction > 0 && seconds === 0 ? '-0' : String(seconds);
  if (fraction > 0) {
    const digits = threeDigits(wholeSeconds < 0 ? 1000 - fraction : fraction).replace(/0+$/, '');
    text += `.${digits}`;
  }
  return text + 'S';
}
