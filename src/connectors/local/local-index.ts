import type { StatementSync } from 'node:sqlite';
import type { LocalStore } from './store.ts';

export interface StoredDocument {
  readonly id: string;
  /** The document as JSON text. */
  readonly json: string;
  /** Counts up in order of first insertion, over all indices. */
  readonly sequence: number;
}

/** Documents by index and id: what Elasticsearch holds for a sink. An index comes into being with its first document. */
export class LocalIndex {
  readonly #store: LocalStore;
  readonly #find: StatementSync;
  readonly #create: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #get: StatementSync;
  readonly #scan: StatementSync;
  readonly #count: StatementSync;

  constructor(store: LocalStore) {
    this.#store = store;
    this.#find = store.prepare('SELECT id FROM indexes WHERE name = ?', true);
    this.#create = store.prepare('INSERT INTO indexes (name) VALUES (?) RETURNING id', true);
    this.#put = store.prepare(
      'INSERT INTO documents (index_id, id, json) VALUES (?, ?, ?) ON CONFLICT (index_id, id) DO UPDATE SET json = excluded.json',
    );
    this.#delete = store.prepare('DELETE FROM documents WHERE index_id = ? AND id = ?');
    this.#get = store.prepare('SELECT json FROM documents WHERE index_id = ? AND id = ?', true);
    this.#scan = store.prepare(
      'SELECT sequence, id, json FROM documents WHERE index_id = ? AND sequence > ? ORDER BY sequence LIMIT ?',
      true,
    );
    this.#count = store.prepare('SELECT COUNT(*) FROM documents WHERE index_id = ?', true);
  }

  names(): string[] {
    return this.#store.attempt(() =>
      this.#store
        .prepare('SELECT name FROM indexes ORDER BY name', true)
        .all()
        .map((row) => (row as unknown as [string])[0]),
    );
  }

  /** Writes a document, in place of an earlier one with the same id. */
  put(index: string, id: string, json: string): void {
    this.#store.transaction(() => {
      const key = this.#indexId(index) ?? (this.#one(this.#create, index)![0] as number);
      this.#store.attempt(() => this.#put.run(key, id, json));
    });
  }

  /** Deletes a document; false when there was none. */
  delete(index: string, id: string): boolean {
    return this.#store.transaction(() => {
      const key = this.#indexId(index);
      return key !== undefined && this.#store.attempt(() => this.#delete.run(key, id).changes) > 0;
    });
  }

  /** The JSON text of a document. */
  get(index: string, id: string): string | undefined {
    const key = this.#indexId(index);
    return key === undefined ? undefined : (this.#one(this.#get, key, id)?.[0] as string | undefined);
  }

  /** Documents in order of first insertion, after the sequence number given: call again with the last one's for more. */
  scan(index: string, after = 0, limit = 10_000): StoredDocument[] {
    const key = this.#indexId(index);
    if (key === undefined) return [];
    const rows = this.#store.attempt(() => this.#scan.all(key, after, limit) as unknown as [number, string, string][]);
    return rows.map(([sequence, id, json]) => ({ sequence, id, json }));
  }

  count(index: string): number {
    const key = this.#indexId(index);
    return key === undefined ? 0 : (this.#one(this.#count, key)![0] as number);
  }

  /** Deletes an index with its documents; false when there is none. */
  drop(index: string): boolean {
    return this.#store.transaction(() => {
      const key = this.#indexId(index);
      if (key === undefined) return false;
      this.#store.attempt(() => {
        this.#store.prepare('DELETE FROM documents WHERE index_id = ?').run(key);
        this.#store.prepare('DELETE FROM indexes WHERE id = ?').run(key);
      });
      return true;
    });
  }

  #indexId(name: string): number | undefined {
    return this.#one(this.#find, name)?.[0] as number | undefined;
  }

  #one(statement: StatementSync, ...values: (string | number)[]): readonly unknown[] | undefined {
    return this.#store.attempt(() => statement.get(...values) as unknown as readonly unknown[] | undefined);
  }
}
