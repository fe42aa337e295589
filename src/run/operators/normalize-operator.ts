import type { NormalizeNode } from '../../plan/node.ts';
import { BATCH_ROWS, type Batch } from '../../types/batch.ts';
import { createColumn, storageOf, type Column } from '../../types/column.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../types/row-kind.ts';
import { copyRange, gather, sameValues } from '../state/columns.ts';
import { createKeyIndex } from '../state/create-key-index.ts';
import type { KeyIndex } from '../state/key-index.ts';
import { restoreColumn, snapshotColumn, type ColumnSnapshot } from '../state/snapshot.ts';
import { TimeToLive } from '../state/time-to-live.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * Turns upserts and deletes by key into a full changelog: `+I` for a new key, `-U` `+U` when a row differs from the one before (with
 * a time to live: always), `-D` with the whole row for a delete. `-U` rows that come in say nothing new. State: the last row of each key.
 */
export class NormalizeOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: NormalizeNode;
  private readonly writer: BatchWriter;
  private readonly index: KeyIndex;
  private readonly timeToLive: TimeToLive;
  /** By slot: the key's row. */
  private readonly rows: readonly Column[];
  private readonly keyColumns: Column[] = [];
  private slots = new Int32Array(BATCH_ROWS);

  constructor(node: NormalizeNode, output: Output, context: OperatorContext) {
    this.node = node;
    this.writer = new BatchWriter(node.schema, output, this.metrics, true);
    this.index = createKeyIndex(node.keys.map((key) => node.schema[key].type));
    this.rows = node.schema.map((field) => createColumn(storageOf(field.type), 64));
    this.timeToLive = new TimeToLive(node.stateTtlMs, context.clock);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, kinds, watermarks } = batch;
    const { writer, index, timeToLive, rows, node } = this;
    this.metrics.rowsIn += length;
    if (this.slots.length < length) this.slots = new Int32Array(length);
    timeToLive.beginBatch((slot) => this.remove(slot));
    for (let k = 0; k < node.keys.length; k++) this.keyColumns[k] = columns[node.keys[k]];
    writer.advance(batch.startWatermark);
    for (let i = 0; i < length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      const kind = kinds === null ? INSERT : kinds[i];
      if (kind === UPDATE_BEFORE) continue;
      index.resolve(this.keyColumns, i, i + 1, this.slots);
      const slot = this.slots[i];
      timeToLive.reserve(slot + 1);
      const isNew = index.createdCount > 0 || timeToLive.isExpired(slot);
      if (kind === DELETE) {
        if (!isNew) this.write(rows, slot, DELETE);
        this.remove(slot);
        continue;
      }
      timeToLive.touch(slot);
      if (!isNew) {
        if (!timeToLive.isOn && sameValues(columns, i, rows, slot)) continue;
        this.write(rows, slot, UPDATE_BEFORE);
      }
      this.write(columns, i, isNew ? INSERT : UPDATE_AFTER);
      this.keep(columns, i, slot);
    }
    this.metrics.stateEntries = index.size;
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  snapshot(): unknown {
    const slots = this.index.liveSlots();
    const rows = this.rows.map((column) => {
      const copy = createColumn(column.storage, slots.length);
      gather(column, slots, slots.length, copy, 0);
      return snapshotColumn(copy, slots.length);
    });
    return { watermark: this.metrics.watermark, usedAt: this.timeToLive.snapshot(slots), rows } satisfies NormalizeSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, usedAt, rows } = state as NormalizeSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    const columns = rows.map(restoreColumn);
    const count = columns[0].nulls.length;
    this.index.resolve(
      this.node.keys.map((key) => columns[key]),
      0,
      count,
      new Int32Array(count),
    );
    for (let slot = 0; slot < count; slot++) this.keep(columns, slot, slot);
    this.timeToLive.restore(usedAt);
    this.metrics.stateEntries = this.index.size;
  }

  private keep(columns: readonly Column[], row: number, slot: number): void {
    for (let c = 0; c < this.rows.length; c++) {
      const column = this.rows[c];
      if (slot >= column.nulls.length) column.reserve(Math.max(slot + 1, column.nulls.length * 2));
      column.copyFrom(columns[c] as never, row, slot);
    }
  }

  private write(columns: readonly Column[], row: number, kind: number): void {
    const { writer } = this;
    // Both sides of an update go into one batch.
    writer.room(kind === UPDATE_BEFORE ? 2 : 1);
    for (let c = 0; c < columns.length; c++) copyRange(columns[c], row, writer.columns[c], writer.batch.length, 1);
    writer.commitRow(kind);
  }

  private remove(slot: number): void {
    for (const column of this.rows) {
      if (slot >= column.nulls.length) continue;
      if (column.storage === 'text') column.values[slot] = '';
      else if (column.storage === 'object') column.values[slot] = null;
    }
    this.timeToLive.release(slot);
    this.index.remove(slot);
  }
}

interface NormalizeSnapshot {
  readonly watermark: number;
  readonly usedAt: Float64Array;
  /** The rows by key, in the order in which the keys came. */
  readonly rows: readonly ColumnSnapshot[];
}
