import { systemClock } from '../base/clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, dayOfMillis, type Civil } from '../types/civil.ts';
import { DAY_NAMES, MONTH_NAMES, SHORT_DAY_NAMES, SHORT_MONTH_NAMES } from './calendar-names.ts';
import { sundayBased, sundayWeek } from './date-time-formatter.ts';
import { PatternError } from './date-time-pattern.ts';
import { isoDayOfWeek } from './time-extract.ts';
import { hybridDays, hybridOfDays } from './hybrid-calendar.ts';
import { isoOffset, zoneOffset, type NamedZone } from './java-time-zone.ts';

/**
 * java.text.SimpleDateFormat in English, which Flink uses in FROM_UNIXTIME, UNIX_TIMESTAMP, CONVERT_TZ, and for text in
 * DATE_FORMAT and TO_DATE. Reading is lenient: text behind the pattern is ignored, month 13 is January of the next year,
 * February 30 the first or second of March. Days before 1582-10-15 are those of the Julian calendar.
 */
export interface SimpleDateFormat {
  /** Writes an instant, milliseconds since 1970-01-01T00:00Z, on the clocks of a zone. */
  format(instant: number, zone: NamedZone): string;
  /** The instant that the text says, or undefined when it does not fit the pattern. */
  parse(text: string, zone: NamedZone): number | undefined;
}

interface Part {
  /** A pattern letter, or '' for a literal. */
  readonly letter: string;
  readonly count: number;
  readonly text: string;
  /** A number directly before another one has exactly as many digits as letters. */
  readonly isAbutting: boolean;
}

const LETTERS = 'GyMdkHmsSEDFwWahKzZYuXL';
const TEXT_LETTERS = 'GEazZX';

function compile(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') parts.push({ letter: '', count: 0, text: literal, isAbutting: false });
    literal = '';
  };
  for (let i = 0; i < pattern.length;) {
    const at = pattern[i];
    if (at === "'") {
      if (pattern[i + 1] === "'") {
        literal += "'";
        i += 2;
        continue;
      }
      for (i++; ; i++) {
        if (i >= pattern.length) throw new PatternError('unterminated quote');
        if (pattern[i] !== "'") literal += pattern[i];
        else if (pattern[i + 1] === "'") literal += pattern[i++];
        else break;
      }
      i++;
    } else if (/[A-Za-z]/.test(at)) {
      if (!LETTERS.includes(at)) throw new PatternError(`illegal pattern character '${at}'`);
      flush();
      let end = i + 1;
      while (pattern[end] === at) end++;
      if (at === 'X' && end - i > 3) throw new PatternError(`invalid ISO 8601 format: length=${end - i}`);
      parts.push({ letter: at, count: end - i, text: '', isAbutting: false });
      i = end;
    } else {
      literal += at;
      i++;
    }
  }
  flush();
  return parts.map((part, i) => ({ ...part, isAbutting: isNumeric(part) && i + 1 < parts.length && isNumeric(parts[i + 1]) }));
}

/** True for parts that are written in digits. */
const isNumeric = ({ letter, count }: Part): boolean =>
  letter !== '' && !TEXT_LETTERS.includes(letter) && !((letter === 'M' || letter === 'L') && count > 2);

const cache = new Map<string, SimpleDateFormat>();

/** Compiles a pattern, once. Throws a PatternError where Java does. */
export function simpleDateFormat(pattern: string): SimpleDateFormat {
  let format = cache.get(pattern);
  if (format === undefined) {
    format = createFormat(compile(pattern));
    // Patterns may come from data.
    if (cache.size >= 1000) cache.clear();
    cache.set(pattern, format);
  }
  return format;
}

function createFormat(parts: readonly Part[]): SimpleDateFormat {
  return {
    format(instant, zone) {
      const offset = zone.zone.offsetAt(instant);
      const local = instant + offset;
      const days = dayOfMillis(local);
      const clock = { days, date: hybridOfDays(days), millis: local - days * DAY_MS, offset, zone };
      let text = '';
      for (const part of parts) text += part.letter === '' ? part.text : formatPart(part, clock);
      return text;
    },
    parse: (text, zone) => parseText(parts, text, zone),
  };
}

// ---------------------------------------------------------------- writing

interface Clock {
  readonly days: number;
  readonly date: Civil;
  readonly millis: number;
  readonly offset: number;
  readonly zone: NamedZone;
}

