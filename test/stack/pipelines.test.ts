// Both pipelines on both engines with the same 100,000 messages, out of order, late and malformed ones among them: what they write must
// be the same, topic by topic and document by document. Topics are read by kcat, documents by plain HTTP.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { topicLines } from '../../bench/topic-lines.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { copyTopic, createTopics, readTopic, type ReadRecord } from './kafka-topics.ts';
import { pipelineText } from './pipeline-text.ts';
import { runProgram } from './run-program.ts';
import { servers } from './servers.ts';

const MESSAGES = 100_000;
const ENGINES = ['isobar', 'flink'] as const;
type Engine = (typeof ENGINES)[number];

const root = join(import.meta.dirname, '../..');
const run = `pipelines-${Date.now().toString(36)}`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-pipelines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('weather', () => {
  const index = (engine: Engine): string => `${run}-weather-${engine}`;

  beforeAll(async () => {
    const load = ['--devices', '20', '--rate', '50', '--malformed', '0.02', '--out-of-order', '0.2', '--late', '0.01'];
    await generate('weather', ...load);
    for (const engine of ENGINES) await runPipeline('weather', engine, { weather_data_1: index(engine) });
  }, 300_000);

  test('writes the same documents', async () => {
    const [ours, theirs] = await Promise.all(ENGINES.map((engine) => documents(index(engine))));
    // 2000 seconds are in 34 minutes, and each device is heard in each.
    expect(theirs.size).toBeGreaterThanOrEqual(20 * 34);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
  });

  test('keeps what it left out, with the reason', async () => {
    const letters = await inStore(join(folder, 'weather.db'), (store) => [...topicLines(store, 'iot_msg.dead-letter')]);
    const reasons = letters.map((letter) => (JSON.parse(letter.text) as { reason: string }).reason);
    const late = reasons.filter((reason) => reason.startsWith('late: ')).length;
    expect(late).toBeGreaterThan(MESSAGES * 0.005);
    expect(reasons.length - late).toBeGreaterThan(MESSAGES * 0.015);
  });
});

describe('cities', () => {
  const OUTPUTS = ['output_avg', 'output_max', 'input_errors'];
  const topic = (engine: Engine, output: string): string => `${run}-cities-${engine}-${output}`;

  beforeAll(async () => {
    await generate('cities', '--malformed', '0.02');
    for (const engine of ENGINES) {
      const own = OUTPUTS.map((output) => [output, topic(engine, output)] as const);
      await createTopics(
        servers.kafka,
        own.map(([, name]) => ({ name, partitions: 1 })),
      );
      await runPipeline('cities', engine, Object.fromEntries(own));
    }
  }, 300_000);

  // Each output has one partition, so that there is one order.
  test.each(OUTPUTS)('writes the same records into %s', async (output) => {
    const [ours, theirs] = await Promise.all(ENGINES.map((engine) => readTopic(servers.kafka, topic(engine, output))));
    expect(theirs.length).toBeGreaterThan(100);
    expect(ours.map(text)).toEqual(theirs.map(text));
  });

  test('every line is in the averages or among the errors', async () => {
    const counts = await Promise.all(
      ['output_avg', 'input_errors'].map(async (output) => (await readTopic(servers.kafka, topic('isobar', output))).length),
    );
    expect(counts[0] + counts[1]).toBe(MESSAGES);
  });
});

const text = ({ key, payload }: ReadRecord): string => `${key} => ${payload}`;
const inputOf = (pipeline: string): string => `${run}-${pipeline}-input`;
const isobar = (...args: string[]): Promise<string> =>
  runProgram(process.execPath, [join(root, 'bin/isobar'), ...args], { cwd: folder });

/** Fills the input topic of a pipeline, which has one partition: with several, it would depend on timing what is late. */
async function generate(pipeline: 'weather' | 'cities', ...load: string[]): Promise<void> {
  await createTopics(servers.kafka, [{ name: inputOf(pipeline), partitions: 1 }]);
  const messages = ['--count', String(MESSAGES), '--start', '2024-05-12 00:00:00', '--seed', '1', '--fast'];
  const path = join(folder, `${pipeline}-input.db`);
  await isobar('generate', pipeline, ...messages, ...load, '--topic', 'generated', '--store', path);
  await inStore(path, (store) => copyTopic(servers.kafka, store, 'generated', inputOf(pipeline)));
}

/** Runs a pipeline to the end of its input, its outputs under the names given. Times are in UTC on both engines. */
async function runPipeline(
  pipeline: 'weather' | 'cities',
  engine: Engine,
  outputs: Readonly<Record<string, string>>,
): Promise<void> {
  const names = { weather_data: inputOf('weather'), input: inputOf('cities'), ...outputs };
  const file = join(folder, `${pipeline}-${engine}.sql`);
  writeFileSync(file, pipelineText(pipeline, names, { endsWithInput: true }));
  const addresses = ['--kafka', servers.kafka, '--elasticsearch', servers.elasticsearch, '--set', 'table.local-time-zone=UTC'];
  if (engine === 'isobar') await isobar('run', file, ...addresses, '--store', join(folder, `${pipeline}.db`));
  else await isobar('submit', file, ...addresses, '--gateway', servers.gateway, '--rest', servers.flink, '--wait');
}

async function inStore<T>(path: string, action: (store: LocalStore) => T): Promise<Awaited<T>> {
  const store = LocalStore.open(path);
  try {
    return await action(store);
  } finally {
    store.close();
  }
}

/** The documents of an index by their id. */
async function documents(index: string): Promise<Map<string, object>> {
  const url = `${servers.elasticsearch}/${index}`;
  await fetch(`${url}/_refresh`, { method: 'POST' });
  const found = (await (await fetch(`${url}/_search?size=10000`)).json()) as {
    hits: { hits: { _id: string; _source: object }[] };
  };
  // A checkpoint makes Flink add up a window's readings in two parts, which can change the last digit of a sum.
  const rounded = (value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(14)) : value);
  const fields = (source: object): object =>
    Object.fromEntries(Object.entries(source).map(([name, value]) => [name, rounded(value)]));
  return new Map(found.hits.hits.map(({ _id, _source }) => [_id, fields(_source)]));
}
