import type { JobDetail, JobStatusView, OperatorDetail, OperatorStatus } from './api.ts';

type Labels = Readonly<Record<string, string | number>>;

/** Java's Long.MIN_VALUE and MAX_VALUE, which Flink reports before the first watermark and after the last. */
const NO_WATERMARK = '-9223372036854775808';
const LAST_WATERMARK = '9223372036854775807';

/** One metric: samples of one name, which stand together. */
interface Metric {
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly samples: string[];
}

/** A job with what it is made of. */
export interface MeasuredJob {
  readonly status: JobStatusView;
  readonly detail: JobDetail;
}

/**
 * The state of all jobs in Prometheus' text format, version 0.0.4. Names and labels are those of Flink's Prometheus reporter where
 * Flink has the metric; the job is one task with one subtask, each node of the plan an operator.
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/ops/metrics/
 */
export function metricsText(jobs: readonly MeasuredJob[], now: number): string {
  const page = new MetricsPage();
  for (const { status, detail } of jobs) {
    const job = { job_id: status.name, job_name: status.name };
    addJob(page, status, job, now);
    const task = {
      ...job,
      host: 'localhost',
      tm_id: 'isobar',
      task_id: status.name,
      task_name: status.name,
      task_attempt_num: 0,
      subtask_index: 0,
    };
    addTask(page, status, task);
    for (const operator of status.operators) {
      const about = detail.operators[operator.id];
      addOperator(page, operator, about, { ...task, operator_id: operator.id, operator_name: operatorName(about) });
    }
  }
  addProcess(page);
  return page.text();
}

function operatorName({ title, id, table }: OperatorDetail): string {
  return table === null ? `${title}[${id}]` : `${title}[${id}]: ${table}`;
}

function addJob(page: MetricsPage, status: JobStatusView, labels: Labels, now: number): void {
  const gauge = (name: string, help: string, value: number | string | null): void =>
    page.add(`flink_jobmanager_job_${name}`, 'gauge', help, labels, value);
  gauge('uptime', 'Milliseconds since the job was started.', now - status.startedAt);
  gauge('numberOfCompletedCheckpoints', 'Checkpoints taken since the job was started.', status.checkpoints.count);
  gauge('numberOfFailedCheckpoints', 'A checkpoint that fails fails the job.', 0);
  gauge('lastCheckpointDuration', 'Milliseconds that the last checkpoint took.', status.checkpoints.last?.durationMs ?? null);
  gauge('lastCheckpointSize', 'Bytes of the last checkpoint.', status.checkpoints.last?.bytes ?? null);
  gauge('lastCheckpointFullSize', 'Bytes of the last checkpoint.', status.checkpoints.last?.bytes ?? null);
  for (const state of ['created', 'running', 'finished', 'stopped', 'failed'] as const) {
    page.add(
      'isobar_job_state',
      'gauge',
      '1 for the state that the job is in.',
      { ...labels, state },
      status.state === state ? 1 : 0,
    );
  }
  page.add(
    'isobar_job_malformed_records',
    'counter',
    'Records that could not be decoded, over restarts.',
    labels,
    status.malformed,
  );
  page.add('isobar_job_late_rows', 'counter', 'Rows that came too late, over restarts.', labels, status.late);
  page.add('isobar_job_watermark_lag_ms', 'gauge', 'How far the watermark is behind the clock.', labels, status.watermarkLagMs);
}

function addTask(page: MetricsPage, { time, state }: JobStatusView, labels: Labels): void {
  const gauge = (name: string, help: string, value: number): void =>
    page.add(`flink_taskmanager_job_task_${name}`, 'gauge', help, labels, value);
  gauge('busyTimeMsPerSecond', 'Milliseconds of a second in which the job worked.', 1000 * time.busy);
  gauge('idleTimeMsPerSecond', 'Milliseconds of a second in which there was nothing to read.', 1000 * time.idle);
  gauge('backPressuredTimeMsPerSecond', 'Milliseconds of a second in which the job waited for sinks.', 1000 * time.backPressured);
  gauge(
    'isBackPressured',
    'Whether the job waits for sinks most of the time.',
    state === 'running' && time.backPressured > 0.5 ? 1 : 0,
  );
}

function addOperator(page: MetricsPage, operator: OperatorStatus, { kind }: OperatorDetail, labels: Labels): void {
  const add = (name: string, type: Metric['type'], help: string, value: number | string | null): void =>
    page.add(`flink_taskmanager_job_task_operator_${name}`, type, help, labels, value);
  add('numRecordsIn', 'counter', 'Records that the operator has received.', operator.recordsIn);
  add('numRecordsInPerSecond', 'gauge', 'Records received per second.', operator.recordsInPerSecond);
  add('numRecordsOut', 'counter', 'Records that the operator has emitted.', operator.recordsOut);
  add('numRecordsOutPerSecond', 'gauge', 'Records emitted per second.', operator.recordsOutPerSecond);
  if (kind === 'scan') {
    add('numRecordsInErrors', 'counter', 'Records that could not be decoded.', operator.malformed);
    add('pendingRecords', 'gauge', 'Records that are there and have not been read.', operator.lag);
    for (const { reason, count } of operator.reasons) {
      const help = 'Fields and records that could not be decoded, by reason.';
      page.add('isobar_malformed_reasons', 'counter', help, { ...labels, reason }, count);
    }
    return;
  }
  if (kind === 'sink') {
    add('numRecordsSend', 'counter', 'Records given to the outside.', operator.recordsOut);
    page.add('isobar_sink_dropped_rows', 'counter', 'Rows left out for NULL in a NOT NULL column.', labels, operator.dropped);
    return;
  }
  const watermark = operator.watermark ?? (operator.isAtEnd ? LAST_WATERMARK : NO_WATERMARK);
  add('currentInputWatermark', 'gauge', 'The last watermark received, in milliseconds.', watermark);
  add('currentOutputWatermark', 'gauge', 'The last watermark emitted, in milliseconds.', watermark);
  add('numLateRecordsDropped', 'counter', 'Records dropped because they came too late.', operator.late);
  page.add('isobar_state_entries', 'gauge', 'Keys, panes and rows held in state.', labels, operator.stateEntries);
  page.add('isobar_state_bytes', 'gauge', 'Bytes of state in the last checkpoint.', labels, operator.stateBytes);
}

function addProcess(page: MetricsPage): void {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  page.add('process_resident_memory_bytes', 'gauge', 'Memory of the process.', {}, rss);
  page.add('process_cpu_seconds_total', 'counter', 'CPU time of the process.', {}, (user + system) / 1e6);
  page.add('nodejs_heap_size_used_bytes', 'gauge', 'Memory of JavaScript objects.', {}, heapUsed);
  page.add('nodejs_external_memory_bytes', 'gauge', 'Memory of buffers and typed arrays.', {}, external);
}

class MetricsPage {
  readonly #metrics = new Map<string, Metric>();

  /** Null is no sample. */
  add(name: string, type: Metric['type'], help: string, labels: Labels, value: number | string | null): void {
    if (value === null) return;
    let metric = this.#metrics.get(name);
    if (metric === undefined) this.#metrics.set(name, (metric = { type, help, samples: [] }));
    metric.samples.push(`${name}${labelsText(labels)} ${value}`);
  }

  text(): string {
    const lines = [...this.#metrics].flatMap(([name, { type, help, samples }]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples,
    ]);
    return `${lines.join('\n')}\n`;
  }
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
