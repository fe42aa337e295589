import { zoneOf } from '../functions/time-zone.ts';
import { dateText, timeText } from '../types/civil.ts';
import { decimalText } from '../types/decimal.ts';
import { printerOf } from '../types/format-value.ts';
import type { Schema } from '../types/schema.ts';
import { isNumeric, isText, isTimestamp, typeName, type SqlType } from '../types/sql-type.ts';
import { millisOf, type TimestampValue, type Value } from '../types/value.ts';
import type { Cell, ColumnView } from './api.ts';

/** JSON has exact words for decimals of up to so many digits. */
const EXACT_DIGITS = 15;

/** How a value of a type stands in the API: see Cell. Times without zone are times of `timeZone`. */
export function cellOf(type: SqlType, timeZone: string): (value: Value) => Cell {
  const zone = zoneOf(timeZone);
  return orNull(nonNull());

  function nonNull(): (value: Value) => Cell {
    switch (type.kind) {
      case 'BOOLEAN':
      case 'TINYINT':
      case 'SMALLINT':
      case 'INTEGER':
      case 'CHAR':
      case 'VARCHAR':
        return (value) => value as Cell;
      case 'FLOAT':
      case 'DOUBLE':
        return (value) => (Number.isFinite(value) ? (value as number) : String(value));
      case 'BIGINT':
        return (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
      case 'DECIMAL':
        return (value) => {
          const text = decimalText(value as bigint, type.scale);
          return type.precision <= EXACT_DIGITS ? Number(text) : text;
        };
      case 'DATE':
        return (value) => dateText(value as number);
      case 'TIME':
        return (value) => timeText(value as number);
      case 'TIMESTAMP':
        return (value) => zone.toInstant(millisOf(value as TimestampValue));
      case 'TIMESTAMP_LTZ':
        return (value) => millisOf(value as TimestampValue);
      default:
        return printerOf(type);
    }
  }
}

const orNull =
  (write: (value: Value) => Cell) =>
  (value: Value): Cell =>
    value === null ? null : write(value);

export function columnViews(schema: Schema): ColumnView[] {
  return schema.map(({ name, type }) => ({ name, type: typeName(type), role: roleOf(type) }));
}

function roleOf(type: SqlType): ColumnView['role'] {
  if (isNumeric(type)) return 'number';
  if (isText(type)) return 'text';
  if (isTimestamp(type)) return 'time';
  return type.kind === 'BOOLEAN' ? 'boolean' : 'other';
}
