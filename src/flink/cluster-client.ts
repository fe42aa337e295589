import { setTimeout as sleep } from 'node:timers/promises';
import { FlinkFailure } from './flink-failure.ts';
import { JsonServer } from './json-server.ts';
import { reduceTrace } from './reduce-trace.ts';

/** A job as the list of jobs shows it. */
export interface JobOverview {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  readonly durationMs: number;
  readonly tasks: { readonly total: number; readonly running: number; readonly finished: number };
}

/** https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/internals/job_scheduling/ */
export type JobState =
  | 'INITIALIZING'
  | 'CREATED'
  | 'RUNNING'
  | 'FAILING'
  | 'FAILED'
  | 'CANCELLING'
  | 'CANCELED'
  | 'FINISHED'
  | 'RESTARTING'
  | 'SUSPENDED'
  | 'RECONCILING';

export const hasEnded = (state: JobState): boolean => ['FAILED', 'CANCELED', 'FINISHED'].includes(state);

export interface JobDetails {
  readonly state: JobState;
  /** The chains of operators, each with how many tasks run it. */
  readonly vertices: readonly { readonly name: string; readonly parallelism: number; readonly status: string }[];
}

export interface JobFailure {
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** In one line, with the task's name where one task failed. */
  readonly message: string;
  readonly hint?: string;
}

interface FailureEntry {
  readonly stacktrace: string;
  readonly taskName?: string;
  readonly timestamp: number;
  readonly concurrentExceptions?: readonly FailureEntry[];
}

type Trigger = {
  readonly status: { readonly id: 'IN_PROGRESS' | 'COMPLETED' };
  readonly operation?: { readonly location?: string; readonly 'failure-cause'?: { readonly 'stack-trace': string } };
};

const POLL_MS = 250;

/**
 * Flink's JobManager by its REST API: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/rest_api/. Every method
 * fails with a FlinkFailure when Flink refuses.
 */
export class ClusterClient {
  readonly #server: JsonServer;

  constructor(address: string) {
    const hint =
      'Start it with bin/start-cluster.sh of your Flink, or with docker compose up, or say with --rest where it is; its own port is 8081.';
    this.#server = new JsonServer(address, "Flink's JobManager", hint);
  }

  get address(): string {
    return this.#server.address;
  }

  async slots(): Promise<{ total: number; available: number }> {
    const overview = await this.#server.request<Record<string, number>>('GET', '/overview');
    return { total: overview['slots-total'], available: overview['slots-available'] };
  }

  /** All jobs the JobManager remembers, those that run first, the latest first. */
  async jobs(): Promise<JobOverview[]> {
    type Overview = { jid: string; name: string; state: JobState; duration: number; tasks: JobOverview['tasks'] };
    const { jobs } = await this.#server.request<{ jobs: (Overview & { 'start-time': number })[] }>('GET', '/jobs/overview');
    return jobs
      .map(({ jid, name, state, duration, tasks, 'start-time': startTime }) => {
        const { total, running, finished } = tasks;
        return { id: jid, name, state, startTime, durationMs: duration, tasks: { total, running, finished } };
      })
      .sort((a, b) => Number(hasEnded(a.state)) - Number(hasEnded(b.state)) || b.startTime - a.startTime);
  }

  async job(id: string): Promise<JobDetails> {
    return this.#server.request<JobDetails>('GET', `/jobs/${id}`);
  }

  /** The job's failures that Flink remembers, the latest first. */
  async failures(id: string): Promise<JobFailure[]> {
    type Exceptions = { exceptionHistory?: { entries: FailureEntry[] } };
    const { exceptionHistory } = await this.#server.request<Exceptions>('GET', `/jobs/${id}/exceptions`);
    return (exceptionHistory?.entries ?? []).map(failureOf);
  }

  async cancel(id: string): Promise<void> {
    await this.#server.request('PATCH', `/jobs/${id}?mode=cancel`);
  }

  /** Stops a job with a savepoint and resolves with its path when it is complete. Without a `folder`, the cluster's own is taken. */
  async stop(id: string, options: { readonly folder?: string; readonly drain: boolean }): Promise<string> {
    const body = { ...(options.folder !== undefined && { targetDirectory: options.folder }), drain: options.drain };
    const started = await this.#server.request<{ 'request-id': string }>('POST', `/jobs/${id}/stop`, body);
    for (;;) {
      const { status, operation } = await this.#server.request<Trigger>('GET', `/jobs/${id}/savepoints/${started['request-id']}`);
      if (status.id === 'COMPLETED') {
        const failure = operation?.['failure-cause'];
        if (failure !== undefined) throw new FlinkFailure(500, [failure['stack-trace']]);
        if (operation?.location !== undefined) return operation.location;
      }
      await sleep(POLL_MS);
    }
  }

  /** Resolves with the state the job ends in; `signal` gives up the waiting, with undefined. */
  async ended(id: string, signal?: AbortSignal): Promise<JobState | undefined> {
    for (;;) {
      const { state } = await this.job(id);
      if (hasEnded(state)) return state;
      if (signal?.aborted) return undefined;
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** An entry about the end of all restarts has the failure itself beneath it, or beside it with the task's name. */
function failureOf(entry: FailureEntry): JobFailure {
  const { message, hint } = reduceTrace(entry.stacktrace);
  const task = entry.taskName ?? entry.concurrentExceptions?.find(({ taskName }) => taskName)?.taskName;
  const name = task?.replace(/ \(\d+\/\d+\).*$/, '');
  return { timestamp: entry.timestamp, message: name ? `task "${name}": ${message}` : message, ...(hint && { hint }) };
}
