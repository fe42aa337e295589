import type { PartitionQueue } from './partition-queue.ts';
import type { ProducerIdentity } from './producer-identity.ts';

/** Whose records a producer writes: one author for the whole job, or one transaction after the other. */
export interface Author {
  readonly transactionalId: string | null;
  /** Null without idempotence, and as long as Kafka has not been asked. */
  readonly identity: ProducerIdentity | null;
  /** Asks Kafka for what is missing to write to these partitions; waits for a cluster that is away. */
  prepare(queues: readonly PartitionQueue[]): Promise<void>;
  /** True once `prepare` has succeeded for the partition. */
  isPrepared(queue: PartitionQueue): boolean;
  /** Kafka no longer knows what was counted: begins anew, or fails where that would lose or repeat records. */
  sequenceLost(reason: string): Promise<void>;
}
