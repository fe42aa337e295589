import { ProblemsError } from '../base/problem.ts';
import type { Sink } from '../connectors/connector.ts';
import type { Schema } from '../types/schema.ts';
import { changesOf, type Change } from './changes.ts';
import type { JsRow } from './js-value.ts';
import { createJob, type RunOptions } from './run.ts';
import type { SqlSource } from './sql-source.ts';

/** Rows that wait to be taken; with more of them the query pauses. */
const MOST_WAITING = 8192;

/**
 * The changelog of a SELECT, row by row, as it comes: `query` starts the job when iteration begins and stops it when the loop is
 * left. The text holds the CREATE TABLEs that the query needs, then one SELECT. Columns are named as in the SELECT; what each
 * SQL type becomes is told by `JsValue`: BIGINT is bigint, DECIMAL a string, times are ISO 8601 text.
 *
 *     for await (const { kind, row } of query<{ city: string; average: number }>(sql, { local: true })) {
 *       if (kind !== '-U') averages.set(row.city, row.average);
 *     }
 *
 * Fails with a ProblemsError that holds every mistake of the text, or with a RunError while the query runs.
 */
export async function* query<Row = JsRow>(
  source: SqlSource,
  options: Omit<RunOptions, 'fresh' | 'fromSavepoint' | 'print'> = {},
): AsyncGenerator<Change<Row>, void, undefined> {
  const waiting = new WaitingRows<Row>();
  const job = createJob(source, options, { selectSink: (schema) => waiting.sink(schema) });
  const sinks = job.plan.nodes.filter((node) => node.kind === 'sink');
  if (sinks.length !== 1 || sinks[0].table !== null) {
    const message = 'a query is one SELECT, after the CREATE TABLEs that it needs';
    throw new ProblemsError([{ code: 'QUERY_NOT_ONE_SELECT', message, hint: 'Use run for a file with INSERT.' }]);
  }
  const done = job.run().then(
    () => waiting.end(),
    (error: Error) => waiting.end(error),
  );
  try {
    yield* waiting.rows();
  } finally {
    waiting.release();
    await job.stop().catch(() => {});
    await done;
  }
}

/** Between the job, which pushes, and the loop, which pulls. */
class WaitingRows<Row> {
  #rows: Change<Row>[] = [];
  #hasEnded = false;
  #failure: Error | null = null;
  #isReleased = false;
  /** Wakes the loop. */
  #arrived: () => void = () => {};
  /** The job waits until rows have been taken. */
  #pause: PromiseWithResolvers<void> | null = null;

  sink(schema: Schema): Sink {
    const read = changesOf(schema);
    return {
      open: async () => {},
      write: (batch) => this.#add(read(batch) as Change<Row>[]),
      flush: async () => {},
      close: async () => {},
    };
  }

  end(failure: Error | null = null): void {
    this.#hasEnded = true;
    this.#failure = failure;
    this.#arrived();
  }

  /** Nobody takes rows any more. */
  release(): void {
    this.#isReleased = true;
    this.#rows = [];
    this.#goOn();
  }

  async *rows(): AsyncGenerator<Change<Row>, void, undefined> {
    for (;;) {
      const rows = this.#rows;
      this.#rows = [];
      this.#goOn();
      yield* rows;
      if (this.#rows.length > 0) continue;
      if (this.#failure !== null) throw this.#failure;
      if (this.#hasEnded) return;
      await new Promise<void>((resolve) => (this.#arrived = resolve));
    }
  }

  #add(changes: readonly Change<Row>[]): void | Promise<void> {
    if (this.#isReleased) return;
    for (const change of changes) this.#rows.push(change);
    this.#arrived();
    if (this.#rows.length < MOST_WAITING) return;
    // One batch of the job may give several, each of which asks: they all wait for the same.
    this.#pause ??= Promise.withResolvers();
    return this.#pause.promise;
  }

  #goOn(): void {
    this.#pause?.resolve();
    this.#pause = null;
  }
}
