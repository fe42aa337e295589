import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../base/problem.ts';
import { Backoff } from './backoff.ts';
import { BrokerUnavailable, refusal } from './broker-failure.ts';
import { integerProperty } from './client-properties.ts';
import type { FetchResponse, FetchResponsePartition } from './fetch-api.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import type { Outages } from './outages.ts';
import { wholeBatches, type FetchedChunk } from './record-batch-decoder.ts';
import type { KafkaSettings } from './settings.ts';

/** A partition being read. */
export interface FetchedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly split: string;
  /** The broker to ask; -1 while nobody leads. */
  leader: number;
  leaderEpoch: number;
  /** The offset to ask for next. */
  fetchFrom: number;
  /** The offset behind what has been handed out. */
  next: number;
  /** Where reading ends; Infinity when it never does. */
  readonly end: number;
  /** Behind the last record that may be read, as far as is known. */
  highWatermark: number;
  /** What was fetched and not taken yet. */
  readonly chunks: FetchedChunk[];
  heldBytes: number;
}

export interface FetchEvents {
  /** There is something to take, or nothing more. */
  onRecords(): void;
  /** Nothing more will come. */
  onFailure(error: unknown): void;
  /** A partition does not have the offset that was asked for: where to go on. */
  offsetInstead(partition: FetchedPartition): Promise<number>;
}

/** A partition with the offset that was asked for. */
interface AskedPartition {
  readonly partition: FetchedPartition;
  readonly offset: number;
}

/** So many bytes may be waiting to be decoded, a fetch that is under way included. */
const MOST_HELD_BYTES = 16 << 20;
const MOST_FETCH_BYTES = 8 << 20;
/** Of one partition at a time, unless max.partition.fetch.bytes says otherwise. */
const PARTITION_FETCH_BYTES = 1 << 20;
/** How long a broker may wait for records while partitions that it does not know of will soon be asked for again. */
const SHORT_WAIT_MS = 20;

/** How many times to look for a leader before saying that there is none. */
const LONG_ELECTION_ATTEMPTS = 6;

const NONE = 0;
const OFFSET_OUT_OF_RANGE = 1;
const CORRUPT_MESSAGE = 2;
const UNKNOWN_TOPIC_OR_PARTITION = 3;
const NO_LEADER = -1;

/**
 * Keeps record batches of all partitions at hand: one fetch under way for each broker, repeated as long as there is room. A
 * broker that fails is asked again, with growing pauses, and leaders are looked up anew; nothing is asked for twice or left out,
 * because a partition's next offset moves only with what arrived.
 */
export class RecordFetcher {
  readonly #cluster: KafkaCluster;
  readonly #settings: KafkaSettings;
  readonly #outages: Outages;
  readonly #events: FetchEvents;
  readonly #signal: AbortSignal;
  readonly #partitions: FetchedPartition[] = [];
  /** The brokers that a loop is at work for. */
  readonly #loops = new Map<number, Promise<void>>();
  #heldBytes = 0;
  /** The partition whose turn it is. */
  #turn = 0;
  /** Wakes the loops that wait for room. */
  #room = Promise.withResolvers<void>();
  #lookup: Promise<void> | null = null;

  constructor(cluster: KafkaCluster, settings: KafkaSettings, outages: Outages, events: FetchEvents, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#outages = outages;
    this.#events = events;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#room.resolve(), { once: true });
  }

  add(partitions: readonly FetchedPartition[]): void {
    this.#partitions.push(...partitions);
    this.#startLoops();
    this.#makeRoom();
  }

  get hasRecords(): boolean {
    return this.#partitions.some(({ chunks }) => chunks.length > 0);
  }

