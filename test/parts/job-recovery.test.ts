// What the job promises about checkpoints: positions, state, counts and output become durable together.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProblemsError, RunError } from '../../src/base/problem.ts';
import { compile } from '../../src/compile/compile.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { Job, type JobOptions } from '../../src/run/job.ts';

const NOW = Date.UTC(2024, 0, 1);
const TOPIC = (
  name: string,
): string => `WITH ('connector' = 'kafka', 'topic' = '${name}', 'properties.bootstrap.servers' = 'k:9092',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json')`;
const COPY = `
  CREATE TABLE numbers (n INT) ${TOPIC('numbers')};
  CREATE TABLE doubled (n INT) ${TOPIC('doubled')};
  INSERT INTO doubled SELECT n * 2 FROM numbers;`;
const COUNT = `
  CREATE TABLE numbers (n INT) ${TOPIC('numbers')};
  CREATE TABLE totals (total BIGINT) WITH ('connector' = 'print');
  INSERT INTO totals SELECT COUNT(*) FROM numbers;`;

let folder: string;
let path: string;
let printed: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-job-'));
  path = join(folder, 'isobar.db');
  printed = '';
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function job(sql: string, options: Partial<JobOptions> = {}): Job {
  const plan = compile({ name: 'job.sql', text: sql }, { local: true });
  const print = (text: string): void => void (printed += text);
  return new Job(plan, {
    clock: { now: () => NOW },
    name: 'job',
    local: true,
    store: path,
    print,
    say: (line) => said.push(line),
    ...options,
  });
}

function inStore<T>(action: (store: LocalStore) => T): T {
  const store = LocalStore.open(path);
  try {
    return action(store);
  } finally {
    store.close();
  }
}

function send(from: number, to: number): void {
  const blob = new RecordBlobBuilder();
  for (let n = from; n < to; n++) {
    blob.appendValue(Buffer.from(`{"n":${n}}`));
    blob.end(NOW, true, false);
  }
  inStore(({ topics }) => {
    topics.create('numbers');
    topics.append('numbers', 0, blob.finish());
  });
}

function valuesOf(topic: string): number[] {
  return inStore(({ topics }) => {
    const values: number[] = [];
    for (let offset = 0, records; (records = topics.read(topic, 0, offset)) !== undefined; offset += records.count) {
      for (let i = 0; i < records.count; i++) {
        const text = Buffer.from(records.bytes.subarray(records.valueStarts[i], records.valueEnds[i])).toString();
        values.push((JSON.parse(text) as { n: number }).n);
      }
    }
    return values;
  });
}

test('stopped and gone on with, every row is written once and the counts go on', async () => {
  send(0, 1000);
  const first = job(COPY, { stopAfterRecords: 300 });
  expect(await first.run()).toBe('stopped');
  expect(valuesOf('doubled')).toHaveLength(300);
  const second = job(COPY);
  expect(await second.run()).toBe('finished');
  expect(said).toEqual(['going on with "job" at its checkpoint of 2024-01-01T00:00:00.000Z']);
  expect(valuesOf('doubled')).toEqual(Array.from({ length: 1000 }, (_, n) => n * 2));
  expect(second.status()).toMatchObject({ state: 'finished', recordsIn: 1000, rowsOut: 1000 });
});

test('a partition of which nothing was read yet goes on where it began', async () => {
  const sql = COPY.replace('earliest-offset', 'latest-offset').replaceAll(`'scan.bounded.mode' = 'latest-offset',`, '');
  const sendTo = (partition: number, n: number): void => {
    const blob = new RecordBlobBuilder();
    blob.appendValue(Buffer.from(`{"n":${n}}`));
    blob.end(NOW, true, false);
    inStore(({ topics }) => topics.append('numbers', partition, blob.finish()));
  };
  inStore(({ topics }) => topics.create('numbers', { partitions: 2 }));
  sendTo(0, 1);
  const first = job(sql);
  const outcome = first.run();
  await first.opened;
  sendTo(1, 2);
  await expect.poll(() => first.status().recordsIn).toBe(1);
  await first.stop();
  await outcome;
  sendTo(0, 3);
  await job(sql, { stopAfterRecords: 1 }).run();
  expect(valuesOf('doubled')).toEqual([4, 6]);
});

