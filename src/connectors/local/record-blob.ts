import { crc32 } from 'node:zlib';
import { RunError } from '../../base/problem.ts';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { ByteSink } from '../../formats/format.ts';

/**
 * How a batch of records lies in one blob of the local store. All numbers are little-endian 32-bit unless said otherwise;
 * places are counted from the blob's start, so that a reader needs only views of it, no copies.
 *
 * | part | contents |
 * | --- | --- |
 * | header, 32 bytes | magic, count, flags, checksum of all that follows it, place of the values, of the keys, of the headers, of the arrays |
 * | values, keys, headers | bytes, one record behind the other |
 * | (to a multiple of 8) | |
 * | timestamps | count × 64-bit float: milliseconds since 1970 UTC |
 * | value places | count + 1: record i is from place i to place i + 1. With NULL_VALUES: count starts, count ends |
 * | key places | the same for keys, with KEYS or NULL_KEYS |
 * | header places | count + 1, with HEADERS |
 */
export const MAGIC = 0x31425249;
export const HEADER_BYTES = 32;

export const NULL_VALUES = 1;
export const KEYS = 2;
export const NULL_KEYS = 4;
export const HEADERS = 8;

/** A batch goes to the store once it is about this large. */
export const BLOB_BYTES = 1 << 20;
export const BLOB_RECORDS = 1 << 16;
/** What a builder begins with, and goes back to after a huge record. */
const FIRST_BYTES = 16 * 1024;
/** A longer record could not become a text. */
const MAX_BLOB_BYTES = 1 << 28;

export type RecordHeaders = ReadonlyMap<string, Uint8Array | null>;

/**
 * Collects records into a blob. The value is appended to the builder itself, as encoders do, the key to `keys`; then `end`
 * makes a record of what was appended since the last one.
 */
export class RecordBlobBuilder implements ByteSink {
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  length = HEADER_BYTES;
  readonly keys = new ByteBuffer(1024);
  readonly #headers = new ByteBuffer(64);
  count = 0;
  #capacity = 256;
  #timestamps = new Float64Array(this.#capacity);
  #valueEnds = new Int32Array(this.#capacity);
  #keyEnds = new Int32Array(this.#capacity);
  #headerEnds = new Int32Array(this.#capacity);
  #nullValues = new Uint8Array(this.#capacity);
  #nullKeys = new Uint8Array(this.#capacity);
  #nullValueCount = 0;
  #nullKeyCount = 0;

  /** About as many bytes as the blob will have. */
  get size(): number {
    return this.length + this.keys.length + 16 * this.count;
  }

