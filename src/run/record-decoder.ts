import { assert } from '../base/assert.ts';
import type { BoundFormat, ConnectedTable } from '../connectors/connector.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import type { Decoder, FormatContext, ReportMalformed } from '../formats/format.ts';
import { findFormat } from '../formats/registry.ts';
import { BATCH_ROWS, createBatch, type Batch } from '../types/batch.ts';
import { copyValue, type TimestampColumn } from '../types/column.ts';
import { DELETE, UPDATE_AFTER } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';

/**
 * Turns records into the rows of one table: the value's format fills its columns, the key's format those of the key, and
 * METADATA columns come last. Columns that both of them have are the value's. A record whose key gives no row (to json and csv:
 * one without a key) gives none at all, as in Flink. For a source of upserts the rows have kinds: +U for a record with a value,
 * -D (only the key's columns set) for one without.
 */
export interface RecordDecoder {
  /** Decodes records `from` … `to - 1` into the batch, at most BATCH_ROWS. */
  decode(records: RecordBatch, from: number, to: number, batch: Batch, report: ReportMalformed): void;
}

export function createRecordDecoder(table: ConnectedTable, batch: Batch, context: FormatContext): RecordDecoder {
  return new TableDecoder(table, batch, context);
}

/** Which physical columns the key and the value hold, as connectors put it into their settings. */
interface KeySettings {
  readonly keyFields?: readonly string[];
  readonly keyFieldsPrefix?: string;
  readonly valueFieldsInclude?: 'ALL' | 'EXCEPT_KEY';
}

class TableDecoder implements RecordDecoder {
  readonly #table: ConnectedTable;
  readonly #value: Decoder | null;
  readonly #key: KeyDecoder | null;
  /** The value has the key's columns too. */
  readonly #valueHasKey: boolean;
  readonly #recordOfRow = new Int32Array(BATCH_ROWS);
  readonly #kinds: Uint8Array | null;

  constructor(table: ConnectedTable, batch: Batch, context: FormatContext) {
    this.#table = table;
    const { format, keyFormat, emits } = table.bound;
    const settings = table.bound.settings as KeySettings;
    const keyColumns = keyFormat === undefined ? [] : columnsOf(settings.keyFields ?? table.primaryKey, table.physical);
    this.#valueHasKey = settings.valueFieldsInclude !== 'EXCEPT_KEY';
    const isKey = new Set(this.#valueHasKey ? [] : keyColumns);
    const valueColumns = table.physical.map((_, i) => i).filter((i) => !isKey.has(i));
    this.#value = format === undefined ? null : decoderOf(format, table.physical, valueColumns, valueColumns, '', context);
    this.#key =
      keyFormat === undefined || keyColumns.length === 0
        ? null
        : new KeyDecoder(keyFormat, table.physical, keyColumns, settings.keyFieldsPrefix ?? '', context);
    this.#kinds = emits === 'upsert' ? new Uint8Array(BATCH_ROWS) : null;
    batch.kinds = this.#kinds;
  }

  decode(records: RecordBatch, from: number, to: number, batch: Batch, report: ReportMalformed): void {
    const key = this.#key;
    if (key === null || key.decode(records, from, to, report)) this.#decodeRows(records, from, to, batch, report);
    else this.#decodeKeyed(key, records, from, to, batch, report);
    key?.fill(batch, this.#recordOfRow, this.#valueHasKey);
    if (this.#table.metadata.length > 0) this.#fillMetadata(records, batch);
  }

  #decodeRows(records: RecordBatch, from: number, to: number, batch: Batch, report: ReportMalformed): void {
    if (this.#kinds === null) this.#value?.decode(records, from, to, batch, this.#recordOfRow, report);
    else this.#decodeUpserts(records, from, to, batch, this.#kinds, report);
  }

  /** Leaves out the records whose keys gave no row. */
  #decodeKeyed(key: KeyDecoder, records: RecordBatch, from: number, to: number, batch: Batch, report: ReportMalformed): void {
    for (let start = from; start < to; start++) {
      let end = start;
      while (end < to && key.hasRow(end)) end++;
      if (end > start) this.#decodeRows(records, start, end, batch, report);
      start = end;
    }
  }

  /** Runs of records with values go to the decoder at once; a tombstone between them is a row of its own. */
  #decodeUpserts(records: RecordBatch, from: number, to: number, batch: Batch, kinds: Uint8Array, report: ReportMalformed): void {
    const { valueStarts, valueEnds } = records;
    for (let start = from; start < to;) {
      let end = start;
      while (end < to && valueEnds[end] >= valueStarts[end]) end++;
      const firstRow = batch.length;
      if (end > start) this.#value?.decode(records, start, end, batch, this.#recordOfRow, report);
      kinds.fill(UPDATE_AFTER, firstRow, batch.length);
      if (end < to) {
        const row = batch.length++;
        kinds[row] = DELETE;
        this.#recordOfRow[row] = end;
        for (const column of batch.columns) column.set(row, null);
        end++;
      }
      start = end;
    }
    // Tombstones have no codes.
    for (const column of batch.columns) if (column.storage === 'text') column.keepAsStrings();
  }

  #fillMetadata(records: RecordBatch, batch: Batch): void {
    const first = this.#table.physical.length;
    this.#table.metadata.forEach(({ key }, i) => {
      const column = batch.columns[first + i];
      if (key === 'timestamp' && records.timestamps !== null && column.storage === 'timestamp') {
        this.#fillTimestamps(records.timestamps, column, batch.length);
        return;
      }
      for (let row = 0; row < batch.length; row++) {
        column.set(row, records.metadata?.(key, this.#recordOfRow[row]) ?? null);
      }
    });
  }

