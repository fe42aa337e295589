import { assert } from '../base/assert.ts';
import type { Source } from './connector.ts';
import type { RecordBatch } from './record-batch.ts';

/** A source whose code is loaded when it is opened: the start of jobs that do not use it costs nothing. */
export class DeferredSource implements Source {
  readonly kind = 'records';
  readonly #load: () => Promise<Source>;
  #source: Source | null = null;
  #restored: ReadonlyMap<string, number> | null = null;

  constructor(load: () => Promise<Source>) {
    this.#load = load;
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#restored = positions;
  }

  async open(): Promise<void> {
    const source = await this.#load();
    if (this.#restored !== null) source.restore(this.#restored);
    this.#source = source;
    await source.open();
  }

  poll(): RecordBatch | 'pending' | 'end' {
    return this.#opened.poll();
  }

  wait(timeoutMs: number): Promise<void> {
    return this.#opened.wait(timeoutMs);
  }

  splits(): readonly string[] {
    return this.#source?.splits() ?? [];
  }

  startPositions(): ReadonlyMap<string, number> {
    return this.#source?.startPositions?.() ?? this.#restored ?? new Map();
  }

  lag(): number | undefined {
    return this.#source?.lag?.();
  }

  async committed(positions: ReadonlyMap<string, number>): Promise<void> {
    await this.#source?.committed?.(positions);
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  get #opened(): Source {
    assert(this.#source !== null, 'the source is open');
    return this.#source;
  }
}
