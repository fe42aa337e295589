import type { WatermarkNode } from '../../plan/node.ts';
import { BATCH_ROWS, MIN_WATERMARK, type Batch } from '../../types/batch.ts';
import { linkCode } from '../link.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from '../operators/operator.ts';

/** Splits that fell silent so shortly after each other did so together: Flink looks no more often ('pipeline.auto-watermark-interval'). */
const TOGETHER_MS = 200;

/** How often the watermark goes on with the clock while all splits are silent. */
const SILENT_STEP_MS = 100;

/** A split's watermark, and when (by the wall clock) it last gave rows. */
interface SplitWatermark {
  watermark: number;
  activeAt: number;
}

/**
 * Assigns watermarks, after every row: a split's is the largest value of the expression so far, the stream's the smallest of
 * the splits that are not idle. It never goes back; before all splits have given a first row there is none.
 *
 * The source says with `beginBatch` from which split the next batch comes, and calls `advanceIdle` from time to time.
 */
export class WatermarkOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: WatermarkNode;
  private readonly output: Output;
  private readonly evaluate: (input: Batch, target: Float64Array) => void;
  private readonly splits = new Map<string, SplitWatermark>();
  private split: SplitWatermark = { watermark: MIN_WATERMARK, activeAt: 0 };
  private values = new Float64Array(BATCH_ROWS);
  private watermarks = new Float64Array(BATCH_ROWS);
  private readonly batch: Batch = {
    length: 0,
    columns: [],
    kinds: null,
    watermarks: null,
    startWatermark: MIN_WATERMARK,
    watermark: MIN_WATERMARK,
  };
  /** Where the watermark stood, and when, as the last row came. */
  private lastRow = { watermark: MIN_WATERMARK, at: 0 };

  constructor(node: WatermarkNode, output: Output, context: OperatorContext) {
    this.node = node;
    this.output = output;
    this.evaluate = linkCode(node.code, context);
  }

  /** The next batch comes from `split`; `splits` are all that the source has at present. `now` is the clock's time. */
  beginBatch(split: string, splits: readonly string[], now: number): void {
    this.knowSplits(splits, now);
    this.knowSplits([split], now, false);
    this.split = this.splits.get(split)!;
    this.split.activeAt = now;
    this.lastRow.at = now;
  }

  process(_input: number, input: Batch): void {
    const { batch, metrics } = this;
    const { length } = input;
    if (length === 0) return;
    metrics.rowsIn += length;
    if (this.values.length < length) {
      this.values = new Float64Array(length);
      this.watermarks = new Float64Array(length);
    }
    const { values, watermarks, split } = this;
    this.evaluate(input, values);
    const others = this.smallest(this.lastRow.at, split);
    let own = split.watermark;
    let combined = metrics.watermark;
    batch.startWatermark = combined;
    for (let i = 0; i < length; i++) {
      watermarks[i] = combined;
      const value = Math.floor(values[i]);
      // NaN, which stands for NULL, is larger than nothing.
      if (value > own) {
        own = value;
        const smallest = own < others ? own : others;
        if (smallest > combined) combined = smallest;
      }
    }
    split.watermark = own;
    this.lastRow.watermark = combined;
    batch.length = length;
    for (let c = 0; c < input.columns.length; c++) batch.columns[c] = input.columns[c];
    batch.kinds = input.kinds;
    batch.watermarks = watermarks;
    batch.watermark = combined;
    metrics.watermark = combined;
    metrics.rowsOut += length;
    this.output.collect(batch);
  }

  /** The end of input; watermarks from above mean nothing otherwise, since this operator makes its own. */
  advance(_input: number, watermark: number): void {
    if (watermark === Infinity) this.advanceTo(watermark);
  }

  /**
   * Lets the watermark go on although no row has come: past splits that have been silent for long enough or, when all are,
   * with the clock. Answers whether it has moved.
   */
  advanceIdle(splits: readonly string[], now: number): boolean {
    const { idleTimeoutMs, advanceWhenIdleMs } = this.node;
    if (idleTimeoutMs === 0 && advanceWhenIdleMs === 0) return false;
    this.knowSplits(splits, now);
    if (this.splits.size === 0) return false;
    let watermark = this.smallest(now, null);
    // With no split left that says where the time is, it stays where those left it that fell silent last.
    if (watermark === Infinity) watermark = this.smallest(this.lastActiveAt() + idleTimeoutMs - 1, null);
    if (watermark === Infinity) watermark = this.metrics.watermark;
    if (Number.isNaN(this.lastRow.at)) this.lastRow.at = now;
    const silentMs = now - this.lastRow.at;
    if (advanceWhenIdleMs > 0 && silentMs >= advanceWhenIdleMs && this.lastRow.watermark > MIN_WATERMARK) {
      watermark = Math.max(watermark, this.lastRow.watermark + silentMs);
    }
    return this.advanceTo(watermark);
  }

  /** Milliseconds until `advanceIdle` may have something to do; Infinity when only rows can change anything. */
  idleInMs(now: number): number {
    const { idleTimeoutMs, advanceWhenIdleMs } = this.node;
    let due = Infinity;
    if (idleTimeoutMs > 0) {
      for (const { watermark, activeAt } of this.splits.values()) {
        const left = activeAt + idleTimeoutMs - now;
        if (left > 0 && watermark <= this.metrics.watermark) due = Math.min(due, left);
      }
    }
    if (advanceWhenIdleMs > 0 && this.lastRow.watermark > MIN_WATERMARK) {
      due = Math.min(due, Math.max(this.lastRow.at + advanceWhenIdleMs - now, SILENT_STEP_MS));
    }
    return due;
  }

  snapshot(): unknown {
    return {
      watermark: this.metrics.watermark,
      splits: new Map([...this.splits].map(([split, { watermark }]) => [split, watermark])),
    } satisfies WatermarkSnapshot;
  }

  /** Splits count as active from the first moment they are heard of again. */
  restore(state: unknown): void {
    const { watermark, splits } = state as WatermarkSnapshot;
    this.metrics.watermark = watermark;
    // Silence counts from when the job runs again.
    this.lastRow = { watermark, at: NaN };
    for (const [split, own] of splits) this.splits.set(split, { watermark: own, activeAt: NaN });
  }

  private knowSplits(splits: readonly string[], now: number, areAll = true): void {
    if (areAll && this.splits.size > splits.length) {
      for (const split of this.splits.keys()) if (!splits.includes(split)) this.splits.delete(split);
    }
    for (const split of splits) {
      const known = this.splits.get(split);
      if (known === undefined) this.splits.set(split, { watermark: MIN_WATERMARK, activeAt: now });
      else if (Number.isNaN(known.activeAt)) known.activeAt = now;
    }
  }

  /** The smallest watermark of the splits that are not idle, but for one; Infinity when there is none. */
  private smallest(now: number, except: SplitWatermark | null): number {
    const { idleTimeoutMs } = this.node;
    const lastActiveAt = idleTimeoutMs === 0 ? 0 : this.lastActiveAt();
    let smallest = Infinity;
    for (const split of this.splits.values()) {
      if (split === except || split.watermark >= smallest) continue;
      if (idleTimeoutMs > 0 && now - silentSince(split, lastActiveAt) >= idleTimeoutMs) continue;
      smallest = split.watermark;
    }
    return smallest;
  }

  /** When a split last gave rows; -Infinity when none has. */
  private lastActiveAt(): number {
    let last = -Infinity;
    for (const { watermark, activeAt } of this.splits.values()) {
      if (watermark > MIN_WATERMARK && activeAt > last) last = activeAt;
    }
    return last;
  }

  private advanceTo(watermark: number): boolean {
    if (watermark <= this.metrics.watermark) return false;
    this.metrics.watermark = watermark;
    this.output.advance(watermark);
    return true;
  }
}

/** A split without rows falls silent before those that are found with it and have some. */
function silentSince({ watermark, activeAt }: SplitWatermark, lastActiveAt: number): number {
  if (watermark === MIN_WATERMARK) return activeAt - 1;
  return lastActiveAt - activeAt < TOGETHER_MS ? lastActiveAt : activeAt;
}

interface WatermarkSnapshot {
  readonly watermark: number;
  readonly splits: ReadonlyMap<string, number>;
}
