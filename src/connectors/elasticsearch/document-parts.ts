import { assert } from '../../base/assert.ts';
import type { Encoder } from '../../formats/format.ts';
import type { ConnectedTable } from '../connector.ts';
import { encoderOf } from '../encode.ts';
import type { ElasticsearchSettings } from './bind.ts';
import { documentIdOf, type DocumentId } from './document-id.ts';
import { indexNameOf, type IndexName } from './index-name.ts';

/** How a table's rows become documents, in Elasticsearch as in the local index. */
export interface DocumentParts {
  readonly encoder: Encoder;
  readonly indexName: IndexName;
  /** Null without a primary key. */
  readonly documentId: DocumentId | null;
}

export function documentPartsOf(table: ConnectedTable, timeZone: string): DocumentParts {
  const settings = table.bound.settings as unknown as ElasticsearchSettings;
  const columns = table.physical.map((_, i) => i);
  return {
    encoder: encoderOf(table.bound.format!, table.physical, columns, timeZone),
    indexName: indexNameOf(settings.index, table.physical, timeZone, (what) => assert(false, `index ${what}`)),
    documentId: table.primaryKey.length === 0 ? null : documentIdOf(table, settings.keyDelimiter),
  };
}
