import type { CheckpointRecord, Checkpointer } from './checkpoint/checkpointer.ts';
import type { Graph } from './graph.ts';
import type { JobSource } from './job-source.ts';

/** What a job counts of its operators and its time since it was made; plain data, for dashboards and monitoring. */
export interface JobMetrics {
  readonly startedAt: number;
  /** Milliseconds in which there was nothing to read. */
  readonly idleMs: number;
  /** Milliseconds in which the job waited for its sinks. */
  readonly backPressuredMs: number;
  readonly operators: readonly OperatorCounts[];
  /** Checkpoints are taken while the job runs, not only when it stops. */
  readonly isPeriodic: boolean;
  readonly checkpointCount: number;
  /** The last ones, oldest first. */
  readonly checkpoints: readonly CheckpointRecord[];
}

/** The counters of one node of the plan. */
export interface OperatorCounts {
  readonly id: number;
  readonly recordsIn: number;
  readonly recordsOut: number;
  /** -Infinity before the first, Infinity at the end; undefined where the node has none of its own. */
  readonly watermark: number | undefined;
  readonly stateEntries: number;
  /** Since the job was made. */
  readonly late: number;
  readonly malformed: number;
  readonly reasons: ReadonlyMap<string, number>;
  readonly dropped: number;
  readonly lag: number | undefined;
}

const NO_REASONS: ReadonlyMap<string, number> = new Map();
const NOTHING = { watermark: undefined, stateEntries: 0, late: 0, malformed: 0, reasons: NO_REASONS, dropped: 0, lag: undefined };

export interface JobTimes {
  readonly startedAt: number;
  readonly idleMs: number;
  readonly backPressuredMs: number;
}

export function jobMetrics(
  times: JobTimes,
  sources: readonly JobSource[],
  graph: Graph,
  checkpointer: Checkpointer,
  isRunning: boolean,
): JobMetrics {
  const operators: OperatorCounts[] = [];
  for (const { node, reader, malformed } of sources) {
    operators.push({
      ...NOTHING,
      id: node.id,
      recordsIn: reader.records,
      recordsOut: reader.rows,
      malformed: malformed?.total ?? 0,
      reasons: malformed?.reasons ?? NO_REASONS,
      // Sources of a job that has ended can no longer be asked.
      lag: isRunning ? reader.lag() : undefined,
    });
  }
  for (const [id, { metrics }] of graph.operators) {
    const { rowsIn, rowsOut, watermark, stateEntries, lateRowsDropped } = metrics;
    operators.push({ ...NOTHING, id, recordsIn: rowsIn, recordsOut: rowsOut, watermark, stateEntries, late: lateRowsDropped });
  }
  for (const { node, rows, dropped } of graph.sinks) {
    operators.push({ ...NOTHING, id: node.id, recordsIn: rows + dropped, recordsOut: rows, dropped });
  }
  return {
    ...times,
    operators: operators.sort((a, b) => a.id - b.id),
    isPeriodic: checkpointer.isPeriodic,
    checkpointCount: checkpointer.count,
    checkpoints: checkpointer.history,
  };
}
