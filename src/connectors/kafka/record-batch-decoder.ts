import { RunError } from '../../base/problem.ts';
import { KafkaRecords } from './kafka-records.ts';
import { readVarint, varintSize } from './varint.ts';
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
  RECORD_COUNT,
  RECORDS,
  AFTER_LENGTH,
  CODEC,
  LOG_APPEND_TIME,
  TRANSACTIONAL,
  CONTROL,
} from './record-batch-layout.ts';

/** A record has at least so many bytes: length, attributes, two deltas, lengths of key and value, count of headers. */
const LEAST_RECORD_BYTES = 7;
/** Small batches are put together until there are so many records … */
const RUN_RECORDS = 4096;
/** … or so many bytes of decompressed ones, which are copied for it. */
const RUN_BYTES = 256 * 1024;

/** What a fetch brought of one partition: whole record batches, of which the first may begin before `from`. */
export interface FetchedChunk {
  readonly topic: string;
  readonly partition: number;
  readonly split: string;
  readonly bytes: Uint8Array;
  /** Records before this offset have been read already. */
  readonly from: number;
  /** With `read_committed`: which producers' transactions were aborted, from which offset on, ascending; else empty. */
  readonly aborted: readonly AbortedTransaction[];
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Undoes Kafka's codecs, by their number in a batch's attributes: 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
export type Decompress = (codec: number, bytes: Uint8Array) => Uint8Array;

/**
 * Takes record batches apart: checks their checksums, decompresses them, leaves out control batches and what was aborted, and
 * tells where each record's key and value lie. One for a source, since its records are lent one run at a time.
 */
export class RecordBatchDecoder {
  readonly #records = new KafkaRecords();
  readonly #checksum: (bytes: Uint8Array) => number;
  readonly #decompress: Decompress;
  #chunk: FetchedChunk | null = null;
  /** The next batch of the chunk. */
  #at = 0;
  /** Records before this offset are left out. */
  #from = 0;
  /** The next aborted transaction that may begin. */
  #abortedAt = 0;
  readonly #abortedProducers = new Set<bigint>();
  #scratch = new Uint8Array(0);

  constructor(checksum: (bytes: Uint8Array) => number, decompress: Decompress) {
    this.#checksum = checksum;
    this.#decompress = decompress;
  }

  begin(chunk: FetchedChunk): void {
    this.#chunk = chunk;
    this.#at = 0;
    this.#from = chunk.from;
    this.#abortedAt = 0;
    this.#abortedProducers.clear();
  }

  /** The offset behind all that `next` has gone over in this chunk, records or not. */
  get position(): number {
    return this.#from;
  }

