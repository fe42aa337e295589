import { createBatch, BATCH_ROWS, MIN_WATERMARK, type Batch } from '../../types/batch.ts';
import type { Column } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { OperatorMetrics, Output } from './operator.ts';

/**
 * The batch that an operator fills, with the watermark that holds before each of its rows. Rows are written straight into
 * the columns: `room` first, then the values at `batch.length` and after, then `commit`.
 */
export class BatchWriter {
  readonly batch: Batch;
  readonly capacity: number;
  private readonly output: Output;
  private readonly metrics: OperatorMetrics;
  private readonly kinds: Uint8Array | null;
  private readonly watermarks: Float64Array;
  /** The watermark after the last row written. */
  private watermark = MIN_WATERMARK;
  /** The watermark that the output knows of. */
  private flushedWatermark = MIN_WATERMARK;

  constructor(schema: Schema, output: Output, metrics: OperatorMetrics, withKinds: boolean, capacity = BATCH_ROWS) {
    this.batch = createBatch(schema, capacity);
    this.capacity = capacity;
    this.output = output;
    this.metrics = metrics;
    this.kinds = withKinds ? new Uint8Array(capacity) : null;
    this.watermarks = new Float64Array(capacity);
    this.batch.kinds = this.kinds;
  }

  get columns(): readonly Column[] {
    return this.batch.columns;
  }

  /** Makes place for at least `rows` rows (at most `capacity`) and answers how many there is place for. */
  room(rows: number): number {
    if (this.capacity - this.batch.length < rows) this.flush();
    return this.capacity - this.batch.length;
  }

  /** The next `rows` rows have been written. */
  commit(rows: number): void {
    const { batch, watermarks } = this;
    const end = batch.length + rows;
    if (batch.watermarks !== null) watermarks.fill(this.watermark, batch.length, end);
    batch.length = end;
  }

  /** As `commit` for one row of the given kind. */
  commitRow(kind: number): void {
    const { batch } = this;
    if (this.kinds !== null) this.kinds[batch.length] = kind;
    if (batch.watermarks !== null) this.watermarks[batch.length] = this.watermark;
    batch.length++;
  }

  /** Takes the last row back; it must not have been flushed. */
  revoke(): void {
    this.batch.length--;
  }

  /** Rows written from now on come after this watermark. */
  advance(watermark: number): void {
    if (watermark <= this.watermark) return;
    const { batch } = this;
    this.watermark = watermark;
    if (batch.length === 0) batch.startWatermark = watermark;
    else if (batch.watermarks === null) {
      this.watermarks.fill(batch.startWatermark, 0, batch.length);
      batch.watermarks = this.watermarks;
    }
  }

  /** Gives everything written, and the watermark, to the output. */
  flush(): void {
    const { batch, watermark } = this;
    if (batch.length === 0) {
      if (watermark > this.flushedWatermark) {
        this.flushedWatermark = watermark;
        this.output.advance(watermark);
      }
      return;
    }
    batch.watermark = watermark;
    this.flushedWatermark = watermark;
    this.metrics.rowsOut += batch.length;
    this.output.collect(batch);
    batch.length = 0;
    batch.watermarks = null;
    batch.startWatermark = watermark;
  }

  /** For restore: the output knows of this watermark already. */
  startAt(watermark: number): void {
    this.watermark = watermark;
    this.flushedWatermark = watermark;
    this.batch.startWatermark = watermark;
  }
}
