import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { systemClock, type Clock } from '../../base/clock.ts';
import { RunError } from '../../base/problem.ts';
import { ChangeWatcher } from './change-watcher.ts';
import { LocalCheckpoints } from './local-checkpoints.ts';
import { LocalIndex } from './local-index.ts';
import { LocalTopics } from './local-topics.ts';
import { storeError } from './store-error.ts';

/** How long, unless told otherwise, to wait for another process that is writing. */
const BUSY_TIMEOUT_MS = 10_000;
/** Marks the file as ours: "ISOB". */
const APPLICATION_ID = 0x49534f42;
/** The form of the tables below; a store of a newer form is refused. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE topics (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  retention_bytes INTEGER,
  retention_ms INTEGER
) STRICT;
CREATE TABLE partitions (
  topic INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  start_offset INTEGER NOT NULL,
  end_offset INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_batches (
  topic INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  first_offset INTEGER NOT NULL,
  count INTEGER NOT NULL,
  max_timestamp REAL NOT NULL,
  bytes INTEGER NOT NULL,
  records BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_batches_by_offset ON record_batches (topic, partition, first_offset, count, max_timestamp, bytes);
CREATE TABLE group_offsets (
  group_id TEXT NOT NULL,
  topic INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  PRIMARY KEY (group_id, topic, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE indexes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE documents (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  index_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  json TEXT NOT NULL,
  UNIQUE (index_id, id)
) STRICT;
CREATE TABLE checkpoints (
  job TEXT PRIMARY KEY,
  id INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint_chunks (
  job TEXT NOT NULL,
  name TEXT NOT NULL,
  chunk INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX checkpoint_chunks_by_name ON checkpoint_chunks (job, name, chunk);
`;

/** So many changes of documents are remembered. */
const KEPT_CHANGES = 100_000;

/**
 * Which documents were changed or deleted after they had been inserted, so that a copy can follow. A sequence of -1 says that
 * the whole index was dropped.
 */
const CHANGES_SCHEMA = `
CREATE TABLE IF NOT EXISTS document_changes (
  change INTEGER PRIMARY KEY AUTOINCREMENT,
  index_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS documents_updated AFTER UPDATE ON documents BEGIN
  INSERT INTO document_changes (index_id, sequence) VALUES (new.index_id, new.sequence);
END;
CREATE TRIGGER IF NOT EXISTS changes_kept AFTER INSERT ON document_changes WHEN new.change % 1000 = 0 BEGIN
  DELETE FROM document_changes WHERE change <= new.change - ${KEPT_CHANGES};
END;
`;

/**
 * Local topics, the local index and checkpoints in one SQLite file. Several processes may read and write it at the same time:
 * readers never wait, writers take turns, and each waits up to 10 seconds for the one before.
 *
 * What is committed survives the end of the process, however it ends. After a loss of power the last commits may be missing,
 * but never a part of one (write-ahead log, `synchronous = NORMAL`).
 *
 * Everything here is synchronous. Failures that somebody can mend are RunErrors with codes that begin with `STORE_`.
 */
export class LocalStore {
  readonly path: string;
  readonly clock: Clock;
  readonly topics: LocalTopics;
  readonly index: LocalIndex;
  readonly checkpoints: LocalCheckpoints;
  readonly #database: DatabaseSync;
  readonly #changes: ChangeWatcher;
  #inTransaction = false;
  #isOpen = true;

  private constructor(path: string, database: DatabaseSync, clock: Clock) {
    this.path = path;
    this.clock = clock;
    this.#database = database;
    this.topics = new LocalTopics(this);
    this.index = new LocalIndex(this);
    this.checkpoints = new LocalCheckpoints(this);
    const dataVersion = this.prepare('PRAGMA data_version', true);
    this.#changes = new ChangeWatcher(() => (dataVersion.get() as unknown as [number])[0]);
  }

