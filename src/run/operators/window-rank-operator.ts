import type { WindowRankNode } from '../../plan/node.ts';
import { BATCH_ROWS, type Batch } from '../../types/batch.ts';
import type { BigintColumn, Column, TimestampColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { createKeyIndex } from '../state/create-key-index.ts';
import type { KeyIndex, KeyIndexSnapshot } from '../state/key-index.ts';
import { RowStore, type RowStoreSnapshot } from '../state/row-store.ts';
import { copyRange } from '../state/columns.ts';
import { BatchWriter } from './batch-writer.ts';
import { rowComparison, type CompareRows } from './compare-rows.ts';
import { insertSorted } from './insert-sorted.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';
import { WindowClock } from './window-clock.ts';

/** The best rows of one window, for each key in order of rank. */
interface OpenWindow {
  readonly end: number;
  readonly keys: KeyIndex;
  /** By slot: handles of at most `node.end` rows. */
  readonly ranked: number[][];
}

/**
 * Top-N within windows: given once, when the watermark reaches the window's last millisecond, windows by their ends, keys in order
 * of first arrival, rows by rank. State: at most N rows for each key of each open window. A row whose window has fired is late.
 */
export class WindowRankOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: WindowRankNode;
  private readonly context: OperatorContext;
  private readonly writer: BatchWriter;
  private readonly input: Schema;
  private readonly rows: RowStore;
  private readonly compare: CompareRows;
  private readonly clock: WindowClock;
  private readonly open = new Map<number, OpenWindow>();
  private readonly ends: number[] = [];
  private readonly keyColumns: Column[] = [];
  private slots = new Int32Array(BATCH_ROWS);

  constructor(node: WindowRankNode, input: Schema, output: Output, context: OperatorContext) {
    this.node = node;
    this.context = context;
    this.input = input;
    this.writer = new BatchWriter(node.schema, output, this.metrics, false);
    this.rows = new RowStore(input);
    this.compare = rowComparison(node.order, input);
    this.clock = new WindowClock(node.local, context.timeZone);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, watermarks } = batch;
    const { partition, windowEnd } = this.node;
    this.metrics.rowsIn += length;
    if (this.slots.length < length) this.slots = new Int32Array(length);
    for (let k = 0; k < partition.length; k++) this.keyColumns[k] = columns[partition[k]];
    const ends = columns[windowEnd] as TimestampColumn;
    for (let i = 0; i < length; i++) {
      const watermark = watermarks === null ? batch.startWatermark : watermarks[i];
      this.advanceTo(watermark);
      const end = ends.values[i];
      if (this.clock.fireTime(end) <= watermark) {
        this.metrics.lateRowsDropped++;
        this.context.onLate?.(this.node, batch, i);
        continue;
      }
      this.rank(this.windowOf(end), columns, i);
    }
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    this.advanceTo(watermark);
    this.metrics.stateEntries = this.rows.size;
    this.writer.flush();
  }

  snapshot(): unknown {
    const handles: number[] = [];
    const windows = [...this.open.values()].map(({ end, keys, ranked }) => {
      const counts = Array.from(keys.liveSlots(), (slot) => {
        handles.push(...ranked[slot]);
        return ranked[slot].length;
      });
      return { end, keys: keys.snapshot(), counts };
    });
    return { watermark: this.metrics.watermark, windows, rows: this.rows.snapshot(handles) } satisfies WindowRankSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, windows, rows } = state as WindowRankSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.rows.restore(rows);
    let handle = 0;
    for (const { end, keys, counts } of windows) {
      const window = this.windowOf(end);
      window.keys.restore(keys);
      for (const count of counts) window.ranked.push(Array.from({ length: count }, () => handle++));
    }
    this.metrics.stateEntries = this.rows.size;
  }

  private windowOf(end: number): OpenWindow {
    let window = this.open.get(end);
    if (window === undefined) {
      window = { end, keys: createKeyIndex(this.node.partition.map((column) => this.input[column].type)), ranked: [] };
      this.open.set(end, window);
      insertSorted(this.ends, end);
    }
    return window;
  }

  private rank({ keys, ranked }: OpenWindow, columns: readonly Column[], row: number): void {
    keys.resolve(this.keyColumns, row, row + 1, this.slots);
    if (keys.createdCount > 0) ranked.push([]);
    const best = ranked[this.slots[row]];
    const { rows, compare } = this;
    const isFull = best.length === this.node.end;
    const least = this.node.laterWins ? 0 : -1;
    // It goes before those that it compares with as `least` or less.
    const goesBefore = (handle: number): boolean => compare(columns, row, rows.columns, handle) <= least;
    if (isFull && !goesBefore(best[best.length - 1])) return;
    if (isFull) rows.remove(best.pop()!);
    let at = best.length;
    while (at > 0 && goesBefore(best[at - 1])) at--;
    best.splice(at, 0, rows.add(columns, row));
  }

  private advanceTo(watermark: number): void {
    if (watermark <= this.metrics.watermark) return;
    while (this.ends.length > 0 && this.clock.fireTime(this.ends[0]) <= watermark) this.fire(this.ends.shift()!);
    this.metrics.watermark = watermark;
    this.writer.advance(watermark);
  }

  private fire(end: number): void {
    const { ranked } = this.open.get(end)!;
    this.open.delete(end);
    const { writer, rows, node } = this;
    const width = this.input.length;
    for (const best of ranked) {
      for (let rank = node.start; rank <= best.length; rank++) {
        writer.room(1);
        const row = writer.batch.length;
        for (let c = 0; c < width; c++) copyRange(rows.columns[c], best[rank - 1], writer.columns[c], row, 1);
        if (node.withRank) (writer.columns[width] as BigintColumn).set(row, BigInt(rank));
        writer.commit(1);
      }
      for (const handle of best) rows.remove(handle);
    }
  }
}

interface WindowRankSnapshot {
  readonly watermark: number;
  readonly windows: readonly { readonly end: number; readonly keys: KeyIndexSnapshot; readonly counts: readonly number[] }[];
  /** Window by window, key by key, in order of rank. */
  readonly rows: RowStoreSnapshot;
}
