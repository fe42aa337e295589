import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '../../base/assert.ts';
import type { ConnectedTable, ConnectorContext, Source } from '../connector.ts';
import type { RecordBatch } from '../record-batch.ts';
import { Backoff } from './backoff.ts';
import { BrokerUnavailable } from './broker-failure.ts';
import { booleanProperty, integerProperty } from './client-properties.ts';
import { createDecompress } from './decompress.ts';
import { GroupCommits } from './group-commits.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { Outages } from './outages.ts';
import { PartitionDiscovery } from './partition-discovery.ts';
import { RecordBatchDecoder, type FetchedChunk } from './record-batch-decoder.ts';
import { createRecordChecksum } from './record-checksum.ts';
import { RecordFetcher, type FetchedPartition } from './record-fetcher.ts';
import type { KafkaSettings } from './settings.ts';

/** A broker that says that it cannot answer yet is asked so many times before anybody hears of it. */
const PATIENT_ATTEMPTS = 6;

/** What exists only once the library is loaded. */
interface Reading {
  readonly cluster: KafkaCluster;
  readonly discovery: PartitionDiscovery;
  readonly fetcher: RecordFetcher;
  readonly decoder: RecordBatchDecoder;
  readonly commits: GroupCommits;
}

/**
 * Reads topics of Kafka, as Flink's Kafka source does. A split is a partition, its position the next offset. A cluster that is
 * away is waited for, and said to be away once; while it is, there are no records.
 */
