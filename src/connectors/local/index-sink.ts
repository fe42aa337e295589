import { randomBytes } from 'node:crypto';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Batch } from '../../types/batch.ts';
import { DELETE, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { documentPartsOf, type DocumentParts } from '../elasticsearch/document-parts.ts';

/**
 * Writes rows as documents of the local index within the checkpoint's transaction. With a primary key a row takes the place
 * of the one with its id, and -D deletes it; without one every row is a document with an id of its own.
 */
export class IndexSink implements Sink {
  readonly #context: ConnectorContext;
  readonly #parts: DocumentParts;
  readonly #bytes = new ByteBuffer(1024);
  /** By index and id: the last document since the last commit, or null where it is to be deleted. */
  readonly #documents = new Map<string, Map<string, string | null>>();
  #pendingBytes = 0;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#context = context;
    this.#parts = documentPartsOf(table, context.timeZone);
  }

  async open(): Promise<void> {}

  write(batch: Batch): void {
    const { indexName, documentId } = this.#parts;
    const { length, kinds } = batch;
    const now = this.#context.clock.now();
    for (let row = 0; row < length; row++) {
      const kind = kinds === null ? 0 : kinds[row];
      if (kind === UPDATE_BEFORE) continue;
      const id = documentId === null ? randomBytes(15).toString('base64url') : documentId(batch, row);
      const json = kind === DELETE ? null : this.#jsonOf(batch, row);
      this.#documentsOf(indexName(batch, row, now)).set(id, json);
      this.#pendingBytes += id.length + (json?.length ?? 0) + 64;
    }
  }

  async flush(): Promise<void> {}

  commit(): void {
    const { index } = this.#context.store();
    for (const [name, documents] of this.#documents) {
      index.apply(name, documents);
    }
    this.#documents.clear();
    this.#pendingBytes = 0;
  }

  pendingBytes(): number {
    return this.#pendingBytes;
  }

  async close(): Promise<void> {}

  #jsonOf(batch: Batch, row: number): string {
    this.#bytes.clear();
    this.#parts.encoder.encode(batch, row, this.#bytes);
    return Buffer.from(this.#bytes.bytes.buffer, this.#bytes.bytes.byteOffset, this.#bytes.length).toString();
  }

  #documentsOf(index: string): Map<string, string | null> {
    let documents = this.#documents.get(index);
    if (documents === undefined) this.#documents.set(index, (documents = new Map()));
    return documents;
  }
}
