import type { Clock } from '../base/clock.ts';
import type { Place } from '../base/place.ts';
import type { Batch } from '../types/batch.ts';
import type { Schema } from '../types/schema.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { RecordBatch } from './record-batch.ts';

/** A value of a WITH clause, with its place in the file. */
export interface TableOption {
  readonly value: string;
  readonly keyPlace: Place;
  readonly valuePlace: Place;
}

/** A table as CREATE TABLE declared it, as connectors and formats see it. Computed columns are not in it. */
export interface TableDeclaration {
  readonly name: string;
  readonly options: ReadonlyMap<string, TableOption>;
  /** The physical columns in order: what a format reads or writes. */
  readonly physical: Schema;
  /** METADATA columns in order. `key` is Flink's metadata key, for example `timestamp` or `offset`. */
  readonly metadata: readonly MetadataColumn[];
  /** Names of the PRIMARY KEY's columns, empty without one. */
  readonly primaryKey: readonly string[];
  readonly place: Place;
}

export interface MetadataColumn {
  readonly name: string;
  readonly key: string;
  readonly type: SqlType;
  readonly virtual: boolean;
  readonly place: Place;
}

/**
 * What a connector makes of a table declaration while the file is checked: plain data, so that a plan can be printed
 * and a job started from it later.
 */
export interface BoundConnector {
  readonly connector: string;
  /** Options as the connector understood them, defaults filled in: plain data. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly format?: BoundFormat;
  readonly keyFormat?: BoundFormat;
  /** The sink takes -U, +U and -D as they are (print), takes upserts by key, or only +I. */
  readonly accepts: 'changelog' | 'upsert' | 'insert';
  /** The source emits upserts or deletions by primary key (upsert-kafka). */
  readonly emits: 'insert' | 'upsert';
  /** The source ends by itself. */
  readonly bounded: boolean;
}

