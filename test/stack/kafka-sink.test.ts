// The Kafka sink and the commands on a real broker, read back with kcat, which nobody here wrote.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { murmur2 } from '../../src/connectors/kafka/partitioner.ts';
import type { ConnectedTable, ConnectorContext } from '../../src/connectors/connector.ts';
import { systemClock } from '../../src/base/clock.ts';
import { KafkaSink } from '../../src/connectors/kafka/kafka-sink.ts';
import { createBatch, type Batch } from '../../src/types/batch.ts';
import { BIGINT } from '../../src/types/sql-type.ts';
import { clientSettings } from '../../src/connectors/kafka/client-settings.ts';
import { KafkaJob } from './kafka-job.ts';
import { createTopics } from './kafka-topics.ts';
import { runProgram } from './run-program.ts';
import { servers } from './servers.ts';

const ISOBAR = resolve(import.meta.dirname, '../../bin/isobar');
const run = `${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
let folder: string;
let store: string;
let number = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-sink-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  store = join(folder, `${number++}.db`);
});

const topicName = (name: string): string => `sink-${run}-${name}`;

async function newTopic(name: string, partitions = 1): Promise<string> {
  await createTopics(servers.kafka, [{ name: topicName(name), partitions }]);
  return topicName(name);
}

function sinkTable(topic: string, columns: string, options: Record<string, string>): string {
  const all = { connector: 'kafka', topic, 'properties.bootstrap.servers': servers.kafka, ...options };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE sink (${columns}) WITH (${list.join(', ')});`;
}

/** The topic's records in their order, each as `format` shows it. */
async function read(topic: string, format = '%s', isolation = 'read_committed'): Promise<string[]> {
  const args = ['-b', servers.kafka, '-C', '-t', topic, '-e', '-q', '-X', `isolation.level=${isolation}`, '-f', `${format}\n`];
  return (await runProgram('kcat', args)).split('\n').slice(0, -1);
}

