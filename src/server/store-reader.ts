import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { nearest } from '../base/nearest.ts';
import { RunError } from '../base/problem.ts';
import type { LocalStore } from '../connectors/local/store.ts';
import { zoneOf } from '../functions/time-zone.ts';
import { aggregate, type AggregationRequest } from './aggregate.ts';
import type { Aggregation, Documents, IndexField, Indexes, IndexView, LatestRows, ProblemView, Topics } from './api.ts';
import { columnViews } from './cell.ts';
import { ColumnarIndex } from './columnar-index.ts';
import type { IndexColumn } from './index-column.ts';
import type { KnownTable } from './known-tables.ts';
import { deadLetterProblems, type ProblemKind } from './problems.ts';
import { rejectedRows } from './rejected-rows.ts';
import { TopicReader } from './topic-reader.ts';

/** What a StoreReader can be asked. */
export type StoreRequest =
  | { readonly kind: 'indexes' }
  | { readonly kind: 'aggregate'; readonly index: string; readonly request: AggregationRequest }
  | { readonly kind: 'documents'; readonly index: string; readonly limit: number }
  | { readonly kind: 'topics' }
  | {
      readonly kind: 'rows';
      readonly topic: string;
      readonly limit: number;
      readonly from: number | null;
      readonly to: number | null;
      readonly after: string | null;
    }
  | { readonly kind: 'latest'; readonly topic: string; readonly key: string | null }
  | {
      readonly kind: 'problems';
      readonly job: string | null;
      readonly limit: number;
      readonly only: ProblemKind | null;
      readonly before: number;
    };

/** The answer to `problems`. */
export interface StoredProblems {
  readonly problems: readonly ProblemView[];
}

/** Keywords of so many values or fewer are ones to group by. */
const FEW_VALUES = 10_000;
/** Dead letters that are read to find those of one kind. */
const MOST_LETTERS = 1000;
/** Indexes that are held in memory at a time, and their bytes. */
const MOST_INDEXES = 32;
const MOST_BYTES = 512 << 20;

/**
 * Answers what the dashboard asks of the local store: from a columnar copy of each index that somebody has asked for, and from
 * the topics by the tables of the running pipelines. Long work is done in turns, so that short questions need not wait.
 */
export class StoreReader {
  readonly #store: LocalStore;
  readonly #tables: readonly KnownTable[];
  readonly #timeZone: string;
  readonly #clock: Clock;
  readonly #indexes = new Map<string, ColumnarIndex>();
  readonly #loading = new Map<string, Promise<void>>();
  readonly #topics = new Map<string, TopicReader>();

  constructor(store: LocalStore, tables: readonly KnownTable[], timeZone: string, clock: Clock) {
    this.#store = store;
    this.#tables = tables;
    this.#timeZone = timeZone;
    this.#clock = clock;
  }

  /** Fails with a RunError when there is no such index, topic or field. */
  answer(request: StoreRequest): Promise<object> | object {
    switch (request.kind) {
      case 'indexes':
        return this.#describeIndexes();
      case 'aggregate':
        return this.#aggregate(request.index, request.request);
      case 'documents':
        return this.#documents(request.index, request.limit);
      case 'topics':
        return this.#describeTopics();
      case 'rows':
        return this.#topic(request.topic).rows(request.limit, request.from, request.to, request.after);
      case 'latest':
        return this.#latest(request.topic, request.key);
      case 'problems':
        return this.#problems(request.job, request.limit, request.only, request.before);
    }
  }

  /**
   * Waits a moment for what is being read; what takes longer is described as it is so far. Of very many or large indexes only some
   * are read before somebody aggregates them.
   */
  async #describeIndexes(): Promise<Indexes> {
    const names = this.#store.index.names();
    const isRead = (name: string): boolean =>
      this.#indexes.has(name) || (this.#indexes.size < MOST_INDEXES / 2 && this.#bytes() < MOST_BYTES / 2);
    const refreshing = names.filter(isRead).map((name) => this.#refresh(name));
    await Promise.race([Promise.all(refreshing), nextTurn()]);
    return { indexes: names.map((name) => describeIndex(this.#indexes.get(name) ?? this.#emptyIndex(name))) };
  }

  async #aggregate(name: string, request: AggregationRequest): Promise<Aggregation> {
    this.#checkIndex(name);
    await this.#refresh(name);
    const startedAt = performance.now();
    const answer = aggregate(this.#index(name), request, zoneOf(this.#timeZone));
    return { ...answer, tookMs: performance.now() - startedAt };
  }

  #documents(name: string, limit: number): Documents {
    this.#checkIndex(name);
    const documents = this.#store.index.newest(name, limit).map(({ id, json }) => ({ id, json }));
    return { index: name, documents };
  }

  #describeTopics(): Topics {
    const names = this.#store.topics.names();
    return {
      topics: names.map((name) => {
        const { partitions } = this.#store.topics.describe(name);
        const tables = this.#tables.filter(({ topics }) => topics.includes(name));
        const table = this.#knownTable(name)?.table ?? null;
        const jobs = (uses: readonly KnownTable['use'][]): string[] => [
          ...new Set(tables.filter(({ use }) => uses.includes(use)).map(({ job }) => job)),
        ];
        return {
          name,
          partitions,
          records: partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0),
          columns: table === null ? [] : columnViews([...table.physical, ...table.metadata]),
          format: table?.bound.format?.format ?? null,
          writtenBy: jobs(['sink', 'dead-letter']),
          readBy: jobs(['source']),
          holdsErrors: tables.some((each) => each.holdsErrors) || name.endsWith('.dead-letter'),
        };
      }),
    };
  }

