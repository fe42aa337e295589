import { nearest } from '../base/nearest.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import { LineReader } from '../connectors/filesystem/line-reader.ts';
import { partitionOfKey } from '../connectors/kafka/partitioner.ts';
import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import type { MessageStream } from './message-stream.ts';

export interface ReplayOptions {
  /** A file of messages, one on each line; an empty line is an empty message. */
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
 * The lines of a file, in their order. A line without a readable time, or with one that is older than the line before, is sent
 * together with that one. With a speed, though, the JSON objects up to the first readable time must have its field: otherwise a
 * wrong name would send everything at once. One of the first JSON objects must have the key's field, too.
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
    if ((options.speed !== undefined || options.keyField !== undefined) && this.#reader.read()) {
      const problem = this.#keyProblem() ?? (options.speed === undefined ? undefined : this.#timeProblem());
      if (problem !== undefined) {
        this.close();
        throw problem;
      }
    }
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

  /** Why the lines that were read first have no key. */
  #keyProblem(): ProblemsError | undefined {
    const { keyField } = this.#options;
    if (keyField === undefined) return undefined;
    let first: number | undefined;
    for (let line = 0; line < this.#reader.count; line++) {
      const message = this.#parse(line);
      if (message === undefined) continue;
      if (Object.hasOwn(message, keyField)) return undefined;
      first ??= line;
    }
    return first === undefined ? undefined : this.#problemAt(first, keyField, 'key-field', "to be the message's key");
  }

  /** Why the lines that were read first tell no time. */
  #timeProblem(): ProblemsError | undefined {
    const { path, timeField = 'ts' } = this.#options;
    for (let line = 0; line < this.#reader.count; line++) {
      const message = this.#parse(line);
      if (message === undefined) continue;
      if (!Number.isNaN(measuredAt(message[timeField]))) return undefined;
      if (Object.hasOwn(message, timeField)) continue;
      return this.#problemAt(line, timeField, 'time-field', "to tell the message's time");
    }
    const hint = `A time is '2024-05-12 02:11:37', ISO 8601, or milliseconds since 1970. Without --speed all lines are sent at once.`;
    const message = `the first lines of ${path} have no readable time in a field "${timeField}"`;
    return new ProblemsError([{ code: 'REPLAY_NO_TIME', message, hint }]);
  }

  #problemAt(line: number, field: string, option: string, purpose: string): ProblemsError {
    const { bytes, ends } = this.#reader;
    const text = bytes.toString('utf8', 0, ends[line]);
    const start = text.lastIndexOf('\n') + 1;
    const names = Object.keys(this.#parse(line) ?? {});
    const near = nearest(field, names);
    const hint =
      near === undefined ? `Name it by --${option}; there are: ${names.join(', ') || 'none'}.` : `Did you mean "${near}"?`;
    const message = `there is no field "${field}" ${purpose}`;
    const place = { start, end: start + 1 };
    return new ProblemsError([{ code: 'REPLAY_FIELD_NOT_FOUND', message, hint, place }], { name: this.#options.path, text });
  }

  /** Goes on to the next line, and to its time. */
  #advance(): void {
    const reader = this.#reader;
    if (this.#left-- <= 0) {
      this.#time = Infinity;
      return;
    }
    if (++this.#line >= reader.count) {
      if (!reader.read()) {
        this.#time = Infinity;
        return;
      }
      this.#line = 0;
    }
    const { speed, keyField, timeField = 'ts' } = this.#options;
    if (speed === undefined && keyField === undefined) return;
    const message = this.#parse(this.#line);
    const key = keyField === undefined || message === undefined || !Object.hasOwn(message, keyField) ? null : message[keyField];
    this.#key = key === null ? NO_BYTES : Buffer.from(typeof key === 'string' ? key : JSON.stringify(key));
    if (speed === undefined) return;
    const measured = measuredAt(message?.[timeField]);
    if (Number.isNaN(measured)) return;
    if (Number.isNaN(this.#firstMeasured)) this.#firstMeasured = measured;
    this.#time = Math.max(this.#time, this.#options.start + (measured - this.#firstMeasured) / speed);
  }

  #parse(line: number): Record<string, unknown> | undefined {
    const { bytes, starts, ends } = this.#reader;
    try {
      const message: unknown = JSON.parse(bytes.toString('utf8', starts[line], ends[line]));
      const isObject = typeof message === 'object' && message !== null && !Array.isArray(message);
      return isObject ? (message as Record<string, unknown>) : undefined;
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
