import { unreachable } from '../base/assert.ts';
import { dateText, durationText, instantText, periodText, timestampText, timeText } from './civil.ts';
import { decimalText } from './decimal.ts';
import { inHashMapOrder } from './java-hash-map.ts';
import { doubleText, floatText } from './java-number.ts';
import type { SqlType } from './sql-type.ts';
import type { TimestampValue, Value } from './value.ts';

/** Writes one value, which may be null, as Flink's print sink shows it. */
export type Printer = (value: Value) => string;

/** A value as Flink's print sink shows it inside `+I[a, b]`. Where many values of one type are printed, use `printerOf`. */
export function printValue(type: SqlType, value: Value): string {
  return printerOf(type)(value);
}

/**
 * The function that prints values of one type: Java's text of the external value, so `1.0E-7` for a DOUBLE, `0E-7` for a
 * DECIMAL, `2024-01-01T00:00` for a TIMESTAMP, `[1, 2]` for arrays and bytes, `{k=v}` for maps, `+I[…]` for rows.
 */
export function printerOf(type: SqlType): Printer {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return printText;
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'NULL':
      return String;
    case 'FLOAT':
      return orNull(floatText);
    case 'DOUBLE':
      return orNull(doubleText);
    case 'DECIMAL': {
      const { scale } = type;
      return (value) => (value === null ? 'null' : decimalText(value as bigint, scale));
    }
    case 'DATE':
      return orNull(dateText);
    case 'TIME':
      return orNull(timeText);
    case 'TIMESTAMP':
      return orNull<TimestampValue>(timestampText);
    case 'TIMESTAMP_LTZ':
      return orNull<TimestampValue>(instantText);
    case 'INTERVAL_YEAR_MONTH':
      return orNull(periodText);
    case 'INTERVAL_DAY_TIME':
      return orNull(durationText);
    case 'BINARY':
    case 'VARBINARY':
      return orNull(printBytes);
    case 'ARRAY': {
      const element = printerOf(type.element);
      return (value) => (value === null ? 'null' : `[${(value as readonly Value[]).map(element).join(', ')}]`);
    }
    case 'MAP':
      return mapPrinter(type.key, printerOf(type.value));
    case 'MULTISET':
      return mapPrinter(type.element, String);
    case 'ROW': {
      const fields = type.fields.map((field) => printerOf(field.type));
      return (value) =>
        value === null ? 'null' : `+I[${fields.map((print, i) => print((value as readonly Value[])[i])).join(', ')}]`;
    }
    default:
      return unreachable(type);
  }
}

const printText: Printer = (value) => (value === null ? 'null' : (value as string));

function orNull<T extends Value>(print: (value: T) => string): Printer {
  return (value) => (value === null ? 'null' : print(value as T));
}

/** Java's bytes are signed. */
function printBytes(bytes: Uint8Array): string {
  return `[${Array.from(bytes, (byte) => (byte << 24) >> 24).join(', ')}]`;
}

/** Entries in the order of Java's HashMap. */
function mapPrinter(keyType: SqlType, value: Printer): Printer {
  const key = printerOf(keyType);
  return (map) => {
    if (map === null) return 'null';
    const entries = inHashMapOrder(keyType, map as ReadonlyMap<Value, Value>);
    return `{${entries.map(([k, v]) => `${key(k)}=${value(v)}`).join(', ')}}`;
  };
}
