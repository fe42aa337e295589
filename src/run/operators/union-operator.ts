import type { UnionNode } from '../../plan/node.ts';
import { MIN_WATERMARK, type Batch } from '../../types/batch.ts';
import { InputWatermarks } from './input-watermarks.ts';
import { createMetrics, type Operator, type Output } from './operator.ts';

/** UNION ALL: the rows of all inputs as they come. The watermark is the smallest of the inputs'. */
export class UnionOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly output: Output;
  private readonly inputs: InputWatermarks;
  private readonly batch: Batch = {
    length: 0,
    columns: [],
    kinds: null,
    watermarks: null,
    startWatermark: MIN_WATERMARK,
    watermark: MIN_WATERMARK,
  };
  private watermarks = new Float64Array(0);

  constructor(node: UnionNode, output: Output) {
    this.output = output;
    this.inputs = new InputWatermarks(node.inputs.length);
  }

  process(input: number, from: Batch): void {
    const { batch, inputs, metrics } = this;
    const { length } = from;
    metrics.rowsIn += length;
    if (length === 0) {
      this.advance(input, from.watermark);
      return;
    }
    const others = inputs.ofOthers(input);
    batch.length = length;
    for (let c = 0; c < from.columns.length; c++) batch.columns[c] = from.columns[c];
    batch.kinds = from.kinds;
    batch.startWatermark = inputs.advance(input, from.startWatermark);
    batch.watermarks =
      from.watermarks === null || others === batch.startWatermark ? null : this.merge(from.watermarks, length, others);
    batch.watermark = inputs.advance(input, from.watermark);
    metrics.watermark = batch.watermark;
    metrics.rowsOut += length;
    this.output.collect(batch);
  }

  advance(input: number, watermark: number): void {
    const combined = this.inputs.advance(input, watermark);
    if (combined <= this.metrics.watermark) return;
    this.metrics.watermark = combined;
    this.output.advance(combined);
  }

  snapshot(): unknown {
    return this.inputs.snapshot();
  }

  restore(state: unknown): void {
    this.inputs.restore(state as Float64Array);
    this.metrics.watermark = this.inputs.combined;
  }

  private merge(from: Float64Array, length: number, others: number): Float64Array {
    if (this.watermarks.length < length) this.watermarks = new Float64Array(length);
    for (let i = 0; i < length; i++) this.watermarks[i] = from[i] < others ? from[i] : others;
    return this.watermarks;
  }
}
