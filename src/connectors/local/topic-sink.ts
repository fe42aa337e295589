import { RunError } from '../../base/problem.ts';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Encoder } from '../../formats/format.ts';
import type { Batch } from '../../types/batch.ts';
import { DELETE, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { BoundFormat, ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { encoderOf } from '../encode.ts';
import { partitionOfKey } from '../kafka/partitioner.ts';
import type { KafkaSettings } from '../kafka/settings.ts';
import { RecordBlobBuilder, type RecordHeaders } from './record-blob.ts';

/** One topic being written: a builder for each partition, made when it is first needed. */
interface Target {
  readonly topic: string;
  readonly builders: (RecordBlobBuilder | undefined)[];
  /** The partition that records without a key go to, until its batch is handed over. */
  keyless: number;
}

/**
 * Appends rows to local topics within the checkpoint's transaction: what a topic holds and what the job has read always
 * match, so each row is there exactly once, whatever `sink.delivery-guarantee` says.
 *
 * For upsert-kafka the key is the primary key, a row taken back (-D) a record without value; -U is left out.
 */
export class TopicSink implements Sink {
  readonly #table: ConnectedTable;
  readonly #settings: KafkaSettings;
  readonly #context: ConnectorContext;
  readonly #value: FieldEncoder;
  readonly #key: FieldEncoder | null;
  readonly #keyBytes = new ByteBuffer(256);
  /** Columns of the batch, or -1. */
  readonly #topicColumn: number;
  readonly #timestampColumn: number;
  readonly #headersColumn: number;
  readonly #pattern: RegExp | null;
  readonly #targets = new Map<string, Target>();
  /** The only topic, when there is but one. */
  #only: Target | null = null;
  #finished: { readonly topic: string; readonly partition: number; readonly blob: Uint8Array }[] = [];
  #finishedBytes = 0;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#table = table;
    this.#settings = table.bound.settings as unknown as KafkaSettings;
    this.#context = context;
    const { keyFields, keyFieldsPrefix, valueFieldsInclude, topicPattern } = this.#settings;
    const all = table.physical.map((_, i) => i);
    const keyColumns = keyFields.map((name) => table.physical.findIndex((field) => field.name === name));
    const valueColumns = valueFieldsInclude === 'ALL' ? all : all.filter((i) => !keyColumns.includes(i));
    this.#value = new FieldEncoder(table, table.bound.format!, valueColumns, '', context);
    const { keyFormat } = table.bound;
    this.#key = keyFormat === undefined ? null : new FieldEncoder(table, keyFormat, keyColumns, keyFieldsPrefix, context);
    const metadataColumn = (key: string): number => {
      const index = table.metadata.findIndex((column) => column.key === key && !column.virtual);
      return index === -1 ? -1 : table.physical.length + index;
    };
    this.#topicColumn = metadataColumn('topic');
    this.#timestampColumn = metadataColumn('timestamp');
    this.#headersColumn = metadataColumn('headers');
    this.#pattern = topicPattern === null ? null : new RegExp(`^(?:${topicPattern})$`);
  }

  async open(): Promise<void> {
    const { topics } = this.#settings;
    if (topics?.length === 1) this.#only = this.#target(topics[0]);
  }

  write(batch: Batch): void {
    const { length, kinds, columns } = batch;
    const now = this.#context.clock.now();
    const timestamps = this.#timestampColumn === -1 ? null : columns[this.#timestampColumn];
    const headers = this.#headersColumn === -1 ? null : columns[this.#headersColumn];
    const key = this.#keyBytes;
    for (let row = 0; row < length; row++) {
      const kind = kinds === null ? 0 : kinds[row];
      if (kind === UPDATE_BEFORE) continue;
      const target = this.#only ?? this.#targetOf(batch, row);
      key.clear();
      const nullKey = this.#key === null || !this.#key.encode(batch, row, key);
      const partition = this.#partitionOf(target, nullKey);
      const builder = (target.builders[partition] ??= new RecordBlobBuilder());
      if (!nullKey) builder.appendKey(key.written());
      const nullValue = kind === DELETE || !this.#value.encode(batch, row, builder);
      if (headers !== null && headers.nulls[row] === 0) builder.addHeaders(headers.get(row) as RecordHeaders);
      const hasTimestamp = timestamps !== null && timestamps.nulls[row] === 0;
      builder.end(hasTimestamp ? (timestamps.values[row] as number) : now, nullKey, nullValue);
      if (builder.isFull) this.#finish(target, partition, builder);
    }
  }

  async flush(): Promise<void> {}

  commit(): void {
    for (const target of this.#targets.values()) {
      target.builders.forEach((builder, partition) => {
        if (builder !== undefined && builder.count > 0) this.#finish(target, partition, builder);
      });
    }
    const { topics } = this.#context.store();
    for (const { topic, partition, blob } of this.#finished) topics.append(topic, partition, blob);
    this.#finished = [];
    this.#finishedBytes = 0;
  }

  pendingBytes(): number {
    let bytes = this.#finishedBytes;
    for (const { builders } of this.#targets.values()) {
      for (const builder of builders) if (builder !== undefined && builder.count > 0) bytes += builder.size;
    }
    return bytes;
  }

  async close(): Promise<void> {}

  #finish(target: Target, partition: number, builder: RecordBlobBuilder): void {
    const blob = builder.take();
    this.#finished.push({ topic: target.topic, partition, blob });
    this.#finishedBytes += blob.length;
    if (partition === target.keyless) target.keyless = (partition + 1) % target.builders.length;
  }

  #partitionOf(target: Target, nullKey: boolean): number {
    const count = target.builders.length;
    if (count === 1 || this.#settings.partitioner === 'fixed') return 0;
    if (nullKey) return target.keyless;
    return partitionOfKey(this.#keyBytes.bytes, 0, this.#keyBytes.length, count);
  }

  /** The topic that the row's own column names; it must be one of those that the options allow. */
  #targetOf(batch: Batch, row: number): Target {
    const topic = batch.columns[this.#topicColumn].get(row) as string | null;
    if (topic === null) throw this.#topicError('no topic: its METADATA column "topic" is NULL');
    const known = this.#targets.get(topic);
    if (known !== undefined) return known;
    const { topics, topicPattern } = this.#settings;
    const isAllowed = topics !== null ? topics.includes(topic) : this.#pattern?.test(topic) === true;
    if (!isAllowed) throw this.#topicError(`topic "${topic}", which is not among '${topics?.join(';') ?? topicPattern}'`);
    return this.#target(topic);
  }

  #topicError(what: string): RunError {
    const hint = `Change the query, or the option 'topic' or 'topic-pattern'.`;
    return new RunError('TOPIC_NOT_ALLOWED', `a row for table "${this.#table.name}" names ${what}`, hint);
  }

  #target(topic: string): Target {
    const { topics } = this.#context.store();
    topics.create(topic);
    const builders = Array.from({ length: topics.partitionCount(topic) }, () => undefined);
    const target: Target = { topic, builders, keyless: 0 };
    this.#targets.set(topic, target);
    return target;
  }
}

/** The encoder of a key or a value. The raw format writes NULL as no key or no value at all. */
class FieldEncoder {
  readonly #encoder: Encoder;
  readonly #nullColumn: number;

  constructor(table: ConnectedTable, format: BoundFormat, columns: readonly number[], prefix: string, context: ConnectorContext) {
    const schema = columns.map((i) => ({ ...table.physical[i], name: table.physical[i].name.slice(prefix.length) }));
    this.#encoder = encoderOf(format, schema, columns, context.timeZone);
    this.#nullColumn = format.format === 'raw' ? columns[0] : -1;
  }

  /** False, and nothing is written, when there is no key or value. */
  encode(batch: Batch, row: number, out: ByteBuffer | RecordBlobBuilder): boolean {
    if (this.#nullColumn !== -1 && batch.columns[this.#nullColumn].nulls[row] === 1) return false;
    this.#encoder.encode(batch, row, out);
    return true;
  }
}