  /** Opens the store, creating the file and its folder when they are not there. */
  static open(path: string, clock: Clock = systemClock, busyTimeoutMs: number = BUSY_TIMEOUT_MS): LocalStore {
    const file = resolve(path);
    try {
      mkdirSync(dirname(file), { recursive: true });
    } catch (error) {
      const hint = `Choose another file with --store FILE.`;
      throw new RunError('STORE_OPEN', `the folder of the local store ${file} cannot be made`, hint, { cause: error });
    }
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(file, { timeout: busyTimeoutMs });
      prepareFile(database, file);
      return new LocalStore(file, database, clock);
    } catch (error) {
      database?.close();
      throw storeError(error, file);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#changes.close();
    this.#database.close();
  }

  /**
   * Runs `action` in one transaction: all of what it writes is kept, or nothing when it throws. Within another transaction
   * it becomes part of that one. `action` must not wait for anything.
   */
  transaction<T>(action: () => T): T {
    if (this.#inTransaction) return action();
    this.attempt(() => this.#database.exec('BEGIN IMMEDIATE'));
    this.#inTransaction = true;
    try {
      const result = action();
      this.attempt(() => this.#database.exec('COMMIT'));
      this.#changes.changed();
      return result;
    } catch (error) {
      // SQLite itself rolls back after some failures, a full disk for one.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** How much of the file SQLite may keep in memory: 32 MB unless something else is said here. */
  limitCache(kilobytes: number): void {
    this.#database.exec(`PRAGMA cache_size = -${kilobytes}`);
  }

  /**
   * Frees what SQLite keeps in memory of the file: a job that writes for hours needs no more than one that has just begun. The
   * operating system has it at hand still.
   */
  releaseMemory(): void {
    this.#database.exec('PRAGMA shrink_memory');
  }

  /** Resolves when something was committed, by this or any other process, or after `timeoutMs`. */
  waitForChange(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return this.#changes.wait(timeoutMs, signal);
  }

  /** For the parts of the store: a statement, with rows as arrays when `asArrays`. */
  prepare(sql: string, asArrays = false): StatementSync {
    return this.attempt(() => {
      const statement = this.#database.prepare(sql);
      statement.setReturnArrays(asArrays);
      return statement;
    });
  }

  /** For the parts of the store: turns SQLite's failures into RunErrors. */
  attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw storeError(error, this.path);
    }
  }
}

/** Makes the tables in a new file; checks that an old one is a store that this version can read. */
function prepareFile(database: DatabaseSync, path: string): void {
  const pragma = (name: string): number => Number(Object.values(database.prepare(`PRAGMA ${name}`).get() as object)[0]);
  // Only a new file takes the page size. Record batches are large: writing them is twice as fast as with 4 or 16 KB.
  database.exec('PRAGMA page_size = 32768');
  // In this order: another process may just be making the tables, all in one transaction.
  const isEmpty = pragma('schema_version') === 0;
  if (pragma('user_version') === 0) {
    if (!isEmpty) throw notOurs(path);
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('BEGIN IMMEDIATE');
    if (pragma('user_version') === 0) {
      database.exec(SCHEMA);
      database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    }
    database.exec('COMMIT');
  }
  if (pragma('application_id') !== APPLICATION_ID) throw notOurs(path);
  const version = pragma('user_version');
  if (version > SCHEMA_VERSION) {
    throw new RunError(
      'STORE_VERSION',
      `the local store ${path} was written by a newer isobar (form ${version}, this one knows ${SCHEMA_VERSION})`,
      `Use that version, or another file with --store FILE.`,
    );
  }
  database.exec(CHANGES_SCHEMA);
  database.exec('PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA secure_delete = OFF');
  database.exec('PRAGMA cache_size = -32768');
  // Fold the log into the file every 64 MB, and cut it back to that after a burst.
  database.exec('PRAGMA wal_autocheckpoint = 2048');
  database.exec('PRAGMA journal_size_limit = 67108864');
}

function notOurs(path: string): RunError {
  return new RunError(
    'STORE_NOT_A_DATABASE',
    `${path} is a database, but not a local store`,
    `Choose another file with --store FILE.`,
  );
}
