import { RunError } from '../../base/problem.ts';
import type { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { ByteSink } from '../../formats/format.ts';
import { sizeOfVarint, writeVarint, writeVarlong } from './write-varint.ts';
import {
  LENGTH,
  LEADER_EPOCH,
  MAGIC,
  CHECKSUM,
  ATTRIBUTES,
  LAST_OFFSET_DELTA,
  BASE_TIMESTAMP,
  MAX_TIMESTAMP,
  PRODUCER_ID,
  PRODUCER_EPOCH,
  BASE_SEQUENCE,
  RECORD_COUNT,
  RECORDS,
  AFTER_LENGTH,
  CODEC,
  TRANSACTIONAL,
} from './record-batch-layout.ts';

const FIRST_BYTES = 16 * 1024;
/** A larger buffer is given back after its batch: one huge record must not hold its memory for ever. */
const KEPT_BYTES = 4 << 20;
/** No broker takes as much in one request. */
const MAX_RECORD_BYTES = 1 << 30;
/** Before a value: lengths, attributes, two deltas. */
const MAX_PREFIX_BYTES = 32;

export type KafkaHeaders = ReadonlyMap<string, Uint8Array | null>;

/** A codec of Kafka's by its number in a batch's attributes; null leaves records as they are. */
export interface Compression {
  readonly codec: number;
  readonly compress: (bytes: Uint8Array) => Uint8Array;
}

/** A record batch (magic 2) that lacks only what `stampBatch` writes into it. */
export interface RecordBatchBytes {
  readonly bytes: Uint8Array;
  readonly count: number;
}

/**
 * Writes records one behind the other as they lie in Kafka's record batch. A record is `begin`, then its value appended to the
 * builder itself, as encoders do, then `end`. The length of a record stands in front of it: its size is taken to be that of
 * the last one, and what follows is moved by a byte where that was wrong.
 */
export class RecordBatchBuilder implements ByteSink {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  length = RECORDS;
  count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;
  #recordAt = 0;
  #recordLengthSize = 1;
  #valueLengthAt = 0;
  #valueLengthSize = 1;

  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    if (needed > MAX_RECORD_BYTES) {
      throw new RunError('KAFKA_RECORD_TOO_LARGE', `a record of more than ${MAX_RECORD_BYTES >> 20} MB does not fit into Kafka`);
    }
    const bytes = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  /** Begins a record; without a key it has none. */
  begin(timestamp: number, key: ByteBuffer | null): void {
    const keyLength = key === null ? 0 : key.length;
    this.reserve(MAX_PREFIX_BYTES + keyLength);
    const { bytes } = this;
    if (this.count === 0) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
    this.#recordAt = this.length;
    let at = this.length + this.#recordLengthSize;
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestamp - this.#baseTimestamp);
    at = writeVarint(bytes, at, this.count);
    if (key === null) bytes[at++] = 1;
    else {
      at = writeVarint(bytes, at, keyLength);
      const from = key.bytes;
      if (keyLength > 64) bytes.set(from.subarray(0, keyLength), at);
      else for (let i = 0; i < keyLength; i++) bytes[at + i] = from[i];
      at += keyLength;
    }
    this.#valueLengthAt = at;
    this.length = at + this.#valueLengthSize;
  }

  appendValue(bytes: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length += end - start;
  }

  get baseTimestamp(): number {
    return this.#baseTimestamp;
  }

  /** Ends a record; what was appended since `begin` is its value. */
  end(isNullValue: boolean, headers: KafkaHeaders | null): void {
    this.reserve(16);
    const valueAt = this.#valueLengthAt + this.#valueLengthSize;
    const valueLength = isNullValue ? -1 : this.length - valueAt;
    if (isNullValue) this.length = valueAt;
    const valueLengthSize = sizeOfVarint(valueLength);
    if (valueLengthSize !== this.#valueLengthSize) {
      this.#move(valueAt, valueLengthSize - this.#valueLengthSize);
      this.#valueLengthSize = valueLengthSize;
    }
    writeVarint(this.bytes, this.#valueLengthAt, valueLength);
    if (headers === null || headers.size === 0) this.bytes[this.length++] = 0;
    else this.#writeHeaders(headers);
    const bodyAt = this.#recordAt + this.#recordLengthSize;
    const recordLength = this.length - bodyAt;
    const recordLengthSize = sizeOfVarint(recordLength);
    if (recordLengthSize !== this.#recordLengthSize) {
      this.reserve(8);
      this.#move(bodyAt, recordLengthSize - this.#recordLengthSize);
      this.#recordLengthSize = recordLengthSize;
    }
    writeVarint(this.bytes, this.#recordAt, recordLength);
    this.count++;
  }

  /** The records so far as a batch of its own; the builder begins anew. */
  take(compression: Compression | null, isTransactional: boolean): RecordBatchBytes {
    const { count } = this;
    const bytes = compression === null ? this.bytes.slice(0, this.length) : this.#compressed(compression);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(0, 0n);
    view.setInt32(LENGTH, bytes.length - AFTER_LENGTH);
    view.setInt32(LEADER_EPOCH, -1);
    bytes[MAGIC] = 2;
    view.setInt16(ATTRIBUTES, (compression?.codec ?? 0) | (isTransactional ? TRANSACTIONAL : 0));
    view.setInt32(LAST_OFFSET_DELTA, count - 1);
    view.setBigInt64(BASE_TIMESTAMP, BigInt(this.#baseTimestamp));
    view.setBigInt64(MAX_TIMESTAMP, BigInt(this.#maxTimestamp));
    view.setInt32(RECORD_COUNT, count);
    this.length = RECORDS;
    this.count = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
    return { bytes, count };
  }

  #compressed({ compress }: Compression): Uint8Array {
    const payload = compress(this.bytes.subarray(RECORDS, this.length));
    const bytes = new Uint8Array(RECORDS + payload.length);
    bytes.set(payload, RECORDS);
    return bytes;
  }

  #writeHeaders(headers: KafkaHeaders): void {
    this.length = writeVarint(this.bytes, this.length, headers.size);
    for (const [name, value] of headers) {
      this.#appendSized(Buffer.from(name));
      if (value !== null) this.#appendSized(value);
      else {
        this.reserve(1);
        this.bytes[this.length++] = 1;
      }
    }
  }

  #appendSized(bytes: Uint8Array): void {
    this.reserve(5 + bytes.length);
    const at = writeVarint(this.bytes, this.length, bytes.length);
    this.bytes.set(bytes, at);
    this.length = at + bytes.length;
  }

  /** Moves all from `at` on; there must be room. */
  #move(at: number, by: number): void {
    this.bytes.copyWithin(at + by, at, this.length);
    this.length += by;
  }
}

/**
 * Writes whose batch it is, and the checksum. `sequence` is the first record's; -1 for all three is a producer without
 * idempotence.
 */
export function stampBatch(
  { bytes }: RecordBatchBytes,
  producerId: bigint,
  epoch: number,
  sequence: number,
  checksum: (bytes: Uint8Array) => number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setBigInt64(PRODUCER_ID, producerId);
  view.setInt16(PRODUCER_EPOCH, epoch);
  view.setInt32(BASE_SEQUENCE, sequence);
  view.setUint32(CHECKSUM, checksum(bytes.subarray(ATTRIBUTES)));
}

/** The records of a batch that was made here, decompressed: they begin at `at` of `payload`. */
export function recordsOf(
  { bytes }: RecordBatchBytes,
  decompress: (codec: number, bytes: Uint8Array) => Uint8Array,
): { readonly payload: Uint8Array; readonly at: number; readonly baseTimestamp: number; readonly isTransactional: boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const attributes = view.getInt16(ATTRIBUTES);
  const codec = attributes & CODEC;
  return {
    payload: codec === 0 ? bytes : decompress(codec, bytes.subarray(RECORDS)),
    at: codec === 0 ? RECORDS : 0,
    baseTimestamp: Number(view.getBigInt64(BASE_TIMESTAMP)),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
  };
}
