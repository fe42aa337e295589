import type { Connector } from '../connector.ts';
import { bindElasticsearch } from './bind.ts';

/** What is the same for Elasticsearch and the local index. Flink's page: connectors/table/elasticsearch. */
export const elasticsearch: Connector = {
  name: 'elasticsearch-7',
  summary: 'Writes rows as documents, by id when the table has a primary key.',
  metadata: new Map(),
  bind: bindElasticsearch,
};
