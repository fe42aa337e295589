import { copyRecords } from './copy-records.ts';
import type { ByteBuffer } from '../../formats/byte-buffer.ts';
import { PartitionQueue } from './partition-queue.ts';
import { partitionOfKey } from './partitioner.ts';
import { RecordBatchBuilder } from './record-batch-builder.ts';
import { RECORDS } from './record-batch-layout.ts';

/** A topic that is written to, and the queues of its partitions once they are known. */
export class ProducedTopic {
  readonly name: string;
  readonly #isFixed: boolean;
  queues: PartitionQueue[] = [];
  /** By partition; -1 where there is none at present. */
  leaders: number[] = [];
  /** Kafka has not known the topic since then; null while it does. */
  missingSince: number | null = null;
  /** Takes all records as long as the partitions are not known. */
  readonly #unassigned = new RecordBatchBuilder();
  /** The partition that records without a key go to, until its batch is handed over: fewer and larger batches. */
  #keyless = 0;

  /** With `isFixed` all goes to the first partition, as from Flink's only writer. */
  constructor(name: string, isFixed: boolean) {
    this.name = name;
    this.#isFixed = isFixed;
  }

  get isKnown(): boolean {
    return this.queues.length > 0;
  }

  /** Bytes of records whose partition is not known yet. */
  get unassignedBytes(): number {
    return this.#unassigned.count === 0 ? 0 : this.#unassigned.length;
  }

  /** The queue for a key, or null as long as there is none: then the record goes to `builderOf`. */
  queueOf(key: ByteBuffer | null): PartitionQueue | null {
    const { queues } = this;
    if (queues.length < 2 || this.#isFixed) return queues.length === 0 ? null : queues[0];
    return queues[key === null ? this.#keyless : partitionOfKey(key.bytes, 0, key.length, queues.length)];
  }

  builderOf(queue: PartitionQueue | null): RecordBatchBuilder {
    return queue === null ? this.#unassigned : queue.builder;
  }

  /** The batch of a queue has been handed over. */
  sealed(queue: PartitionQueue): void {
    if (queue.partition === this.#keyless) this.#keyless = (this.#keyless + 1) % this.queues.length;
  }

  /** The topic has these partitions now; it never has fewer. */
  setLeaders(leaders: number[]): void {
    const wasKnown = this.isKnown;
    this.leaders = leaders;
    while (this.queues.length < leaders.length) this.queues.push(new PartitionQueue(this.name, this.queues.length));
    const unassigned = this.#unassigned;
    if (wasKnown || unassigned.count === 0) return;
    const { baseTimestamp, count } = unassigned;
    const { bytes } = unassigned.take(null, false);
    copyRecords(bytes, RECORDS, count, baseTimestamp, (key) => {
      const queue = this.queueOf(key);
      if (queue !== null) queue.isDue = true;
      return this.builderOf(queue);
    });
  }
}
