import type { GroupAggregateNode } from '../../plan/node.ts';
import { BATCH_ROWS, type Batch } from '../../types/batch.ts';
import type { Column } from '../../types/column.ts';
import { DELETE, INSERT, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { Schema } from '../../types/schema.ts';
import { linkAccumulators, type Accumulators } from '../state/accumulators.ts';
import { copyRange, sameRow } from '../state/columns.ts';
import { KeyedAccumulators, type KeyedAccumulatorsSnapshot } from '../state/keyed-accumulators.ts';
import { TimeToLive } from '../state/time-to-live.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * GROUP BY without windows: for every input row the change of its group's result. `+I` for the first row of a group, then
 * `-U` `+U` when the result has changed (with a time to live: always, so that whoever is downstream keeps its state, too),
 * `-D` when the last row is taken back. State: an accumulator and a count of rows for each group, for as long as the group has
 * rows and is written to within the time to live.
 */
export class GroupAggregateOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: GroupAggregateNode;
  private readonly writer: BatchWriter;
  private readonly accumulators: Accumulators;
  private readonly keyed: KeyedAccumulators;
  private readonly timeToLive: TimeToLive;
  private readonly keyColumns: Column[] = [];
  private readonly outputKeys: readonly Column[];
  private readonly aggregateColumns: readonly Column[];
  /** By slot: rows of the group that have not been taken back. */
  private rowCounts = new Float64Array(64);
  /** Slots whose group lost its last row in this batch; some may have got a new one since. */
  private emptied: number[] = [];
  private slots = new Int32Array(BATCH_ROWS);

  constructor(node: GroupAggregateNode, input: Schema, output: Output, context: OperatorContext) {
    this.node = node;
    this.writer = new BatchWriter(node.schema, output, this.metrics, true);
    this.accumulators = linkAccumulators(node.code.accumulators, context);
    this.keyed = new KeyedAccumulators(
      node.keys.map((key) => input[key].type),
      this.accumulators,
    );
    this.timeToLive = new TimeToLive(node.stateTtlMs, context.clock);
    this.outputKeys = this.writer.columns.slice(0, node.keys.length);
    this.aggregateColumns = this.writer.columns.slice(node.keys.length);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, kinds, watermarks } = batch;
    const { keyed, writer, accumulators, timeToLive, node } = this;
    this.metrics.rowsIn += length;
    if (this.slots.length < length) this.slots = new Int32Array(length);
    timeToLive.beginBatch((slot) => this.remove(slot));
    for (let k = 0; k < node.keys.length; k++) this.keyColumns[k] = columns[node.keys[k]];
    const { slots } = this;
    keyed.resolve(this.keyColumns, 0, length, slots);
    this.reserve(keyed.index.limit);
    const { state } = keyed;
    const { rowCounts } = this;
    writer.advance(batch.startWatermark);
    for (let i = 0; i < length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      const slot = slots[i];
      if (timeToLive.isExpired(slot)) this.forget(slot);
      const isNew = rowCounts[slot] === 0;
      if (kinds !== null && isRetraction(kinds[i])) {
        // Nothing is known of what is taken back: its state has expired.
        if (isNew) {
          this.emptied.push(slot);
          continue;
        }
        timeToLive.touch(slot);
        writer.room(2);
        this.write(slot);
        if (--rowCounts[slot] === 0) {
          writer.commitRow(DELETE);
          this.forget(slot);
          this.emptied.push(slot);
          continue;
        }
        accumulators.retract!(state, columns, slots, i, i + 1);
        this.update(slot);
        continue;
      }
      timeToLive.touch(slot);
      writer.room(2);
      rowCounts[slot]++;
      if (isNew) {
        accumulators.accumulate(state, columns, slots, i, i + 1);
        this.write(slot);
        writer.commitRow(INSERT);
      } else {
        this.write(slot);
        accumulators.accumulate(state, columns, slots, i, i + 1);
        this.update(slot);
      }
    }
    for (const slot of this.emptied) if (rowCounts[slot] === 0 && keyed.index.isLive(slot)) this.remove(slot);
    this.emptied.length = 0;
    this.metrics.stateEntries = keyed.index.size;
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  snapshot(): unknown {
    const slots = this.keyed.index.liveSlots();
    return {
      watermark: this.metrics.watermark,
      keyed: this.keyed.snapshot(),
      rowCounts: Float64Array.from(slots, (slot) => this.rowCounts[slot]),
      usedAt: this.timeToLive.snapshot(slots),
    } satisfies GroupAggregateSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, keyed, rowCounts, usedAt } = state as GroupAggregateSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.keyed.restore(keyed);
    this.reserve(this.keyed.index.limit);
    this.rowCounts.set(rowCounts);
    this.timeToLive.restore(usedAt);
    this.metrics.stateEntries = this.keyed.index.size;
  }

  private reserve(limit: number): void {
    if (limit > this.rowCounts.length) {
      const rowCounts = new Float64Array(Math.max(limit, this.rowCounts.length * 2));
      rowCounts.set(this.rowCounts);
      this.rowCounts = rowCounts;
    }
    this.timeToLive.reserve(limit);
  }

  /** The group's result into the writer's next row. */
  private write(slot: number): void {
    const row = this.writer.batch.length;
    const { columns } = this.keyed.index;
    for (let k = 0; k < this.outputKeys.length; k++) copyRange(columns[k], slot, this.outputKeys[k], row, 1);
    this.accumulators.emit(this.keyed.state, slot, slot + 1, this.aggregateColumns, row);
  }

  /** The result before stands in the writer's next row: it goes out with the one now, unless they are the same. */
  private update(slot: number): void {
    const { writer } = this;
    writer.commitRow(UPDATE_BEFORE);
    this.write(slot);
    const row = writer.batch.length;
    if (this.node.stateTtlMs === 0 && sameRow(this.aggregateColumns, row - 1, row)) writer.revoke();
    else writer.commitRow(UPDATE_AFTER);
  }

  /** The group starts afresh, under the same slot. */
  private forget(slot: number): void {
    this.rowCounts[slot] = 0;
    this.accumulators.clear(this.keyed.state, slot, slot + 1);
  }

  private remove(slot: number): void {
    this.rowCounts[slot] = 0;
    this.timeToLive.release(slot);
    this.keyed.remove(slot);
  }
}

interface GroupAggregateSnapshot {
  readonly watermark: number;
  readonly keyed: KeyedAccumulatorsSnapshot;
  readonly rowCounts: Float64Array;
  readonly usedAt: Float64Array;
}
