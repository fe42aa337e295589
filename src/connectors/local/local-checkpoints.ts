import type { LocalStore } from './store.ts';

/** SQLite holds at most 1 GB in one value; parts are cut into chunks of this size. */
const CHUNK_BYTES = 16 << 20;

export interface CheckpointDescription {
  readonly job: string;
  /** Counts up from 1 for each job. */
  readonly id: number;
  /** The plan's fingerprint: state of another plan is not restored. */
  readonly fingerprint: string;
  /** Milliseconds since 1970 UTC. */
  readonly time: number;
}

/** A checkpoint as read back. */
export interface StoredCheckpoint extends CheckpointDescription {
  /** Names of the parts, sorted. */
  parts(): string[];
  /** The bytes of a part, or undefined when there is none of that name. */
  part(name: string): Uint8Array | undefined;
}

/** The last checkpoint of each job. */
export class LocalCheckpoints {
  readonly #store: LocalStore;

  constructor(store: LocalStore) {
    this.#store = store;
  }

  /**
   * Puts a checkpoint in place of the job's last one. `parts` are named blobs (positions, the state of an operator …), drawn
   * one after the other so that they need not be in memory together; several of one name are joined. Call it within the
   * transaction in which the sinks commit.
   */
  save(checkpoint: CheckpointDescription, parts: Iterable<readonly [name: string, data: Uint8Array]>): void {
    this.#store.transaction(() => {
      this.delete(checkpoint.job);
      const insert = this.#store.prepare('INSERT INTO checkpoint_chunks (job, name, chunk, data) VALUES (?, ?, ?, ?)');
      const nextChunk = new Map<string, number>();
      for (const [name, data] of parts) {
        let chunk = nextChunk.get(name) ?? 0;
        let at = 0;
        do {
          const piece = data.subarray(at, at + CHUNK_BYTES);
          const index = chunk++;
          this.#store.attempt(() => insert.run(checkpoint.job, name, index, piece));
          at += CHUNK_BYTES;
        } while (at < data.length);
        nextChunk.set(name, chunk);
      }
      const sql = 'INSERT INTO checkpoints (job, id, fingerprint, time) VALUES (?, ?, ?, ?)';
      const { job, id, fingerprint, time } = checkpoint;
      this.#store.attempt(() => this.#store.prepare(sql).run(job, id, fingerprint, time));
    });
  }

  load(job: string): StoredCheckpoint | undefined {
    const description = this.list().find((checkpoint) => checkpoint.job === job);
    if (description === undefined) return undefined;
    const rows = (sql: string, ...values: string[]): unknown[][] =>
      this.#store.attempt(() => this.#store.prepare(sql, true).all(...values) as unknown as unknown[][]);
    return {
      ...description,
      parts: () =>
        rows('SELECT DISTINCT name FROM checkpoint_chunks WHERE job = ? ORDER BY name', job).map(([name]) => name as string),
      part: (name) => {
        const chunks = rows('SELECT data FROM checkpoint_chunks WHERE job = ? AND name = ? ORDER BY chunk', job, name);
        const data = chunks.map(([chunk]) => chunk as Uint8Array);
        return data.length <= 1 ? data[0] : Buffer.concat(data);
      },
    };
  }

  /** Forgets a job's checkpoint; false when there was none. */
  delete(job: string): boolean {
    return this.#store.transaction(() =>
      this.#store.attempt(() => {
        this.#store.prepare('DELETE FROM checkpoint_chunks WHERE job = ?').run(job);
        return Number(this.#store.prepare('DELETE FROM checkpoints WHERE job = ?').run(job).changes) > 0;
      }),
    );
  }

  list(): CheckpointDescription[] {
    return this.#store.attempt(() => {
      const statement = this.#store.prepare('SELECT job, id, fingerprint, time FROM checkpoints ORDER BY job', true);
      const rows = statement.all() as unknown as [string, number, string, number][];
      return rows.map(([job, id, fingerprint, time]) => ({ job, id, fingerprint, time }));
    });
  }
}