test('a job that has read all its input keeps no checkpoint', async () => {
  send(0, 10);
  await job(COPY).run();
  expect(inStore(({ checkpoints }) => checkpoints.list())).toEqual([]);
});

test('a failure leaves neither output nor a moved position behind', async () => {
  send(0, 10);
  await job(COPY, { stopAfterRecords: 4 }).run();
  const failing = job(COPY);
  const commit = LocalStore.prototype.transaction;
  LocalStore.prototype.transaction = function <T>(this: LocalStore, action: () => T): T {
    return commit.call(this, () => {
      const result = action();
      // The power fails at the last moment, once output and state are written.
      if (failing.status().recordsIn === 10) throw new RunError('STORE_IO', 'the disk went away');
      return result;
    }) as T;
  };
  try {
    await expect(failing.run()).rejects.toThrow('the disk went away');
  } finally {
    LocalStore.prototype.transaction = commit;
  }
  expect(valuesOf('doubled')).toEqual([0, 2, 4, 6]);
  await job(COPY).run();
  expect(valuesOf('doubled')).toEqual(Array.from({ length: 10 }, (_, n) => n * 2));
});

test('the checkpoint of another version of the file is refused, and --fresh forgets it', async () => {
  send(0, 10);
  await job(COPY, { stopAfterRecords: 4 }).run();
  const changed = COPY.replace('n * 2', 'n * 3');
  const refusal = await job(changed)
    .run()
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ProblemsError);
  expect((refusal as Error).message).toBe(
    'error[CHECKPOINT_OF_OTHER_PLAN]: job "job" has a checkpoint of another version of the file, from 2024-01-01T00:00:00.000Z\n' +
      'hint: Use --fresh to forget it and start anew, or go back to that version of the file.',
  );
  expect(await job(changed, { fresh: true }).run()).toBe('finished');
  expect(valuesOf('doubled')).toEqual([0, 2, 4, 6, ...Array.from({ length: 10 }, (_, n) => n * 3)]);
});

test('the checkpoint of local topics is refused on a Kafka, whose offsets are others', async () => {
  send(0, 10);
  await job(COPY, { stopAfterRecords: 4 }).run();
  for (const kafka of [undefined, 'localhost:9092']) {
    await expect(job(COPY, { local: false, kafka }).run()).rejects.toThrow('has a checkpoint of topics that are elsewhere');
  }
  expect(await job(COPY).run()).toBe('finished');
  expect(valuesOf('doubled')).toHaveLength(10);
});

test('a damaged checkpoint is an error that says what to do', async () => {
  send(0, 10);
  await job(COPY, { stopAfterRecords: 4 }).run();
  inStore((store) => {
    const { id, fingerprint, time } = store.checkpoints.load('job')!;
    store.checkpoints.save({ job: 'job', id, fingerprint, time }, [['progress', new Uint8Array(10)]]);
  });
  await expect(job(COPY).run()).rejects.toMatchObject({
    code: 'CHECKPOINT_DAMAGED',
    message: 'the checkpoint of job "job" is damaged',
  });
});

test('the same job does not run twice at once', async () => {
  const unbounded = COPY.replaceAll(`'scan.bounded.mode' = 'latest-offset',`, '');
  const first = job(unbounded);
  const run = first.run();
  await first.opened;
  await expect(job(unbounded).run()).rejects.toMatchObject({ code: 'JOB_ALREADY_RUNS' });
  await first.stop();
  expect(await run).toBe('stopped');
  expect(await job(COPY, { name: 'other' }).run()).toBe('finished');
});

test('state goes on where it was', async () => {
  send(0, 5);
  await job(COUNT, { stopAfterRecords: 2 }).run();
  await job(COUNT).run();
  expect(printed.split('\n').slice(-2)).toEqual(['+U[5]', '']);
  expect(printed).not.toContain('+I[1]\n+I[1]');
});

test('output into local topics becomes visible while the job runs', async () => {
  send(0, 5);
  const running = job(COPY.replaceAll(`'scan.bounded.mode' = 'latest-offset',`, ''), { clock: { now: () => Date.now() } });
  const run = running.run();
  await expect.poll(() => valuesOf('doubled').length, { timeout: 5000 }).toBe(5);
  send(5, 8);
  await expect.poll(() => valuesOf('doubled').length, { timeout: 5000 }).toBe(8);
  await running.stop();
  expect(await run).toBe('stopped');
});