function formatPart({ letter, count }: Part, clock: Clock): string {
  const { date, days } = clock;
  const padded = (value: number): string => String(value).padStart(count, '0');
  const hour = Math.floor(clock.millis / HOUR_MS);
  const yearText = (year: number): string => (count === 2 ? String(year % 100).padStart(2, '0') : padded(year));
  switch (letter) {
    case 'G':
      return date.year > 0 ? 'AD' : 'BC';
    case 'y':
      return yearText(date.year > 0 ? date.year : 1 - date.year);
    case 'Y':
      return yearText(sundayWeek(days, date.year).year);
    case 'M':
    case 'L':
      return count >= 4 ? MONTH_NAMES[date.month - 1] : count === 3 ? SHORT_MONTH_NAMES[date.month - 1] : padded(date.month);
    case 'd':
      return padded(date.day);
    case 'k':
      return padded(hour || 24);
    case 'H':
      return padded(hour);
    case 'K':
      return padded(hour % 12);
    case 'h':
      return padded(hour % 12 || 12);
    case 'm':
      return padded(Math.floor(clock.millis / MINUTE_MS) % 60);
    case 's':
      return padded(Math.floor(clock.millis / 1000) % 60);
    case 'S':
      return padded(clock.millis % 1000);
    case 'E':
      return (count >= 4 ? DAY_NAMES : SHORT_DAY_NAMES)[isoDayOfWeek(days) - 1];
    case 'u':
      return padded(isoDayOfWeek(days));
    case 'D':
      return padded(days - hybridDays(date.year, 1, 1) + 1);
    case 'F':
      return padded(Math.floor((date.day - 1) / 7) + 1);
    case 'w':
      return padded(sundayWeek(days, date.year).week);
    case 'W':
      return padded(Math.floor((date.day - 1 + sundayBased(days - date.day + 1)) / 7) + 1);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'Z':
      return offsetText(clock.offset, '', 2);
    case 'X':
      return clock.offset === 0 ? 'Z' : offsetText(clock.offset, count === 3 ? ':' : '', count === 1 ? 1 : 2);
    default:
      return zoneText(clock, count);
  }
}

