import { ByteBuffer } from '../../formats/byte-buffer.ts';
import { appendRecord } from './append-record.ts';
import type { RecordBatchBuilder } from './record-batch-builder.ts';
import { readVarint, varintSize } from './varint.ts';

/**
 * Copies records as they lie in a batch, from `at` on, into the builders that `builderOf` chooses by the key (null: none).
 * They are records that were written here: nothing is checked.
 */
export function copyRecords(
  bytes: Uint8Array,
  at: number,
  count: number,
  baseTimestamp: number,
  builderOf: (key: ByteBuffer | null) => RecordBatchBuilder,
): void {
  const key = new ByteBuffer(256);
  for (let i = 0; i < count; i++) {
    at += varintSize(bytes, at) + 1;
    const timestamp = baseTimestamp + readVarint(bytes, at);
    at += varintSize(bytes, at);
    at += varintSize(bytes, at);
    const keyLength = readVarint(bytes, at);
    at += varintSize(bytes, at);
    key.clear();
    if (keyLength > 0) {
      key.reserve(keyLength);
      key.bytes.set(bytes.subarray(at, at + keyLength));
      key.length = keyLength;
      at += keyLength;
    }
    const valueLength = readVarint(bytes, at);
    at += varintSize(bytes, at);
    const valueAt = at;
    at += Math.max(0, valueLength);
    const headers = new Map<string, Uint8Array | null>();
    const headerCount = readVarint(bytes, at);
    at += varintSize(bytes, at);
    for (let header = 0; header < headerCount; header++) {
      const nameLength = readVarint(bytes, at);
      at += varintSize(bytes, at);
      const name = Buffer.from(bytes.subarray(at, at + nameLength)).toString();
      at += nameLength;
      const length = readVarint(bytes, at);
      at += varintSize(bytes, at);
      headers.set(name, length < 0 ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    const chosen = keyLength < 0 ? null : key;
    appendRecord(
      builderOf(chosen),
      timestamp,
      chosen,
      valueLength < 0 ? null : bytes.subarray(valueAt, valueAt + valueLength),
      headers,
    );
  }
}
