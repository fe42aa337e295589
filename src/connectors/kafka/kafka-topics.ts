import { RunError } from '../../base/problem.ts';
import { BrokerUnavailable } from './broker-failure.ts';
import { EARLIEST, KafkaCluster, LATEST, type LedPartition } from './kafka-cluster.ts';
import { rejection } from './produce-rejection.ts';
import type { KafkaSettings } from './settings.ts';

export interface KafkaTopicOptions {
  /** These two: undefined is the broker's default. */
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly retentionBytes?: number;
  readonly retentionMs?: number;
  /** Settings of Kafka's by their names, for example `cleanup.policy`. */
  readonly configs?: Readonly<Record<string, string>>;
}

export interface KafkaTopicDescription {
  readonly name: string;
  readonly partitions: readonly { readonly partition: number; readonly startOffset: number; readonly endOffset: number }[];
}

const UNKNOWN_TOPIC = 3;
const TOPIC_ALREADY_EXISTS = 36;
const NOT_CONTROLLER = 41;
const TIMEOUT_MS = 30_000;
const ATTEMPTS = 4;

/** Makes, lists and deletes topics of Kafka. */
export class KafkaTopics {
  readonly #cluster: KafkaCluster;

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster;
  }

  static async connect(settings: KafkaSettings, kafka: string): Promise<KafkaTopics> {
    return new KafkaTopics(await KafkaCluster.create(settings, { kafka }));
  }

  /** Makes a topic; false when it is there already. */
  async create(name: string, options: KafkaTopicOptions = {}): Promise<boolean> {
    const { partitions = -1, replicationFactor = -1, retentionBytes, retentionMs } = options;
    const configs = [
      ...Object.entries(options.configs ?? {}).map(([key, value]) => ({ name: key, value })),
      ...(retentionBytes === undefined ? [] : [{ name: 'retention.bytes', value: String(retentionBytes) }]),
      ...(retentionMs === undefined ? [] : [{ name: 'retention.ms', value: String(retentionMs) }]),
    ];
    const { api } = this.#cluster.library.createTopicsV7;
    const topic = { name, numPartitions: partitions, replicationFactor, assignments: [], configs };
    return this.#attempt(async () => {
      const { topics } = await this.#cluster.send(await this.#controller(), api, [topic], TIMEOUT_MS, false);
      const [{ errorCode, errorMessage }] = topics;
      if (errorCode === TOPIC_ALREADY_EXISTS) return false;
      this.#check(errorCode, errorMessage, `create topic "${name}"`);
      return true;
    });
  }

  /** Deletes a topic with its records; false when there is none of that name. */
  async delete(name: string): Promise<boolean> {
    const { api } = this.#cluster.library.deleteTopicsV6;
    const topic = { name, topicId: '00000000-0000-0000-0000-000000000000' };
    return this.#attempt(async () => {
      const { responses } = await this.#cluster.send(await this.#controller(), api, [topic], TIMEOUT_MS);
      const [{ errorCode, errorMessage }] = responses;
      if (errorCode === UNKNOWN_TOPIC) return false;
      this.#check(errorCode, errorMessage, `delete topic "${name}"`);
      return true;
    });
  }

  /** All topics but Kafka's own, or those named; sorted by name. Those that are not there are left out. */
  async describe(names: readonly string[] | null): Promise<KafkaTopicDescription[]> {
    return this.#attempt(async () => {
      const { topics } = await this.#cluster.metadata(names);
      const found = topics.flatMap(({ name, errorCode, isInternal, partitions }) => {
        if (name === null || name === undefined || errorCode === UNKNOWN_TOPIC || (isInternal && names === null)) return [];
        this.#check(errorCode, null, `read topic "${name}"`);
        const led = partitions.map(({ partitionIndex: partition, leaderId: leader, leaderEpoch }): LedPartition => ({
          topic: name,
          partition,
          leader,
          leaderEpoch,
        }));
        return [{ name, led: led.sort((a, b) => a.partition - b.partition) }];
      });
      const led = found.flatMap((topic) => topic.led);
      const [first, last] = [await this.#cluster.listOffsets(led, EARLIEST), await this.#cluster.listOffsets(led, LATEST)];
      return found
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, led: partitions }) => ({
          name,
          partitions: partitions.map(({ partition }) => ({
            partition,
            startOffset: first.get(`${name}-${partition}`) ?? 0,
            endOffset: last.get(`${name}-${partition}`) ?? 0,
          })),
        }));
    });
  }

  async close(): Promise<void> {
    await this.#cluster.close();
  }

  /** Before Kafka 4 only the controller makes topics; since then any broker hands it on. */
  async #controller(): Promise<number> {
    const { controllerId } = await this.#cluster.metadata([]);
    return controllerId;
  }

  #check(errorCode: number, errorMessage: string | null | undefined, what: string): void {
    if (errorCode === 0) return;
    const { library, address } = this.#cluster;
    const { kind, error } = rejection(library, errorCode, address, what);
    if (errorCode === NOT_CONTROLLER || kind === 'temporary' || kind === 'stale') throw new BrokerUnavailable(error.message);
    const id = (library.protocolErrorsCodesById as Readonly<Record<number, string>>)[errorCode];
    const isForbidden = id.endsWith('AUTHORIZATION_FAILED');
    throw new RunError(
      isForbidden ? 'KAFKA_FORBIDDEN' : 'KAFKA_REFUSED',
      `Kafka at ${address} refuses to ${what}: ${(errorMessage ?? id.toLowerCase().replaceAll('_', ' ')).replace(/\.$/, '')}`,
      isForbidden ? 'Let an administrator allow CREATE, DELETE or DESCRIBE on it.' : undefined,
    );
  }

  /** For people at a terminal: tries a few times, then says what is wrong. */
  async #attempt<T>(action: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (!(error instanceof BrokerUnavailable)) throw error;
        if (attempt === ATTEMPTS) throw unreachable(this.#cluster.address, error.message);
        await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
      }
    }
  }
}

export function unreachable(address: string, reason: string): RunError {
  return new RunError(
    'KAFKA_UNREACHABLE',
    `Kafka at ${address} does not answer: ${reason}`,
    'Check the address, that it runs, and that its advertised listeners can be reached from here.',
  );
}