async function isobar(...args: string[]): Promise<{ out: string; said: string; status: number | null }> {
  const child = spawn(process.execPath, [ISOBAR, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number | null>((done) => child.on('close', done));
  return { out, said, status };
}

describe('records', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('compression %s', async (codec) => {
    const topic = await newTopic(codec);
    const sql = `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '20000');
      ${sinkTable(topic, 'id BIGINT, text STRING', { format: 'csv', 'properties.compression.type': codec })}
      INSERT INTO sink SELECT id, 'árvíztűrő tükörfúrógép' FROM numbers;`;
    await new KafkaJob(sql, { store }).ended();
    const expected = Array.from({ length: 20_000 }, (_, i) => `${i + 1},"árvíztűrő tükörfúrógép"`);
    expect(await read(topic)).toEqual(expected);
  });

  test('key, timestamp, headers and topic from the row', async () => {
    const [a, b] = [await newTopic('a'), await newTopic('b')];
    const columns = `id INT, name STRING, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', headers MAP<STRING, BYTES> METADATA,
      topic STRING METADATA`;
    const options = { 'key.format': 'raw', 'key.fields': 'name', 'value.format': 'json', 'value.fields-include': 'EXCEPT_KEY' };
    const sql = `SET 'table.local-time-zone' = 'UTC'; ${sinkTable(`${a};${b}`, columns, options)}
      INSERT INTO sink VALUES
        (1, 'x', TO_TIMESTAMP_LTZ(1715479200123, 3), MAP['h', ENCODE('v', 'UTF-8')], '${a}'),
        (2, CAST(NULL AS STRING), TO_TIMESTAMP_LTZ(1715479100000, 3), CAST(NULL AS MAP<STRING, BYTES>), '${a}'),
        (3, '', TO_TIMESTAMP_LTZ(1715479300000, 3), MAP['h', ENCODE('w', 'UTF-8')], '${b}');`;
    await new KafkaJob(sql, { store }).ended();
    expect(await read(a, '%T|%k|%K|%h|%s')).toEqual(['1715479200123|x|1|h=v|{"id":1}', '1715479100000||-1||{"id":2}']);
    expect(await read(b, '%T|%k|%K|%h|%s')).toEqual(['1715479300000||0|h=w|{"id":3}']);
  });

  test('upsert-kafka writes the last row of a key, and a record without value for one that is gone', async () => {
    const topic = await newTopic('upsert');
    const options = { connector: 'upsert-kafka', 'key.format': 'raw', 'value.format': 'json' };
    const table = sinkTable(topic, 'name STRING, total BIGINT, PRIMARY KEY (name) NOT ENFORCED', options);
    const counts = `INSERT INTO sink SELECT name, total FROM (
        SELECT name, COUNT(*) AS total FROM (VALUES ('a'), ('b'), ('a'), ('b'), ('b')) AS t (name) GROUP BY name
      ) WHERE total < 3;`;
    await new KafkaJob(`${table} ${counts}`, { store }).ended();
    const records = await read(topic, '%k %S %s');
    expect(new Map(records.map((record) => [record[0], record]))).toEqual(
      new Map([
        ['a', 'a 22 {"name":"a","total":2}'],
        ['b', 'b -1 '],
      ]),
    );
    const buffered = await newTopic('buffered');
    const flush = { ...options, 'sink.buffer-flush.max-rows': '100', 'sink.buffer-flush.interval': '10 s' };
    await new KafkaJob(`${sinkTable(buffered, 'name STRING, total BIGINT, PRIMARY KEY (name) NOT ENFORCED', flush)} ${counts}`, {
      store,
    }).ended();
    expect((await read(buffered, '%k %S %s')).sort()).toEqual(['a 22 {"name":"a","total":2}', 'b -1 ']);
  });

  test('the last rows of a buffer come when its time is over', async () => {
    const topic = await newTopic('timed');
    const options = {
      connector: 'upsert-kafka',
      'key.format': 'raw',
      'value.format': 'json',
      'sink.buffer-flush.max-rows': '1000',
      'sink.buffer-flush.interval': '300 ms',
    };
    const sql = `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
      ${sinkTable(topic, 'name STRING, total BIGINT, PRIMARY KEY (name) NOT ENFORCED', options)}
      INSERT INTO sink SELECT 'all', COUNT(*) FROM numbers;`;
    const job = new KafkaJob(sql, { store }).start();
    await runProgram('kcat', ['-b', servers.kafka, '-C', '-t', topic, '-c', '2', '-q']);
    await job.stop();
    const totals = (await read(topic)).map((line) => (JSON.parse(line) as { total: number }).total);
    expect(totals.length).toBeLessThan(totals.at(-1)! / 5);
  });

  test.each([
    ['default', { 'key.format': 'raw', 'key.fields': 'name' }],
    ['fixed', {}],
    ['round-robin', {}],
  ])('partitioner %s', async (partitioner, key) => {
    const topic = await newTopic(partitioner, 4);
    const sql = `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '50000');
      ${sinkTable(topic, 'id BIGINT, name STRING', { 'value.format': 'csv', 'sink.partitioner': partitioner, 'properties.batch.size': '20000', ...key })}
      INSERT INTO sink SELECT id, CAST(MOD(id, 100) AS STRING) FROM numbers;`;
    await new KafkaJob(sql, { store }).ended();
    const records = (await read(topic, '%p %k')).map((line) => line.split(' '));
    expect(records.length).toBe(50_000);
    const partitions = new Set(records.map(([partition]) => partition));
    expect(partitions.size).toBe(partitioner === 'fixed' ? 1 : 4);
    if (partitioner !== 'default') return;
    for (const [partition, name] of records.slice(0, 500)) {
      const bytes = Buffer.from(name);
      expect(Number(partition)).toBe((murmur2(bytes, 0, bytes.length) & 0x7fffffff) % 4);
    }
  });

  test('rows of an idle job are there at once', async () => {
    const topic = await newTopic('prompt');
    const sql = `CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000');
      ${sinkTable(topic, 'id BIGINT', { format: 'csv' })}
      INSERT INTO sink SELECT id FROM numbers;`;
    const job = new KafkaJob(sql, { store }).start();
    await runProgram('kcat', ['-b', servers.kafka, '-C', '-t', topic, '-c', '5', '-q']);
    const rows = job.job.status().rowsOut;
    await job.stop();
    expect(rows).toBeLessThan(20);
  });
});

describe('exactly-once', () => {
  const options = (prefix: string): Record<string, string> => ({
    'sink.delivery-guarantee': 'exactly-once',
    'sink.transactional-id-prefix': `${run}-${prefix}`,
  });

  test('a process that is killed at any moment, again and again: read_committed sees every row once', async () => {
    // More than all the runs before the last can do: a job that ends forgets its checkpoint, and the next one starts anew.
    const [count, rate, kills] = [700_000, 60_000, 5];
    const topic = await newTopic('killed', 3);
    const file = join(folder, 'killed.sql');
    writeFileSync(
      file,
      `SET 'execution.checkpointing.interval' = '200 ms';
      CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '${rate}',
        'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '${count}');
      ${sinkTable(topic, 'id BIGINT, text STRING', { format: 'csv', ...options('killed') })}
      INSERT INTO sink SELECT id, 'xxxxxxxxxxxxxxxxxxxx' FROM numbers;`,
    );
    for (let kill = 0; kill < kills; kill++) {
      const child = spawn(process.execPath, [ISOBAR, 'run', file, '--store', store], { stdio: 'ignore' });
      const gone = new Promise((resolve) => child.on('close', resolve));
      await sleep(1200 + Math.random() * 900);
      child.kill('SIGKILL');
      await gone;
    }
    const { status, said } = await isobar('run', file, '--store', store);
    expect(said).toContain('going on with');
    expect(status).toBe(0);
    const ids = (await read(topic)).map((line) => Number(line.split(',')[0]));
    expect(ids.length).toBe(count);
    expect(new Set(ids).size).toBe(count);
    // The kills have left something behind that was taken back.
    expect((await read(topic, '%s', 'read_uncommitted')).length).toBeGreaterThan(count);
  });

  test('a crash between checkpoint and commit, twice, and one before the checkpoint', async () => {
    const topic = await newTopic('promised');
    const table: ConnectedTable = {
      name: 'sink',
      bound: {
        connector: 'kafka',
        settings: {
          ...clientSettings(new Map([['bootstrap.servers', servers.kafka]]), ''),
          topics: [topic],
          deliveryGuarantee: 'exactly-once',
          transactionalIdPrefix: `${run}-promised`,
        },
        format: {
          format: 'csv',
          settings: {
            fieldDelimiter: ',',
            quoteCharacter: '"',
            escapeCharacter: null,
            nullLiteral: '',
            arrayElementDelimiter: ';',
          },
        },
        accepts: 'insert',
        emits: 'insert',
        bounded: false,
      },
      physical: [{ name: 'id', type: BIGINT }],
      metadata: [],
      primaryKey: [],
    };
    const newSink = (): KafkaSink => new KafkaSink(table, contextOf());
    const first = newSink();
    await first.open();
    await first.write(batchOf(1, 2));
    await first.flush();
    const state: unknown = JSON.parse(JSON.stringify(first.snapshot()));
    expect(await read(topic)).toEqual([]);
    // The checkpoint is durable; then the process is gone.
    for (let crash = 0; crash < 2; crash++) {
      const next = newSink();
      next.restore(state);
      await next.open();
      await next.write(batchOf(8, 9));
      await next.flush();
      expect(await read(topic)).toEqual(['1', '2']);
      // Gone before the next checkpoint.
    }
    const last = newSink();
    last.restore(state);
    await last.open();
    for (const id of [3, 4, 5]) {
      await last.write(batchOf(id));
      await last.flush();
      last.snapshot();
      await last.committed();
    }
    expect(last.snapshot()).toBeUndefined();
    await last.close();
    expect(await read(topic)).toEqual(['1', '2', '3', '4', '5']);
  });

  test('without checkpoints the user is told that rows come at the end', async () => {
    const topic = await newTopic('unchecked');
    const sql = `${sinkTable(topic, 'id INT', { format: 'csv', ...options('unchecked') })} INSERT INTO sink VALUES (1), (2);`;
    const job = new KafkaJob(sql, { store });
    await job.ended();
    expect(job.said.join()).toContain(`SET 'execution.checkpointing.interval'`);
    expect((await read(topic)).sort()).toEqual(['1', '2']);
  });
});

describe('commands', () => {
  test('topics are made, listed, read and deleted', async () => {
    const [topic, kafka] = [topicName('commands'), ['--kafka', servers.kafka]];
    expect((await isobar('topics', 'create', topic, '--partitions', '2', ...kafka)).said).toContain(
      `topic ${topic} created, 2 partitions`,
    );
    expect((await isobar('topics', 'create', topic, ...kafka)).said).toContain(`topic ${topic} is there already, 2 partitions`);
    const sent = await isobar('generate', 'weather', '--fast', '--count', '1000', '--seed', '1', '--topic', topic, ...kafka);
    expect(sent.said).toMatch(/1,000 messages in .* in topic/);
    expect((await isobar('topics', 'list', ...kafka)).out).toMatch(new RegExp(`^${topic} +2 +1,000$`, 'm'));
    const records = await read(topic, '%T\t%p:%o\t%k\t%s');
    const last = records.sort((a, b) => Number(a.split('\t')[0]) - Number(b.split('\t')[0])).slice(-5);
    const tail = await isobar('topics', 'tail', topic, '-n', '5', '--key', '--offsets', ...kafka);
    expect(tail.out.trimEnd().split('\n').sort()).toEqual(last.map((line) => line.slice(line.indexOf('\t') + 1)).sort());
    expect((await isobar('topics', 'tail', topic, '--from', 'earliest', '-n', '700', ...kafka)).out.split('\n').length).toBe(701);
    expect((await isobar('topics', 'delete', topic, `${topic}-no`, ...kafka)).said).toMatch(/deleted\n.*there is no topic/);
    const gone = await isobar('topics', 'tail', topic, ...kafka);
    expect(gone).toMatchObject({ status: 2, said: expect.stringContaining('KAFKA_NO_SUCH_TOPIC') as string });
  });

  test('generate goes on until Ctrl-C, and what it sends is there at once', async () => {
    const topic = await newTopic('live');
    const args = ['generate', 'weather', '--rate', '20', '--topic', topic, '--kafka', servers.kafka];
    const child = spawn(process.execPath, [ISOBAR, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await runProgram('kcat', ['-b', servers.kafka, '-C', '-t', topic, '-c', '10', '-q']);
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
    const count = Number(/isobar: (\d+) messages/.exec(said)?.[1]);
    expect((await read(topic)).length).toBe(count);
  });

  test('a file of client properties is read, and its mistakes are told', async () => {
    const file = join(folder, 'client.properties');
    writeFileSync(file, 'security.protocol=PLAINTEXT\nclient.id=tester\n');
    expect((await isobar('topics', 'list', '--kafka', servers.kafka, '--kafka-config', file)).status).toBe(0);
    writeFileSync(file, 'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=secret-of-mine\n');
    const wrong = await isobar('topics', 'list', '--kafka', servers.kafka, '--kafka-config', file);
    expect(wrong.status).toBe(2);
    expect(wrong.said).not.toContain('secret-of-mine');
    expect((await isobar('topics', 'list', '--kafka', '127.0.0.1:1')).said).toContain('error[KAFKA_UNREACHABLE]');
  });
});

function contextOf(): ConnectorContext {
  return {
    clock: systemClock,
    timeZone: 'UTC',
    print: () => {},
    store: () => {
      throw new Error('no store');
    },
    local: false,
    signal: new AbortController().signal,
  };
}

function batchOf(...ids: number[]): Batch {
  const batch = createBatch([{ name: 'id', type: BIGINT }]);
  const [column] = batch.columns;
  column.reserve(ids.length);
  ids.forEach((id, row) => column.set(row, BigInt(id)));
  batch.length = ids.length;
  return batch;
}
