import { RunError } from '../base/problem.ts';
import { LineReader } from '../connectors/filesystem/line-reader.ts';
import { partitionOfKey } from '../connectors/kafka/partitioner.ts';
import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import type { MessageStream } from './message-stream.ts';

export interface ReplayOptions {
  /** A file of messages, one on each line; empty lines are left out. */
  readonly path: string;
  /** When the first message is sent: milliseconds since 1970 UTC. */
  readonly start: number;
  /**
   * How many times faster than they were measured to send the messages, by `timeField`: 60 sends an hour in a minute.
   * Default: all at once.
   */
  readonly speed?: number;
  /** The JSON field with the time: `2024-05-12 02:11:37`, ISO 8601, or milliseconds since 1970. Default `ts`. */
  readonly timeField?: string;
  /** A JSON field whose text is the record's key; default no key. */
  readonly keyField?: string;
  /** At most so many messages; default no limit. */
  readonly count?: number;
}

const NO_BYTES = new Uint8Array(0);

/**
 * The lines of a file, in their order. A line without a readable time, or one that is older than the line before, is sent
 * together with that one.
 */
export class ReplayStream implements MessageStream {
  readonly #options: ReplayOptions;
  readonly #reader = new LineReader();
  #line = -1;
  #left: number;
  #time: number;
  #firstMeasured = NaN;
  #key: Uint8Array = NO_BYTES;
  #keyless = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#left = options.count ?? Infinity;
    this.#time = options.start;
    if (options.speed !== undefined && !(options.speed > 0))
      throw new RunError('REPLAY_SPEED', 'the speed of a replay must be more than 0');
    this.#reader.open(options.path, 0);
    this.#advance();
  }

  nextTime(): number {
    return this.#time;
  }

  fill(partitions: readonly RecordBlobBuilder[], until: number, limit: number): number {
    let filled = 0;
    while (filled < limit && this.#time <= until && this.#time !== Infinity) {
      const hasKey = this.#key.length > 0;
      const partition = hasKey ? partitionOfKey(this.#key, 0, this.#key.length, partitions.length) : this.#keyless;
      const builder = partitions[partition];
      if (builder.isFull) break;
      if (!hasKey) this.#keyless = (this.#keyless + 1) % partitions.length;
      builder.appendKey(this.#key);
      builder.appendValue(this.#reader.bytes.subarray(this.#reader.starts[this.#line], this.#reader.ends[this.#line]));
      builder.end(Math.floor(this.#time), !hasKey, false);
      filled++;
      this.#advance();
    }
    return filled;
  }

  close(): void {
    this.#reader.close();
  }

  /** Goes on to the next line that is not empty, and to its time. */
  #advance(): void {
    const reader = this.#reader;
    if (this.#left-- <= 0) {
      this.#time = Infinity;
      return;
    }
    do {
      if (++this.#line >= reader.count) {
        if (!reader.read()) {
          this.#time = Infinity;
          return;
        }
        this.#line = 0;
      }
    } while (reader.starts[this.#line] === reader.ends[this.#line]);
    const { speed, keyField, timeField = 'ts' } = this.#options;
    if (speed === undefined && keyField === undefined) return;
    const message = this.#parse();
    const key = keyField === undefined ? undefined : message?.[keyField];
    this.#key = key === undefined || key === null ? NO_BYTES : Buffer.from(typeof key === 'string' ? key : JSON.stringify(key));
    if (speed === undefined) return;
    const measured = measuredAt(message?.[timeField]);
    if (Number.isNaN(measured)) return;
    if (Number.isNaN(this.#firstMeasured)) this.#firstMeasured = measured;
    this.#time = Math.max(this.#time, this.#options.start + (measured - this.#firstMeasured) / speed);
  }

  #parse(): Record<string, unknown> | undefined {
    try {
      const text = this.#reader.bytes.toString('utf8', this.#reader.starts[this.#line], this.#reader.ends[this.#line]);
      const message: unknown = JSON.parse(text);
      return typeof message === 'object' && message !== null ? (message as Record<string, unknown>) : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Milliseconds since 1970, as UTC where the text names no zone: only differences count. */
function measuredAt(time: unknown): number {
  if (typeof time === 'number') return time;
  if (typeof time !== 'string') return NaN;
  const text = time.trim().replace(' ', 'T');
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text.slice(10)) || text.length <= 10 ? text : text + 'Z');
}
