import type { API, Reader, Writer } from '@platformatic/kafka';
import type { BytePool } from './byte-pool.ts';
import type { AbortedTransaction } from './record-batch-decoder.ts';
import type { KafkaLibrary } from './load-kafka-library.ts';

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isReadCommitted: boolean;
  readonly topics: readonly {
    readonly topicId: string;
    readonly partitions: readonly FetchRequestPartition[];
  }[];
}

export interface FetchRequestPartition {
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  readonly maxBytes: number;
}

export interface FetchResponsePartition {
  readonly topicId: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  /** The end of what `read_committed` may see. */
  readonly lastStableOffset: number;
  readonly aborted: AbortedTransaction[];
  /** Of the pool. */
  readonly bytes: Uint8Array;
}

export interface FetchResponse {
  readonly errorCode: number;
  readonly partitions: readonly FetchResponsePartition[];
}

/** Kafka's Fetch, whose record batches stay as they are: the library's own takes every record apart. Kafka 3.1 and later know it. */
export const FETCH_VERSION = 13;
const FETCH = 1;

export function createFetchApi(library: KafkaLibrary, pool: BytePool): API<[FetchRequest], FetchResponse> {
  return library.createAPI(
    FETCH,
    FETCH_VERSION,
    (request: FetchRequest) => writeRequest(library, request),
    (_correlationId, _key, _version, reader) => parseResponse(reader, pool),
  );
}

function writeRequest({ Writer: { create } }: KafkaLibrary, request: FetchRequest): Writer {
  return create()
    .appendInt32(-1) // not a replica
    .appendInt32(request.maxWaitMs)
    .appendInt32(request.minBytes)
    .appendInt32(request.maxBytes)
    .appendInt8(request.isReadCommitted ? 1 : 0)
    .appendInt32(0) // no session …
    .appendInt32(-1)
    .appendArray([...request.topics], (topics, topic) => {
      topics.appendUUID(topic.topicId).appendArray([...topic.partitions], (partitions, partition) => {
        partitions
          .appendInt32(partition.partition)
          .appendInt32(partition.leaderEpoch)
          .appendInt64(BigInt(partition.offset))
          .appendInt32(-1)
          .appendInt64(-1n)
          .appendInt32(partition.maxBytes);
      });
    })
    .appendArray([], () => {}) // … from which nothing could be taken away
    .appendString('')
    .appendTaggedFields();
}

function parseResponse(reader: Reader, pool: BytePool): FetchResponse {
  reader.readInt32(); // throttle time: the broker keeps to it by itself
  const errorCode = reader.readInt16();
  reader.readInt32(); // session
  const partitions: FetchResponsePartition[] = [];
  reader.readArray((topic) => {
    const topicId = topic.readUUID();
    topic.readArray(() => partitions.push(parsePartition(topicId, topic, pool)), true, false);
  });
  return { errorCode, partitions };
}

function parsePartition(topicId: string, reader: Reader, pool: BytePool): FetchResponsePartition {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = Number(reader.readInt64());
  const lastStableOffset = Number(reader.readInt64());
  reader.readInt64(); // where the log begins
  const aborted =
    reader.readNullableArray((entry): AbortedTransaction => ({
      producerId: entry.readInt64(),
      firstOffset: entry.readInt64(),
    })) ?? [];
  aborted.sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  reader.readInt32(); // a replica to read from instead: only with a rack
  const length = Math.max(0, reader.readUnsignedVarInt() - 1);
  const bytes = pool.take(length);
  let at = 0;
  for (const part of reader.buffer.subarray(reader.position, reader.position + length).buffers) {
    bytes.set(part, at);
    at += part.length;
  }
  reader.skip(length);
  reader.readTaggedFields();
  return { topicId, partition, errorCode, highWatermark, lastStableOffset, aborted, bytes };
}
