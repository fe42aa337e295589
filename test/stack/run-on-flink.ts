import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { splitStatements } from '../../src/compile/parse/split-statements.ts';
import type { CaseFile, CaseSection } from '../case-file.ts';
import { topicRecords } from '../topic-records.ts';
import { GatewaySession } from './gateway-session.ts';
import { createTopics, readTopic, writeRecords } from './kafka-topics.ts';
import { servers } from './servers.ts';

/** What came of a case on real Flink, with real topics and indices. */
export interface FlinkOutcome {
  /** What the print sinks printed: `+I[…]`, with `NAME> ` in front where the sink has an identifier. */
  readonly printed: readonly string[];
  /** The rows of bare SELECTs: their kind and cells. */
  readonly selected: readonly (readonly string[])[];
  /** Why Flink refused the file, or the job failed: the stack trace. */
  readonly error: string | undefined;
  /** Lines of each section that the case expects of topics and indices, in the form of case-file.ts. */
  readonly stored: ReadonlyMap<CaseSection, readonly string[]>;
}

/** As many as two cores and the slots have room for. */
const AT_ONCE = 3;
const STATEMENT_TIMEOUT_MS = 60_000;
const SESSION = {
  // An INSERT ends when its job does.
  'table.dml-sync': 'true',
  'table.local-time-zone': 'UTC',
  'restart-strategy.type': 'none',
  'parallelism.default': '1',
};

/** Runs cases side by side on Flink, each in a session, a folder and with topics of its own; `progress` is told how many are done. */
export async function runOnFlink(files: readonly CaseFile[], progress: (done: number) => void): Promise<FlinkOutcome[]> {
  const run = `c${randomBytes(3).toString('hex')}`;
  const outcomes: (Omit<FlinkOutcome, 'printed'> & { prefix: string; folder: string })[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const at = next++;
      const prefix = `${run}-${at}-`;
      const folder = mkdtempSync(join(tmpdir(), 'isobar-case-'));
      try {
        outcomes[at] = { ...(await runCase(files[at], prefix, folder)), prefix, folder };
      } finally {
        rmSync(folder, { recursive: true });
      }
      progress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const printed = printedBy(await taskOutput());
  return outcomes.map(({ prefix, folder, ...outcome }) => ({
    ...outcome,
    printed: (printed.get(prefix) ?? []).map((line) => line.replaceAll(prefix, '').replaceAll(folder, '${DIR}')),
  }));
}

async function runCase(file: CaseFile, prefix: string, folder: string): Promise<Omit<FlinkOutcome, 'printed'>> {
  await writeInputs(file, prefix, folder);
  const sql = file.sections
    .find(({ kind }) => kind === 'sql')!
    .lines.join('\n')
    .replaceAll('${DIR}', folder);
  const selected: string[][] = [];
  let error: string | undefined;
  const session = await GatewaySession.open(servers.gateway, { ...SESSION, 'pipeline.name': `${prefix}case` });
  try {
    for (const { start, end } of splitStatements({ name: 'case.sql', text: sql })) {
      const { isQuery, rows } = await session.execute(forFlink(sql.slice(start, end), prefix), STATEMENT_TIMEOUT_MS);
      if (isQuery) for (const { kind, cells } of rows) selected.push([kind, ...cells]);
    }
  } catch (failure) {
    error = (failure as Error).message;
    await cancelJobs(`${prefix}case`);
  } finally {
    await session.close();
  }
  const stored = new Map<CaseSection, readonly string[]>();
  for (const section of file.sections)
    if (error === undefined && section.kind === 'expect' && section.words.length > 0)
      stored.set(section, await storedLines(section, prefix));
  return { selected, error, stored };
}

/** The statement with the addresses of real servers, with names of the case's own, and with print sinks that tell whose they are. */
function forFlink(statement: string, prefix: string): string {
  const text = statement
    .replace(/^BEGIN\s+STATEMENT\s+SET\s*;/, 'EXECUTE STATEMENT SET BEGIN')
    .replace(/('properties\.bootstrap\.servers'\s*=\s*)'[^']*'/g, `$1'${servers.kafka}'`)
    .replace(/('hosts'\s*=\s*)'[^']*'/g, `$1'${servers.elasticsearch}'`)
    .replace(/('(?:index|topic-pattern)'\s*=\s*)'([^']*)'/g, `$1'${prefix}$2'`)
    .replace(/('topic'\s*=\s*)'([^']*)'/g, (_, option: string, topics: string) => {
      const own = topics.split(';').map((topic) => prefix + topic.trim());
      return `${option}'${own.join(';')}'`;
    });
  if (!/'connector'\s*=\s*'print'/.test(text)) return text;
  const named = text.replace(/('print-identifier'\s*=\s*)'([^']*)'/g, `$1'${prefix}$2'`);
  return named === text ? text.replace(/('connector'\s*=\s*'print')/g, `$1, 'print-identifier' = '${prefix}'`) : named;
}

