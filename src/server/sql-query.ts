import type { Clock } from '../base/clock.ts';
import { ProblemsError, RunError, type Problem } from '../base/problem.ts';
import { compile } from '../compile/compile.ts';
import type { ConnectedTable, Connector, Sink } from '../connectors/connector.ts';
import type { LocalStore } from '../connectors/local/store.ts';
import { findConnector } from '../connectors/registry.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import { printPlan } from '../plan/print-plan.ts';
import { Job } from '../run/job.ts';
import type { Batch } from '../types/batch.ts';
import { ROW_KIND_TEXT } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';
import type { SqlCheck, SqlColumns, SqlEnd, SqlProblem, SqlProgress, SqlRows } from './api.ts';
import { cellOf, columnViews } from './cell.ts';
import { sqlPlace } from './job-detail.ts';

/** What a query may read: nothing of the server's own files. */
const READABLE = new Set(['kafka', 'upsert-kafka', 'datagen']);
const PROGRESS_MS = 1000;
/** The places of problems are those of the text; its name is never shown. */
const SOURCE = 'sql';

/** Compiles the text of the SQL page; runs nothing. */
export function checkSql(text: string, canRead: boolean): SqlCheck {
  const startedAt = performance.now();
  const took = (): number => performance.now() - startedAt;
  try {
    const plan = compile({ name: SOURCE, text }, { local: true });
    const problems = canRead ? readingProblems(plan) : [];
    const schema = plan.nodes.find((node) => node.kind === 'sink' && node.table === null)?.schema ?? [];
    return {
      // A pipeline that writes may be checked here too; it just cannot be run.
      problems: problems.filter(({ code }) => code !== 'SQL_WRITES').map((problem) => sqlProblem(text, problem)),
      canRun: canRead && problems.length === 0,
      columns: problems.length === 0 ? columnViews(schema) : [],
      plan: printPlan(plan),
      tookMs: took(),
    };
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const problems = error.problems.map((problem) => sqlProblem(text, problem));
    return { problems, canRun: false, columns: [], plan: null, tookMs: took() };
  }
}

/** The plan of a text with one SELECT that only reads. Fails with a ProblemsError. */
export function planQuery(text: string): JobPlan {
  const plan = compile({ name: SOURCE, text }, { local: true });
  const problems = readingProblems(plan);
  if (problems.length > 0) throw new ProblemsError(problems, plan.source);
  // Whatever the text sets: a query leaves nothing behind.
  return { ...plan, checkpointIntervalMs: 0, deadLetter: false };
}

/** Why a plan is not a query that only reads, and reads only what it may. */
function readingProblems({ nodes }: JobPlan): Problem[] {
  const problems: Problem[] = [];
  const sinks = nodes.filter((node) => node.kind === 'sink');
  for (const { table, place } of sinks) {
    if (table === null) continue;
    const hint = 'Ask with a SELECT alone; pipelines are run with isobar run.';
    problems.push({ code: 'SQL_WRITES', message: `the page does not write: INSERT INTO "${table.name}"`, place, hint });
  }
  const selects = sinks.filter(({ table }) => table === null);
  if (selects.length > 1) {
    const hint = 'Leave one, or join them with UNION ALL.';
    problems.push({ code: 'SQL_SEVERAL_SELECTS', message: 'the page runs one SELECT at a time', place: selects[1].place, hint });
  }
  for (const node of nodes) {
    if (node.kind !== 'scan' || READABLE.has(node.table.bound.connector)) continue;
    const { name, bound } = node.table;
    const message = `the page does not read tables of connector '${bound.connector}': "${name}"`;
    const hint = `It reads ${[...READABLE].map((connector) => `'${connector}'`).join(', ')}.`;
    problems.push({ code: 'SQL_CONNECTOR_REFUSED', message, place: node.place, hint });
  }
  return problems;
}

