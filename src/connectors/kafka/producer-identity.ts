import { sequenceAfter, type PartitionQueue } from './partition-queue.ts';

/** Whom Kafka takes the records to be from; it counts them by partition, from 0 on. */
export class ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly #next = new Map<PartitionQueue, number>();

  constructor(producerId: bigint, epoch: number) {
    this.producerId = producerId;
    this.epoch = epoch;
  }

  /** The number of the first of the next `count` records for a partition. */
  takeSequence(queue: PartitionQueue, count: number): number {
    const sequence = this.#next.get(queue) ?? 0;
    this.#next.set(queue, sequenceAfter(sequence, count));
    return sequence;
  }
}
