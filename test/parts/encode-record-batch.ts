import { crc32c } from '@platformatic/kafka';

export interface BatchRecord {
  readonly offsetDelta: number;
  readonly timestampDelta: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

export interface BatchOptions {
  readonly baseOffset: number;
  readonly records: readonly BatchRecord[];
  readonly baseTimestamp?: number;
  readonly maxTimestamp?: number;
  /** The number of Kafka's codec and what it does. */
  readonly codec?: readonly [number: number, compress: (bytes: Buffer) => Uint8Array];
  readonly leaderEpoch?: number;
  readonly producerId?: bigint;
  readonly isLogAppendTime?: boolean;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** The delta of the last offset, where compaction has taken the last records away. */
  readonly lastOffsetDelta?: number;
}

/** A record batch (magic 2), written down after Kafka's page on its message format, for tests of what reads them. */
export function encodeRecordBatch(options: BatchOptions): Buffer {
  const { baseOffset, records, codec, baseTimestamp = 0 } = options;
  const plain = Buffer.concat(records.map(encodeRecord));
  const payload = codec === undefined ? plain : Buffer.from(codec[1](plain));
  const batch = Buffer.alloc(61 + payload.length);
  payload.copy(batch, 61);
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(options.leaderEpoch ?? 0, 12);
  batch.writeInt8(2, 16);
  const flags =
    (codec?.[0] ?? 0) | (options.isLogAppendTime ? 8 : 0) | (options.isTransactional ? 16 : 0) | (options.isControl ? 32 : 0);
  batch.writeInt16BE(flags, 21);
  batch.writeInt32BE(options.lastOffsetDelta ?? records.at(-1)?.offsetDelta ?? 0, 23);
  batch.writeBigInt64BE(BigInt(baseTimestamp), 27);
  batch.writeBigInt64BE(BigInt(options.maxTimestamp ?? baseTimestamp), 35);
  batch.writeBigInt64BE(options.producerId ?? -1n, 43);
  batch.writeInt16BE(-1, 51);
  batch.writeInt32BE(-1, 53);
  batch.writeInt32BE(records.length, 57);
  return withChecksum(batch);
}

/** Puts the right checksum into a batch that was changed. */
export function withChecksum(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

function encodeRecord({ offsetDelta, timestampDelta, key, value, headers }: BatchRecord): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    withLength(key),
    withLength(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [withLength(Buffer.from(name)), withLength(content)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function withLength(bytes: Uint8Array | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  let raw = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const bytes: number[] = [];
  for (; raw >= 0x80n; raw >>= 7n) bytes.push(Number(raw & 0x7fn) | 0x80);
  bytes.push(Number(raw));
  return Buffer.from(bytes);
}
