// What the Kafka sink does when its broker goes away, refuses records or ends transactions: no row is lost, none is there twice, or it says why it cannot go on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.ts';
import { KafkaJob } from './kafka-job.ts';
import { startKafka, type KafkaServer } from './kafka-server.ts';
import { runProgram } from './run-program.ts';
import { KafkaTopics } from '../../src/connectors/kafka/kafka-topics.ts';
import { clientSettings } from '../../src/connectors/kafka/client-settings.ts';

let folder: string;
let broker: KafkaServer;
let store: string;
let number = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-sink-faults-'));
  const settings = { 'auto.create.topics.enable': 'false', 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500' };
  broker = await startKafka({ cache: cacheFolder(), folder: join(folder, 'kafka'), settings });
}, 120_000);
afterAll(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  store = join(folder, `${number++}.db`);
});

async function create(name: string, partitions: number, configs: Record<string, string> = {}): Promise<void> {
  const topics = await KafkaTopics.connect(clientSettings(new Map(), ''), broker.bootstrap);
  await topics.create(name, { partitions, configs });
  await topics.close();
}

/** The numbers 1 … count as JSON in the topic, with the rows of a second. */
function sinkSql(
  topic: string,
  count: number,
  rate: number,
  options: Record<string, string> = {},
  text = 'CAST(id AS STRING)',
): string {
  const all = { connector: 'kafka', topic, 'properties.bootstrap.servers': broker.bootstrap, format: 'json', ...options };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `SET 'execution.checkpointing.interval' = '500 ms';
    CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${rate}',
      'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${count}');
    CREATE TABLE sink (id BIGINT, text STRING) WITH (${list.join(', ')});
    INSERT INTO sink SELECT id, ${text} FROM numbers;`;
}

/** The ids in the topic, partition by partition, in their order. */
async function idsIn(topic: string, isolation = 'read_committed'): Promise<Map<number, number[]>> {
  const args = ['-b', broker.bootstrap, '-C', '-t', topic, '-e', '-q', '-X', `isolation.level=${isolation}`, '-f', '%p %s\n'];
  const ids = new Map<number, number[]>();
  for (const line of (await runProgram('kcat', args)).split('\n').slice(0, -1)) {
    const [partition, id] = [Number(line.slice(0, line.indexOf(' '))), Number(/"id":(\d+)/.exec(line)![1])];
    const list = ids.get(partition);
    if (list === undefined) ids.set(partition, [id]);
    else list.push(id);
  }
  return ids;
}

/** What is to be in the topic: every number once, and ascending in each partition. */
const allOnce = (count: number) => ({ rows: count, distinct: count, isAscending: true });

async function contentOf(topic: string): Promise<ReturnType<typeof allOnce>> {
  const ids = await idsIn(topic);
  const all = [...ids.values()].flat();
  const isAscending = [...ids.values()].every((list) => list.every((id, i) => i === 0 || list[i - 1] < id));
  return { rows: all.length, distinct: new Set(all).size, isAscending };
}

test('a broker that is killed and comes back, twice, under load: every row once and in order', async () => {
  const count = 300_000;
  await create('kill', 3);
  const job = new KafkaJob(sinkSql('kill', count, 40_000), { store }).start();
  for (const waitMs of [1500, 2500]) {
    await sleep(waitMs);
    await broker.kill();
    await sleep(1500);
    await broker.restart();
  }
  await job.ended();
  expect(await contentOf('kill')).toEqual(allOnce(count));
  expect(job.said.filter((line) => line.includes('cannot be') && line.includes('trying again')).length).toBeLessThan(6);
  expect(job.said.some((line) => line.endsWith('is back'))).toBe(true);
});

test('exactly-once: a broker that is killed in the middle of a transaction', async () => {
  const count = 200_000;
  const options = { 'sink.delivery-guarantee': 'exactly-once', 'sink.transactional-id-prefix': 'kill-eo' };
  await create('kill-eo', 2);
  const job = new KafkaJob(sinkSql('kill-eo', count, 40_000, options), { store }).start();
  await sleep(2300);
  await broker.kill();
  await sleep(1000);
  await broker.restart();
  await job.ended();
  expect(await contentOf('kill-eo')).toEqual(allOnce(count));
});

