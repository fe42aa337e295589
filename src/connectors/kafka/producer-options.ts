import { gzipSync, zstdCompressSync } from 'node:zlib';
import { RunError } from '../../base/problem.ts';
import { booleanProperty, integerProperty } from './client-properties.ts';
import type { KafkaLibrary } from './load-kafka-library.ts';
import type { Compression } from './record-batch-builder.ts';
import type { KafkaSettings } from './settings.ts';

/** What Kafka's producer properties say. Kafka's page: producer-configs. Times in milliseconds. */
export interface ProducerOptions {
  /** -1 is all in-sync replicas. */
  readonly acks: -1 | 0 | 1;
  /** The broker drops what is sent twice and keeps the order. */
  readonly isIdempotent: boolean;
  readonly compression: Compression | null;
  /** A batch is sent once it is so large (before compression). */
  readonly batchBytes: number;
  readonly lingerMs: number;
  /** The most that one request holds, unless a single record is larger. */
  readonly requestBytes: number;
  /** The user has named `max.request.size`: a larger record is refused here, as Kafka's producer does. */
  readonly refusesLargerRecords: boolean;
  readonly requestTimeoutMs: number;
  /** After so long without success the job fails; undefined goes on trying. */
  readonly deliveryTimeoutMs: number | undefined;
  /** Undefined is Flink's hour, or what the broker allows. */
  readonly transactionTimeoutMs: number | undefined;
  readonly retryMs: number;
  readonly maxRetryMs: number;
}

/** Kafka's own 16 KB would be a request for every few hundred rows. */
const BATCH_BYTES = 256 * 1024;

export function producerOptions(settings: KafkaSettings, library: KafkaLibrary): ProducerOptions {
  const { properties } = settings;
  const acks = ACKS[properties.acks ?? 'all'] ?? -1;
  const isTransactional = settings.deliveryGuarantee === 'exactly-once';
  if (acks !== -1 && (isTransactional || booleanProperty(settings, 'enable.idempotence', false))) {
    const what = isTransactional ? `'sink.delivery-guarantee' = 'exactly-once'` : `'properties.enable.idempotence' = 'true'`;
    throw new RunError('KAFKA_ACKS', `'properties.acks' = '${properties.acks}' contradicts ${what}`, `Remove 'properties.acks'.`);
  }
  const retryMs = integerProperty(settings, 'retry.backoff.ms', 100);
  const optional = (name: string): number | undefined => (name in properties ? integerProperty(settings, name, 0) : undefined);
  return {
    acks,
    isIdempotent: isTransactional || (acks === -1 && booleanProperty(settings, 'enable.idempotence', true)),
    compression: compressionOf(properties['compression.type'] ?? 'none', library),
    batchBytes: Math.max(1, integerProperty(settings, 'batch.size', BATCH_BYTES)),
    lingerMs: integerProperty(settings, 'linger.ms', 5),
    requestBytes: integerProperty(settings, 'max.request.size', 1 << 20),
    refusesLargerRecords: 'max.request.size' in properties,
    requestTimeoutMs: integerProperty(settings, 'request.timeout.ms', 30_000),
    deliveryTimeoutMs: optional('delivery.timeout.ms'),
    transactionTimeoutMs: optional('transaction.timeout.ms'),
    retryMs,
    maxRetryMs: Math.max(retryMs, integerProperty(settings, 'retry.backoff.max.ms', 1000)),
  };
}

const ACKS: Readonly<Record<string, -1 | 0 | 1>> = { all: -1, '-1': -1, '0': 0, '1': 1 };

function compressionOf(name: string, { compressionsAlgorithms: { lz4, snappy } }: KafkaLibrary): Compression | null {
  const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (name) {
    case 'gzip':
      return { codec: 1, compress: (bytes) => gzipSync(bytes) };
    case 'snappy':
      return { codec: 2, compress: (bytes) => snappy.compressSync(view(bytes)) };
    case 'lz4':
      return { codec: 3, compress: (bytes) => lz4.compressSync(view(bytes)) };
    case 'zstd':
      return { codec: 4, compress: (bytes) => zstdCompressSync(bytes) };
    default:
      return null;
  }
}
