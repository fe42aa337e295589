import { lineAndColumn, type SourceText } from '../base/place.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import { compile } from '../compile/compile.ts';
import { readSource } from '../compile/read-source.ts';
import { findCluster } from '../flink/find-cluster.ts';
import { GatewaySession } from '../flink/gateway-client.ts';
import { idleSourceWarning } from '../flink/idle-source-warning.ts';
import { ClusterClient } from '../flink/cluster-client.ts';
import { judgeProblems } from '../flink/judge-problems.ts';
import { runningJob } from '../flink/running-job.ts';
import { prepareStatements, submitStatements } from '../flink/submit-statements.ts';
import { watchEnd, watchStart, type WatchedJob } from '../flink/watch-job.ts';
import { say } from './diagnostics.ts';
import { printData } from './print-data.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface SubmitFlags {
  readonly gateway: string;
  readonly rest?: string;
  readonly kafka?: string;
  readonly elasticsearch?: string;
  readonly set: ReadonlyMap<string, string>;
  readonly name?: string;
  readonly unlessRunning?: boolean;
  readonly fromSavepoint?: string;
  readonly check: boolean;
  readonly wait?: boolean;
}

/** What a file's jobs need to be looked after, once they have been started. */
interface Started {
  readonly cluster: ClusterClient;
  readonly jobs: readonly WatchedJob[];
  /** The session's, at its end. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Submits a file's statements and sees its jobs start, and under --wait end. */
export async function submitFile(file: string, flags: SubmitFlags): Promise<void> {
  const source = readSource(file);
  const settings = new Map(flags.set);
  if (flags.name !== undefined) settings.set('pipeline.name', flags.name);
  if (flags.check) checkFirst(source, settings);
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => {
    abort.abort();
    say('stopping after what is at hand; a second Ctrl-C ends at once');
  });
  try {
    const started = await submit(source, { ...flags, settings }, abort.signal);
    await printData(started.jobs.map(({ id, name }) => `${id}  ${name}\n`).join(''));
    if (started.jobs.length === 0) return say('the file started no job');
    const running = await seeStart(started, source, abort.signal);
    if (flags.wait) await seeEnd(started.cluster, running, abort.signal);
  } finally {
    unsubscribe();
  }
}

/** Stops at what Flink would refuse as well; what only Isobar cannot do is said. */
function checkFirst(source: SourceText, settings: ReadonlyMap<string, string>): void {
  try {
    compile(source, { local: false, settings });
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    const { mistakes, onlyOurs } = judgeProblems(error.problems);
    if (mistakes.length > 0) {
      say('the file has mistakes and is not submitted; --no-check would submit it all the same');
      throw new ProblemsError(mistakes, source);
    }
    say('Isobar itself cannot run this file, which Flink may; it is submitted');
    for (const { message, place } of onlyOurs) {
      const { line, column } = lineAndColumn(source.text, place?.start ?? 0);
      say(`  ${source.name}:${line}:${column}: ${message}`);
    }
  }
}

async function submit(
  source: SourceText,
  flags: SubmitFlags & { readonly settings: ReadonlyMap<string, string> },
  signal: AbortSignal,
): Promise<Started> {
  const statements = prepareStatements(source, flags);
  const jobs: WatchedJob[] = [];
  const session = await GatewaySession.open(flags.gateway);
  try {
    const cluster = flags.rest === undefined ? await findCluster(session, flags.gateway) : new ClusterClient(flags.rest);
    const running = flags.unlessRunning ? await runningJob(cluster, source, flags.settings) : undefined;
    if (running !== undefined) {
      say(`job "${running.name}" is there already and is not submitted again`);
      return { cluster, jobs: [running], settings: await session.settings() };
    }
    const isStopped = (): boolean => signal.aborted;
    const isDone = await submitStatements(session, source, statements, { ...flags, isStopped, progress: statementLine(), jobs });
    if (!isDone) throw new RunError('FLINK_INTERRUPTED', 'stopped before the whole file was submitted');
    const names = new Map((jobs.length > 0 ? await cluster.jobs() : []).map(({ id, name }) => [id, name]));
    const named = jobs.map(({ id, name }) => ({ id, name: names.get(id) ?? name }));
    return { cluster, jobs: named, settings: await session.settings() };
  } catch (error) {
    for (const { id, name } of jobs) say(`job ${id} (${name}) has been started and runs on; isobar cancel ${id} stops it`);
    throw error;
  } finally {
    // A session that is left behind ends by itself after some time.
    await session.close().catch(() => {});
  }
}

/** `[3/7] CREATE TABLE weather … ok`. */
function statementLine() {
  const write = (text: string): unknown => process.stderr.write(text);
  return {
    begin: (index: number, count: number, title: string) => write(`[${index}/${count}] ${title} … `),
    end: (outcome: string) => write(`${outcome}\n`),
  };
}

/** Says of each job how it has started; answers those that have not finished. */
async function seeStart({ cluster, jobs, settings }: Started, source: SourceText, signal: AbortSignal): Promise<WatchedJob[]> {
  const running: WatchedJob[] = [];
  for (const job of jobs) {
    const state = await watchStart(cluster, job, { timeoutMs: 10_000, proveMs: 2000, signal });
    say(`job "${job.name}" ${state}`);
    if (state !== 'has finished') running.push(job);
    const warning = idleSourceWarning(source, (await cluster.job(job.id)).vertices, settings);
    if (warning !== undefined) say(`warning: ${warning}`);
  }
  return running;
}

async function seeEnd(cluster: ClusterClient, jobs: readonly WatchedJob[], signal: AbortSignal): Promise<void> {
  for (const job of jobs) {
    const hasEnded = await watchEnd(cluster, job, signal);
    say(hasEnded ? `job "${job.name}" has finished` : `no longer waiting; job "${job.name}" runs on`);
  }
}
