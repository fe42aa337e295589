import type { Author } from './author.ts';
import { RunError } from '../../base/problem.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerIdentity } from './producer-identity.ts';
import { transactionLost, type ProducerRequests, type TransactionState } from './producer-requests.ts';

const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;
const INVALID_PRODUCER_ID_MAPPING = 49;
const PRODUCER_FENCED = 90;

interface Transaction {
  readonly id: string;
  identity: ProducerIdentity | null;
  /** Those that have records in it. */
  readonly partitions: Set<PartitionQueue>;
}

/**
 * Exactly-once: one transaction for each checkpoint, committed once the checkpoint is durable.
 *
 * Two transactional ids, `PREFIX-0` and `PREFIX-1`, take turns. A checkpoint names the transaction that belongs to it, and its
 * id is not used again before the next checkpoint is durable; so after a crash, whenever it came, that transaction can be
 * committed (again), and the other id's, which no checkpoint knows, is aborted. (Flink takes a new id for each checkpoint, of
 * which the broker keeps thousands.)
 */
export class TransactionalAuthor implements Author {
  readonly #requests: ProducerRequests;
  readonly #say: (line: string) => void;
  readonly #transactions: readonly [Transaction, Transaction];
  #current = 0;
  #restored: TransactionState | null = null;
  #recovery: Promise<void> | null = null;
  /** A checkpoint may already name the current transaction. */
  #isPromised = false;

  constructor(prefix: string, requests: ProducerRequests, say: (line: string) => void) {
    this.#requests = requests;
    this.#say = say;
    this.#transactions = [0, 1].map((n) => ({ id: `${prefix}-${n}`, identity: null, partitions: new Set<PartitionQueue>() })) as [
      Transaction,
      Transaction,
    ];
  }

  get transactionalId(): string {
    return this.#transaction.id;
  }

  get identity(): ProducerIdentity | null {
    return this.#transaction.identity;
  }

  restore(state: TransactionState): void {
    this.#restored = state;
  }

  /** Ends what earlier runs have left open. */
  recover(): Promise<void> {
    this.#recovery ??= this.#recover();
    return this.#recovery;
  }

  async prepare(queues: readonly PartitionQueue[]): Promise<void> {
    await this.recover();
    const transaction = this.#transaction;
    transaction.identity ??= await this.#requests.newTransactionalIdentity(transaction.id);
    const added = queues.filter((queue) => !transaction.partitions.has(queue));
    if (added.length === 0) return;
    await this.#requests.addPartitions(transaction.id, transaction.identity, added);
    for (const queue of added) transaction.partitions.add(queue);
  }

  isPrepared(queue: PartitionQueue): boolean {
    return this.#transaction.partitions.has(queue);
  }

  sequenceLost(reason: string): Promise<void> {
    return Promise.reject(transactionLost(`transactional id "${this.transactionalId}"`, reason));
  }

  /** What a checkpoint needs to commit the transaction that holds its output; undefined when there is no output. */
  snapshot(): TransactionState | undefined {
    const { id, identity, partitions } = this.#transaction;
    if (partitions.size === 0 || identity === null) return undefined;
    this.#isPromised = true;
    return { transactionalId: id, producerId: identity.producerId.toString(), epoch: identity.epoch };
  }

  /** Commits the current transaction, and begins the next. */
  async commit(): Promise<void> {
    const state = this.snapshot();
    if (state === undefined) return;
    await this.#requests.endTransaction(state, true);
    this.#transaction.partitions.clear();
    this.#isPromised = false;
    this.#current = 1 - this.#current;
  }

  /** Aborts the current transaction, so that readers need not wait for its end; unless a checkpoint counts on it. */
  async abort(): Promise<void> {
    if (this.#isPromised) return;
    const state = this.snapshot();
    if (state !== undefined) await this.#requests.endTransaction(state, false);
  }

  async #recover(): Promise<void> {
    const state = this.#restored;
    if (state === null) {
      for (const transaction of this.#transactions)
        transaction.identity = await this.#requests.newTransactionalIdentity(transaction.id);
      return;
    }
    await this.#commitRestored(state);
    const next = this.#transactions.findIndex(({ id }) => id !== state.transactionalId);
    this.#current = next;
    const transaction = this.#transactions[next];
    transaction.identity = await this.#requests.newTransactionalIdentity(transaction.id);
  }

  async #commitRestored(state: TransactionState): Promise<void> {
    const accepted = [INVALID_PRODUCER_EPOCH, PRODUCER_FENCED, INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING];
    const errorCode = await this.#requests.endTransaction(state, true, accepted);
    if (errorCode === 0) return;
    const name = `the transaction "${state.transactionalId}" of the checkpoint`;
    if (errorCode === INVALID_PRODUCER_ID_MAPPING) {
      // Kafka forgets an id that has not been used for a week, and with it how its last transaction ended.
      this.#say(`Kafka no longer knows ${name}: it was committed, unless Kafka was away when the job ended`);
      return;
    }
    throw new RunError(
      'KAFKA_TRANSACTION_LOST',
      `${name} was aborted by Kafka before it could be committed; its rows are missing in the topic`,
      `It was open for longer than 'properties.transaction.timeout.ms', or another job uses the same 'sink.transactional-id-prefix'. Start anew with --fresh and an empty topic.`,
    );
  }

  get #transaction(): Transaction {
    return this.#transactions[this.#current];
  }
}
