import type { API, Broker, ConnectionPool, metadataV12 } from '@platformatic/kafka';
import { RunError } from '../../base/problem.ts';
import { BytePool } from './byte-pool.ts';
import { BrokerUnavailable, refusal, requestFailure } from './broker-failure.ts';
import { connectionOptions, type ConnectionSettings } from './connection-options.ts';
import { createFetchApi, FETCH_VERSION, type FetchRequest, type FetchResponse } from './fetch-api.ts';
import type { KafkaSettings } from './settings.ts';
import { loadKafkaLibrary, type KafkaLibrary } from './load-kafka-library.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition and who leads it; a leader of -1 is none. */
export interface LedPartition extends TopicPartition {
  readonly leader: number;
  readonly leaderEpoch: number;
}

/** The oldest versions of Kafka's requests that are used here: those of Kafka 3.1. */
const NEEDED_VERSIONS: readonly (readonly [api: number, name: string, version: number])[] = [
  [1, 'Fetch', FETCH_VERSION],
  [2, 'ListOffsets', 7],
  [3, 'Metadata', 12],
  [8, 'OffsetCommit', 8],
  [9, 'OffsetFetch', 8],
  [10, 'FindCoordinator', 4],
];

export const EARLIEST = -2;
export const LATEST = -1;

const NONE = 0;
const UNSTABLE_OFFSET_COMMIT = 88;

/**
 * The requests that reading needs, sent to the broker that can answer them. A request fails with BrokerUnavailable when it may
 * succeed later, and with a RunError when it never will.
 */
export class KafkaCluster {
  readonly library: KafkaLibrary;
  /** What fetches bring lies in its memory. */
  readonly bytes = new BytePool();
  readonly #connection: ConnectionSettings;
  readonly #isReadCommitted: boolean;
  /** A broker answers the requests of a connection one by one: a fetch that waits for records must not hold up the others. */
  readonly #records: ConnectionPool;
  readonly #control: ConnectionPool;
  readonly #fetch: API<[FetchRequest], FetchResponse>;
  #brokers: ReadonlyMap<number, Broker> = new Map();
  /** Why the last connection to a broker ended, by its address. */
  readonly #connectionErrors = new Map<string, Error>();
  readonly #coordinators = new Map<string, number>();

  private constructor(library: KafkaLibrary, connection: ConnectionSettings, isReadCommitted: boolean) {
    this.library = library;
    this.#connection = connection;
    this.#isReadCommitted = isReadCommitted;
    const { clientId, bootstrapBrokers: _, ...options } = connection;
    const createPool = (): ConnectionPool => {
      const pool = new library.ConnectionPool(clientId, options);
      // Requests hear only that the connection was closed, not why: that the broker refuses our certificate, for example.
      pool.on('connecting', ({ connection: opened, broker }) =>
        opened.on('error', (error) => this.#connectionErrors.set(`${broker.host}:${broker.port}`, error)),
      );
      return pool;
    };
    this.#records = createPool();
    this.#control = createPool();
    this.#fetch = createFetchApi(library, this.bytes);
  }

  /** Loads the library, connects to nobody yet. */
  static async create(settings: KafkaSettings, context: { readonly kafka?: string }): Promise<KafkaCluster> {
    const library = await loadKafkaLibrary();
    const isReadCommitted = settings.properties['isolation.level'] === 'read_committed';
    return new KafkaCluster(library, connectionOptions(settings, context), isReadCommitted);
  }

  /** The addresses that the user gave. */
  get address(): string {
    return this.#connection.bootstrapBrokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  }

  addressOf(node: number): string {
    const broker = this.#brokers.get(node);
    return broker === undefined ? this.address : `${broker.host}:${broker.port}`;
  }

  get isReadCommitted(): boolean {
    return this.#isReadCommitted;
  }

  /** Refuses a broker that is too old to be read from. */
  async checkVersions(): Promise<void> {
    const { apiVersionsV3 } = this.library;
    const { errorCode, apiKeys } = await this.#ask(apiVersionsV3.api, 'isobar', '1');
    for (const [key, name, version] of NEEDED_VERSIONS) {
      const known = apiKeys?.find(({ apiKey }) => apiKey === key);
      if (errorCode === NONE && known !== undefined && known.minVersion <= version && version <= known.maxVersion) continue;
      throw new RunError(
        'KAFKA_VERSION',
        `Kafka at ${this.address} does not know ${name} version ${version}`,
        'Reading needs Kafka 3.1 or later.',
      );
    }
  }

  /** What the cluster knows of these topics, or of all; notes where the brokers are. Makes none unless told to. */
  async metadata(topics: readonly string[] | null, makesTopics = false): Promise<metadataV12.MetadataResponse> {
    const { api } = this.library.metadataV12;
    const response = await this.#ask(api, topics === null ? null : [...topics], makesTopics, false);
    this.#brokers = new Map(response.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    return response;
  }

  /** A request of the caller's own to one broker; error codes within the answer are the caller's business. */
  send<A extends unknown[], R>(node: number, api: API<A, R>, ...request: A): Promise<R> {
    return this.#request(this.#control, this.#broker(node), api, ...request);
  }

  /** The same, to whichever broker answers. */
  ask<A extends unknown[], R>(api: API<A, R>, ...request: A): Promise<R> {
    return this.#ask(api, ...request);
  }

  async fetch(node: number, request: Omit<FetchRequest, 'isReadCommitted'>): Promise<FetchResponse> {
    const response = await this.#request(this.#records, this.#broker(node), this.#fetch, {
      ...request,
      isReadCommitted: this.#isReadCommitted,
    });
    if (response.errorCode !== NONE) throw this.#failed(node, response.errorCode, 'the fetch');
    return response;
  }

