import { civilOfDays, dayOfMillis, timeOfMillis } from './civil.ts';
import type { SqlType } from './sql-type.ts';
import { millisOf, nanosOf, type TimestampValue, type Value } from './value.ts';

/**
 * The order in which Java's HashMap gives its entries: Flink's maps are HashMaps wherever they are printed or read from JSON.
 */

/** The entries of a map in the order of a HashMap, made for `capacity` entries, that they are put into one by one. */
export function inHashMapOrder<V>(
  keyType: SqlType,
  entries: Iterable<readonly [Value, V]>,
  capacity = 16,
): (readonly [Value, V])[] {
  const list = [...entries];
  if (list.length < 2 || !hasHash(keyType)) return list;
  let size = 1;
  while (size < capacity || list.length > size * 0.75) size *= 2;
  const places = list.map(([key], i) => {
    const hash = key === null ? 0 : javaHash(keyType, key);
    return { place: (hash ^ (hash >>> 16)) & (size - 1), i };
  });
  // Growing keeps the order within a place, so that it is that of insertion.
  places.sort((a, b) => a.place - b.place || a.i - b.i);
  return places.map(({ i }) => list[i]);
}

function hasHash({ kind }: SqlType): boolean {
  return !['BINARY', 'VARBINARY', 'ARRAY', 'MAP', 'MULTISET', 'ROW', 'NULL', 'INTERVAL_YEAR_MONTH', 'INTERVAL_DAY_TIME'].includes(
    kind,
  );
}

const words = new DataView(new ArrayBuffer(8));

/** `hashCode` of the object that Flink makes of the value. */
function javaHash(type: SqlType, value: Value): number {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return textHash(value as string);
    case 'BOOLEAN':
      return value === true ? 1231 : 1237;
    case 'BIGINT':
      return longHash(value as bigint);
    case 'FLOAT':
      words.setFloat32(0, value as number);
      return words.getInt32(0);
    case 'DOUBLE':
      words.setFloat64(0, value as number);
      return words.getInt32(0) ^ words.getInt32(4);
    case 'DECIMAL':
      return decimalHash(value as bigint, type.scale);
    case 'DATE':
      return dateHash(value as number);
    case 'TIME':
      return longHash(BigInt(value as number) * 1_000_000n);
    case 'TIMESTAMP': {
      const millis = millisOf(value as TimestampValue);
      const nanosOfDay = BigInt(timeOfMillis(millis)) * 1_000_000n + BigInt(nanosOf(value as TimestampValue));
      return dateHash(dayOfMillis(millis)) ^ longHash(nanosOfDay);
    }
    case 'TIMESTAMP_LTZ': {
      const millis = millisOf(value as TimestampValue);
      const seconds = Math.floor(millis / 1000);
      const nanos = (millis - seconds * 1000) * 1_000_000 + nanosOf(value as TimestampValue);
      return (longHash(BigInt(seconds)) + Math.imul(51, nanos)) | 0;
    }
    default:
      return value as number;
  }
}

function textHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function longHash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}

/** Over the words of the unscaled value, the highest first. */
function decimalHash(unscaled: bigint, scale: number): number {
  let hash = 0;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString(16);
  for (let end = digits.length % 8; end <= digits.length; end += 8) {
    if (end > 0) hash = (Math.imul(hash, 31) + Number.parseInt(digits.slice(Math.max(0, end - 8), end), 16)) | 0;
  }
  return (Math.imul(31, unscaled < 0n ? -hash : hash) + scale) | 0;
}

function dateHash(days: number): number {
  const { year, month, day } = civilOfDays(days);
  return (year & 0xfffff800) ^ ((year << 11) + (month << 6) + day);
}
