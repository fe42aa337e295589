import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Batch } from '../../types/batch.ts';
import { UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { TopicRows } from './topic-rows.ts';

export interface UpsertRecord {
  readonly topic: string;
  readonly key: ByteBuffer;
  /** Null is a tombstone. */
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: ReadonlyMap<string, Uint8Array | null> | null;
}

/**
 * `sink.buffer-flush.*` of upsert-kafka: of the rows that come before the buffer is full, or its time over, only the last of
 * each key is written. Flink's page: connectors/table/upsert-kafka.
 */
export class UpsertBuffer {
  readonly #rows: TopicRows;
  readonly #maxRows: number;
  readonly #write: (record: UpsertRecord) => void;
  readonly #records = new Map<string, UpsertRecord>();
  readonly #scratch = new ByteBuffer();
  /** Of what is held. */
  bytes = 0;

  constructor(rows: TopicRows, maxRows: number, write: (record: UpsertRecord) => void) {
    this.#rows = rows;
    this.#maxRows = maxRows;
    this.#write = write;
  }

  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  add(batch: Batch, now: number): void {
    const rows = this.#rows;
    const scratch = this.#scratch;
    for (let row = 0; row < batch.length; row++) {
      if (batch.kinds !== null && batch.kinds[row] === UPDATE_BEFORE) continue;
      const topic = rows.onlyTopic ?? rows.topicOf(batch, row);
      const key = new ByteBuffer(32);
      rows.encodeKey(batch, row, key);
      scratch.clear();
      const value = rows.encodeValue(batch, row, scratch) ? scratch.written().slice() : null;
      const id = `${topic}\n${Buffer.from(key.written()).toString('latin1')}`;
      const before = this.#records.get(id);
      if (before !== undefined) this.bytes -= sizeOf(before);
      const record = { topic, key, value, timestamp: rows.timestampOf(batch, row, now), headers: rows.headersOf(batch, row) };
      this.#records.set(id, record);
      this.bytes += sizeOf(record);
      if (this.#records.size >= this.#maxRows) this.flush();
    }
  }

  /** Writes what is held. */
  flush(): void {
    for (const record of this.#records.values()) this.#write(record);
    this.#records.clear();
    this.bytes = 0;
  }
}

function sizeOf({ key, value }: UpsertRecord): number {
  return key.length + (value?.length ?? 0) + 64;
}
