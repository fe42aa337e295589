import type { Checkpointer } from './checkpoint/checkpointer.ts';
import type { Graph } from './graph.ts';
import type { JobSource } from './job-source.ts';

/** How a job is doing: counts that go on over restarts, and where it is now. Plain data. */
export interface JobStatus {
  readonly name: string;
  readonly state: JobState;
  readonly sources: readonly SourceStatus[];
  readonly sinks: readonly SinkStatus[];
  /** The smallest watermark of all sources, in milliseconds of event time; -Infinity before the first, Infinity after the last. */
  readonly watermark: number;
  readonly recordsIn: number;
  /** Of them, those read since the job was started, and how long it took from the first to the last, in milliseconds. */
  readonly recordsThisRun: number;
  readonly readingMs: number;
  readonly rowsOut: number;
  readonly malformed: number;
  readonly late: number;
  /** Keys, panes and rows held in state. */
  readonly stateEntries: number;
  /** Records that are there and not read yet, where the sources know. */
  readonly lag: number | undefined;
  readonly checkpoints: number;
  readonly lastCheckpointMs: number;
}

export type JobState = 'created' | 'running' | 'finished' | 'stopped' | 'failed';

export interface SourceStatus {
  readonly table: string;
  readonly records: number;
  readonly malformed: number;
  /** Malformed records by what was wrong with them. */
  readonly reasons: ReadonlyMap<string, number>;
  readonly lag: number | undefined;
}

export interface SinkStatus {
  readonly table: string;
  readonly rows: number;
  /** Rows left out because of NULL in a NOT NULL column. */
  readonly dropped: number;
}

const malformedKey = (node: number, reason: string): string => `malformed ${node} ${reason}`;

/** All counts, by name, as a checkpoint keeps them. */
export function jobCounts(
  sources: readonly JobSource[],
  graph: Graph,
  earlierLate: ReadonlyMap<string, number>,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { node, reader, malformed } of sources) {
    counts.set(`records ${node.id}`, reader.records);
    if (malformed === null) continue;
    counts.set(`malformed ${node.id}`, malformed.total);
    for (const [reason, count] of malformed.reasons) counts.set(malformedKey(node.id, reason), count);
  }
  for (const sink of graph.sinks) {
    counts.set(`rows ${sink.node.id}`, sink.rows);
    counts.set(`dropped ${sink.node.id}`, sink.dropped);
  }
  for (const [id, operator] of graph.operators)
    counts.set(lateKey(id), operator.metrics.lateRowsDropped + (earlierLate.get(lateKey(id)) ?? 0));
  return counts;
}

const lateKey = (node: number): string => `late ${node}`;

export function restoreCounts(counts: ReadonlyMap<string, number>, sources: readonly JobSource[], graph: Graph): void {
  for (const { node, reader, malformed } of sources) {
    reader.records = counts.get(`records ${node.id}`) ?? 0;
    if (malformed === null) continue;
    malformed.total = counts.get(`malformed ${node.id}`) ?? 0;
    const prefix = malformedKey(node.id, '');
    for (const [key, count] of counts) if (key.startsWith(prefix)) malformed.reasons.set(key.slice(prefix.length), count);
  }
  for (const sink of graph.sinks) {
    sink.rows = counts.get(`rows ${sink.node.id}`) ?? 0;
    sink.dropped = counts.get(`dropped ${sink.node.id}`) ?? 0;
  }
}

export function jobStatus(
  name: string,
  state: JobState,
  sources: readonly JobSource[],
  graph: Graph,
  checkpointer: Checkpointer,
  earlierLate: ReadonlyMap<string, number>,
): Omit<JobStatus, 'recordsThisRun' | 'readingMs'> {
  const sourceStatus = sources.flatMap(({ node, reader, malformed }): SourceStatus[] =>
    node.kind === 'values'
      ? []
      : [
          {
            table: node.table.name,
            records: reader.records,
            malformed: malformed?.total ?? 0,
            reasons: new Map(malformed?.reasons),
            // Sources of a job that has ended can no longer be asked.
            lag: state === 'running' ? reader.lag() : undefined,
          },
        ],
  );
  const sinks = graph.sinks.map((sink): SinkStatus => ({ table: sink.name, rows: sink.rows, dropped: sink.dropped }));
  const counts = jobCounts(sources, graph, earlierLate);
  const watermarks = sources.flatMap((source) => source.watermarks.map((operator) => operator.metrics.watermark));
  let stateEntries = 0;
  let late = 0;
  for (const [id, operator] of graph.operators) {
    stateEntries += operator.metrics.stateEntries;
    late += counts.get(lateKey(id)) ?? 0;
  }
  const lags = sourceStatus.map(({ lag }) => lag).filter((lag) => lag !== undefined);
  return {
    name,
    state,
    sources: sourceStatus,
    sinks,
    watermark: watermarks.length === 0 ? -Infinity : Math.min(...watermarks),
    recordsIn: sum(sourceStatus.map(({ records }) => records)),
    rowsOut: sum(sinks.map(({ rows }) => rows)),
    malformed: sum(sourceStatus.map(({ malformed }) => malformed)),
    late,
    stateEntries,
    lag: lags.length === 0 ? undefined : sum(lags),
    checkpoints: checkpointer.count,
    lastCheckpointMs: checkpointer.lastDurationMs,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
