// `npm run bench`: its command line, the form of its figures, and that nothing is left behind.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const BENCH = resolve(import.meta.dirname, '../../bench/bench.ts');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'isobar-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const bench = async (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const run = promisify(execFile)(process.execPath, [BENCH, ...args], { env: { ...process.env, TMPDIR: folder } });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as { code: number; stdout: string; stderr: string },
  );
};

test('--json prints results and ratios, and nothing is left of what was measured', async () => {
  const { code, stdout } = await bench('--json', '--count', '1000');
  const figures = {
    millionPerSecond: expect.any(Number),
    cpuSecondsPerMillion: expect.any(Number),
    peakMemoryMB: expect.any(Number),
  };
  expect(JSON.parse(stdout)).toEqual({
    results: ['weather.naive', 'weather.local', 'cities.local'].map((name) => ({ name, ...figures })),
    ratios: { 'weather.local/weather.naive': expect.any(Number) },
  });
  expect(code).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
}, 60_000);

test.each([
  [['--count', '999'], /COMMAND_INVALID_ARGUMENT.*at least 1000/],
  [['--count', 'many'], /COMMAND_INVALID_ARGUMENT.*whole number/],
  [['--cuont', '5'], /COMMAND_UNKNOWN_OPTION[^]*--count/],
])('%s is a mistake', async (args, message) => {
  expect(await bench(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});

test('a signal ends it with what it has started', async () => {
  const child = spawn(process.execPath, [BENCH, '--count', '5000000'], { env: { ...process.env, TMPDIR: folder } });
  const ended = new Promise((done) => child.on('close', done));
  const store = (): string | undefined =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.db'));
  await expect.poll(store, { timeout: 20_000 }).toBeDefined();
  child.kill('SIGTERM');
  expect(await ended).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
}, 60_000);
