import type { Connector } from '../connector.ts';
import { DeferredSink } from '../deferred-sink.ts';
import { bindElasticsearch } from './bind.ts';

/** Flink's page: connectors/table/elasticsearch. Works with Elasticsearch 7, 8 and 9. */
export const elasticsearch: Connector = {
  name: 'elasticsearch-7',
  summary: 'Writes rows as documents, by id when the table has a primary key.',
  metadata: new Map(),
  bind: bindElasticsearch,
  createSink: (table, context) =>
    new DeferredSink(async () => new (await import('./elasticsearch-sink.ts')).ElasticsearchSink(table, context)),
};
