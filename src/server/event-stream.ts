import type { LocalStore } from '../connectors/local/store.ts';
import type { Clock } from '../base/clock.ts';
import type { Change, Status } from './api.ts';

/** Sends one event to a reader; a promise means that the reader is slow. */
export type Send = (event: 'status' | 'change', data: string) => Promise<void>;

const STATUS_MS = 1000;
/** What a slow reader is given to take the last status. */
const LAST_STATUS_MS = 250;
/** Changes are told at most this often. */
const CHANGE_MS = 250;

/**
 * What GET /api/events tells: the status every second, and that something was committed in the store. A reader that is slow gets
 * the next event once it has taken the one before; those between are left out.
 */
export class EventStream {
  readonly #store: LocalStore | null;
  readonly #clock: Clock;
  readonly #status: () => Status;
  readonly #readers = new Map<Send, { busy: boolean }>();
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isWatching = false;
  #version = 0;

  /** `tick` is called every second, before the status is made. */
  constructor(store: LocalStore | null, clock: Clock, tick: () => void, status: () => Status) {
    this.#store = store;
    this.#clock = clock;
    this.#status = status;
    this.#timer = setInterval(() => {
      tick();
      if (this.#readers.size > 0) this.#send('status', JSON.stringify(status()));
    }, STATUS_MS);
    this.#timer.unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Sends events until the signal comes or the server closes. */
  async follow(send: Send, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#closing.signal.aborted) return;
    await send('status', JSON.stringify(this.#status()));
    this.#readers.set(send, { busy: false });
    if (!this.#isWatching && this.#store !== null) void this.#watch(this.#store);
    const ended = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => ended.resolve());
    this.#closing.signal.addEventListener('abort', () => ended.resolve());
    if (!signal.aborted) await ended.promise;
    this.#readers.delete(send);
  }

  /** Tells the readers how it ended, for example why a job has failed, and ends the streams. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const last = JSON.stringify(this.#status());
    const sent = [...this.#readers].map(([send, { busy }]) => (busy ? Promise.resolve() : send('status', last)));
    const given = new Promise((resolve) => setTimeout(resolve, LAST_STATUS_MS).unref());
    await Promise.race([Promise.allSettled(sent), given]);
    this.#closing.abort();
  }

  /** Tells of commits as long as there is somebody to tell. */
  async #watch(store: LocalStore): Promise<void> {
    const { signal } = this.#closing;
    this.#isWatching = true;
    while (this.#readers.size > 0 && !signal.aborted) {
      const startedAt = this.#clock.now();
      await store.waitForChange(STATUS_MS, signal);
      const hasChanged = this.#clock.now() - startedAt < STATUS_MS;
      if (signal.aborted || !hasChanged) continue;
      const change: Change = { at: this.#clock.now(), version: ++this.#version };
      this.#send('change', JSON.stringify(change));
      await new Promise((resolve) => setTimeout(resolve, CHANGE_MS));
    }
    this.#isWatching = false;
  }

  #send(event: 'status' | 'change', data: string): void {
    for (const [send, state] of this.#readers) {
      if (state.busy) continue;
      state.busy = true;
      void send(event, data).finally(() => (state.busy = false));
    }
  }
}
