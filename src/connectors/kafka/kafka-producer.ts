import { assert } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import { RunError } from '../../base/problem.ts';
import type { API } from '@platformatic/kafka';
import type { Author } from './author.ts';
import { BrokerUnavailable } from './broker-failure.ts';
import { copyRecords } from './copy-records.ts';
import { createDecompress } from './decompress.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { Outages } from './outages.ts';
import type { PartitionQueue, QueuedBatch } from './partition-queue.ts';
import { createProduceApi, type ProducePartitionResponse, type ProduceRequest, type ProduceResponse } from './produce-api.ts';
import { ProducedTopic } from './produced-topic.ts';
import type { ProducerOptions } from './producer-options.ts';
import { rejection, type Rejection } from './produce-rejection.ts';
import { RecordBatchBuilder, recordsOf, stampBatch, type RecordBatchBytes } from './record-batch-builder.ts';
import { createRecordChecksum } from './record-checksum.ts';

/** As Kafka's producer: so many the broker can tell from each other when they are sent twice. */
const MOST_IN_FLIGHT = 5;
/** More than this is not held; writing waits until it is half as much. */
const HELD_BYTES = 32 << 20;
/** How long Kafka may not know a topic: one that has just been made is not known everywhere at once. */
const MISSING_TOPIC_MS = 5000;
/** New partitions are looked for so often, as by Kafka's `metadata.max.age.ms`. */
const METADATA_AGE_MS = 5 * 60 * 1000;

interface Sent {
  readonly queue: PartitionQueue;
  readonly queued: QueuedBatch;
}

/**
 * Writes records to topics: collects them in batches by partition, sends several batches at a time to each broker and sends
 * again what was not answered, in order. A cluster that is away is waited for. What can never succeed fails every later call.
 */
export class KafkaProducer {
  readonly cluster: KafkaCluster;
  readonly options: ProducerOptions;
  readonly #clock: Clock;
  readonly #outages: Outages;
  readonly #author: Author;
  readonly #produce: API<[ProduceRequest], ProduceResponse>;
  readonly #checksum: (bytes: Uint8Array) => number;
  readonly #topics = new Map<string, ProducedTopic>();
  #queues: PartitionQueue[] = [];
  /** Requests on their way, by broker. */
  readonly #requests = new Map<number, number>();
  #lingerTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #ageTimer: NodeJS.Timeout | undefined;
  #isRefreshing = false;
  #mustRefresh = false;
  #isPreparing = false;
  /** Nothing is sent until Kafka has given a new identity. */
  #isRenewing = false;
  #isFlushing = false;
  #isClosed = false;
  #failure: unknown = null;
  /** Somebody waits until there is room, or until everything is written. */
  readonly #waiting: {
    readonly isMet: () => boolean;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  constructor(cluster: KafkaCluster, options: ProducerOptions, clock: Clock, outages: Outages, author: Author) {
    this.cluster = cluster;
    this.options = options;
    this.#clock = clock;
    this.#outages = outages;
    this.#author = author;
    this.#produce = createProduceApi(cluster.library);
    this.#checksum = createRecordChecksum(cluster.library);
    this.#ageTimer = setInterval(() => this.refresh(), METADATA_AGE_MS).unref();
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** The topic of that name, whose partitions are being asked for when it is new. */
  topic(name: string, isFixed: boolean): ProducedTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const topic = new ProducedTopic(name, isFixed);
    this.#topics.set(name, topic);
    this.refresh();
    return topic;
  }

