import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemsError, renderFailure, RunError } from '../src/base/problem.ts';
import { compile } from '../src/compile/compile.ts';
import { RecordBlobBuilder } from '../src/connectors/local/record-blob.ts';
import { LocalStore } from '../src/connectors/local/store.ts';
import type { JobPlan } from '../src/plan/job-plan.ts';
import { Job, type JobOptions } from '../src/run/job.ts';
import type { JobStatus } from '../src/run/job-status.ts';
import type { CaseFile, CaseSection } from './case-file.ts';
import { topicRecords } from './topic-records.ts';

/** What came of one run of a case. */
export interface CaseOutcome {
  readonly stdout: string;
  readonly error: string | undefined;
  readonly status: JobStatus | undefined;
  /** There is one source and one sink, so that rows have one order. */
  readonly isOrdered: boolean;
  /** Lines of each section that the case expects of topics and indices. */
  readonly stored: ReadonlyMap<CaseSection, readonly string[]>;
}

/** How a run goes: at once, or stopped after so many records and gone on with, again and again; with batches of at most so many rows. */
export interface CaseRun {
  readonly stops?: readonly number[];
  readonly maxBatchRows?: number;
}

/** A case runs at a fixed time. */
const NOW = Date.UTC(2024, 5, 1, 12);

/** Runs a case in a folder and a store of its own. */
export async function runCase(file: CaseFile, run: CaseRun = {}): Promise<CaseOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-case-'));
  const clock = { now: () => NOW };
  const store = LocalStore.open(join(folder, 'isobar.db'), clock);
  let stdout = '';
  const hidden = (text: string): string => text.replaceAll(folder, '${DIR}');
  try {
    writeInputs(file, folder, store);
    const sql = file.sections.find(({ kind }) => kind === 'sql')?.lines.join('\n') ?? '';
    let plan: JobPlan;
    try {
      plan = compile({ name: 'case.sql', text: sql.replaceAll('${DIR}', folder) }, { local: true });
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      return { stdout: '', error: hidden(error.message), status: undefined, isOrdered: true, stored: new Map() };
    }
    const options: JobOptions = {
      clock,
      name: 'case',
      local: true,
      store,
      maxBatchRows: run.maxBatchRows,
      print: (text) => {
        stdout += text;
      },
    };
    let status: JobStatus | undefined;
    let error: string | undefined;
    try {
      for (const stopAfterRecords of [...(run.stops ?? []), undefined]) {
        const job = new Job(plan, { ...options, stopAfterRecords });
        const outcome = await job.run();
        status = job.status();
        if (outcome === 'finished') break;
      }
    } catch (failure) {
      if (!(failure instanceof RunError)) throw failure;
      error = hidden(renderFailure(failure));
    }
    const stored = new Map(
      file.sections
        .filter(({ kind, words }) => kind === 'expect' && words.length > 0)
        .map((section) => [section, storedLines(section, store)]),
    );
    const count = (...kinds: string[]): number => plan.nodes.filter(({ kind }) => kinds.includes(kind)).length;
    const isOrdered = count('scan', 'values') === 1 && count('sink') === 1;
    return { stdout: hidden(stdout), error, status, isOrdered, stored };
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

function writeInputs(file: CaseFile, folder: string, store: LocalStore): void {
  for (const section of file.sections) {
    if (section.kind === 'input') {
      mkdirSync(join(folder, section.words[0]), { recursive: true });
      writeFileSync(join(folder, section.words[0], 'data.txt'), section.lines.map((line) => `${line}\n`).join(''));
    } else if (section.kind === 'topic') writeTopic(section, store);
  }
}

function writeTopic(section: CaseSection, store: LocalStore): void {
  const name = section.words[0];
  const { partitions, records } = topicRecords(section);
  store.topics.create(name, { partitions });
  for (const { partition, timestamp, key, value } of records) {
    const blob = new RecordBlobBuilder();
    if (key !== null) blob.appendKey(Buffer.from(key));
    if (value !== null) blob.appendValue(Buffer.from(value));
    blob.end(timestamp ?? NOW, key === null, value === null);
    store.topics.append(name, partition, blob.finish());
  }
}

function storedLines({ words: [what, name, ...flags] }: CaseSection, store: LocalStore): string[] {
  if (what === 'index')
    return store.index
      .scan(name)
      .map(({ id, json }) => `${id} ${json}`)
      .sort();
  const lines: string[] = [];
  if (!store.topics.has(name)) return lines;
  for (let partition = 0; partition < store.topics.partitionCount(name); partition++) {
    let offset = 0;
    for (let records; (records = store.topics.read(name, partition, offset)) !== undefined; offset += records.count) {
      const { bytes, keyStarts, keyEnds, valueStarts, valueEnds } = records;
      const text = (start: number, end: number): string | null =>
        end < start ? null : Buffer.from(bytes.subarray(start, end)).toString();
      for (let i = 0; i < records.count; i++) {
        const value = text(valueStarts[i], valueEnds[i]);
        const key = keyStarts === null || keyEnds === null ? null : text(keyStarts[i], keyEnds[i]);
        lines.push(flags.includes('keyed') ? (value === null ? String(key) : `${key} => ${value}`) : String(value));
      }
    }
  }
  return lines;
}