/** A format with its options, defaults filled in. */
export interface BoundFormat {
  readonly format: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Reports a mistake in an option; collecting goes on so that all are shown at once. */
export type ReportProblem = (code: string, message: string, place: Place, hint?: string) => void;

/** One entry of the registry: all that the system knows about a connector. */
export interface Connector {
  readonly name: string;
  /** One sentence for documentation and errors. */
  readonly summary: string;
  /** Checks the options of a table used as a source, as a sink, or only declared. */
  bind(table: TableDeclaration, use: 'source' | 'sink', report: ReportProblem): BoundConnector;
  /** The metadata keys that a METADATA column may name, with their types. */
  readonly metadata: ReadonlyMap<string, { readonly type: SqlType; readonly writable: boolean }>;
  /** The source decodes only the columns that a query needs, as Flink's does; default false: it decodes all. */
  readonly projectionPushDown?: boolean;
  /** Absent when the connector cannot be read from (written to). */
  createSource?(table: ConnectedTable, context: ConnectorContext): Source | RowSource;
  createSink?(table: ConnectedTable, context: ConnectorContext): Sink;
}

/** A table with its connector, as it stands in the plan. */
export interface ConnectedTable {
  readonly name: string;
  readonly bound: BoundConnector;
  /** What the format reads: physical columns, after projection push-down for a source. */
  readonly physical: Schema;
  readonly metadata: readonly MetadataColumn[];
  readonly primaryKey: readonly string[];
  /** Of its declaration, where a file has one. */
  readonly place?: Place;
}

/** What connectors need from the running job. */
export interface ConnectorContext {
  readonly clock: Clock;
  readonly timeZone: string;
  /** What SET statements said, by key. */
  readonly settings?: ReadonlyMap<string, string>;
  /** Write data for the user (a print sink's lines); may answer a promise when the reader is slow. */
  readonly print: (text: string) => void | Promise<void>;
  /** Tells the user something about the connection, one line at a time: that a broker is away, that it is back. */
  readonly say?: (line: string) => void;
  /** The local store, opened on first use: topics, index and checkpoints in one SQLite file. */
  readonly store: () => import('./local/store.ts').LocalStore;
  /** True under --local: kafka, upsert-kafka and elasticsearch-7 mean local topics and the local index. */
  readonly local: boolean;
  readonly kafka?: string;
  readonly elasticsearch?: string;
  /** Another connector in a table's place, or undefined. */
  readonly replace?: (table: ConnectedTable) => Connector | undefined;
  /** What takes the rows of a bare SELECT; without it they are printed as a table. */
  readonly selectSink?: (schema: Schema) => Sink;
  /** False when the job takes checkpoints only when it ends or is stopped. */
  readonly isCheckpointed?: boolean;
  readonly signal: AbortSignal;
}

/** A source of records that a format decodes. */
export interface Source {
  readonly kind: 'records';
  /** Goes on at these positions, by split; called at most once, before the first poll. Splits that are missing start afresh. */
  restore(positions: ReadonlyMap<string, number>): void;
  /** Opens files and connections. Fails with a RunError. */
  open(): Promise<void>;
  /**
   * The next records of some split, valid until the next call; never blocks. `pending` when there are none now, `end` when there
   * will be none.
   */
  poll(): RecordBatch | 'pending' | 'end';
  /** Resolves when poll may have something new; at the latest after `timeoutMs`. */
  wait(timeoutMs: number): Promise<void>;
  /** The splits known at present: for each its own watermark is kept, and the smallest counts. */
  splits(): readonly string[];
  /**
   * Where each known split began or was restored: a checkpoint names these positions for splits of which nothing has been read
   * yet, so that a job that began at the latest offset misses nothing when it goes on.
   */
  startPositions?(): ReadonlyMap<string, number>;
  /** Records that are there and not read yet, if known: lag. */
  lag?(): number | undefined;
  /** A checkpoint holding these positions is durable (group offsets may be committed). */
  committed?(positions: ReadonlyMap<string, number>): Promise<void>;
  close(): Promise<void>;
}

/** A source that fills columns itself (datagen). */
export interface RowSource {
  readonly kind: 'rows';
  restore(position: number): void;
  open(): Promise<void>;
  /** Fills up to `limit` rows into the columns of the (physical) schema; answers how many, or `pending` or `end`. */
  fill(batch: Batch, limit: number): number | 'pending' | 'end';
  wait(timeoutMs: number): Promise<void>;
  position(): number;
  close(): Promise<void>;
}

/**
 * Takes rows. `write` copies what it needs during the call and may answer a promise, which the job awaits before the next
 * batch: that is back-pressure. Nothing counts as written until `flush` or, for a sink that is part of the checkpoint's
 * transaction, `commit` has succeeded.
 */
export interface Sink {
  open(): Promise<void>;
  write(batch: Batch): void | Promise<void>;
  /** Makes everything written so far durable, or ready to be made durable by `commit`. Before each checkpoint. */
  flush(): Promise<void>;
  /**
   * Called inside the checkpoint's SQLite transaction, synchronously: sinks on the local store write their output here,
   * so that offsets, state and output become durable together.
   */
  commit?(): void;
  /**
   * Kept with the checkpoint, right after `flush`: plain data from which `restore` can finish what `flush` made ready (a
   * transaction left open for `committed`). Undefined when there is nothing of the kind.
   */
  snapshot?(): unknown;
  /** Finishes what the checkpoint that the job goes on from had made ready; called at most once, before `open`. */
  restore?(state: unknown): void;
  /** The checkpoint is durable: makes visible what `flush` made ready. Never called for a checkpoint that failed. */
  committed?(): Promise<void>;
  /** Throws what has failed behind the back of `write` and `flush`. Called between batches, also while there are no rows. */
  check?(): void;
  /** Bytes held back until the next checkpoint; the job takes one early when it grows large. */
  pendingBytes?(): number;
  close(): Promise<void>;
}

export type { Batch, RecordBatch };
