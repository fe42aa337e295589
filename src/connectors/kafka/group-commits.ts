import { setTimeout as sleep } from 'node:timers/promises';
import { BrokerUnavailable } from './broker-failure.ts';
import type { KafkaCluster, TopicPartition } from './kafka-cluster.ts';
import type { Outages } from './outages.ts';
import type { KafkaSettings } from './settings.ts';

/** How long the end of a job waits for its last commit. */
const LAST_COMMIT_MS = 5000;
/** How often a commit is tried that the broker cannot take yet, and the pause between. */
const ATTEMPTS = 10;
const PAUSE_MS = 200;

/**
 * Commits the group's offsets in the background, the newest that are known, one request at a time. A commit that fails fails
 * nothing else: the next one says more, as in Flink.
 */
export class GroupCommits {
  readonly #cluster: KafkaCluster;
  readonly #groupId: string;
  readonly #outages: Outages;
  readonly #committed = new Map<string, number>();
  #wanted: { readonly positions: ReadonlyMap<string, number>; readonly partitions: readonly GroupPartition[] } | null = null;
  #work: Promise<void> | null = null;

  constructor(cluster: KafkaCluster, { groupId }: KafkaSettings, outages: Outages) {
    this.#cluster = cluster;
    this.#groupId = groupId;
    this.#outages = outages;
  }

  commit(positions: ReadonlyMap<string, number>, partitions: readonly GroupPartition[]): void {
    this.#wanted = { positions, partitions };
    this.#work ??= this.#commitAll().finally(() => (this.#work = null));
  }

  /** Resolves when nothing is left to commit, or after a few seconds. */
  async ended(): Promise<void> {
    if (this.#work === null) return;
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, LAST_COMMIT_MS);
    await Promise.race([this.#work, timeout.promise]);
    clearTimeout(timer);
  }

  async #commitAll(): Promise<void> {
    const subject = `group "${this.#groupId}"`;
    for (let attempt = 1; this.#wanted !== null; attempt++) {
      const wanted = this.#wanted;
      const { positions, partitions } = wanted;
      this.#wanted = null;
      const moved = partitions.flatMap(({ topic, partition, split }) => {
        const offset = positions.get(split);
        return offset === undefined || offset === this.#committed.get(split) ? [] : [{ topic, partition, split, offset }];
      });
      if (moved.length === 0) continue;
      try {
        await this.#cluster.commitGroupOffsets(this.#groupId, moved);
        for (const { split, offset } of moved) this.#committed.set(split, offset);
        this.#outages.ended(subject);
      } catch (error) {
        // A cluster that is away is said to be away by whoever reads. One that sets up its first group needs a moment.
        if (error instanceof BrokerUnavailable && !error.isAnswer) continue;
        if (error instanceof BrokerUnavailable && attempt < ATTEMPTS) {
          this.#wanted ??= wanted;
          await sleep(PAUSE_MS);
        } else this.#outages.began(subject, `takes no offsets: ${(error as Error).message}`);
      }
    }
  }
}

interface GroupPartition extends TopicPartition {
  readonly split: string;
}
