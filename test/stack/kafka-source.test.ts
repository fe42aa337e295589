// The Kafka source against a real broker: where it begins and ends, what it finds, what it tells of records.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin, Producer } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KafkaJob, until } from './kafka-job.ts';
import { createTopics, writeRecords } from './kafka-topics.ts';
import { runProgram } from './run-program.ts';
import { servers } from './servers.ts';

let folder: string;
let store: string;
let admin: Admin;
let topic: string;
const topicPrefix = `kafka-source-${randomBytes(3).toString('hex')}`;
let topicNumber = 0;

beforeAll(() => {
  admin = new Admin({ clientId: 'isobar-test', bootstrapBrokers: [servers.kafka] });
});
afterAll(async () => {
  await admin.close();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-kafka-'));
  store = join(folder, 'isobar.db');
  topic = `${topicPrefix}-${topicNumber++}`;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A table over a topic, with columns for the format raw unless others are given. */
function table(options: Record<string, string>, columns = 'v STRING', name = 'source'): string {
  const all = {
    connector: 'kafka',
    ...(options['topic-pattern'] === undefined ? { topic } : {}),
    'properties.bootstrap.servers': servers.kafka,
    ...(options['key.format'] === undefined || options['value.format'] === undefined ? { format: 'raw' } : {}),
    ...options,
  };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`);
  return `CREATE TABLE ${name} (${columns}) WITH (${list.join(', ')});\n`;
}

const printed = (columns: string): string => `CREATE TABLE printed (${columns}) WITH ('connector' = 'print');\n`;
const COPY = `${printed('v STRING')}INSERT INTO printed SELECT v FROM source;`;
const EARLIEST = { 'scan.startup.mode': 'earliest-offset' };
const TO_LATEST = { 'scan.bounded.mode': 'latest-offset' };

const copy = (options: Record<string, string>): KafkaJob => new KafkaJob(table(options) + COPY, { store });
const values = (lines: readonly string[]): string[] => lines.map((line) => /^\+I\[(.*)\]$/.exec(line)![1]);

/** Writes values with the numbers `from` … `to - 1`, with timestamps of as many seconds. */
async function send(from: number, to: number, { partition = 0, name = topic } = {}): Promise<void> {
  const producer = new Producer({ clientId: 'isobar-test', bootstrapBrokers: [servers.kafka] });
  const messages = Array.from({ length: to - from }, (_, i) => ({
    topic: name,
    partition,
    value: Buffer.from(String(from + i)),
    timestamp: BigInt(1000 * (from + i)),
  }));
  await producer.send({ messages, acks: -1 });
  await producer.close();
}

async function commitGroup(groupId: string, offset: number): Promise<void> {
  await admin.alterConsumerGroupOffsets({
    groupId,
    topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: BigInt(offset) }] }],
  });
}

async function committed(groupId: string): Promise<string> {
  const groups = await admin.listConsumerGroupOffsets({ groups: [groupId] });
  return groups
    .flatMap(({ topics }) =>
      topics.flatMap(({ partitions }) => partitions.map((each) => `${each.partitionIndex}:${each.committedOffset}`)),
    )
    .sort()
    .join(' ');
}

describe('where it begins and ends', () => {
  beforeEach(async () => {
    await createTopics(servers.kafka, [{ name: topic, partitions: 1 }]);
    await send(0, 20);
  });

  const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => String(from + i));

  test.each<[string, Record<string, string>, string[]]>([
    ['earliest to latest', { ...EARLIEST, ...TO_LATEST }, range(0, 20)],
    ['latest to latest', { 'scan.startup.mode': 'latest-offset', ...TO_LATEST }, []],
    ['from a time', { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '12500', ...TO_LATEST }, range(13, 20)],
    ['from a time to come', { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '99000', ...TO_LATEST }, []],
    ['to a time', { ...EARLIEST, 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '5000' }, range(0, 5)],
    [
      'to a time to come',
      { ...EARLIEST, 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '99000' },
      range(0, 20),
    ],
    [
      'specific offsets',
      {
        'scan.startup.mode': 'specific-offsets',
        'scan.startup.specific-offsets': 'partition:0,offset:7',
        'scan.bounded.mode': 'specific-offsets',
        'scan.bounded.specific-offsets': 'partition:0,offset:9',
      },
      range(7, 9),
    ],
    [
      'no end for the partition',
      { ...EARLIEST, 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': 'partition:1,offset:9' },
      [],
    ],
    ['a group without offsets, reset', { 'properties.auto.offset.reset': 'earliest', ...TO_LATEST }, range(0, 20)],
    ['a group without offsets, reset to the end', { 'properties.auto.offset.reset': 'latest', ...TO_LATEST }, []],
  ])('%s', async (_name, options, expected) => {
    expect(values(await copy({ 'properties.group.id': topic, ...options }).ended())).toEqual(expected);
  });

  test('at and to the offsets of a group', async () => {
    await commitGroup(topic, 15);
    const group = { 'properties.group.id': topic };
    expect(values(await copy({ ...group, ...TO_LATEST }).ended())).toEqual(range(15, 20));
    await commitGroup(topic, 15);
    expect(values(await copy({ ...group, ...EARLIEST, 'scan.bounded.mode': 'group-offsets' }).ended())).toEqual(range(0, 15));
  });

  test('a group without offsets is a mistake', async () => {
    await expect(copy({ 'properties.group.id': `${topic}-none`, ...TO_LATEST }).ended()).rejects.toThrow(
      /group ".*-none" has no offset for topic/,
    );
  });

  test('a topic that is not there is a mistake', async () => {
    const missing = copy({ topic: `${topic};${topic}-missing`, ...EARLIEST });
    await expect(missing.ended()).rejects.toMatchObject({
      code: 'KAFKA_NO_SUCH_TOPIC',
      message: `topic "${topic}-missing" is not there on Kafka at ${servers.kafka}`,
    });
  });

  test('goes on where the checkpoint says, and tells the group', async () => {
    const options = { ...EARLIEST, 'properties.group.id': topic };
    const first = copy(options).start();
    await first.printed(20);
    expect(await first.stop()).toHaveLength(20);
    expect(await committed(topic)).toBe('0:20');
    await send(20, 25);
    const second = copy(options).start();
    await second.printed(5);
    expect(values(await second.stop())).toEqual(range(20, 25));
    await until(async () => (await committed(topic)) === '0:25', 'the commit');
  });

  test('latest is the latest of the first start, also when nothing was read before the second', async () => {
    const options = { 'scan.startup.mode': 'latest-offset' };
    const sql = `SET 'execution.checkpointing.interval' = '100 ms';\n${table(options)}${COPY}`;
    const first = new KafkaJob(sql, { store }).start();
    await first.job.opened;
    await send(20, 21);
    await first.printed(1);
    await first.stop();
    const other = new KafkaJob(sql.replace(topic, `${topic}-b`), { store, name: 'other' });
    await createTopics(servers.kafka, [{ name: `${topic}-b`, partitions: 2 }]);
    await send(0, 10, { name: `${topic}-b`, partition: 1 });
    other.start();
    await other.job.opened;
    await send(5, 6, { name: `${topic}-b`, partition: 0 });
    await other.printed(1);
    await other.stop();
    await send(10, 12, { name: `${topic}-b`, partition: 1 });
    const again = new KafkaJob(sql.replace(topic, `${topic}-b`), { store, name: 'other' }).start();
    await again.printed(2);
    expect(values(await again.stop())).toEqual(['10', '11']);
  });

  test('enable.auto.commit commits without checkpoints', async () => {
    const options = {
      ...EARLIEST,
      'properties.group.id': topic,
      'properties.enable.auto.commit': 'true',
      'properties.auto.commit.interval.ms': '100',
    };
    const job = copy(options).start();
    await until(async () => (await committed(topic)) === '0:20', 'the commit');
    expect(await job.stop()).toHaveLength(20);
  });
});

describe('topics and partitions', () => {
  test('several topics, a pattern, and what appears later', async () => {
    const [a, b, c] = [`${topic}-a`, `${topic}-b`, `${topic}-c`];
    await createTopics(servers.kafka, [
      { name: a, partitions: 2 },
      { name: b, partitions: 1 },
    ]);
    await send(0, 2, { name: a, partition: 0 });
    await send(10, 12, { name: a, partition: 1 });
    await send(20, 22, { name: b });
    const all = ['0', '1', '10', '11', '20', '21'];
    expect(values(await copy({ topic: `${a};${b}`, ...EARLIEST, ...TO_LATEST }).ended()).sort()).toEqual(all);
    const pattern = { 'topic-pattern': `${topic}-[abc]`, ...EARLIEST };
    expect(values(await copy({ ...pattern, ...TO_LATEST }).ended()).sort()).toEqual(all);

    const latest = {
      'topic-pattern': `${topic}-[abc]`,
      'scan.startup.mode': 'latest-offset',
      'scan.topic-partition-discovery.interval': '200 ms',
    };
    const job = copy(latest).start();
    await job.job.opened;
    await createTopics(servers.kafka, [{ name: c, partitions: 1 }]);
    await send(30, 32, { name: c });
    await admin.createPartitions({ topics: [{ name: b, count: 2, assignments: [{ brokerIds: [1] }] }] });
    await until(
      async () => ((await admin.metadata({ topics: [b], forceUpdate: true })).topics.get(b)?.partitionsCount ?? 0) === 2,
      'the partition',
    );
    await send(40, 42, { name: b, partition: 1 });
    await job.printed(4);
    expect(values(await job.stop()).sort()).toEqual(['30', '31', '40', '41']);
  });

  test('a bounded source over many partitions, most of them empty', async () => {
    await createTopics(servers.kafka, [{ name: topic, partitions: 12 }]);
    await send(0, 3, { partition: 7 });
    expect(values(await copy({ ...EARLIEST, ...TO_LATEST }).ended())).toEqual(['0', '1', '2']);
  });
});

describe('what it tells of records', () => {
  test('metadata, keys and headers', async () => {
    await createTopics(servers.kafka, [{ name: topic, partitions: 2 }]);
    const producer = new Producer({ clientId: 'isobar-test', bootstrapBrokers: [servers.kafka] });
    const message = {
      topic,
      partition: 1,
      key: Buffer.from('{"k":1}'),
      value: Buffer.from('{"v":"x"}'),
      timestamp: 1_700_000_000_123n,
      headers: new Map([
        [Buffer.from('a'), Buffer.from('A')],
        [Buffer.from('b'), Buffer.from('B')],
      ]),
    };
    await producer.send({ messages: [message], acks: -1 });
    await producer.close();
    const columns = `k INT, v STRING, t STRING METADATA FROM 'topic', p INT METADATA FROM 'partition', o BIGINT METADATA FROM 'offset',
      ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', tt STRING METADATA FROM 'timestamp-type', e INT METADATA FROM 'leader-epoch',
      h MAP<STRING, BYTES> METADATA FROM 'headers'`;
    const options = {
      ...EARLIEST,
      ...TO_LATEST,
      'key.format': 'json',
      'key.fields': 'k',
      'value.format': 'json',
      'value.fields-include': 'EXCEPT_KEY',
    };
    const sql = `SET 'table.local-time-zone' = 'UTC';\n${table(options, columns)}${printed('k INT, v STRING, t STRING, p INT, o BIGINT, ts TIMESTAMP_LTZ(3), tt STRING, e INT, b BYTES')}
      INSERT INTO printed SELECT k, v, t, p, o, ts, tt, e, h['b'] FROM source;`;
    const lines = await new KafkaJob(sql, { store }).ended();
    expect(lines).toEqual([`+I[1, x, ${topic}, 1, 0, 2023-11-14T22:13:20.123Z, CreateTime, 0, [66]]`]);
  });

  test('upsert-kafka: the last of a key counts, one without a value deletes', async () => {
    await createTopics(servers.kafka, [{ name: topic, partitions: 1 }]);
    const record = (key: string, value: string | null) => ({ partition: 0, timestamp: undefined, key, value }) as never;
    await writeRecords(servers.kafka, topic, [
      record('{"k":1}', '{"k":1,"v":10}'),
      record('{"k":2}', '{"k":2,"v":20}'),
      record('{"k":1}', '{"k":1,"v":11}'),
      record('{"k":2}', null),
    ]);
    const options = { connector: 'upsert-kafka', ...TO_LATEST, 'key.format': 'json', 'value.format': 'json' };
    const sql = `${table(options, 'k INT, v INT, PRIMARY KEY (k) NOT ENFORCED')}${printed('k INT, v INT')}
      INSERT INTO printed SELECT k, v FROM source;`;
    expect(await new KafkaJob(sql, { store }).ended()).toEqual(['+I[1, 10]', '+I[2, 20]', '-U[1, 10]', '+U[1, 11]', '-D[2, 20]']);
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('records that kcat wrote with %s', async (codec) => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `{"client": "device${i % 7}", "number": ${i}}`);
    const file = join(folder, 'lines');
    writeFileSync(file, lines.join('\n') + '\n');
    await createTopics(servers.kafka, [{ name: topic, partitions: 1 }]);
    await runProgram('kcat', ['-b', servers.kafka, '-P', '-t', topic, '-z', codec, '-l', file]);
    expect(values(await copy({ ...EARLIEST, ...TO_LATEST }).ended())).toEqual(lines);
  });

  test('transactions: read_committed sees what was committed, the default everything', async () => {
    await createTopics(servers.kafka, [{ name: topic, partitions: 1 }]);
    const producer = new Producer({
      clientId: 'isobar-test',
      bootstrapBrokers: [servers.kafka],
      idempotent: true,
      transactionalId: topic,
    });
    const write = async (text: string, isCommitted: boolean): Promise<void> => {
      const transaction = await producer.beginTransaction();
      for (let i = 0; i < 3; i++) {
        await transaction.send({ messages: [{ topic, partition: 0, value: Buffer.from(`${text}${i}`) }] });
        await writeRecords(servers.kafka, topic, [{ partition: 0, timestamp: 1, key: null, value: `between ${text}${i}` }]);
      }
      await (isCommitted ? transaction.commit() : transaction.abort());
    };
    await write('a', true);
    await write('b', false);
    await write('c', true);
    const pending = await producer.beginTransaction();
    await pending.send({ messages: [{ topic, partition: 0, value: Buffer.from('open') }] });
    await send(99, 100);

    const readCommitted = { ...EARLIEST, 'properties.isolation.level': 'read_committed' };
    const all = values(await copy({ ...EARLIEST, ...TO_LATEST }).ended());
    expect(all).toHaveLength(20);
    const visible = all.filter((value) => !value.startsWith('b') || value.startsWith('between')).slice(0, -2);
    expect(values(await copy({ ...readCommitted, ...TO_LATEST }).ended())).toEqual(visible);
    const kcat = ['-b', servers.kafka, '-C', '-t', topic, '-e', '-q', '-X', 'isolation.level=read_committed'];
    expect((await runProgram('kcat', kcat)).trim().split('\n')).toEqual(visible);

    const running = copy(readCommitted).start();
    await running.printed(visible.length);
    await pending.commit();
    await running.printed(visible.length + 2);
    expect(values(await running.stop())).toEqual([...visible, 'open', '99']);
    await producer.close();
  });
});
