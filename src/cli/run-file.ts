import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { LocalStore } from '../connectors/local/store.ts';
import { readsTopics, type JobPlan } from '../plan/job-plan.ts';
import { Job } from '../run/job.ts';
import type { JobStatus } from '../run/job-status.ts';
import { LeftOutLog } from '../run/left-out-log.ts';
import { compileFile } from './compile-file.ts';
import { serveDashboard, type DashboardFlags } from './dashboard-flags.ts';
import { say } from './diagnostics.ts';
import { eventTimeZone } from './event-time-zone.ts';
import type { CompileFlags } from './job-flags.ts';
import { limitYoungGeneration } from './limit-young-generation.ts';
import { countText, watermarkText } from './live-view.ts';
import { Meter } from './meter.ts';
import { printData } from './print-data.ts';
import { printsRows } from './prints-rows.ts';
import { ProgressLine } from './progress-line.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface RunFileFlags extends CompileFlags, DashboardFlags {
  readonly fresh?: boolean;
  readonly store: string;
  readonly metrics?: boolean;
  readonly stopAfter?: number;
}

/** Compiles a file and runs it to its end, or until a signal stops it. */
export async function runFile(file: string, flags: RunFileFlags): Promise<void> {
  const plan = compileFile(file, flags);
  const hasDashboard = flags.dashboard ?? (flags.port !== undefined || flags.host !== undefined);
  const shared = hasDashboard && flags.local === true ? LocalStore.open(flags.store) : null;
  const leftOut = hasDashboard ? new LeftOutLog() : undefined;
  const job = new Job(plan, {
    clock: systemClock,
    name: plan.settings.get('pipeline.name') ?? resolve(file),
    local: flags.local ?? false,
    kafka: flags.kafka,
    elasticsearch: flags.elasticsearch,
    store: shared ?? flags.store,
    print: printData,
    say,
    fresh: flags.fresh,
    stopAfterRecords: flags.stopAfter,
    leftOut,
  });
  const dashboard =
    leftOut === undefined ? null : await serveDashboard('run', [{ job, name: plan.name, leftOut }], shared, systemClock, flags);
  if (dashboard !== null) say(`dashboard: ${dashboard.url}`);
  const unsubscribe = stopOnSignals(() => void job.stop().catch(() => {}));
  if (flags.local !== true && readsTopics(plan)) limitYoungGeneration();
  const progress = showsProgress(plan) ? new ProgressLine(new Meter(job, plan), process.stderr) : null;
  if (progress !== null) say(`running ${file}; Ctrl-C stops it`);
  try {
    const outcome = await job.run();
    progress?.close();
    if (outcome === 'stopped') say(job.keepsCheckpoints ? 'stopped; the next run goes on from here' : 'stopped');
  } finally {
    progress?.close();
    unsubscribe();
    await dashboard?.close();
    shared?.close();
    const status = job.status();
    if (flags.metrics) for (const line of metricsLines(status, eventTimeZone(plan))) say(line);
    else for (const line of lossLines(status)) say(line);
  }
}

/** Rows that go elsewhere leave the terminal to a line about the job; those printed here are a sign of life themselves. */
const showsProgress = (plan: JobPlan): boolean => process.stderr.isTTY && !printsRows(plan);

function metricsLines(status: JobStatus, timeZone: string): string[] {
  return [
    `${countText(status.recordsIn)} records in, ${countText(status.rowsOut)} rows out, ${countText(status.late)} late, ${countText(status.malformed)} malformed`,
    `watermark ${watermarkText(status.watermark, timeZone)}, ${countText(status.stateEntries)} entries of state, ${status.checkpoints} ${status.checkpoints === 1 ? 'checkpoint' : 'checkpoints'}`,
    `${countText(status.recordsThisRun)} records read in ${(status.readingMs / 1000).toFixed(3)} s, from the first to the last`,
    ...status.sources.flatMap(({ table, records, malformed, reasons }) => [
      `source ${table}: ${countText(records)} records, ${countText(malformed)} malformed`,
      ...[...reasons].map(([reason, count]) => `  ${countText(count)} × ${reason}`),
    ]),
    ...status.sinks.map(
      ({ table, rows, dropped }) =>
        `sink ${table}: ${countText(rows)} rows${dropped > 0 ? `, ${countText(dropped)} dropped for NULL in a NOT NULL column` : ''}`,
    ),
  ];
}

/** Nothing is lost in silence: what was left out is said even without --metrics. */
function lossLines(status: JobStatus): string[] {
  const lines: string[] = [];
  for (const { table, malformed, reasons } of status.sources) {
    if (malformed === 0) continue;
    lines.push(`table "${table}": ${countText(malformed)} malformed ${malformed === 1 ? 'record' : 'records'}`);
    for (const [reason, count] of reasons) lines.push(`  ${countText(count)} × ${reason}`);
  }
  if (status.late > 0) lines.push(`${countText(status.late)} late ${status.late === 1 ? 'row' : 'rows'} left out`);
  return lines;
}