  /** The next records before `end` of the chunk, lent until the next call; undefined when there are no more. */
  next(end: number): KafkaRecords | undefined {
    const chunk = this.#chunk;
    if (chunk === null) return undefined;
    const records = this.#records;
    records.origin = chunk.topic;
    records.partition = chunk.partition;
    records.split = chunk.split;
    records.count = 0;
    records.keyStarts = null;
    records.keyEnds = null;
    let scratchLength = 0;
    const { bytes } = chunk;
    while (this.#at < bytes.length && this.#from < end) {
      if (records.count === 0) scratchLength = 0;
      const at = this.#at;
      const view = this.#checkedBatch(chunk, at);
      const baseOffset = int64(bytes, at);
      const lastOffset = baseOffset + int32(bytes, at + LAST_OFFSET_DELTA);
      const attributes = int16(bytes, at + ATTRIBUTES);
      const size = AFTER_LENGTH + int32(bytes, at + LENGTH);
      const isWanted = lastOffset >= this.#from && this.#isVisible(chunk, at, attributes, lastOffset);
      const count = isWanted ? int32(bytes, at + RECORD_COUNT) : 0;
      if (count > 0) {
        const isLogAppendTime = (attributes & LOG_APPEND_TIME) !== 0;
        const leaderEpoch = int32(bytes, at + LEADER_EPOCH);
        const codec = attributes & CODEC;
        const continues =
          records.count === 0 ||
          (records.isLogAppendTime === isLogAppendTime &&
            records.leaderEpoch === leaderEpoch &&
            (codec === 0) === (scratchLength === 0) &&
            records.count + count <= RUN_RECORDS &&
            baseOffset - records.firstOffset < 0x7fff0000);
        if (!continues) return records;
        let payload = bytes;
        let start = at + RECORDS;
        let stop = at + size;
        if (codec !== 0) {
          const plain = this.#decompressed(chunk, baseOffset, codec, view);
          payload = plain;
          start = 0;
          stop = plain.length;
          const isSmall = plain.length < RUN_BYTES / 4 && count < RUN_RECORDS;
          if (records.count > 0 || isSmall) {
            // Not before what is there has been handed out.
            if (scratchLength + plain.length > RUN_BYTES && records.count > 0) return records;
            payload = this.#appendToScratch(plain, scratchLength);
            start = scratchLength;
            stop = scratchLength + plain.length;
            scratchLength = stop;
          }
        }
        if (count > (stop - start) / LEAST_RECORD_BYTES) throw damaged(chunk, baseOffset, `it cannot hold ${count} records`);
        if (records.count === 0) {
          records.firstOffset = baseOffset;
          records.isLogAppendTime = isLogAppendTime;
          records.leaderEpoch = leaderEpoch;
        }
        records.bytes = payload;
        records.reserve(records.count + count);
        const time = int64(bytes, at + (isLogAppendTime ? MAX_TIMESTAMP : BASE_TIMESTAMP));
        if (!placeRecords(records, payload, start, stop, count, baseOffset, time, this.#from, end)) {
          throw damaged(chunk, baseOffset, 'a record in it is not as long as it says');
        }
        // A large batch stands alone: its bytes are those that came out of the codec.
        this.#at += size;
        this.#from = Math.min(end, Math.max(this.#from, lastOffset + 1));
        records.endOffset = this.#from;
        if (records.count >= RUN_RECORDS || (codec !== 0 && scratchLength === 0 && records.count > 0)) return records;
        continue;
      }
      this.#at += size;
      this.#from = Math.min(end, Math.max(this.#from, lastOffset + 1));
      records.endOffset = this.#from;
    }
    this.#chunk = null;
    return records.count > 0 ? records : undefined;
  }

  /** The batch's records as they were sent, once the checksum says that they are. */
  #checkedBatch(chunk: FetchedChunk, at: number): Uint8Array {
    const { bytes } = chunk;
    const end = at + AFTER_LENGTH + int32(bytes, at + LENGTH);
    const offset = int64(bytes, at);
    const magic = bytes[at + MAGIC];
    if (magic < 2) {
      throw new RunError(
        'KAFKA_OLD_FORMAT',
        `${place(chunk, offset)} is in the message format ${magic} of Kafka 0.10 and before, which is not read`,
        'Write the topic anew with a newer client, or begin behind these records.',
      );
    }
    if (magic !== 2) throw damaged(chunk, offset, `its format is ${magic}, which nobody knows`);
    if (uint32(bytes, at + CHECKSUM) !== this.#checksum(bytes.subarray(at + ATTRIBUTES, end))) {
      throw damaged(chunk, offset, 'its checksum is another');
    }
    return bytes.subarray(at + RECORDS, end);
  }

  /** Control batches are for the client alone; what belongs to an aborted transaction never happened. */
  #isVisible(chunk: FetchedChunk, at: number, attributes: number, lastOffset: number): boolean {
    const { aborted, bytes } = chunk;
    if (aborted.length === 0) return (attributes & CONTROL) === 0;
    for (; this.#abortedAt < aborted.length && aborted[this.#abortedAt].firstOffset <= lastOffset; this.#abortedAt++) {
      this.#abortedProducers.add(aborted[this.#abortedAt].producerId);
    }
    if ((attributes & TRANSACTIONAL) === 0) return (attributes & CONTROL) === 0;
    const producerId = new DataView(bytes.buffer, bytes.byteOffset + at + PRODUCER_ID, 8).getBigInt64(0);
    if ((attributes & CONTROL) === 0) return !this.#abortedProducers.has(producerId);
    // Whichever way it ended: what the producer sends from here on is another transaction.
    this.#abortedProducers.delete(producerId);
    return false;
  }

  #decompressed(chunk: FetchedChunk, offset: number, codec: number, bytes: Uint8Array): Uint8Array {
    if (codec > 4) {
      const hint = 'Write the topic with gzip, snappy, lz4, zstd or none.';
      throw new RunError('KAFKA_CODEC', `${place(chunk, offset)} is compressed with codec ${codec}, which nobody knows`, hint);
    }
    try {
      const plain = this.#decompress(codec, bytes);
      return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
    } catch (error) {
      throw damaged(chunk, offset, `it cannot be decompressed`, error);
    }
  }

  #appendToScratch(bytes: Uint8Array, at: number): Uint8Array {
    // Grows only where nothing is kept: `at` is 0 when the first of a run is too large for it.
    const needed = at + bytes.length;
    if (needed > this.#scratch.length) {
      const grown = new Uint8Array(Math.max(RUN_BYTES, needed));
      grown.set(this.#scratch.subarray(0, at));
      this.#scratch = grown;
    }
    this.#scratch.set(bytes, at);
    return this.#scratch;
  }
}

