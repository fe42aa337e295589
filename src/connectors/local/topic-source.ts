import { availableParallelism } from 'node:os';
import type { ConnectedTable, ConnectorContext, Source } from '../connector.ts';
import type { KafkaSettings } from '../kafka/settings.ts';
import { needsGroupOffsets, readingRange, type PartitionOffsets } from '../kafka/start-offset.ts';
import type { RecordBatch } from '../record-batch.ts';
import type { LocalTopics } from './local-topics.ts';
import type { LocalStore } from './store.ts';
import { ReadAhead } from './read-ahead.ts';
import { splitName } from './stored-records.ts';

/** A backlog of so many records is read by a thread of its own. */
const AHEAD_RECORDS = 500_000;
/** So many are read before that thread is up. */
const HEAD_RECORDS = 100_000;

interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly split: string;
  /** The offset to read next. */
  next: number;
  /** Where reading ends; Infinity when it never does. */
  readonly end: number;
  /** While a thread reads ahead: where its part begins. What lies before is read here while it starts. */
  headEnd: number;
}

/**
 * Reads local topics as Flink's Kafka source reads Kafka's: same options, same offsets. A split is a partition, its position
 * the next offset. Partitions take turns, a stored batch each. A topic that is named and not there is made, with one partition.
 */
