// The installation of a checkout's dependencies by scripts/setup.js, with an npm of the test's own.
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { temporaryFolder } from './connector-table.ts';

/** Leaves a file of its name in node_modules; what it has started leaves `late` there some time later. */
const NPM = `#!/bin/sh
mkdir -p node_modules/node/bin
touch node_modules/node/bin/node "node_modules/$1"
case "$NPM_DOES" in
  hang) (sleep 1; touch node_modules/late) & wait ;;
  fail) exit 7 ;;
  die) kill -KILL $$ ;;
  slow) sleep 1 ;;
esac
`;

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

class Checkout {
  readonly root = temporaryFolder();

  constructor() {
    const source = resolve(import.meta.dirname, '../..');
    for (const path of ['bin', 'scripts/setup.js', 'scripts/run.js'])
      cpSync(join(source, path), join(this.root, path), { recursive: true });
    for (const folder of ['src/cli', 'tools']) mkdirSync(join(this.root, folder), { recursive: true });
    this.write('package.json', '{"type":"module"}');
    this.write('package-lock.json', '{}');
    this.write('src/cli/main.ts', `export const runCommandLine = async () => console.log('runs');`);
    this.write('tools/npm', NPM);
    chmodSync(join(this.root, 'tools/npm'), 0o755);
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }

  has(path: string): boolean {
    return existsSync(join(this.root, 'node_modules', path));
  }

  stamp(): string {
    return readFileSync(join(this.root, 'node_modules/.isobar-setup'), 'utf8');
  }

  /** Starts the command, or what else is given; `npmDoes` is what npm does beside installing. */
  start(
    npmDoes = '',
    what: readonly string[] = ['bin/isobar'],
  ): { readonly ended: Promise<Ended>; kill(signal: NodeJS.Signals): void } {
    const env = { ...process.env, NPM_DOES: npmDoes, PATH: join(this.root, 'tools') + delimiter + process.env.PATH };
    const child = spawn(process.execPath, [...what], { env, cwd: this.root });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<Ended>((done) => child.on('close', (status, signal) => done({ status, signal, stdout, stderr })));
    return { ended, kill: (signal) => child.kill(signal) };
  }
}

const INSTALLING = 'isobar: installing dependencies (once, about a minute)\n';
const REMOVING = 'isobar: the last installation was interrupted: removing what it left in node_modules\n';
const INSTALLED = { status: 0, stdout: 'runs\n', stderr: INSTALLING };

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends npm at once, and the next start begins anew', async (signal) => {
  const checkout = new Checkout();
  const first = checkout.start('hang');
  await expect.poll(() => checkout.has('install')).toBe(true);
  checkout.write('node_modules/half', '');
  first.kill(signal);
  expect(await first.ended).toMatchObject({ signal, stdout: '', stderr: INSTALLING });
  expect(await checkout.start().ended).toMatchObject({ ...INSTALLED, stderr: REMOVING + INSTALLING });
  expect(checkout.has('half')).toBe(false);
  await delay(1200);
  expect(checkout.has('late')).toBe(false);
  expect(await checkout.start('fail').ended).toMatchObject({ status: 0, stdout: 'runs\n', stderr: '' });
});

test('an npm that was killed is named with its signal, and what it left is removed', async () => {
  const checkout = new Checkout();
  expect(await checkout.start('die').ended).toMatchObject({
    status: 1,
    stderr:
      INSTALLING +
      'error[SETUP_FAILED]: npm install --no-save --no-audit --no-fund --loglevel=error: ended by SIGKILL\n' +
      'hint: Start again: what is half done is then done anew.\n',
  });
  expect(await checkout.start().ended).toMatchObject({ ...INSTALLED, stderr: REMOVING + INSTALLING });
});

test('a lock file that changed, and an npm that fails, leave what is installed', async () => {
  const checkout = new Checkout();
  expect(await checkout.start().ended).toMatchObject(INSTALLED);
  checkout.write('node_modules/kept', '');
  const before = checkout.stamp();
  checkout.write('package-lock.json', '{ }');
  const failed = await checkout.start('fail').ended;
  expect(failed).toMatchObject({ status: 1, stderr: expect.stringContaining('exit status 7\nhint: See the messages above.\n') });
  expect(checkout.stamp()).toBe(before);
  expect(await checkout.start().ended).toMatchObject(INSTALLED);
  expect(checkout.has('kept')).toBe(true);
  expect(checkout.stamp()).not.toBe(before);
});

test('who starts meanwhile waits', async () => {
  const checkout = new Checkout();
  const first = checkout.start('slow');
  await expect.poll(() => checkout.has('install')).toBe(true);
  const second = await checkout.start('fail').ended;
  expect(second).toMatchObject({ status: 0, stdout: 'runs\n' });
  expect(second.stderr).toMatch(/^isobar: waiting for process \d+, which is installing the dependencies\n$/);
  expect(await first.ended).toMatchObject(INSTALLED);
});

test.each([
  ['exit 3', { status: 3, signal: null }],
  ['kill -TERM $$', { status: null, signal: 'SIGTERM' }],
])('scripts run on the pinned Node, whose end is the end: %s', async (end, expected) => {
  const checkout = new Checkout();
  await checkout.start().ended;
  checkout.write('node_modules/node/bin/node', `#!/bin/sh\necho "pinned: $@"\n${end}\n`);
  chmodSync(join(checkout.root, 'node_modules/node/bin/node'), 0o755);
  const ended = await checkout.start('', ['scripts/run.js', 'bench/bench.ts', '--count', '5']).ended;
  expect(ended).toEqual({ ...expected, stdout: 'pinned: bench/bench.ts --count 5\n', stderr: '' });
});
