import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { nearest } from '../base/nearest.ts';
import { RunError } from '../base/problem.ts';
import { compile } from '../compile/compile.ts';
import type { ConnectedTable, Connector, Sink } from '../connectors/connector.ts';
import { findConnector } from '../connectors/registry.ts';
import { Job } from '../run/job.ts';
import type { JobStatus } from '../run/job-status.ts';
import type { Schema } from '../types/schema.ts';
import { changesOf, type Change } from './changes.ts';
import { FedTable, type FedMessage } from './fed-table.ts';
import { sourceText, type SqlSource } from './sql-source.ts';

export interface TestPipelineOptions {
  /** As SET 'key' = 'value' in front of the file. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The wall clock, in milliseconds since 1970 UTC: processing time, CURRENT_TIMESTAMP, idle sources. */
  readonly now?: () => number;
}

/** A pipeline with rows fed by hand in place of its sources, and its sinks' rows collected. */
export interface TestPipeline {
  /** Rows for a table, columns by name; missing ones are NULL. Fails with a RunError when a value does not fit its column. */
  feed(table: string, rows: readonly Readonly<Record<string, unknown>>[]): void;
  /** Messages for a table as they would come from its connector, to be decoded by its format: text, or with key and timestamp. */
  send(table: string, messages: readonly (string | FedMessage)[]): void;
  /** Resolves when everything fed so far has been processed; fails when the job has failed. */
  settle(): Promise<void>;
  /** Ends all inputs, which closes every window, and waits for the last rows. */
  finish(): Promise<void>;
  /** What a sink table has got so far; without a name, what a bare SELECT has. */
  rows<Row = Change['row']>(table?: string): readonly Change<Row>[];
  /** Counts: records in, late, malformed with their reasons. */
  status(): JobStatus;
}

/**
 * Runs a pipeline's SQL unchanged, without any of the systems that it names:
 *
 *     const pipeline = await testPipeline({ file: 'pipelines/weather.sql' });
 *     pipeline.feed('iot_msg', [{ client: 'device1', ts: '2024-05-12 02:11:37', temperature: 20, humidity: 50 }]);
 *     await pipeline.finish();
 *     expect(pipeline.rows('es_sink')).toMatchObject([{ kind: '+I', row: { client: 'device1', avg_temp: 20 } }]);
 *
 * Fails with a ProblemsError that holds every mistake of the file.
 */
export async function testPipeline(source: SqlSource, options: TestPipelineOptions = {}): Promise<TestPipeline> {
  const settings = new Map(Object.entries(options.settings ?? {}));
  // Nothing is to be found again after a test: no checkpoints, no dead letters.
  const plan = { ...compile(sourceText(source), { local: true, settings }), checkpointIntervalMs: 0, deadLetter: false };
  const folder = mkdtempSync(join(tmpdir(), 'isobar-test-'));
  const inputs = new Map<string, FedTable>();
  const outputs = new Map<string, Change[]>();
  for (const node of plan.nodes) {
    if (node.kind === 'scan') inputs.set(node.table.name, inputs.get(node.table.name) ?? new FedTable(node.table, plan.timeZone));
    if (node.kind === 'sink') outputs.set(node.table?.name ?? SELECT, []);
  }
  const job = new Job(plan, {
    clock: options.now === undefined ? systemClock : { now: options.now },
    name: 'test',
    local: false,
    store: join(folder, 'isobar.db'),
    print: () => {},
    replace: (table) => handFed(table, inputs, outputs),
    selectSink: (schema) => collector(schema, outputs.get(SELECT)!),
  });
  const done = job.run().finally(() => rmSync(folder, { recursive: true, force: true }));
  done.catch(() => {});
  await job.opened.catch(() => done);
  const input = (table: string): FedTable => inputs.get(table) ?? unknownTable(table, 'read', [...inputs.keys()]);
  return {
    feed: (table, rows) => input(table).feed(rows),
    send: (table, messages) => input(table).send(messages),
    settle: async () => {
      await Promise.race([Promise.all([...inputs.values()].map((table) => table.settled())), done]);
    },
    finish: async () => {
      for (const table of inputs.values()) table.end();
      await done;
    },
    rows: <Row>(table = SELECT) =>
      (outputs.get(table) ?? unknownTable(table, 'written', [...outputs.keys()])) as unknown as readonly Change<Row>[],
    status: () => job.status(),
  };
}

/** The name under which a bare SELECT's rows are kept. */
const SELECT = '';

/** In the place of a table's own connector. */
function handFed(table: ConnectedTable, inputs: ReadonlyMap<string, FedTable>, outputs: Map<string, Change[]>): Connector {
  const own = findConnector(table.bound.connector, { local: true })!;
  return {
    ...own,
    createSource: () => inputs.get(table.name)!.source(),
    createSink: () => {
      const written = table.metadata.filter((column) => !column.virtual);
      return collector([...table.physical, ...written], outputs.get(table.name)!);
    },
  };
}

function collector(schema: Schema, rows: Change[]): Sink {
  const read = changesOf(schema);
  return {
    open: async () => {},
    write: (batch) => {
      for (const change of read(batch)) rows.push(change);
    },
    flush: async () => {},
    close: async () => {},
  };
}

function unknownTable(table: string, use: 'read' | 'written', names: readonly string[]): never {
  const near = nearest(table, names);
  const known = names.filter((name) => name !== SELECT).join(', ');
  const hint = near === undefined ? `Tables that are ${use}: ${known}.` : `Did you mean "${near}"?`;
  throw new RunError('TEST_TABLE_NOT_FOUND', `no table "${table}" is ${use} by the pipeline`, hint);
}
