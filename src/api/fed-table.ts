import { nearest } from '../base/nearest.ts';
import { RunError } from '../base/problem.ts';
import type { BoundFormat, ConnectedTable, RowSource, Source } from '../connectors/connector.ts';
import { encoderOf } from '../connectors/encode.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import { findConnector } from '../connectors/registry.ts';
import { ByteBuffer } from '../formats/byte-buffer.ts';
import { createBatch, type Batch } from '../types/batch.ts';
import { typeName, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { fromJs } from './js-value.ts';

/** A message as a topic would hold it. */
export interface FedMessage {
  /** Null is a tombstone. */
  readonly value: string | Uint8Array | null;
  readonly key?: string | Uint8Array | null;
  /** Milliseconds since 1970 UTC. Default 0. */
  readonly timestamp?: number;
}

interface FedRecord {
  readonly value: Uint8Array | null;
  readonly key: Uint8Array | null;
  readonly timestamp: number;
  /** METADATA columns that the row itself gave, by their key. */
  readonly metadata: ReadonlyMap<string, Value>;
}

type FedRow = Readonly<Record<string, unknown>>;
type RowEncoder = (batch: Batch, row: number) => Uint8Array;
type KeySettings = {
  readonly keyFields?: readonly string[];
  readonly keyFieldsPrefix?: string;
  readonly valueFieldsInclude?: string;
};

/**
 * One table that a test feeds. Rows become records by the table's own format, so that they take the way of real messages; a table
 * without a format (datagen) takes them as they are.
 */
export class FedTable {
  readonly #table: ConnectedTable;
  readonly #timeZone: string;
  readonly #batches: RecordBatch[] = [];
  readonly #rows: Value[][] = [];
  readonly #readers: Reader[] = [];
  #records = 0;
  #hasEnded = false;

  constructor(table: ConnectedTable, timeZone: string) {
    this.#table = table;
    this.#timeZone = timeZone;
  }

  feed(rows: readonly FedRow[]): void {
    const values = rows.map((row, i) => this.#valuesOf(row, i));
    const { physical, metadata, bound } = this.#table;
    if (bound.format === undefined) this.#rows.push(...values);
    else {
      const batch = createBatch(physical, Math.max(1, rows.length));
      batch.length = rows.length;
      batch.columns.forEach((column, c) => values.forEach((row, i) => column.set(i, row[c])));
      const { key, value } = this.#encoders(bound.format);
      this.#add(
        values.map((row, i) => {
          const given = new Map(metadata.map((column, m) => [column.key, row[physical.length + m]]));
          const timestamp = given.get('timestamp');
          return {
            value: value(batch, i),
            key: key?.(batch, i) ?? null,
            timestamp: typeof timestamp === 'number' ? timestamp : 0,
            metadata: given,
          };
        }),
      );
    }
    this.#wake();
  }

  send(messages: readonly (string | FedMessage)[]): void {
    if (this.#table.bound.format === undefined) {
      const hint = `Feed rows instead: feed("${this.#table.name}", [{ … }]).`;
      throw new RunError('TEST_TABLE_WITHOUT_FORMAT', `table "${this.#table.name}" has no format to read messages with`, hint);
    }
    this.#add(
      messages.map((message) => {
        const { value, key = null, timestamp = 0 } = typeof message === 'string' ? { value: message } : message;
        return { value: bytesOf(value), key: bytesOf(key), timestamp, metadata: new Map() };
      }),
    );
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  /** Resolves when the job waits for more than was fed. */
  async settled(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.settled()));
  }

  /** A scan of the table: each begins with the first row. */
  source(): Source | RowSource {
    const reader = new Reader(() => this.#hasEnded);
    this.#readers.push(reader);
    const shared = {
      restore: () => {},
      open: async () => {},
      wait: (timeoutMs: number) => reader.wait(timeoutMs),
      close: async () => reader.release(),
    };
    if (this.#table.bound.format !== undefined) {
      const poll = () => reader.next(this.#batches.length, (i) => this.#batches[i]);
      return { kind: 'records', ...shared, poll, splits: () => [this.#table.name] };
    }
    const fill = (batch: Batch): number | 'pending' | 'end' =>
      reader.next(this.#rows.length, (i) => {
        this.#rows[i].forEach((value, c) => batch.columns[c].set(0, value));
        return 1;
      });
    return { kind: 'rows', ...shared, fill, position: () => reader.position };
  }

  #wake(): void {
    for (const reader of this.#readers) reader.wake();
  }

  #encoders(format: BoundFormat): { readonly value: RowEncoder; readonly key: RowEncoder | null } {
    const { physical, bound } = this.#table;
    const { keyFields = [], keyFieldsPrefix = '', valueFieldsInclude } = bound.settings as KeySettings;
    const keys = keyFields.map((name) => physical.findIndex((field) => field.name === name));
    const all = physical.map((_, i) => i);
    const values = valueFieldsInclude === 'EXCEPT_KEY' ? all.filter((i) => !keys.includes(i)) : all;
    const encode = (of: BoundFormat, columns: readonly number[], prefix: string): RowEncoder => {
      const schema = columns.map((i) => ({ ...physical[i], name: physical[i].name.slice(prefix.length) }));
      const encoder = encoderOf(of, schema, columns, this.#timeZone);
      return (batch, row) => {
        const out = new ByteBuffer();
        encoder.encode(batch, row, out);
        return out.written();
      };
    };
    return {
      value: encode(format, values, ''),
      key: bound.keyFormat === undefined ? null : encode(bound.keyFormat, keys, keyFieldsPrefix),
    };
  }

  #add(records: readonly FedRecord[]): void {
    if (records.length === 0) return;
    this.#batches.push(recordBatch(this.#table.name, this.#records, records));
    this.#records += records.length;
  }

  /** Physical columns, then METADATA columns. */
  #valuesOf(row: FedRow, index: number): Value[] {
    const { name, physical, metadata, bound } = this.#table;
    const columns = [...physical, ...metadata];
    const names = columns.map((column) => column.name);
    const decodesAll = findConnector(bound.connector, { local: true })?.projectionPushDown !== true;
    const unknown = Object.keys(row).find((key) => !names.includes(key));
    if (unknown !== undefined && decodesAll) {
      const near = nearest(unknown, names);
      const hint = near === undefined ? `The columns are: ${names.join(', ')}.` : `Did you mean "${near}"?`;
      throw new RunError('TEST_COLUMN_NOT_FOUND', `table "${name}" has no column "${unknown}" (row ${index})`, hint);
    }
    return columns.map((column, c) => {
      // A METADATA column that the row leaves out has the message's own value.
      if (c >= physical.length && row[column.name] === undefined) return null;
      const value = fromJs(column.type, row[column.name]);
      if (value === undefined) throw wrongValue(name, column, row[column.name], index);
      return value;
    });
  }
}

