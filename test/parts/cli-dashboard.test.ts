// The dashboard as the command line starts it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const program = resolve(import.meta.dirname, '../../src/cli');
const TOKEN = 'a-secret-of-enough-length';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-dashboard-'));
  const source = `CREATE TABLE s (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100')`;
  writeFileSync(
    join(folder, 'endless.sql'),
    `${source}; CREATE TABLE t (n BIGINT) WITH ('connector' = 'blackhole'); INSERT INTO t SELECT n FROM s;`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly stderr: () => string;
  readonly stop: () => void;
  readonly ended: Promise<number | null>;
}

/** Runs `isobar` from source, without what bin/isobar does before. */
function start(args: readonly string[], env: Record<string, string> = {}): Started {
  const script = `import { runCommandLine } from ${JSON.stringify(join(program, 'main.ts'))}; await runCommandLine(${JSON.stringify(args)});`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: folder,
    env: { ...process.env, ...env },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.resume();
  return { stderr: () => stderr, stop: () => child.kill('SIGINT'), ended: new Promise((done) => child.on('close', done)) };
}

test('isobar run --dashboard prints the link and serves until the job is stopped', async () => {
  const running = start(['run', 'endless.sql', '--dashboard', '--port', '0'], { ISOBAR_TOKEN: TOKEN });
  await expect.poll(running.stderr, { timeout: 15_000 }).toMatch(/dashboard: http/);
  const url = /dashboard: (http:\S+)/.exec(running.stderr())?.[1];
  expect((await fetch(`${url}/api/status`)).status).toBe(401);
  const response = await fetch(`${url}/api/status`, { headers: { Authorization: `Bearer ${TOKEN}` } });
  expect(await response.json()).toMatchObject({ jobs: [{ name: 'endless.sql', state: 'running' }] });
  running.stop();
  expect(await running.ended).toBe(0);
  expect(running.stderr()).not.toContain(TOKEN);
});

test.each([
  [['--host', '0.0.0.0'], 'error[TOKEN_MISSING]'],
  [['--host', '127.0.0.1', '--token', 'short'], 'error[TOKEN_SHORT]'],
  [['--port', '70000'], 'error[COMMAND_INVALID_ARGUMENT]'],
])('isobar run %j is refused with %s', async (flags, error) => {
  const refused = start(['run', 'endless.sql', ...flags]);
  expect(await refused.ended).toBe(2);
  expect(refused.stderr()).toContain(error);
});
