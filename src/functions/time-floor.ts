import { assert } from '../base/assert.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, civilOfDays, dayOfMillis, daysOfCivil } from '../types/civil.ts';
import { isTimestamp } from '../types/sql-type.ts';
import { millisOf, nanosOf, type TimestampValue } from '../types/value.ts';
import { SignatureError, type Argument, type CallSite, type FunctionContext, type Signature } from './function.ts';
import { strict, wrongTypes } from './signature.ts';
import { zoneOf } from './time-zone.ts';

/**
 * FLOOR and CEIL of a point in time to a unit. Weeks start on Sunday. From WEEK upwards only the date counts, so a time of day
 * does not lift CEIL to the next unit, and CEIL of a DATE to DAY is the next day: both as in Flink. A TIMESTAMP_LTZ is rounded
 * on the clocks of the session's zone, with the offset that its own instant has.
 */
export interface TimeRounding {
  /** Two arguments: the point in time and the unit's name as a literal. */
  infer(args: readonly Argument[]): Signature;
  inline(args: readonly string[], site: CallSite): string | undefined;
  implement(site: CallSite, context: FunctionContext): (time: any) => number;
}

/** Units of fixed length, in milliseconds. */
const FIXED_UNITS = new Map([
  ['MILLISECOND', 1],
  ['SECOND', 1000],
  ['MINUTE', MINUTE_MS],
  ['HOUR', HOUR_MS],
  ['DAY', DAY_MS],
]);

const DATE_UNITS = new Set(['WEEK', 'MONTH', 'QUARTER', 'YEAR', 'DECADE', 'CENTURY', 'MILLENNIUM']);

function unitOf(site: CallSite): string {
  const unit = site.literals[1];
  assert(typeof unit === 'string', 'the unit of FLOOR and CEIL is a literal');
  return unit.toUpperCase();
}

function infer(name: string, args: readonly Argument[]): Signature {
  const [time, unit] = args;
  if (typeof unit.literal !== 'string') throw new SignatureError(`${name} takes a unit of time, for example ${name}(t TO HOUR)`);
  const word = unit.literal.toUpperCase();
  if (!FIXED_UNITS.has(word) && !DATE_UNITS.has(word)) throw new SignatureError(`${name} does not know the unit ${word}`);
  const { type } = time;
  const isTime = type.kind === 'TIME';
  if (!isTime && type.kind !== 'DATE' && !isTimestamp(type)) throw wrongTypes(name, [time], 'a point in time and a unit');
  if (isTime && (word === 'DAY' || DATE_UNITS.has(word)))
    throw new SignatureError(`${name} of a TIME takes HOUR or a smaller unit, not ${word}`);
  return strict(args, [type, unit.type], type);
}

/** The first day of the unit that a day lies in. */
export function floorDay(unit: string, day: number): number {
  if (unit === 'WEEK') return day - modulo(day + 4, 7);
  const { year, month } = civilOfDays(day);
  switch (unit) {
    case 'MONTH':
      return daysOfCivil(year, month, 1);
    case 'QUARTER':
      return daysOfCivil(year, month - ((month - 1) % 3), 1);
    default:
      return daysOfCivil(firstYear(unit, year), 1, 1);
  }
}

/** The day itself when a unit starts on it, otherwise the first day of the next unit. */
function ceilDay(unit: string, day: number): number {
  const start = floorDay(unit, day);
  const isYears = unit === 'DECADE' || unit === 'CENTURY' || unit === 'MILLENNIUM';
  if (start === day && !isYears) return day;
  if (unit === 'WEEK') return start + 7;
  const { year, month } = civilOfDays(start);
  const months = month - 1 + (unit === 'MONTH' ? 1 : unit === 'QUARTER' ? 3 : 12 * YEARS_OF[unit]);
  return daysOfCivil(year + Math.floor(months / 12), (months % 12) + 1, 1);
}

const YEARS_OF: { readonly [unit: string]: number } = { YEAR: 1, DECADE: 10, CENTURY: 100, MILLENNIUM: 1000 };

/** Decades start in years that end in 0, centuries and millennia in years that end in 1. */
function firstYear(unit: string, year: number): number {
  const years = YEARS_OF[unit];
  const first = years >= 100 ? 1 : 0;
  return Math.floor((year - first) / years) * years + first;
}

const modulo = (a: number, b: number): number => a - Math.floor(a / b) * b;

type RoundMillis = (millis: number, nanos: number) => number;

/** Rounds milliseconds on a clock. */
function clockRounding(unit: string, isFloor: boolean): RoundMillis {
  const length = FIXED_UNITS.get(unit);
  if (length === undefined) {
    const roundDay = isFloor ? floorDay : ceilDay;
    return (millis) => roundDay(unit, dayOfMillis(millis)) * DAY_MS;
  }
  if (isFloor) return (millis) => Math.floor(millis / length) * length;
  if (length === 1) return (millis, nanos) => (nanos > 0 ? millis + 1 : millis);
  return (millis) => Math.ceil(millis / length) * length + 0;
}

function timeRounding(name: 'FLOOR' | 'CEIL'): TimeRounding {
  const isFloor = name === 'FLOOR';
  return {
    infer: (args) => infer(name, args),
    inline([time], site) {
      const length = FIXED_UNITS.get(unitOf(site));
      if (length === undefined) return undefined;
      switch (site.type.kind) {
        case 'DATE':
          return length === DAY_MS && !isFloor ? `(${time} + 1)` : time;
        case 'TIMESTAMP':
          if (length === 1) return isFloor ? `millisOf(${time})` : undefined;
          return isFloor
            ? `(Math.floor(millisOf(${time}) / ${length}) * ${length})`
            : `(Math.ceil(millisOf(${time}) / ${length}) * ${length} + 0)`;
        case 'TIME':
          return isFloor ? `(${time} - ${time} % ${length})` : undefined;
        default:
          return undefined;
      }
    },
    implement(site, context) {
      const unit = unitOf(site);
      switch (site.type.kind) {
        case 'DATE': {
          if (FIXED_UNITS.has(unit)) return unit === 'DAY' && !isFloor ? (day: number) => day + 1 : (day: number) => day;
          return isFloor ? (day: number) => floorDay(unit, day) : (day: number) => ceilDay(unit, day);
        }
        case 'TIME': {
          const round = clockRounding(unit, isFloor);
          return (time: number) => round(time, 0) % DAY_MS;
        }
        case 'TIMESTAMP_LTZ': {
          const round = clockRounding(unit, isFloor);
          const zone = zoneOf(context.timeZone);
          return (time: TimestampValue) => {
            const millis = millisOf(time);
            const offset = zone.offsetAt(millis);
            return round(millis + offset, nanosOf(time)) - offset;
          };
        }
        default: {
          const round = clockRounding(unit, isFloor);
          return (time: TimestampValue) => round(millisOf(time), nanosOf(time));
        }
      }
    },
  };
}

export const floorTime: TimeRounding = timeRounding('FLOOR');
export const ceilTime: TimeRounding = timeRounding('CEIL');