  #fillTimestamps(timestamps: Float64Array, column: TimestampColumn, rows: number): void {
    const { values, nulls } = column;
    const recordOfRow = this.#recordOfRow;
    for (let row = 0; row < rows; row++) {
      values[row] = timestamps[recordOfRow[row]];
      nulls[row] = 0;
    }
  }
}

/** In the place of a row: the format has said why there is none. */
const REPORTED = -2;

/** Decodes the records' keys and puts them into the rows that their values gave. */
class KeyDecoder {
  readonly #decoder: Decoder;
  readonly #columns: readonly number[];
  readonly #batch: Batch;
  readonly #recordOfRow = new Int32Array(BATCH_ROWS);
  /** By record from `#from` on; negative where there is none. */
  readonly #rowOfRecord = new Int32Array(BATCH_ROWS);
  #from = 0;

  constructor(format: BoundFormat, physical: Schema, columns: readonly number[], prefix: string, context: FormatContext) {
    this.#columns = columns;
    this.#batch = createBatch(
      columns.map((i) => physical[i]),
      BATCH_ROWS,
    );
    this.#decoder = decoderOf(
      format,
      physical,
      columns,
      columns.map((_, i) => i),
      prefix,
      context,
    );
  }

  /** Decodes the keys of records `from` … `to - 1`; true when all of them gave a row. */
  decode(records: RecordBatch, from: number, to: number, report: ReportMalformed): boolean {
    const keys = this.#batch;
    keys.length = 0;
    this.#from = from;
    this.#rowOfRecord.fill(-1, 0, to - from);
    this.#decoder.decode(keysAsValues(records), from, to, keys, this.#recordOfRow, (malformed) => {
      if (malformed.dropped) this.#rowOfRecord[malformed.record - from] = REPORTED;
      report(malformed);
    });
    for (let row = 0; row < keys.length; row++) this.#rowOfRecord[this.#recordOfRow[row] - from] = row;
    if (keys.length === to - from) return true;
    for (let record = from; record < to; record++) {
      if (this.#rowOfRecord[record - from] === -1) report({ record, reason: 'the key is missing', dropped: true });
    }
    return false;
  }

  hasRow(record: number): boolean {
    return this.#rowOfRecord[record - this.#from] >= 0;
  }

  /** Puts the keys into their columns of the batch: of all rows, or with `valueHasKey` only of those that have no value. */
  fill(batch: Batch, recordOfRow: Int32Array, valueHasKey: boolean): void {
    const { kinds } = batch;
    if (valueHasKey && kinds === null) return;
    this.#columns.forEach((target, i) => {
      const column = batch.columns[target];
      if (column.storage === 'text') column.keepAsStrings();
      for (let row = 0; row < batch.length; row++) {
        if (valueHasKey && kinds?.[row] !== DELETE) continue;
        copyValue(this.#batch.columns[i], this.#rowOfRecord[recordOfRow[row] - this.#from], column, row);
      }
    });
  }
}

function columnsOf(names: readonly string[], physical: Schema): number[] {
  return names.map((name) => {
    const index = physical.findIndex((field) => field.name === name);
    assert(index !== -1, `key column ${name} is not among the physical columns`);
    return index;
  });
}

function decoderOf(
  bound: BoundFormat,
  physical: Schema,
  columns: readonly number[],
  targets: readonly number[],
  prefix: string,
  context: FormatContext,
): Decoder {
  const format = findFormat(bound.format);
  assert(format?.createDecoder !== undefined, `format ${bound.format} cannot decode`);
  const schema = columns.map((i) => ({ ...physical[i], name: physical[i].name.slice(prefix.length) }));
  return format.createDecoder(bound, schema, targets, context);
}

/** The same records with their keys in the place of their values. */
function keysAsValues(records: RecordBatch): RecordBatch {
  const { keyStarts, keyEnds } = records;
  return {
    count: records.count,
    bytes: records.bytes,
    valueStarts: keyStarts ?? new Int32Array(records.count),
    valueEnds: keyEnds ?? new Int32Array(records.count).fill(-1),
    keyStarts: null,
    keyEnds: null,
    timestamps: records.timestamps,
    origin: records.origin,
    partition: records.partition,
    split: records.split,
    offset: (i) => records.offset(i),
    positionAfter: (i) => records.positionAfter(i),
  };
}
