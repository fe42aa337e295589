import { RunError } from '../../base/problem.ts';
import type { Batch } from '../../types/batch.ts';
import type {
  Column,
  DoubleColumn,
  IntColumn,
  TextColumn,
  TimestampColumn,
  BigintColumn,
  BooleanColumn,
} from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { RowField, SqlType } from '../../types/sql-type.ts';
import type { TimestampValue, Value } from '../../types/value.ts';
import { strippedDecimalText } from '../decimal-text.ts';
import type { ByteSink, Encoder } from '../format.ts';
import { MAX_NUMBER_LENGTH, putAscii, putBigint, putDouble, putFloat, putInt } from '../number-bytes.ts';
import { putUnit } from '../text-bytes.ts';
import { MAX_TIMESTAMP_LENGTH, putDate, putTime, putTimestamp, putTimestampValue } from '../time-text.ts';
import type { JsonOptions } from './json-options.ts';

/** Writes rows as JSON objects, byte for byte as Flink's JsonRowDataSerializationSchema does. */
export function createJsonEncoder(schema: Schema, sources: readonly number[], options: JsonOptions): Encoder {
  return new JsonEncoder(schema, sources, options);
}

type WriteValue = (value: Value, out: ByteSink) => void;
type WriteCell = (column: Column, row: number, out: ByteSink) => void;

class JsonEncoder implements Encoder {
  private readonly sources: readonly number[];
  private readonly keys: readonly Uint8Array[];
  private readonly writers: readonly WriteCell[];
  private readonly ignoreNulls: boolean;

  constructor(schema: Schema, sources: readonly number[], options: JsonOptions) {
    this.sources = sources;
    this.keys = schema.map((field) => keyBytes(field.name));
    this.writers = schema.map((field) => cellWriter(field.type, options));
    this.ignoreNulls = options.encodeIgnoreNullFields;
  }

  encode(batch: Batch, row: number, out: ByteSink): void {
    const { keys, writers, sources, ignoreNulls } = this;
    const { columns } = batch;
    putByte(out, 0x7b);
    let first = true;
    for (let i = 0; i < keys.length; i++) {
      const column = columns[sources[i]];
      const isNull = column.nulls[row] === 1;
      if (isNull && ignoreNulls) continue;
      putKey(out, keys[i], first);
      first = false;
      if (isNull) putWord(out, 'null');
      else writers[i](column, row, out);
    }
    putByte(out, 0x7d);
  }
}

/** A field's name, quoted and escaped, and the colon. */
function keyBytes(name: string): Uint8Array {
  const out: ByteSink = { bytes: new Uint8Array(6 * name.length + 3), length: 0, reserve: () => undefined };
  putText(out, name);
  putByte(out, 0x3a);
  return out.bytes.slice(0, out.length);
}

function putKey(out: ByteSink, key: Uint8Array, first: boolean): void {
  out.reserve(key.length + 1);
  const { bytes } = out;
  let at = out.length;
  if (!first) bytes[at++] = 0x2c;
  for (let i = 0; i < key.length; i++) bytes[at + i] = key[i];
  out.length = at + key.length;
}

function putByte(out: ByteSink, byte: number): void {
  out.reserve(1);
  out.bytes[out.length++] = byte;
}

function putWord(out: ByteSink, word: string): void {
  out.reserve(word.length);
  out.length = putAscii(out.bytes, out.length, word);
}

const HEX = '0123456789ABCDEF';

/** Writes a string as Jackson does: short escapes where JSON has them, `\uXXXX` for other control characters and for surrogates. */
function putText(out: ByteSink, text: string): void {
  out.reserve(6 * text.length + 2);
  const { bytes } = out;
  let at = out.length;
  bytes[at++] = 0x22;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit < 0x80 && unit !== 0x22 && unit !== 0x5c) {
      bytes[at++] = unit;
    } else if (unit >= 0x80 && (unit < 0xd800 || unit > 0xdfff)) {
      at = putUnit(bytes, at, text, i);
    } else {
      bytes[at++] = 0x5c;
      const short = shortEscape(unit);
      if (short !== 0) {
        bytes[at++] = short;
      } else {
        bytes[at++] = 0x75;
        for (let shift = 12; shift >= 0; shift -= 4) bytes[at++] = HEX.charCodeAt((unit >> shift) & 15);
      }
    }
  }
  bytes[at++] = 0x22;
  out.length = at;
}

function shortEscape(unit: number): number {
  switch (unit) {
    case 0x22:
    case 0x5c:
      return unit;
    case 8:
      return 0x62;
    case 9:
      return 0x74;
    case 10:
      return 0x6e;
    case 12:
      return 0x66;
    case 13:
      return 0x72;
    default:
      return 0;
  }
}

/** NaN and the infinities, which JSON does not have, are written as strings. */
function putNumber(out: ByteSink, value: number, put: (bytes: Uint8Array, at: number, value: number) => number): void {
  out.reserve(MAX_NUMBER_LENGTH);
  if (Number.isFinite(value)) out.length = put(out.bytes, out.length, value);
  else out.length = putAscii(out.bytes, out.length, `"${value}"`);
}

/** A date or a time of day, in quotes. */
function putQuoted(out: ByteSink, value: number, put: (bytes: Uint8Array, at: number, value: number) => number): void {
  out.reserve(MAX_TIMESTAMP_LENGTH);
  out.bytes[out.length] = 0x22;
  const at = put(out.bytes, out.length + 1, value);
  out.bytes[at] = 0x22;
  out.length = at + 1;
}

