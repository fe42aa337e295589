import { assert } from '../base/assert.ts';
import type { Batch } from '../types/batch.ts';
import type { Sink } from './connector.ts';

/** A sink whose code is loaded when it is opened; one without a part in the checkpoint's SQLite transaction. */
export class DeferredSink implements Sink {
  readonly #load: () => Promise<Sink>;
  #sink: Sink | null = null;
  /** In an array of its own: the state of a sink may be anything. */
  #restored: [unknown] | null = null;

  constructor(load: () => Promise<Sink>) {
    this.#load = load;
  }

  restore(state: unknown): void {
    this.#restored = [state];
  }

  async open(): Promise<void> {
    const sink = await this.#load();
    assert(sink.commit === undefined, 'a deferred sink has no part in the transaction');
    if (this.#restored !== null) sink.restore?.(this.#restored[0]);
    this.#sink = sink;
    await sink.open();
  }

  write(batch: Batch): void | Promise<void> {
    assert(this.#sink !== null, 'the sink is open');
    return this.#sink.write(batch);
  }

  async flush(): Promise<void> {
    await this.#sink?.flush();
  }

  snapshot(): unknown {
    return this.#sink?.snapshot?.();
  }

  async committed(): Promise<void> {
    await this.#sink?.committed?.();
  }

  check(): void {
    this.#sink?.check?.();
  }

  pendingBytes(): number {
    return this.#sink?.pendingBytes?.() ?? 0;
  }

  async close(): Promise<void> {
    await this.#sink?.close();
  }
}
