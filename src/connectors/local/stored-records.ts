import { crc32 } from 'node:zlib';
import type { Value } from '../../types/value.ts';
import type { RecordBatch } from '../record-batch.ts';
import { HEADER_BYTES, HEADERS, KEYS, MAGIC, NULL_KEYS, NULL_VALUES, readHeaders, type RecordHeaders } from './record-blob.ts';

/** Records of one partition as the local store holds them: views of the blob, nothing copied. */
export class StoredRecords implements RecordBatch {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly keyStarts: Int32Array | null;
  readonly keyEnds: Int32Array | null;
  readonly timestamps: Float64Array;
  readonly origin: string;
  readonly partition: number;
  readonly split: string;
  readonly firstOffset: number;
  /** The offset of the blob's first record. */
  readonly blobOffset: number;
  readonly #headerPlaces: Int32Array | null;

  /** Records `from` … `to - 1` of a blob; its first has the offset `blobOffset`. */
  constructor(blob: Uint8Array, topic: string, partition: number, blobOffset: number, from: number, to: number) {
    const [, total, flags, , , , , arrays] = new Uint32Array(blob.buffer, blob.byteOffset, HEADER_BYTES / 4);
    const count = Math.min(to, total) - from;
    let at = blob.byteOffset + arrays;
    const places = (hasNulls: boolean): [Int32Array, Int32Array] => {
      const starts = new Int32Array(blob.buffer, at + 4 * from, count);
      const ends = new Int32Array(blob.buffer, at + 4 * (from + (hasNulls ? total : 1)), count);
      at += hasNulls ? 8 * total : 4 * (total + 1);
      return [starts, ends];
    };
    this.count = count;
    this.bytes = blob;
    this.timestamps = new Float64Array(blob.buffer, at + 8 * from, count);
    at += 8 * total;
    [this.valueStarts, this.valueEnds] = places((flags & NULL_VALUES) !== 0);
    [this.keyStarts, this.keyEnds] = (flags & KEYS) !== 0 ? places((flags & NULL_KEYS) !== 0) : [null, null];
    this.#headerPlaces = (flags & HEADERS) !== 0 ? new Int32Array(blob.buffer, at + 4 * from, count + 1) : null;
    this.origin = topic;
    this.partition = partition;
    this.split = splitName(topic, partition);
    this.firstOffset = blobOffset + from;
    this.blobOffset = blobOffset;
  }

  offset(i: number): number {
    return this.firstOffset + i;
  }

  positionAfter(i: number): number {
    return this.firstOffset + i + 1;
  }

  /** As Kafka allows: a header may have a null value. */
  recordHeaders(i: number): RecordHeaders | null {
    const places = this.#headerPlaces;
    return places === null ? null : readHeaders(this.bytes, places[i], places[i + 1]);
  }

  headers(i: number): ReadonlyMap<string, Uint8Array> | null {
    return this.recordHeaders(i) as ReadonlyMap<string, Uint8Array> | null;
  }

  /** The metadata columns of Flink's Kafka connector. */
  metadata(key: string, i: number): Value {
    switch (key) {
      case 'topic':
        return this.origin;
      case 'partition':
        return this.partition;
      case 'offset':
        return BigInt(this.firstOffset + i);
      case 'timestamp':
        return this.timestamps[i];
      case 'timestamp-type':
        return 'CreateTime';
      case 'leader-epoch':
        return 0;
      case 'headers':
        return new Map(this.recordHeaders(i));
      default:
        return null;
    }
  }
}

/** The name of a partition in positions, for example `weather_data-0`. */
export const splitName = (topic: string, partition: number): string => `${topic}-${partition}`;

/** How many records a blob holds, or -1 when it is not what was written. */
export function checkedCount(blob: Uint8Array): number {
  if (blob.length < HEADER_BYTES) return -1;
  const header = new Uint32Array(blob.buffer, blob.byteOffset, HEADER_BYTES / 4);
  return header[0] === MAGIC && header[3] === crc32(blob.subarray(16)) ? header[1] : -1;
}
