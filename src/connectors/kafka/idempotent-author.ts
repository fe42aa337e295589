import type { Author } from './author.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import type { ProducerRequests } from './producer-requests.ts';

/** At-least-once: with idempotence, what is sent twice is written once, as long as the job runs. */
export class IdempotentAuthor implements Author {
  readonly transactionalId = null;
  identity: ProducerIdentity | null = null;
  readonly #requests: ProducerRequests;
  readonly #isIdempotent: boolean;

  constructor(requests: ProducerRequests, isIdempotent: boolean) {
    this.#requests = requests;
    this.#isIdempotent = isIdempotent;
  }

  async prepare(): Promise<void> {
    this.identity ??= await this.#requests.newIdentity();
  }

  isPrepared(): boolean {
    return !this.#isIdempotent || this.identity !== null;
  }

  async sequenceLost(): Promise<void> {
    this.identity = await this.#requests.newIdentity();
  }
}
