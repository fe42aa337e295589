// The command as users start it: exit statuses, what goes to stdout and what to stderr, signals.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const isobar = resolve(import.meta.dirname, '../../bin/isobar');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-cli-'));
  writeFileSync(join(folder, 'numbers.jsonl'), '{"n":1}\n{"n":2}\n{"n":3}\n');
  writeFileSync(
    join(folder, 'good.sql'),
    `CREATE TABLE numbers (n INT) WITH ('connector' = 'filesystem', 'path' = 'numbers.jsonl', 'format' = 'json');
CREATE TABLE answer (n INT) WITH ('connector' = 'print');
INSERT INTO answer SELECT n + 1 FROM numbers;\n`,
  );
  writeFileSync(
    join(folder, 'bad.sql'),
    `CREATE TABLE numbers (n INT) WITH ('connector' = 'filesystem', 'path' = 'numbers.jsonl', 'format' = 'json');
CREATE TABLE answer (n INT) WITH ('connector' = 'print');
INSERT INTO answer SELECT m FROM numbers;
INSERT INTO answer SELECT n FROM numbrs;\n`,
  );
  writeFileSync(
    join(folder, 'endless.sql'),
    `CREATE TABLE numbers (n INT) WITH ('connector' = 'kafka', 'topic' = 'numbers', 'properties.bootstrap.servers' = 'k:9092',
  'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
CREATE TABLE answer (n INT) WITH ('connector' = 'kafka', 'topic' = 'answer', 'properties.bootstrap.servers' = 'k:9092', 'format' = 'json');
INSERT INTO answer SELECT n + 1 FROM numbers;\n`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
  stderr(): string;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [isobar, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done) => child.on('close', (status) => done({ status, stdout, stderr })));
  return { ended, kill: (signal) => child.kill(signal), stderr: () => stderr };
}

const run = (...args: string[]): Promise<Ended> => start(...args).ended;

describe('the command line', () => {
  test('alone and with --help shows what there is', async () => {
    const [alone, help] = await Promise.all([run(), run('--help')]);
    expect(alone).toEqual(help);
    expect(alone.status).toBe(0);
    for (const command of ['dev', 'run', 'check', 'explain', 'generate', 'topics'])
      expect(alone.stdout).toContain(`\n  ${command} `);
  });

  test('names the nearest command and option', async () => {
    expect(await run('rnu', 'good.sql')).toEqual({
      status: 2,
      stdout: '',
      stderr: "error[COMMAND_UNKNOWN_COMMAND]: unknown command 'rnu'\nhint: Did you mean run?\n",
    });
    expect(await run('run', '--lcal', 'good.sql')).toEqual({
      status: 2,
      stdout: '',
      stderr: "error[COMMAND_UNKNOWN_OPTION]: unknown option '--lcal'\nhint: Did you mean --local?\n",
    });
    expect((await run('generate', 'weather', '--rate', '0')).stderr).toContain('hint: See isobar generate weather --help');
  });
});

