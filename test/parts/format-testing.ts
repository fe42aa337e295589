import { readFileSync } from 'node:fs';
import type { RecordBatch } from '../../src/connectors/record-batch.ts';
import { ByteBuffer } from '../../src/formats/byte-buffer.ts';
import type { CsvOptions } from '../../src/formats/csv/csv-options.ts';
import { MalformedRecordError, type Decoder, type Encoder, type MalformedRecord } from '../../src/formats/format.ts';
import type { JsonOptions } from '../../src/formats/json/json-options.ts';
import { createBatch, type Batch } from '../../src/types/batch.ts';
import type { Schema } from '../../src/types/schema.ts';
import * as types from '../../src/types/sql-type.ts';
import { FineTimestamp, type Value } from '../../src/types/value.ts';

export const JSON_DEFAULTS: JsonOptions = {
  failOnMissingField: false,
  ignoreParseErrors: false,
  timestampStandard: 'SQL',
  mapNullKeyMode: 'FAIL',
  mapNullKeyLiteral: 'null',
  encodeDecimalAsPlainNumber: false,
  encodeIgnoreNullFields: false,
  parserEnabled: true,
};

export const CSV_DEFAULTS: CsvOptions = {
  fieldDelimiter: ',',
  quoteCharacter: '"',
  allowComments: false,
  ignoreParseErrors: false,
  arrayElementDelimiter: ';',
  escapeCharacter: null,
  nullLiteral: null,
  writeBigDecimalInScientificNotation: true,
  columns: [],
};

/** Types by the names that the answers of real Flink go by. */
export const TYPES: Readonly<Record<string, types.SqlType>> = Object.fromEntries(
  [
    types.BOOLEAN,
    types.TINYINT,
    types.SMALLINT,
    types.INTEGER,
    types.BIGINT,
    types.FLOAT,
    types.DOUBLE,
    types.decimal(10, 2),
    types.decimal(20, 7),
    types.STRING,
    types.BYTES,
    types.DATE,
    types.time(0),
    types.time(3),
    types.timestamp(3),
    types.timestampLtz(3),
    types.array(types.INTEGER),
    types.array(types.STRING),
    types.array(types.decimal(10, 2)),
    types.map(types.STRING, types.INTEGER),
    { kind: 'MULTISET', element: types.STRING, nullable: true } as const,
    types.row([field('x', types.INTEGER), field('y', types.STRING)]),
    types.row([field('p', types.INTEGER), field('q', types.STRING)]),
    types.array(types.row([field('x', types.INTEGER)])),
  ].map((type) => [types.typeName(type), type]),
);

export function field(name: string, type: types.SqlType): types.RowField {
  return { name, type };
}

/** What real Flink 1.20.5's own classes answered, one file for each set of questions. */
export function flinkAnswers<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as T;
}

/** Messages one behind the other, each followed by a byte that a reader past the end would trip over. */
export function recordsOf(messages: readonly (string | Uint8Array | null)[], between = '1'): RecordBatch {
  const parts = messages.map((message) => Buffer.from(message ?? ''));
  const bytes = Buffer.concat(parts.flatMap((part) => [part, Buffer.from(between)]));
  const valueStarts = new Int32Array(parts.length);
  const valueEnds = new Int32Array(parts.length);
  let at = 0;
  parts.forEach((part, i) => {
    valueStarts[i] = at;
    valueEnds[i] = messages[i] === null ? at - 1 : at + part.length;
    at += part.length + between.length;
  });
  return {
    count: parts.length,
    bytes,
    valueStarts,
    valueEnds,
    keyStarts: null,
    keyEnds: null,
    timestamps: null,
    origin: 'test',
    partition: 0,
    offset: (i) => i,
    split: 'test',
    positionAfter: (i) => i + 1,
  };
}

export interface Decoded {
  readonly rows: readonly (readonly Value[])[];
  readonly records: readonly number[];
  readonly malformed: readonly MalformedRecord[];
  readonly batch: Batch;
}

/** Decodes all messages into one batch. */
export function decodeAll(decoder: Decoder, schema: Schema, messages: readonly (string | Uint8Array | null)[]): Decoded {
  const batch = createBatch(schema, Math.max(1, messages.length));
  const recordOfRow = new Int32Array(messages.length);
  const malformed: MalformedRecord[] = [];
  decoder.decode(recordsOf(messages), 0, messages.length, batch, recordOfRow, (found) => malformed.push(found));
  return { rows: rowsOf(batch, schema), records: Array.from(recordOfRow.subarray(0, batch.length)), malformed, batch };
}

export function rowsOf(batch: Batch, schema: Schema): Value[][] {
  return Array.from({ length: batch.length }, (_, row) => schema.map((_field, i) => batch.columns[i].get(row)));
}

/** One message as the answers write it: the row, `NULL` when there is none, `ERROR` when the job would fail. */
export function decodeOne(decoder: Decoder, schema: Schema, message: string | Uint8Array): string {
  try {
    const { rows } = decodeAll(decoder, schema, [message]);
    return rows.length === 0 ? 'NULL' : shown(types.row(schema), rows[0]);
  } catch (error) {
    if (error instanceof MalformedRecordError) return 'ERROR';
    throw error;
  }
}

/** One row of a batch as the text that an encoder writes, or `ERROR`. */
export function encodeOne(encoder: Encoder, batch: Batch, row = 0): string {
  const out = new ByteBuffer(1);
  encoder.encode(batch, row, out);
  return Buffer.from(out.written()).toString('utf8');
}

/** The positions 0, 1, 2 … of a schema's columns in its own batch. */
export const positions = (schema: Schema): number[] => schema.map((_, i) => i);

const floats = new DataView(new ArrayBuffer(8));

/** A value so that different values differ: doubles by their bits, text and bytes in hexadecimal, maps in order of their keys. */
export function shown(type: types.SqlType, value: Value): string {
  if (value === null) return 'N';
  switch (type.kind) {
    case 'DOUBLE':
      floats.setFloat64(0, value as number);
      return `d${floats.getBigUint64(0).toString(16)}`;
    case 'FLOAT':
      floats.setFloat32(0, value as number);
      return `f${floats.getUint32(0).toString(16)}`;
    case 'CHAR':
    case 'VARCHAR':
      return `s${Buffer.from(value as string).toString('hex')}`;
    case 'BINARY':
    case 'VARBINARY':
      return `b${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return value instanceof FineTimestamp ? `${value.millis}:${value.nanos}` : `${String(value)}:0`;
    case 'ARRAY':
      return `[${(value as readonly Value[]).map((element) => shown(type.element, element)).join(',')}]`;
    case 'ROW':
      return `(${type.fields.map((inner, i) => shown(inner.type, (value as readonly Value[])[i])).join(',')})`;
    case 'MAP':
      return shownMap(type.key, type.value, value as ReadonlyMap<Value, Value>);
    case 'MULTISET':
      return shownMap(type.element, types.INTEGER, value as ReadonlyMap<Value, Value>);
    default:
      return String(value);
  }
}

function shownMap(keyType: types.SqlType, valueType: types.SqlType, map: ReadonlyMap<Value, Value>): string {
  const entries = Array.from(map, ([key, value]) => `${shown(keyType, key)}=${shown(valueType, value)}`);
  return `{${entries.sort().join(',')}}`;
}