  /** The offset of the first record at or after a time, EARLIEST or LATEST; undefined where there is none. By `topic-partition`. */
  async listOffsets(partitions: readonly LedPartition[], timestamp: number): Promise<Map<string, number | undefined>> {
    const { listOffsetsV7 } = this.library;
    const offsets = new Map<string, number | undefined>();
    for (const [leader, led] of Map.groupBy(partitions, (partition) => partition.leader)) {
      const topics = [...Map.groupBy(led, ({ topic }) => topic)].map(([name, ofTopic]) => ({
        name,
        partitions: ofTopic.map(({ partition, leaderEpoch }) => ({
          partitionIndex: partition,
          currentLeaderEpoch: leaderEpoch,
          timestamp: BigInt(timestamp),
        })),
      }));
      const broker = this.#broker(leader);
      const response = await this.#request(this.#control, broker, listOffsetsV7.api, -1, this.#isReadCommitted ? 1 : 0, topics);
      for (const { name, partitions: answers } of response.topics) {
        for (const { partitionIndex, errorCode, offset } of answers) {
          if (errorCode !== NONE) throw this.#failed(leader, errorCode, `topic "${name}" partition ${partitionIndex}`);
          offsets.set(`${name}-${partitionIndex}`, offset < 0n ? undefined : Number(offset));
        }
      }
    }
    return offsets;
  }

  /** The offsets that the group has committed, by `topic-partition`. */
  async groupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    const { offsetFetchV8 } = this.library;
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitionIndexes: ofTopic.map(({ partition }) => partition),
    }));
    const coordinator = await this.#coordinator(groupId);
    const groups = [{ groupId, memberEpoch: -1, topics }];
    const response = await this.#request(
      this.#control,
      this.#broker(coordinator),
      offsetFetchV8.api,
      groups,
      this.#isReadCommitted,
    );
    const offsets = new Map<string, number>();
    for (const group of response.groups) {
      this.#checkGroup(groupId, coordinator, group.errorCode);
      for (const { name, partitions: answers } of group.topics) {
        for (const { partitionIndex, errorCode, committedOffset } of answers) {
          this.#checkGroup(groupId, coordinator, errorCode);
          if (committedOffset >= 0n) offsets.set(`${name}-${partitionIndex}`, Number(committedOffset));
        }
      }
    }
    return offsets;
  }

  async commitGroupOffsets(groupId: string, offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    const { offsetCommitV8 } = this.library;
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: '',
      })),
    }));
    const coordinator = await this.#coordinator(groupId);
    const response = await this.#request(
      this.#control,
      this.#broker(coordinator),
      offsetCommitV8.api,
      groupId,
      -1,
      '',
      null,
      topics,
    );
    for (const { partitions } of response.topics) {
      for (const { errorCode } of partitions) this.#checkGroup(groupId, coordinator, errorCode);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#records.close(), this.#control.close()].map((closing) => closing.catch(() => {})));
  }

  async #coordinator(groupId: string): Promise<number> {
    const known = this.#coordinators.get(groupId);
    if (known !== undefined && this.#brokers.has(known)) return known;
    const { findCoordinatorV4 } = this.library;
    const { coordinators } = await this.#ask(findCoordinatorV4.api, 0, [groupId]);
    const [{ nodeId, errorCode }] = coordinators;
    if (errorCode !== NONE) throw refusal(this.library, errorCode, this.address, `group "${groupId}"`);
    this.#coordinators.set(groupId, nodeId);
    return nodeId;
  }

  #checkGroup(groupId: string, coordinator: number, errorCode: number): void {
    if (errorCode === NONE) return;
    if (errorCode !== UNSTABLE_OFFSET_COMMIT) this.#coordinators.delete(groupId);
    throw this.#failed(coordinator, errorCode, `group "${groupId}"`);
  }

  #failed(node: number, errorCode: number, subject: string): Error {
    return refusal(this.library, errorCode, this.addressOf(node), subject);
  }

  /** Asks whichever broker answers: those that are known, then those that the user named. */
  async #ask<A extends unknown[], R>(api: API<A, R>, ...request: A): Promise<R> {
    const known = [...this.#brokers.values()];
    const { bootstrapBrokers } = this.#connection;
    const others = bootstrapBrokers.filter(
      ({ host, port }) => !known.some((broker) => broker.host === host && broker.port === port),
    );
    let failure: unknown = new BrokerUnavailable('no broker is known');
    for (const broker of [...known, ...others]) {
      try {
        return await this.#request(this.#control, broker, api, ...request);
      } catch (error) {
        if (!(error instanceof BrokerUnavailable)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** An answer is an answer, also when there are error codes in it: the library throws it then. */
  async #request<A extends unknown[], R>(pool: ConnectionPool, broker: Broker, api: API<A, R>, ...request: A): Promise<R> {
    try {
      return await api.async(await pool.get(broker), ...request);
    } catch (error) {
      const { response } = error as { readonly response?: R };
      if (response !== undefined) return response;
      const address = `${broker.host}:${broker.port}`;
      const connectionError = this.#connectionErrors.get(address);
      this.#connectionErrors.delete(address);
      throw requestFailure(this.library, [error, connectionError], address);
    }
  }

  #broker(node: number): Broker {
    const broker = this.#brokers.get(node);
    if (broker === undefined) throw new BrokerUnavailable(`broker ${node} is not there`);
    return broker;
  }
}
