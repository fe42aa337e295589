import type { Column } from './column.ts';
import { createColumns, type Schema } from './schema.ts';

/** Rows that a source reads, and that a batch holds, at a time. */
export const BATCH_ROWS = 4096;

/** Before the first watermark; after the last one, at the end of all input, it is MAX_WATERMARK. */
export const MIN_WATERMARK = -Infinity;
export const MAX_WATERMARK = Infinity;

/**
 * Some rows of one stream, column by column, in order.
 *
 * Watermarks advance with every record, so that answers do not depend on how rows fall into batches:
 * `watermarks[i]` is the watermark that holds when row i arrives (all that earlier rows have caused, also rows that were
 * filtered away), and `watermark` the one after the last row. Both never go back. `watermarks` is null when it was
 * `startWatermark` for every row.
 *
 * A batch and its columns belong to the operator that filled them and are valid only during the call that passes them on:
 * whoever wants to keep a row copies it.
 */
export interface Batch {
  length: number;
  readonly columns: Column[];
  /** RowKind of each row, or null when all are +I. */
  kinds: Uint8Array | null;
  watermarks: Float64Array | null;
  startWatermark: number;
  watermark: number;
}

/** An empty batch that an operator fills and passes on again and again. */
export function createBatch(schema: Schema, capacity: number = BATCH_ROWS): Batch {
  return {
    length: 0,
    columns: createColumns(schema, capacity),
    kinds: null,
    watermarks: null,
    startWatermark: MIN_WATERMARK,
    watermark: MIN_WATERMARK,
  };
}
