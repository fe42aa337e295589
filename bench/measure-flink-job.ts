import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../src/base/problem.ts';
import { servers } from '../test/stack/servers.ts';
import { forgetPeakMemory, processUsage } from './process-usage.ts';
import type { Usage } from './measure.ts';

export interface FlinkMeasurement extends Usage {
  /** From the first record that the source has read to the last. */
  readonly recordsPerSecond: number;
}

interface Job {
  readonly state: string;
  readonly vertices: readonly { readonly id: string; readonly name: string; readonly status: string }[];
}

interface Metric {
  readonly id: string;
  readonly value?: string;
}

const POLL_MS = 50;
const START_WITHIN_MS = 120_000;

/** Starts one job, which ends by itself, with `submit`, and measures it and the cluster's processes until it has. */
export async function measureFlinkJob(processes: readonly number[], submit: () => Promise<unknown>): Promise<FlinkMeasurement> {
  const before = new Set((await jobs()).map(({ jid }) => jid));
  forgetPeakMemory(processes);
  const { cpuSeconds } = processUsage(processes);
  const submitted = submit();
  const [, recordsPerSecond] = await Promise.all([submitted, readingSpeed(() => newJob(before))]);
  const usage = processUsage(processes);
  return { recordsPerSecond, cpuSeconds: usage.cpuSeconds - cpuSeconds, peakMemoryMB: usage.peakMemoryMB };
}

/** Cancels what runs. */
export async function cancelFlinkJobs(): Promise<void> {
  const running = (await jobs()).filter(({ state }) => !/^(FINISHED|FAILED|CANCELED)$/.test(state));
  for (const { jid } of running) await fetch(`${servers.flink}/jobs/${jid}?mode=cancel`, { method: 'PATCH' });
  while ((await jobs()).some(({ state }) => !/^(FINISHED|FAILED|CANCELED)$/.test(state))) await sleep(POLL_MS);
}

/** Looks at the source's counter until the job has ended: the slope between the first and the last time that it stood elsewhere. */
async function readingSpeed(find: () => Promise<string>): Promise<number> {
  const id = await find();
  const seen: { readonly time: number; readonly records: number }[] = [];
  for (let counter: string | undefined; ; await sleep(POLL_MS)) {
    const { state, vertices } = await ask<Job>(`/jobs/${id}`);
    if (state === 'FINISHED') break;
    if (/^(FAILED|CANCELED)$/.test(state)) throw new RunError('BENCH_FAILED', `the job of Flink has ended as ${state}`);
    const source = vertices.find(({ name }) => name.startsWith('Source: '));
    if (source === undefined) continue;
    const metrics = `/jobs/${id}/vertices/${source.id}/metrics`;
    counter ??= (await ask<Metric[]>(metrics)).find((metric) => /^0\.Source__.*\.numRecordsIn$/.test(metric.id))?.id;
    if (counter === undefined) continue;
    const [metric] = await ask<Metric[]>(`${metrics}?get=${encodeURIComponent(counter)}`);
    const records = Number(metric?.value ?? 0);
    if (records > (seen.at(-1)?.records ?? 0)) seen.push({ time: performance.now() / 1000, records });
  }
  const first = seen[0];
  const last = seen.at(-1);
  if (last === undefined || last.time - first.time < 1)
    throw new RunError('BENCH_FAILED', 'Flink was done in a second: take more messages');
  return (last.records - first.records) / (last.time - first.time);
}

async function newJob(before: ReadonlySet<string>): Promise<string> {
  for (let waitedMs = 0; waitedMs < START_WITHIN_MS; waitedMs += POLL_MS) {
    const found = (await jobs()).find(({ jid }) => !before.has(jid));
    if (found !== undefined) return found.jid;
    await sleep(POLL_MS);
  }
  throw new RunError('BENCH_FAILED', 'no job of Flink has started');
}

const jobs = async (): Promise<readonly { jid: string; state: string }[]> =>
  (await ask<{ jobs: { jid: string; state: string }[] }>('/jobs/overview')).jobs;

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(servers.flink + path)).json()) as T;
}
