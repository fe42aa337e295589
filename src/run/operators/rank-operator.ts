import type { RankNode } from '../../plan/node.ts';
import type { Batch } from '../../types/batch.ts';
import type { BigintColumn, Column } from '../../types/column.ts';
import { DELETE, INSERT, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import { copyRange, sameValues } from '../state/columns.ts';
import { KeyedRowLists, type KeyedRowListsSnapshot } from '../state/keyed-row-lists.ts';
import type { RowStore } from '../state/row-store.ts';
import { BatchWriter } from './batch-writer.ts';
import { rowComparison, type CompareRows } from './compare-rows.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * Continuous Top-N: after every row the change of the rows of rank `start` … `end` in its partition. Without the rank in the
 * output a row that leaves gives `-D` and one that enters `+I` (`-U` and `+U` where only one rank is asked for). With it, or
 * with an offset, every rank whose row has changed gives `-U` and `+U`. State: the best `end` rows of each partition; where
 * rows can be taken back, all rows.
 */
export class RankOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: RankNode;
  private readonly writer: BatchWriter;
  private readonly width: number;
  /** By partition, in order of rank. */
  private readonly ranked: KeyedRowLists;
  private readonly rows: RowStore;
  private readonly compare: CompareRows;

  constructor(node: RankNode, input: Schema, output: Output, context: OperatorContext) {
    this.node = node;
    this.writer = new BatchWriter(node.schema, output, this.metrics, true);
    this.width = input.length;
    this.ranked = new KeyedRowLists(input, node.partition, node.stateTtlMs, context.clock);
    this.rows = this.ranked.rows;
    this.compare = rowComparison(node.order, input);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, kinds, watermarks } = batch;
    const { writer, ranked } = this;
    this.metrics.rowsIn += length;
    ranked.beginBatch(columns, length);
    writer.advance(batch.startWatermark);
    for (let i = 0; i < length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      const list = ranked.listOf(i);
      if (kinds === null || !isRetraction(kinds[i])) this.insert(list, columns, i);
      else this.takeBack(list, columns, i);
      ranked.settle();
    }
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.metrics.stateEntries = this.rows.size;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  snapshot(): unknown {
    return { watermark: this.metrics.watermark, ...this.ranked.snapshot() } satisfies RankSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, ...ranked } = state as RankSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.ranked.restore(ranked);
    this.metrics.stateEntries = this.rows.size;
  }

  private insert(list: number[], columns: readonly Column[], row: number): void {
    const { rows, node } = this;
    const isLast = list.length > 0 && this.isBehind(columns, row, list[list.length - 1]);
    if (!node.retracting && isLast && list.length >= node.end) return;
    const position = isLast ? list.length : this.positionOf(list, columns, row);
    const before = list.length;
    list.splice(position, 0, rows.add(columns, row));
    // The rows at `position` and after have moved down by one rank.
    this.change(
      position,
      before,
      (index) => list[index + 1],
      before + 1,
      (index) => list[index],
    );
    if (!node.retracting && list.length > node.end) rows.remove(list.pop()!);
  }

  private takeBack(list: number[], columns: readonly Column[], row: number): void {
    const position = this.find(list, columns, row);
    if (position === -1) return;
    const before = list.length;
    this.change(
      position,
      before,
      (index) => list[index],
      before - 1,
      (index) => list[index + 1],
    );
    this.rows.remove(list[position]);
    list.splice(position, 1);
  }

  /**
   * Gives the change of a partition whose rows have moved by one rank from index `position` on. `old` and `now` answer the row
   * at an index from `position` on, of `oldCount` and `newCount`.
   */
  private change(
    position: number,
    oldCount: number,
    old: (index: number) => number,
    newCount: number,
    now: (index: number) => number,
  ): void {
    const { start, end, withRank } = this.node;
    const first = Math.max(position, start - 1);
    // With an offset, too, Flink goes by ranks.
    if (withRank || (start > 1 && end > start)) {
      const last = Math.min(end, Math.max(oldCount, newCount));
      for (let index = first; index < last; index++) {
        if (index < oldCount) this.write(old(index), index + 1, index < newCount ? UPDATE_BEFORE : DELETE);
        if (index < newCount) this.write(now(index), index + 1, index < oldCount ? UPDATE_AFTER : INSERT);
      }
      return;
    }
    if (first >= end) return;
    // Without ranks only one row leaves and one enters: which ones depends on the way the others have moved.
    const hasGrown = newCount > oldCount;
    const leaving = hasGrown ? (oldCount >= end ? old(end - 1) : -1) : first < oldCount ? old(first) : -1;
    const entering = hasGrown ? (first < newCount ? now(first) : -1) : newCount >= end ? now(end - 1) : -1;
    const isUpdate = leaving !== -1 && entering !== -1 && start === end;
    if (leaving !== -1) this.write(leaving, 0, isUpdate ? UPDATE_BEFORE : DELETE);
    if (entering !== -1) this.write(entering, 0, isUpdate ? UPDATE_AFTER : INSERT);
  }

  private write(handle: number, rank: number, kind: number): void {
    const { writer, rows, width } = this;
    // Both sides of an update go into one batch.
    writer.room(kind === UPDATE_BEFORE ? 2 : 1);
    const row = writer.batch.length;
    for (let c = 0; c < width; c++) copyRange(rows.columns[c], handle, writer.columns[c], row, 1);
    if (this.node.withRank) (writer.columns[width] as BigintColumn).set(row, BigInt(rank));
    writer.commitRow(kind);
  }

  /** The new row ranks behind the one with this handle. */
  private isBehind(columns: readonly Column[], row: number, handle: number): boolean {
    const order = this.compare(columns, row, this.rows.columns, handle);
    return this.node.laterWins ? order > 0 : order >= 0;
  }

  /** Where a new row goes. */
  private positionOf(list: readonly number[], columns: readonly Column[], row: number): number {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.isBehind(columns, row, list[middle])) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first row that equals the given one in everything, or -1. */
  private find(list: readonly number[], columns: readonly Column[], row: number): number {
    const { rows, compare } = this;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(columns, row, rows.columns, list[middle]) > 0) low = middle + 1;
      else high = middle;
    }
    for (; low < list.length && compare(columns, row, rows.columns, list[low]) === 0; low++) {
      if (sameValues(columns, row, rows.columns, list[low])) return low;
    }
    return -1;
  }
}

type RankSnapshot = KeyedRowListsSnapshot & { readonly watermark: number };
