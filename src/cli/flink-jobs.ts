import { displayWidth } from '../base/display-width.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import { findJob } from '../flink/find-job.ts';
import { hasEnded, ClusterClient, type JobOverview } from '../flink/cluster-client.ts';
import { say } from './diagnostics.ts';
import { printData } from './print-data.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface JobsFlags {
  readonly rest: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

export interface CancelFlags {
  readonly rest: string;
  /** True without a folder. */
  readonly savepoint?: string | true;
  readonly drain?: boolean;
}

const LONGEST_NAME = 50;
/** How many ended jobs are shown without --all: Flink remembers hundreds. */
const ENDED_SHOWN = 10;

export async function listJobs(flags: JobsFlags): Promise<void> {
  const cluster = new ClusterClient(flags.rest);
  const all = await cluster.jobs();
  const live = all.filter(({ state }) => !hasEnded(state)).length;
  const jobs = flags.all ? all : all.slice(0, live + ENDED_SHOWN);
  const failures = new Map<string, string>();
  for (const { id, state } of jobs) {
    if (!['FAILED', 'FAILING', 'RESTARTING'].includes(state)) continue;
    const [latest] = await cluster.failures(id);
    if (latest !== undefined) failures.set(id, latest.message);
  }
  if (flags.json) {
    const shown = jobs.map(({ startTime, ...job }) => ({
      ...job,
      startTime: new Date(startTime).toISOString(),
      failure: failures.get(job.id),
    }));
    return printData(`${JSON.stringify({ jobs: shown }, null, 2)}\n`);
  }
  if (jobs.length === 0) return say('there are no jobs');
  const table = [['id', 'name', 'state', 'since', 'duration', 'tasks'], ...jobs.map(cellsOf)];
  const widths = table[0].map((_, i) => Math.max(...table.map((cells) => displayWidth(cells[i]))));
  const padded = (cell: string, i: number): string => cell + ' '.repeat(widths[i] - displayWidth(cell));
  await printData(table.map((cells) => `${cells.map(padded).join('  ').trimEnd()}\n`).join(''));
  for (const [id, message] of failures) say(`${id.slice(0, 8)} failed: ${message}`);
  if (jobs.length < all.length) say(`${all.length - jobs.length} more have ended; --all shows them`);
}

/** Ends a job and sees it end; Ctrl-C only ends the waiting. */
export async function cancelJob(word: string, flags: CancelFlags): Promise<void> {
  const { savepoint, drain = false } = flags;
  if (drain && savepoint === undefined) {
    const hint = 'Add --savepoint, or leave --drain out.';
    throw new ProblemsError([{ code: 'COMMAND_CONFLICTING_OPTION', message: '--drain works only with --savepoint', hint }]);
  }
  const cluster = new ClusterClient(flags.rest);
  const job = findJob(await cluster.jobs(), word);
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => abort.abort());
  try {
    if (savepoint === undefined) await cluster.cancel(job.id);
    else {
      const folder = savepoint === true ? undefined : savepoint;
      await printData(`${await cluster.stop(job.id, { folder, drain })}\n`);
    }
    const state = await cluster.ended(job.id, abort.signal);
    if (state === 'FAILED') throw new RunError('FLINK_JOB_FAILED', `job "${job.name}" failed while it was stopped`);
    if (state === undefined) return say(`no longer waiting; job "${job.name}" is being stopped`);
    say(`job "${job.name}" ${savepoint === undefined ? 'is cancelled' : 'has stopped with a savepoint'}`);
  } finally {
    unsubscribe();
  }
}

function cellsOf({ id, name, state, startTime, durationMs, tasks }: JobOverview): string[] {
  const words = name.replace(/\s+/g, ' ');
  const shown = words.length > LONGEST_NAME ? `${words.slice(0, LONGEST_NAME - 1)}…` : words;
  const count = hasEnded(state) ? `${tasks.finished}/${tasks.total} finished` : `${tasks.running}/${tasks.total} running`;
  return [id, shown, state, localTime(startTime), durationText(durationMs), count];
}

/** `2026-11-21 08:40:12`, in the local time zone. */
const localTime = (timestamp: number): string => new Date(timestamp).toLocaleString('sv-SE');

/** The two largest units: `3d 4h`, `12m 5s`, `7s`. */
function durationText(durationMs: number): string {
  let seconds = Math.floor(durationMs / 1000);
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || unit === 's') parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ');
}
