import type { OverNode } from '../../plan/node.ts';
import { BATCH_ROWS, MIN_WATERMARK, type Batch } from '../../types/batch.ts';
import { createColumn, storageOf, type Column } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { linkAccumulators, type Accumulators } from '../state/accumulators.ts';
import { KeyedAccumulators, type KeyedAccumulatorsSnapshot } from '../state/keyed-accumulators.ts';
import { TimeToLive } from '../state/time-to-live.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * OVER by processing time with an unbounded frame: each row is answered at once by the aggregates of all rows of its partition
 * so far. The input's columns go on as they are. State: an accumulator for each partition.
 */
export class RunningOverOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly output: Output;
  private readonly accumulators: Accumulators;
  private readonly keyed: KeyedAccumulators;
  private readonly timeToLive: TimeToLive;
  private readonly partition: readonly number[];
  private readonly keyColumns: Column[] = [];
  private readonly results: readonly Column[];
  private readonly batch: Batch;
  private slots = new Int32Array(BATCH_ROWS);

  constructor(node: OverNode, input: Schema, output: Output, context: OperatorContext) {
    this.output = output;
    this.accumulators = linkAccumulators(node.code.accumulators, context);
    this.keyed = new KeyedAccumulators(
      node.partition.map((column) => input[column].type),
      this.accumulators,
    );
    this.timeToLive = new TimeToLive(node.stateTtlMs, context.clock);
    this.partition = node.partition;
    this.results = node.aggregates.map((call) => createColumn(storageOf(call.type), BATCH_ROWS));
    this.batch = {
      length: 0,
      columns: [],
      kinds: null,
      watermarks: null,
      startWatermark: MIN_WATERMARK,
      watermark: MIN_WATERMARK,
    };
  }

  process(_input: number, input: Batch): void {
    const { batch, keyed, slots, metrics, timeToLive } = this;
    const { length, columns } = input;
    if (length === 0) return this.advance(0, input.watermark);
    metrics.rowsIn += length;
    if (slots.length < length) this.slots = new Int32Array(length);
    for (const column of this.results) column.reserve(length);
    for (let k = 0; k < this.partition.length; k++) this.keyColumns[k] = columns[this.partition[k]];
    timeToLive.beginBatch((slot) => this.remove(slot));
    keyed.resolve(this.keyColumns, 0, length, this.slots);
    if (timeToLive.isOn) this.renew(length);
    this.accumulators.run!(keyed.state, columns, this.slots, 0, length, this.results);
    metrics.stateEntries = keyed.index.size;
    batch.length = length;
    for (let c = 0; c < columns.length; c++) batch.columns[c] = columns[c];
    for (let c = 0; c < this.results.length; c++) batch.columns[columns.length + c] = this.results[c];
    batch.watermarks = input.watermarks;
    batch.startWatermark = input.startWatermark;
    batch.watermark = metrics.watermark = input.watermark;
    metrics.rowsOut += length;
    this.output.collect(batch);
  }

  advance(_input: number, watermark: number): void {
    if (watermark <= this.metrics.watermark) return;
    this.metrics.watermark = watermark;
    this.output.advance(watermark);
  }

  snapshot(): unknown {
    return {
      watermark: this.metrics.watermark,
      keyed: this.keyed.snapshot(),
      usedAt: this.timeToLive.snapshot(this.keyed.index.liveSlots()),
    } satisfies RunningOverSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, keyed, usedAt } = state as RunningOverSnapshot;
    this.metrics.watermark = watermark;
    this.keyed.restore(keyed);
    this.timeToLive.restore(usedAt);
    this.metrics.stateEntries = this.keyed.index.size;
  }

  /** The batch's partitions are used now; those that had expired start afresh. */
  private renew(length: number): void {
    const { slots, timeToLive, keyed } = this;
    timeToLive.reserve(keyed.index.limit);
    for (let i = 0; i < length; i++) {
      if (timeToLive.isExpired(slots[i])) this.accumulators.clear(keyed.state, slots[i], slots[i] + 1);
      timeToLive.touch(slots[i]);
    }
  }

  private remove(slot: number): void {
    this.keyed.remove(slot);
  }
}

interface RunningOverSnapshot {
  readonly watermark: number;
  readonly keyed: KeyedAccumulatorsSnapshot;
  readonly usedAt: Float64Array;
}
