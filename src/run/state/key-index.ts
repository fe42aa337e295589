import { createColumn, storageOf, type Column } from '../../types/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { gather } from './columns.ts';
import { grownInts } from '../../base/grown-ints.ts';
import { restoreColumn, snapshotColumn, type ColumnSnapshot } from './snapshot.ts';

export interface KeyIndexSnapshot {
  readonly count: number;
  readonly columns: readonly ColumnSnapshot[];
}

/**
 * Gives every distinct key a slot, a small integer by which operators keep what belongs to the key in columns. Slots count up
 * in order of first arrival; a removed key's slot is given out again. NULL is a value like others; doubles are equal when their
 * bits are (NaN equals itself, 0.0 is not -0.0), as Flink compares serialised keys.
 */
export abstract class KeyIndex {
  /** The keys' values by slot. */
  readonly columns: readonly Column[];
  /** Slots lie below this number. */
  limit = 0;
  /** Keys held. */
  size = 0;
  /** The slots that the last `resolve` has given to new keys, in order of arrival. */
  created = new Int32Array(64);
  createdCount = 0;
  protected capacity = 0;
  private live = new Uint8Array(0);
  private free = new Int32Array(0);
  private freeCount = 0;

  constructor(types: readonly SqlType[]) {
    this.columns = types.map((type) => createColumn(storageOf(type), 0));
  }

  /** Puts the slot of each of the rows `from` … `to - 1` into `slots`, at the row's place. `columns` hold the keys. */
  abstract resolve(columns: readonly Column[], from: number, to: number, slots: Int32Array): void;

  /** As `resolve`, for all keys of another index, which has the slots 0 … size - 1. */
  resolveAll(other: KeyIndex, slots: Int32Array): void {
    this.resolve(other.columns, 0, other.size, slots);
  }

  /** Forgets a key; its slot may be given to another one by the next `resolve`. */
  remove(slot: number): void {
    this.forget(slot);
    this.live[slot] = 0;
    if (this.freeCount === this.free.length) this.free = grownInts(this.free);
    this.free[this.freeCount++] = slot;
    this.size--;
  }

  /** Forgets all keys; what was allocated for them stays for the next ones. */
  clear(): void {
    this.forgetAll();
    this.limit = 0;
    this.size = 0;
    this.freeCount = 0;
    this.createdCount = 0;
  }

  isLive(slot: number): boolean {
    return this.live[slot] === 1;
  }

  /** The slots in use, ascending. */
  liveSlots(): Int32Array {
    const slots = new Int32Array(this.size);
    for (let slot = 0, n = 0; slot < this.limit; slot++) if (this.live[slot] === 1) slots[n++] = slot;
    return slots;
  }

  /** The keys of `liveSlots()`, in this order. */
  snapshot(): KeyIndexSnapshot {
    const slots = this.liveSlots();
    const columns = this.columns.map((column) => {
      const copy = createColumn(column.storage, slots.length);
      gather(column, slots, slots.length, copy, 0);
      return snapshotColumn(copy, slots.length);
    });
    return { count: slots.length, columns };
  }

  /** The keys get the slots 0, 1, … in the order of the snapshot. The index must be empty. */
  restore(snapshot: KeyIndexSnapshot): void {
    this.resolve(snapshot.columns.map(restoreColumn), 0, snapshot.count, new Int32Array(snapshot.count));
  }

  /** Drops what leads from the key to the slot. */
  protected abstract forget(slot: number): void;
  protected abstract forgetAll(): void;

  /** Makes place for slots below `capacity`. */
  protected grow(capacity: number): void {
    this.capacity = capacity;
    for (const column of this.columns) column.reserve(capacity);
    const live = new Uint8Array(capacity);
    live.set(this.live);
    this.live = live;
  }

  protected allocate(columns: readonly Column[], row: number): number {
    const slot = this.freeCount > 0 ? this.free[--this.freeCount] : this.limit++;
    if (slot >= this.capacity) this.grow(Math.max(64, this.capacity * 2));
    this.live[slot] = 1;
    this.size++;
    for (let c = 0; c < this.columns.length; c++) this.columns[c].copyFrom(columns[c] as never, row, slot);
    if (this.createdCount === this.created.length) this.created = grownInts(this.created);
    this.created[this.createdCount++] = slot;
    return slot;
  }
}