export class KafkaSource implements Source {
  readonly kind = 'records';
  readonly #settings: KafkaSettings;
  readonly #context: ConnectorContext;
  readonly #outages: Outages;
  readonly #closing = new AbortController();
  #restored: ReadonlyMap<string, number> = new Map();
  #reading: Reading | null = null;
  /** Work in the background: reading the first metadata, discovery. */
  #background: Promise<void> = Promise.resolve();
  /** True once the first partitions are known. */
  #isConnected = false;
  #failure: Error | null = null;
  /** Those that are not read to their end. */
  #partitions: FetchedPartition[] = [];
  #splits: readonly string[] = [];
  readonly #starts = new Map<string, number>();
  /** What the decoder is at. */
  #current: { readonly partition: FetchedPartition; readonly chunk: FetchedChunk } | null = null;
  /** Wakes `wait`. */
  #news = Promise.withResolvers<void>();
  #nextAutoCommit = Infinity;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#settings = table.bound.settings as unknown as KafkaSettings;
    this.#context = context;
    this.#outages = new Outages((line) => context.say?.(line));
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#restored = positions;
  }

  /** Fails when the cluster refuses; when it does not answer, reading begins once it does. */
  async open(): Promise<void> {
    const settings = this.#settings;
    const cluster = await KafkaCluster.create(settings, this.#context);
    const { library } = cluster;
    this.#context.signal.addEventListener('abort', () => this.#abort(), { once: true });
    const discovery = new PartitionDiscovery(cluster, settings, this.#restored, (line) => this.#context.say?.(line));
    const events = {
      onRecords: () => this.#news.resolve(),
      onFailure: (error: unknown) => this.#fail(error),
      offsetInstead: (partition: FetchedPartition) => discovery.offsetInstead(partition),
    };
    this.#reading = {
      cluster,
      discovery,
      fetcher: new RecordFetcher(cluster, settings, this.#outages, events, this.#closing.signal),
      decoder: new RecordBatchDecoder(createRecordChecksum(library), createDecompress(library)),
      commits: new GroupCommits(cluster, settings, this.#outages),
    };
    const firstAttempt = Promise.withResolvers<void>();
    this.#background = this.#connect(this.#reading, firstAttempt.resolve)
      .catch((error: unknown) => this.#fail(error))
      .finally(firstAttempt.resolve);
    await firstAttempt.promise;
    if (this.#failure !== null) throw this.#failure;
  }

  poll(): RecordBatch | 'pending' | 'end' {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#isConnected || this.#reading === null) return 'pending';
    const { cluster, decoder, fetcher, commits } = this.#reading;
    this.#retire();
    if (this.#context.clock.now() >= this.#nextAutoCommit) {
      this.#nextAutoCommit = this.#context.clock.now() + this.#autoCommitMs;
      commits.commit(new Map(this.#partitions.map(({ split, next }) => [split, next])), this.#partitions);
    }
    for (;;) {
      if (this.#current === null) {
        const taken = fetcher.take();
        if (taken === undefined) break;
        decoder.begin(taken.chunk);
        this.#current = taken;
      }
      const { partition, chunk } = this.#current;
      const records = decoder.next(partition.end);
      partition.next = decoder.position;
      if (records !== undefined) return records;
      // The last records of the chunk have been processed: they were lent until now.
      cluster.bytes.giveBack(chunk.bytes);
      this.#current = null;
    }
    this.#retire();
    return this.#isBounded && this.#partitions.length === 0 ? 'end' : 'pending';
  }

  async wait(timeoutMs: number): Promise<void> {
    this.#news = Promise.withResolvers();
    if (this.#failure !== null || this.#reading?.fetcher.hasRecords === true || this.#closing.signal.aborted) return;
    const timer = setTimeout(this.#news.resolve, timeoutMs);
    await this.#news.promise;
    clearTimeout(timer);
  }

  splits(): readonly string[] {
    return this.#splits;
  }

  startPositions(): ReadonlyMap<string, number> {
    return this.#starts;
  }

  lag(): number | undefined {
    if (!this.#isConnected) return undefined;
    let lag = 0;
    for (const { next, end, highWatermark } of this.#partitions) lag += Math.max(0, Math.min(end, highWatermark) - next);
    return lag;
  }

  /** Tells the group where the job is, for people: a job that has a checkpoint goes on at its checkpoint. */
  async committed(positions: ReadonlyMap<string, number>): Promise<void> {
    if (!booleanProperty(this.#settings, 'commit.offsets.on.checkpoint', true)) return;
    this.#reading?.commits.commit(positions, this.#reading.discovery.known);
  }

  async close(): Promise<void> {
    await this.#reading?.commits.ended();
    this.#abort();
    await this.#reading?.cluster.close();
    await this.#background;
    await this.#reading?.fetcher.ended();
  }

  get #isBounded(): boolean {
    return this.#settings.end.mode !== 'unbounded';
  }

  get #autoCommitMs(): number {
    return integerProperty(this.#settings, 'auto.commit.interval.ms', 5000);
  }

  #abort(): void {
    this.#closing.abort();
    this.#news.resolve();
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    assert(error instanceof Error, 'what is thrown is an error');
    this.#failure ??= error;
    this.#news.resolve();
  }

  /** Partitions that were read to their end release the watermark: not before their last records have been processed. */
  #retire(): void {
    if (!this.#isBounded || !this.#partitions.some((partition) => this.#isRead(partition))) return;
    this.#partitions = this.#partitions.filter((partition) => !this.#isRead(partition));
    this.#splits = this.#partitions.map(({ split }) => split);
  }

  /** True when nothing is left before the end, also because records were lost and reading went on behind it. */
  #isRead(partition: FetchedPartition): boolean {
    const { next, end, fetchFrom, chunks } = partition;
    return next >= end || (fetchFrom >= end && chunks.length === 0 && this.#current?.partition !== partition);
  }

  /** Finds the partitions, as soon as the cluster answers, and then those that appear. */
  async #connect(reading: Reading, attempted: () => void): Promise<void> {
    const { cluster, discovery } = reading;
    const { signal } = this.#closing;
    const backoff = new Backoff(this.#settings);
    const subject = `Kafka at ${cluster.address}`;
    for (let attempt = 1; !this.#isConnected; attempt++) {
      try {
        await cluster.checkVersions();
        this.#add(reading, await discovery.first());
        this.#isConnected = true;
        this.#outages.ended(subject);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof BrokerUnavailable)) throw error;
        if (!error.isAnswer || attempt >= PATIENT_ATTEMPTS) {
          this.#outages.began(subject, `cannot be read from (${error.message}): trying again`);
          attempted();
        }
        if (await isAborted(backoff.nextMs(), signal)) return;
      }
    }
    if (booleanProperty(this.#settings, 'enable.auto.commit', false)) {
      this.#nextAutoCommit = this.#context.clock.now() + this.#autoCommitMs;
    }
    attempted();
    this.#news.resolve();
    const { discoveryIntervalMs } = this.#settings;
    if (this.#isBounded || discoveryIntervalMs <= 0) return;
    while (!(await isAborted(discoveryIntervalMs, signal))) {
      try {
        this.#add(reading, await discovery.later());
      } catch (error) {
        // Whoever reads says that the cluster is away.
        if (!signal.aborted && !(error instanceof BrokerUnavailable)) throw error;
      }
    }
  }

  #add({ fetcher }: Reading, found: readonly FetchedPartition[]): void {
    if (found.length === 0) return;
    for (const { split, next } of found) {
      assert(!this.#starts.has(split), 'a partition is found once');
      this.#starts.set(split, next);
    }
    this.#partitions = [...this.#partitions, ...found];
    this.#splits = this.#partitions.map(({ split }) => split);
    fetcher.add(found);
  }
}

/** Waits; true when the signal ended it. */
async function isAborted(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  await sleep(Math.min(timeoutMs, 0x7fffffff), undefined, { signal }).catch(() => {});
  return signal.aborted;
}
