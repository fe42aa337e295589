import type { API, produceV9, Writer } from '@platformatic/kafka';
import type { KafkaLibrary } from './load-kafka-library.ts';

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly acks: -1 | 0 | 1;
  readonly timeoutMs: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly bytes: Uint8Array }[];
  }[];
}

export type ProduceResponse = produceV9.ProduceResponse;
export type ProducePartitionResponse = produceV9.ProduceResponsePartition;

/** Kafka 2.6 and later know it. From version 12 on transactions would be of another kind. */
export const PRODUCE_VERSION = 9;
const PRODUCE = 0;

/** Kafka's Produce with record batches as they are: the library's own makes them of an object for each record. */
export function createProduceApi(library: KafkaLibrary): API<[ProduceRequest], ProduceResponse> {
  const { createAPI, produceV9 } = library;
  return createAPI(
    PRODUCE,
    PRODUCE_VERSION,
    (request: ProduceRequest) => writeRequest(library, request),
    produceV9.parseResponse,
  );
}

function writeRequest(library: KafkaLibrary, { transactionalId, acks, timeoutMs, topics }: ProduceRequest): Writer {
  const request = library.Writer.create()
    .appendString(transactionalId)
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray([...topics], (topicWriter, { topic, partitions }) => {
      topicWriter.appendString(topic).appendArray([...partitions], (writer, { partition, bytes }) => {
        writer
          .appendInt32(partition)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      });
    })
    .appendTaggedFields();
  if (acks === 0) request.context.noResponse = true;
  return request;
}
