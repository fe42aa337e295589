import { MessageChannel, receiveMessageOnPort, type MessagePort, type Worker } from 'node:worker_threads';
import { RunError } from '../../base/problem.ts';
import { startThread } from '../../base/start-thread.ts';
import { BLOB_BYTES } from './record-blob.ts';
import { StoredRecords } from './stored-records.ts';

/** Batches that have been read and are not done with, at most; each has a slot of shared memory. */
export const AHEAD_BATCHES = 4;
/** A larger blob is sent as a copy. */
export const SLOT_BYTES = 1.5 * BLOB_BYTES;

/** Places of the shared counters: batches not done with, and messages sent so far. */
export const WAITING = 0;
export const PRODUCED = 1;

/** The thread's own objects are few, and soon garbage. */
const LIMITS = { maxYoungGenerationSizeMb: 2 };

/** A stretch of a partition that is there already: offsets `from` … `to - 1`. */
export interface AheadPartition {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface AheadTask {
  readonly path: string;
  readonly partitions: readonly AheadPartition[];
  readonly port: MessagePort;
  readonly counters: Int32Array;
  readonly slots: Uint8Array;
}

export type AheadMessage =
  | {
      readonly kind: 'batch';
      readonly index: number;
      /** Length of the blob in its slot, or the blob itself. */
      readonly bytes: number | Uint8Array;
      readonly slot: number;
      readonly blobOffset: number;
      readonly from: number;
      readonly count: number;
    }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly hint: string | undefined };

/** A batch, valid until the next one is taken, and which of the partitions it is of. */
export interface AheadBatch {
  readonly index: number;
  readonly records: StoredRecords;
}

/**
 * Reads a backlog in a thread of its own, so that reading and checking the store's blobs does not take the job's time. Partitions
 * take turns a stored batch each, as the job itself would read them.
 */
export class ReadAhead {
  readonly #partitions: readonly AheadPartition[];
  readonly #port: MessagePort;
  readonly #counters = new Int32Array(new SharedArrayBuffer(8));
  readonly #slots = new SharedArrayBuffer(AHEAD_BATCHES * SLOT_BYTES);
  readonly #worker: Worker;
  #failure: Error | null = null;
  /** A batch has been taken and its slot is in use. */
  #holds = false;

  constructor(path: string, partitions: readonly AheadPartition[]) {
    const { port1, port2 } = new MessageChannel();
    this.#partitions = partitions;
    this.#port = port1;
    const task: AheadTask = { path, partitions, port: port2, counters: this.#counters, slots: new Uint8Array(this.#slots) };
    this.#worker = startThread(import.meta.url, 'read-ahead-worker', task, [port2], LIMITS);
    this.#worker.on('error', (error) => (this.#failure = error as Error));
  }

  /** The next batch; `pending` when the thread has none ready, `done` when the backlog has been read. */
  take(): AheadBatch | 'pending' | 'done' {
    if (this.#failure !== null) throw this.#failure;
    const received: { message: AheadMessage } | undefined = receiveMessageOnPort(this.#port);
    if (received === undefined) return 'pending';
    if (this.#holds) this.#release();
    this.#holds = true;
    const { message } = received;
    switch (message.kind) {
      case 'batch': {
        const { index, bytes, slot, blobOffset, from, count } = message;
        const { topic, partition } = this.#partitions[index];
        const blob = typeof bytes === 'number' ? new Uint8Array(this.#slots, slot * SLOT_BYTES, bytes) : bytes;
        return { index, records: new StoredRecords(blob, topic, partition, blobOffset, from, from + count) };
      }
      case 'done':
        return 'done';
      case 'failed':
        throw new RunError(message.code, message.message, message.hint);
    }
  }

  /** Resolves when `take` may have something new, at the latest after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.#holds) this.#release();
    const seen = Atomics.load(this.#counters, PRODUCED);
    if (Atomics.load(this.#counters, WAITING) > 0) return;
    await Atomics.waitAsync(this.#counters, PRODUCED, seen, Math.min(timeoutMs, 100)).value;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
    this.#port.close();
  }

  #release(): void {
    this.#holds = false;
    Atomics.sub(this.#counters, WAITING, 1);
    Atomics.notify(this.#counters, WAITING);
  }
}
