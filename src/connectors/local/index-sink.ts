import { randomBytes } from 'node:crypto';
import type { Batch } from '../../types/batch.ts';
import { DELETE, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { documentPartsOf, type DocumentParts } from '../elasticsearch/document-parts.ts';
import { PendingDocuments } from './pending-documents.ts';

/**
 * Writes rows as documents of the local index within the checkpoint's transaction. With a primary key a row takes the place
 * of the one with its id, and -D deletes it; without one every row is a document with an id of its own.
 */
export class IndexSink implements Sink {
  readonly #context: ConnectorContext;
  readonly #parts: DocumentParts;
  /** By index, since the last commit. */
  readonly #pending = new Map<string, PendingDocuments>();
  /** Rows have come that update or delete others. */
  #hasUpdates = false;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#context = context;
    this.#parts = documentPartsOf(table, context.timeZone);
  }

  async open(): Promise<void> {}

  write(batch: Batch): void {
    const { indexName, documentId, encoder } = this.#parts;
    const { length, kinds } = batch;
    const now = this.#context.clock.now();
    this.#hasUpdates ||= kinds !== null;
    for (let row = 0; row < length; row++) {
      const kind = kinds === null ? 0 : kinds[row];
      if (kind === UPDATE_BEFORE) continue;
      const id = documentId === null ? randomBytes(15).toString('base64url') : documentId(batch, row);
      const pending = this.#pendingOf(indexName(batch, row, now));
      if (kind === DELETE) pending.delete(id);
      else pending.put(id, encoder, batch, row);
    }
  }

  async flush(): Promise<void> {}

  commit(): void {
    const { index } = this.#context.store();
    for (const [name, pending] of this.#pending) {
      if (pending.size > 0) pending.commit(index, name, this.#hasUpdates);
      // An index whose time has passed is not written to any more.
      else this.#pending.delete(name);
    }
  }

  pendingBytes(): number {
    let bytes = 0;
    for (const { size } of this.#pending.values()) bytes += size;
    return bytes;
  }

  async close(): Promise<void> {}

  #pendingOf(index: string): PendingDocuments {
    let pending = this.#pending.get(index);
    if (pending === undefined) this.#pending.set(index, (pending = new PendingDocuments()));
    return pending;
  }
}
