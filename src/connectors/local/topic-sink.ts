import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Batch } from '../../types/batch.ts';
import { UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { partitionOfKey } from '../kafka/partitioner.ts';
import { TopicRows } from '../kafka/topic-rows.ts';
import { UpsertBuffer, type UpsertRecord } from '../kafka/upsert-buffer.ts';
import { RecordBlobBuilder } from './record-blob.ts';

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
  readonly #rows: TopicRows;
  readonly #context: ConnectorContext;
  readonly #keyBytes = new ByteBuffer(256);
  /** With `sink.buffer-flush.*`: rows that later ones may replace before the checkpoint. */
  readonly #buffer: UpsertBuffer | null;
  readonly #targets = new Map<string, Target>();
  /** The only topic, when there is but one. */
  #only: Target | null = null;
  #finished: { readonly topic: string; readonly partition: number; readonly blob: Uint8Array }[] = [];
  #finishedBytes = 0;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#context = context;
    this.#rows = new TopicRows(table, context.timeZone);
    const { bufferFlush } = this.#rows.settings;
    this.#buffer =
      bufferFlush === undefined ? null : new UpsertBuffer(this.#rows, bufferFlush.maxRows, (record) => this.#append(record));
  }

  async open(): Promise<void> {
    const { onlyTopic } = this.#rows;
    if (onlyTopic !== null) this.#only = this.#target(onlyTopic);
  }

  write(batch: Batch): void {
    const { length, kinds } = batch;
    const rows = this.#rows;
    const now = this.#context.clock.now();
    if (this.#buffer !== null) return this.#buffer.add(batch, now);
    const key = this.#keyBytes;
    for (let row = 0; row < length; row++) {
      if (kinds !== null && kinds[row] === UPDATE_BEFORE) continue;
      const target = this.#only ?? this.#targetNamed(rows.topicOf(batch, row));
      key.clear();
      const nullKey = !rows.encodeKey(batch, row, key);
      const partition = this.#partitionOf(target, nullKey);
      const builder = (target.builders[partition] ??= new RecordBlobBuilder());
      if (!nullKey) builder.appendKey(key.written());
      const nullValue = !rows.encodeValue(batch, row, builder);
      const headers = rows.headersOf(batch, row);
      if (headers !== null) builder.addHeaders(headers);
      builder.end(rows.timestampOf(batch, row, now), nullKey, nullValue);
      if (builder.isFull) this.#finish(target, partition, builder);
    }
  }

  async flush(): Promise<void> {}

  commit(): void {
    this.#buffer?.flush();
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
    let bytes = this.#finishedBytes + (this.#buffer?.bytes ?? 0);
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

  #append({ topic, key, value, timestamp, headers }: UpsertRecord): void {
    const target = this.#only ?? this.#targetNamed(topic);
    const bytes = this.#keyBytes;
    bytes.clear();
    bytes.reserve(key.length);
    bytes.bytes.set(key.written());
    bytes.length = key.length;
    const partition = this.#partitionOf(target, false);
    const builder = (target.builders[partition] ??= new RecordBlobBuilder());
    builder.appendKey(bytes.written());
    if (value !== null) builder.appendValue(value);
    if (headers !== null) builder.addHeaders(headers);
    builder.end(timestamp, false, value === null);
    if (builder.isFull) this.#finish(target, partition, builder);
  }

  #partitionOf(target: Target, nullKey: boolean): number {
    const count = target.builders.length;
    if (count === 1 || this.#rows.settings.partitioner === 'fixed') return 0;
    if (nullKey) return target.keyless;
    return partitionOfKey(this.#keyBytes.bytes, 0, this.#keyBytes.length, count);
  }

  /** A topic that a row's own column names; it must be one of those that the options allow. */
  #targetNamed(topic: string): Target {
    const known = this.#targets.get(topic);
    if (known !== undefined) return known;
    this.#rows.checkTopic(topic);
    return this.#target(topic);
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
