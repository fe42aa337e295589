import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectorContext } from '../connector.ts';
import type { ElasticsearchSettings } from './bind.ts';

type BackoffSettings = Pick<ElasticsearchSettings, 'backoff' | 'backoffDelayMs'>;

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 10_000;
/** The first attempts may fail for a moment's reason, such as a connection that was closed while it rested. */
const SILENT_ATTEMPTS = 1;

/** The time in which a server is away or overloaded: waits between attempts, and tells the user when it begins and ends. */
export class Outage {
  readonly #context: Pick<ConnectorContext, 'clock' | 'say' | 'signal'>;
  readonly #server: string;
  readonly #delayMs: (attempt: number) => number;
  #attempts = 0;
  #since = 0;
  #hasSaid = false;

  /** `server` is how messages name it. */
  constructor(server: string, settings: BackoffSettings, context: Pick<ConnectorContext, 'clock' | 'say' | 'signal'>) {
    this.#server = server;
    this.#context = context;
    this.#delayMs = delayOf(settings);
  }

  /** Failed attempts in a row. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Waits before the next attempt; fails when the job ends. `what` completes "Elasticsearch at … …". */
  async wait(what: string): Promise<void> {
    const { clock, say, signal } = this.#context;
    if (this.#attempts === 0) this.#since = clock.now();
    if (this.#attempts >= SILENT_ATTEMPTS && !this.#hasSaid) {
      this.#hasSaid = true;
      say?.(`Elasticsearch at ${this.#server} ${what}; waiting, nothing is lost`);
    }
    await sleep(this.#delayMs(this.#attempts++), undefined, { signal });
  }

  /** An attempt has succeeded. */
  end(): void {
    if (this.#hasSaid) {
      const seconds = Math.max(1, Math.round((this.#context.clock.now() - this.#since) / 1000));
      this.#context.say?.(`Elasticsearch at ${this.#server} is back after ${seconds} s`);
    }
    this.#attempts = 0;
    this.#hasSaid = false;
  }
}

function delayOf({ backoff, backoffDelayMs }: BackoffSettings): (attempt: number) => number {
  if (backoff === 'constant') return () => backoffDelayMs;
  const first = backoff === 'exponential' ? backoffDelayMs : FIRST_DELAY_MS;
  return (attempt) => Math.min(first * 2 ** Math.min(attempt, 20), Math.max(first, LONGEST_DELAY_MS));
}
