// `isobar run` of the cities pipeline, killed at random moments while lines come in: every line counts exactly once.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { CitiesStream } from '../../src/generators/cities.ts';
import { sendToTopic } from '../../src/generators/send-to-topic.ts';

const root = resolve(import.meta.dirname, '../..');
const KILLS = 5;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('kill -9 at random moments: no line is lost, none counts twice', async () => {
  const seed = Date.now();
  const random = new Random(seed);
  const store = LocalStore.open(join(folder, 'store.db'));
  try {
    const generating = new AbortController();
    const stream = new CitiesStream({ start: Date.now() - 1000, rate: 3000, seed, malformed: 0.01 });
    const sending = sendToTopic(stream, store, 'input', { signal: generating.signal });
    for (let kill = 0; kill < KILLS; kill++) {
      const args = ['run', join(root, 'pipelines/cities.sql'), '--local', '--store', store.path];
      const interval = `execution.checkpointing.interval=${50 + Math.floor(random.double() * 300)} ms`;
      const child = spawn(process.execPath, [join(root, 'bin/isobar'), ...args, '--set', interval], { stdio: 'ignore' });
      const ended = new Promise((done) => child.on('close', done));
      await delay(200 + random.double() * 700);
      child.kill('SIGKILL');
      await ended;
    }
    generating.abort();
    await sending;
    const last = spawn(process.execPath, [join(root, 'bin/isobar'), 'run', join(root, 'pipelines/cities.sql'), '--local', '--store', store.path], { stdio: 'ignore' }); // prettier-ignore
    const status = new Promise((done) => last.on('close', done));
    const { averages, malformed } = expected(lines(store, 'input'));
    await expect.poll(() => count(store, 'input_errors') + count(store, 'output_avg'), { timeout: 15_000 }).toBeGreaterThanOrEqual(malformed + averages.length); // prettier-ignore
    last.kill('SIGTERM');
    expect(await status).toBe(0);
    expect(lines(store, 'output_avg'), `seed ${seed}`).toEqual(averages);
    expect(count(store, 'input_errors'), `seed ${seed}`).toBe(malformed);
  } finally {
    store.close();
  }
}, 40_000);

/** `city,average,readings` for each line with a temperature, computed anew. */
function expected(input: readonly string[]): { averages: string[]; malformed: number } {
  const sums = new Map<string, { sum: number; count: number }>();
  const averages: string[] = [];
  for (const line of input) {
    const [, city, temperature] = /^\s*([^,]*[^,\s])\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(line) ?? [];
    if (city === undefined) continue;
    const state = sums.get(city) ?? { sum: 0, count: 0 };
    sums.set(city, state);
    state.sum += Number(temperature);
    state.count++;
    // Sums of whole degrees: a hundredth is never halfway but where it is exact, and Flink rounds those away from 0.
    const hundredths = Math.sign(state.sum) * Math.round(Math.abs((state.sum * 100) / state.count));
    const average = hundredths / 100;
    averages.push(`${city},${Number.isInteger(average) ? average.toFixed(1) : average},${state.count}`);
  }
  return { averages, malformed: input.length - averages.length };
}

function count(store: LocalStore, topic: string): number {
  if (!store.topics.has(topic)) return 0;
  const [{ startOffset, endOffset }] = store.topics.describe(topic).partitions;
  return endOffset - startOffset;
}

function lines(store: LocalStore, topic: string): string[] {
  const texts: string[] = [];
  for (let offset = 0, records; (records = store.topics.read(topic, 0, offset)) !== undefined;) {
    for (let i = 0; i < records.count; i++) texts.push(Buffer.from(records.bytes.subarray(records.valueStarts[i], records.valueEnds[i])).toString()); // prettier-ignore
    offset = records.positionAfter(records.count - 1);
  }
  return texts;
}
