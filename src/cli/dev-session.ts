import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../base/clock.ts';
import { ProblemsError } from '../base/problem.ts';
import { LocalStore } from '../connectors/local/store.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import { deadLetterTopic } from '../run/dead-letter.ts';
import { Job } from '../run/job.ts';
import { LeftOutLog } from '../run/left-out-log.ts';
import type { DashboardServer } from '../server/dashboard-server.ts';
import { compileFile } from './compile-file.ts';
import { serveDashboard, type DashboardFlags } from './dashboard-flags.ts';
import { feedTopics } from './dev-feeds.ts';
import { createPanels, PrintedPanel, type Panel } from './dev-panels.ts';
import { reportFailure, say } from './diagnostics.ts';
import { LiveScreen, pipelineLine, type LiveViewModel } from './live-view.ts';
import { Meter } from './meter.ts';
import { printData } from './print-data.ts';
import { printsRows } from './prints-rows.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface DevFlags extends DashboardFlags {
  readonly store: string;
  readonly fresh?: boolean;
  readonly seed?: number;
  readonly generators: boolean;
}

const FRAME_MS = 250;
/** How often there is a line about each pipeline where there is no terminal. */
const LINE_MS = 5000;
const FIRST_LINE_MS = 1500;

/** Runs generators and pipelines in this process until it is stopped, and shows how they are doing. */
export async function dev(files: readonly string[], flags: DevFlags): Promise<void> {
  const plans = compileAll(files.length > 0 ? files : pipelineFiles());
  const store = LocalStore.open(flags.store);
  try {
    if (flags.fresh) for (const plan of plans) forget(plan, store);
    await runSession(plans, store, flags);
  } finally {
    store.close();
  }
}

async function runSession(plans: readonly JobPlan[], store: LocalStore, flags: DevFlags): Promise<void> {
  const startedAt = systemClock.now();
  const screen = process.stdout.isTTY ? new LiveScreen(process.stdout) : null;
  const printed = new PrintedPanel();
  const print = screen === null ? printData : printed.print;
  const monitored = plans.map((plan) => {
    const leftOut = new LeftOutLog();
    const options = { clock: systemClock, name: plan.name, local: true, store, print, fresh: flags.fresh, leftOut };
    return { name: plan.name, leftOut, job: new Job(plan, options) };
  });
  const jobs = monitored.map(({ job }) => job);
  const dashboard = flags.dashboard === false ? null : await serveDashboard('dev', monitored, store, systemClock, flags);
  if (dashboard !== null && screen === null) say(dashboardLine(dashboard));
  const stopping = new AbortController();
  const unsubscribe = stopOnSignals(() => stopping.abort());
  const runs = jobs.map((job) => job.run());
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    stopping.abort();
  };
  // The others go on, and with them the dashboard that says what has failed.
  const failures = new Map<string, Error>();
  for (const [i, run] of runs.entries()) {
    run.catch((error: Error) => {
      failures.set(jobs[i].plan.name, error);
      if (failures.size === jobs.length) return fail(error);
      failure ??= error;
      if (screen === null) reportFailure(error);
    });
  }
  let feeding: Promise<void> = Promise.resolve();
  try {
    await Promise.all(jobs.map((job) => job.opened)).catch(() => {});
    if (!stopping.signal.aborted && flags.generators) {
      feeding = feedTopics(topicsRead(plans), store, systemClock, flags.seed ?? startedAt, stopping.signal);
      feeding.catch(fail);
    }
    const panels = [...plans.flatMap((plan) => createPanels(plan, store)), ...(plans.some(printsRows) ? [printed] : [])];
    const meters = jobs.map((job, i) => new Meter(job, plans[i]));
    let nextFrame = startedAt;
    let nextLine = startedAt + FIRST_LINE_MS;
    while (!stopping.signal.aborted) {
      const now = systemClock.now();
      if (screen !== null && now >= nextFrame) {
        nextFrame = now + FRAME_MS;
        screen.draw(model(meters, panels, flags.store, now - startedAt, footer(dashboard, failures)));
      } else if (screen === null && now >= nextLine) {
        nextLine = now + LINE_MS;
        for (const meter of meters) process.stdout.write(`${pipelineLine(meter.view(now))}\n`);
      }
      await delay(50, undefined, { signal: stopping.signal }).catch(() => {});
    }
    await feeding.catch(() => {});
    await Promise.allSettled(jobs.map((job) => job.stop()));
    await Promise.allSettled(runs);
    screen?.close();
    const now = systemClock.now();
    for (const meter of meters) process.stdout.write(`${pipelineLine(meter.view(now))}\n`);
  } finally {
    screen?.close();
    unsubscribe();
    await dashboard?.close();
  }
  if (failure !== undefined) throw failure as Error;
  say('stopped; isobar dev goes on from here');
}

