import { createColumn, storageOf, type Column } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { gather } from './columns.ts';
import { grownInts } from '../../base/grown-ints.ts';
import { restoreColumn, snapshotColumn, type ColumnSnapshot } from './snapshot.ts';

export interface RowStoreSnapshot {
  readonly count: number;
  readonly columns: readonly ColumnSnapshot[];
}

/** Rows kept by handle, column by column. A handle is free for another row once its row is removed. */
export class RowStore {
  /** Row `handle` of each column is the row. */
  readonly columns: readonly Column[];
  /** Rows held. */
  size = 0;
  /** Handles lie below this number. */
  limit = 0;
  private capacity = 0;
  private free = new Int32Array(0);
  private freeCount = 0;

  constructor(schema: Schema) {
    this.columns = schema.map((field) => createColumn(storageOf(field.type), 0));
  }

  /** Copies a row. Answers its handle. */
  add(columns: readonly Column[], row: number): number {
    const handle = this.freeCount > 0 ? this.free[--this.freeCount] : this.limit++;
    if (handle >= this.capacity) {
      this.capacity = Math.max(64, this.capacity * 2);
      for (const column of this.columns) column.reserve(this.capacity);
    }
    this.size++;
    for (let c = 0; c < this.columns.length; c++) this.columns[c].copyFrom(columns[c] as never, row, handle);
    return handle;
  }

  remove(handle: number): void {
    for (const column of this.columns) {
      // What the row refers to must not live on with the free place.
      if (column.storage === 'text') column.values[handle] = '';
      else if (column.storage === 'object') column.values[handle] = null;
    }
    if (this.freeCount === this.free.length) this.free = grownInts(this.free);
    this.free[this.freeCount++] = handle;
    this.size--;
  }

  /** The rows with these handles, in this order. */
  snapshot(handles: readonly number[]): RowStoreSnapshot {
    const rows = Int32Array.from(handles);
    const columns = this.columns.map((column) => {
      const copy = createColumn(column.storage, rows.length);
      gather(column, rows, rows.length, copy, 0);
      return snapshotColumn(copy, rows.length);
    });
    return { count: rows.length, columns };
  }

  /** The rows get the handles 0, 1, … in the order of the snapshot. The store must be empty. */
  restore(snapshot: RowStoreSnapshot): void {
    const columns = snapshot.columns.map(restoreColumn);
    for (let row = 0; row < snapshot.count; row++) this.add(columns, row);
  }
}
