import type { LocalStore } from '../connectors/local/store.ts';
import type { StoredRecords } from '../connectors/local/stored-records.ts';
import { createRecordDecoder, type RecordDecoder } from '../run/record-decoder.ts';
import { createBatch, type Batch } from '../types/batch.ts';
import type { Schema } from '../types/schema.ts';
import type { Cell, LatestRows, TopicRow, TopicRows } from './api.ts';
import { cellOf, columnViews } from './cell.ts';
import type { KnownTable } from './known-tables.ts';

const MOST_TEXT = 10_000;
/** What `latest` looks at when it begins, and keys that it holds. */
const LATEST_RECORDS = 1_000_000;
const LATEST_KEYS = 10_000;
/** Records that `latest` takes in at a time: some milliseconds. */
const CHUNK = 5000;
const ALPHABET = new Intl.Collator('en', { numeric: true });

type Offsets = Record<number, number>;

/** Records of one local topic as rows of the table that a pipeline writes to it or reads from it. */
export class TopicReader {
  readonly topic: string;
  readonly #store: LocalStore;
  readonly #rowsOf: (records: StoredRecords, record: number) => readonly Cell[] | null;
  readonly #schema: Schema;
  readonly #primaryKey: readonly string[];
  readonly #latest = new Map<string, LatestKeys>();

  constructor(store: LocalStore, topic: string, known: KnownTable | undefined) {
    this.topic = topic;
    this.#store = store;
    const table = known?.table ?? null;
    this.#schema = table === null ? [] : [...table.physical, ...table.metadata];
    this.#primaryKey = table?.primaryKey ?? [];
    this.#rowsOf = known === undefined || table === null ? () => null : rowDecoder(this.#schema, known);
  }

  /** The last rows from `from` on and before `to`, and of those after the cursor. */
  rows(limit: number, from: number | null, to: number | null, after: string | null): TopicRows {
    const known = after === null ? null : parseCursor(after);
    const rows: TopicRow[] = [];
    const cursor: Offsets = {};
    let isLimited = false;
    for (const { partition, startOffset, endOffset } of this.#store.topics.describe(this.topic).partitions) {
      cursor[partition] = endOffset;
      let first = startOffset;
      if (known !== null) first = Math.max(first, known[partition] ?? 0);
      if (from !== null) first = Math.max(first, this.#store.topics.offsetForTimestamp(this.topic, partition, from) ?? endOffset);
      const end = to === null ? endOffset : (this.#store.topics.offsetForTimestamp(this.topic, partition, to) ?? endOffset);
      if (end - first > limit) isLimited = true;
      first = Math.max(first, end - limit);
      this.#read(partition, first, end, (records, i) => {
        const timestamp = records.timestamps[i];
        if ((from === null || timestamp >= from) && (to === null || timestamp < to)) rows.push(this.#rowOf(records, i));
      });
    }
    rows.sort((a, b) => a.timestamp - b.timestamp || a.partition - b.partition || a.offset - b.offset);
    if (rows.length > limit) isLimited = true;
    const columns = columnViews(this.#schema);
    return { topic: this.topic, columns, rows: rows.slice(-limit), cursor: JSON.stringify(cursor), isLimited };
  }

  /** The last records of each partition as texts, whole ones. */
  values(limit: number): { readonly offset: number; readonly text: string }[] {
    const values: { offset: number; text: string }[] = [];
    for (const { partition, startOffset, endOffset } of this.#store.topics.describe(this.topic).partitions) {
      this.#read(partition, Math.max(startOffset, endOffset - limit), endOffset, (records, i) => {
        const text = textOf(records, i);
        if (text !== null) values.push({ offset: records.offset(i), text });
      });
    }
    return values;
  }

