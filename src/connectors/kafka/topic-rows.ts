import { RunError } from '../../base/problem.ts';
import type { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { ByteSink, Encoder } from '../../formats/format.ts';
import type { Batch } from '../../types/batch.ts';
import { timestampText } from '../../types/civil.ts';
import { DELETE } from '../../types/row-kind.ts';
import type { BoundFormat, ConnectedTable } from '../connector.ts';
import { encoderOf } from '../encode.ts';
import type { KafkaSettings } from './settings.ts';

/**
 * How the rows of a kafka or upsert-kafka table become records, on Kafka as in local topics: key, value, topic, timestamp and
 * headers. For upsert-kafka the key is the primary key, and a row taken back (-D) has no value.
 */
export class TopicRows {
  readonly settings: KafkaSettings;
  readonly #tableName: string;
  readonly #value: FieldEncoder;
  readonly #key: FieldEncoder | null;
  /** Columns of the batch, or -1. */
  readonly #topicColumn: number;
  readonly #timestampColumn: number;
  readonly #headersColumn: number;
  readonly #pattern: RegExp | null;

  constructor(table: ConnectedTable, timeZone: string) {
    this.settings = table.bound.settings as unknown as KafkaSettings;
    this.#tableName = table.name;
    const { keyFields, keyFieldsPrefix, valueFieldsInclude, topicPattern } = this.settings;
    const all = table.physical.map((_, i) => i);
    const keyColumns = keyFields.map((name) => table.physical.findIndex((field) => field.name === name));
    const valueColumns = valueFieldsInclude === 'ALL' ? all : all.filter((i) => !keyColumns.includes(i));
    this.#value = new FieldEncoder(table, table.bound.format!, valueColumns, '', timeZone);
    const { keyFormat } = table.bound;
    this.#key = keyFormat === undefined ? null : new FieldEncoder(table, keyFormat, keyColumns, keyFieldsPrefix, timeZone);
    const metadataColumn = (key: string): number => {
      const index = table.metadata.findIndex((column) => column.key === key && !column.virtual);
      return index === -1 ? -1 : table.physical.length + index;
    };
    this.#topicColumn = metadataColumn('topic');
    this.#timestampColumn = metadataColumn('timestamp');
    this.#headersColumn = metadataColumn('headers');
    this.#pattern = topicPattern === null ? null : new RegExp(`^(?:${topicPattern})$`);
  }

  /** The topic of all rows, or null when each row names its own. */
  get onlyTopic(): string | null {
    const { topics } = this.settings;
    return topics?.length === 1 ? topics[0] : null;
  }

  /** False, and nothing is written, when the record has no key. */
  encodeKey(batch: Batch, row: number, out: ByteBuffer): boolean {
    return this.#key !== null && this.#key.encode(batch, row, out);
  }

  /** False, and nothing is written, when the record has no value. */
  encodeValue(batch: Batch, row: number, out: ByteSink): boolean {
    if (batch.kinds !== null && batch.kinds[row] === DELETE) return false;
    return this.#value.encode(batch, row, out);
  }

  /** Milliseconds since 1970 UTC: the row's own, or `now`. Kafka has none before 1970. */
  timestampOf(batch: Batch, row: number, now: number): number {
    if (this.#timestampColumn === -1) return now;
    const column = batch.columns[this.#timestampColumn];
    if (column.nulls[row] === 1) return now;
    const timestamp = column.values[row] as number;
    if (timestamp >= 0) return timestamp;
    throw new RunError(
      'TOPIC_TIMESTAMP',
      `a row for table "${this.#tableName}" has the timestamp ${timestampText(timestamp)}, and records have none before 1970`,
      'Change the query, or write NULL for the time of writing.',
    );
  }

  /** As Flink: what is NULL in the map, as a name or as a value, is no header. */
  headersOf(batch: Batch, row: number): ReadonlyMap<string, Uint8Array> | null {
    if (this.#headersColumn === -1) return null;
    const column = batch.columns[this.#headersColumn];
    if (column.nulls[row] === 1) return null;
    const headers = column.get(row) as ReadonlyMap<string | null, Uint8Array | null>;
    const written = new Map<string, Uint8Array>();
    for (const [name, value] of headers) if (name !== null && value !== null) written.set(name, value);
    return written;
  }

  /** The topic that the row's own column names. Whether it is allowed, `checkTopic` says. */
  topicOf(batch: Batch, row: number): string {
    const topic = batch.columns[this.#topicColumn].get(row) as string | null;
    if (topic === null) throw this.#topicError('no topic: its METADATA column "topic" is NULL');
    return topic;
  }

  /** Refuses a topic that is not one of those that the options allow. */
  checkTopic(topic: string): void {
    const { topics, topicPattern } = this.settings;
    const isAllowed = topics !== null ? topics.includes(topic) : this.#pattern?.test(topic) === true;
    if (!isAllowed) throw this.#topicError(`topic "${topic}", which is not among '${topics?.join(';') ?? topicPattern}'`);
  }

  #topicError(what: string): RunError {
    const hint = `Change the query, or the option 'topic' or 'topic-pattern'.`;
    return new RunError('TOPIC_NOT_ALLOWED', `a row for table "${this.#tableName}" names ${what}`, hint);
  }
}

/** The encoder of a key or a value. The raw format writes NULL as no key or no value at all. */
class FieldEncoder {
  readonly #encoder: Encoder;
  readonly #nullColumn: number;

  constructor(table: ConnectedTable, format: BoundFormat, columns: readonly number[], prefix: string, timeZone: string) {
    const schema = columns.map((i) => ({ ...table.physical[i], name: table.physical[i].name.slice(prefix.length) }));
    this.#encoder = encoderOf(format, schema, columns, timeZone);
    this.#nullColumn = format.format === 'raw' ? columns[0] : -1;
  }

  encode(batch: Batch, row: number, out: ByteSink): boolean {
    if (this.#nullColumn !== -1 && batch.columns[this.#nullColumn].nulls[row] === 1) return false;
    this.#encoder.encode(batch, row, out);
    return true;
  }
}
