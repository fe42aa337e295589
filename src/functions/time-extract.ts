import { assert, unreachable } from '../base/assert.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, civilOfDays, dayOfMillis, daysOfCivil, timeOfMillis } from '../types/civil.ts';
import { BIGINT, isTimestamp, type SqlType } from '../types/sql-type.ts';
import { millisOf, nanosOf, type TimestampValue } from '../types/value.ts';
import {
  SignatureError,
  type Argument,
  type CallSite,
  type FunctionContext,
  type ScalarFunction,
  type Signature,
} from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { zoneOf } from './time-zone.ts';

/**
 * EXTRACT('UNIT', t), and YEAR(t), QUARTER(t) … which are short for it. The result is a BIGINT. A TIMESTAMP_LTZ is read on the
 * clocks of the session's zone, even its EPOCH. Weeks are those of ISO 8601; DOW counts from Sunday = 1, ISODOW from Monday = 1. Of a DATE all
 * units below the day are 0.
 */

const DATE_UNITS = [
  'MILLENNIUM',
  'CENTURY',
  'DECADE',
  'YEAR',
  'ISOYEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOW',
  'ISODOW',
  'DOY',
] as const;
const TIME_UNITS = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND'] as const;
const FINE_UNITS = ['MICROSECOND', 'NANOSECOND', 'EPOCH'] as const;
const MONTH_UNITS = ['MILLENNIUM', 'CENTURY', 'YEAR', 'QUARTER', 'MONTH'] as const;

type DateUnit = (typeof DATE_UNITS)[number];
type TimeUnit = (typeof TIME_UNITS)[number];
type Unit = DateUnit | TimeUnit | (typeof FINE_UNITS)[number];

/** The units that can be taken from a value of the type. */
function unitsOf(type: SqlType): readonly Unit[] {
  if (isTimestamp(type)) return [...DATE_UNITS, ...TIME_UNITS, ...FINE_UNITS];
  if (type.kind === 'DATE') return [...DATE_UNITS, ...TIME_UNITS, 'EPOCH'];
  if (type.kind === 'TIME') return TIME_UNITS;
  if (type.kind === 'INTERVAL_YEAR_MONTH') return MONTH_UNITS;
  if (type.kind === 'INTERVAL_DAY_TIME') return ['DAY', ...TIME_UNITS];
  return [];
}

function inferExtract(name: string, unit: string, time: Argument, args: readonly Argument[]): Signature {
  const units = unitsOf(time.type);
  if (units.length === 0) throw wrongTypes(name, [time], 'a point in time or an interval');
  if (!(units as readonly string[]).includes(unit))
    throw new SignatureError(`${name} takes one of ${units.join(', ')} here, not ${unit}`);
  return strict(
    args,
    args.map((arg) => arg.type),
    BIGINT,
  );
}

function fromDate(unit: DateUnit, day: number): number {
  switch (unit) {
    case 'DOW':
      return modulo(day + 4, 7) + 1;
    case 'ISODOW':
      return isoDayOfWeek(day);
    case 'WEEK':
      return isoWeek(day).week;
    case 'ISOYEAR':
      return isoWeek(day).year;
    default:
  }
  const date = civilOfDays(day);
  const { year } = date;
  switch (unit) {
    case 'YEAR':
      return year;
    case 'MONTH':
      return date.month;
    case 'DAY':
      return date.day;
    case 'QUARTER':
      return Math.ceil(date.month / 3);
    case 'DOY':
      return day - daysOfCivil(year, 1, 1) + 1;
    case 'DECADE':
      return Math.trunc(year / 10);
    case 'CENTURY':
      return Math.trunc((year > 0 ? year + 99 : year - 99) / 100);
    case 'MILLENNIUM':
      return Math.trunc((year > 0 ? year + 999 : year - 999) / 1000);
    default:
      return unreachable(unit);
  }
}

const modulo = (a: number, b: number): number => a - Math.floor(a / b) * b;

/** Monday = 1 … Sunday = 7. */
export const isoDayOfWeek = (day: number): number => modulo(day + 3, 7) + 1;

/** A week belongs to the year that its Thursday lies in. */
export function isoWeek(day: number): { readonly year: number; readonly week: number } {
  const thursday = day + 4 - isoDayOfWeek(day);
  const { year } = civilOfDays(thursday);
  return { year, week: Math.floor((thursday - daysOfCivil(year, 1, 1)) / 7) + 1 };
}

/** Of milliseconds since midnight, or of an interval, whose parts all have its sign. */
function fromTime(unit: TimeUnit, millis: number): number {
  switch (unit) {
    case 'HOUR':
      return Math.trunc((millis % DAY_MS) / HOUR_MS);
    case 'MINUTE':
      return Math.trunc((millis % HOUR_MS) / MINUTE_MS);
    case 'SECOND':
      return Math.trunc((millis % MINUTE_MS) / 1000);
    case 'MILLISECOND':
      return millis % 1000;
    default:
      return unreachable(unit);
  }
}

function fromMonths(unit: Unit, months: number): number {
  const years = Math.trunc(months / 12);
  switch (unit) {
    case 'MILLENNIUM':
      return Math.trunc(years / 1000);
    case 'CENTURY':
      return Math.trunc(years / 100);
    case 'YEAR':
      return years;
    case 'QUARTER':
      return Math.trunc(((months % 12) - 1) / 3) + 1;
    default:
      return months % 12;
  }
}

