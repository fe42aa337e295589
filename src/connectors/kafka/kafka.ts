import { BYTES, INTEGER, BIGINT, map, STRING, timestampLtz, withNullable } from '../../types/sql-type.ts';
import type { Connector } from '../connector.ts';
import { DeferredSink } from '../deferred-sink.ts';
import { DeferredSource } from '../deferred-source.ts';
import { bindKafka, bindUpsertKafka } from './bind.ts';

const METADATA: Connector['metadata'] = new Map([
  ['topic', { type: withNullable(STRING, false), writable: true }],
  ['partition', { type: withNullable(INTEGER, false), writable: false }],
  ['headers', { type: withNullable(map(STRING, BYTES), false), writable: true }],
  ['leader-epoch', { type: INTEGER, writable: false }],
  ['offset', { type: withNullable(BIGINT, false), writable: false }],
  ['timestamp', { type: withNullable(timestampLtz(3), false), writable: true }],
  ['timestamp-type', { type: withNullable(STRING, false), writable: false }],
]);

const createSource: Connector['createSource'] = (table, context) =>
  new DeferredSource(async () => new (await import('./kafka-source.ts')).KafkaSource(table, context));

const createSink: Connector['createSink'] = (table, context) =>
  new DeferredSink(async () => new (await import('./kafka-sink.ts')).KafkaSink(table, context));

/** What is the same for topics of Kafka and local ones. Flink's page: connectors/table/kafka. */
export const kafka: Connector = {
  name: 'kafka',
  summary: 'Reads and appends to topics.',
  metadata: METADATA,
  bind: bindKafka,
  createSource,
  createSink,
};

/** Flink's page: connectors/table/upsert-kafka. */
export const upsertKafka: Connector = {
  name: 'upsert-kafka',
  summary: 'Reads and writes a changelog by key: the last record of a key counts, one without a value deletes.',
  metadata: METADATA,
  bind: bindUpsertKafka,
  createSource,
  createSink,
};
