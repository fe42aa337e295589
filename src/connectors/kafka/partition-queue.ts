import { RecordBatchBuilder, type Compression, type RecordBatchBytes } from './record-batch-builder.ts';

/** A batch on its way. */
export interface QueuedBatch {
  readonly batch: RecordBatchBytes;
  /** The first record's number for the broker, which drops what it has seen; -1 until the batch is first sent. */
  sequence: number;
  /** The sequence and whose batch it is stand in its bytes. */
  isStamped: boolean;
  isDone: boolean;
}

/**
 * What is to be written to one partition, in order: the batch being filled, and finished ones. Those before `#next` have been
 * sent and are waited for. After a failure nothing more is sent until all answers are there; then it goes on at the first
 * batch that is not done.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly builder = new RecordBatchBuilder();
  readonly #batches: QueuedBatch[] = [];
  #next = 0;
  inFlight = 0;
  #isRewinding = false;
  /** Not before this time, in milliseconds. */
  retryAt = 0;
  /** Failures in a row. */
  failures = 0;
  failingSince = 0;
  /** Of finished batches. */
  bytes = 0;
  /** What is in the builder has waited long enough. */
  isDue = false;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get name(): string {
    return `topic "${this.topic}" partition ${this.partition}`;
  }

  /** Everything has been written. */
  get isEmpty(): boolean {
    return this.#batches.length === 0 && this.builder.count === 0;
  }

  /** Finishes the batch that is being filled. */
  seal(compression: Compression | null, isTransactional: boolean): void {
    this.isDue = false;
    if (this.builder.count === 0) return;
    const batch = this.builder.take(compression, isTransactional);
    this.#batches.push({ batch, sequence: -1, isStamped: false, isDone: false });
    this.bytes += batch.bytes.length;
  }

  get hasUnsent(): boolean {
    return this.#next < this.#batches.length;
  }

  mayBeSent(now: number, mostInFlight: number): boolean {
    return !this.#isRewinding && this.inFlight < mostInFlight && this.retryAt <= now;
  }

  peek(): QueuedBatch {
    return this.#batches[this.#next];
  }

  /** The next batch, which the caller sends. */
  take(): QueuedBatch {
    this.inFlight++;
    const queued = this.#batches[this.#next++];
    while (this.#next < this.#batches.length && this.#batches[this.#next].isDone) this.#next++;
    return queued;
  }

  isFirst(queued: QueuedBatch): boolean {
    return this.#batches[0] === queued;
  }

  /** The batch is in Kafka. */
  done(queued: QueuedBatch): void {
    this.inFlight--;
    queued.isDone = true;
    this.failures = 0;
    while (this.#batches.length > 0 && this.#batches[0].isDone) {
      this.bytes -= this.#batches[0].batch.bytes.length;
      this.#batches.shift();
      this.#next = Math.max(0, this.#next - 1);
    }
    this.#rewound();
  }

  /** The batch must be sent again, and what came behind it. */
  failed(now: number, waitMs: number): void {
    this.inFlight--;
    if (!this.#isRewinding) {
      this.#isRewinding = true;
      if (this.failures++ === 0) this.failingSince = now;
      this.retryAt = now + waitMs;
    }
    this.#rewound();
  }

  /** Puts smaller batches in the place of one that was too large; it counts as failed. */
  replace(queued: QueuedBatch, parts: readonly RecordBatchBytes[]): void {
    let { sequence } = queued;
    const smaller = parts.map((batch): QueuedBatch => {
      const part = { batch, sequence, isStamped: false, isDone: false };
      if (sequence !== -1) sequence = sequenceAfter(sequence, batch.count);
      return part;
    });
    this.#batches.splice(this.#batches.indexOf(queued), 1, ...smaller);
    this.bytes += parts.reduce((sum, { bytes }) => sum + bytes.length, 0) - queued.batch.bytes.length;
    this.failed(0, 0);
  }

  /** A new producer begins to count anew. */
  forgetSequences(): void {
    for (const queued of this.#batches) {
      queued.sequence = -1;
      queued.isStamped = false;
    }
  }

  #rewound(): void {
    if (!this.#isRewinding || this.inFlight > 0) return;
    this.#isRewinding = false;
    this.#next = this.#batches.findIndex((queued) => !queued.isDone);
    if (this.#next === -1) this.#next = this.#batches.length;
  }
}

/** Sequences are 31 bits wide and begin again at 0. */
export function sequenceAfter(sequence: number, count: number): number {
  return Number((BigInt(sequence) + BigInt(count)) & 0x7fffffffn);
}