/** Where the page is. */
function dashboardLine({ url, isPageBuilt }: DashboardServer): string {
  return isPageBuilt ? `dashboard: ${url}` : `dashboard: ${url} (the page is not built; the API is there)`;
}

function model(
  meters: readonly Meter[],
  panels: readonly Panel[],
  store: string,
  elapsedMs: number,
  footerText: string,
): LiveViewModel {
  for (const panel of panels) panel.refresh();
  const now = systemClock.now();
  const views = panels.map((panel) => panel.view());
  return {
    elapsedMs,
    store,
    pipelines: meters.map((meter) => meter.view(now)),
    // Errors are shown when there are some, behind the results.
    panels: [...views.filter(({ isMinor }) => !isMinor), ...views.filter(({ isMinor, rows }) => isMinor && rows.length > 0)],
    footer: footerText,
  };
}

function footer(dashboard: DashboardServer | null, failures: ReadonlyMap<string, Error>): string {
  const failed = [...failures].map(([name, { message }]) => `${name} has failed: ${message.split('\n')[0]}   `).join('');
  const link = dashboard === null ? '' : `${dashboardLine(dashboard)}   `;
  return `${failed}${link}Ctrl-C stops.  In a second terminal: ${commandName()} topics list, … topics tail TOPIC`;
}

/** The command as the user has it: in a checkout by its path. */
const commandName = (): string => (import.meta.filename.endsWith('.ts') ? 'bin/isobar' : 'isobar');

/** The pipelines of the folder where the user is; without any, those of the demonstrations, which come with the package. */
function pipelineFiles(): string[] {
  for (const folder of ['pipelines', fileURLToPath(new URL('../../pipelines', import.meta.url))]) {
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sql')) : [];
    if (names.length > 0) return names.sort().map((name) => join(folder, name));
  }
  throw new ProblemsError([
    {
      code: 'PIPELINES_NOT_FOUND',
      message: 'there are no .sql files in the folder pipelines',
      hint: 'Name the files: isobar dev my-pipeline.sql',
    },
  ]);
}

/** Compiles all files, so that the mistakes of all are shown at once. */
function compileAll(files: readonly string[]): JobPlan[] {
  const plans: JobPlan[] = [];
  const failures: ProblemsError[] = [];
  for (const file of files) {
    try {
      plans.push(compileFile(file, { local: true, set: new Map([['execution.checkpointing.interval', '500 ms']]) }));
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      failures.push(error);
    }
  }
  const last = failures.pop();
  if (last === undefined) return plans;
  for (const failure of failures) {
    reportFailure(failure);
    process.stderr.write('\n');
  }
  throw last;
}

/** The local topics that the plans read. */
function topicsRead(plans: readonly JobPlan[]): Set<string> {
  return new Set(
    plans.flatMap((plan) => plan.nodes.flatMap((node) => (node.kind === 'scan' ? topicsOf(node.table.bound.settings) : []))),
  );
}

const topicsOf = (settings: Readonly<Record<string, unknown>>): readonly string[] =>
  (settings.topics as readonly string[] | undefined) ?? [];

/** Deletes what the local store holds of a pipeline: its topics and indices; the checkpoint goes when the job starts anew. */
function forget(plan: JobPlan, store: LocalStore): void {
  store.transaction(() => {
    for (const node of plan.nodes) {
      if ((node.kind !== 'scan' && node.kind !== 'sink') || node.table === null) continue;
      const { settings } = node.table.bound;
      for (const topic of [...topicsOf(settings), deadLetterTopic(node.table.name)]) store.topics.delete(topic);
      if (typeof settings.index === 'string') store.index.drop(settings.index);
    }
  });
  say(`${plan.name}: forgot topics and results`);
}
