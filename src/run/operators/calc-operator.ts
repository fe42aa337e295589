import type { CalcNode } from '../../plan/node.ts';
import { MIN_WATERMARK, type Batch, BATCH_ROWS } from '../../types/batch.ts';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../types/row-kind.ts';
import { createColumn, storageOf, type Column } from '../../types/column.ts';
import { linkCode } from '../link.ts';
import type { Schema } from '../../types/schema.ts';
import { CalcMemo } from './calc-memo.ts';
import { gatherColumn } from '../state/columns.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * Filters and projects. The generated body `(input, output, rows) => count` goes over all input rows, writes the surviving
 * ones to the computed columns of the output from row 0 on and, with a condition, their input rows to `rows`; see CalcNode.
 * The rest is done here: plain columns are shared with the input while no row is filtered away and copied by `rows`
 * otherwise (texts with their dictionary codes), and so are kinds and watermarks.
 */
export class CalcOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly output: Output;
  private readonly run: (input: Batch, output: Batch, rows: Int32Array) => number;
  /** For each output column the input column it passes on, or -1 when it is computed. */
  private readonly sources: readonly number[];
  /** Columns of our own, for what is computed or copied. */
  private readonly columns: readonly Column[];
  private readonly batch: Batch;
  private readonly isFiltering: boolean;
  private readonly singleChanges: boolean;
  private readonly memo: CalcMemo | null;
  private rows = new Int32Array(BATCH_ROWS);
  private kinds = new Uint8Array(0);
  private watermarks = new Float64Array(0);

  constructor(node: CalcNode, input: Schema, output: Output, context: OperatorContext) {
    this.output = output;
    this.run = linkCode(node.code, context);
    this.sources = node.projection.map((expression) => (expression.kind === 'column' ? expression.index : -1));
    this.columns = node.schema.map((field) => createColumn(storageOf(field.type), BATCH_ROWS));
    this.isFiltering = node.condition !== null;
    this.singleChanges = node.singleChanges === true;
    const computed = this.sources.flatMap((source, column) => (source === -1 ? [column] : []));
    this.memo =
      node.memo === undefined ? null : new CalcMemo(this.run, node.memo, input, node.schema, computed, this.isFiltering);
    this.batch = {
      length: 0,
      columns: [...this.columns],
      kinds: null,
      watermarks: null,
      startWatermark: MIN_WATERMARK,
      watermark: MIN_WATERMARK,
    };
  }

  process(_input: number, input: Batch): void {
    const { batch, metrics } = this;
    metrics.rowsIn += input.length;
    this.reserve(input.length);
    const count = this.compute(input);
    if (count === 0) {
      this.advance(0, input.watermark);
      return;
    }
    batch.length = count;
    batch.startWatermark = input.startWatermark;
    batch.watermark = metrics.watermark = input.watermark;
    if (this.isFiltering && count < input.length) this.select(input, count);
    else this.share(input);
    metrics.rowsOut += count;
    this.output.collect(batch);
  }

  advance(_input: number, watermark: number): void {
    if (watermark <= this.metrics.watermark) return;
    this.metrics.watermark = watermark;
    this.output.advance(watermark);
  }

  snapshot(): unknown {
    return { watermark: this.metrics.watermark };
  }

  restore(state: unknown): void {
    this.metrics.watermark = (state as { watermark: number }).watermark;
  }

  /** Fills the computed columns and `rows`; answers how many rows there are. */
  private compute(input: Batch): number {
    const { batch, memo } = this;
    const remembered = memo === null ? -1 : memo.apply(input, batch.columns, this.rows);
    if (remembered !== -1) return remembered;
    if (memo !== null) for (const column of batch.columns) if (column.storage === 'text') column.begin(null);
    return this.run(input, batch, this.rows);
  }

  private reserve(rows: number): void {
    if (this.rows.length < rows) this.rows = new Int32Array(rows);
    for (let i = 0; i < this.columns.length; i++) {
      this.columns[i].reserve(rows);
      this.batch.columns[i] = this.columns[i];
    }
  }

  /** Every row has survived. */
  private share(input: Batch): void {
    const { batch, sources } = this;
    for (let i = 0; i < sources.length; i++) {
      if (sources[i] >= 0) batch.columns[i] = input.columns[sources[i]];
    }
    batch.kinds = input.kinds;
    batch.watermarks = input.watermarks;
  }

  private select(input: Batch, count: number): void {
    const { batch, sources, rows } = this;
    for (let i = 0; i < sources.length; i++) {
      if (sources[i] >= 0) gatherColumn(input.columns[sources[i]], rows, count, this.columns[i]);
    }
    const { kinds, watermarks } = input;
    batch.kinds = null;
    if (kinds !== null) {
      if (this.kinds.length < count) this.kinds = new Uint8Array(this.rows.length);
      for (let i = 0; i < count; i++) this.kinds[i] = kinds[rows[i]];
      if (this.singleChanges) this.markSingles(count);
      batch.kinds = this.kinds;
    }
    batch.watermarks = null;
    if (watermarks !== null) {
      if (this.watermarks.length < count) this.watermarks = new Float64Array(this.rows.length);
      for (let i = 0; i < count; i++) this.watermarks[i] = watermarks[rows[i]];
      batch.watermarks = this.watermarks;
    }
  }

  /** The two sides of an update stand one behind the other, in one batch. */
  private markSingles(count: number): void {
    const { kinds, rows } = this;
    for (let i = 0; i < count; i++) {
      if (kinds[i] === UPDATE_BEFORE && (i + 1 === count || rows[i + 1] !== rows[i] + 1)) kinds[i] = DELETE;
      else if (kinds[i] === UPDATE_AFTER && (i === 0 || rows[i - 1] !== rows[i] - 1)) kinds[i] = INSERT;
    }
  }
}
