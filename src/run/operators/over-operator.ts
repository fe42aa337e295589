import type { OverNode } from '../../plan/node.ts';
import { BATCH_ROWS, type Batch } from '../../types/batch.ts';
import type { Column, TimestampColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { linkAccumulators, type Accumulators } from '../state/accumulators.ts';
import { copyRange } from '../state/columns.ts';
import { grownInts } from '../../base/grown-ints.ts';
import { KeyedAccumulators, type KeyedAccumulatorsSnapshot } from '../state/keyed-accumulators.ts';
import { RowStore, type RowStoreSnapshot } from '../state/row-store.ts';
import { TimeHeap } from '../state/time-heap.ts';
import { TimeToLive } from '../state/time-to-live.ts';
import { BatchWriter } from './batch-writer.ts';
import { nullTimeError } from './null-time-error.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * OVER windows: of rows by event time, which wait for the watermark to pass them, and of bounded frames, whose rows are
 * kept to be taken back. Rows come out in order of time, then of arrival.
 *
 * A row is late when the watermark has passed it; with a bounded frame, as in Flink, only when a row of its partition that is not
 * older has come out already. Partitions of RANGE frames are forgotten when no row to come can reach back to theirs.
 */
export class OverOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: OverNode;
  private readonly context: OperatorContext;
  private readonly writer: BatchWriter;
  private readonly results: readonly Column[];
  private readonly accumulators: Accumulators;
  private readonly keyed: KeyedAccumulators;
  private readonly timeToLive: TimeToLive;
  private readonly isRowtime: boolean;
  private readonly isRange: boolean;
  private readonly isBounded: boolean;
  /** Rows that wait, and rows within bounded frames. */
  private readonly rows: RowStore;
  private readonly waiting = new TimeHeap();
  /** When to look whether a partition (slot) can be forgotten. */
  private readonly cleanups = new TimeHeap();
  private readonly keyColumns: Column[] = [];
  /** Rows of one time that come out together. */
  private readonly peers: number[] = [];
  private slots = new Int32Array(BATCH_ROWS);
  // By handle: the row's partition, time, and the next row of its frame.
  private slotOf = new Int32Array(0);
  private timeOf = new Float64Array(0);
  private nextOf = new Int32Array(0);
  // By slot: the frame's oldest and newest row and their number, how many rows wait, the time of the last that came out, and
  // when the partition can be forgotten.
  private oldest = new Int32Array(0);
  private newest = new Int32Array(0);
  private frameRows = new Int32Array(0);
  private waitingRows = new Int32Array(0);
  private lastTime = new Float64Array(0);
  private cleanupAt = new Float64Array(0);

  constructor(node: OverNode, input: Schema, output: Output, context: OperatorContext) {
    this.node = node;
    this.context = context;
    this.writer = new BatchWriter(node.schema, output, this.metrics, false);
    this.results = this.writer.columns.slice(input.length);
    this.accumulators = linkAccumulators(node.code.accumulators, context);
    this.keyed = new KeyedAccumulators(
      node.partition.map((column) => input[column].type),
      this.accumulators,
    );
    this.timeToLive = new TimeToLive(node.stateTtlMs, context.clock);
    this.isRowtime = node.time === 'rowtime';
    this.isRange = node.frame.unit === 'range';
    this.isBounded = node.frame.preceding !== Infinity;
    this.rows = new RowStore(input);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, watermarks } = batch;
    const { partition } = this.node;
    this.metrics.rowsIn += length;
    if (this.slots.length < length) this.slots = new Int32Array(length);
    this.timeToLive.beginBatch((slot) => this.expire(slot));
    for (let k = 0; k < partition.length; k++) this.keyColumns[k] = columns[partition[k]];
    const now = this.isRowtime ? 0 : this.context.clock.now();
    for (let i = 0; i < length; i++) {
      const watermark = watermarks === null ? batch.startWatermark : watermarks[i];
      this.advanceTo(watermark);
      if (this.isRowtime) {
        this.admit(batch, i, watermark);
      } else {
        this.peers.push(this.keep(columns, i, now));
        this.answer(now);
      }
    }
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    this.advanceTo(watermark);
    this.metrics.stateEntries = this.rows.size + this.keyed.index.size;
    this.writer.flush();
  }

  snapshot(): unknown {
    const slots = this.keyed.index.liveSlots();
    const positions = new Map(Array.from(slots, (slot, position) => [slot, position]));
    const frames = Array.from(slots).flatMap((slot) => this.frameOf(slot));
    const waiting = this.waiting.toArray().map(({ item }) => item);
    const handles = [...frames, ...waiting];
    return {
      watermark: this.metrics.watermark,
      keyed: this.keyed.snapshot(),
      usedAt: this.timeToLive.snapshot(slots),
      lastTime: Float64Array.from(slots, (slot) => this.lastTime[slot]),
      cleanupAt: Float64Array.from(slots, (slot) => this.cleanupAt[slot]),
      rows: this.rows.snapshot(handles),
      frameRows: frames.length,
      partitions: Int32Array.from(handles, (handle) => positions.get(this.slotOf[handle])!),
      times: Float64Array.from(handles, (handle) => this.timeOf[handle]),
    } satisfies OverSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, keyed, usedAt, lastTime, cleanupAt, rows, frameRows, partitions, times } = state as OverSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.keyed.restore(keyed);
    this.timeToLive.restore(usedAt);
    for (let slot = 0; slot < lastTime.length; slot++) {
      this.begin(slot);
      this.lastTime[slot] = lastTime[slot];
      this.planCleanup(slot, cleanupAt[slot]);
    }
    this.rows.restore(rows);
    for (let handle = 0; handle < rows.count; handle++) {
      this.placeHandle(handle, partitions[handle], times[handle]);
      if (handle < frameRows) this.append(handle);
      else this.wait(handle);
    }
  }

  private advanceTo(watermark: number): void {
    if (watermark <= this.metrics.watermark) return;
    this.fire(watermark);
    this.metrics.watermark = watermark;
    this.writer.advance(watermark);
  }

  /** A row by event time: waits, unless it is late. */
  private admit(batch: Batch, row: number, watermark: number): void {
    const time = batch.columns[this.node.orderColumn] as TimestampColumn;
    if (time.nulls[row] !== 0) throw nullTimeError(this.node, 'an OVER window');
    const at = time.values[row];
    if (!this.isBounded && at <= watermark) return this.drop(batch, row);
    const handle = this.keep(batch.columns, row, at);
    const slot = this.slotOf[handle];
    if (at <= this.lastTime[slot]) {
      this.rows.remove(handle);
      return this.drop(batch, row);
    }
    this.wait(handle);
    // Flink's rule for when it is safe to forget a partition; what is left of its sums after rounding goes at that time, too.
    const { preceding } = this.node.frame;
    if (this.isRange && this.isBounded && !(this.cleanupAt[slot] >= at + preceding + 1)) {
      this.planCleanup(slot, at + Math.floor(preceding * 1.5) + 1);
    }
  }

  private drop(batch: Batch, row: number): void {
    this.metrics.lateRowsDropped++;
    this.context.onLate?.(this.node, batch, row);
  }

  /** Stores a row with its partition. */
  private keep(columns: readonly Column[], row: number, time: number): number {
    const { keyed, timeToLive } = this;
    keyed.resolve(this.keyColumns, row, row + 1, this.slots);
    const slot = this.slots[row];
    if (keyed.index.createdCount > 0) this.begin(slot);
    if (timeToLive.isExpired(slot) && this.waitingRows[slot] === 0) this.restart(slot);
    timeToLive.touch(slot);
    const handle = this.rows.add(columns, row);
    this.placeHandle(handle, slot, time);
    return handle;
  }

  private wait(handle: number): void {
    this.waitingRows[this.slotOf[handle]]++;
    this.waiting.push(this.timeOf[handle], handle);
  }

  /** Lets out all rows that the watermark passes, in order of time, and forgets partitions whose time has come. */
  private fire(watermark: number): void {
    const { waiting, cleanups, peers } = this;
    for (;;) {
      const time = waiting.firstTime;
      const cleanup = cleanups.firstTime;
      if (Math.min(time, cleanup) > watermark || (waiting.size === 0 && cleanups.size === 0)) return;
      if (waiting.size === 0 || cleanup < time) {
        this.cleanUp(cleanups.pop(), cleanup);
        continue;
      }
      while (waiting.size > 0 && waiting.firstTime === time) {
        const handle = waiting.pop();
        this.waitingRows[this.slotOf[handle]]--;
        peers.push(handle);
      }
      this.answer(time);
    }
  }

  private planCleanup(slot: number, at: number): void {
    this.cleanupAt[slot] = at;
    if (!Number.isNaN(at)) this.cleanups.push(at, slot);
  }

  private cleanUp(slot: number, at: number): void {
    // Rows that came since have put it off, or the slot is another partition's now.
    if (this.keyed.index.isLive(slot) && this.cleanupAt[slot] === at && this.waitingRows[slot] === 0) this.forget(slot);
  }

  /** Writes the rows in `peers`, all of this time, with their results, and empties it. */
  private answer(time: number): void {
    const { peers, slotOf, isRange } = this;
    if (!isRange || !this.isRowtime) {
      for (const handle of peers) {
        this.enter(handle, time);
        this.emit(handle);
      }
    } else {
      // Peers see each other.
      for (const handle of peers) this.enter(handle, time);
      for (const handle of peers) this.emit(handle);
    }
    for (const handle of peers) {
      this.lastTime[slotOf[handle]] = time;
      if (!this.isBounded) this.rows.remove(handle);
    }
    peers.length = 0;
  }

  /** A row enters its partition's frame, and others leave. */
  private enter(handle: number, time: number): void {
    const slot = this.slotOf[handle];
    if (this.isBounded) {
      const { preceding } = this.node.frame;
      if (this.isRange) while (this.frameRows[slot] > 0 && this.timeOf[this.oldest[slot]] < time - preceding) this.leave(slot);
      else while (this.frameRows[slot] > preceding) this.leave(slot);
      this.append(handle);
    }
    this.accumulators.accumulate(this.keyed.state, this.rows.columns, this.slotOf, handle, handle + 1);
  }

  private append(handle: number): void {
    const slot = this.slotOf[handle];
    if (this.frameRows[slot] === 0) this.oldest[slot] = handle;
    else this.nextOf[this.newest[slot]] = handle;
    this.newest[slot] = handle;
    this.frameRows[slot]++;
  }

  /** The oldest row leaves the frame. */
  private leave(slot: number): void {
    const handle = this.oldest[slot];
    this.accumulators.retract!(this.keyed.state, this.rows.columns, this.slotOf, handle, handle + 1);
    this.oldest[slot] = this.nextOf[handle];
    this.frameRows[slot]--;
    this.rows.remove(handle);
  }

  private emit(handle: number): void {
    const { writer, rows } = this;
    writer.room(1);
    const row = writer.batch.length;
    for (let c = 0; c < rows.columns.length; c++) copyRange(rows.columns[c], handle, writer.columns[c], row, 1);
    const slot = this.slotOf[handle];
    this.accumulators.emit(this.keyed.state, slot, slot + 1, this.results, row);
    writer.commit(1);
  }

  /** The rows of a partition's frame, oldest first. */
  private frameOf(slot: number): number[] {
    const handles: number[] = [];
    for (let n = this.frameRows[slot], handle = this.oldest[slot]; n > 0; n--, handle = this.nextOf[handle]) handles.push(handle);
    return handles;
  }

  /** A partition that is new. */
  private begin(slot: number): void {
    if (slot >= this.oldest.length) {
      const capacity = Math.max(64, slot + 1, this.oldest.length * 2);
      this.oldest = grownInts(this.oldest, capacity);
      this.newest = grownInts(this.newest, capacity);
      this.frameRows = grownInts(this.frameRows, capacity);
      this.waitingRows = grownInts(this.waitingRows, capacity);
      this.lastTime = grownDoubles(this.lastTime, capacity);
      this.cleanupAt = grownDoubles(this.cleanupAt, capacity);
    }
    this.timeToLive.reserve(slot + 1);
    this.frameRows[slot] = 0;
    this.waitingRows[slot] = 0;
    this.lastTime[slot] = -Infinity;
    this.cleanupAt[slot] = NaN;
  }

  /** Drops what is known of a partition, which goes on. */
  private restart(slot: number): void {
    for (const handle of this.frameOf(slot)) this.rows.remove(handle);
    this.accumulators.clear(this.keyed.state, slot, slot + 1);
    this.begin(slot);
  }

  private forget(slot: number): void {
    this.restart(slot);
    this.timeToLive.release(slot);
    this.keyed.remove(slot);
  }

  /** The time to live is over; a partition with waiting rows lives on. */
  private expire(slot: number): void {
    if (this.waitingRows[slot] > 0) this.timeToLive.touch(slot);
    else this.forget(slot);
  }

  private placeHandle(handle: number, slot: number, time: number): void {
    if (handle >= this.slotOf.length) {
      const capacity = Math.max(64, handle + 1, this.slotOf.length * 2);
      this.slotOf = grownInts(this.slotOf, capacity);
      this.nextOf = grownInts(this.nextOf, capacity);
      this.timeOf = grownDoubles(this.timeOf, capacity);
    }
    this.slotOf[handle] = slot;
    this.timeOf[handle] = time;
  }
}

function grownDoubles(from: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(capacity);
  to.set(from);
  return to;
}

interface OverSnapshot {
  readonly watermark: number;
  readonly keyed: KeyedAccumulatorsSnapshot;
  readonly usedAt: Float64Array;
  readonly lastTime: Float64Array;
  readonly cleanupAt: Float64Array;
  /** First the rows of the frames, partition by partition, then the waiting ones. */
  readonly rows: RowStoreSnapshot;
  readonly frameRows: number;
  /** For each row the position of its partition among the keys. */
  readonly partitions: Int32Array;
  readonly times: Float64Array;
}
