import { isInterval, isNumeric, isTimestamp, BIGINT, INTEGER, type SqlType } from '../types/sql-type.ts';
import { DAY_MS, civilOfDays, dayOfMillis, daysInMonth, daysOfCivil } from '../types/civil.ts';
import { millisOf, nanosOf, timestampOf, type TimestampValue } from '../types/value.ts';
import type { Argument, CallSite, ScalarFunction, Signature } from './function.ts';
import { strict } from './signature.ts';

/**
 * `+`, `-`, `*` and NEGATE where an interval takes part. Points in time keep their type and their digits below the millisecond;
 * TIMESTAMP_LTZ counts in UTC, also months. A DATE moves by whole days, the rest is dropped; a TIME stays within its day.
 */
export interface TimeOperator extends Pick<ScalarFunction, 'inline' | 'implement'> {
  /** Undefined when the arguments are not for this operator. */
  infer(args: readonly Argument[]): Signature | undefined;
}

const isPointInTime = (type: SqlType): boolean => type.kind === 'DATE' || type.kind === 'TIME' || isTimestamp(type);

/** True when the operator works on intervals here, and not on numbers. */
export const isTimeArithmetic = (site: CallSite): boolean => site.args.some((type) => isInterval(type) || isPointInTime(type));

function additive(sign: 1 | -1): TimeOperator {
  return {
    infer(args) {
      const [a, b] = args.map((arg) => arg.type);
      if (isInterval(a) && a.kind === b.kind) return strict(args, [a, b], a);
      if (isPointInTime(a) && isInterval(b)) return strict(args, [a, b], a);
      if (sign === 1 && isInterval(a) && isPointInTime(b)) return strict(args, [a, b], b);
      return undefined;
    },
    inline(args, site) {
      const operator = sign === 1 ? '+' : '-';
      const [time, interval, timeType, intervalType] = timeFirst(args, site);
      if (isInterval(timeType)) {
        return timeType.kind === 'INTERVAL_YEAR_MONTH'
          ? `(${time} ${operator} ${interval} | 0)`
          : `(${time} ${operator} ${interval})`;
      }
      if (intervalType.kind === 'INTERVAL_YEAR_MONTH') return undefined;
      if (timeType.kind === 'TIME') return undefined;
      if (timeType.kind === 'DATE') return `(${time} ${operator} Math.trunc(${interval} / ${DAY_MS}))`;
      return `(typeof ${time} === 'number' ? ${time} ${operator} ${interval} : timestampOf(millisOf(${time}) ${operator} ${interval}, nanosOf(${time})))`;
    },
    implement(site) {
      const swapped = isInterval(site.args[0]) && !isInterval(site.args[1]);
      const move = mover(swapped ? site.args[1] : site.args[0], swapped ? site.args[0] : site.args[1]);
      if (swapped) return (interval: number, time: TimestampValue) => move(time, interval);
      return (time: TimestampValue, interval: number) => move(time, sign * interval);
    },
  };
}

function timeFirst(
  args: readonly string[],
  site: CallSite,
): [time: string, interval: string, timeType: SqlType, intervalType: SqlType] {
  const swap = isInterval(site.args[0]) && !isInterval(site.args[1]);
  return swap ? [args[1], args[0], site.args[1], site.args[0]] : [args[0], args[1], site.args[0], site.args[1]];
}

/** A function that adds an interval to a point in time, or to an interval of the same kind. */
export function mover(type: SqlType, interval: SqlType): (time: TimestampValue, amount: number) => TimestampValue {
  const months = interval.kind === 'INTERVAL_YEAR_MONTH';
  switch (type.kind) {
    case 'INTERVAL_YEAR_MONTH':
      return (a, b) => ((a as number) + b) | 0;
    case 'INTERVAL_DAY_TIME':
      return (a, b) => (a as number) + b;
    case 'DATE':
      return months
        ? (days, amount) => addMonthsToDate(days as number, amount)
        : (days, amount) => (days as number) + Math.trunc(amount / DAY_MS);
    case 'TIME':
      return months ? (time) => time : (time, amount) => modulo((time as number) + amount, DAY_MS);
    default:
      return months
        ? addMonthsToTimestamp
        : (time, amount) => (typeof time === 'number' ? time + amount : timestampOf(time.millis + amount, time.nanos));
  }
}

const modulo = (a: number, b: number): number => a - Math.floor(a / b) * b;

/** The same day of another month, or the last one if that month is shorter. */
export function addMonthsToDate(days: number, months: number): number {
  const date = civilOfDays(days);
  const count = date.year * 12 + date.month - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  return daysOfCivil(year, month, Math.min(date.day, daysInMonth(year, month)));
}

export function addMonthsToTimestamp(time: TimestampValue, months: number): TimestampValue {
  const millis = millisOf(time);
  const days = dayOfMillis(millis);
  return timestampOf(millis + (addMonthsToDate(days, months) - days) * DAY_MS, nanosOf(time));
}

export const timePlus: TimeOperator = additive(1);
export const timeMinus: TimeOperator = additive(-1);

/** interval * number and number * interval, for exact numbers without a fraction. */
export const timeMultiply: TimeOperator = {
  infer(args) {
    const [a, b] = args.map((arg) => arg.type);
    if (isInterval(a) === isInterval(b)) return undefined;
    const factor = isInterval(a) ? b : a;
    if (!isNumeric(factor) || factor.kind === 'DECIMAL' || factor.kind === 'FLOAT' || factor.kind === 'DOUBLE') return undefined;
    const target = factor.kind === 'BIGINT' ? BIGINT : INTEGER;
    return isInterval(a) ? strict(args, [a, target], a) : strict(args, [target, b], b);
  },
  inline(args, site) {
    const [a, b] = args.map((arg, i) => (site.args[i].kind === 'BIGINT' ? `Number(${arg})` : arg));
    return site.type.kind === 'INTERVAL_YEAR_MONTH' ? `Math.imul(${a}, ${b})` : `(${a} * ${b} + 0)`;
  },
  implement(site) {
    const months = site.type.kind === 'INTERVAL_YEAR_MONTH';
    return (a: number | bigint, b: number | bigint) => (months ? Math.imul(Number(a), Number(b)) : Number(a) * Number(b) + 0);
  },
};
