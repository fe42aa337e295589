// Isobar next to real Flink, both with the pipelines on the same topics of one Kafka, one after the other. Results are checked by sums.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../src/base/problem.ts';
import { reportFailure } from '../src/cli/diagnostics.ts';
import { FLINK_VERSION } from '../test/stack/flink-distribution.ts';
import { createTopics } from '../test/stack/kafka-topics.ts';
import { pipelineText } from '../test/stack/pipeline-text.ts';
import { servers } from '../test/stack/servers.ts';
import { startStack, type Stack } from '../test/stack/start-stack.ts';
import { parseBenchCommand, temporaryFolder } from './bench-command.ts';
import { measure } from './measure.ts';
import { compareOutputs } from './compare-outputs.ts';
import { cancelFlinkJobs, measureFlinkJob } from './measure-flink-job.ts';
import type { OutputPlace } from './output-place.ts';
import type { Usage } from './measure.ts';
import { secondsToFirstResult } from './seconds-to-first-result.ts';

type Pipeline = 'weather' | 'cities';

interface Result {
  readonly name: `${Pipeline}.${'isobar' | 'flink'}`;
  /** From the first record to the last. */
  readonly millionPerSecond: number;
  /** Isobar: the process. Flink: JobManager, TaskManager and gateway, from submission to the end of the job. */
  readonly cpuSecondsPerMillion: number;
  /** The sum over the engine's processes. */
  readonly peakMemoryMB: number;
  /** From the command, `isobar run` or `isobar submit`, to the first result in Kafka or Elasticsearch. Flink's cluster runs by then. */
  readonly startSeconds: number;
}

