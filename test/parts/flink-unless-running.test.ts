// isobar submit --unless-running, which makes a submission safe to repeat.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startFlinkServer, type FlinkServer } from './flink-server.ts';

const TABLES = `CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen');
CREATE TABLE answer (n INT) WITH ('connector' = 'print');
INSERT INTO answer SELECT n + 1 FROM numbers;
`;
const OLD = 'a'.repeat(32);
const NEW = 'b'.repeat(32);

let folder: string;
let server: FlinkServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-unless-'));
  writeFileSync(join(folder, 'named.sql'), `SET 'pipeline.name' = 'numbers';\n${TABLES}`);
  writeFileSync(join(folder, 'nameless.sql'), TABLES);
  server = await startFlinkServer((statement) => (statement.startsWith('INSERT') ? { job: NEW } : {}));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

function submit(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const words = [resolve(import.meta.dirname, '../../bin/isobar'), 'submit', ...args, '--gateway', server.address];
  return new Promise((done) => {
    execFile(process.execPath, [...words, '--rest', server.address], { cwd: folder }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const submitted = (): boolean => server.statements.some((statement) => statement.startsWith('INSERT'));

test('does not submit again what runs', async () => {
  server.jobs.set(OLD, { name: 'numbers', state: 'RUNNING', tasks: 'RUNNING' });
  const { status, stdout, stderr } = await submit('named.sql', '--unless-running');
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${OLD}  numbers\n` });
  expect(stderr).toContain('isobar: job "numbers" is there already and is not submitted again\n');
  expect(submitted()).toBe(false);
});

test('submits beside other jobs, and after one of the name that has ended', async () => {
  server.jobs.set(OLD, { name: 'numbers', state: 'CANCELED', tasks: 'CANCELED' });
  server.jobs.set('c'.repeat(32), { name: 'others', state: 'RUNNING', tasks: 'RUNNING' });
  const { status, stdout } = await submit('named.sql', '--unless-running');
  expect(status).toBe(0);
  expect(stdout).toContain(NEW);
  expect(submitted()).toBe(true);
});

test('takes the name of the command line, and needs one', async () => {
  server.jobs.set(OLD, { name: 'mine', state: 'RUNNING', tasks: 'RUNNING' });
  expect(await submit('named.sql', '--unless-running', '--name', 'mine')).toMatchObject({ status: 0, stdout: `${OLD}  mine\n` });
  const { status, stderr } = await submit('nameless.sql', '--unless-running');
  expect(status).toBe(2);
  expect(stderr).toContain('error[FLINK_JOB_NAME]: --unless-running needs the name of the job');
  expect(submitted()).toBe(false);
});
