import type { Worker } from 'node:worker_threads';
import { RunError } from '../base/problem.ts';
import { startThread } from '../base/start-thread.ts';
import type { KnownTable } from './known-tables.ts';
import type { StoreRequest } from './store-reader.ts';

export interface StoreReaderTask {
  readonly path: string;
  readonly tables: readonly KnownTable[];
  readonly timeZone: string;
}

export interface StoreQuestion {
  readonly id: number;
  readonly request: StoreRequest;
}

export type StoreAnswer =
  | { readonly id: number; readonly json: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly code: string; readonly message: string; readonly hint: string | undefined };

/**
 * A StoreReader in a thread of its own, begun with the first question: what the dashboard asks takes no time from the jobs.
 * Answers are JSON, in bytes.
 */
export class StoreReaderThread {
  readonly #task: StoreReaderTask;
  #worker: Worker | null = null;
  #isClosed = false;
  #asked = 0;
  readonly #waiting = new Map<number, PromiseWithResolvers<Uint8Array<ArrayBuffer>>>();

  constructor(task: StoreReaderTask) {
    this.#task = task;
  }

  /** Fails with a RunError when there is no such thing, or the thread has ended. */
  ask(request: StoreRequest): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#isClosed) return Promise.reject(threadEnded());
    const worker = (this.#worker ??= this.#start());
    const waiting = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
    const id = ++this.#asked;
    this.#waiting.set(id, waiting);
    worker.postMessage({ id, request } satisfies StoreQuestion, []);
    return waiting.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startThread(import.meta.url, 'store-reader-worker', this.#task, []);
    worker.on('message', (answer: StoreAnswer) => this.#answered(answer));
    worker.on('error', (error) => this.#ended(worker, error));
    worker.on('exit', () => this.#ended(worker));
    return worker;
  }

  #answered(answer: StoreAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ('json' in answer) waiting?.resolve(answer.json);
    else waiting?.reject(new RunError(answer.code, answer.message, answer.hint));
  }

  /** The next question starts another thread. */
  #ended(worker: Worker, cause?: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#waiting.values()) reject(threadEnded(cause));
    this.#waiting.clear();
  }
}

function threadEnded(cause?: unknown): RunError {
  return new RunError('READER_ENDED', 'the thread that reads the local store has ended', 'Ask again.', { cause });
}
