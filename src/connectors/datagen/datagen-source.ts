import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../base/random.ts';
import type { Batch } from '../../types/batch.ts';
import { zoneOffset } from '../zone-offset.ts';
import type { ConnectedTable, ConnectorContext, RowSource } from '../connector.ts';
import type { DatagenSettings } from './datagen.ts';
import { fieldGeneratorOf, rowsOf, type FieldGenerator } from './field-generator.ts';

/** Makes rows at the rate asked for. Its position is the number of the next row: sequences go on there. */
export class DatagenSource implements RowSource {
  readonly kind = 'rows';
  readonly #context: ConnectorContext;
  readonly #rowsPerSecond: number;
  readonly #rows: number;
  readonly #generators: readonly FieldGenerator[];
  #next = 0;
  /** When the source was opened, and at which row. */
  #openedAt = 0;
  #openedWith = 0;

  /** `seed` makes what is random repeatable. */
  constructor(table: ConnectedTable, context: ConnectorContext, seed: number = randomInt(0x7fffffff)) {
    const { rowsPerSecond, numberOfRows, fields } = table.bound.settings as unknown as DatagenSettings;
    this.#context = context;
    this.#rowsPerSecond = rowsPerSecond;
    this.#rows = Math.min(numberOfRows ?? Infinity, ...fields.map(rowsOf));
    this.#generators = table.physical.map((field, i) => fieldGeneratorOf(field.type, fields[i], new Random(seed, i)));
  }

  restore(position: number): void {
    this.#next = position;
  }

  async open(): Promise<void> {
    this.#openedAt = this.#context.clock.now();
    this.#openedWith = this.#next;
  }

  fill(batch: Batch, limit: number): number | 'pending' | 'end' {
    if (this.#next >= this.#rows) return 'end';
    const instant = this.#context.clock.now();
    const due = Math.floor(((instant - this.#openedAt) / 1000) * this.#rowsPerSecond) + 1 + this.#openedWith;
    const count = Math.min(limit, due - this.#next, this.#rows - this.#next);
    if (count <= 0) return 'pending';
    const now = instant + zoneOffset(this.#context.timeZone, instant);
    for (let i = 0; i < this.#generators.length; i++) {
      const column = batch.columns[i];
      const generate = this.#generators[i];
      for (let row = 0; row < count; row++) column.set(row, generate(this.#next + row, now, instant));
    }
    this.#next += count;
    return count;
  }

  async wait(timeoutMs: number): Promise<void> {
    const dueAt = this.#openedAt + ((this.#next - this.#openedWith) * 1000) / this.#rowsPerSecond;
    const ms = Math.min(timeoutMs, Math.max(1, Math.ceil(dueAt - this.#context.clock.now())));
    await delay(ms, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  position(): number {
    return this.#next;
  }

  async close(): Promise<void> {}
}
