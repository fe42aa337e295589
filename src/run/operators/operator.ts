import type { FunctionContext } from '../../functions/function.ts';
import type { PlanNode } from '../../plan/node.ts';
import { MIN_WATERMARK, type Batch } from '../../types/batch.ts';

/**
 * One operator of a running job. Rows are pushed through synchronously: `process` and `advance` have given everything they
 * cause to the output when they return, so that between two calls the whole job is consistent.
 *
 * Every operator answers by the watermark that holds at each row (Batch.watermarks), never by how rows fall into batches.
 */
export interface Operator {
  /** Takes the rows of one input; the batch's watermarks are that input's. */
  process(input: number, batch: Batch): void;
  /** The input's watermark goes on without a row: an idle source, or MAX_WATERMARK at the end of input. Never back. */
  advance(input: number, watermark: number): void;
  /** The whole state as plain data that structured cloning and v8.serialize keep; nothing of it changes later. */
  snapshot(): unknown;
  /** Takes what `snapshot` of an operator of the same node gave. Called before any row, on a fresh operator. */
  restore(state: unknown): void;
  readonly metrics: OperatorMetrics;
}

/** What an operator gives its rows and watermarks to. The batch is valid only during the call and must not be changed. */
export interface Output {
  collect(batch: Batch): void;
  advance(watermark: number): void;
}

/** Counters that are cheap to keep; read at any time. */
export interface OperatorMetrics {
  rowsIn: number;
  rowsOut: number;
  /** Rows that came after their window had fired, or after the watermark had passed them. */
  lateRowsDropped: number;
  /** The watermark that the operator has reached; MIN_WATERMARK before the first. */
  watermark: number;
  /** Keys, panes and rows that are held in state. */
  stateEntries: number;
}

export function createMetrics(): OperatorMetrics {
  return { rowsIn: 0, rowsOut: 0, lateRowsDropped: 0, watermark: MIN_WATERMARK, stateEntries: 0 };
}

/** What operators may use of the job they are part of. */
export interface OperatorContext extends FunctionContext {
  /** Told of every row that is dropped because it is late, before the call that brought it returns. */
  readonly onLate?: (node: PlanNode, batch: Batch, row: number) => void;
}