  /** A record has been appended to the queue's builder (null: the topic's partitions are not known). */
  appended(topic: ProducedTopic, queue: PartitionQueue | null): void {
    if (queue === null || queue.builder.length < this.options.batchBytes) return;
    if (this.options.refusesLargerRecords && queue.builder.count === 1 && queue.builder.length > this.options.requestBytes) {
      this.fail(this.#tooLarge(queue, queue.builder.length, `'properties.max.request.size' allows`));
    }
    this.#seal(topic, queue);
  }

  /** The rows at hand have been appended: sends them soon. The answer is a promise while too much is held. */
  written(): void | Promise<void> {
    if (this.#failure !== null) throw this.#failure as Error;
    if (this.options.lingerMs === 0) this.#lingered();
    else this.#lingerTimer ??= setTimeout(() => this.#lingered(), this.options.lingerMs);
    const held = this.heldBytes;
    if (held >= this.options.batchBytes) this.pump();
    if (held > HELD_BYTES) return this.#until(() => this.heldBytes < HELD_BYTES / 2);
  }

  /** Resolves when everything that was appended is in Kafka. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    try {
      this.#lingered();
      await this.#until(() => this.#isEmpty());
    } finally {
      this.#isFlushing = false;
    }
  }

  /** Resolves when the topic's partitions are known. */
  known(topic: ProducedTopic): Promise<void> {
    return this.#until(() => topic.isKnown);
  }

  get heldBytes(): number {
    let bytes = 0;
    for (const { bytes: finished, builder } of this.#queues) bytes += finished + builder.length;
    for (const topic of this.#topics.values()) bytes += topic.unassignedBytes;
    return bytes;
  }

  /** Ends without waiting for anything. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    clearTimeout(this.#retryTimer);
    clearInterval(this.#ageTimer);
  }

  fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  /** Sends whatever can be sent now. */
  pump(): void {
    if (this.#isClosed || this.#failure !== null || this.#isRenewing) return;
    const now = this.#clock.now();
    const author = this.#author;
    const unprepared: PartitionQueue[] = [];
    const byLeader = new Map<number, PartitionQueue[]>();
    let retryAt = Infinity;
    const mostInFlight = this.options.isIdempotent ? MOST_IN_FLIGHT : 1;
    for (const topic of this.#topics.values()) {
      for (const queue of topic.queues) {
        if (!queue.mayBeSent(now, mostInFlight)) {
          if (queue.retryAt > now) retryAt = Math.min(retryAt, queue.retryAt);
          continue;
        }
        if (!queue.hasUnsent && queue.isDue) this.#seal(topic, queue);
        if (!queue.hasUnsent) continue;
        const leader = topic.leaders[queue.partition];
        if (leader === -1) this.refresh();
        else if (!author.isPrepared(queue)) unprepared.push(queue);
        else {
          const queues = byLeader.get(leader);
          if (queues === undefined) byLeader.set(leader, [queue]);
          else queues.push(queue);
        }
      }
    }
    if (unprepared.length > 0) this.#prepare(unprepared);
    for (const [leader, queues] of byLeader) this.#sendTo(leader, queues, mostInFlight);
    clearTimeout(this.#retryTimer);
    if (retryAt < Infinity) this.#retryTimer = setTimeout(() => this.pump(), retryAt - now + 1);
    this.#settle();
  }

  /** Asks anew where the partitions are. */
  refresh(): void {
    if (this.#isRefreshing || this.#isClosed) this.#mustRefresh = true;
    else void this.#refresh().catch((error: unknown) => this.fail(error));
  }

  async #refresh(): Promise<void> {
    this.#isRefreshing = true;
    for (let attempt = 0; !this.#isClosed && this.#failure === null; attempt++) {
      this.#mustRefresh = false;
      const hasAll = await this.#askForLeaders();
      this.pump();
      if (hasAll && !this.#mustRefresh) break;
      await pause(this.#retryMs(attempt));
    }
    this.#isRefreshing = false;
  }

  /** True when every partition with records has a leader. */
  async #askForLeaders(): Promise<boolean> {
    const subject = `Kafka at ${this.cluster.address}`;
    const topics = [...this.#topics.values()];
    // A topic that has gone while it was written to is not made again in silence.
    const [known, unknown] = [topics.filter((topic) => topic.isKnown), topics.filter((topic) => !topic.isKnown)];
    try {
      for (const [some, makesTopics] of [[known, false] as const, [unknown, true] as const]) {
        if (some.length === 0) continue;
        const names = some.map(({ name }) => name);
        const answer = await this.cluster.metadata(names, makesTopics);
        for (const { name, errorCode, partitions } of answer.topics) {
          const topic = this.#topics.get(name ?? '');
          if (topic !== undefined) this.#update(topic, errorCode, partitions);
        }
      }
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      this.#outages.began(subject, `cannot be reached (${error.message}): trying again`);
      return false;
    }
    if (this.#queues.every(({ failures }) => failures === 0)) this.#outages.ended(subject);
    return topics.every((topic) => topic.isKnown && topic.queues.every((q) => q.isEmpty || topic.leaders[q.partition] !== -1));
  }

  #update(
    topic: ProducedTopic,
    errorCode: number,
    partitions: readonly { readonly partitionIndex: number; readonly leaderId: number }[],
  ): void {
    const { kind, error } = this.#rejection(errorCode, `topic "${topic.name}"`);
    if (kind === 'final') throw error;
    if (kind === 'stale') {
      topic.missingSince ??= this.#clock.now();
      if (this.#clock.now() - topic.missingSince > MISSING_TOPIC_MS) throw this.#noSuchTopic(topic);
      return;
    }
    topic.missingSince = null;
    if (partitions.length === 0) return;
    const leaders = Array.from({ length: Math.max(partitions.length, topic.leaders.length) }, () => -1);
    for (const { partitionIndex, leaderId } of partitions) leaders[partitionIndex] = leaderId;
    topic.setLeaders(leaders);
    this.#queues = [...this.#topics.values()].flatMap(({ queues }) => queues);
    for (const queue of topic.queues) {
      if (this.#isFlushing) queue.isDue = true;
      this.appended(topic, queue);
    }
  }

  #sendTo(leader: number, queues: readonly PartitionQueue[], mostInFlight: number): void {
    const now = this.#clock.now();
    for (let sending = true; sending && (this.#requests.get(leader) ?? 0) < MOST_IN_FLIGHT;) {
      const sent: Sent[] = [];
      let bytes = 0;
      for (const queue of queues) {
        if (!queue.hasUnsent || !queue.mayBeSent(now, mostInFlight)) continue;
        const size = queue.peek().batch.bytes.length;
        if (sent.length > 0 && bytes + size > this.options.requestBytes) continue;
        bytes += size;
        sent.push({ queue, queued: queue.take() });
      }
      sending = sent.length > 0;
      if (sending) void this.#send(leader, sent).catch((error: unknown) => this.fail(error));
    }
  }

  async #send(leader: number, sent: readonly Sent[]): Promise<void> {
    const { transactionalId, identity } = this.#author;
    for (const { queue, queued } of sent) {
      if (identity === null) stampBatch(queued.batch, -1n, -1, -1, this.#checksum);
      else if (queued.sequence === -1 || !queued.isStamped) {
        if (queued.sequence === -1) queued.sequence = identity.takeSequence(queue, queued.batch.count);
        stampBatch(queued.batch, identity.producerId, identity.epoch, queued.sequence, this.#checksum);
        queued.isStamped = true;
      }
    }
    const { acks, requestTimeoutMs } = this.options;
    const topics = [...Map.groupBy(sent, ({ queue }) => queue.topic)].map(([topic, batches]) => ({
      topic,
      partitions: batches.map(({ queue, queued }) => ({ partition: queue.partition, bytes: queued.batch.bytes })),
    }));
    const subject = `Kafka at ${this.cluster.addressOf(leader)}`;
    this.#requests.set(leader, (this.#requests.get(leader) ?? 0) + 1);
    try {
      const request = { transactionalId, acks, timeoutMs: requestTimeoutMs, topics };
      const response = await this.cluster.send(leader, this.#produce, request);
      this.#outages.ended(subject);
      if (acks === 0) for (const { queue, queued } of sent) queue.done(queued);
      else await this.#answered(sent, response);
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      if (!this.#isClosed) this.#outages.began(subject, `cannot be written to (${error.message}): trying again`);
      for (const { queue, queued } of sent) this.#again(queue, queued, error.message);
      this.refresh();
    } finally {
      this.#requests.set(leader, (this.#requests.get(leader) ?? 1) - 1);
    }
    this.pump();
  }

  async #answered(sent: readonly Sent[], { responses }: ProduceResponse): Promise<void> {
    let lost: string | null = null;
    for (const { queue, queued } of sent) {
      const answers = responses.find(({ name }) => name === queue.topic)?.partitionResponses;
      const answer = answers?.find(({ index }) => index === queue.partition);
      if (answer === undefined) {
        this.#again(queue, queued, 'no answer');
        continue;
      }
      const found = this.#rejection(answer.errorCode, queue.name, detailOf(answer));
      switch (found.kind) {
        case 'none':
          queue.done(queued);
          this.#outages.ended(queue.name);
          break;
        case 'stale':
          this.#again(queue, queued, found.error.message);
          this.refresh();
          break;
        case 'temporary':
          if (queue.failures > 1) this.#outages.began(queue.name, `cannot be written to (${found.error.message}): trying again`);
          this.#again(queue, queued, found.error.message);
          break;
        case 'fenced':
          lost = found.error.message;
          this.#again(queue, queued, lost);
          break;
        case 'sequence':
          // Behind a batch that has failed every other is out of order, and will be sent behind it again.
          if (queue.isFirst(queued)) lost = found.error.message;
          this.#again(queue, queued, found.error.message);
          break;
        case 'large':
          queue.replace(queued, this.#halves(queue, queued.batch));
          break;
        case 'final':
          throw found.error;
      }
    }
    if (lost !== null) await this.#renew(lost);
  }

  /** The broker has lost count: waits for the other answers, then counts from 0 as a new producer. */
  async #renew(reason: string): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      while (this.#queues.some(({ inFlight }) => inFlight > 0)) await pause(10);
      await this.#author.sequenceLost(reason);
      for (const queue of this.#queues) queue.forgetSequences();
    } finally {
      this.#isRenewing = false;
    }
  }

  #again(queue: PartitionQueue, queued: QueuedBatch, reason: string): void {
    const now = this.#clock.now();
    const { deliveryTimeoutMs } = this.options;
    queue.failed(now, this.#retryMs(queue.failures));
    if (deliveryTimeoutMs === undefined || now - queue.failingSince < deliveryTimeoutMs) return;
    assert(queued.batch.count > 0, 'a batch has records');
    throw new RunError(
      'KAFKA_DELIVERY_TIMEOUT',
      `${queue.name} of Kafka at ${this.cluster.address} has taken no records for ${deliveryTimeoutMs} ms (${reason})`,
      `Without 'properties.delivery.timeout.ms' writing waits until it does. The next run goes on from the last checkpoint.`,
    );
  }

  #prepare(queues: readonly PartitionQueue[]): void {
    if (this.#isPreparing) return;
    this.#isPreparing = true;
    this.#author
      .prepare(queues)
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.#isPreparing = false;
        this.pump();
      });
  }

  #lingered(): void {
    clearTimeout(this.#lingerTimer);
    this.#lingerTimer = undefined;
    for (const queue of this.#queues) if (queue.builder.count > 0) queue.isDue = true;
    this.pump();
  }

  #seal(topic: ProducedTopic, queue: PartitionQueue): void {
    queue.seal(this.options.compression, this.#author.transactionalId !== null);
    topic.sealed(queue);
  }

  #isEmpty(): boolean {
    return (
      this.#queues.every((queue) => queue.isEmpty) &&
      [...this.#topics.values()].every(({ unassignedBytes }) => unassignedBytes === 0)
    );
  }

  async #until(isMet: () => boolean): Promise<void> {
    if (this.#failure !== null) throw this.#failure as Error;
    if (isMet()) return;
    await new Promise<void>((resolve, reject) => this.#waiting.push({ isMet, resolve, reject }));
  }

  #settle(): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      if (this.#waiting[i].isMet()) this.#waiting.splice(i, 1)[0].resolve();
    }
  }

  /** A batch that the broker finds too large, in two. */
  #halves(queue: PartitionQueue, batch: RecordBatchBytes): readonly RecordBatchBytes[] {
    if (batch.count === 1) throw this.#tooLarge(queue, batch.bytes.length, 'the topic allows');
    const { payload, at, baseTimestamp, isTransactional } = recordsOf(batch, createDecompress(this.cluster.library));
    const builders = [new RecordBatchBuilder(), new RecordBatchBuilder()];
    let copied = 0;
    copyRecords(payload, at, batch.count, baseTimestamp, () => builders[copied++ < batch.count >> 1 ? 0 : 1]);
    return builders.map((builder) => builder.take(this.options.compression, isTransactional));
  }

  #tooLarge(queue: PartitionQueue, bytes: number, than: string): RunError {
    return new RunError(
      'KAFKA_RECORD_TOO_LARGE',
      `a record of ${bytes} bytes for ${queue.name} is larger than ${than}`,
      `Raise 'max.message.bytes' of the topic (and 'properties.max.request.size' where it is set), compress with 'properties.compression.type', or write less into a record.`,
    );
  }

  #noSuchTopic({ name }: ProducedTopic): RunError {
    const { address } = this.cluster;
    return new RunError(
      'KAFKA_NO_SUCH_TOPIC',
      `topic "${name}" is not there on Kafka at ${address}`,
      `Make it first: isobar topics create ${name} --kafka ${address.split(',')[0]}`,
    );
  }

  #rejection(errorCode: number, subject: string, detail?: string): Rejection {
    return rejection(this.cluster.library, errorCode, this.cluster.address, subject, detail);
  }

  #retryMs(attempt: number): number {
    const { retryMs, maxRetryMs } = this.options;
    return Math.min(maxRetryMs, retryMs * 2 ** Math.min(20, attempt));
  }
}

/** What the broker says about the records of a batch that it refused. */
function detailOf({ recordErrors, errorMessage }: ProducePartitionResponse): string | undefined {
  const first = recordErrors.find(({ batchIndexErrorMessage }) => batchIndexErrorMessage !== null)?.batchIndexErrorMessage;
  return first ?? errorMessage ?? undefined;
}

async function pause(ms: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, ms));
}
