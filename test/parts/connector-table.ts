// Tables for the tests of connectors: declared with options, bound, and read or written without a job around them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import type { Problem } from '../../src/base/problem.ts';
import type {
  BoundConnector,
  ConnectedTable,
  ConnectorContext,
  Sink,
  Source,
  TableDeclaration,
} from '../../src/connectors/connector.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import type { RecordBatch } from '../../src/connectors/record-batch.ts';
import { bindTable, findConnector } from '../../src/connectors/registry.ts';
import { createBatch, type Batch } from '../../src/types/batch.ts';
import type { Schema } from '../../src/types/schema.ts';
import type { SqlType } from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';

export interface TableText {
  readonly options: Readonly<Record<string, string>>;
  readonly columns?: Readonly<Record<string, SqlType>>;
  readonly metadata?: Readonly<Record<string, SqlType>>;
  readonly virtual?: readonly string[];
  readonly primaryKey?: readonly string[];
}

export function declare({ options, columns = {}, metadata = {}, virtual = [], primaryKey = [] }: TableText): TableDeclaration {
  const place = { start: 0, end: 0 };
  return {
    name: 't',
    options: new Map(Object.entries(options).map(([key, value]) => [key, { value, keyPlace: place, valuePlace: place }])),
    physical: Object.entries(columns).map(([name, type]) => ({ name, type })),
    metadata: Object.entries(metadata).map(([key, type]) => ({ name: key, key, type, virtual: virtual.includes(key), place })),
    primaryKey,
    place,
  };
}

/** Binds a table; answers the problems found instead when there are any. */
export function tryBind(text: TableText, use: 'source' | 'sink', local = true): { bound?: BoundConnector; problems: Problem[] } {
  const problems: Problem[] = [];
  const bound = bindTable(declare(text), use, local, (code, message, place, hint) =>
    problems.push({ code, message, place, hint }),
  );
  return { bound, problems };
}

export function problemsOf(text: TableText, use: 'source' | 'sink' = 'source', local = true): string[] {
  return tryBind(text, use, local).problems.map(
    ({ code, message, hint }) => `${code}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
  );
}

export function connect(text: TableText, use: 'source' | 'sink'): ConnectedTable {
  const { bound, problems } = tryBind(text, use);
  expect(problems).toEqual([]);
  const { name, physical, metadata, primaryKey } = declare(text);
  return { name, bound: bound!, physical, metadata, primaryKey };
}

export function createSource(text: TableText, context: ConnectorContext): Source {
  const source = findConnector(text.options.connector, { local: true })!.createSource!(connect(text, 'source'), context);
  expect(source.kind).toBe('records');
  return source as Source;
}

export function createSink(text: TableText, context: ConnectorContext): Sink {
  return findConnector(text.options.connector, { local: true })!.createSink!(connect(text, 'sink'), context);
}

export function createContext(more: Partial<ConnectorContext> & { clock?: Clock } = {}): ConnectorContext {
  return {
    clock: systemClock,
    timeZone: 'UTC',
    print: () => undefined,
    store: () => expect.fail('no store'),
    local: true,
    signal: new AbortController().signal,
    ...more,
  };
}

/** A folder of its own, gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openStore(path = join(temporaryFolder(), 'isobar.db'), clock?: Clock): LocalStore {
  const store = LocalStore.open(path, clock);
  onTestFinished(() => store.close());
  return store;
}

export function valueOf(records: RecordBatch, i: number): string | null {
  return textOf(records.bytes, records.valueStarts[i], records.valueEnds[i]);
}

export function keyOf(records: RecordBatch, i: number): string | null {
  return records.keyStarts === null ? null : textOf(records.bytes, records.keyStarts[i], records.keyEnds![i]);
}

function textOf(bytes: Uint8Array, start: number, end: number): string | null {
  return end < start ? null : Buffer.from(bytes.subarray(start, end)).toString();
}

/** All that a source has now, as text; `'end'` is appended when it has ended. */
export function readAll(source: Source): (string | null)[] {
  const values: (string | null)[] = [];
  for (;;) {
    const records = source.poll();
    if (records === 'pending') return values;
    if (records === 'end') return [...values, 'end'];
    for (let i = 0; i < records.count; i++) values.push(valueOf(records, i));
  }
}

export function batchOf(schema: Schema, rows: readonly (readonly Value[])[], kinds?: readonly number[]): Batch {
  const batch = createBatch(schema, Math.max(1, rows.length));
  rows.forEach((row, r) => row.forEach((value, i) => batch.columns[i].set(r, value)));
  batch.length = rows.length;
  if (kinds !== undefined) batch.kinds = Uint8Array.from(kinds);
  return batch;
}