  /** The last row of each key; undefined while there are more to take in, and for a key that is no column. */
  latest(key: string | null): LatestRows | 'loading' | 'no-key' {
    const column = this.#keyColumn(key);
    if (column === -1) return 'no-key';
    const { name } = this.#schema[column];
    let found = this.#latest.get(name);
    if (found === undefined) this.#latest.set(name, (found = { rows: new Map(), next: {}, isLimited: false }));
    if (!this.#follow(found, column)) return 'loading';
    const rows = [...found.rows].sort(([a], [b]) => ALPHABET.compare(a, b)).map(([, row]) => row);
    return { topic: this.topic, key: name, columns: columnViews(this.#schema), rows, isLimited: found.isLimited };
  }

  #keyColumn(key: string | null): number {
    const indexOf = (name: string | undefined): number => this.#schema.findIndex((field) => field.name === name);
    if (key !== null) return indexOf(key);
    if (this.#primaryKey.length > 0) return indexOf(this.#primaryKey[0]);
    return columnViews(this.#schema).findIndex(({ role }) => role === 'text');
  }

  /** Takes in some of what has come; true when that is all. */
  #follow(latest: LatestKeys, column: number): boolean {
    let budget = CHUNK;
    for (const { partition, startOffset, endOffset } of this.#store.topics.describe(this.topic).partitions) {
      let next = latest.next[partition];
      // A topic that was made anew begins before where we are.
      if (next === undefined || next > endOffset) {
        next = Math.max(startOffset, endOffset - LATEST_RECORDS);
        latest.rows.clear();
      }
      const to = Math.min(endOffset, Math.max(next, startOffset) + budget);
      this.#read(partition, next, to, (records, i) => {
        const row = this.#rowOf(records, i);
        const value = row.values?.[column];
        if (value === undefined || value === null) return;
        const key = String(value);
        latest.rows.delete(key);
        latest.rows.set(key, row);
        if (latest.rows.size <= LATEST_KEYS) return;
        latest.rows.delete(latest.rows.keys().next().value as string);
        latest.isLimited = true;
      });
      latest.next[partition] = to;
      budget -= Math.max(0, to - next);
      if (to < endOffset) return false;
    }
    return true;
  }

  #read(partition: number, from: number, to: number, take: (records: StoredRecords, record: number) => void): void {
    for (let offset = from; offset < to;) {
      const records = this.#store.topics.read(this.topic, partition, offset, to);
      if (records === undefined) return;
      for (let i = 0; i < records.count; i++) take(records, i);
      offset = records.positionAfter(records.count - 1);
    }
  }

  #rowOf(records: StoredRecords, record: number): TopicRow {
    const values = this.#rowsOf(records, record);
    return {
      partition: records.partition,
      offset: records.offset(record),
      timestamp: records.timestamps[record],
      values,
      text: values === null ? shownText(textOf(records, record)) : null,
    };
  }
}

interface LatestKeys {
  /** In order of the last change. */
  readonly rows: Map<string, TopicRow>;
  readonly next: Offsets;
  isLimited: boolean;
}

/** Decodes one record at a time; null for those that are not of the table's format. */
function rowDecoder(schema: Schema, { table, timeZone }: KnownTable): (records: StoredRecords, record: number) => Cell[] | null {
  const batch: Batch = createBatch(schema, 1);
  const decoder: RecordDecoder = createRecordDecoder(table!, batch, { timeZone });
  const cells = schema.map(({ type }) => cellOf(type, timeZone));
  return (records, record) => {
    batch.length = 0;
    let isMalformed = false;
    try {
      decoder.decode(records, record, record + 1, batch, () => (isMalformed = true));
    } catch {
      return null;
    }
    if (isMalformed || batch.length === 0) return null;
    return batch.columns.map((column, i) => cells[i](column.get(0)));
  };
}

function textOf({ bytes, valueStarts, valueEnds }: StoredRecords, record: number): string | null {
  if (valueEnds[record] < valueStarts[record]) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset + valueStarts[record], valueEnds[record] - valueStarts[record]).toString();
}

/** A text from a message, cut to what is shown. */
export function shownText<T extends string | null>(text: T): T | string {
  return text !== null && text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** A cursor that is no such text counts as none. */
function parseCursor(text: string): Offsets | null {
  try {
    const parsed = JSON.parse(text) as unknown;
    return typeof parsed === 'object' ? (parsed as Offsets | null) : null;
  } catch {
    return null;
  }
}
