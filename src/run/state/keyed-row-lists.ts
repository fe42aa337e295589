import type { Clock } from '../../base/clock.ts';
import { BATCH_ROWS } from '../../types/batch.ts';
import type { Column } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { createKeyIndex } from './create-key-index.ts';
import type { KeyIndex, KeyIndexSnapshot } from './key-index.ts';
import { RowStore, type RowStoreSnapshot } from './row-store.ts';
import { TimeToLive } from './time-to-live.ts';

export interface KeyedRowListsSnapshot {
  readonly keys: KeyIndexSnapshot;
  readonly usedAt: Float64Array;
  /** Rows of each key, which `rows` holds key by key in the order of the list. */
  readonly counts: readonly number[];
  readonly rows: RowStoreSnapshot;
}

/**
 * For each key a list of rows, by their handles in `rows`, in an order that the operator gives them. A key whose list is empty
 * when `settle` is called is forgotten, and so is one that has not been touched for the time to live.
 */
export class KeyedRowLists {
  readonly rows: RowStore;
  private readonly key: readonly number[];
  private readonly index: KeyIndex;
  private readonly lists: number[][] = [];
  private readonly timeToLive: TimeToLive;
  private readonly keyColumns: Column[] = [];
  private slots = new Int32Array(BATCH_ROWS);
  private slot = 0;

  /** `key` are columns of `schema`. */
  constructor(schema: Schema, key: readonly number[], stateTtlMs: number, clock: Clock) {
    this.rows = new RowStore(schema);
    this.key = key;
    this.index = createKeyIndex(key.map((column) => schema[column].type));
    this.timeToLive = new TimeToLive(stateTtlMs, clock);
  }

  beginBatch(columns: readonly Column[], length: number): void {
    if (this.slots.length < length) this.slots = new Int32Array(length);
    this.timeToLive.beginBatch((slot) => this.forget(slot));
    for (let k = 0; k < this.key.length; k++) this.keyColumns[k] = columns[this.key[k]];
  }

  /** The list of the key of a row of the batch; it counts as touched now. Call `settle` when done with it. */
  listOf(row: number): number[] {
    const { index, lists, timeToLive } = this;
    index.resolve(this.keyColumns, row, row + 1, this.slots);
    const slot = (this.slot = this.slots[row]);
    timeToLive.reserve(slot + 1);
    if (index.createdCount > 0) lists[slot] = [];
    else if (timeToLive.isExpired(slot)) this.empty(slot);
    timeToLive.touch(slot);
    return lists[slot];
  }

  /** The list that `listOf` gave is as it is to stay. */
  settle(): void {
    if (this.lists[this.slot].length === 0) this.forget(this.slot);
  }

  snapshot(): KeyedRowListsSnapshot {
    const slots = this.index.liveSlots();
    return {
      keys: this.index.snapshot(),
      usedAt: this.timeToLive.snapshot(slots),
      counts: Array.from(slots, (slot) => this.lists[slot].length),
      rows: this.rows.snapshot(Array.from(slots).flatMap((slot) => this.lists[slot])),
    };
  }

  restore({ keys, usedAt, counts, rows }: KeyedRowListsSnapshot): void {
    this.index.restore(keys);
    this.timeToLive.restore(usedAt);
    this.rows.restore(rows);
    let handle = 0;
    for (const count of counts) this.lists.push(Array.from({ length: count }, () => handle++));
  }

  private empty(slot: number): void {
    for (const handle of this.lists[slot]) this.rows.remove(handle);
    this.lists[slot] = [];
  }

  private forget(slot: number): void {
    this.empty(slot);
    this.timeToLive.release(slot);
    this.index.remove(slot);
  }
}