function offsetText(offset: number, separator: string, parts: 1 | 2): string {
  const minutes = Math.floor(Math.abs(offset) / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}`;
  return parts === 1 ? hours : `${hours}${separator}${two(minutes % 60)}`;
}

function zoneText({ zone, offset }: Clock, count: number): string {
  const { name } = zone;
  if (name === 'UTC') return count >= 4 ? 'Coordinated Universal Time' : 'UTC';
  if (name === 'GMT') return count >= 4 ? 'Greenwich Mean Time' : 'GMT';
  if (/^(?:GMT|UTC)?[+-]/.test(name)) return `GMT${offsetText(offset, ':', 2)}`;
  throw new PatternError(`the name of the zone ${name} cannot be written; use XXX for its offset`);
}

// ---------------------------------------------------------------- reading

/** What the text says; months and hours count as the calendar keeps them. */
interface Calendar {
  era: 0 | 1;
  year: number;
  month: number;
  day: number;
  dayOfYear: number | undefined;
  hour: number;
  half: number;
  hourOfHalf: number | undefined;
  minute: number;
  second: number;
  milli: number;
  offset: number | undefined;
}

function parseText(parts: readonly Part[], text: string, zone: NamedZone): number | undefined {
  const calendar: Calendar = {
    era: 1,
    year: 1970,
    month: 1,
    day: 1,
    dayOfYear: undefined,
    hour: 0,
    half: 0,
    hourOfHalf: undefined,
    minute: 0,
    second: 0,
    milli: 0,
    offset: undefined,
  };
  let position = 0;
  for (const part of parts) {
    if (part.letter === '') {
      if (!text.startsWith(part.text, position)) return undefined;
      position += part.text.length;
      continue;
    }
    while (position < text.length && (text[position] === ' ' || text[position] === '\t')) position++;
    if (position >= text.length) return undefined;
    const end = isNumeric(part) ? parseNumber(part, text, position, calendar) : parseWord(part, text, position, calendar);
    if (end === undefined) return undefined;
    position = end;
  }
  return instantOf(calendar, zone);
}

function parseNumber(part: Part, text: string, start: number, calendar: Calendar): number | undefined {
  if (part.isAbutting && start + part.count > text.length) return undefined;
  const limit = part.isAbutting ? start + part.count : text.length;
  let end = start;
  if (text[end] === '-') end++;
  const first = end;
  while (end < limit && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  if (end === first) return undefined;
  const value = Number(text.slice(start, end));
  switch (part.letter) {
    case 'y':
      calendar.year = part.count <= 2 && end - start === 2 && first === start ? centuryOf(value) : value;
      return end;
    case 'M':
    case 'L':
      calendar.month = value;
      return end;
    case 'd':
      calendar.day = value;
      calendar.dayOfYear = undefined;
      return end;
    case 'D':
      calendar.dayOfYear = value;
      return end;
    case 'H':
      calendar.hour = value;
      calendar.hourOfHalf = undefined;
      return end;
    case 'k':
      calendar.hour = value === 24 ? 0 : value;
      calendar.hourOfHalf = undefined;
      return end;
    case 'K':
      calendar.hourOfHalf = value;
      return end;
    case 'h':
      calendar.hourOfHalf = value === 12 ? 0 : value;
      return end;
    case 'm':
      calendar.minute = value;
      return end;
    case 's':
      calendar.second = value;
      return end;
    case 'S':
      calendar.milli = value;
      return end;
    case 'u':
      // The day of the month, or January 1, says more than a weekday without a week.
      return end;
    default:
      throw new PatternError(`text with the pattern letter ${part.letter} cannot be read`);
  }
}

/** A year of two digits lies within the 80 years before and the 20 years after now. */
function centuryOf(twoDigits: number): number {
  const start = new Date(systemClock.now()).getUTCFullYear() - 80;
  const year = start - (start % 100) + twoDigits;
  return year < start ? year + 100 : year;
}

function parseWord(part: Part, text: string, start: number, calendar: Calendar): number | undefined {
  const rest = text.slice(start);
  switch (part.letter) {
    case 'M':
    case 'L': {
      const month = longestName([MONTH_NAMES, SHORT_MONTH_NAMES], rest);
      if (month === undefined) return undefined;
      calendar.month = month.index + 1;
      return start + month.length;
    }
    case 'E': {
      const day = longestName([DAY_NAMES, SHORT_DAY_NAMES], rest);
      return day === undefined ? undefined : start + day.length;
    }
    case 'a': {
      const half = longestName([['AM', 'PM']], rest);
      if (half === undefined) return undefined;
      calendar.half = half.index;
      return start + half.length;
    }
    case 'G': {
      const era = longestName([['BC', 'AD']], rest);
      if (era === undefined) return undefined;
      calendar.era = era.index === 0 ? 0 : 1;
      return start + era.length;
    }
    default: {
      const offset = part.letter === 'X' ? isoOffset(rest, part.count) : zoneOffset(rest);
      if (offset === undefined) return undefined;
      calendar.offset = offset.millis;
      return start + offset.length;
    }
  }
}

function longestName(
  lists: readonly (readonly string[])[],
  text: string,
): { readonly index: number; readonly length: number } | undefined {
  let best: { readonly index: number; readonly length: number } | undefined;
  for (const names of lists) {
    for (const [index, name] of names.entries()) {
      const fits = text.slice(0, name.length).toLowerCase() === name.toLowerCase();
      if (fits && name.length > (best?.length ?? 0)) best = { index, length: name.length };
    }
  }
  return best;
}

function instantOf(calendar: Calendar, { zone }: NamedZone): number {
  const year = calendar.era === 1 ? calendar.year : 1 - calendar.year;
  const days =
    calendar.dayOfYear === undefined ? hybridDays(year, calendar.month, calendar.day) : hybridDays(year, 1, calendar.dayOfYear);
  const hour = calendar.hourOfHalf === undefined ? calendar.hour : calendar.half * 12 + calendar.hourOfHalf;
  const local = days * DAY_MS + hour * HOUR_MS + calendar.minute * MINUTE_MS + calendar.second * 1000 + calendar.milli;
  if (calendar.offset !== undefined) return local - calendar.offset;
  const early = zone.toInstant(local);
  // Of two instants with the same local time java.util.Calendar takes the later one, java.time the earlier one.
  const laterOffset = zone.offsetAt(early + 6 * HOUR_MS);
  const late = local - laterOffset;
  return late > early && zone.offsetAt(late) === laterOffset ? late : early;
}