describe('run', () => {
  test('prints the rows on stdout and nothing else, and ends with 0', async () => {
    expect(await run('run', 'good.sql')).toEqual({ status: 0, stdout: '+I[2]\n+I[3]\n+I[4]\n', stderr: '' });
  });

  test('ends with 2 and every mistake, and prints nothing', async () => {
    const { status, stdout, stderr } = await run('run', 'bad.sql');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('bad.sql:3:27: error[SQL_COLUMN_NOT_FOUND]');
    expect(stderr).toContain('bad.sql:4:34: error[SQL_TABLE_NOT_FOUND]');
    expect(await run('run', 'no.sql')).toMatchObject({
      status: 2,
      stderr: 'error[FILE_UNREADABLE]: there is no file "no.sql"\n',
    });
  });

  test('checks --set as SET is checked', async () => {
    const settings = ['isobar.dead-leter=true', 'isobar.dead-letter=maybe', 'table.local-time-zone=Mars/Phobos'];
    for (const command of ['run', 'check']) {
      const { status, stdout, stderr } = await run(command, 'good.sql', ...settings.flatMap((setting) => ['--set', setting]));
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toBe(`error[SQL_UNKNOWN_SETTING]: --set: there is no setting 'isobar.dead-leter'
hint: Did you mean 'isobar.dead-letter'?

error[SQL_SETTING_VALUE]: --set: 'maybe' is neither true nor false
hint: The setting is 'isobar.dead-letter'.

error[SQL_SETTING_VALUE]: --set: 'Mars/Phobos' is no time zone
hint: The setting is 'table.local-time-zone'.
`);
    }
  });

  test('ends with 1 after a failure while running', async () => {
    writeFileSync(join(folder, 'broken.sql'), (await read('good.sql')).replace('numbers.jsonl', 'missing.jsonl'));
    const { status, stderr } = await run('run', 'broken.sql');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^broken\.sql:1:14: error\[FILE_READ\]: .*missing\.jsonl/);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('stops at %s with a checkpoint and status 0', async (signal) => {
    const running = start('run', 'endless.sql', '--local', '--store', `${signal}.db`, '--set', `pipeline.name=${signal}`);
    await topicsHold(`${signal}.db`, 'answer');
    running.kill(signal);
    expect(await running.ended).toEqual({ status: 0, stdout: '', stderr: 'isobar: stopped; the next run goes on from here\n' });
    const again = start('run', 'endless.sql', '--local', '--store', `${signal}.db`, '--set', `pipeline.name=${signal}`);
    await expect.poll(() => again.stderr(), { timeout: 5000 }).toContain(`going on with "${signal}"`);
    again.kill(signal);
    expect((await again.ended).status).toBe(0);
  });

  test('loses nothing to kill -9, and writes nothing twice', async () => {
    const send = (): Promise<Ended> => run('generate', 'replay', 'numbers.jsonl', '--topic', 'numbers', '--store', 'kill.db');
    await send();
    const first = start('run', 'endless.sql', '--local', '--store', 'kill.db');
    await expect.poll(async () => (await tail('answer', 'kill.db')).length, { timeout: 5000 }).toBe(3);
    await send();
    first.kill('SIGKILL');
    await first.ended;
    const second = start('run', 'endless.sql', '--local', '--store', 'kill.db');
    await expect.poll(async () => (await tail('answer', 'kill.db')).length, { timeout: 5000 }).toBe(6);
    second.kill('SIGINT');
    await second.ended;
    expect(await tail('answer', 'kill.db')).toEqual(['{"n":2}', '{"n":3}', '{"n":4}', '{"n":2}', '{"n":3}', '{"n":4}']);
  });
});

describe('check', () => {
  test('says that there is no mistake, or all of them as JSON', async () => {
    expect(await run('check', 'good.sql')).toEqual({ status: 0, stdout: '', stderr: 'isobar: good.sql has no mistakes\n' });
    const { status, stdout } = await run('check', 'good.sql', 'bad.sql', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      problems: [
        { file: 'bad.sql', code: 'SQL_COLUMN_NOT_FOUND', start: { line: 3, column: 27 }, end: { line: 3, column: 28 } },
        { file: 'bad.sql', code: 'SQL_TABLE_NOT_FOUND', start: { line: 4, column: 34 } },
      ],
    });
  });
});

test('check and explain need no broker', async () => {
  expect(await run('check', 'endless.sql')).toMatchObject({ status: 0 });
  expect((await run('explain', 'endless.sql')).stdout).toContain('topics = numbers');
});

