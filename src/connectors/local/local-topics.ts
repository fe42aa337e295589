import type { StatementSync } from 'node:sqlite';
import { assert } from '../../base/assert.ts';
import { nearest } from '../../base/nearest.ts';
import { RunError } from '../../base/problem.ts';
import { isTopicName } from '../kafka/topic-name.ts';
import { damagedStore } from './store-error.ts';
import type { LocalStore } from './store.ts';
import { checkedCount, StoredRecords } from './stored-records.ts';

export interface TopicOptions {
  /** 1 unless told otherwise. */
  readonly partitions?: number;
  /** Each partition drops its oldest batches once it is larger; null keeps everything. */
  readonly retentionBytes?: number | null;
  /** Each partition drops batches whose records are all older; null keeps everything. */
  readonly retentionMs?: number | null;
}

export interface TopicDescription {
  readonly name: string;
  readonly retentionBytes: number | null;
  readonly retentionMs: number | null;
  readonly partitions: readonly PartitionDescription[];
}

export interface PartitionDescription {
  readonly partition: number;
  /** The offset of the oldest record that is still there. */
  readonly startOffset: number;
  /** The offset that the next record will get. */
  readonly endOffset: number;
  readonly bytes: number;
}

type TopicRow = readonly [id: number, retentionBytes: number | null, retentionMs: number | null];

/** Topics as Kafka has them, as rows of the local store: one row for each batch of records. */
export class LocalTopics {
  readonly #store: LocalStore;
  readonly #statements = new Map<string, StatementSync>();

  constructor(store: LocalStore) {
    this.#store = store;
  }