async function writeInputs(file: CaseFile, prefix: string, folder: string): Promise<void> {
  for (const section of file.sections) {
    const name = section.words[0];
    if (section.kind === 'input') {
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, 'data.txt'), section.lines.map((line) => `${line}\n`).join(''));
    } else if (section.kind === 'topic') {
      const { partitions, records } = topicRecords(section);
      await createTopics(servers.kafka, [{ name: prefix + name, partitions }]);
      await writeRecords(servers.kafka, prefix + name, records);
    }
  }
}

async function storedLines({ words: [what, name, ...flags] }: CaseSection, prefix: string): Promise<string[]> {
  if (what === 'index') {
    const url = `${servers.elasticsearch}/${prefix}${name}`;
    await fetch(`${url}/_refresh`, { method: 'POST' });
    const answer = (await (await fetch(`${url}/_search?size=10000`)).json()) as {
      hits?: { hits: readonly { _id: string; _source: object }[] };
    };
    return (answer.hits?.hits ?? []).map(({ _id, _source }) => `${_id} ${JSON.stringify(_source)}`).sort();
  }
  const records = await readTopic(servers.kafka, prefix + name);
  return records.map(({ key, payload }) => {
    if (!flags.includes('keyed')) return String(payload);
    return payload === null ? String(key) : `${key} => ${payload}`;
  });
}

/** What the tasks have printed since the TaskManagers were started. */
async function taskOutput(): Promise<string> {
  const { taskmanagers } = await getJson<{ taskmanagers: readonly { id: string }[] }>('/taskmanagers');
  const outputs = taskmanagers.map(async ({ id }) => (await fetch(`${servers.flink}/taskmanagers/${id}/stdout`)).text());
  return (await Promise.all(outputs)).join('');
}

/** Lines by the prefix of their case. A text with line ends goes on in lines without prefix. */
function printedBy(output: string): Map<string, string[]> {
  const printed = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of output.replace(/\n$/, '').split('\n')) {
    const [, prefix, identifier, row] = /^(c[0-9a-f]{6}-\d+-)(.*?)> (.*)$/.exec(line) ?? [];
    if (prefix !== undefined) {
      if (!printed.has(prefix)) printed.set(prefix, []);
      lines = printed.get(prefix)!;
    }
    lines.push(prefix === undefined ? line : identifier === '' ? row : `${identifier}> ${row}`);
  }
  return printed;
}

async function cancelJobs(name: string): Promise<void> {
  const { jobs } = await getJson<{ jobs: readonly { jid: string; name: string; state: string }[] }>('/jobs/overview');
  const running = jobs.filter((job) => job.name === name && /^(CREATED|RUNNING|RESTARTING|INITIALIZING)$/.test(job.state));
  for (const { jid } of running) await fetch(`${servers.flink}/jobs/${jid}?mode=cancel`, { method: 'PATCH' });
}

async function getJson<T>(path: string): Promise<T> {
  return (await (await fetch(servers.flink + path)).json()) as T;
}