export function sqlProblem(text: string, { code, message, hint, place }: Problem): SqlProblem {
  return { code, message, hint: hint ?? null, place: place === undefined ? null : sqlPlace(text, place) };
}

/** Where the events of a query go. A promise means that the reader is slow. */
export type SendEvent = {
  (event: 'columns', data: SqlColumns): Promise<void>;
  (event: 'rows', data: SqlRows): Promise<void>;
  (event: 'progress', data: SqlProgress): Promise<void>;
  (event: 'end', data: SqlEnd): Promise<void>;
};

/**
 * Runs a plan of `planQuery` until its sources end, `limit` rows are sent or the signal comes. It writes nothing into the store:
 * neither a topic that is not there, nor how far it has read. Fails with a RunError.
 */
export async function runQuery(
  plan: JobPlan,
  options: { readonly store: LocalStore; readonly clock: Clock; readonly limit: number; readonly signal: AbortSignal },
  send: SendEvent,
): Promise<void> {
  const { store, clock, limit, signal } = options;
  const sink = new SendingSink(plan, limit, send, () => void job.stop());
  const job: Job = new Job(plan, {
    clock,
    name: 'query',
    local: true,
    store,
    print: () => {},
    selectSink: () => sink,
    replace: (table) => readOnly(table, store),
  });
  const stop = (): void => void job.stop();
  signal.addEventListener('abort', stop);
  const progress = (): SqlProgress => {
    const { recordsIn, malformed, late } = job.status();
    return { recordsIn, rowsOut: sink.sent, malformed, late };
  };
  const timer = setInterval(() => void send('progress', progress()), PROGRESS_MS);
  try {
    await send('columns', { columns: columnViews(schemaOf(plan)) });
    if (signal.aborted) return;
    const outcome = await job.run();
    if (!signal.aborted) await send('end', { ...progress(), reason: outcome === 'stopped' ? 'limit' : 'finished' });
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', stop);
  }
}

const schemaOf = (plan: JobPlan): Schema => plan.nodes.find((node) => node.kind === 'sink')?.schema ?? [];

/** The table's connector, without what its source would write. */
function readOnly(table: ConnectedTable, store: LocalStore): Connector | undefined {
  const connector = findConnector(table.bound.connector, { local: true });
  const createSource = connector?.createSource;
  if (connector === undefined || createSource === undefined) return undefined;
  const { topics } = table.bound.settings as { topics?: readonly string[] | null };
  return {
    ...connector,
    createSource: (declared, context) => {
      for (const topic of topics ?? []) store.topics.describe(topic);
      // The group's offsets belong to pipelines.
      return Object.assign(createSource.call(connector, declared, context), { committed: undefined });
    },
  };
}

/** Sends the rows of a SELECT, at most `limit` of them. */
class SendingSink implements Sink {
  sent = 0;
  readonly #limit: number;
  readonly #send: SendEvent;
  readonly #onLimit: () => void;
  readonly #cells: readonly ReturnType<typeof cellOf>[];

  constructor(plan: JobPlan, limit: number, send: SendEvent, onLimit: () => void) {
    this.#limit = limit;
    this.#send = send;
    this.#onLimit = onLimit;
    this.#cells = schemaOf(plan).map(({ type }) => cellOf(type, plan.timeZone));
  }

  async open(): Promise<void> {}

  async write(batch: Batch): Promise<void> {
    const count = Math.min(batch.length, this.#limit - this.sent);
    if (count <= 0) return;
    const rows = Array.from({ length: count }, (_, row) => ({
      kind: ROW_KIND_TEXT[batch.kinds === null ? 0 : batch.kinds[row]],
      values: batch.columns.map((column, i) => this.#cells[i](column.get(row))),
    }));
    this.sent += count;
    if (this.sent === this.#limit) this.#onLimit();
    await this.#send('rows', { rows });
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

/** A failure as the API tells it. */
export function apiError(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof RunError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), hint: null };
}