  /** The next chunk of the partition whose turn it is. */
  take(): { readonly partition: FetchedPartition; readonly chunk: FetchedChunk } | undefined {
    for (let i = 0; i < this.#partitions.length; i++) {
      const index = (this.#turn + i) % this.#partitions.length;
      const partition = this.#partitions[index];
      const chunk = partition.chunks.shift();
      if (chunk === undefined) continue;
      this.#turn = index + 1;
      this.#heldBytes -= chunk.bytes.length;
      partition.heldBytes -= chunk.bytes.length;
      this.#makeRoom();
      return { partition, chunk };
    }
    return undefined;
  }

  /** Resolves when all loops have ended, after the signal and once the connections are closed. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops.values());
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  #startLoops(): void {
    for (const { leader, fetchFrom, end } of this.#partitions) {
      if (fetchFrom >= end || this.#loops.has(leader)) continue;
      this.#loops.set(leader, this.#runLoop(leader));
    }
  }

  async #runLoop(node: number): Promise<void> {
    try {
      await (node === NO_LEADER ? this.#awaitLeaders() : this.#fetchFrom(node));
      this.#loops.delete(node);
      // What it leads since the loop has looked last.
      if (!this.#signal.aborted) this.#startLoops();
    } catch (error) {
      if (!this.#signal.aborted) this.#events.onFailure(error);
    }
  }

  /** Fetches from one broker until it leads nothing any more. */
  async #fetchFrom(node: number): Promise<void> {
    const backoff = new Backoff(this.#settings);
    const subject = `Kafka at ${this.#cluster.addressOf(node)}`;
    for (let led = this.#ledBy(node), before = led; !this.#signal.aborted; led = this.#ledBy(node)) {
      if (led.length === 0) {
        // Without a leader elsewhere it is still this one that is waited for.
        const isLed = before.every(({ leader }) => leader !== NO_LEADER);
        if (isLed) this.#outages.ended(subject, 'leads nothing any more that is read');
        return;
      }
      before = led;
      const limit = this.#partitionLimit;
      const wanted = led.filter(({ heldBytes }) => heldBytes < limit);
      if (wanted.length === 0 || this.#heldBytes >= MOST_HELD_BYTES) {
        await this.#room.promise;
        continue;
      }
      try {
        const needsNewLeaders = await this.#fetch(node, wanted, wanted.length < led.length);
        this.#outages.ended(subject);
        if (!needsNewLeaders) {
          backoff.reset();
          continue;
        }
      } catch (error) {
        if (this.#signal.aborted) return;
        if (!(error instanceof BrokerUnavailable)) throw error;
        this.#outages.began(subject, `cannot be read from (${error.message}): trying again`);
      }
      await sleep(backoff.nextMs(), undefined, { signal: this.#signal });
      await this.#findLeaders();
    }
  }

  /** Looks for leaders until every partition has one. */
  async #awaitLeaders(): Promise<void> {
    const backoff = new Backoff(this.#settings);
    for (let attempt = 1; !this.#signal.aborted; attempt++) {
      const leaderless = this.#ledBy(NO_LEADER);
      if (leaderless.length === 0) return;
      // An election takes a moment, and nobody need hear of it.
      if (attempt === LONG_ELECTION_ATTEMPTS) {
        for (const { topic, partition, split } of leaderless) {
          if (!this.#outages.isLasting(`topic "${topic}"`))
            this.#outages.began(split, `has no leader: waiting for one (topic "${topic}" partition ${partition})`);
        }
      }
      await sleep(backoff.nextMs(), undefined, { signal: this.#signal });
      await this.#findLeaders();
    }
  }

  /** What is left to be read of this broker. */
  #ledBy(node: number): FetchedPartition[] {
    return this.#partitions.filter(({ leader, fetchFrom, end }) => leader === node && fetchFrom < end);
  }

  get #partitionLimit(): number {
    return integerProperty(this.#settings, 'max.partition.fetch.bytes', PARTITION_FETCH_BYTES);
  }

  /** One fetch; true when some partition is led by another broker now. */
  async #fetch(node: number, wanted: readonly FetchedPartition[], isPartial: boolean): Promise<boolean> {
    const maxWaitMs = integerProperty(this.#settings, 'fetch.max.wait.ms', 500);
    const maxBytes = integerProperty(this.#settings, 'fetch.max.bytes', MOST_FETCH_BYTES);
    // Those that are asked first get their records first: each in its turn.
    const first = this.#turn % wanted.length;
    const inTurn = [...wanted.slice(first), ...wanted.slice(0, first)];
    const asked = inTurn.map((partition) => ({ partition, offset: partition.fetchFrom }));
    const response = await this.#cluster.fetch(node, {
      maxWaitMs: isPartial ? Math.min(maxWaitMs, SHORT_WAIT_MS) : maxWaitMs,
      minBytes: integerProperty(this.#settings, 'fetch.min.bytes', 1),
      maxBytes: Math.max(1, Math.min(maxBytes, MOST_FETCH_BYTES, MOST_HELD_BYTES - this.#heldBytes)),
      topics: [...Map.groupBy(inTurn, ({ topicId }) => topicId)].map(([topicId, partitions]) => ({
        topicId,
        partitions: partitions.map(({ partition, leaderEpoch, fetchFrom }) => ({
          partition,
          leaderEpoch,
          offset: fetchFrom,
          maxBytes: this.#partitionLimit,
        })),
      })),
    });
    return this.#accept(node, asked, response);
  }

  async #accept(node: number, wanted: readonly AskedPartition[], response: FetchResponse): Promise<boolean> {
    let needsNewLeaders = false;
    let hasRecords = false;
    for (const answer of response.partitions) {
      const asked = wanted.find(
        ({ partition }) => partition.partition === answer.partition && partition.topicId === answer.topicId,
      );
      // Another broker, which leads it now, may have been faster.
      if (asked === undefined || asked.partition.fetchFrom !== asked.offset) continue;
      const { partition } = asked;
      switch (answer.errorCode) {
        case NONE:
          if (this.#hold(partition, answer)) hasRecords = true;
          this.#outages.ended(`topic "${partition.topic}"`);
          this.#outages.ended(partition.split);
          break;
        case OFFSET_OUT_OF_RANGE: {
          const offset = await this.#events.offsetInstead(partition);
          if (partition.fetchFrom === asked.offset) partition.fetchFrom = offset;
          // It may be behind the end.
          this.#events.onRecords();
          break;
        }
        case CORRUPT_MESSAGE:
          throw new RunError(
            'KAFKA_DAMAGED',
            `Kafka at ${this.#cluster.addressOf(node)} says that its records of topic "${partition.topic}" partition ${partition.partition} are damaged at offset ${partition.fetchFrom}`,
            'Its log on disk is broken there: mend the broker, or begin behind it.',
          );
        default: {
          const subject = `topic "${partition.topic}" partition ${partition.partition}`;
          const failure = refusal(this.#cluster.library, answer.errorCode, this.#cluster.addressOf(node), subject);
          if (failure instanceof RunError) throw failure;
          needsNewLeaders = true;
        }
      }
    }
    if (hasRecords) this.#events.onRecords();
    return needsNewLeaders;
  }

  #hold(partition: FetchedPartition, answer: FetchResponsePartition): boolean {
    partition.highWatermark = this.#cluster.isReadCommitted ? answer.lastStableOffset : answer.highWatermark;
    const { length, nextOffset } = wholeBatches(answer.bytes);
    if (length === 0) return false;
    const { topic, split } = partition;
    const bytes = length === answer.bytes.length ? answer.bytes : answer.bytes.subarray(0, length);
    const aborted = this.#cluster.isReadCommitted ? answer.aborted : [];
    partition.chunks.push({ topic, partition: partition.partition, split, bytes, from: partition.fetchFrom, aborted });
    partition.fetchFrom = nextOffset;
    partition.heldBytes += length;
    this.#heldBytes += length;
    return true;
  }

  /** Looks up who leads what; one look-up at a time serves all that wait for it. */
  #findLeaders(): Promise<void> {
    this.#lookup ??= this.#lookUpLeaders().finally(() => (this.#lookup = null));
    return this.#lookup;
  }

  async #lookUpLeaders(): Promise<void> {
    const topics = [...new Set(this.#partitions.map(({ topic }) => topic))];
    let metadata;
    try {
      metadata = await this.#cluster.metadata(topics);
    } catch (error) {
      if (!(error instanceof BrokerUnavailable)) throw error;
      if (!this.#outages.isAny) {
        this.#outages.began(`Kafka at ${this.#cluster.address}`, `cannot be read from (${error.message}): trying again`);
      }
      return;
    }
    for (const { name, topicId, errorCode, partitions } of metadata.topics) {
      const mine = this.#partitions.filter(({ topic }) => topic === name);
      if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) {
        this.#outages.began(`topic "${name}"`, 'is gone: waiting for it');
      } else if (errorCode === NONE && mine[0].topicId !== topicId) {
        throw new RunError(
          'KAFKA_TOPIC_REPLACED',
          `topic "${name}" was deleted and made anew while it was being read: its offsets mean other records now`,
          'Start the job with --fresh to read the new topic.',
        );
      }
      for (const partition of mine) {
        const found = partitions.find(({ partitionIndex }) => partitionIndex === partition.partition);
        partition.leader = found?.leaderId ?? NO_LEADER;
        partition.leaderEpoch = found?.leaderEpoch ?? partition.leaderEpoch;
      }
    }
    if (metadata.topics.every(({ errorCode }) => errorCode === NONE)) this.#outages.ended(`Kafka at ${this.#cluster.address}`);
    this.#startLoops();
    this.#makeRoom();
  }
}