interface Report {
  readonly results: readonly Result[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly flinkClusterStartSeconds: number;
}

const ISOBAR = '../bin/isobar';
const LOAD: Readonly<Record<Pipeline, readonly string[]>> = { weather: ['--devices', '100', '--rate', '1000'], cities: [] };
const OUTPUTS: Readonly<Record<Pipeline, readonly string[]>> = {
  weather: ['weather_data_1'],
  cities: ['output_avg', 'output_max', 'input_errors'],
};

const INPUTS = { weather_data: 'weather.input', input: 'cities.input' };

const { count, json } = parseBenchCommand(
  'bench:stack',
  'Isobar next to real Flink, both with the pipelines on the same topics of one Kafka, one after the other. Results are compared.',
  { count: { what: 'messages to measure with', value: 5_000_000, least: 100_000 } },
);
const folder = temporaryFolder();
let stack: Stack | undefined;
try {
  // Flink's figures about a job are otherwise up to ten seconds old.
  stack = await startStack({ flinkSettings: { 'metrics.fetcher.update-interval': '100' } });
  const { flink, flinkStartSeconds } = stack;
  if (flink === undefined) throw new RunError('BENCH_FAILED', 'the benchmark needs a Flink of its own: unset ISOBAR_TEST_FLINK');
  const flinkProcesses = Object.values(flink.pids);
  const results: Result[] = [];
  for (const pipeline of ['weather', 'cities'] as const) results.push(...(await compareEngines(pipeline, flinkProcesses)));
  const clusterSeconds = rounded(flinkStartSeconds!);
  const report: Report = { results, ratios: ratiosOf(results, clusterSeconds), flinkClusterStartSeconds: clusterSeconds };
  console.log(json ? JSON.stringify(report, null, 2) : table(report));
} catch (error) {
  if (stack !== undefined) process.stderr.write(`the servers' logs end with\n${stack.logs()}\n`);
  process.exitCode = reportFailure(error);
} finally {
  await stack?.stop();
}

async function compareEngines(pipeline: Pipeline, flinkProcesses: readonly number[]): Promise<Result[]> {
  await generate(pipeline);
  const isobar = await runIsobar(pipeline);
  const flink = await runFlink(pipeline, flinkProcesses);
  say(`checking the results of ${pipeline}`);
  await compareOutputs(outputsOf(pipeline, 'isobar'), outputsOf(pipeline, 'flink'));
  return [isobar, flink];
}

/** Fills the input topic, unmeasured. */
async function generate(pipeline: Pipeline): Promise<void> {
  say(`generating ${count} messages for ${pipeline}`);
  const messages = ['--count', String(count), '--start', '2024-05-12 00:00:00', '--seed', '1', '--fast'];
  await createTopics(servers.kafka, [{ name: `${pipeline}.input`, partitions: 1 }]);
  const place = ['--topic', `${pipeline}.input`, '--kafka', servers.kafka];
  await measure(folder, ISOBAR, 'generate', pipeline, ...messages, ...LOAD[pipeline], ...place);
}

async function runIsobar(pipeline: Pipeline): Promise<Result> {
  const start = await prepare(pipeline, 'isobar.first', { endsWithInput: false });
  const warmUp = await prepare(pipeline, 'isobar.warm-up', { endsWithInput: false });
  const store = (name: string): string[] => ['--store', join(folder, `${name}.db`)];
  // Unmeasured: fills Node's cache of compiled code, and the servers have then made a topic's or an index's first record before.
  await measure(folder, ISOBAR, 'run', warmUp, ...addresses(), ...store(`${pipeline}-warm-up`), '--stop-after', '100000');
  say(`starting pipelines/${pipeline}.sql with Isobar`);
  const startSeconds = await secondsToFirstResult(outputsOf(pipeline, 'isobar.first'), [
    ...['run', start, ...addresses(), ...store(`${pipeline}-first`)],
  ]);
  say(`running pipelines/${pipeline}.sql with Isobar`);
  const file = await prepare(pipeline, 'isobar', { endsWithInput: true });
  const measured = await measure(folder, ISOBAR, 'run', file, ...addresses(), ...store(pipeline), '--metrics');
  return resultOf(`${pipeline}.isobar`, count / secondsReading(measured.stderr), measured, startSeconds);
}

/** What `--metrics` says of it: the same span as Flink's figures have. */
function secondsReading(said: string): number {
  const match = /records read in ([\d.]+) s/.exec(said);
  if (match === null) throw new RunError('BENCH_FAILED', `isobar run did not say how long it read:\n${said}`);
  return Number(match[1]);
}

async function runFlink(pipeline: Pipeline, processes: readonly number[]): Promise<Result> {
  const start = await prepare(pipeline, 'flink.first', { endsWithInput: false });
  const flink = ['--gateway', servers.gateway, '--rest', servers.flink];
  say(`starting pipelines/${pipeline}.sql with Flink`);
  const startSeconds = await secondsToFirstResult(outputsOf(pipeline, 'flink.first'), [
    'submit',
    start,
    ...addresses(),
    ...flink,
  ]);
  await cancelFlinkJobs();
  say(`running pipelines/${pipeline}.sql with Flink`);
  const file = await prepare(pipeline, 'flink', { endsWithInput: true });
  const measured = await measureFlinkJob(processes, () =>
    measure(folder, ISOBAR, 'submit', file, ...addresses(), ...flink, '--wait'),
  );
  return resultOf(`${pipeline}.flink`, measured.recordsPerSecond, measured, startSeconds);
}

/** Makes the output topics of a run, and answers the file that writes there. */
async function prepare(pipeline: Pipeline, run: string, options: { readonly endsWithInput: boolean }): Promise<string> {
  const outputs = outputsOf(pipeline, run);
  await createTopics(
    servers.kafka,
    outputs.filter(({ kind }) => kind === 'topic').map(({ name }) => ({ name, partitions: 1 })),
  );
  const names = { ...INPUTS, ...Object.fromEntries(OUTPUTS[pipeline].map((output, i) => [output, outputs[i].name])) };
  const file = join(folder, `${pipeline}-${run}.sql`);
  writeFileSync(file, pipelineText(pipeline, names, options));
  return file;
}

function outputsOf(pipeline: Pipeline, run: string): OutputPlace[] {
  const kind = pipeline === 'weather' ? 'index' : 'topic';
  return OUTPUTS[pipeline].map((output) => ({ kind, name: `${output}.${run}` }));
}

/** Of both engines, with times in UTC. */
function addresses(): string[] {
  return ['--kafka', servers.kafka, '--elasticsearch', servers.elasticsearch, '--set', 'table.local-time-zone=UTC'];
}

function resultOf(
  name: Result['name'],
  recordsPerSecond: number,
  { cpuSeconds, peakMemoryMB }: Usage,
  startSeconds: number,
): Result {
  return {
    name,
    millionPerSecond: rounded(recordsPerSecond / 1e6),
    cpuSecondsPerMillion: rounded(cpuSeconds / (count / 1e6)),
    peakMemoryMB: Math.round(peakMemoryMB),
    startSeconds: rounded(startSeconds),
  };
}

/** How many times better Isobar is: more records a second, less of the others. */
function ratiosOf(results: readonly Result[], clusterSeconds: number): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (let i = 0; i < results.length; i += 2) {
    const [isobar, flink] = results.slice(i, i + 2);
    ratios[`${isobar.name}/${flink.name}`] = rounded(isobar.millionPerSecond / flink.millionPerSecond);
    for (const cost of ['cpuSecondsPerMillion', 'peakMemoryMB', 'startSeconds'] as const)
      ratios[`${flink.name}/${isobar.name} ${cost}`] = rounded(flink[cost] / isobar[cost]);
    const withCluster = flink.startSeconds + clusterSeconds;
    ratios[`${flink.name}/${isobar.name} startSeconds with the cluster`] = rounded(withCluster / isobar.startSeconds);
  }
  return ratios;
}

function table(report: Report): string {
  const columns = ['', 'million/s', 'CPU s/million', 'peak MB', 'start s'];
  const rows = report.results.map((row) =>
    [row.name, row.millionPerSecond, row.cpuSecondsPerMillion, row.peakMemoryMB, row.startSeconds].map(String),
  );
  const lines = [columns, ...rows].map(
    ([name, ...figures]) => name.padEnd(16) + figures.map((figure) => figure.padStart(15)).join(''),
  );
  return [
    `${count} messages in one Kafka topic of one partition, Node ${process.versions.node}, Flink ${FLINK_VERSION}; results compared`,
    '',
    ...lines,
    '',
    ...Object.entries(report.ratios).map(([name, ratio]) => `${name}: ${ratio} times`),
    '',
    'Records a second: from the first record to the last, of both.',
    'CPU and memory: the Isobar process; JobManager, TaskManager and SQL Gateway, the CPU from submission to the end of the job.',
    `Start: from the command to the first result. Flink's cluster runs by then; it took ${report.flinkClusterStartSeconds} s to start.`,
  ].join('\n');
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** To stderr: stdout is for the figures. */
function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
