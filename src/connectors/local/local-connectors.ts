import type { Connector } from '../connector.ts';
import { elasticsearch } from '../elasticsearch/elasticsearch.ts';
import { kafka, upsertKafka } from '../kafka/kafka.ts';
import { IndexSink } from './index-sink.ts';
import { TopicSink } from './topic-sink.ts';
import { TopicSource } from './topic-source.ts';

/** What takes the place of Kafka and Elasticsearch under --local: the same tables on the local store. */
export const LOCAL_CONNECTORS: readonly Connector[] = [
  withTopics(kafka),
  withTopics(upsertKafka),
  { ...elasticsearch, createSink: (table, context) => new IndexSink(table, context) },
];

function withTopics(connector: Connector): Connector {
  return {
    ...connector,
    createSource: (table, context) => new TopicSource(table, context),
    createSink: (table, context) => new TopicSink(table, context),
  };
}
