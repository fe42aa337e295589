import type { LocalStore } from '../connectors/local/store.ts';
import type { Zone } from '../functions/time-zone.ts';
import { IndexColumn } from './index-column.ts';

/** Documents that are taken in at a time: a few milliseconds. */
const CHUNK = 2000;
/** Of all columns together; then the oldest documents go. */
const MOST_BYTES = 384 << 20;
/** More fields than this are not kept. */
const MOST_FIELDS = 100;

/**
 * An index of the local store as columns in memory, one row for each document in order of insertion, so that it can be
 * aggregated in one pass. `refresh` follows what was written since.
 */
export class ColumnarIndex {
  readonly name: string;
  readonly columns = new Map<string, IndexColumn>();
  /** Rows, deleted ones included. */
  rows = 0;
  /** 1 for a row whose document is there. */
  live = new Uint8Array(1024);
  documents = 0;
  isTruncated = false;
  isLoading = true;
  readonly #store: LocalStore;
  readonly #zone: Zone;
  readonly #mostBytes: number;
  /** By row, ascending. */
  #sequences = new Float64Array(1024);
  #lastSequence = 0;
  #lastChange: number;
  /** Fields whose values are of several types. */
  readonly #mixed = new Set<string>();

  constructor(store: LocalStore, name: string, zone: Zone, mostBytes: number = MOST_BYTES) {
    this.name = name;
    this.#store = store;
    this.#zone = zone;
    this.#mostBytes = mostBytes;
    this.#lastChange = store.index.lastChange();
  }

  /** Takes in the next documents; false while there are more. */
  refresh(): boolean {
    if (!this.#followChanges()) this.#beginAnew();
    const documents = this.#store.index.scan(this.name, this.#lastSequence, CHUNK);
    for (const { sequence, json } of documents) {
      if (!this.#append(sequence, json)) {
        this.#beginAnew();
        return false;
      }
    }
    if (this.bytes > this.#mostBytes) this.#dropOldest();
    const isDone = documents.length < CHUNK;
    if (isDone) this.isLoading = false;
    return isDone;
  }

  /** False when the copy can no longer follow. */
  #followChanges(): boolean {
    const { sequences, last, isComplete } = this.#store.index.changes(this.name, this.#lastChange);
    this.#lastChange = last;
    if (!isComplete) return this.rows === 0 && this.#lastSequence === 0;
    for (const sequence of new Set(sequences)) {
      const row = this.#rowOf(sequence);
      if (row === -1) continue;
      const document = this.#store.index.getBySequence(sequence);
      for (const column of this.columns.values()) column.clear(row);
      if (document !== undefined) {
        if (this.live[row] === 0) this.documents++;
        this.live[row] = 1;
        if (!this.#fill(row, document.json)) return false;
      } else if (this.live[row] === 1) {
        this.live[row] = 0;
        this.documents--;
      }
    }
    return true;
  }

  #append(sequence: number, json: string): boolean {
    const row = this.rows++;
    if (row === this.live.length) {
      this.live = doubled(this.live, new Uint8Array(row * 2));
      this.#sequences = doubled(this.#sequences, new Float64Array(row * 2));
    }
    this.#sequences[row] = sequence;
    this.#lastSequence = sequence;
    this.live[row] = 1;
    this.documents++;
    return this.#fill(row, json);
  }

  /** False when a field turned out to be of several types: then everything is read again. */
  #fill(row: number, json: string): boolean {
    const document = parseObject(json);
    for (const name in document) {
      const value = document[name];
      let column = this.columns.get(name);
      if (column === undefined) {
        const type = this.#mixed.has(name) ? 'keyword' : IndexColumn.typeOf(value, this.#zone);
        if (type === undefined || this.columns.size >= MOST_FIELDS) continue;
        column = new IndexColumn(name, type, this.live.length, this.#zone);
        this.columns.set(name, column);
      }
      if (!column.set(row, value)) {
        this.#mixed.add(name);
        return false;
      }
    }
    return true;
  }

  #beginAnew(): void {
    this.columns.clear();
    this.rows = 0;
    this.documents = 0;
    this.isTruncated = false;
    this.isLoading = true;
    this.#lastSequence = 0;
    this.#lastChange = this.#store.index.lastChange();
  }

  /** Bytes of all rows, roughly. */
  get bytes(): number {
    let perRow = 9;
    for (const column of this.columns.values()) perRow += column.rowBytes;
    return this.rows * perRow;
  }

  /** Forgets the oldest quarter. */
  #dropOldest(): void {
    const count = Math.ceil(this.rows / 4);
    for (let row = 0; row < count; row++) this.documents -= this.live[row];
    for (const column of this.columns.values()) column.dropFirst(count);
    this.live.copyWithin(0, count, this.rows);
    this.#sequences.copyWithin(0, count, this.rows);
    this.rows -= count;
    this.isTruncated = true;
  }

  #rowOf(sequence: number): number {
    let low = 0;
    let high = this.rows - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#sequences[middle];
      if (found === sequence) return middle;
      if (found < sequence) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json) as Record<string, unknown> | null;
    return value !== null && typeof value === 'object' ? value : {};
  } catch {
    return {};
  }
}

function doubled<T extends Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