const isDateUnit = (unit: Unit): unit is DateUnit => (DATE_UNITS as readonly Unit[]).includes(unit);

/** The unit of a point in time on a clock, `millis` since 1970-01-01T00:00. */
function fromClock(unit: Unit, millis: number, nanos: number): number {
  if (isDateUnit(unit)) return fromDate(unit, dayOfMillis(millis));
  switch (unit) {
    case 'EPOCH':
      return Math.floor(millis / 1000);
    case 'MICROSECOND':
      return modulo(millis, 1000) * 1000 + Math.floor(nanos / 1000);
    case 'NANOSECOND':
      return modulo(millis, 1000) * 1_000_000 + nanos;
    default:
      return fromTime(unit, timeOfMillis(millis));
  }
}

function extractor(unit: Unit, type: SqlType, context: FunctionContext): (time: any) => bigint {
  switch (type.kind) {
    case 'DATE':
      if (isDateUnit(unit)) return (day: number) => BigInt(fromDate(unit, day));
      return unit === 'EPOCH' ? (day: number) => BigInt(day * 86400) : () => 0n;
    case 'TIME':
      return (time: number) => BigInt(fromTime(unit as TimeUnit, time));
    case 'INTERVAL_YEAR_MONTH':
      return (months: number) => BigInt(fromMonths(unit, months));
    case 'INTERVAL_DAY_TIME':
      if (unit === 'DAY') return (millis: number) => BigInt(Math.trunc(millis / DAY_MS));
      return (millis: number) => BigInt(fromTime(unit as TimeUnit, millis));
    case 'TIMESTAMP_LTZ': {
      const zone = zoneOf(context.timeZone);
      return (time: TimestampValue) => {
        const millis = millisOf(time);
        return BigInt(fromClock(unit, millis + zone.offsetAt(millis), nanosOf(time)));
      };
    }
    default:
      return (time: TimestampValue) => BigInt(fromClock(unit, millisOf(time), nanosOf(time)));
  }
}

/** JavaScript for hours, minutes and seconds of a TIMESTAMP, which jobs ask for most. */
function inlineExtract(unit: string, time: string, type: SqlType): string | undefined {
  if (type.kind !== 'TIMESTAMP') return undefined;
  const part = (of: number, length: number): string =>
    `BigInt(Math.floor((millisOf(${time}) - Math.floor(millisOf(${time}) / ${of}) * ${of}) / ${length}))`;
  switch (unit) {
    case 'HOUR':
      return part(DAY_MS, HOUR_MS);
    case 'MINUTE':
      return part(HOUR_MS, MINUTE_MS);
    case 'SECOND':
      return part(MINUTE_MS, 1000);
    default:
      return undefined;
  }
}

const extract: ScalarFunction = {
  name: 'EXTRACT',
  summary: 'A part of a point in time or an interval: EXTRACT(HOUR FROM t).',
  infer(args) {
    expectCount('EXTRACT', args, 2);
    const unit = args[0].literal;
    if (typeof unit !== 'string') throw new SignatureError('EXTRACT takes a unit of time, for example EXTRACT(HOUR FROM t)');
    return inferExtract('EXTRACT', unit.toUpperCase(), args[1], args);
  },
  inline: (args, site) => inlineExtract(unitOf(site), args[1], site.args[1]),
  implement(site, context) {
    const read = extractor(unitOf(site), site.args[1], context);
    return (_unit: string, time: TimestampValue) => read(time);
  },
  examples: [
    ["EXTRACT(DAY FROM DATE '2006-06-05')", '5'],
    ["EXTRACT(WEEK FROM TIMESTAMP '2021-01-03 00:00:00')", '53'],
  ],
};

function unitOf(site: CallSite): Unit {
  const unit = site.literals[0];
  assert(typeof unit === 'string', 'the unit of EXTRACT is a literal');
  return unit.toUpperCase() as Unit;
}

function part(name: string, unit: Unit, summary: string, printed: string): ScalarFunction {
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, 1);
      return inferExtract(name, unit, args[0], args);
    },
    inline: ([time], site) => inlineExtract(unit, time, site.args[0]),
    implement: (site, context) => extractor(unit, site.args[0], context),
    examples: [[`${name}(TIMESTAMP '1994-09-27 13:14:15')`, printed]],
  };
}

export const extractFunctions: readonly ScalarFunction[] = [
  extract,
  part('YEAR', 'YEAR', 'The year.', '1994'),
  part('QUARTER', 'QUARTER', 'The quarter of the year, 1 to 4.', '3'),
  part('MONTH', 'MONTH', 'The month, 1 to 12.', '9'),
  part('WEEK', 'WEEK', 'The ISO week of the year, 1 to 53.', '39'),
  part('DAYOFYEAR', 'DOY', 'The day of the year, 1 to 366.', '270'),
  part('DAYOFMONTH', 'DAY', 'The day of the month, 1 to 31.', '27'),
  part('DAYOFWEEK', 'DOW', 'The day of the week, Sunday = 1.', '3'),
  part('HOUR', 'HOUR', 'The hour, 0 to 23.', '13'),
  part('MINUTE', 'MINUTE', 'The minute, 0 to 59.', '14'),
  part('SECOND', 'SECOND', 'The second, 0 to 59.', '15'),
];
