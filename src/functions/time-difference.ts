import { assert } from '../base/assert.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, dayOfMillis, timeOfMillis } from '../types/civil.ts';
import { orderingType } from '../types/common-type.ts';
import {
  BIGINT,
  BOOLEAN,
  INTEGER,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  isInteger,
  isInterval,
  isTimestamp,
  timestamp,
  type SqlType,
} from '../types/sql-type.ts';
import { compareValues, millisOf, type TimestampValue, type Value } from '../types/value.ts';
import { SignatureError, type Argument, type CallSite, type ScalarFunction } from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { addMonthsToDate, mover } from './time-arithmetic.ts';

/** TIMESTAMPADD, TIMESTAMPDIFF and OVERLAPS. */

const MONTHS = new Map([
  ['YEAR', 12],
  ['QUARTER', 3],
  ['MONTH', 1],
]);

const MILLIS = new Map([
  ['WEEK', 7 * DAY_MS],
  ['DAY', DAY_MS],
  ['HOUR', HOUR_MS],
  ['MINUTE', MINUTE_MS],
  ['SECOND', 1000],
]);

/** Units in which TIMESTAMPDIFF writes a number of whole seconds: so many in a second. */
const FINE = new Map([
  ['MICROSECOND', 1_000_000],
  ['NANOSECOND', 1_000_000_000],
]);

/** `SQL_TSI_DAY` is the old form of DAY. */
const plainUnit = (unit: string): string =>
  unit
    .toUpperCase()
    .replace(/^SQL_TSI_/, '')
    .replace('FRAC_SECOND', 'MICROSECOND');

function expectUnit(name: string, args: readonly Argument[], units: readonly string[]): string {
  expectCount(name, args, 3);
  const { literal } = args[0];
  const unit = typeof literal === 'string' ? plainUnit(literal) : undefined;
  if (unit === undefined || !units.includes(unit))
    throw new SignatureError(`${name} takes one of ${units.join(', ')} as its unit`);
  return unit;
}

function unitOf(site: CallSite): string {
  const unit = site.literals[0];
  assert(typeof unit === 'string', 'the unit is a literal');
  return plainUnit(unit);
}

const timestampAdd: ScalarFunction = {
  name: 'TIMESTAMPADD',
  summary: 'A point in time moved by a number of units: TIMESTAMPADD(HOUR, 3, t).',
  infer(args) {
    const unit = expectUnit('TIMESTAMPADD', args, [...MONTHS.keys(), ...MILLIS.keys()]);
    const [, count, { type }] = args;
    if (!isInteger(count.type) || !(isTimestamp(type) || type.kind === 'DATE' || type.kind === 'TIME')) {
      throw wrongTypes('TIMESTAMPADD', args.slice(1), 'a whole number and a point in time');
    }
    const isFine = type.kind === 'DATE' && (MILLIS.get(unit) ?? DAY_MS) < DAY_MS;
    const result = isFine ? timestamp(6) : type;
    return strict(args, [args[0].type, count.type.kind === 'BIGINT' ? BIGINT : INTEGER, result], result);
  },
  inline([, count, time], site) {
    const unit = MILLIS.get(unitOf(site));
    if (unit === undefined || !isTimestamp(site.type)) return undefined;
    const amount = `${site.args[1].kind === 'BIGINT' ? `Number(${count})` : count} * ${unit}`;
    return `(typeof ${time} === 'number' ? ${time} + ${amount} : timestampOf(millisOf(${time}) + ${amount}, nanosOf(${time})))`;
  },
  implement(site) {
    const unit = unitOf(site);
    const months = MONTHS.get(unit);
    const length = months ?? MILLIS.get(unit)!;
    const move = mover(site.type, months === undefined ? INTERVAL_DAY_TIME : INTERVAL_YEAR_MONTH);
    return (_unit: string, count: number | bigint, time: TimestampValue) => move(time, Number(count) * length);
  },
  examples: [
    ["TIMESTAMPADD(WEEK, 1, DATE '2003-01-02')", '2003-01-09'],
    ["TIMESTAMPADD(MONTH, 1, TIMESTAMP '2024-01-31 10:00:00')", '2024-02-29T10:00'],
  ],
};

/** Whole months from one day to another, as Calcite counts them: negative when `to` is earlier. */
function monthsBetweenDays(from: number, to: number): number {
  if (to < from) return -monthsBetweenDays(to, from);
  // No month has more than 31 days, so the estimate is never too large.
  let months = Math.floor((to - from) / 31);
  while (addMonthsToDate(from, months) < to && addMonthsToDate(from, months + 1) <= to) months++;
  return months;
}

/** As Calcite's subtractMonths: the time of day takes a month off only where both fall on the same day of the month. */
function monthsBetween(from: number, to: number): number {
  const fromDay = dayOfMillis(from);
  const toDay = dayOfMillis(to);
  const months = monthsBetweenDays(fromDay, toDay);
  return addMonthsToDate(fromDay, months) === toDay && timeOfMillis(to) < timeOfMillis(from) ? months - 1 : months;
}

