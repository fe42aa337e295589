import type { StatementSync } from 'node:sqlite';
import type { LocalStore } from './store.ts';

export interface StoredDocument {
  readonly id: string;
  /** The document as JSON text. */
  readonly json: string;
  /** Counts up in order of first insertion, over all indices. */
  readonly sequence: number;
}

/** What has happened to documents that were there already. */
export interface DocumentChanges {
  /** Sequence numbers of documents that were written anew or deleted; some may come more than once. */
  readonly sequences: readonly number[];
  /** Ask for what comes after this one next. */
  readonly last: number;
  /** False when changes are missing (there were too many, or the index was dropped): whoever follows begins anew. */
  readonly isComplete: boolean;
}

/** A document to be written: texts, or their bytes in UTF-8. */
export interface NewDocument {
  readonly id: string | Uint8Array;
  readonly json: string | Uint8Array;
}

/** Documents that one statement writes: a statement of its own for each takes eight times as long. */
const PUT_ROWS = 64;

/** Documents by index and id: what Elasticsearch holds for a sink. An index comes into being with its first document. */
export class LocalIndex {
  readonly #store: LocalStore;
  readonly #find: StatementSync;
  readonly #create: StatementSync;
  readonly #put: StatementSync;
  readonly #putMany: StatementSync;
  readonly #delete: StatementSync;
  readonly #change: StatementSync;
  readonly #get: StatementSync;
  readonly #scan: StatementSync;
  readonly #count: StatementSync;

  constructor(store: LocalStore) {
    this.#store = store;
    this.#find = store.prepare('SELECT id FROM indexes WHERE name = ?', true);
    this.#create = store.prepare('INSERT INTO indexes (name) VALUES (?) RETURNING id', true);
    this.#put = store.prepare(putSql(1));
    this.#putMany = store.prepare(putSql(PUT_ROWS));
    this.#delete = store.prepare('DELETE FROM documents WHERE index_id = ? AND id = ? RETURNING sequence', true);
    this.#change = store.prepare('INSERT INTO document_changes (index_id, sequence) VALUES (?, ?)');
    this.#get = store.prepare('SELECT json FROM documents WHERE index_id = ? AND id = ?', true);
    this.#scan = store.prepare(
      // By the sequence alone: the planner would sort the whole index for each call.
      'SELECT sequence, id, json FROM documents NOT INDEXED WHERE index_id = ? AND sequence > ? ORDER BY sequence LIMIT ?',
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
    this.putAll(index, [{ id, json }]);
  }

  /** Writes documents in place of earlier ones with the same ids. */
  putAll(index: string, documents: Iterable<NewDocument>): void {
    this.#store.transaction(() => {
      let key = this.#indexId(index);
      const values: (number | string | Uint8Array)[] = [];
      for (const { id, json } of documents) {
        key ??= this.#one(this.#create, index)![0] as number;
        if (values.push(key, id, json) < 3 * PUT_ROWS) continue;
        this.#store.attempt(() => this.#putMany.run(...values));
        values.length = 0;
      }
      for (let i = 0; i < values.length; i += 3) this.#store.attempt(() => this.#put.run(...values.slice(i, i + 3)));
    });
  }

  /** Deletes a document; false when there was none. */
  delete(index: string, id: string): boolean {
    return this.#store.transaction(() => {
      const key = this.#indexId(index);
      const deleted = key === undefined ? undefined : this.#one(this.#delete, key, id);
      if (key === undefined || deleted === undefined) return false;
      this.#store.attempt(() => this.#change.run(key, deleted[0] as number));
      return true;
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

  /** The document of a sequence number, unless it was deleted. */
  getBySequence(sequence: number): StoredDocument | undefined {
    const statement = this.#store.prepare('SELECT sequence, id, json FROM documents WHERE sequence = ?', true);
    const row = this.#one(statement, sequence) as [number, string, string] | undefined;
    return row === undefined ? undefined : { sequence: row[0], id: row[1], json: row[2] };
  }

  /** The documents that were inserted last, newest first. */
  newest(index: string, limit: number): StoredDocument[] {
    const key = this.#indexId(index);
    if (key === undefined) return [];
    const sql = 'SELECT sequence, id, json FROM documents NOT INDEXED WHERE index_id = ? ORDER BY sequence DESC LIMIT ?';
    const rows = this.#store.attempt(
      () => this.#store.prepare(sql, true).all(key, limit) as unknown as [number, string, string][],
    );
    return rows.map(([sequence, id, json]) => ({ sequence, id, json }));
  }

  /** The number of the last change of any index so far: where to begin to follow. */
  lastChange(): number {
    const sql = "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'document_changes'), 0)";
    return this.#one(this.#store.prepare(sql, true))![0] as number;
  }

  /** What has happened after a change to documents that were there already; new ones are found by `scan`. */
  changes(index: string, after: number): DocumentChanges {
    const last = this.lastChange();
    const key = this.#indexId(index);
    if (last === after && key !== undefined) return { sequences: [], last, isComplete: true };
    const sql = 'SELECT change, index_id, sequence FROM document_changes WHERE change > ? AND change <= ? ORDER BY change';
    const rows = this.#store.attempt(
      () => this.#store.prepare(sql, true).all(after, last) as unknown as [number, number, number][],
    );
    const sequences = rows.filter(([, id]) => id === key).map(([, , sequence]) => sequence);
    return { sequences, last, isComplete: key !== undefined && rows.length === last - after && !sequences.includes(-1) };
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
        this.#change.run(key, -1);
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

function putSql(rows: number): string {
  const values = new Array<string>(rows).fill('(?, CAST(? AS TEXT), CAST(? AS TEXT))').join(', ');
  return `INSERT INTO documents (index_id, id, json) VALUES ${values} ON CONFLICT (index_id, id) DO UPDATE SET json = excluded.json`;
}
