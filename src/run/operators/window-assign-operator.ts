import type { WindowAssignNode } from '../../plan/node.ts';
import type { Batch } from '../../types/batch.ts';
import type { TimestampColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';
import { WindowClock } from './window-clock.ts';
import { panesOf, type Panes } from './window-panes.ts';

/**
 * Gives a row once for each of its windows, latest window last, with window_start, window_end and window_time behind. Rows
 * with NULL time have no window and are dropped. Whether a row is late is for whoever groups by the windows to say.
 */
export class WindowAssignOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly writer: BatchWriter;
  private readonly width: number;
  private readonly timeColumn: number;
  private readonly panes: Panes;
  private readonly clock: WindowClock;
  private scratch = new Float64Array(0);

  constructor(node: WindowAssignNode, input: Schema, output: Output, context: OperatorContext) {
    this.writer = new BatchWriter(node.schema, output, this.metrics, node.changelog === 'retract');
    this.width = input.length;
    this.timeColumn = node.timeColumn;
    this.panes = panesOf(node.window);
    this.clock = WindowClock.of(input[node.timeColumn].type, context.timeZone);
  }

  process(_input: number, batch: Batch): void {
    const { writer, width, panes } = this;
    const { length, columns, kinds, watermarks } = batch;
    this.metrics.rowsIn += length;
    writer.advance(batch.startWatermark);
    const time = columns[this.timeColumn] as TimestampColumn;
    if (this.scratch.length < length) this.scratch = new Float64Array(length);
    const times = this.clock.localTimes(time.values, time.nulls, length, this.scratch);
    const [starts, ends, windowTimes] = writer.columns.slice(width) as TimestampColumn[];
    for (let i = 0; i < length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      if (time.nulls[i] !== 0) continue;
      const pane = Math.floor((times[i] - panes.offset) / panes.size) * panes.size + panes.offset;
      const last = panes.lastEnd(pane);
      for (let end = panes.firstEnd(pane); end <= last; end += panes.step) {
        writer.room(1);
        const row = writer.batch.length;
        for (let c = 0; c < width; c++) writer.columns[c].copyFrom(columns[c] as never, i, row);
        starts.set(row, panes.windowStart(end));
        ends.set(row, end);
        windowTimes.set(row, this.clock.timeOf(end));
        writer.commitRow(kinds === null ? 0 : kinds[i]);
      }
    }
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  snapshot(): unknown {
    return { watermark: this.metrics.watermark };
  }

  restore(state: unknown): void {
    const { watermark } = state as { watermark: number };
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
  }
}