/**
 * Finds where `count` records lie, those with an offset from `from` on and before `end`. The hot loop: the cursor is local.
 * Answers false when they do not fill the stretch `at` … `stop` exactly.
 */
function placeRecords(
  records: KafkaRecords,
  bytes: Uint8Array,
  at: number,
  stop: number,
  count: number,
  baseOffset: number,
  time: number,
  from: number,
  end: number,
): boolean {
  const { valueStarts, valueEnds, allKeyStarts, allKeyEnds, offsetDeltas, headerPlaces, timestamps, isLogAppendTime } = records;
  const shift = baseOffset - records.firstOffset;
  const firstDelta = from - baseOffset;
  const endDelta = end - baseOffset;
  let out = records.count;
  let hasKeys = records.keyStarts !== null;
  for (let i = 0; i < count; i++) {
    const length = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const next = at + length;
    if (!(length >= LEAST_RECORD_BYTES - 1 && next <= stop)) return false;
    at++; // attributes: none are in use
    const timeDelta = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const offsetDelta = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const keyLength = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const keyStart = at;
    if (keyLength > 0) at += keyLength;
    if (!(keyLength >= -1 && at < next)) return false;
    const valueLength = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const valueStart = at;
    if (valueLength > 0) at += valueLength;
    if (!(valueLength >= -1 && at < next)) return false;
    if (bytes[at] === 0 ? at + 1 !== next : !headersFit(bytes, at, next)) return false;
    if (offsetDelta >= firstDelta && offsetDelta < endDelta) {
      valueStarts[out] = valueStart;
      valueEnds[out] = valueStart + valueLength;
      allKeyStarts[out] = keyStart;
      allKeyEnds[out] = keyStart + keyLength;
      if (keyLength >= 0) hasKeys = true;
      offsetDeltas[out] = offsetDelta + shift;
      headerPlaces[out] = at;
      timestamps[out] = isLogAppendTime ? time : time + timeDelta;
      out++;
    }
    at = next;
  }
  records.count = out;
  if (hasKeys) {
    records.keyStarts = allKeyStarts;
    records.keyEnds = allKeyEnds;
  }
  return at === stop;
}

/** True when the headers end exactly where the record does. */
function headersFit(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  const count = readVarint(bytes, at);
  at += varintSize(bytes, at);
  if (!(count >= 0 && count <= end - at)) return false;
  for (let i = 0; i < count; i++) {
    const nameLength = readVarint(bytes, at);
    at += varintSize(bytes, at) + nameLength;
    if (!(nameLength >= 0 && at < end)) return false;
    const length = readVarint(bytes, at);
    at += varintSize(bytes, at) + Math.max(0, length);
    if (!(length >= -1 && at <= end)) return false;
  }
  return at === end;
}

/** How many of the bytes are whole batches (a broker may cut off the last one), and the offset behind them. */
export function wholeBatches(bytes: Uint8Array): { readonly length: number; readonly nextOffset: number } {
  let at = 0;
  let nextOffset = -1;
  while (at + RECORDS <= bytes.length) {
    const length = int32(bytes, at + LENGTH);
    const end = at + AFTER_LENGTH + length;
    if (length < RECORDS - AFTER_LENGTH || end > bytes.length) {
      // Old formats have shorter batches: the decoder says so. A length that cannot be is its business as well.
      if (length >= 0 && end > bytes.length) break;
      return { length: bytes.length, nextOffset: int64(bytes, at) + 1 };
    }
    nextOffset = int64(bytes, at) + int32(bytes, at + LAST_OFFSET_DELTA) + 1;
    at = end;
  }
  return { length: at, nextOffset };
}

function damaged(chunk: FetchedChunk, offset: number, why: string, cause?: unknown): RunError {
  const hint = 'Something between the producer and here changed it; begin behind it, or write the topic anew.';
  return new RunError('KAFKA_DAMAGED', `${place(chunk, offset)} is damaged: ${why}`, hint, { cause });
}

function place({ topic, partition }: FetchedChunk, offset: number): string {
  return `the record batch at topic "${topic}" partition ${partition} offset ${offset}`;
}

function int16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function int32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function uint32(bytes: Uint8Array, at: number): number {
  return int32(bytes, at) >>> 0;
}

/** Exact to 53 bits, far more than any offset or timestamp. */
function int64(bytes: Uint8Array, at: number): number {
  return int32(bytes, at) * 0x1_0000_0000 + uint32(bytes, at + 4);
}
