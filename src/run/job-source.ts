import type { ScanNode, ValuesNode } from '../plan/node.ts';
import type { MalformedRecords } from './malformed-records.ts';
import type { SourceReader } from './source-reader.ts';
import type { WatermarkOperator } from './watermark/watermark-operator.ts';

/**
 * Rows of a source's first batch; each one after it has up to twice as many. What follows a loop has then run before
 * the loop is compiled: otherwise V8 compiles it without, and throws the code away at every end of the loop.
 */
const FIRST_BATCH_ROWS = 64;

/** A source with what belongs to it in the running job. */
export class JobSource {
  readonly node: ScanNode | ValuesNode;
  readonly reader: SourceReader;
  readonly malformed: MalformedRecords | null;
  /** The operators that make watermarks of this source's rows. */
  readonly watermarks: readonly WatermarkOperator[];
  hasEnded = false;
  #batchRows: number;
  readonly #maxBatchRows: number;
  #waiting: Promise<void> | null = null;

  constructor(
    node: ScanNode | ValuesNode,
    reader: SourceReader,
    malformed: MalformedRecords | null,
    watermarks: readonly WatermarkOperator[],
    maxBatchRows: number,
  ) {
    this.node = node;
    this.reader = reader;
    this.malformed = malformed;
    this.watermarks = watermarks;
    this.#maxBatchRows = maxBatchRows;
    this.#batchRows = Math.min(FIRST_BATCH_ROWS, maxBatchRows);
  }

  /** Reads at most `limit` records into the reader's batch. */
  read(limit: number): 'rows' | 'pending' | 'end' {
    const result = this.reader.read(Math.min(limit, this.#batchRows));
    this.malformed?.endRecord();
    if (result === 'rows') this.#batchRows = Math.min(2 * this.#batchRows, this.#maxBatchRows);
    return result;
  }

  /** Resolves when there may be more, at the latest after about `timeoutMs`: a wait that is under way is joined. */
  wait(timeoutMs: number): Promise<void> {
    this.#waiting ??= this.reader.wait(timeoutMs).finally(() => (this.#waiting = null));
    return this.#waiting;
  }

  /** The next rows are those that the reader has just read. */
  beginBatch(now: number): void {
    for (const watermark of this.watermarks) watermark.beginBatch(this.reader.split, this.reader.splits(), now);
  }

  /** Lets watermarks go on although there are no rows; true when one has moved. */
  advanceIdle(now: number): boolean {
    let hasMoved = false;
    for (const watermark of this.watermarks) if (watermark.advanceIdle(this.reader.splits(), now)) hasMoved = true;
    return hasMoved;
  }

  /** Milliseconds until `advanceIdle` may have something to do. */
  idleInMs(now: number): number {
    return Math.min(Infinity, ...this.watermarks.map((watermark) => watermark.idleInMs(now)));
  }
}