  /** Makes a topic; false when it is there already. */
  create(name: string, options: TopicOptions = {}): boolean {
    const { partitions = 1, retentionBytes = null, retentionMs = null } = options;
    checkTopicName(name);
    return this.#store.transaction(() => {
      const sql = 'INSERT INTO topics (name, retention_bytes, retention_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
      if (this.#run(sql, name, retentionBytes, retentionMs) === 0) return false;
      this.#addPartitions(this.#topic(name)[0], 0, partitions);
      return true;
    });
  }

  /** Gives a topic more partitions; it can never have fewer. */
  addPartitions(name: string, partitions: number): void {
    this.#store.transaction(() => {
      const now = this.partitionCount(name);
      if (partitions < now) {
        const hint = `Delete the topic and create it again; its records are lost then.`;
        throw new RunError('TOPIC_PARTITIONS', `topic "${name}" has ${now} partitions and cannot have fewer`, hint);
      }
      this.#addPartitions(this.#topic(name)[0], now, partitions);
    });
  }

  /** Deletes a topic with its records and the groups' offsets; false when there is none of that name. */
  delete(name: string): boolean {
    return this.#store.transaction(() => {
      const row = this.#one('SELECT id FROM topics WHERE name = ?', name);
      if (row === undefined) return false;
      for (const table of ['record_batches', 'partitions', 'group_offsets'])
        this.#run(`DELETE FROM ${table} WHERE topic = ?`, row[0]);
      this.#run('DELETE FROM topics WHERE id = ?', row[0]);
      return true;
    });
  }

  has(name: string): boolean {
    return this.#one('SELECT 1 FROM topics WHERE name = ?', name) !== undefined;
  }

  names(): string[] {
    return this.#all('SELECT name FROM topics ORDER BY name').map(([name]) => name as string);
  }

  describe(name: string): TopicDescription {
    const [id, retentionBytes, retentionMs] = this.#topic(name);
    const sql = 'SELECT partition, start_offset, end_offset, bytes FROM partitions WHERE topic = ? ORDER BY partition';
    const partitions = this.#all(sql, id).map(([partition, startOffset, endOffset, bytes]) => ({
      partition: partition as number,
      startOffset: startOffset as number,
      endOffset: endOffset as number,
      bytes: bytes as number,
    }));
    return { name, retentionBytes, retentionMs, partitions };
  }

  partitionCount(name: string): number {
    return this.#one('SELECT COUNT(*) FROM partitions WHERE topic = ?', this.#topic(name)[0])![0] as number;
  }

  /** Appends the records of a blob (RecordBlobBuilder) to a partition; the answer is the first one's offset. */
  append(name: string, partition: number, blob: Uint8Array): number {
    const header = new Uint32Array(blob.buffer, blob.byteOffset, 8);
    const count = header[1];
    const timestamps = new Float64Array(blob.buffer, blob.byteOffset + header[7], count);
    let maxTimestamp = -Infinity;
    for (let i = 0; i < count; i++) if (timestamps[i] > maxTimestamp) maxTimestamp = timestamps[i];
    return this.#store.transaction(() => {
      const [topic, retentionBytes, retentionMs] = this.#topic(name);
      const sql =
        'UPDATE partitions SET end_offset = end_offset + ?, bytes = bytes + ? WHERE topic = ? AND partition = ? RETURNING end_offset';
      const row = this.#one(sql, count, blob.length, topic, partition);
      if (row === undefined) throw noPartition(name, partition);
      const firstOffset = (row[0] as number) - count;
      this.#run(
        'INSERT INTO record_batches (topic, partition, first_offset, count, max_timestamp, bytes, records) VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[topic, partition, firstOffset, count, maxTimestamp, blob.length, blob],
      );
      if (retentionBytes !== null || retentionMs !== null) this.#dropOld(topic, partition, retentionBytes, retentionMs);
      return firstOffset;
    });
  }

  /**
   * The records of one batch from `offset` on and before `end`; from the oldest when that one is gone already. Undefined when
   * there are none so far.
   */
  read(name: string, partition: number, offset: number, end = Infinity): StoredRecords | undefined {
    const topic = this.#topic(name)[0];
    const columns = 'SELECT first_offset, count, records FROM record_batches WHERE topic = ? AND partition = ?';
    let row = this.#one(`${columns} AND first_offset <= ? ORDER BY first_offset DESC LIMIT 1`, topic, partition, offset);
    if (row === undefined || (row[0] as number) + (row[1] as number) <= offset) {
      row = this.#one(`${columns} AND first_offset > ? ORDER BY first_offset LIMIT 1`, topic, partition, offset);
    }
    if (row === undefined || (row[0] as number) >= end) return undefined;
    const [firstOffset, count, blob] = row as [number, number, Uint8Array];
    if (checkedCount(blob) !== count) {
      throw damagedStore(
        this.#store.path,
        `topic "${name}" partition ${partition} has unreadable records from offset ${firstOffset} to ${firstOffset + count - 1}`,
      );
    }
    return new StoredRecords(blob, name, partition, firstOffset, Math.max(0, offset - firstOffset), end - firstOffset);
  }

  startOffset(name: string, partition: number): number {
    return this.#offsets(name, partition)[0];
  }

  endOffset(name: string, partition: number): number {
    return this.#offsets(name, partition)[1];
  }

  /** The offset of the first record that is not older than `timestamp` (ms), or undefined when all are. */
  offsetForTimestamp(name: string, partition: number, timestamp: number): number | undefined {
    const sql = `SELECT first_offset FROM record_batches WHERE topic = ? AND partition = ? AND max_timestamp >= ? ORDER BY first_offset LIMIT 1`;
    const row = this.#one(sql, this.#topic(name)[0], partition, timestamp);
    if (row === undefined) return undefined;
    const records = this.read(name, partition, row[0] as number);
    assert(records !== undefined, 'the batch was there');
    const index = records.timestamps.findIndex((time) => time >= timestamp);
    return records.firstOffset + index;
  }

  groupOffset(group: string, name: string, partition: number): number | undefined {
    const sql = 'SELECT offset FROM group_offsets WHERE group_id = ? AND topic = ? AND partition = ?';
    return this.#one(sql, group, this.#topic(name)[0], partition)?.[0] as number | undefined;
  }

  commitGroupOffset(group: string, name: string, partition: number, offset: number): void {
    this.#store.transaction(() => {
      const sql = 'INSERT OR REPLACE INTO group_offsets (group_id, topic, partition, offset) VALUES (?, ?, ?, ?)';
      this.#run(sql, group, this.#topic(name)[0], partition, offset);
    });
  }

  #addPartitions(topic: number, from: number, to: number): void {
    const sql = 'INSERT INTO partitions (topic, partition, start_offset, end_offset, bytes) VALUES (?, ?, 0, 0, 0)';
    for (let partition = from; partition < to; partition++) this.#run(sql, topic, partition);
  }

  /** Drops the oldest batches beyond what is to be kept, but never the newest. */
  #dropOld(topic: number, partition: number, retentionBytes: number | null, retentionMs: number | null): void {
    const now = this.#store.clock.now();
    for (;;) {
      const oldest = this.#one(
        'SELECT first_offset, count, max_timestamp, bytes FROM record_batches WHERE topic = ? AND partition = ? ORDER BY first_offset LIMIT 1',
        ...[topic, partition],
      );
      const whole = this.#one('SELECT end_offset, bytes FROM partitions WHERE topic = ? AND partition = ?', topic, partition);
      if (oldest === undefined || whole === undefined) return;
      const [firstOffset, count, maxTimestamp, bytes] = oldest as number[];
      const [endOffset, wholeBytes] = whole as number[];
      const tooLarge = retentionBytes !== null && wholeBytes > retentionBytes;
      const tooOld = retentionMs !== null && maxTimestamp < now - retentionMs;
      if (firstOffset + count >= endOffset || !(tooLarge || tooOld)) return;
      this.#run(
        'DELETE FROM record_batches WHERE topic = ? AND partition = ? AND first_offset = ?',
        topic,
        partition,
        firstOffset,
      );
      const sql = 'UPDATE partitions SET start_offset = ?, bytes = bytes - ? WHERE topic = ? AND partition = ?';
      this.#run(sql, firstOffset + count, bytes, topic, partition);
    }
  }

  #offsets(name: string, partition: number): [number, number] {
    const sql = 'SELECT start_offset, end_offset FROM partitions WHERE topic = ? AND partition = ?';
    const row = this.#one(sql, this.#topic(name)[0], partition);
    if (row === undefined) throw noPartition(name, partition);
    return row as [number, number];
  }

  #topic(name: string): TopicRow {
    const row = this.#one('SELECT id, retention_bytes, retention_ms FROM topics WHERE name = ?', name);
    if (row !== undefined) return row as unknown as TopicRow;
    const near = nearest(name, this.names());
    const hint = near === undefined ? `Create it with: isobar topics create ${name}` : `Did you mean "${near}"?`;
    throw new RunError('TOPIC_NOT_FOUND', `there is no local topic "${name}" in ${this.#store.path}`, hint);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#store.prepare(sql, true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #one(sql: string, ...values: SqlInput[]): readonly SqlOutput[] | undefined {
    return this.#store.attempt(() => this.#statement(sql).get(...values) as unknown as readonly SqlOutput[] | undefined);
  }

  #all(sql: string, ...values: SqlInput[]): readonly (readonly SqlOutput[])[] {
    return this.#store.attempt(() => this.#statement(sql).all(...values) as unknown as readonly (readonly SqlOutput[])[]);
  }

  /** Answers how many rows changed. */
  #run(sql: string, ...values: SqlInput[]): number {
    return this.#store.attempt(() => Number(this.#statement(sql).run(...values).changes));
  }
}

type SqlInput = string | number | null | Uint8Array;
type SqlOutput = SqlInput;

function checkTopicName(name: string): void {
  if (isTopicName(name)) return;
  const hint = `Use letters, digits, '.', '_' and '-', at most 249 of them, as Kafka does.`;
  throw new RunError('TOPIC_NAME', `"${name}" cannot be the name of a topic`, hint);
}

function noPartition(name: string, partition: number): RunError {
  return new RunError('TOPIC_PARTITION', `topic "${name}" has no partition ${partition}`, `See isobar topics list.`);
}
