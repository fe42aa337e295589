// isobar submit, jobs and cancel with a real Flink, from a real Kafka into Kafka and Elasticsearch.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TopicRecord } from '../topic-records.ts';
import { createTopics, readTopic, writeRecords } from './kafka-topics.ts';
import { servers } from './servers.ts';

const root = resolve(import.meta.dirname, '../..');
/** Own names in servers that others use as well. */
const prefix = `flink-${process.pid}-${Date.now() % 100_000}`;
let folder: string;
const started: string[] = [];
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'isobar-submit-'))));
afterAll(async () => {
  for (const id of started) await isobar('cancel', id, '--rest', servers.flink);
  rmSync(folder, { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function isobar(...args: string[]): Promise<Ended> {
  const command = [join(root, 'bin/isobar'), ...args];
  const child = spawn(process.execPath, command, { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((done) => child.on('close', (status) => done({ status, stdout, stderr })));
}

/** Submits a text as a file; a job that it starts is cancelled when all tests are over. */
async function submit(name: string, text: string, ...flags: string[]): Promise<Ended & { readonly job: string }> {
  writeFileSync(join(folder, `${name}.sql`), text);
  const ended = await isobar('submit', `${name}.sql`, '--gateway', servers.gateway, '--kafka', servers.kafka, ...flags);
  const job = ended.stdout.slice(0, 32);
  if (job !== '') started.push(job);
  return { ...ended, job };
}

/** One of the pipelines, with topics, consumer groups and index of our own. */
function pipeline(name: string): string {
  const text = readFileSync(join(root, 'pipelines', `${name}.sql`), 'utf8');
  return text.replace(/('topic'|'index'|'properties\.group\.id'|'pipeline\.name') = '(\w+)'/g, `$1 = '${prefix}-$2'`);
}

/** Asks again and again until the answer is as wanted, for at most a minute. */
async function eventually<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  for (const until = performance.now() + 60_000; ; await sleep(250)) {
    const answer = await ask();
    if (isWanted(answer) || performance.now() > until) return answer;
  }
}

const lines = async (topic: string): Promise<string[]> =>
  (await readTopic(servers.kafka, topic)).map(({ payload }) => payload ?? 'null');

const record = (value: string): TopicRecord => ({ partition: 0, timestamp: undefined, key: null, value });

describe('the cities', () => {
  const input = `${prefix}-input`;
  const averages = `${prefix}-output_avg`;
  let savepoint: string;

  test('run on Flink', async () => {
    const names = ['input', 'output_avg', 'output_max', 'input_errors'].map((name) => ({
      name: `${prefix}-${name}`,
      partitions: 1,
    }));
    await createTopics(servers.kafka, names);
    const { status, stdout, stderr } = await submit('cities', pipeline('cities'));
    expect(stderr).toMatch(/^\[1\/12\] SET 'pipeline\.name' … ok$/m);
    expect(stderr).toMatch(/^\[12\/12\] STATEMENT SET of 3 INSERTs … job [0-9a-f]{32}$/m);
    expect(stderr).toContain(`isobar: job "${prefix}-cities" runs\n`);
    expect([status, stdout]).toEqual([0, expect.stringMatching(new RegExp(`^[0-9a-f]{32} {2}${prefix}-cities\n$`))]);
    await writeRecords(
      servers.kafka,
      input,
      ['Budapest, 30', 'Wien, 11', 'Budapest, 20', 'broken'].map((line) => record(line)),
    );
    expect(
      await eventually(
        () => lines(averages),
        (found) => found.length === 3,
      ),
    ).toEqual(['Budapest,30.0,1', 'Wien,11.0,1', 'Budapest,25.0,2']);
    expect(
      await eventually(
        () => lines(`${prefix}-input_errors`),
        (found) => found.length === 1,
      ),
    ).toEqual([expect.stringContaining('"there is no comma"')]);
  });

  test('are in the list of jobs', async () => {
    const { jobs } = JSON.parse((await isobar('jobs', '--json', '--rest', servers.flink)).stdout) as { jobs: { name: string }[] };
    const job = jobs.find(({ name }) => name === `${prefix}-cities`);
    expect(job).toMatchObject({ state: 'RUNNING', tasks: { total: 3, running: 3, finished: 0 } });
  });

  test('stop with a savepoint', async () => {
    const flags = ['--savepoint', `file://${folder}/savepoints`, '--rest', servers.flink];
    const { status, stdout, stderr } = await isobar('cancel', `${prefix}-cities`, ...flags);
    expect(stderr).toBe(`isobar: job "${prefix}-cities" has stopped with a savepoint\n`);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^file:.*\/savepoints\/savepoint-\S+\n$/)]);
    savepoint = stdout.trim();
  });

  test('go on from it: the count and the offset are those of before', async () => {
    const { status, stderr } = await submit('cities', pipeline('cities'), '--from-savepoint', savepoint);
    expect([status, stderr]).toEqual([0, expect.stringContaining(' runs\n')]);
    await writeRecords(servers.kafka, input, [record('Budapest, 10')]);
    const found = await eventually(
      () => lines(averages),
      (values) => values.length === 4,
    );
    expect(found.slice(3)).toEqual(['Budapest,20.0,3']);
    const ended = await isobar('cancel', `${prefix}-cities`, '--rest', servers.flink);
    expect(ended.stderr).toBe(`isobar: job "${prefix}-cities" is cancelled\n`);
  });

  test('do not go on when they are other ones, and it is said why', async () => {
    const other = pipeline('cities')
      .replace('COUNT(*) OVER so_far', 'MAX(temp) OVER so_far')
      .replace('readings BIGINT', 'readings DOUBLE');
    const { status, stderr } = await submit('other', other, '--from-savepoint', savepoint);
    expect([status, stderr]).toEqual([1, expect.stringContaining("The file's query has changed since the savepoint")]);
  });
});

test('the weather runs on Flink, from Kafka into Elasticsearch', async () => {
  const topic = `${prefix}-weather_data`;
  await createTopics(servers.kafka, [{ name: topic, partitions: 1 }]);
  const { status, stderr } = await submit('weather', pipeline('weather'), '--elasticsearch', servers.elasticsearch);
  expect([status, stderr]).toEqual([0, expect.stringContaining(`isobar: job "${prefix}-weather" runs\n`)]);
  const reading = (ts: string, temperature: number) =>
    record(JSON.stringify({ client: 'a', ts: `2024-01-01 ${ts}`, temperature, humidity: 50 }));
  await writeRecords(servers.kafka, topic, [reading('00:00:10', 10), reading('00:00:20', 20), reading('00:01:30', 1)]);
  const search = async (): Promise<Record<string, unknown>[]> => {
    const response = await fetch(`${servers.elasticsearch}/${prefix}-weather_data_1/_search?ignore_unavailable=true`);
    const { hits } = (await response.json()) as { hits?: { hits: { _source: Record<string, unknown> }[] } };
    return (hits?.hits ?? []).map(({ _source }) => _source);
  };
  expect(await eventually(search, (found) => found.length > 0)).toEqual([
    {
      client: 'a',
      row_date: '2024-01-01',
      row_time: '00:00:00',
      avg_temp: 15,
      avg_hum: 50,
      window_start: '2024-01-01 00:00:00',
      window_end: '2024-01-01 00:01:00',
    },
  ]);
});

describe('a file with a mistake', () => {
  const file = `CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '5');
CREATE TABLE answer (n STRING) WITH ('connector' = 'print');
`;

  test('is refused by Flink at the same place as by us', async () => {
    const text = `${file}BEGIN STATEMENT SET;\nINSERT INTO answer SELECT CAST(n AS STRING) FROM numbers;\nINSERT INTO answer\n  SELECT m FROM numbers; END;`;
    const flink = await submit('bad', text, '--no-check');
    expect(flink.stderr).toContain("bad.sql:6:10: error[FLINK_VALIDATION]: column 'm' not found in any table\n");
    const ours = await submit('bad', text);
    expect(ours.stderr).toContain('bad.sql:6:10: error[SQL_COLUMN_NOT_FOUND]: column "m" does not exist');
    expect([flink.status, ours.status]).toEqual([2, 2]);
  });

  test('names the option that is wrong', async () => {
    const { stderr } = await submit(
      'bad',
      `${file.replace("'5'", "'5', 'odd' = '1'")}INSERT INTO answer SELECT 'a' FROM numbers;`,
      '--no-check',
    );
    expect(stderr).toContain(`bad.sql:1:85: error[FLINK_OPTION]: table "numbers": Flink's connector has no option 'odd'\n`);
  });

  test('and one that is right ends by itself', async () => {
    const flags = ['--wait', '--name', `${prefix}-right`, '--set', 'parallelism.default=2'];
    const { status, stderr } = await submit('good', `${file}INSERT INTO answer SELECT CAST(n AS STRING) FROM numbers;`, ...flags);
    expect([status, stderr.split('\n').at(-2)]).toEqual([0, `isobar: job "${prefix}-right" has finished`]);
  });

  test('and one whose topic is missing fails with the reason', async () => {
    const { status, stderr } = await submit('cities', pipeline('cities').replaceAll(prefix, `${prefix}-none`));
    expect(stderr).toContain(
      `failed to get metadata for topics [${prefix}-none-input]: this server does not host this topic-partition\n`,
    );
    expect(status).toBe(1);
  });
});
