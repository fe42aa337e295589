import { assert } from '../base/assert.ts';
import type { BoundFormat } from '../connectors/connector.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import type { Batch } from '../types/batch.ts';
import type { Column, TextColumn } from '../types/column.ts';
import type { Schema } from '../types/schema.ts';
import { typeName, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { MalformedRecordError, type ByteSink, type Decoder, type Encoder, type Format } from './format.ts';
import { CHARSET_NAMES, findCharset, type Charset } from './charset.ts';
import { FormatOptions } from './format-options.ts';
import { putUtf8 } from './text-bytes.ts';
import { TextDecoder as TextColumnDecoder, bufferOf } from './text-decoder.ts';

interface RawOptions {
  /** The name of a Charset. */
  readonly charset: string;
  readonly littleEndian: boolean;
}

const optionsOf = (bound: BoundFormat): RawOptions => bound.settings as unknown as RawOptions;

/** Flink's raw format: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/table/formats/raw/ */
export const rawFormat: Format = {
  name: 'raw',
  summary: 'The bytes of a record as the one column of the table.',

  bind(prefix, tableOptions, table, report) {
    const options = new FormatOptions(prefix, tableOptions, ['charset', 'endianness'], report);
    const endianness = options.oneOf('endianness', ['big-endian', 'little-endian'], 'big-endian');
    const charset = findCharset(options.text('charset') ?? 'UTF-8');
    if (charset === undefined) options.mistake('charset', 'is not known', `The charsets are: ${CHARSET_NAMES.join(', ')}.`);
    if (prefix === 'raw.') {
      const [field] = table.physical;
      if (table.physical.length !== 1) {
        const found = table.physical.length;
        report('SQL_RAW_COLUMNS', `the raw format needs one column, and table "${table.name}" has ${found}`, table.place);
      } else if (sizeOf(field.type) === undefined) {
        report('SQL_UNSUPPORTED_TYPE', `the raw format has no ${typeName(field.type)}: column "${field.name}"`, table.place);
      }
    }
    return { format: 'raw', settings: { charset: charset?.name ?? 'UTF-8', littleEndian: endianness === 'little-endian' } };
  },

  createDecoder: (bound, schema, targets) => new RawDecoder(schema, targets, optionsOf(bound)),
  createEncoder: (bound, schema, sources) => new RawEncoder(schema, sources, optionsOf(bound)),
};

function charsetOf(options: RawOptions): Charset {
  const charset = findCharset(options.charset);
  assert(charset !== undefined, `charset ${options.charset}`);
  return charset;
}

/** Bytes of a value, 0 where any number will do, undefined for a type that raw does not have. */
function sizeOf(type: SqlType): number | undefined {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return 0;
    case 'BOOLEAN':
    case 'TINYINT':
      return 1;
    case 'SMALLINT':
      return 2;
    case 'INTEGER':
    case 'FLOAT':
      return 4;
    case 'BIGINT':
    case 'DOUBLE':
      return 8;
    default:
      return undefined;
  }
}

/** A null value gives a row, too: with NULL. */
class RawDecoder implements Decoder {
  private readonly schema: Schema;
  private readonly targets: readonly number[];
  private readonly options: RawOptions;
  private readonly text = new TextColumnDecoder();
  private readonly charset: Charset;

  constructor(schema: Schema, targets: readonly number[], options: RawOptions) {
    this.schema = schema;
    this.targets = targets;
    this.options = options;
    this.charset = charsetOf(options);
  }

  decode(records: RecordBatch, from: number, to: number, batch: Batch, recordOfRow: Int32Array): void {
    const first = batch.length;
    if (this.schema.length === 0) {
      for (let i = from; i < to; i++) recordOfRow[batch.length++] = i;
      return;
    }
    const column = batch.columns[this.targets[0]];
    const { type } = this.schema[0];
    if (column.storage === 'text') {
      this.text.begin(column, first === 0);
      this.decodeText(records, from, to, batch, column, recordOfRow);
      this.text.end(column, batch.length - first, batch.length);
      return;
    }
    const buffer = bufferOf(records.bytes);
    for (let i = from; i < to; i++) {
      const start = records.valueStarts[i];
      const end = records.valueEnds[i];
      if (end < start) column.set(batch.length, null);
      else this.putValue(type, column, batch.length, buffer.subarray(start, end), i);
      recordOfRow[batch.length++] = i;
    }
  }