test('a file that is no text is one mistake, and a very wrong one is cut short', async () => {
  writeFileSync(join(folder, 'binary.sql'), 'SELECT 1\0\0\0\0');
  expect((await run('check', 'binary.sql')).stderr).toMatch(
    /^error\[FILE_NOT_TEXT\]: "binary.sql" holds binary data.*\nhint: .*\n$/,
  );
  writeFileSync(join(folder, 'wrong.sql'), '\u0001'.repeat(300));
  const { stderr } = await run('check', 'wrong.sql');
  expect(stderr.match(/error\[/g)).toHaveLength(100);
  expect(stderr.endsWith('\nand 200 more\n')).toBe(true);
});

describe('explain', () => {
  test('shows the plan and, when asked, the code', async () => {
    const { status, stdout } = await run('explain', 'good.sql', '--code');
    expect(status).toBe(0);
    expect(stdout).toContain('n + 1');
    expect(stdout).toContain('Scan #0  numbers: filesystem (json)');
    expect(stdout).toContain('function calc');
  });
});

describe('topics and generate', () => {
  test('create is safe to repeat, list and delete say what there is', async () => {
    const store = ['--store', 'topics.db'];
    expect((await run('topics', 'create', 'a', 'b', ...store)).stderr).toBe(
      'isobar: topic a created, 1 partition\nisobar: topic b created, 1 partition\n',
    );
    expect(await run('topics', 'create', 'a', ...store)).toMatchObject({
      status: 0,
      stderr: 'isobar: topic a is there already, 1 partition\n',
    });
    await run('topics', 'delete', 'b', ...store);
    expect((await run('topics', 'list', ...store)).stdout).toBe(
      'topic  partitions  records  size\na               1        0   0 B\n',
    );
    expect(await run('topics', 'tail', 'c', ...store)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('error[TOPIC_NOT_FOUND]: there is no local topic "c"'),
    });
    expect(await run('topics', 'create', 'a b', ...store)).toMatchObject({ status: 2 });
    expect(await run('generate', 'replay', 'no.jsonl', '--topic', 'a', ...store)).toMatchObject({ status: 2 });
  });

  test('the same seed gives the same messages', async () => {
    const weather = async (store: string, seed: string): Promise<string[]> => {
      await run('generate', 'weather', '-n', '50', '--fast', '--seed', seed, '--start', '2024-05-12 02:00:00', '--store', store);
      return tail('weather_data', store);
    };
    const first = await weather('seed-1.db', '7');
    expect(first).toHaveLength(50);
    expect(first[0]).toMatch(
      /^\{"client": "device\d", "ts": "2024-05-12 02:00:00", "temperature": \d+\.\d\d, "humidity": \d\d\.\d\d\}$/,
    );
    expect(await weather('seed-2.db', '7')).toEqual(first);
    expect(await weather('seed-3.db', '8')).not.toEqual(first);
  });

  test('refuses what makes no sense', async () => {
    expect(await run('generate', 'weather', '--malformed', '2')).toMatchObject({ status: 2 });
    expect(await run('generate', 'weather', '--kafka', 'localhost')).toMatchObject({ status: 2 });
    expect(await run('topics', 'create', 'x', '--partitions', '0')).toMatchObject({
      status: 2,
      stderr:
        'error[COMMAND_INVALID_ARGUMENT]: --partitions 0: a topic has at least 1 partition\nhint: Write for example --partitions 4.\n',
    });
  });

  test('replay sends nothing by a field that is not there', async () => {
    const replay = (field: string): Promise<Ended> =>
      run('generate', 'replay', 'numbers.jsonl', '--topic', 'n', '--time-field', field, '--speed', '1000', '--store', 'n.db');
    expect(await replay('nope')).toEqual({
      status: 2,
      stdout: '',
      stderr: `numbers.jsonl:1:1: error[REPLAY_FIELD_NOT_FOUND]: there is no field "nope" to tell the message's time
  1 | {"n":1}
    | ^
hint: Name it by --time-field; there are: n.\n`,
    });
    expect(existsSync(join(folder, 'n.db'))).toBe(false);
    expect(await replay('n')).toMatchObject({ status: 0 });
    expect(await tail('n', 'n.db')).toHaveLength(3);
  });
});

async function read(name: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(join(folder, name), 'utf8');
}

/** The lines of a topic; none before it is there. */
async function tail(topic: string, store: string): Promise<string[]> {
  const { stdout } = await run('topics', 'tail', topic, '--store', store, '-n', '1000');
  return stdout.split('\n').slice(0, -1);
}

async function topicsHold(store: string, topic: string): Promise<void> {
  await expect.poll(async () => (await run('topics', 'list', '--store', store)).stdout, { timeout: 5000 }).toContain(`${topic} `);
}
