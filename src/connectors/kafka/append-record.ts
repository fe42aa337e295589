import type { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { KafkaHeaders, RecordBatchBuilder } from './record-batch-builder.ts';

/** Appends a whole record; no value is a tombstone. */
export function appendRecord(
  builder: RecordBatchBuilder,
  timestamp: number,
  key: ByteBuffer | null,
  value: Uint8Array | null,
  headers: KafkaHeaders | null,
): void {
  builder.begin(timestamp, key);
  if (value !== null) builder.appendValue(value, 0, value.length);
  builder.end(value === null, headers);
}