const timestampDiff: ScalarFunction = {
  name: 'TIMESTAMPDIFF',
  summary: 'The number of whole units from the first point in time to the second: TIMESTAMPDIFF(DAY, a, b).',
  infer(args) {
    const unit = expectUnit('TIMESTAMPDIFF', args, [...MONTHS.keys(), ...MILLIS.keys(), ...FINE.keys()]);
    const [, a, b] = args;
    const isZoned = (arg: Argument): boolean => arg.type.kind === 'TIMESTAMP_LTZ';
    const fits = (arg: Argument): boolean => isTimestamp(arg.type) || arg.type.kind === 'DATE';
    if (!fits(a) || !fits(b) || isZoned(a) !== isZoned(b)) {
      throw wrongTypes('TIMESTAMPDIFF', [a, b], 'two points in time, both or neither of them TIMESTAMP_LTZ');
    }
    return strict(args, [args[0].type, a.type, b.type], unit === 'NANOSECOND' ? BIGINT : INTEGER);
  },
  inline([, from, to], site) {
    const unit = MILLIS.get(unitOf(site));
    if (unit === undefined || !isTimestamp(site.args[1]) || !isTimestamp(site.args[2])) return undefined;
    return `((millisOf(${to}) - millisOf(${from})) / ${unit} | 0)`;
  },
  implement(site) {
    const unit = unitOf(site);
    const [from, to] = [millisReader(site.args[1]), millisReader(site.args[2])];
    const months = MONTHS.get(unit);
    if (months !== undefined) {
      return (_unit: string, a: TimestampValue, b: TimestampValue) => Math.trunc(monthsBetween(from(a), to(b)) / months) + 0;
    }
    const perSecond = FINE.get(unit);
    if (perSecond !== undefined) {
      const bits = unit === 'NANOSECOND' ? 64 : 32;
      return (_unit: string, a: TimestampValue, b: TimestampValue) => {
        const count = BigInt.asIntN(bits, BigInt(Math.trunc((to(b) - from(a)) / 1000)) * BigInt(perSecond));
        return bits === 64 ? count : Number(count);
      };
    }
    const length = MILLIS.get(unit)!;
    return (_unit: string, a: TimestampValue, b: TimestampValue) => ((to(b) - from(a)) / length) | 0;
  },
  examples: [
    ["TIMESTAMPDIFF(DAY, TIMESTAMP '2003-01-02 10:00:00', TIMESTAMP '2003-01-03 10:00:00')", '1'],
    ["TIMESTAMPDIFF(MONTH, DATE '2024-01-31', DATE '2024-02-29')", '1'],
  ],
};

function millisReader(type: SqlType): (time: TimestampValue) => number {
  return type.kind === 'DATE' ? (day) => (day as number) * DAY_MS : millisOf;
}

// ---------------------------------------------------------------- OVERLAPS

/** Two points in time, or one and an interval. */
function expectPair(pair: readonly Argument[]): SqlType | undefined {
  const [start, end] = pair;
  if (!(isTimestamp(start.type) || start.type.kind === 'DATE' || start.type.kind === 'TIME')) return undefined;
  return isInterval(end.type) || end.type.kind === start.type.kind ? start.type : undefined;
}

const overlaps: ScalarFunction = {
  name: 'OVERLAPS',
  summary: 'True when two spans of time touch: (start1, end1) OVERLAPS (start2, end2); an end may be an interval.',
  nulls: 'custom',
  infer(args) {
    expectCount('OVERLAPS', args, 4);
    const left = expectPair(args.slice(0, 2));
    const right = expectPair(args.slice(2));
    if (left === undefined || right === undefined || left.kind !== right.kind || orderingType(left, right) === undefined) {
      throw wrongTypes('OVERLAPS', args, 'two pairs of points in time of one type');
    }
    return strict(
      args,
      args.map((arg) => arg.type),
      BOOLEAN,
    );
  },
  implement(site) {
    const type = site.args[0];
    const end = (i: number): ((start: Value, end: Value) => Value) => {
      if (!isInterval(site.args[i])) return (_start, value) => value;
      const move = mover(type, site.args[i]);
      return (start, value) => (start === null || value === null ? null : move(start as TimestampValue, value as number));
    };
    const [leftEnd, rightEnd] = [end(1), end(3)];
    const atMost = (a: Value, b: Value): boolean | null => (a === null || b === null ? null : compareValues(type, a, b) <= 0);
    // Each comparison of a span's ends that is unknown counts as false, as in Calcite's rewriting.
    return (start1: Value, stop1: Value, start2: Value, stop2: Value) => {
      const [end1, end2] = [leftEnd(start1, stop1), rightEnd(start2, stop2)];
      const forward1 = atMost(start1, end1) === true;
      const forward2 = atMost(start2, end2) === true;
      const reaches = atMost(forward2 ? start2 : end2, forward1 ? end1 : start1);
      const isReached = atMost(forward1 ? start1 : end1, forward2 ? end2 : start2);
      if (reaches === false || isReached === false) return false;
      return reaches === null || isReached === null ? null : true;
    };
  },
  examples: [["(TIME '2:55:00', INTERVAL '1' HOUR) OVERLAPS (TIME '3:30:00', INTERVAL '2' HOUR)", 'true']],
};

export const timeDifferenceFunctions: readonly ScalarFunction[] = [timestampAdd, timestampDiff, overlaps];
