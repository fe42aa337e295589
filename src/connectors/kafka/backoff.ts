import { integerProperty } from './client-properties.ts';
import type { KafkaSettings } from './settings.ts';

/** Pauses between attempts: each twice as long as the one before, within Kafka's reconnect.backoff.ms and reconnect.backoff.max.ms. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #attempts = 0;

  constructor(settings: KafkaSettings) {
    this.#firstMs = integerProperty(settings, 'reconnect.backoff.ms', integerProperty(settings, 'retry.backoff.ms', 100));
    this.#mostMs = Math.max(this.#firstMs, integerProperty(settings, 'reconnect.backoff.max.ms', 2000));
  }

  nextMs(): number {
    return Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(30, this.#attempts++));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