/** Straight from the column, without a value in between, for the types of most columns. */
function cellWriter(type: SqlType, options: JsonOptions): WriteCell {
  const separator = options.timestampStandard === 'SQL' ? 0x20 : 0x54;
  switch (type.kind) {
    case 'BOOLEAN':
      return (column, row, out) => putWord(out, (column as BooleanColumn).values[row] === 1 ? 'true' : 'false');
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
      return (column, row, out) => {
        out.reserve(MAX_NUMBER_LENGTH);
        out.length = putInt(out.bytes, out.length, (column as IntColumn).values[row]);
      };
    case 'BIGINT':
      return (column, row, out) => {
        out.reserve(MAX_NUMBER_LENGTH);
        out.length = putBigint(out.bytes, out.length, (column as BigintColumn).values[row]);
      };
    case 'DOUBLE':
      return (column, row, out) => putNumber(out, (column as DoubleColumn).values[row], putDouble);
    case 'CHAR':
    case 'VARCHAR':
      return (column, row, out) => putText(out, (column as TextColumn).values[row]);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const zoned = type.kind === 'TIMESTAMP_LTZ';
      return (column, row, out) => {
        const { values, nanos } = column as TimestampColumn;
        out.reserve(MAX_TIMESTAMP_LENGTH);
        const { bytes } = out;
        bytes[out.length] = 0x22;
        const fine = nanos === null ? 0 : nanos[row];
        let at = putTimestamp(bytes, out.length + 1, values[row], fine, separator);
        if (zoned) bytes[at++] = 0x5a;
        bytes[at] = 0x22;
        out.length = at + 1;
      };
    }
    default: {
      const write = valueWriter(type, options);
      return (column, row, out) => write(column.get(row), out);
    }
  }
}

/** Writes values of a type that may be NULL. */
function nullableWriter(type: SqlType, options: JsonOptions): WriteValue {
  const write = valueWriter(type, options);
  return (value, out) => {
    if (value === null) putWord(out, 'null');
    else write(value, out);
  };
}

function valueWriter(type: SqlType, options: JsonOptions): WriteValue {
  const separator = options.timestampStandard === 'SQL' ? 0x20 : 0x54;
  switch (type.kind) {
    case 'NULL':
      return (_value, out) => putWord(out, 'null');
    case 'BOOLEAN':
      return (value, out) => putWord(out, value === true ? 'true' : 'false');
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'BIGINT':
      return (value, out) => putWord(out, String(value));
    case 'FLOAT':
      return (value, out) => putNumber(out, value as number, putFloat);
    case 'DOUBLE':
      return (value, out) => putNumber(out, value as number, putDouble);
    case 'DECIMAL': {
      const { scale } = type;
      const plain = options.encodeDecimalAsPlainNumber;
      return (value, out) => putWord(out, strippedDecimalText(value as bigint, scale, plain));
    }
    case 'CHAR':
    case 'VARCHAR':
      return (value, out) => putText(out, value as string);
    case 'BINARY':
    case 'VARBINARY':
      return (value, out) => putWord(out, `"${Buffer.from(value as Uint8Array).toString('base64')}"`);
    case 'DATE':
      return (value, out) => putQuoted(out, value as number, putDate);
    case 'TIME':
      return (value, out) => putQuoted(out, Math.floor((value as number) / 1000), putTime);
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const zoned = type.kind === 'TIMESTAMP_LTZ';
      return (value, out) => {
        out.reserve(MAX_TIMESTAMP_LENGTH);
        out.bytes[out.length] = 0x22;
        let at = putTimestampValue(out.bytes, out.length + 1, value as TimestampValue, separator);
        if (zoned) out.bytes[at++] = 0x5a;
        out.bytes[at] = 0x22;
        out.length = at + 1;
      };
    }
    case 'ARRAY': {
      const write = nullableWriter(type.element, options);
      return (value, out) => {
        putByte(out, 0x5b);
        (value as readonly Value[]).forEach((element, i) => {
          if (i > 0) putByte(out, 0x2c);
          write(element, out);
        });
        putByte(out, 0x5d);
      };
    }
    case 'MAP':
      return mapWriter(type.value, options);
    case 'MULTISET':
      return mapWriter({ kind: 'INTEGER', nullable: false }, options);
    case 'ROW':
      return rowWriter(type.fields, options);
  }
}

function mapWriter(valueType: SqlType, options: JsonOptions): WriteValue {
  const write = nullableWriter(valueType, options);
  return (value, out) => {
    const entries = new Map<string, Value>();
    for (const [key, entry] of value as ReadonlyMap<Value, Value>) {
      if (key !== null) entries.set(key as string, entry);
      else if (options.mapNullKeyMode === 'LITERAL') entries.set(options.mapNullKeyLiteral, entry);
      else if (options.mapNullKeyMode === 'FAIL') {
        throw new RunError(
          'JSON_NULL_KEY',
          'a map with a NULL key cannot be written as JSON',
          "Set 'json.map-null-key.mode' to 'DROP' or 'LITERAL'.",
        );
      }
    }
    putByte(out, 0x7b);
    let first = true;
    for (const [key, entry] of entries) {
      if (!first) putByte(out, 0x2c);
      first = false;
      putText(out, key);
      putByte(out, 0x3a);
      write(entry, out);
    }
    putByte(out, 0x7d);
  };
}

function rowWriter(fields: readonly RowField[], options: JsonOptions): WriteValue {
  const keys = fields.map((field) => keyBytes(field.name));
  const writers = fields.map((field) => nullableWriter(field.type, options));
  return (value, out) => {
    const row = value as readonly Value[];
    putByte(out, 0x7b);
    let first = true;
    for (let i = 0; i < keys.length; i++) {
      if (row[i] === null && options.encodeIgnoreNullFields) continue;
      putKey(out, keys[i], first);
      first = false;
      writers[i](row[i], out);
    }
    putByte(out, 0x7d);
  };
}
