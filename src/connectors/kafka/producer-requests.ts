import { RunError } from '../../base/problem.ts';
import { BrokerUnavailable } from './broker-failure.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { Outages } from './outages.ts';
import type { PartitionQueue } from './partition-queue.ts';
import { rejection } from './produce-rejection.ts';
import { ProducerIdentity } from './producer-identity.ts';
import type { ProducerOptions } from './producer-options.ts';

const NONE = 0;
const NOT_COORDINATOR = 16;
const INVALID_TRANSACTION_TIMEOUT = 50;
const FIND_TRANSACTION = 1;

/** Flink's default, which is longer than most brokers allow (`transaction.max.timeout.ms`) … */
const WANTED_TIMEOUT_MS = 60 * 60 * 1000;
/** … and the brokers' default. */
const ALLOWED_TIMEOUT_MS = 15 * 60 * 1000;

/** What a transaction is known by; plain data that a checkpoint holds. */
export interface TransactionState {
  readonly transactionalId: string;
  /** 64 bits, in decimal. */
  readonly producerId: string;
  readonly epoch: number;
}

/** Kafka's requests about producers and transactions; each is repeated until it is answered, and while the answer is "not now". */
export class ProducerRequests {
  readonly cluster: KafkaCluster;
  readonly #options: ProducerOptions;
  readonly #outages: Outages;
  readonly #signal: AbortSignal;
  readonly #coordinators = new Map<string, number>();

  constructor(cluster: KafkaCluster, options: ProducerOptions, outages: Outages, signal: AbortSignal) {
    this.cluster = cluster;
    this.#options = options;
    this.#outages = outages;
    this.#signal = signal;
  }

  /** A producer without transactions. */
  async newIdentity(): Promise<ProducerIdentity> {
    const { api } = this.cluster.library.initProducerIdV4;
    const answer = await this.#repeat('producers', async () => this.cluster.ask(api, null, 0x7fffffff, -1n, -1));
    return new ProducerIdentity(answer.producerId, answer.producerEpoch);
  }

  /** Makes the caller the only one who may use the id: aborts its open transaction and shuts out whoever began it. */
  async newTransactionalIdentity(id: string): Promise<ProducerIdentity> {
    const { api } = this.cluster.library.initProducerIdV4;
    const { transactionTimeoutMs } = this.#options;
    for (const timeoutMs of transactionTimeoutMs === undefined
      ? [WANTED_TIMEOUT_MS, ALLOWED_TIMEOUT_MS]
      : [transactionTimeoutMs]) {
      const answer = await this.#repeat(
        `transactional id "${id}"`,
        async () => this.cluster.send(await this.#coordinator(id), api, id, timeoutMs, -1n, -1),
        id,
        [INVALID_TRANSACTION_TIMEOUT],
      );
      if (answer.errorCode === NONE) return new ProducerIdentity(answer.producerId, answer.producerEpoch);
    }
    throw new RunError(
      'KAFKA_TRANSACTION_TIMEOUT',
      `Kafka at ${this.cluster.address} does not allow transactions of ${transactionTimeoutMs ?? ALLOWED_TIMEOUT_MS} ms`,
      `Set 'properties.transaction.timeout.ms' to no more than the broker's transaction.max.timeout.ms, and well above execution.checkpointing.interval.`,
    );
  }

  async addPartitions(id: string, { producerId, epoch }: ProducerIdentity, queues: readonly PartitionQueue[]): Promise<void> {
    const { api } = this.cluster.library.addPartitionsToTxnV3;
    const topics = [...Map.groupBy(queues, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition }) => partition),
    }));
    await this.#repeat(
      `transactional id "${id}"`,
      async () => {
        const transaction = { transactionalId: id, producerId, producerEpoch: epoch, verifyOnly: false, topics };
        const answer = await this.cluster.send(await this.#coordinator(id), api, [transaction]);
        const errorCodes = answer.resultsByTransaction.flatMap(({ topicResults }) =>
          topicResults.flatMap(({ resultsByPartition }) =>
            resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
          ),
        );
        const wrong = errorCodes.filter((code) => code !== NONE);
        // Of several the one that says why the others were not attempted.
        return { errorCode: wrong.find((code) => code !== OPERATION_NOT_ATTEMPTED) ?? wrong[0] ?? NONE };
      },
      id,
    );
  }

  /** Ends a transaction; answers Kafka's error code when that is one of `accepted`. */
  async endTransaction(state: TransactionState, commits: boolean, accepted: readonly number[] = []): Promise<number> {
    const { api } = this.cluster.library.endTxnV3;
    const { transactionalId: id, producerId, epoch } = state;
    const answer = await this.#repeat(
      `transactional id "${id}"`,
      async () => this.cluster.send(await this.#coordinator(id), api, id, BigInt(producerId), epoch, commits),
      id,
      accepted,
    );
    return answer.errorCode;
  }

  async #coordinator(id: string): Promise<number> {
    const known = this.#coordinators.get(id);
    if (known !== undefined) return known;
    const { api } = this.cluster.library.findCoordinatorV4;
    await this.cluster.metadata([]);
    const answer = await this.#repeat(`transactional id "${id}"`, async () => {
      const { coordinators } = await this.cluster.ask(api, FIND_TRANSACTION, [id]);
      return coordinators[0];
    });
    this.#coordinators.set(id, answer.nodeId);
    return answer.nodeId;
  }

  /** Repeats a request until the answer is one that no repetition changes. */
  async #repeat<R extends { readonly errorCode: number }>(
    subject: string,
    request: () => Promise<R>,
    id?: string,
    accepted: readonly number[] = [],
  ): Promise<R> {
    const { library, address } = this.cluster;
    const where = `Kafka at ${address}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const answer = await request();
        this.#outages.ended(where);
        if (answer.errorCode === NONE || accepted.includes(answer.errorCode)) return answer;
        if (answer.errorCode === NOT_COORDINATOR && id !== undefined) this.#coordinators.delete(id);
        const { kind, error } = rejection(library, answer.errorCode, address, subject);
        if (kind === 'fenced') throw transactionLost(subject, error.message);
        if (kind !== 'temporary' && kind !== 'stale') throw error;
        if (attempt > 20) this.#outages.began(where, `is not ready for transactions (${error.message}): trying again`);
      } catch (error) {
        if (!(error instanceof BrokerUnavailable)) throw error;
        if (id !== undefined) this.#coordinators.delete(id);
        if (this.#signal.aborted) throw error;
        this.#outages.began(where, `cannot be reached (${error.message}): trying again`);
      }
      const { retryMs, maxRetryMs } = this.#options;
      // The end of a transaction takes a few milliseconds.
      await new Promise((resolve) => setTimeout(resolve, Math.min(maxRetryMs, retryMs, 10 * 2 ** Math.min(attempt, 20))));
    }
  }
}

const OPERATION_NOT_ATTEMPTED = 55;

/** A transaction that has not been committed and never will be. */
export function transactionLost(subject: string, reason: string): RunError {
  return new RunError(
    'KAFKA_TRANSACTION_LOST',
    `Kafka has ended the transaction of ${subject} (${reason}): it was open for longer than transaction.timeout.ms, or another job uses the same 'sink.transactional-id-prefix'`,
    `Make 'execution.checkpointing.interval' shorter than 'properties.transaction.timeout.ms', and the prefix this sink's own. The next run goes on from the last checkpoint.`,
  );
}
