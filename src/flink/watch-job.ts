import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/problem.ts';
import { hasEnded, type JobDetails, type ClusterClient } from './cluster-client.ts';

const POLL_MS = 200;

export interface WatchedJob {
  readonly id: string;
  readonly name: string;
}

export interface StartPatience {
  /** How long a job may take until it runs. */
  readonly timeoutMs: number;
  /** How long it must have run: a connector that does not find its server or its topic says so only after a while. */
  readonly proveMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until all tasks of a job run and have done so for a while, or until it has finished. Answers what there is to say: `runs`,
 * `has finished`, or what it waits for. Fails with a RunError that tells the cause when the job failed.
 */
export async function watchStart(cluster: ClusterClient, job: WatchedJob, patience: StartPatience): Promise<string> {
  const until = performance.now() + patience.timeoutMs;
  for (let runningSince: number | undefined; ;) {
    const { state, vertices } = await cluster.job(job.id);
    if (state === 'FINISHED') return 'has finished';
    if (state === 'CANCELED') throw new RunError('FLINK_JOB_CANCELED', `job "${job.name}" was cancelled`);
    if (state === 'FAILED') throw await failureOf(cluster, job, 'failed');
    const runs = state === 'RUNNING' && vertices.every(({ status }) => status === 'RUNNING' || status === 'FINISHED');
    const now = performance.now();
    runningSince = runs ? (runningSince ?? now) : undefined;
    const isProven = runningSince !== undefined && now - runningSince >= patience.proveMs;
    if (isProven || (runningSince === undefined && now > until)) {
      if ((await cluster.failures(job.id)).length > 0) throw await failureOf(cluster, job, 'restarts over and over');
      return isProven ? 'runs' : waitingFor(cluster, state, vertices);
    }
    if (patience.signal?.aborted) return 'is submitted; it has not been seen to run yet';
    await sleep(POLL_MS, undefined, { signal: patience.signal }).catch(() => {});
  }
}

/** Waits until a job ends; answers false when `signal` came first. Fails with a RunError unless it has finished. */
export async function watchEnd(cluster: ClusterClient, job: WatchedJob, signal: AbortSignal): Promise<boolean> {
  const state = await cluster.ended(job.id, signal);
  if (state === 'FAILED') throw await failureOf(cluster, job, 'failed');
  if (state === 'CANCELED') throw new RunError('FLINK_JOB_CANCELED', `job "${job.name}" was cancelled`);
  return state !== undefined && hasEnded(state);
}

async function failureOf(cluster: ClusterClient, job: WatchedJob, what: string): Promise<RunError> {
  const [latest] = await cluster.failures(job.id);
  const goesOn = what === 'failed' ? undefined : `Stop it with isobar cancel ${job.id.slice(0, 8)}.`;
  const hint = [latest?.hint, goesOn].filter((text) => text !== undefined).join(' ') || undefined;
  return new RunError('FLINK_JOB_FAILED', `job "${job.name}" ${what}: ${latest?.message ?? 'Flink tells no reason'}`, hint);
}

async function waitingFor(cluster: ClusterClient, state: string, vertices: JobDetails['vertices']): Promise<string> {
  const needed = Math.max(0, ...vertices.map(({ parallelism }) => parallelism));
  const { available, total } = await cluster.slots();
  if (vertices.some(({ status }) => status === 'SCHEDULED' || status === 'CREATED') && available < needed)
    return `is submitted; it waits for ${needed} free task slots, and of Flink's ${total} there are ${available}`;
  return `is submitted; it does not run yet, its state is ${state}`;
}
