import { DAY_MS, dayOfMillis, timeOfMillis } from '../types/civil.ts';
import type { SqlType } from '../types/sql-type.ts';
import { millisOf, nanosOf, timestampOf, type TimestampValue } from '../types/value.ts';
import type { Conversion } from './cast.ts';
import { zoneOf } from './time-zone.ts';

/**
 * Casts among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. A TIME alone is one of 1970-01-01. Excess digits are cut off, but not
 * those of a TIME, which has its milliseconds whatever its precision.
 */
export function castTime(from: SqlType, to: SqlType, timeZone: string): Conversion | undefined {
  if (from.kind === to.kind) {
    if (from.kind === 'DATE' || from.kind === 'TIME') return (value: number) => value;
    return truncation((to as { readonly precision: number }).precision);
  }
  switch (to.kind) {
    case 'DATE':
      if (from.kind === 'TIME') return undefined;
      if (from.kind === 'TIMESTAMP') return (value: TimestampValue) => dayOfMillis(millisOf(value));
      return toLocal(timeZone, dayOfMillis);
    case 'TIME':
      if (from.kind === 'DATE') return undefined;
      if (from.kind === 'TIMESTAMP') return (value: TimestampValue) => timeOfMillis(millisOf(value));
      return toLocal(timeZone, timeOfMillis);
    case 'TIMESTAMP': {
      const truncate = truncation(to.precision);
      if (from.kind === 'DATE') return (value: number) => value * DAY_MS;
      if (from.kind === 'TIME') return truncate;
      const zone = zoneOf(timeZone);
      return (value: TimestampValue) => {
        const millis = millisOf(value);
        return truncate(timestampOf(millis + zone.offsetAt(millis), nanosOf(value)));
      };
    }
    case 'TIMESTAMP_LTZ': {
      const truncate = truncation(to.precision);
      const zone = zoneOf(timeZone);
      if (from.kind === 'DATE') return (value: number) => zone.toInstant(value * DAY_MS);
      return (value: TimestampValue) => truncate(timestampOf(zone.toInstant(millisOf(value)), nanosOf(value)));
    }
    default:
      return undefined;
  }
}

function toLocal(timeZone: string, part: (localMillis: number) => number): Conversion {
  const zone = zoneOf(timeZone);
  return (value: TimestampValue) => {
    const millis = millisOf(value);
    return part(millis + zone.offsetAt(millis));
  };
}

function truncation(precision: number): (value: TimestampValue) => TimestampValue {
  if (precision >= 9) return (value) => value;
  const millisUnit = precision >= 3 ? 1 : 10 ** (3 - precision);
  const nanosUnit = 10 ** Math.min(6, 9 - precision);
  return (value) => {
    if (typeof value === 'number') return millisUnit === 1 ? value : Math.floor(value / millisUnit) * millisUnit;
    if (precision <= 3) return Math.floor(value.millis / millisUnit) * millisUnit;
    return timestampOf(value.millis, value.nanos - (value.nanos % nanosUnit));
  };
}
