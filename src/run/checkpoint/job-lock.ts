import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RunError } from '../../base/problem.ts';
import type { LocalStore } from '../../connectors/local/store.ts';

const HEARTBEAT_MS = 5000;
/** The lock of a process that has not been heard of for so long counts as left behind, even if its number is in use again. */
const LOCK_TIMEOUT_MS = 60_000;
/** A process that was just killed may need a moment to be gone. */
const PATIENCE_MS = 1000;

/** Locks held by this process: a row left behind may name its number without meaning it, as in containers. */
const heldHere = new Set<string>();

/** Sees to it that a job runs once at a time on a local store: a row with the process that runs it and its last heartbeat. */
export class JobLock {
  readonly #store: LocalStore;
  readonly #job: string;
  readonly #holder = randomUUID();
  #lastHeartbeat = 0;

  constructor(store: LocalStore, job: string) {
    this.#store = store;
    this.#job = job;
  }

  /** Fails with a RunError while another process (or another job here) runs the job. */
  async acquire(): Promise<void> {
    for (let waited = 0; ; waited += 100) {
      const holder = this.#store.transaction(() => this.#tryAcquire());
      if (holder === null) return;
      if (waited >= PATIENCE_MS || holder === process.pid) {
        throw new RunError(
          'JOB_ALREADY_RUNS',
          `job "${this.#job}" already runs, in process ${holder}`,
          'Stop that one first, or give this one a name of its own with --set pipeline.name=NAME.',
        );
      }
      await delay(100);
    }
  }

  /** Tells others from time to time that the job still runs. */
  heartbeat(now: number): void {
    if (now - this.#lastHeartbeat < HEARTBEAT_MS) return;
    this.#lastHeartbeat = now;
    this.#store.transaction(() => this.#write(now));
  }

  release(): void {
    if (!heldHere.delete(this.#holder)) return;
    this.#store.transaction(() => {
      const statement = this.#store.prepare('DELETE FROM job_locks WHERE job = ? AND holder = ?');
      this.#store.attempt(() => statement.run(this.#job, this.#holder));
    });
  }

  /** The process that runs the job, or null once it is this one. */
  #tryAcquire(): number | null {
    const now = this.#store.clock.now();
    this.#store.attempt(() =>
      this.#store
        .prepare(
          'CREATE TABLE IF NOT EXISTS job_locks (job TEXT PRIMARY KEY, holder TEXT NOT NULL, pid INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL) STRICT',
        )
        .run(),
    );
    const select = this.#store.prepare('SELECT holder, pid, heartbeat_at FROM job_locks WHERE job = ?', true);
    const row = this.#store.attempt(() => select.get(this.#job)) as unknown as [string, number, number] | undefined;
    if (row !== undefined) {
      const [holder, pid, heartbeatAt] = row;
      const runs = pid === process.pid ? heldHere.has(holder) : now - heartbeatAt < LOCK_TIMEOUT_MS && isAlive(pid);
      if (runs) return pid;
    }
    heldHere.add(this.#holder);
    this.#lastHeartbeat = now;
    this.#write(now);
    return null;
  }

  #write(now: number): void {
    const statement = this.#store.prepare(
      'INSERT OR REPLACE INTO job_locks (job, holder, pid, heartbeat_at) VALUES (?, ?, ?, ?)',
    );
    this.#store.attempt(() => statement.run(this.#job, this.#holder, process.pid, now));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
}

/** On Linux a killed process is still there until its parent has asked for its status, which may take seconds. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2] === 'Z';
  } catch {
    return false;
  }
}
