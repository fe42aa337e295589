// isobar submit, jobs and cancel as users start them, against a server that answers as Flink's do.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startFlinkServer, type FlinkServer, type StatementAnswer } from './flink-server.ts';

const isobar = resolve(import.meta.dirname, '../../bin/isobar');
const trace = (name: string): string => readFileSync(join(import.meta.dirname, 'flink-traces', `${name}.txt`), 'utf8');

const FILE = `SET 'pipeline.name' = 'numbers';
CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen');
CREATE TABLE answer (n INT) WITH ('connector' = 'print');
INSERT INTO answer
SELECT n + 1 FROM numbers;
`;

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'isobar-submit-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const servers: FlinkServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(answer?: (statement: string) => StatementAnswer): Promise<FlinkServer> {
  const server = await startFlinkServer(answer);
  servers.push(server);
  return server;
}

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [isobar, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((done) => child.on('close', (status) => done({ status, stdout, stderr })));
  const until = async (text: string): Promise<void> => {
    while (!stderr.includes(text)) await new Promise((resolveSoon) => setTimeout(resolveSoon, 10));
  };
  return { ended, until, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

const run = (...args: string[]): Promise<Ended> => start(...args).ended;

function submit(server: FlinkServer, text: string, ...args: string[]): Promise<Ended> {
  writeFileSync(join(folder, 'file.sql'), text);
  return run('submit', 'file.sql', '--gateway', server.address, ...args);
}

const startsJob = (statement: string): StatementAnswer => (/^(INSERT|EXECUTE)/.test(statement) ? { job: 'a1b2c3' } : {});
const failsWith =
  (name: string) =>
  (statement: string): StatementAnswer =>
    statement.startsWith('INSERT') ? { trace: trace(name) } : {};

describe('isobar submit', () => {
  test('submits statement by statement, sees the job run, and closes its session', async () => {
    const server = await serve(startsJob);
    const { status, stdout, stderr } = await submit(server, FILE);
    expect(stderr).toBe(`[1/4] SET 'pipeline.name' … ok
[2/4] CREATE TABLE numbers … ok
[3/4] CREATE TABLE answer … ok
[4/4] INSERT INTO answer … job a1b2c3
isobar: job "a job" has finished
`);
    expect([status, stdout]).toEqual([0, 'a1b2c3  a job\n']);
    expect(server.statements.filter((statement) => statement !== 'SET').join(';\n')).toBe(FILE.trimEnd().replace(/;$/, ''));
    expect(server.requests).toContain('DELETE /v1/sessions/s-1');
  });

  test('settings of the command line win over those of the file', async () => {
    const server = await serve(startsJob);
    const flags = ['--name', "it's", '--set', 'parallelism.default=2', '--from-savepoint', 'file:///s/1'];
    const { status, stderr } = await submit(server, FILE, ...flags);
    expect(status).toBe(0);
    expect(stderr).toContain("[1/4] SET 'pipeline.name' … left out for the one of the command line");
    expect(server.statements.filter((statement) => /^SET ./.test(statement))).toEqual([
      "SET 'parallelism.default' = '2'",
      "SET 'pipeline.name' = 'it''s'",
      "SET 'execution.savepoint.path' = 'file:///s/1'",
    ]);
  });

  test("shows Flink's refusal at its place in the file", async () => {
    const server = await serve(failsWith('unknown-column'));
    const { status, stdout, stderr } = await submit(server, FILE.replace('SELECT', 'SELECT '));
    expect(stderr.split('[4/4] ')[1]).toBe(
      `INSERT INTO answer … failed
file.sql:5:15: error[FLINK_VALIDATION]: column 'y' not found in any table
  5 | SELECT  n + 1 FROM numbers;
    |               ^^^^
`,
    );
    expect([status, stdout]).toEqual([2, '']);
    expect(server.requests).toContain('DELETE /v1/sessions/s-1');
  });

  test('stops at mistakes of the file before anything is submitted, unless told not to check', async () => {
    const server = await serve(startsJob);
    const wrong = FILE.replace('n + 1', 'm + 1');
    const checked = await submit(server, wrong);
    expect(checked.status).toBe(2);
    expect(checked.stderr).toContain('file.sql:5:8: error[SQL_COLUMN_NOT_FOUND]: column "m" does not exist in table "numbers"');
    expect(server.statements).toEqual([]);
    expect((await submit(server, wrong, '--no-check')).status).toBe(0);
  });

  test('submits what only Isobar cannot do, and says so', async () => {
    const server = await serve(startsJob);
    const text = FILE.replace('FROM numbers', 'FROM numbers CROSS JOIN numbers AS b').replace('SELECT n', 'SELECT numbers.n');
    const { status, stderr } = await submit(server, `${text}ADD JAR 'udf.jar';\n`);
    expect(stderr).toContain('isobar: Isobar itself cannot run this file, which Flink may; it is submitted\n');
    expect(stderr).toMatch(/isobar: {3}file\.sql:5:\d+: .*JOIN is not supported yet\n/);
    expect(status).toBe(0);
  });

  test('refuses queries, and one savepoint for two jobs, before anything is submitted', async () => {
    const server = await serve(startsJob);
    const query = await submit(server, 'SELECT 1;', '--no-check');
    expect(query.status).toBe(2);
    expect(query.stderr).toContain('file.sql:1:1: error[FLINK_QUERY]: a query without INSERT INTO cannot be submitted');
    const two = await submit(server, `${FILE}INSERT INTO answer SELECT n FROM numbers;`, '--from-savepoint', 's');
    expect(two.stderr).toContain('file.sql:6:1: error[FLINK_SAVEPOINT]: the file has several jobs');
    expect(server.requests).toEqual([]);
  });

  test('tells why a job fails that was accepted', async () => {
    const server = await serve(startsJob);
    server.jobs.set('a1b2c3', {
      name: 'numbers',
      state: 'FAILED',
      tasks: 'FAILED',
      traces: [trace('job-elasticsearch')],
      taskName: 'Source: a -> Sink: es (1/1) - execution #3',
    });
    const { status, stdout, stderr } = await submit(server, FILE);
    expect(stderr).toContain('error[FLINK_JOB_FAILED]: job "numbers" failed: task "Source: a -> Sink: es": connection refused\n');
    expect([status, stdout]).toEqual([1, 'a1b2c3  numbers\n']);
  });

  test('warns of parallel sources whose idle ones hold back the watermark', async () => {
    const server = await serve(startsJob);
    server.jobs.set('a1b2c3', { name: 'numbers', state: 'RUNNING', tasks: 'RUNNING', parallelism: 4 });
    const source = `CREATE TABLE numbers (n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 't',
      'properties.bootstrap.servers' = 'k:1', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json')`;
    const { stderr } = await submit(server, FILE.replace(/CREATE TABLE numbers .*(?=;)/, source));
    expect(stderr).toContain(
      'warning: 4 tasks read the source: if its topic has fewer partitions than that, no window ever closes',
    );
  });

  test('--wait waits for the end', async () => {
    const server = await serve(startsJob);
    server.jobs.set('a1b2c3', { name: 'numbers', state: 'RUNNING', tasks: 'RUNNING' });
    const command = start('submit', 'file.sql', '--gateway', server.address, '--wait');
    await command.until('job "numbers" runs');
    server.jobs.get('a1b2c3')!.state = 'FINISHED';
    const { status, stderr } = await command.ended;
    expect([status, stderr.split('\n').at(-2)]).toEqual([0, 'isobar: job "numbers" has finished']);
  });

  test('Ctrl-C ends after the statement at hand, closes the session, and names the jobs that were started', async () => {
    const server = await serve((statement) => ({ ...startsJob(statement), delayMs: statement.startsWith('INSERT') ? 300 : 0 }));
    writeFileSync(join(folder, 'two.sql'), `${FILE}INSERT INTO answer SELECT n FROM numbers;`);
    const command = start('submit', 'two.sql', '--gateway', server.address);
    await command.until('[4/5]');
    command.kill('SIGINT');
    const { status, stderr } = await command.ended;
    expect(stderr).toContain('job a1b2c3 (INSERT INTO answer) has been started and runs on; isobar cancel a1b2c3 stops it\n');
    expect(stderr).toContain('error[FLINK_INTERRUPTED]: stopped before the whole file was submitted\n');
    expect(status).toBe(1);
    expect(server.statements.filter((statement) => statement.startsWith('INSERT'))).toHaveLength(1);
    expect(server.requests.at(-1)).toBe('DELETE /v1/sessions/s-1');
  });

  test('says where no gateway is, and what is none', async () => {
    const listener = createServer((_, response) => response.end('hello'));
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
    const { port } = listener.address() as { port: number };
    const other = await run('submit', 'file.sql', '--gateway', `127.0.0.1:${port}`);
    expect(other.stderr).toMatch(
      /^error\[FLINK_OTHER_SERVER\]: what answers at http:\/\/127\.0\.0\.1:\d+ is not Flink's SQL Gateway/m,
    );
    listener.closeAllConnections();
    await new Promise((done) => listener.close(done));
    const nobody = await run('submit', 'file.sql', '--gateway', `127.0.0.1:${port}`);
    expect(nobody.stderr).toBe(
      `error[FLINK_UNREACHABLE]: Flink's SQL Gateway at http://127.0.0.1:${port} cannot be reached: nothing listens there
hint: Start it with bin/sql-gateway.sh start of your Flink, or with docker compose up, or say with --gateway where it is; its own port is 8083.
`,
    );
    expect([other.status, nobody.status]).toEqual([1, 1]);
  });
});

describe('isobar jobs', () => {
  test('lists what runs before what has ended', async () => {
    const server = await serve();
    expect((await run('jobs', '--rest', server.address)).stderr).toBe('isobar: there are no jobs\n');
    server.jobs.set('0f', { name: 'old', state: 'FAILED', tasks: 'FAILED', traces: [trace('job-topic')] });
    server.jobs.set('a1', { name: 'weather', state: 'RUNNING', tasks: 'RUNNING' });
    const { stdout, stderr } = await run('jobs', '--rest', server.address);
    expect(stderr).toMatch(/^isobar: 0f failed: failed to get metadata for topics \[flink-input\]: this server/);
    expect(stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME'))
      .toBe(`id  name     state    since                duration  tasks
a1  weather  RUNNING  TIME  1m 5s     1/1 running
0f  old      FAILED   TIME  1m 5s     0/1 finished
`);
    const { jobs } = JSON.parse((await run('jobs', '--json', '--rest', server.address)).stdout) as { jobs: object[] };
    expect(jobs[0]).toEqual({
      id: 'a1',
      name: 'weather',
      state: 'RUNNING',
      durationMs: 65000,
      tasks: { total: 1, running: 1, finished: 0 },
      startTime: '2024-01-01T00:00:00.000Z',
    });
  });
});

describe('isobar cancel', () => {
  const withJobs = async (): Promise<FlinkServer> => {
    const server = await serve();
    for (const [id, name] of [
      ['a1b2', 'weather'],
      ['a1c3', 'cities'],
      ['b0', 'twice'],
      ['b1', 'twice'],
    ])
      server.jobs.set(id, { name, state: 'RUNNING', tasks: 'RUNNING' });
    server.jobs.set('c0', { name: 'over', state: 'FINISHED', tasks: 'FINISHED' });
    return server;
  };

  test('ends a job by its name, or the beginning of its id', async () => {
    const server = await withJobs();
    const byName = await run('cancel', 'weather', '--rest', server.address);
    expect([byName.status, byName.stderr]).toEqual([0, 'isobar: job "weather" is cancelled\n']);
    expect((await run('cancel', 'A1C', '--rest', server.address)).stderr).toBe('isobar: job "cities" is cancelled\n');
    expect(server.requests).toContain('PATCH /jobs/a1b2?mode=cancel');
    expect(server.requests).toContain('PATCH /jobs/a1c3?mode=cancel');
  });

  test('--savepoint prints its path', async () => {
    const server = await withJobs();
    const flags = ['--savepoint', 'file:///savepoints', '--drain', '--rest', server.address];
    const { status, stdout, stderr } = await run('cancel', 'weather', ...flags);
    expect([status, stdout]).toEqual([0, 'file:/savepoints/savepoint-1\n']);
    expect(stderr).toBe('isobar: job "weather" has stopped with a savepoint\n');
    expect(server.requests).toContain('POST /jobs/a1b2/stop {"targetDirectory":"file:///savepoints","drain":true}');
  });

  test('refuses what names no job, or several', async () => {
    const server = await withJobs();
    const refusal = async (...words: string[]) => {
      const { status, stderr } = await run('cancel', ...words, '--rest', server.address);
      return `${status} ${stderr}`;
    };
    expect(await refusal('wether')).toBe(
      '2 error[FLINK_JOB_NOT_FOUND]: there is no job "wether"\nhint: Did you mean "weather"?\n',
    );
    expect(await refusal('twice')).toBe(
      '2 error[FLINK_JOB_AMBIGUOUS]: 2 jobs are called "twice"\nhint: Name one by its id: b0, b1.\n',
    );
    expect(await refusal('over')).toContain('error[FLINK_JOB_ENDED]: job "over" has ended already, its state is FINISHED');
    expect(await refusal('weather', '--drain')).toContain('error[COMMAND_CONFLICTING_OPTION]');
  });
});