export class TopicSource implements Source {
  readonly kind = 'records';
  readonly #settings: KafkaSettings;
  readonly #context: ConnectorContext;
  readonly #pattern: RegExp | null;
  #partitions: Partition[] = [];
  /** The partition whose turn it is. */
  #turn = 0;
  #restored: ReadonlyMap<string, number> = new Map();
  readonly #starts = new Map<string, number>();
  #committed = new Map<string, number>();
  #nextDiscovery = Infinity;
  /** At work on what was there when the source was opened, if that was much. */
  #ahead: ReadAhead | null = null;
  #aheadPartitions: readonly Partition[] = [];

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#settings = table.bound.settings as unknown as KafkaSettings;
    this.#context = context;
    const { topicPattern } = this.#settings;
    this.#pattern = topicPattern === null ? null : new RegExp(`^(?:${topicPattern})$`);
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#restored = positions;
  }

  async open(): Promise<void> {
    for (const topic of this.#settings.topics ?? []) this.#topics.create(topic);
    this.#discover(true);
    this.#startReadingAhead();
  }

  poll(): RecordBatch | 'pending' | 'end' {
    // Not before now: until its last records have been processed, a partition holds back the watermark.
    if (this.#isBounded) this.#partitions = this.#partitions.filter(({ next, end }) => next < end);
    if (this.#ahead !== null) {
      const head = this.#readTurn(({ headEnd }) => headEnd);
      if (head !== undefined) return head;
      const taken = this.#ahead.take();
      if (taken === 'pending') return 'pending';
      if (taken !== 'done') {
        const { index, records } = taken;
        this.#aheadPartitions[index].next = records.firstOffset + records.count;
        return records;
      }
      void this.#ahead.close();
      this.#ahead = null;
    }
    const records = this.#readTurn(({ end }) => end);
    if (records !== undefined) return records;
    if (this.#isBounded && this.#partitions.every((partition) => this.#isRead(partition))) return 'end';
    if (this.#context.clock.now() >= this.#nextDiscovery) this.#discover(false);
    return 'pending';
  }

  /** The next batch of the partition whose turn it is, before the end that counts; undefined when no partition has one. */
  #readTurn(endOf: (partition: Partition) => number): RecordBatch | undefined {
    for (let i = 0; i < this.#partitions.length; i++) {
      const index = (this.#turn + i) % this.#partitions.length;
      const partition = this.#partitions[index];
      if (partition.next >= endOf(partition)) continue;
      const records = this.#topics.read(partition.topic, partition.partition, partition.next, endOf(partition));
      if (records === undefined) continue;
      partition.next = records.firstOffset + records.count;
      this.#turn = index + 1;
      return records;
    }
    return undefined;
  }

  async wait(timeoutMs: number): Promise<void> {
    if (this.#ahead !== null) return this.#ahead.wait(timeoutMs);
    // A commit since the last poll would otherwise be missed.
    if (this.#partitions.some(({ topic, partition, next }) => this.#topics.endOffset(topic, partition) > next)) return;
    await this.#store.waitForChange(
      Math.min(timeoutMs, Math.max(0, this.#nextDiscovery - this.#context.clock.now())),
      this.#context.signal,
    );
  }

  splits(): readonly string[] {
    return this.#partitions.map(({ split }) => split);
  }

  startPositions(): ReadonlyMap<string, number> {
    return this.#starts;
  }

  lag(): number {
    let lag = 0;
    for (const { topic, partition, next, end } of this.#partitions) {
      lag += Math.max(0, Math.min(end, this.#topics.endOffset(topic, partition)) - next);
    }
    return lag;
  }

  async committed(positions: ReadonlyMap<string, number>): Promise<void> {
    const moved = this.#partitions.filter(
      ({ split }) => positions.has(split) && positions.get(split) !== this.#committed.get(split),
    );
    if (moved.length === 0) return;
    this.#store.transaction(() => {
      for (const { topic, partition, split } of moved) {
        this.#topics.commitGroupOffset(this.#settings.groupId, topic, partition, positions.get(split) as number);
      }
    });
    this.#committed = new Map(positions);
  }

  async close(): Promise<void> {
    await this.#ahead?.close();
  }

  #startReadingAhead(): void {
    const backlog = this.#partitions.map(({ topic, partition, next, end }) => {
      const to = Math.min(end, this.#topics.endOffset(topic, partition));
      return { topic, partition, from: Math.min(to, next + Math.ceil(HEAD_RECORDS / this.#partitions.length)), to };
    });
    const count = backlog.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
    if (count < AHEAD_RECORDS || availableParallelism() < 2) return;
    this.#partitions.forEach((partition, i) => (partition.headEnd = backlog[i].from));
    this.#aheadPartitions = this.#partitions;
    this.#ahead = new ReadAhead(this.#store.path, backlog);
  }

  get #store(): LocalStore {
    return this.#context.store();
  }

  get #topics(): LocalTopics {
    return this.#store.topics;
  }

  get #isBounded(): boolean {
    return this.#settings.end.mode !== 'unbounded';
  }

  /** True when nothing is left before the end, which retention may have overtaken. */
  #isRead({ topic, partition, next, end }: Partition): boolean {
    return next >= end || this.#topics.startOffset(topic, partition) >= end;
  }

  /** Takes up partitions that are not known yet. */
  #discover(atStart: boolean): void {
    const { discoveryIntervalMs, topics } = this.#settings;
    const discovers = !this.#isBounded && discoveryIntervalMs > 0;
    this.#nextDiscovery = discovers ? this.#context.clock.now() + discoveryIntervalMs : Infinity;
    const names = topics ?? this.#topics.names().filter((name) => this.#pattern?.test(name));
    const known = new Set(this.splits());
    for (const topic of names) {
      const count = this.#topics.partitionCount(topic);
      for (let partition = 0; partition < count; partition++) {
        const split = splitName(topic, partition);
        if (known.has(split)) continue;
        const offsets = this.#offsets(topic, partition);
        const appearedLater = !atStart || this.#restored.size > 0;
        const { from, to } = readingRange(this.#settings, offsets, this.#restored.get(split), appearedLater);
        this.#starts.set(split, from);
        this.#partitions.push({ topic, partition, split, next: from, headEnd: from, end: to });
      }
    }
  }

  /** What is known of a partition, as Kafka would tell it. */
  #offsets(topic: string, partition: number): PartitionOffsets {
    const topics = this.#topics;
    const { start, end, groupId } = this.#settings;
    return {
      topic,
      partition,
      earliest: topics.startOffset(topic, partition),
      latest: topics.endOffset(topic, partition),
      group: needsGroupOffsets(this.#settings) ? topics.groupOffset(groupId, topic, partition) : undefined,
      atStartTime: start.mode === 'timestamp' ? topics.offsetForTimestamp(topic, partition, start.timestamp) : undefined,
      atEndTime: end.mode === 'timestamp' ? topics.offsetForTimestamp(topic, partition, end.timestamp) : undefined,
    };
  }
}
