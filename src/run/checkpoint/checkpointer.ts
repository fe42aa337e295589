import type { Clock } from '../../base/clock.ts';
import type { LocalStore } from '../../connectors/local/store.ts';
import { partsOf, readCheckpoint, type Checkpoint } from './checkpoint.ts';

/** How often a job on local tables takes a checkpoint unless the file asks for more. */
const LOCAL_INTERVAL_MS = 1000;
/** What these take besides the sinks' writing is at most about a tenth of the time, as long as they are less than a minute apart. */
const COST_FACTOR = 10;
const LONGEST_INTERVAL_MS = 60_000;
/**
 * Output held back beyond this brings them forward, as long as they take at most about a fifth of the time with the sinks'
 * writing, and a fiftieth without.
 */
const PENDING_BYTES = 512 << 10;
const PENDING_DURATION_FACTOR = 4;
const PENDING_COST_FACTOR = 50;
/** Output held back beyond this brings any checkpoint forward. */
const MAX_PENDING_BYTES = 16 << 20;
/** Checkpoints that are remembered. */
const HISTORY = 20;

/** What is known of a checkpoint that was taken. */
export interface CheckpointRecord {
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  readonly durationMs: number;
  /** Positions, counts and state. */
  readonly bytes: number;
  /** Bytes of state by node. */
  readonly operatorBytes: ReadonlyMap<number, number>;
}

/** Decides when a job's next checkpoint is due, and keeps the last one in the local store. */
export class Checkpointer {
  readonly #job: string;
  readonly #store: () => LocalStore;
  readonly #clock: Clock;
  /** 0: only when the job stops. */
  readonly #intervalMs: number;
  readonly #isAdaptive: boolean;
  #id = 0;
  #lastAt: number;
  /** What the last one took besides the sinks' writing. */
  #lastOverheadMs = 0;
  /** The smaller of the last two durations and overheads: now and then one takes longer, because SQLite writes its log back. */
  #durationMs = 0;
  #overheadMs = 0;
  lastDurationMs = 0;
  count = 0;
  /** The last 20, oldest first. */
  readonly history: CheckpointRecord[] = [];

  /** `intervalMs` is the file's, or 0 without one. */
  constructor(job: string, store: () => LocalStore, clock: Clock, intervalMs: number, onLocalTables: boolean) {
    this.#job = job;
    this.#store = store;
    this.#clock = clock;
    // Output into local tables becomes visible at checkpoints, and is not to wait as long as a cluster's.
    this.#isAdaptive = onLocalTables && (intervalMs === 0 || intervalMs > LOCAL_INTERVAL_MS);
    this.#intervalMs = this.#isAdaptive ? LOCAL_INTERVAL_MS : intervalMs;
    this.#lastAt = clock.now();
  }

  /** Checkpoints are taken while the job runs, not only when it stops. */
  get isPeriodic(): boolean {
    return this.#intervalMs > 0;
  }

  isDue(pendingBytes: number): boolean {
    if (this.#intervalMs === 0) return false;
    return pendingBytes > MAX_PENDING_BYTES || this.#clock.now() >= this.#nextAt(pendingBytes);
  }

  /** Milliseconds until the next one is due at the latest. */
  dueInMs(): number {
    return this.#intervalMs === 0 ? Infinity : Math.max(0, this.#nextAt() - this.#clock.now());
  }

  #nextAt(pendingBytes = 0): number {
    if (!this.#isAdaptive) return this.#lastAt + this.#intervalMs;
    const intervalMs = Math.max(this.#intervalMs, Math.min(COST_FACTOR * this.#overheadMs, LONGEST_INTERVAL_MS));
    if (pendingBytes <= PENDING_BYTES) return this.#lastAt + intervalMs;
    const leastMs = Math.max(PENDING_DURATION_FACTOR * this.#durationMs, PENDING_COST_FACTOR * this.#overheadMs);
    return this.#lastAt + Math.min(intervalMs, leastMs);
  }

  /** Nothing has changed since the last one: the next is due an interval from now. */
  skip(): void {
    this.#lastAt = this.#clock.now();
  }

  /** Makes `checkpoint` and whatever `commitOutput` writes durable together. `startedAt`: when the sinks began to flush. */
  save(checkpoint: Checkpoint<() => unknown>, startedAt: number, commitOutput: () => void): void {
    const { fingerprint, takenAt } = checkpoint;
    const sizes = new Map<string, number>();
    let outputMs = 0;
    this.#store().transaction(() => {
      const from = this.#clock.now();
      commitOutput();
      outputMs = this.#clock.now() - from;
      const parts = measured(partsOf(checkpoint), sizes);
      this.#store().checkpoints.save({ job: this.#job, id: this.#id + 1, fingerprint, time: takenAt }, parts);
    });
    this.#store().releaseMemory();
    this.#id++;
    this.count++;
    this.#lastAt = this.#clock.now();
    const durationMs = this.#lastAt - startedAt;
    const overheadMs = durationMs - outputMs;
    this.#durationMs = Math.min(durationMs, this.lastDurationMs);
    this.#overheadMs = Math.min(overheadMs, this.#lastOverheadMs);
    this.lastDurationMs = durationMs;
    this.#lastOverheadMs = overheadMs;
    const operatorBytes = new Map([...checkpoint.operators.keys()].map((id) => [id, sizes.get(`operator-${id}`) ?? 0]));
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    this.history.push({ at: this.#lastAt, durationMs: this.lastDurationMs, bytes, operatorBytes });
    if (this.history.length > HISTORY) this.history.shift();
  }

  /** The job has read all its input: makes the last output durable and forgets the checkpoint. */
  finish(commitOutput: () => void): void {
    this.#store().transaction(() => {
      commitOutput();
      this.#store().checkpoints.delete(this.#job);
    });
  }

  load(): Checkpoint | undefined {
    const stored = this.#store().checkpoints.load(this.#job);
    if (stored === undefined) return undefined;
    this.#id = stored.id;
    return readCheckpoint(stored);
  }
}

/** The same parts; their sizes are in `sizes` once they have been drawn. */
function* measured(
  parts: Iterable<readonly [string, Uint8Array]>,
  sizes: Map<string, number>,
): Iterable<readonly [string, Uint8Array]> {
  for (const part of parts) {
    sizes.set(part[0], (sizes.get(part[0]) ?? 0) + part[1].length);
    yield part;
  }
}
