import { unreachable } from '../base/assert.ts';
import { dateText, instantText, parseIsoDate, parseIsoTime, parseIsoTimestamp, timestampText, timeText } from '../types/civil.ts';
import { bigDecimalToDecimal, decimalPlainText, parseBigDecimal } from '../types/decimal.ts';
import type { SqlType } from '../types/sql-type.ts';
import { millisOf, type TimestampValue, type Value } from '../types/value.ts';

/**
 * What a user's program sees of a SQL value, exact in every case:
 *
 * | SQL type | JavaScript |
 * | --- | --- |
 * | BOOLEAN | boolean |
 * | TINYINT, SMALLINT, INT, FLOAT, DOUBLE, intervals (months or milliseconds) | number |
 * | BIGINT | bigint |
 * | DECIMAL | string, `'1.50'` |
 * | CHAR, VARCHAR, STRING | string |
 * | BINARY, VARBINARY, BYTES | Uint8Array |
 * | DATE, TIME, TIMESTAMP | string in ISO 8601: `'2024-05-12'`, `'02:11'`, `'2024-05-12T02:11:37.500'` |
 * | TIMESTAMP_LTZ | string in ISO 8601, UTC: `'2024-05-12T02:11:37Z'` |
 * | ARRAY, ROW, MAP | Array, object, Map |
 */
export type JsValue = null | boolean | number | bigint | string | Uint8Array | readonly JsValue[] | JsMap | JsRow;
type JsMap = ReadonlyMap<JsValue, JsValue>;
export interface JsRow {
  readonly [column: string]: JsValue;
}

/** The function that shows values of one type to a user's program. */
export function toJs(type: SqlType): (value: Value) => JsValue {
  const convert = converterOf(type);
  return (value) => (value === null ? null : convert(value));
}

function converterOf(type: SqlType): (value: Value) => JsValue {
  switch (type.kind) {
    case 'DECIMAL':
      return (value) => decimalPlainText(value as bigint, type.scale);
    case 'DATE':
      return (value) => dateText(value as number);
    case 'TIME':
      return (value) => timeText(value as number);
    case 'TIMESTAMP':
      return (value) => timestampText(value as TimestampValue);
    case 'TIMESTAMP_LTZ':
      return (value) => instantText(value as TimestampValue);
    case 'BINARY':
    case 'VARBINARY':
      return (value) => Uint8Array.from(value as Uint8Array);
    case 'ARRAY': {
      const element = toJs(type.element);
      return (value) => (value as readonly Value[]).map(element);
    }
    case 'ROW': {
      const fields = type.fields.map((field) => [field.name, toJs(field.type)] as const);
      return (value) => Object.fromEntries(fields.map(([name, convert], i) => [name, convert((value as readonly Value[])[i])]));
    }
    case 'MAP':
      return mapConverter(toJs(type.key), toJs(type.value));
    case 'MULTISET':
      return mapConverter(toJs(type.element), (count) => count as number);
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'CHAR':
    case 'VARCHAR':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'NULL':
      return (value) => value as JsValue;
    default:
      return unreachable(type);
  }
}

function mapConverter(key: (value: Value) => JsValue, value: (value: Value) => JsValue): (map: Value) => JsValue {
  return (map) => new Map([...(map as ReadonlyMap<Value, Value>)].map(([k, v]) => [key(k), value(v)]));
}

const INTEGER_BITS = { TINYINT: 8, SMALLINT: 16, INTEGER: 32 } as const;

/**
 * The SQL value of what a user's program gives for a column; undefined is NULL, a Date is a point in time, and whole numbers are
 * taken for BIGINT and DECIMAL. Answers undefined where the value does not fit the type.
 */
export function fromJs(type: SqlType, value: unknown): Value | undefined {
  if (value === null || value === undefined) return type.nullable ? null : undefined;
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof value === 'boolean' ? value : undefined;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER': {
      const limit = 2 ** (INTEGER_BITS[type.kind] - 1);
      return Number.isInteger(value) && (value as number) >= -limit && (value as number) < limit ? (value as number) : undefined;
    }
    case 'BIGINT': {
      if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) return undefined;
      const exact = BigInt(value as number | bigint);
      return BigInt.asIntN(64, exact) === exact ? exact : undefined;
    }
    case 'FLOAT':
      return typeof value === 'number' ? Math.fround(value) : undefined;
    case 'DOUBLE':
    case 'INTERVAL_DAY_TIME':
    case 'INTERVAL_YEAR_MONTH':
      return typeof value === 'number' ? value : undefined;
    case 'DECIMAL': {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
      const parsed = parseBigDecimal(String(value));
      return parsed === undefined ? undefined : (bigDecimalToDecimal(parsed, type.precision, type.scale) ?? undefined);
    }
    case 'CHAR':
    case 'VARCHAR':
      return typeof value === 'string' ? value : undefined;
    case 'BINARY':
    case 'VARBINARY':
      return value instanceof Uint8Array ? value : undefined;
    case 'DATE':
      return typeof value === 'string' ? (parseIsoDate(value) ?? undefined) : undefined;
    case 'TIME':
      return typeof value === 'string' ? (parseIsoTime(value, true) ?? undefined) : undefined;
    case 'TIMESTAMP':
      return typeof value === 'string' ? localTime(value) : undefined;
    case 'TIMESTAMP_LTZ':
      return pointInTime(value);
    case 'ARRAY':
      return Array.isArray(value) ? allOf(value.map((element) => fromJs(type.element, element))) : undefined;
    case 'ROW': {
      if (typeof value !== 'object') return undefined;
      return allOf(type.fields.map((field) => fromJs(field.type, (value as Record<string, unknown>)[field.name])));
    }
    case 'MAP': {
      const entries = value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value);
      const converted = entries.map(([k, v]) => [fromJs(type.key, k), fromJs(type.value, v)] as const);
      return converted.some(([k, v]) => k === undefined || v === undefined)
        ? undefined
        : new Map(converted as (readonly [Value, Value])[]);
    }
    case 'MULTISET':
    case 'NULL':
      return undefined;
    default:
      return unreachable(type);
  }
}

/** Text as SQL and JSON write it, with a blank or a `T` between day and time. */
function localTime(text: string): TimestampValue | undefined {
  return parseIsoTimestamp(text.replace(' ', 'T'), 'ISO-8601') ?? undefined;
}

function pointInTime(value: unknown): TimestampValue | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.getTime();
  if (typeof value !== 'string' || !value.endsWith('Z')) return undefined;
  const time = localTime(value.slice(0, -1));
  return time === undefined || Number.isNaN(millisOf(time)) ? undefined : time;
}

function allOf(values: readonly (Value | undefined)[]): readonly Value[] | undefined {
  return values.includes(undefined) ? undefined : (values as readonly Value[]);
}
