import type { ExpandNode } from '../../plan/node.ts';
import type { Batch } from '../../types/batch.ts';
import type { BigintColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type Output } from './operator.ts';

/** Gives every row once for each grouping set, with NULL in the columns that the set leaves out and the set's number behind. */
export class ExpandOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly writer: BatchWriter;
  private readonly width: number;
  private readonly sets: readonly { readonly isNull: readonly boolean[]; readonly id: bigint }[];

  constructor(node: ExpandNode, input: Schema, output: Output) {
    this.writer = new BatchWriter(node.schema, output, this.metrics, node.changelog === 'retract');
    this.width = input.length;
    this.sets = node.sets.map(({ nulls, id }) => ({ isNull: input.map((_, column) => nulls.includes(column)), id }));
  }

  process(_input: number, batch: Batch): void {
    const { writer, width, sets } = this;
    const { columns, kinds, watermarks } = batch;
    this.metrics.rowsIn += batch.length;
    writer.advance(batch.startWatermark);
    const ids = writer.columns[width] as BigintColumn;
    for (let i = 0; i < batch.length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      for (let s = 0; s < sets.length; s++) {
        const { isNull, id } = sets[s];
        writer.room(1);
        const row = writer.batch.length;
        for (let c = 0; c < width; c++) {
          if (isNull[c]) writer.columns[c].nulls[row] = 1;
          else writer.columns[c].copyFrom(columns[c] as never, i, row);
        }
        ids.values[row] = id;
        ids.nulls[row] = 0;
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