  private decodeText(
    records: RecordBatch,
    from: number,
    to: number,
    batch: Batch,
    column: TextColumn,
    recordOfRow: Int32Array,
  ): void {
    const { bytes, valueStarts, valueEnds } = records;
    const buffer = bufferOf(bytes);
    const utf8 = this.charset.name === 'UTF-8';
    for (let i = from; i < to; i++) {
      const start = valueStarts[i];
      const end = valueEnds[i];
      const row = batch.length;
      if (end < start) this.text.put(column, row, null);
      else if (!utf8 || !this.text.putBytes(column, row, bytes, start, end)) {
        this.text.put(column, row, this.charset.decode(buffer.subarray(start, end)));
      }
      recordOfRow[row] = i;
      batch.length = row + 1;
    }
  }

  private putValue(type: SqlType, column: Column, row: number, bytes: Buffer, record: number): void {
    const size = sizeOf(type) ?? 0;
    if (size > 0 && bytes.length !== size) {
      const reason = `expected ${size} bytes for ${typeName(type)} but found ${bytes.length}`;
      throw new MalformedRecordError({
        record,
        reason,
        field: this.schema[0].name,
        found: bytes.toString('hex', 0, 32),
        dropped: true,
      });
    }
    column.set(row, readValue(type, bytes, this.options.littleEndian));
  }
}

function readValue(type: SqlType, bytes: Buffer, little: boolean): Value {
  switch (type.kind) {
    case 'BOOLEAN':
      return bytes[0] !== 0;
    case 'TINYINT':
      return bytes.readInt8();
    case 'SMALLINT':
      return little ? bytes.readInt16LE() : bytes.readInt16BE();
    case 'INTEGER':
      return little ? bytes.readInt32LE() : bytes.readInt32BE();
    case 'BIGINT':
      return little ? bytes.readBigInt64LE() : bytes.readBigInt64BE();
    case 'FLOAT':
      return little ? bytes.readFloatLE() : bytes.readFloatBE();
    case 'DOUBLE':
      return little ? bytes.readDoubleLE() : bytes.readDoubleBE();
    default:
      return Uint8Array.from(bytes);
  }
}

class RawEncoder implements Encoder {
  private readonly source: number;
  private readonly type: SqlType;
  private readonly options: RawOptions;
  private readonly charset: Charset;

  constructor(schema: Schema, sources: readonly number[], options: RawOptions) {
    this.source = sources[0];
    this.type = schema[0].type;
    this.options = options;
    this.charset = charsetOf(options);
  }

  /** NULL gives an empty message. */
  encode(batch: Batch, row: number, out: ByteSink): void {
    const column = batch.columns[this.source];
    if (column.nulls[row] === 1) return;
    if (column.storage === 'text' && this.charset.name === 'UTF-8') {
      const text = column.values[row];
      out.reserve(3 * text.length);
      out.length = putUtf8(out.bytes, out.length, text);
      return;
    }
    const bytes =
      column.storage === 'text'
        ? this.charset.encode(column.values[row])
        : bytesOf(this.type, column.get(row), this.options.littleEndian);
    out.reserve(bytes.length);
    out.bytes.set(bytes, out.length);
    out.length += bytes.length;
  }
}

function bytesOf(type: SqlType, value: Value, little: boolean): Uint8Array {
  const bytes = Buffer.alloc(sizeOf(type) ?? 0);
  switch (type.kind) {
    case 'BOOLEAN':
      bytes[0] = value === true ? 1 : 0;
      return bytes;
    case 'TINYINT':
      bytes.writeInt8(value as number);
      return bytes;
    case 'SMALLINT':
      if (little) bytes.writeInt16LE(value as number);
      else bytes.writeInt16BE(value as number);
      return bytes;
    case 'INTEGER':
      if (little) bytes.writeInt32LE(value as number);
      else bytes.writeInt32BE(value as number);
      return bytes;
    case 'BIGINT':
      if (little) bytes.writeBigInt64LE(value as bigint);
      else bytes.writeBigInt64BE(value as bigint);
      return bytes;
    case 'FLOAT':
      if (little) bytes.writeFloatLE(value as number);
      else bytes.writeFloatBE(value as number);
      return bytes;
    case 'DOUBLE':
      if (little) bytes.writeDoubleLE(value as number);
      else bytes.writeDoubleBE(value as number);
      return bytes;
    default:
      return value as Uint8Array;
  }
}
