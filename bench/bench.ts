// What Isobar does per second and core, next to the obvious program, each in a process of its own and with results checked.
import { join } from 'node:path';
import { reportFailure } from '../src/cli/diagnostics.ts';
import { LocalStore } from '../src/connectors/local/store.ts';
import { parseBenchCommand, temporaryFolder } from './bench-command.ts';
import { checkCities, checkWeather } from './check-results.ts';
import { measure, type Measurement } from './measure.ts';

interface Result {
  readonly name: 'weather.naive' | 'weather.local' | 'cities.local';
  readonly millionPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakMemoryMB: number;
}

type Kind = 'weather' | 'cities';

const ISOBAR = '../bin/isobar';

const { count, json } = parseBenchCommand(
  'bench',
  'What Isobar does per second and core, next to the obvious program (JSON.parse, a Map of windows). Results are checked.',
  { count: { what: 'messages to measure with', value: 5_000_000, least: 1000 } },
);
/** Enough for a first run, and never the number that is measured. */
const FIRST_COUNT = 999;
const folder = temporaryFolder();
try {
  await runFirst('weather');
  await runFirst('cities');
  const results = [...(await weather()), ...(await cities())];
  const ratio = results[1].millionPerSecond / results[0].millionPerSecond;
  const report = { results, ratios: { 'weather.local/weather.naive': rounded(ratio) } };
  console.log(json ? JSON.stringify(report, null, 2) : table(report));
} catch (error) {
  process.exitCode = reportFailure(error);
}

async function weather(): Promise<Result[]> {
  const path = await generate('weather', count, '--devices', '100', '--rate', '1000');
  const naive = await measure(folder, 'naive-weather.ts', path);
  const local = await runPipeline('weather', path, count);
  inStore(path, (store) => checkWeather(store, count, JSON.parse(naive.stdout) as Record<string, number>));
  return [resultOf('weather.naive', naive), resultOf('weather.local', local)];
}

async function cities(): Promise<Result[]> {
  const path = await generate('cities', count);
  const local = await runPipeline('cities', path, count);
  inStore(path, (store) => checkCities(store, count));
  return [resultOf('cities.local', local)];
}

/** A small run, unmeasured: the first one in a checkout also compiles what later ones take from Node's cache of compiled code. */
async function runFirst(kind: Kind): Promise<void> {
  await runPipeline(kind, await generate(kind, FIRST_COUNT), FIRST_COUNT);
}

/** Fills the topic of a pipeline in a new store, unmeasured; answers the store's path. */
async function generate(kind: Kind, messageCount: number, ...load: readonly string[]): Promise<string> {
  say(`generating ${messageCount} messages for ${kind}`);
  const path = join(folder, `${kind}-${messageCount}.db`);
  const messages = ['--count', String(messageCount), '--start', '2024-05-12 00:00:00', '--seed', '1', '--fast'];
  await measure(folder, ISOBAR, 'generate', kind, ...messages, ...load, '--store', path);
  return path;
}

function runPipeline(name: Kind, store: string, messageCount: number): Promise<Measurement> {
  say(`running pipelines/${name}.sql`);
  const file = join(import.meta.dirname, `../pipelines/${name}.sql`);
  return measure(folder, ISOBAR, 'run', file, '--local', '--store', store, '--stop-after', String(messageCount));
}

function inStore(path: string, action: (store: LocalStore) => void): void {
  const store = LocalStore.open(path);
  action(store);
  store.close();
}

function resultOf(name: Result['name'], { seconds, cpuSeconds, peakMemoryMB }: Measurement): Result {
  return {
    name,
    millionPerSecond: rounded(count / 1e6 / seconds),
    cpuSecondsPerMillion: rounded(cpuSeconds / (count / 1e6)),
    peakMemoryMB: Math.round(peakMemoryMB),
  };
}

function table({ results, ratios }: { results: readonly Result[]; ratios: Readonly<Record<string, number>> }): string {
  const columns = ['', 'million/s', 'CPU s/million', 'peak MB'];
  const rows = results.map((row) => [row.name, row.millionPerSecond, row.cpuSecondsPerMillion, row.peakMemoryMB].map(String));
  const lines = [columns, ...rows].map(
    ([name, ...figures]) => name.padEnd(16) + figures.map((figure) => figure.padStart(15)).join(''),
  );
  const ratioLines = Object.entries(ratios).map(([name, ratio]) => `${name}: ${ratio} times`);
  return [`${count} messages, Node ${process.versions.node}; all results checked`, '', ...lines, '', ...ratioLines].join('\n');
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** To stderr: stdout is for the figures. */
function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
