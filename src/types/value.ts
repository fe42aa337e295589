import type { SqlType } from './sql-type.ts';

/**
 * What one SQL value is in JavaScript. NULL is `null`.
 *
 * | SQL type | JavaScript |
 * | --- | --- |
 * | BOOLEAN | boolean |
 * | TINYINT, SMALLINT, INTEGER | number |
 * | BIGINT | bigint, -2^63 … 2^63-1 |
 * | FLOAT | number, already rounded with Math.fround |
 * | DOUBLE | number |
 * | DECIMAL(p, s) | bigint: the unscaled value, so 1.50 at scale 2 is 150n |
 * | CHAR, VARCHAR | string |
 * | BINARY, VARBINARY | Uint8Array |
 * | DATE | number: days since 1970-01-01 |
 * | TIME | number: milliseconds since midnight |
 * | TIMESTAMP | number: milliseconds since 1970-01-01T00:00 of local time; a FineTimestamp only when digits below the millisecond are not zero |
 * | TIMESTAMP_LTZ | the same, since 1970-01-01T00:00Z |
 * | INTERVAL YEAR TO MONTH | number: months |
 * | INTERVAL DAY TO SECOND | number: milliseconds |
 * | ARRAY, ROW | Value[] |
 * | MAP | Map<Value, Value>, in order of insertion |
 * | MULTISET | Map<Value, number> |
 */
export type Value =
  null | boolean | number | bigint | string | Uint8Array | FineTimestamp | readonly Value[] | ReadonlyMap<Value, Value>;

/** A point in time with digits below the millisecond. `nanos` is 1 … 999999, never 0: such a time is a plain number. */
export class FineTimestamp {
  readonly millis: number;
  readonly nanos: number;

  constructor(millis: number, nanos: number) {
    this.millis = millis;
    this.nanos = nanos;
  }
}

export type TimestampValue = number | FineTimestamp;

export const millisOf = (time: TimestampValue): number => (typeof time === 'number' ? time : time.millis);
/** Nanoseconds within the millisecond, 0 … 999999. */
export const nanosOf = (time: TimestampValue): number => (typeof time === 'number' ? 0 : time.nanos);
export const timestampOf = (millis: number, nanos: number): TimestampValue =>
  nanos === 0 ? millis : new FineTimestamp(millis, nanos);

export function compareTimestamps(a: TimestampValue, b: TimestampValue): number {
  return millisOf(a) - millisOf(b) || nanosOf(a) - nanosOf(b);
}

/**
 * Total order of two values that are not null, as Flink sorts them: numbers by size with NaN last, text by code point
 * (UTF-8 bytes), false before true, bytes as unsigned.
 */
export function compareValues(type: SqlType, a: Value, b: Value): number {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return compareText(a as string, b as string);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return compareTimestamps(a as TimestampValue, b as TimestampValue);
    case 'FLOAT':
    case 'DOUBLE': {
      const x = a as number;
      const y = b as number;
      if (x < y) return -1;
      if (x > y) return 1;
      if (x === y) return x === 0 ? (Object.is(x, y) ? 0 : Object.is(x, -0) ? -1 : 1) : 0;
      return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : -1;
    }
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.compare(a as Uint8Array, b as Uint8Array);
    case 'ARRAY': {
      const x = a as readonly Value[];
      const y = b as readonly Value[];
      for (let i = 0; i < x.length && i < y.length; i++) {
        const order = compareNullable(type.element, x[i], y[i]);
        if (order !== 0) return order;
      }
      return x.length - y.length;
    }
    case 'ROW': {
      const x = a as readonly Value[];
      const y = b as readonly Value[];
      for (let i = 0; i < type.fields.length; i++) {
        const order = compareNullable(type.fields[i].type, x[i], y[i]);
        if (order !== 0) return order;
      }
      return 0;
    }
    default:
      return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
  }
}

/** As compareValues, with NULL before everything else (Flink's order for ascending sorts). */
export function compareNullable(type: SqlType, a: Value, b: Value): number {
  if (a === null) return b === null ? 0 : -1;
  if (b === null) return 1;
  return compareValues(type, a, b);
}

/** Order of two strings by code point, which is also the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for code points above all others, although their units are below U+E000 … U+FFFF.
      const xIsSurrogate = x >= 0xd800 && x <= 0xdfff;
      const yIsSurrogate = y >= 0xd800 && y <= 0xdfff;
      return xIsSurrogate === yIsSurrogate ? x - y : xIsSurrogate ? 1 : -1;
    }
  }
  return a.length - b.length;
}

/** True when two values that are not null are the same SQL value. */
export function equalValues(type: SqlType, a: Value, b: Value): boolean {
  switch (type.kind) {
    case 'MAP': {
      const x = a as ReadonlyMap<Value, Value>;
      const y = b as ReadonlyMap<Value, Value>;
      if (x.size !== y.size) return false;
      outer: for (const [key, value] of x) {
        for (const [otherKey, otherValue] of y) {
          if (compareNullable(type.key, key, otherKey) !== 0) continue;
          const same = value === null || otherValue === null ? value === otherValue : equalValues(type.value, value, otherValue);
          if (!same) return false;
          continue outer;
        }
        return false;
      }
      return true;
    }
    case 'FLOAT':
    case 'DOUBLE':
      return a === b;
    default:
      return compareValues(type, a, b) === 0;
  }
}
