import type { Clock } from '../base/clock.ts';
import { renderFailure, RunError } from '../base/problem.ts';
import { zoneOf } from '../functions/time-zone.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { JobMetrics, OperatorCounts } from '../run/job-metrics.ts';
import type { Job } from '../run/job.ts';
import type { LeftOutLog } from '../run/left-out-log.ts';
import type { CheckpointView, HistorySample, JobStatusView, OperatorStatus } from './api.ts';
import { holdsErrors } from './holds-errors.ts';

/** Rates are averages over so many samples, which are taken once a second. */
const RATE_SAMPLES = 5;
const HISTORY_SAMPLES = 300;

/** A job that the dashboard shows. */
export interface MonitoredJob {
  readonly job: Job;
  readonly name: string;
  readonly leftOut: LeftOutLog;
}

interface Sample {
  readonly at: number;
  readonly recordsIn: number;
  readonly rowsOut: number;
  readonly metrics: JobMetrics;
}

/** Watches one job: a sample each second makes rates and a history of its counters. */
export class JobMonitor {
  readonly name: string;
  readonly job: Job;
  readonly leftOut: LeftOutLog;
  readonly #clock: Clock;
  readonly #instantOf: InstantOf;
  readonly #samples: Sample[] = [];
  readonly #history: HistorySample[] = [];

  constructor({ job, name, leftOut }: MonitoredJob, clock: Clock) {
    this.job = job;
    this.name = name;
    this.leftOut = leftOut;
    this.#clock = clock;
    this.#instantOf = instantOfEventTime(job.plan);
    this.sample();
    job.opened.then(
      () => this.#begin(),
      () => {},
    );
  }

  /** Counts that a checkpoint brings back are no rate. */
  #begin(): void {
    this.#samples.length = 0;
    this.sample();
  }

  /** To be called once a second. */
  sample(): void {
    const { at, recordsIn, rowsOut, metrics } = this.#now();
    this.#samples.push({ at, recordsIn, rowsOut, metrics });
    if (this.#samples.length > RATE_SAMPLES + 1) this.#samples.shift();
    const { recordsInPerSecond, rowsOutPerSecond, watermarkLagMs, sourceLag } = this.status();
    this.#history.push({ at, recordsInPerSecond, rowsOutPerSecond, watermarkLagMs, sourceLag });
    if (this.#history.length > HISTORY_SAMPLES) this.#history.shift();
  }

  status(): JobStatusView {
    const now = this.#now();
    const { at, status, metrics } = now;
    const before = this.#samples[0] ?? now;
    const seconds = (at - before.at) / 1000;
    const perSecond = (later: number, earlier: number): number => (seconds > 0 ? rounded((later - earlier) / seconds) : 0);
    const share = (later: number, earlier: number): number => (seconds > 0 ? clamp((later - earlier) / 1000 / seconds) : 0);
    const idle = share(metrics.idleMs, before.metrics.idleMs);
    const backPressured = Math.min(1 - idle, share(metrics.backPressuredMs, before.metrics.backPressuredMs));
    const isRunning = status.state === 'running';
    const last = metrics.checkpoints.at(-1);
    const operatorBytes = last?.operatorBytes;
    return {
      name: this.name,
      state: status.state,
      failure: failureText(this.job.failure),
      startedAt: metrics.startedAt,
      ...watermarkView(status.watermark, at, this.#instantOf),
      recordsIn: status.recordsIn,
      rowsOut: status.rowsOut,
      recordsInPerSecond: perSecond(now.recordsIn, before.recordsIn),
      rowsOutPerSecond: perSecond(now.rowsOut, before.rowsOut),
      sourceLag: status.lag ?? null,
      malformed: status.malformed,
      late: status.late,
      rejected: status.sinks.reduce((sum, { table, rows }) => sum + (holdsErrors(table) ? rows : 0), 0),
      stateEntries: status.stateEntries,
      stateBytes: operatorBytes === undefined ? null : [...operatorBytes.values()].reduce((sum, bytes) => sum + bytes, 0),
      time: isRunning
        ? { busy: Math.max(0, 1 - idle - backPressured), idle, backPressured }
        : { busy: 0, idle: 0, backPressured: 0 },
      checkpoints: {
        isPeriodic: metrics.isPeriodic,
        count: metrics.checkpointCount,
        last: last === undefined ? null : checkpointView(last),
        history: metrics.checkpoints.map(checkpointView),
      },
      operators: metrics.operators.map((counts, i) => {
        const earlier = before.metrics.operators[i];
        return {
          ...operatorView(counts, at, this.#instantOf),
          recordsInPerSecond: perSecond(counts.recordsIn, earlier.recordsIn),
          recordsOutPerSecond: perSecond(counts.recordsOut, earlier.recordsOut),
          stateBytes: operatorBytes?.get(counts.id) ?? null,
        };
      }),
      history: this.#history,
    };
  }

  #now(): Sample & { readonly status: ReturnType<Job['status']> } {
    const status = this.job.status();
    return { at: this.#clock.now(), recordsIn: status.recordsIn, rowsOut: status.rowsOut, status, metrics: this.job.metrics() };
  }
}

type OperatorView = Omit<OperatorStatus, 'recordsInPerSecond' | 'recordsOutPerSecond' | 'stateBytes'>;

/** Milliseconds of event time → the instant. */
type InstantOf = (eventTime: number) => number;

/** Event times of TIMESTAMP columns are local times, those of TIMESTAMP_LTZ instants. */
function instantOfEventTime({ nodes, timeZone }: JobPlan): InstantOf {
  const isLocal = nodes.some((node) => node.kind === 'watermark' && node.schema[node.rowtime].type.kind === 'TIMESTAMP');
  const zone = zoneOf(timeZone);
  return isLocal ? (eventTime) => zone.toInstant(eventTime) : (eventTime) => eventTime;
}

function operatorView(counts: OperatorCounts, at: number, instantOf: InstantOf): OperatorView {
  const { id, recordsIn, recordsOut, watermark, stateEntries, late, malformed, reasons, dropped, lag } = counts;
  return {
    id,
    recordsIn,
    recordsOut,
    ...watermarkView(watermark ?? -Infinity, at, instantOf),
    stateEntries,
    late,
    malformed,
    reasons: [...reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count),
    dropped,
    lag: lag ?? null,
  };
}

function watermarkView(watermark: number, at: number, instantOf: InstantOf): WatermarkView {
  if (!Number.isFinite(watermark)) return { watermark: null, isAtEnd: watermark === Infinity, watermarkLagMs: null };
  const instant = instantOf(watermark);
  return { watermark: instant, isAtEnd: false, watermarkLagMs: at - instant };
}

type WatermarkView = Pick<OperatorStatus, 'watermark' | 'isAtEnd' | 'watermarkLagMs'>;

const checkpointView = ({ at, durationMs, bytes }: CheckpointView): CheckpointView => ({ at, durationMs, bytes });

/** Why a job failed, in a line or a few. */
export function failureText(failure: unknown): string | null {
  if (failure === undefined) return null;
  if (failure instanceof RunError) return renderFailure(failure);
  return failure instanceof Error ? failure.message : String(failure);
}

/** The history is sent every second: not with seventeen digits. */
const rounded = (rate: number): number => Math.round(rate * 100) / 100;

const clamp = (share: number): number => Math.max(0, Math.min(1, share));
