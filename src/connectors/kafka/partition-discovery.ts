import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../base/problem.ts';
import { BrokerUnavailable, refusal } from './broker-failure.ts';
import { EARLIEST, LATEST, type KafkaCluster, type LedPartition } from './kafka-cluster.ts';
import type { FetchedPartition } from './record-fetcher.ts';
import type { KafkaSettings } from './settings.ts';
import { needsGroupOffsets, offsetInstead, readingRange, type PartitionOffsets } from './start-offset.ts';

const UNKNOWN_TOPIC_OR_PARTITION = 3;
const NONE = 0;
/** A topic that was made a moment ago is not known to every broker yet. */
const MISSING_ATTEMPTS = 4;
const MISSING_PAUSE_MS = 250;

/** Finds the partitions of the table's topics, and where reading each begins and ends. */
export class PartitionDiscovery {
  readonly #cluster: KafkaCluster;
  readonly #settings: KafkaSettings;
  readonly #restored: ReadonlyMap<string, number>;
  readonly #say: (line: string) => void;
  readonly #pattern: RegExp | null;
  readonly #known = new Map<string, FetchedPartition>();

  constructor(
    cluster: KafkaCluster,
    settings: KafkaSettings,
    restored: ReadonlyMap<string, number>,
    say: (line: string) => void,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#restored = restored;
    this.#say = say;
    const { topicPattern } = settings;
    this.#pattern = topicPattern === null ? null : new RegExp(`^(?:${topicPattern})$`);
  }

  /** All that were found so far. */
  get known(): readonly FetchedPartition[] {
    return [...this.#known.values()];
  }

  /** The partitions that are there when the job starts. A topic that is named and not there is a mistake, as in Flink. */
  async first(): Promise<readonly FetchedPartition[]> {
    for (let attempt = 1; ; attempt++) {
      const { found, missing } = await this.#lookUp();
      if (missing.length === 0) return this.#place(found, this.#restored.size > 0);
      if (attempt === MISSING_ATTEMPTS) throw this.#noSuchTopic(missing);
      await sleep(MISSING_PAUSE_MS);
    }
  }

  /** The partitions that have appeared since: they are read from their beginning. */
  async later(): Promise<readonly FetchedPartition[]> {
    const { found } = await this.#lookUp();
    return this.#place(found, true);
  }

  /** Where to go on when a partition does not have the offset that it was asked for. */
  async offsetInstead(fetched: FetchedPartition): Promise<number> {
    const { topic, partition, split, fetchFrom } = fetched;
    const [offsets] = await this.#offsets([fetched], false);
    const { earliest, latest } = offsets;
    if (fetchFrom > latest) {
      throw new RunError(
        'TOPIC_OFFSET',
        `topic "${topic}" partition ${partition} ends at offset ${latest}, before ${fetchFrom}, where reading goes on: its last records were lost, or it was made anew`,
        'Start the job with --fresh to read what is there now.',
      );
    }
    if (fetchFrom >= earliest) return fetchFrom;
    const instead = offsetInstead(this.#settings, offsets, fetchFrom);
    this.#say(`${split}: the records from offset ${fetchFrom} on were deleted before they were read; going on at ${instead}`);
    return instead;
  }

  async #lookUp(): Promise<{ found: (LedPartition & { topicId: string })[]; missing: string[] }> {
    const { topics } = await this.#cluster.metadata(this.#settings.topics);
    const missing: string[] = [];
    const found: (LedPartition & { topicId: string })[] = [];
    for (const { name, topicId, errorCode, isInternal, partitions } of topics) {
      if (typeof name !== 'string' || (this.#pattern !== null && (isInternal || !this.#pattern.test(name)))) continue;
      if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) missing.push(name);
      else if (errorCode !== NONE) throw refusal(this.#cluster.library, errorCode, this.#cluster.address, `topic "${name}"`);
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        found.push({ topic: name, topicId, partition: partitionIndex, leader: leaderId, leaderEpoch });
      }
    }
    found.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
    return { found, missing };
  }

  /** Makes up where reading the new ones of them begins and ends. */
  async #place(
    found: readonly (LedPartition & { topicId: string })[],
    appearedLater: boolean,
  ): Promise<readonly FetchedPartition[]> {
    const fresh = found.filter(({ topic, partition }) => !this.#known.has(splitName(topic, partition)));
    if (fresh.length === 0) return [];
    const leaderless = fresh.find(({ leader }) => leader < 0);
    if (leaderless !== undefined) {
      throw new BrokerUnavailable(`topic "${leaderless.topic}" partition ${leaderless.partition} has no leader`);
    }
    const offsets = await this.#offsets(fresh, !appearedLater || this.#settings.end.mode === 'group-offsets');
    const placed = fresh.map((each, i): FetchedPartition => {
      const split = splitName(each.topic, each.partition);
      const { from, to } = readingRange(this.#settings, offsets[i], this.#restored.get(split), appearedLater);
      return { ...each, split, fetchFrom: from, next: from, end: to, highWatermark: offsets[i].latest, chunks: [], heldBytes: 0 };
    });
    for (const partition of placed) this.#known.set(partition.split, partition);
    return placed;
  }

  async #offsets(partitions: readonly LedPartition[], withGroup: boolean): Promise<PartitionOffsets[]> {
    const cluster = this.#cluster;
    const { start, end, groupId } = this.#settings;
    const earliest = await cluster.listOffsets(partitions, EARLIEST);
    const latest = await cluster.listOffsets(partitions, LATEST);
    const group = withGroup && needsGroupOffsets(this.#settings) ? await cluster.groupOffsets(groupId, partitions) : undefined;
    const atStartTime = start.mode === 'timestamp' ? await cluster.listOffsets(partitions, start.timestamp) : undefined;
    const atEndTime = end.mode === 'timestamp' ? await cluster.listOffsets(partitions, end.timestamp) : undefined;
    return partitions.map(({ topic, partition }) => {
      const split = splitName(topic, partition);
      return {
        topic,
        partition,
        earliest: earliest.get(split) ?? 0,
        latest: latest.get(split) ?? 0,
        group: group?.get(split),
        atStartTime: atStartTime?.get(split),
        atEndTime: atEndTime?.get(split),
      };
    });
  }

  #noSuchTopic(missing: readonly string[]): RunError {
    const names = missing.map((name) => `"${name}"`).join(', ');
    const many = missing.length > 1;
    return new RunError(
      'KAFKA_NO_SUCH_TOPIC',
      `${many ? 'topics' : 'topic'} ${names} ${many ? 'are' : 'is'} not there on Kafka at ${this.#cluster.address}`,
      `Make ${many ? 'them' : 'it'} first: isobar topics create ${missing.join(' ')} --kafka ${this.#cluster.address.split(',')[0]}`,
    );
  }
}

/** The name of a partition in positions, for example `weather_data-0`. */
function splitName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
