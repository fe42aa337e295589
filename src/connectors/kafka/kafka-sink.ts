import { RunError } from '../../base/problem.ts';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Batch } from '../../types/batch.ts';
import { UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { appendRecord } from './append-record.ts';
import { IdempotentAuthor } from './idempotent-author.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { Outages } from './outages.ts';
import type { ProducedTopic } from './produced-topic.ts';
import { producerOptions } from './producer-options.ts';
import { ProducerRequests, type TransactionState } from './producer-requests.ts';
import { TopicRows } from './topic-rows.ts';
import { TransactionalAuthor } from './transactional-author.ts';
import { UpsertBuffer, type UpsertRecord } from './upsert-buffer.ts';

/**
 * Writes rows to topics of Kafka, as Flink's Kafka sink does. `sink.delivery-guarantee`: with `at-least-once` a checkpoint waits
 * for all acknowledgements, with `exactly-once` its rows become visible (to `read_committed`) when it is durable, with `none`
 * it does not wait. A cluster that is away is waited for; meanwhile `write` holds the job back.
 */
export class KafkaSink implements Sink {
  readonly #table: ConnectedTable;
  readonly #context: ConnectorContext;
  readonly #rows: TopicRows;
  readonly #key = new ByteBuffer(256);
  readonly #topics = new Map<string, ProducedTopic>();
  /** The only topic, when there is but one. */
  #only: ProducedTopic | null = null;
  #producer: KafkaProducer | null = null;
  /** With `sink.buffer-flush.*`: rows that later ones may replace. */
  readonly #buffer: UpsertBuffer | null;
  #bufferTimer: NodeJS.Timeout | undefined;
  #transactions: TransactionalAuthor | null = null;
  #restored: TransactionState | null = null;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#table = table;
    this.#context = context;
    this.#rows = new TopicRows(table, context.timeZone);
    const { bufferFlush } = this.#rows.settings;
    this.#buffer =
      bufferFlush === undefined ? null : new UpsertBuffer(this.#rows, bufferFlush.maxRows, (record) => this.#append(record));
  }

  restore(state: unknown): void {
    this.#restored = state as TransactionState;
  }

  async open(): Promise<void> {
    const { settings, onlyTopic } = this.#rows;
    const { clock, signal, say = () => {} } = this.#context;
    const cluster = await KafkaCluster.create(settings, this.#context);
    const options = producerOptions(settings, cluster.library);
    const outages = new Outages(say);
    const requests = new ProducerRequests(cluster, options, outages, signal);
    const { transactionalIdPrefix, deliveryGuarantee } = settings;
    if (deliveryGuarantee === 'exactly-once' && transactionalIdPrefix !== undefined) {
      this.#transactions = new TransactionalAuthor(transactionalIdPrefix, requests, say);
      if (this.#restored !== null) this.#transactions.restore(this.#restored);
      if (this.#context.isCheckpointed === false) {
        say(
          `table "${this.#table.name}" is exactly-once and the job takes no checkpoints: its rows become visible when the job ends or is stopped; SET 'execution.checkpointing.interval' = '10 s' shows them sooner`,
        );
      }
    } else if (this.#restored !== null) {
      throw new RunError(
        'CHECKPOINT_SINK',
        `the checkpoint holds a transaction of table "${this.#table.name}", which is not exactly-once any more`,
        'Use --fresh to start anew.',
      );
    }
    const author = this.#transactions ?? new IdempotentAuthor(requests, options.isIdempotent);
    const producer = new KafkaProducer(cluster, options, clock, outages, author);
    this.#producer = producer;
    // Cluster or not, the job begins: rows wait for it.
    this.#transactions?.recover().catch((error: unknown) => producer.fail(error));
    if (onlyTopic !== null) this.#only = producer.topic(onlyTopic, settings.partitioner === 'fixed');
  }

  write(batch: Batch): void | Promise<void> {
    const producer = this.#opened;
    const rows = this.#rows;
    const { length, kinds } = batch;
    const now = this.#context.clock.now();
    if (this.#buffer !== null) {
      this.#buffer.add(batch, now);
      if (!this.#buffer.isEmpty)
        this.#bufferTimer ??= setTimeout(() => this.#flushBuffer(), rows.settings.bufferFlush!.intervalMs);
      return producer.written();
    }
    const key = this.#key;
    for (let row = 0; row < length; row++) {
      if (kinds !== null && kinds[row] === UPDATE_BEFORE) continue;
      const topic = this.#only ?? this.#topicNamed(rows.topicOf(batch, row));
      key.clear();
      const keyOrNull = rows.encodeKey(batch, row, key) ? key : null;
      const queue = topic.queueOf(keyOrNull);
      const builder = topic.builderOf(queue);
      builder.begin(rows.timestampOf(batch, row, now), keyOrNull);
      const hasValue = rows.encodeValue(batch, row, builder);
      builder.end(!hasValue, rows.headersOf(batch, row));
      producer.appended(topic, queue);
    }
    return producer.written();
  }

  async flush(): Promise<void> {
    this.#flushBuffer();
    if (this.#rows.settings.deliveryGuarantee === 'none') this.#check();
    else await this.#opened.flush();
  }

  snapshot(): unknown {
    return this.#transactions?.snapshot();
  }

  async committed(): Promise<void> {
    await this.#transactions?.commit();
  }

  /** Nothing is held back until the checkpoint. Asked often: the place to tell of a failure while no rows come. */
  pendingBytes(): number {
    this.#check();
    return 0;
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    clearTimeout(this.#bufferTimer);
    if (producer === null) return;
    if (this.#rows.settings.deliveryGuarantee === 'none' && producer.failure === null) await inTime(producer.flush());
    producer.close();
    if (this.#transactions !== null) await inTime(this.#transactions.abort());
    await producer.cluster.close();
  }

  get #opened(): KafkaProducer {
    this.#check();
    return this.#producer!;
  }

  #check(): void {
    if (this.#producer !== null && this.#producer.failure !== null) throw this.#producer.failure as Error;
  }

  /** A topic that a row's own column names; it must be one of those that the options allow. */
  #topicNamed(name: string): ProducedTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    this.#rows.checkTopic(name);
    const topic = this.#producer!.topic(name, this.#rows.settings.partitioner === 'fixed');
    this.#topics.set(name, topic);
    return topic;
  }

  #append({ topic: name, key, value, timestamp, headers }: UpsertRecord): void {
    const topic = this.#only ?? this.#topicNamed(name);
    const queue = topic.queueOf(key);
    appendRecord(topic.builderOf(queue), timestamp, key, value, headers);
    this.#producer!.appended(topic, queue);
  }

  #flushBuffer(): void {
    clearTimeout(this.#bufferTimer);
    this.#bufferTimer = undefined;
    const producer = this.#producer;
    if (this.#buffer === null || this.#buffer.isEmpty || producer === null || producer.failure !== null) return;
    try {
      this.#buffer.flush();
      // Back-pressure comes with the next rows.
      void producer.written()?.catch(() => {});
    } catch (error) {
      producer.fail(error);
    }
  }
}

/** Waits for what is good to have done at the end, but not for a cluster that is away. */
async function inTime(work: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, 2000);
  await Promise.race([work, limit.promise]).catch(() => {});
  clearTimeout(timer);
}