function wrongValue(table: string, column: { name: string; type: SqlType }, value: unknown, row: number): RunError {
  const found = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? 'nothing');
  const what = `column "${column.name}" of table "${table}" is ${typeName(column.type)}, which cannot hold ${found} (row ${row})`;
  return new RunError('TEST_VALUE', what);
}

/** Where one scan of a fed table is, and who waits for it. */
class Reader {
  position = 0;
  readonly #hasEnded: () => boolean;
  #isWaiting = false;
  #isReleased = false;
  #arrived: () => void = () => {};
  #settled: (() => void)[] = [];

  constructor(hasEnded: () => boolean) {
    this.#hasEnded = hasEnded;
  }

  next<T>(available: number, take: (index: number) => T): T | 'pending' | 'end' {
    if (this.position < available) return take(this.position++);
    return this.#hasEnded() ? 'end' : 'pending';
  }

  wake(): void {
    this.#isWaiting = false;
    this.#arrived();
  }

  async wait(timeoutMs: number): Promise<void> {
    this.#isWaiting = true;
    this.#tell();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arrived = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  settled(): Promise<void> {
    if (this.#isWaiting || this.#isReleased) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  release(): void {
    this.#isReleased = true;
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#settled) resolve();
    this.#settled = [];
  }
}

const encoder = new TextEncoder();

function bytesOf(text: string | Uint8Array | null): Uint8Array | null {
  return typeof text === 'string' ? encoder.encode(text) : text;
}

function recordBatch(table: string, firstOffset: number, records: readonly FedRecord[]): RecordBatch {
  const pieces: Uint8Array[] = [];
  let at = 0;
  const place = (pick: (record: FedRecord) => Uint8Array | null): [starts: Int32Array, ends: Int32Array] => {
    const starts = new Int32Array(records.length);
    const ends = new Int32Array(records.length);
    records.forEach((record, i) => {
      const bytes = pick(record);
      starts[i] = at;
      ends[i] = bytes === null ? at - 1 : at + bytes.length;
      if (bytes === null) return;
      pieces.push(bytes);
      at += bytes.length;
    });
    return [starts, ends];
  };
  // A start above 0, so that the end of what is null lies before it.
  pieces.push(new Uint8Array(1));
  at = 1;
  const [valueStarts, valueEnds] = place((record) => record.value);
  const [keyStarts, keyEnds] = place((record) => record.key);
  const metadata = (key: string, i: number): Value => {
    const own = records[i].metadata.get(key);
    if (own !== undefined && own !== null) return own;
    switch (key) {
      case 'topic':
        return table;
      case 'partition':
        return 0;
      case 'offset':
        return BigInt(firstOffset + i);
      case 'timestamp':
        return records[i].timestamp;
      default:
        return null;
    }
  };
  return {
    count: records.length,
    bytes: Buffer.concat(pieces),
    valueStarts,
    valueEnds,
    keyStarts,
    keyEnds,
    timestamps: Float64Array.from(records, (record) => record.timestamp),
    origin: table,
    partition: 0,
    split: table,
    offset: (i) => firstOffset + i,
    positionAfter: (i) => firstOffset + i + 1,
    headers: () => null,
    metadata,
  };
}