  async #latest(topic: string, key: string | null): Promise<LatestRows> {
    const reader = this.#topic(topic);
    for (;;) {
      const rows = reader.latest(key);
      if (rows === 'no-key') {
        const message = key === null ? `topic "${topic}" has no column to be a key` : `topic "${topic}" has no column "${key}"`;
        throw new RunError('FIELD_NOT_FOUND', message, 'See GET /api/topics for its columns.');
      }
      if (rows !== 'loading') return rows;
      await nextTurn();
    }
  }

  /** Rows that pipelines sorted out themselves, and the dead letters of runs before. */
  #problems(job: string | null, limit: number, only: ProblemKind | null, before: number): StoredProblems {
    const tables = this.#tables.filter(
      (table) => table.holdsErrors && table.use !== 'source' && (job === null || table.job === job),
    );
    // Malformed and late rows share a topic.
    const letters = only === null ? limit : MOST_LETTERS;
    const problems = tables.flatMap((table) =>
      table.topics
        .filter((topic) => this.#store.topics.has(topic))
        .flatMap((topic) =>
          table.use === 'sink'
            ? rejectedRows(table, this.#topic(topic).rows(limit, null, null, null))
            : deadLetterProblems(table, this.#topic(topic).values(letters)).filter(({ at }) => at < before),
        ),
    );
    return { problems: problems.filter(({ kind }) => only === null || kind === only) };
  }

  /** The copy of an index, which counts as used. */
  #index(name: string): ColumnarIndex {
    const index = this.#indexes.get(name) ?? this.#emptyIndex(name);
    this.#indexes.delete(name);
    this.#indexes.set(name, index);
    return index;
  }

  #emptyIndex(name: string): ColumnarIndex {
    return new ColumnarIndex(this.#store, name, zoneOf(this.#timeZone));
  }

  #bytes(): number {
    let bytes = 0;
    for (const index of this.#indexes.values()) bytes += index.bytes;
    return bytes;
  }

  /** Forgets the copies that have not been used for longest. */
  #forgetOldest(): void {
    for (const name of [...this.#indexes.keys()].slice(0, -1)) {
      if (this.#indexes.size <= MOST_INDEXES && this.#bytes() <= MOST_BYTES) return;
      if (!this.#loading.has(name)) this.#indexes.delete(name);
    }
  }

  /** Resolves when the copy of the index holds everything that is there now. */
  #refresh(name: string): Promise<void> {
    let loading = this.#loading.get(name);
    if (loading === undefined) {
      loading = this.#load(this.#index(name)).finally(() => {
        this.#loading.delete(name);
        this.#forgetOldest();
      });
      this.#loading.set(name, loading);
    }
    return loading;
  }

  async #load(index: ColumnarIndex): Promise<void> {
    let turnAt = this.#clock.now();
    while (!index.refresh()) {
      if (this.#clock.now() - turnAt < 20) continue;
      await nextTurn();
      turnAt = this.#clock.now();
    }
  }

  #checkIndex(name: string): void {
    const names = this.#store.index.names();
    if (names.includes(name)) return;
    this.#indexes.delete(name);
    const near = nearest(name, names);
    const hint = near === undefined ? 'It comes into being with its first document.' : `Did you mean "${near}"?`;
    throw new RunError('INDEX_NOT_FOUND', `there is no local index "${name}"`, hint);
  }

  #topic(name: string): TopicReader {
    let reader = this.#topics.get(name);
    if (reader === undefined) {
      reader = new TopicReader(this.#store, name, this.#knownTable(name));
      this.#topics.set(name, reader);
    }
    return reader;
  }

  /** Who writes a topic knows best what is in it. */
  #knownTable(topic: string): KnownTable | undefined {
    const tables = this.#tables.filter(({ topics, table }) => topics.includes(topic) && table !== null);
    return tables.find(({ use }) => use === 'sink') ?? tables[0];
  }
}

function describeIndex(index: ColumnarIndex): IndexView {
  const fields = [...index.columns.values()].map((column) => describeField(column, index));
  const keywords = fields.filter(({ type, cardinality }) => type === 'keyword' && (cardinality ?? 0) <= FEW_VALUES);
  const dates = fields.filter(({ type }) => type === 'date');
  const { name, documents, isLoading, isTruncated } = index;
  return {
    name,
    documents,
    isLoading,
    isTruncated,
    fields,
    defaultBy: keywords[0]?.name ?? null,
    defaultTimeField: (dates.find((field) => /start$/i.test(field.name)) ?? dates[0])?.name ?? null,
  };
}

function describeField({ name, type, keywords, numbers }: IndexColumn, index: ColumnarIndex): IndexField {
  if (type === 'keyword' || type === 'text') {
    return { name, type, cardinality: type === 'keyword' ? keywords.length : null, min: null, max: null };
  }
  let min = Infinity;
  let max = -Infinity;
  const rows = Math.min(index.rows, numbers.length);
  for (let row = 0; row < rows; row++) {
    const value = numbers[row];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { name, type, cardinality: null, min: min === Infinity ? null : min, max: max === -Infinity ? null : max };
}
