import type { Value } from '../../types/value.ts';
import type { RecordBatch } from '../record-batch.ts';
import { readVarint, varintSize } from './varint.ts';

const FIRST_CAPACITY = 1024;

/**
 * Records of one partition as they lie in Kafka's record batches: places in one buffer. The arrays are used again: what is in
 * them is lent until the source is polled again.
 */
export class KafkaRecords implements RecordBatch {
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  valueStarts: Int32Array = new Int32Array(FIRST_CAPACITY);
  valueEnds: Int32Array = new Int32Array(FIRST_CAPACITY);
  keyStarts: Int32Array | null = null;
  keyEnds: Int32Array | null = null;
  timestamps: Float64Array = new Float64Array(FIRST_CAPACITY);
  origin = '';
  partition = 0;
  split = '';
  /** The offset of record i is `firstOffset` and `offsetDeltas[i]`. */
  firstOffset = 0;
  offsetDeltas: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Where the headers of record i begin: at their count. */
  headerPlaces: Int32Array = new Int32Array(FIRST_CAPACITY);
  /** Where to go on once all records have been processed: behind what had no records, too. */
  endOffset = 0;
  /** -1 where the broker knew none. */
  leaderEpoch = -1;
  isLogAppendTime = false;
  /** The arrays for keys, in use only where some record has one. */
  allKeyStarts: Int32Array = new Int32Array(FIRST_CAPACITY);
  allKeyEnds: Int32Array = new Int32Array(FIRST_CAPACITY);

  /** Makes room for so many records in all; keeps those that are there. */
  reserve(capacity: number): void {
    if (capacity <= this.valueStarts.length) return;
    const length = Math.max(capacity, 2 * this.valueStarts.length);
    this.valueStarts = grown(this.valueStarts, length);
    this.valueEnds = grown(this.valueEnds, length);
    this.allKeyStarts = grown(this.allKeyStarts, length);
    this.allKeyEnds = grown(this.allKeyEnds, length);
    this.offsetDeltas = grown(this.offsetDeltas, length);
    this.headerPlaces = grown(this.headerPlaces, length);
    const timestamps = new Float64Array(length);
    timestamps.set(this.timestamps);
    this.timestamps = timestamps;
  }

  offset(i: number): number {
    return this.firstOffset + this.offsetDeltas[i];
  }

  positionAfter(i: number): number {
    return i === this.count - 1 ? this.endOffset : this.offset(i) + 1;
  }

  /** Of headers with the same name the last counts, as in Flink; a header may have a null value. */
  headers(i: number): ReadonlyMap<string, Uint8Array> {
    return this.#headers(i) as ReadonlyMap<string, Uint8Array>;
  }

  /** The metadata columns of Flink's Kafka connector. */
  metadata(key: string, i: number): Value {
    switch (key) {
      case 'topic':
        return this.origin;
      case 'partition':
        return this.partition;
      case 'offset':
        return BigInt(this.offset(i));
      case 'timestamp':
        return this.timestamps[i];
      case 'timestamp-type':
        return this.isLogAppendTime ? 'LogAppendTime' : 'CreateTime';
      case 'leader-epoch':
        return this.leaderEpoch < 0 ? null : this.leaderEpoch;
      case 'headers':
        return this.#headers(i);
      default:
        return null;
    }
  }

  #headers(i: number): Map<string, Uint8Array | null> {
    const { bytes } = this;
    const headers = new Map<string, Uint8Array | null>();
    let at = this.headerPlaces[i];
    const count = readVarint(bytes, at);
    at += varintSize(bytes, at);
    for (let header = 0; header < count; header++) {
      const nameLength = readVarint(bytes, at);
      at += varintSize(bytes, at);
      const name = TEXT.decode(bytes.subarray(at, at + nameLength));
      at += nameLength;
      const length = readVarint(bytes, at);
      at += varintSize(bytes, at);
      headers.set(name, length < 0 ? null : bytes.slice(at, at + length));
      at += Math.max(0, length);
    }
    return headers;
  }
}

const TEXT = new TextDecoder();

function grown(from: Int32Array, length: number): Int32Array {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
