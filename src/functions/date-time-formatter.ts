import { DAY_MS, civilOfDays, dayOfMillis, daysOfCivil } from '../types/civil.ts';
import { millisOf, nanosOf, type TimestampValue } from '../types/value.ts';
import { PatternError, compilePattern, type Element, type Field, type NumberElement } from './date-time-pattern.ts';
import { isoDayOfWeek } from './time-extract.ts';

/** A function that writes local time in the pattern. Throws a PatternError for what a local time does not have: a zone. */
export function createFormatter(pattern: string): (time: TimestampValue) => string {
  const elements = compilePattern(pattern);
  return (time) => {
    const local = new LocalTime(time);
    let text = '';
    for (const element of elements) text += format(element, local);
    return text;
  };
}

/** The fields of a local time. */
class LocalTime {
  readonly days: number;
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly milliOfDay: number;
  readonly nanoOfMilli: number;

  constructor(time: TimestampValue) {
    const millis = millisOf(time);
    this.days = dayOfMillis(millis);
    const { year, month, day } = civilOfDays(this.days);
    this.year = year;
    this.month = month;
    this.day = day;
    this.milliOfDay = millis - this.days * DAY_MS;
    this.nanoOfMilli = nanosOf(time);
  }

  get nano(): number {
    return (this.milliOfDay % 1000) * 1_000_000 + this.nanoOfMilli;
  }

  get hour(): number {
    return Math.floor(this.milliOfDay / 3_600_000);
  }

  /** A field's number, as java.time counts it; weeks start on Sunday and the first one may be short, as in the United States. */
  value(field: Field): number | bigint {
    switch (field) {
      case 'era':
        return this.year > 0 ? 1 : 0;
      case 'year-of-era':
        return this.year > 0 ? this.year : 1 - this.year;
      case 'year':
        return this.year;
      case 'week-based-year':
        return this.week().year;
      case 'week-of-year':
        return this.week().week;
      case 'quarter':
        return Math.ceil(this.month / 3);
      case 'month':
        return this.month;
      case 'week-of-month':
        return Math.floor((this.day - 1 + sundayBased(this.days - this.day + 1)) / 7) + 1;
      case 'day-of-year':
        return this.days - daysOfCivil(this.year, 1, 1) + 1;
      case 'day':
        return this.day;
      case 'aligned-week':
        return ((this.day - 1) % 7) + 1;
      case 'modified-julian-day':
        return this.days + 40587;
      case 'day-of-week':
        return isoDayOfWeek(this.days);
      case 'local-day-of-week':
        return sundayBased(this.days) + 1;
      case 'half-day':
        return this.hour < 12 ? 0 : 1;
      case 'hour-of-half-day':
        return this.hour % 12;
      case 'clock-hour-of-half-day':
        return this.hour % 12 || 12;
      case 'hour':
        return this.hour;
      case 'clock-hour':
        return this.hour || 24;
      case 'minute':
        return Math.floor(this.milliOfDay / 60_000) % 60;
      case 'second':
        return Math.floor(this.milliOfDay / 1000) % 60;
      case 'nano':
        return this.nano;
      case 'milli-of-day':
        return this.milliOfDay;
      case 'nano-of-day':
        return BigInt(this.milliOfDay) * 1_000_000n + BigInt(this.nanoOfMilli);
      case 'day-period': {
        if (this.milliOfDay === 0) return 0;
        const { hour } = this;
        if (hour === 12 && this.milliOfDay === 43_200_000) return 2;
        return hour < 6 || hour >= 21 ? 5 : hour < 12 ? 1 : hour < 18 ? 3 : 4;
      }
    }
  }

  week(): { readonly year: number; readonly week: number } {
    return sundayWeek(this.days, this.year);
  }
}

/** Sunday = 0 … Saturday = 6. */
export const sundayBased = (days: number): number => isoDayOfWeek(days) % 7;

/** Week and week-based year where weeks start on Sunday and January 1 always lies in week 1. */
export function sundayWeek(days: number, year: number): { readonly year: number; readonly week: number } {
  const nextYear = daysOfCivil(year + 1, 1, 1);
  if (days >= nextYear - sundayBased(nextYear)) return { year: year + 1, week: 1 };
  const firstDay = daysOfCivil(year, 1, 1);
  return { year, week: Math.floor((days - firstDay + sundayBased(firstDay)) / 7) + 1 };
}

function format(element: Element, local: LocalTime): string {
  switch (element.kind) {
    case 'literal':
      return element.text;
    case 'number':
      return formatNumber(element, local);
    case 'fraction':
      return String(local.nano).padStart(9, '0').slice(0, element.digits);
    case 'text': {
      const value = Number(local.value(element.field === 'local-day-of-week' ? 'day-of-week' : element.field));
      return element.names[
        element.field === 'era' || element.field === 'half-day' || element.field === 'day-period' ? value : value - 1
      ];
    }
    case 'zone':
      throw new PatternError(`a local time has no zone for the pattern letter ${element.letter}`);
    case 'optional':
      return element.elements.map((part) => format(part, local)).join('');
    case 'padded': {
      const text = format(element.element, local);
      if (text.length > element.width) throw new PatternError(`'${text}' is wider than the pad width ${element.width}`);
      return text.padStart(element.width);
    }
  }
}

function formatNumber(element: NumberElement, local: LocalTime): string {
  const value = local.value(element.field);
  if (element.sign === 'reduced') return String(Math.abs(Number(value)) % 100).padStart(2, '0');
  const digits = String(value < 0 ? -value : value);
  const padded = digits.padStart(element.minWidth, '0');
  if (value < 0) return `-${padded}`;
  return element.sign === 'exceeds' && digits.length > element.minWidth ? `+${padded}` : padded;
}