  /** True when it is time to hand the blob over. */
  get isFull(): boolean {
    return this.length + this.keys.length >= BLOB_BYTES || this.count >= BLOB_RECORDS;
  }

  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    if (needed > MAX_BLOB_BYTES) {
      throw new RunError(
        'RECORD_TOO_LARGE',
        `a record of more than ${Math.floor(MAX_BLOB_BYTES / 1e6)} MB does not fit into a local topic`,
      );
    }
    const bytes = new Uint8Array(Math.min(MAX_BLOB_BYTES, Math.max(needed, 2 * this.bytes.length)));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
  }

  /** Ends a record; what was appended for a null value or key is its empty stretch. */
  end(timestamp: number, nullKey: boolean, nullValue: boolean): void {
    const i = this.count;
    if (i === this.#capacity) this.#grow();
    this.#timestamps[i] = timestamp;
    this.#valueEnds[i] = this.length;
    this.#keyEnds[i] = this.keys.length;
    this.#headerEnds[i] = this.#headers.length;
    this.#nullValues[i] = nullValue ? 1 : 0;
    this.#nullKeys[i] = nullKey ? 1 : 0;
    if (nullValue) this.#nullValueCount++;
    if (nullKey) this.#nullKeyCount++;
    this.count = i + 1;
  }

  /** Headers of the record that the next `end` ends. */
  addHeaders(headers: RecordHeaders): void {
    appendHeaders(headers, this.#headers);
  }

  appendValue(value: Uint8Array): void {
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  appendKey(key: Uint8Array): void {
    this.keys.reserve(key.length);
    this.keys.bytes.set(key, this.keys.length);
    this.keys.length += key.length;
  }

  /** The blob of all records so far, as a view that the next `clear` ends. */
  finish(): Uint8Array {
    const count = this.count;
    const valuesEnd = this.length;
    this.appendValue(this.keys.written());
    const keysEnd = this.length;
    this.appendValue(this.#headers.written());
    const arrays = (this.length + 7) & ~7;
    this.reserve(arrays - this.length + 8 * count + 6 * 4 * (count + 1));
    this.bytes.fill(0, this.length, arrays);

    const buffer = this.bytes.buffer;
    new Float64Array(buffer, arrays, count).set(this.#timestamps.subarray(0, count));
    let at = arrays + 8 * count;
    at = this.#writePlaces(at, this.#valueEnds, HEADER_BYTES, 0, this.#nullValueCount > 0 ? this.#nullValues : null);
    let flags = this.#nullValueCount > 0 ? NULL_VALUES : 0;
    if (this.#nullKeyCount < count) {
      flags |= KEYS | (this.#nullKeyCount > 0 ? NULL_KEYS : 0);
      at = this.#writePlaces(at, this.#keyEnds, 0, valuesEnd, this.#nullKeyCount > 0 ? this.#nullKeys : null);
    }
    if (this.#headers.length > 0) {
      flags |= HEADERS;
      at = this.#writePlaces(at, this.#headerEnds, 0, keysEnd, null);
    }
    this.length = at;
    const header = new Uint32Array(buffer, 0, HEADER_BYTES / 4);
    header[0] = MAGIC;
    header[1] = count;
    header[2] = flags;
    header[4] = HEADER_BYTES;
    header[5] = valuesEnd;
    header[6] = keysEnd;
    header[7] = arrays;
    header[3] = crc32(this.bytes.subarray(16, at));
    return this.bytes.subarray(0, at);
  }

  /** As `finish`, as a copy of its own; the builder begins anew. */
  take(): Uint8Array {
    const blob = this.finish().slice();
    this.clear();
    return blob;
  }

  clear(): void {
    // One huge record must not hold its memory for ever.
    if (this.bytes.length > 8 * BLOB_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
    this.length = HEADER_BYTES;
    this.keys.clear();
    this.#headers.clear();
    this.count = 0;
    this.#nullValueCount = 0;
    this.#nullKeyCount = 0;
  }

  /** Writes where records begin and end; `first` is the first one's beginning and `shift` is added to all places. */
  #writePlaces(at: number, ends: Int32Array, first: number, shift: number, nulls: Uint8Array | null): number {
    const count = this.count;
    if (nulls === null) {
      const places = new Int32Array(this.bytes.buffer, at, count + 1);
      places[0] = first + shift;
      for (let i = 0; i < count; i++) places[i + 1] = ends[i] + shift;
      return at + 4 * (count + 1);
    }
    const places = new Int32Array(this.bytes.buffer, at, 2 * count);
    for (let i = 0; i < count; i++) {
      const start = (i === 0 ? first : ends[i - 1]) + shift;
      places[i] = start;
      places[count + i] = nulls[i] === 1 ? start - 1 : ends[i] + shift;
    }
    return at + 8 * count;
  }

  #grow(): void {
    const capacity = 2 * this.#capacity;
    this.#timestamps = grown(this.#timestamps, new Float64Array(capacity));
    this.#valueEnds = grown(this.#valueEnds, new Int32Array(capacity));
    this.#keyEnds = grown(this.#keyEnds, new Int32Array(capacity));
    this.#headerEnds = grown(this.#headerEnds, new Int32Array(capacity));
    this.#nullValues = grown(this.#nullValues, new Uint8Array(capacity));
    this.#nullKeys = grown(this.#nullKeys, new Uint8Array(capacity));
    this.#capacity = capacity;
  }
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Headers of a record: how many (32 bits); then for each length and bytes of its name and of its value, -1 for null. */
function appendHeaders(headers: RecordHeaders, out: ByteBuffer): void {
  appendInt(headers.size, out);
  for (const [name, value] of headers) {
    appendBytes(Buffer.from(name), out);
    if (value === null) appendInt(-1, out);
    else appendBytes(value, out);
  }
}

function appendBytes(bytes: Uint8Array, out: ByteBuffer): void {
  appendInt(bytes.length, out);
  out.reserve(bytes.length);
  out.bytes.set(bytes, out.length);
  out.length += bytes.length;
}

function appendInt(value: number, out: ByteBuffer): void {
  out.reserve(4);
  for (let shift = 0; shift < 32; shift += 8) out.bytes[out.length++] = value >> shift;
}

/** Reads what `appendHeaders` wrote. */
export function readHeaders(bytes: Uint8Array, start: number, end: number): RecordHeaders | null {
  if (start === end) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headers = new Map<string, Uint8Array | null>();
  let at = start + 4;
  for (let left = view.getInt32(start, true); left > 0; left--) {
    const nameEnd = at + 4 + view.getInt32(at, true);
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + at + 4, nameEnd - at - 4).toString();
    const valueLength = view.getInt32(nameEnd, true);
    at = nameEnd + 4 + Math.max(0, valueLength);
    headers.set(name, valueLength < 0 ? null : bytes.slice(nameEnd + 4, at));
  }
  return headers;
}