test('a job that starts before its broker writes all once it is there', async () => {
  await create('early', 2);
  await broker.kill();
  const job = new KafkaJob(sinkSql('early', 1000, 100_000), { store }).start();
  await job.saying(/^Kafka at 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\): trying again$/);
  await broker.restart();
  await job.ended();
  expect(await contentOf('early')).toEqual(allOnce(1000));
});

test('a topic that is not there, and is not made by the broker', async () => {
  const job = new KafkaJob(sinkSql('nowhere', 10, 100), { store });
  await expect(job.ended()).rejects.toMatchObject({
    code: 'KAFKA_NO_SUCH_TOPIC',
    hint: `Make it first: isobar topics create nowhere --kafka ${broker.bootstrap}`,
  });
});

test('a topic that is deleted under a running job, whose source is idle', async () => {
  await create('deleted', 1);
  const sql = sinkSql('deleted', 1_000_000, 50);
  const job = new KafkaJob(sql, { store }).start();
  await runProgram('kcat', ['-b', broker.bootstrap, '-C', '-t', 'deleted', '-c', '1', '-q']);
  const topics = await KafkaTopics.connect(clientSettings(new Map(), ''), broker.bootstrap);
  await topics.delete('deleted');
  await topics.close();
  await expect(job.ended()).rejects.toMatchObject({ code: 'KAFKA_NO_SUCH_TOPIC' });
});

test('batches larger than the topic takes come apart; a record that is larger is named', async () => {
  await create('narrow', 1, { 'max.message.bytes': '20000' });
  await new KafkaJob(sinkSql('narrow', 20_000, 1_000_000), { store }).ended();
  expect(await contentOf('narrow')).toEqual(allOnce(20_000));
  const job = new KafkaJob(sinkSql('narrow', 10, 1000, {}, `REPEAT('x', 30000)`), { store: `${store}2` });
  await expect(job.ended()).rejects.toMatchObject({
    code: 'KAFKA_RECORD_TOO_LARGE',
    message: expect.stringMatching(
      /a record of 30\d{3} bytes for topic "narrow" partition 0 is larger than the topic allows/,
    ) as string,
  });
});

test('a record that the broker refuses is named with its topic, partition and the reason', async () => {
  await create('compacted', 1, { 'cleanup.policy': 'compact' });
  const job = new KafkaJob(sinkSql('compacted', 10, 1000), { store });
  await expect(job.ended()).rejects.toMatchObject({
    code: 'KAFKA_REFUSED',
    message: expect.stringMatching(/refuses records for topic "compacted" partition 0: .*key.*INVALID_RECORD/) as string,
  });
});

test('a transaction that outlives its time fails the job with advice, and the next run repeats its rows', async () => {
  await create('slow', 1);
  const options = {
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': 'slow',
    'properties.transaction.timeout.ms': '1000',
  };
  const sql = sinkSql('slow', 400, 100, options);
  const slow = sql.replace('500 ms', '1 h');
  const job = new KafkaJob(slow, { store });
  await expect(job.ended()).rejects.toMatchObject({
    code: 'KAFKA_TRANSACTION_LOST',
    hint: expect.stringContaining('execution.checkpointing.interval') as string,
  });
  expect([...(await idsIn('slow')).values()].flat()).toEqual([]);
  await new KafkaJob(sql, { store }).ended();
  expect(await contentOf('slow')).toEqual(allOnce(400));
});

test('a transaction timeout beyond what the broker allows', async () => {
  await create('long', 1);
  const options = {
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': 'long',
    'properties.transaction.timeout.ms': '3600000',
  };
  await expect(new KafkaJob(sinkSql('long', 10, 100, options), { store }).ended()).rejects.toMatchObject({
    code: 'KAFKA_TRANSACTION_TIMEOUT',
    hint: expect.stringContaining('transaction.max.timeout.ms') as string,
  });
});

test('delivery.timeout.ms ends the waiting for a broker', async () => {
  await create('impatient', 1);
  const options = { 'properties.delivery.timeout.ms': '1500' };
  const job = new KafkaJob(sinkSql('impatient', 1_000_000, 100, options), { store }).start();
  await runProgram('kcat', ['-b', broker.bootstrap, '-C', '-t', 'impatient', '-c', '1', '-q']);
  await broker.kill();
  try {
    await expect(job.ended()).rejects.toMatchObject({ code: 'KAFKA_DELIVERY_TIMEOUT' });
  } finally {
    await broker.restart();
  }
});
