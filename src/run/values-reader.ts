import type { ValuesNode } from '../plan/node.ts';
import { BATCH_ROWS, createBatch, type Batch } from '../types/batch.ts';
import type { SourceReader } from './source-reader.ts';

/** Gives the rows that stand in the query, once. */
export class ValuesReader implements SourceReader {
  readonly node: ValuesNode;
  readonly batch: Batch;
  readonly split = '';
  records = 0;
  rows = 0;
  #next = 0;

  constructor(node: ValuesNode) {
    this.node = node;
    this.batch = createBatch(node.schema, Math.min(BATCH_ROWS, node.rows.length));
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#next = positions.get('') ?? 0;
  }

  async open(): Promise<void> {}

  read(limit: number): 'rows' | 'pending' | 'end' {
    const { rows } = this.node;
    if (this.#next === rows.length) return 'end';
    const count = Math.min(limit, BATCH_ROWS, rows.length - this.#next);
    this.batch.columns.forEach((column, i) => {
      for (let row = 0; row < count; row++) column.set(row, rows[this.#next + row][i]);
    });
    this.batch.length = count;
    this.#next += count;
    this.records += count;
    this.rows += count;
    return 'rows';
  }

  async wait(): Promise<void> {}

  splits(): readonly string[] {
    return [''];
  }

  positions(): ReadonlyMap<string, number> {
    return new Map([['', this.#next]]);
  }

  lag(): number {
    return this.node.rows.length - this.#next;
  }

  async committed(): Promise<void> {}
  async close(): Promise<void> {}
}
