// `isobar dev` where there is no terminal: generators, topics, pipeline and results in one process.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalStore } from '../../src/connectors/local/store.ts';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-dev-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `isobar dev` until it has said something about its pipeline; answers that line and the one at the end. */
async function session(...options: string[]): Promise<{ first: string; last: string; stderr: string; status: number | null }> {
  const args = [join(root, 'bin/isobar'), 'dev', join(root, 'pipelines/weather.sql'), ...options];
  const child = spawn(process.execPath, args, { cwd: folder });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  await Promise.race([ended, expect.poll(() => stdout, { timeout: 10_000 }).toContain('\n')]);
  child.kill('SIGINT');
  const status = await ended;
  const lines = stdout.split('\n').slice(0, -1);
  return { first: lines[0], last: lines.at(-1) as string, stderr, status };
}

const recordsIn = (line: string): number => Number(/in ([\d,]+)/.exec(line)?.[1].replaceAll(',', ''));

test('back-fills an hour, stops cleanly and goes on where it was', async () => {
  const first = await session('--no-dashboard');
  expect(first).toMatchObject({ status: 0, stderr: 'isobar: stopped; isobar dev goes on from here\n' });
  expect(first.first).toMatch(/^weather: in 2,8\d\d, out 1[78]\d, rate .*, lag 0, late 0, malformed 0$/);
  const second = await session();
  expect(second.status).toBe(0);
  expect(second.stderr).toMatch(/isobar: dashboard: http:\/\/127\.0\.0\.1:\d+.*\nisobar: stopped/);
  expect(recordsIn(second.first)).toBeGreaterThanOrEqual(recordsIn(first.last));
  expect(recordsIn(second.last)).toBeLessThan(recordsIn(first.last) + 100);

  const store = LocalStore.open(join(folder, '.isobar/isobar.db'));
  const documents = store.index
    .scan('weather_data_1')
    .map(({ json }) => JSON.parse(json) as { client: string; avg_temp: number });
  store.close();
  expect(new Set(documents.map(({ client }) => client))).toEqual(new Set(['device1', 'device2', 'device3']));
  for (const { avg_temp } of documents) expect(avg_temp > 0 && avg_temp < 35).toBe(true);
}, 30_000);
