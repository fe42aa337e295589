import { describe, expect, test } from 'vitest';
import { partitionOfKey } from '../../src/connectors/kafka/partitioner.ts';
import type { Source } from '../../src/connectors/connector.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import type { LocalStore } from '../../src/connectors/local/store.ts';
import { BYTES, DATE, INTEGER, map, STRING, time, timestamp, timestampLtz, type SqlType } from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';
import {
  batchOf,
  createContext,
  createSink,
  createSource,
  keyOf,
  openStore,
  readAll,
  valueOf,
  type TableText,
} from './connector-table.ts';

const columns = { id: INTEGER, name: STRING };
const kafka = (more: Record<string, string> = {}): Record<string, string> => ({
  connector: 'kafka',
  topic: 't',
  'properties.bootstrap.servers': 'localhost:9092',
  format: 'json',
  'scan.startup.mode': 'earliest-offset',
  ...more,
});
const upsert = {
  connector: 'upsert-kafka',
  topic: 't',
  'properties.bootstrap.servers': 'localhost:9092',
  'key.format': 'json',
  'value.format': 'json',
};

const sourceOf = (
  store: LocalStore,
  options: Record<string, string>,
  more: Partial<TableText> = {},
  clock = store.clock,
): Source => createSource({ options, columns, ...more }, createContext({ store: () => store, clock }));

async function opened(source: Source): Promise<Source> {
  await source.open();
  return source;
}

function append(store: LocalStore, topic: string, partition: number, values: readonly string[], timestamp = 0): void {
  const builder = new RecordBlobBuilder();
  for (const value of values) {
    builder.appendValue(Buffer.from(value));
    builder.end(timestamp, true, false);
  }
  store.topics.append(topic, partition, builder.finish());
}

interface Row {
  readonly key: string | null;
  readonly value: string | null;
  readonly partition: number;
  readonly timestamp: number;
  readonly headers: unknown;
}

function recordsOf(store: LocalStore, topic: string): Row[] {
  return store.topics.describe(topic).partitions.flatMap(({ partition }) => {
    const rows: Row[] = [];
    for (let offset = 0, records; (records = store.topics.read(topic, partition, offset)); offset += records.count) {
      for (let i = 0; i < records.count; i++) {
        rows.push({
          key: keyOf(records, i),
          value: valueOf(records, i),
          partition,
          timestamp: records.timestamps[i],
          headers: records.recordHeaders(i),
        });
      }
    }
    return rows;
  });
}

interface Written extends Partial<TableText> {
  readonly kinds?: readonly number[];
}

/** Writes rows through a sink and commits them as a checkpoint does. */
async function write(
  store: LocalStore,
  options: Record<string, string>,
  rows: readonly (readonly Value[])[],
  more: Written = {},
): Promise<void> {
  const table = { options, columns, ...more };
  const all: Record<string, SqlType> = { ...table.columns, ...more.metadata };
  const sink = createSink(table, createContext({ store: () => store, clock: { now: () => 1234 } }));
  await sink.open();
  await sink.write(
    batchOf(
      Object.entries(all).map(([name, type]) => ({ name, type })),
      rows,
      more.kinds,
    ),
  );
  expect(sink.pendingBytes!()).toBeGreaterThan(0);
  await sink.flush();
  store.transaction(() => sink.commit!());
  expect(sink.pendingBytes!()).toBe(0);
  await sink.close();
}

describe('source', () => {
  test('a topic that is not there is made', async () => {
    const store = openStore();
    const source = await opened(sourceOf(store, kafka()));
    expect(store.topics.describe('t').partitions.length).toBe(1);
    expect(readAll(source)).toEqual([]);
    append(store, 't', 0, ['a', 'b']);
    expect(readAll(source)).toEqual(['a', 'b']);
    expect(source.splits()).toEqual(['t-0']);
    expect(source.lag!()).toBe(0);
  });

  test.each([
    [{ 'scan.startup.mode': 'earliest-offset' }, ['a', 'b', 'c', 'new']],
    [{ 'scan.startup.mode': 'latest-offset' }, ['new']],
    [{ 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '20' }, ['b', 'c', 'new']],
    [{ 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '99' }, ['new']],
    [{ 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0,offset:2' }, ['c', 'new']],
    [{ 'scan.startup.mode': 'group-offsets', 'properties.group.id': 'g' }, ['b', 'c', 'new']],
    [
      { 'scan.startup.mode': 'group-offsets', 'properties.group.id': 'h', 'properties.auto.offset.reset': 'earliest' },
      ['a', 'b', 'c', 'new'],
    ],
    [{ 'scan.startup.mode': 'group-offsets', 'properties.group.id': 'h', 'properties.auto.offset.reset': 'latest' }, ['new']],
    [{ 'scan.bounded.mode': 'latest-offset' }, ['a', 'b', 'c', 'end']],
    [{ 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': '20' }, ['a', 'end']],
    [{ 'scan.bounded.mode': 'specific-offsets', 'scan.bounded.specific-offsets': 'partition:0,offset:2' }, ['a', 'b', 'end']],
    [{ 'scan.bounded.mode': 'group-offsets', 'properties.group.id': 'g' }, ['a', 'end']],
  ])('%j', async (options, values) => {
    const store = openStore();
    store.topics.create('t');
    ['a', 'b', 'c'].forEach((value, i) => append(store, 't', 0, [value], 10 * (i + 1)));
    store.topics.commitGroupOffset('g', 't', 0, 1);
    const source = await opened(sourceOf(store, kafka(options)));
    append(store, 't', 0, ['new'], 40);
    expect(readAll(source)).toEqual(values);
  });

  test('a group without offsets says what to do', async () => {
    const store = openStore();
    const source = sourceOf(store, kafka({ 'scan.startup.mode': 'group-offsets' }));
    await expect(source.open()).rejects.toMatchObject({
      code: 'TOPIC_NO_GROUP_OFFSET',
      hint: expect.stringContaining("'scan.startup.mode' = 'earliest-offset'") as string,
    });
  });

  test('partitions take turns, each with its own split and metadata', async () => {
    const store = openStore();
    store.topics.create('t', { partitions: 2 });
    append(store, 't', 0, ['a', 'b'], 5);
    append(store, 't', 0, ['c'], 6);
    append(store, 't', 1, ['x'], 7);
    const source = await opened(sourceOf(store, kafka({ 'scan.bounded.mode': 'latest-offset' })));
    expect(source.splits()).toEqual(['t-0', 't-1']);
    expect(source.lag!()).toBe(4);
    const seen: unknown[] = [];
    for (let records = source.poll(); typeof records === 'object'; records = source.poll()) {
      for (let i = 0; i < records.count; i++) {
        seen.push([
          valueOf(records, i),
          ...['topic', 'partition', 'offset', 'timestamp', 'timestamp-type'].map((key) => records.metadata!(key, i)),
        ]);
      }
    }
    expect(seen).toEqual([
      ['a', 't', 0, 0n, 5, 'CreateTime'],
      ['b', 't', 0, 1n, 5, 'CreateTime'],
      ['x', 't', 1, 0n, 7, 'CreateTime'],
      ['c', 't', 0, 2n, 6, 'CreateTime'],
    ]);
  });

  test('a partition that is read to its end stays a split until the next poll', async () => {
    const store = openStore();
    store.topics.create('t', { partitions: 2 });
    append(store, 't', 0, ['a']);
    append(store, 't', 1, ['x']);
    const source = await opened(sourceOf(store, kafka({ 'scan.bounded.mode': 'latest-offset' })));
    source.poll();
    expect(source.splits()).toEqual(['t-0', 't-1']);
    source.poll();
    expect(source.splits()).toEqual(['t-1']);
    expect(source.poll()).toBe('end');
    expect(source.splits()).toEqual([]);
  });

  test('goes on at restored positions; what they do not name starts afresh', async () => {
    const store = openStore();
    store.topics.create('t', { partitions: 2 });
    append(store, 't', 0, ['a', 'b', 'c']);
    append(store, 't', 1, ['x', 'y']);
    const source = sourceOf(store, kafka());
    source.restore(new Map([['t-0', 2]]));
    expect(readAll(await opened(source))).toEqual(['c', 'x', 'y']);
  });

  test('a topic made anew since the checkpoint is refused', async () => {
    const store = openStore();
    const source = sourceOf(store, kafka());
    source.restore(new Map([['t-0', 7]]));
    await expect(source.open()).rejects.toMatchObject({ code: 'TOPIC_OFFSET' });
  });

  test('a list of topics, and a pattern that finds new ones', async () => {
    const store = openStore();
    let now = 0;
    const clock = { now: () => now };
    for (const topic of ['in-1', 'in-2', 'other']) {
      store.topics.create(topic);
      append(store, topic, 0, [topic]);
    }
    expect(readAll(await opened(sourceOf(store, kafka({ topic: 'in-1;other' }))))).toEqual(['in-1', 'other']);
    const { topic: _, ...options } = kafka({
      'topic-pattern': 'in-.*',
      'scan.startup.mode': 'latest-offset',
      'scan.topic-partition-discovery.interval': '1 s',
    });
    const source = await opened(sourceOf(store, options, {}, clock));
    store.topics.create('in-3');
    append(store, 'in-3', 0, ['in-3']);
    expect(readAll(source)).toEqual([]);
    now = 1000;
    expect(readAll(source)).toEqual([]);
    expect(readAll(source)).toEqual(['in-3']);
  });

  test('waits for what another connection appends', async () => {
    const store = openStore();
    const other = openStore(store.path);
    const source = await opened(sourceOf(store, kafka()));
    expect(source.poll()).toBe('pending');
    append(other, 't', 0, ['missed by nobody']);
    const started = performance.now();
    await source.wait(5000);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(readAll(source)).toEqual(['missed by nobody']);
  });

  test("commits its group's offsets after a checkpoint", async () => {
    const store = openStore();
    const source = await opened(sourceOf(store, kafka({ 'properties.group.id': 'g' })));
    append(store, 't', 0, ['a', 'b']);
    readAll(source);
    await source.committed!(new Map([['t-0', 2]]));
    expect(store.topics.groupOffset('g', 't', 0)).toBe(2);
  });
});

describe('sink', () => {
  test('nothing is in the topic before the commit, everything after it', async () => {
    const store = openStore();
    const sink = createSink({ options: kafka(), columns }, createContext({ store: () => store }));
    await sink.open();
    await sink.write(
      batchOf(
        [
          { name: 'id', type: INTEGER },
          { name: 'name', type: STRING },
        ],
        [
          [1, 'a'],
          [2, null],
        ],
      ),
    );
    await sink.flush();
    expect(recordsOf(store, 't')).toEqual([]);
    expect(() =>
      store.transaction(() => {
        sink.commit!();
        return expect.fail('the checkpoint failed');
      }),
    ).toThrow();
    expect(recordsOf(store, 't')).toEqual([]);
  });

  test('rows become records with the time of writing and no key', async () => {
    const store = openStore();
    await write(store, kafka(), [
      [1, 'a'],
      [2, null],
    ]);
    const plain = { key: null, partition: 0, timestamp: 1234, headers: null };
    expect(recordsOf(store, 't')).toEqual([
      { ...plain, value: '{"id":1,"name":"a"}' },
      { ...plain, value: '{"id":2,"name":null}' },
    ]);
  });

  test('key columns, with and without the value holding them too', async () => {
    const store = openStore();
    const key = { 'key.format': 'json', 'key.fields': 'k_id' };
    const keyed = { k_id: INTEGER, name: STRING };
    await write(store, kafka({ ...key, 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' }), [[1, 'a']], {
      columns: keyed,
    });
    await write(store, kafka({ ...key, topic: 'u' }), [[1, 'a']], { columns: keyed });
    expect(recordsOf(store, 't')).toMatchObject([{ key: '{"id":1}', value: '{"name":"a"}' }]);
    expect(recordsOf(store, 'u')).toMatchObject([{ key: '{"k_id":1}', value: '{"k_id":1,"name":"a"}' }]);
  });

  test('METADATA columns write timestamp, headers and topic', async () => {
    const store = openStore();
    const metadata = { topic: STRING, timestamp: timestampLtz(3), headers: map(STRING, BYTES) };
    const headers = new Map([['h', Uint8Array.of(1, 2)]]);
    await write(
      store,
      kafka({ topic: 'a;b' }),
      [
        [1, 'x', 'b', 77, headers],
        [2, 'y', 'a', null, null],
      ],
      { metadata },
    );
    expect(recordsOf(store, 'b')).toMatchObject([{ timestamp: 77, headers }]);
    expect(recordsOf(store, 'a')).toMatchObject([{ timestamp: 1234, headers: null }]);
    await expect(write(store, kafka({ topic: 'a;b' }), [[1, 'x', 'c', 1, null]], { metadata })).rejects.toMatchObject({
      code: 'TOPIC_NOT_ALLOWED',
    });
  });

  test('keys choose the partition as in Kafka; fixed takes one; the keyless are spread', async () => {
    const store = openStore();
    for (const topic of ['t', 'fixed', 'keyless']) store.topics.create(topic, { partitions: 4 });
    const rows = Array.from({ length: 50 }, (_, i) => [i, `n${i}`]);
    const key = { 'key.format': 'raw', 'key.fields': 'name' };
    await write(store, kafka(key), rows);
    for (const { key: text, partition } of recordsOf(store, 't')) {
      const bytes = Buffer.from(text!);
      expect(partition).toBe(partitionOfKey(bytes, 0, bytes.length, 4));
    }
    expect(new Set(recordsOf(store, 't').map(({ partition }) => partition)).size).toBe(4);
    await write(store, kafka({ ...key, topic: 'fixed', 'sink.partitioner': 'fixed' }), rows);
    expect(new Set(recordsOf(store, 'fixed').map(({ partition }) => partition))).toEqual(new Set([0]));
    const sink = createSink({ options: kafka({ topic: 'keyless' }), columns }, createContext({ store: () => store }));
    await sink.open();
    for (const row of rows.slice(0, 4)) {
      await sink.write(
        batchOf(
          [
            { name: 'id', type: INTEGER },
            { name: 'name', type: STRING },
          ],
          [row],
        ),
      );
      store.transaction(() => sink.commit!());
    }
    expect(recordsOf(store, 'keyless').map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
  });

  test('murmur2 is the one of Kafka', () => {
    // From org.apache.kafka.common.utils.UtilsTest and the clients' documentation: hash & 0x7fffffff.
    const partition = (text: string): number => partitionOfKey(Buffer.from(text), 0, Buffer.byteLength(text), 2 ** 31);
    expect(partition('21')).toBe(-973932308 & 0x7fffffff);
    expect(partition('foobar')).toBe(-790332482 & 0x7fffffff);
    expect(partition('a-little-bit-long-string')).toBe(-985981536 & 0x7fffffff);
    expect(partition('a-little-bit-longer-string')).toBe(-1486304829 & 0x7fffffff);
    expect(partition('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8')).toBe(-58897971 & 0x7fffffff);
    expect(partition('abc')).toBe(479470107);
  });

  test('raw writes NULL as no value', async () => {
    const store = openStore();
    await write(store, kafka({ format: 'raw' }), [['a'], [null]], { columns: { name: STRING } });
    expect(recordsOf(store, 't').map(({ value }) => value)).toEqual(['a', null]);
  });

  test('large output is handed over in pieces, in order', async () => {
    const store = openStore();
    const rows = Array.from({ length: 5000 }, (_, i) => [i, 'x'.repeat(1000)]);
    await write(store, kafka(), rows);
    expect(recordsOf(store, 't').map(({ value }) => (JSON.parse(value!) as { id: number }).id)).toEqual(rows.map(([id]) => id));
    expect(store.topics.read('t', 0, 0)!.count).toBeLessThan(2000);
  });
});

describe('upsert-kafka', () => {
  test('writes by key, deletes with a record without value, and leaves out -U', async () => {
    const store = openStore();
    const rows = [
      [1, 'a'],
      [1, 'a'],
      [1, 'b'],
      [1, 'b'],
    ];
    await write(store, upsert, rows, { primaryKey: ['id'], kinds: [0, 1, 2, 3] });
    expect(recordsOf(store, 't').map(({ key, value }) => [key, value])).toEqual([
      ['{"id":1}', '{"id":1,"name":"a"}'],
      ['{"id":1}', '{"id":1,"name":"b"}'],
      ['{"id":1}', null],
    ]);
  });

  test('reads from the beginning, tombstones included', async () => {
    const store = openStore();
    await write(
      store,
      upsert,
      [
        [1, 'a'],
        [1, 'a'],
      ],
      { primaryKey: ['id'], kinds: [0, 3] },
    );
    const source = await opened(sourceOf(store, { ...upsert, 'scan.bounded.mode': 'latest-offset' }, { primaryKey: ['id'] }));
    expect(readAll(source)).toEqual(['{"id":1,"name":"a"}', null, 'end']);
  });
});

describe('elasticsearch-7', () => {
  const index = { connector: 'elasticsearch-7', hosts: 'http://localhost:9200', index: 'i' };
  const documentsOf = (store: LocalStore, name: string): [string, unknown][] =>
    store.index.scan(name).map(({ id, json }) => [id, JSON.parse(json)]);

  test('documents by primary key: the last one counts, -D deletes', async () => {
    const store = openStore();
    const table = { columns: { client: STRING, day: DATE, at: time(0), n: INTEGER }, primaryKey: ['client', 'day', 'at'] };
    const rows = [
      ['a', 19_855, 7_860_000, 1],
      ['b', 19_855, 7_861_000, 2],
      ['a', 19_855, 7_860_000, 3],
      ['b', 19_855, 7_861_000, 2],
    ];
    await write(store, index, rows, { ...table, kinds: [0, 0, 2, 3] });
    expect(documentsOf(store, 'i')).toEqual([['a_2024-05-12_02:11', { client: 'a', day: '2024-05-12', at: '02:11:00', n: 3 }]]);
    await write(store, { ...index, 'document-id.key-delimiter': '$' }, [rows[1]], table);
    expect(documentsOf(store, 'i').map(([id]) => id)).toEqual(['a_2024-05-12_02:11', 'b$2024-05-12$02:11:01']);
  });

  test('without a primary key every row is a document of its own', async () => {
    const store = openStore();
    await write(store, index, [
      [1, 'a'],
      [1, 'a'],
    ]);
    const documents = documentsOf(store, 'i');
    expect(documents.map(([, document]) => document)).toEqual([
      { id: 1, name: 'a' },
      { id: 1, name: 'a' },
    ]);
    expect(documents[0][0]).not.toBe(documents[1][0]);
  });

  test.each([
    ['x_{name}', 'x_n'],
    ['x_{name}_y', 'x_n_y'],
    ['x_{id}', 'x_null'],
    ['x-{ts|yyyy-MM-dd}', 'x-2024-05-12'],
    ["x-{ts|yyyy'w'MM}-y", 'x-2024w05-y'],
    ['x-{ts|}', 'x-2024_05_12_02_11_37'],
    ['x-{ltz|yyyy-MM-dd-HH}', 'x-2024-05-12-04'],
    ['x-{day|yyyy.MM}', 'x-2024.05'],
    ['x-{day}', 'x-19855'],
    ['x-{now()|yyyy-MM-dd}', 'x-1970-01-01'],
  ])('index %s', async (pattern, name) => {
    const store = openStore();
    const at = Date.UTC(2024, 4, 12, 2, 11, 37);
    const table = { columns: { id: INTEGER, name: STRING, ts: timestamp(3), ltz: timestampLtz(3), day: DATE } };
    const context = createContext({ store: () => store, clock: { now: () => 1234 }, timeZone: 'Europe/Budapest' });
    const sink = createSink({ options: { ...index, index: pattern }, ...table }, context);
    await sink.write(
      batchOf(
        Object.entries(table.columns).map(([column, type]) => ({ name: column, type })),
        [[null, 'n', at, at, 19_855]],
      ),
    );
    store.transaction(() => sink.commit!());
    expect(store.index.names()).toEqual([name]);
  });
});

test('a backlog that a thread reads ahead comes whole and in order, a huge record included', async () => {
  const store = openStore();
  store.topics.create('t', { partitions: 2 });
  const counts = [400_000, 300_000];
  const huge = 'x'.repeat(3_000_000);
  counts.forEach((count, partition) => {
    const builder = new RecordBlobBuilder();
    for (let i = 0; i < count; i++) {
      builder.appendValue(Buffer.from(partition === 0 && i === 350_000 ? huge : `${partition} ${i}`));
      builder.end(i, true, false);
      if (!builder.isFull && i < count - 1) continue;
      store.topics.append('t', partition, builder.take());
    }
  });
  const source = await opened(sourceOf(store, kafka({ 'scan.bounded.mode': 'latest-offset' })));
  const next = [0, 0];
  let sawHuge = false;
  for (let polled; (polled = source.poll()) !== 'end';) {
    if (polled === 'pending') {
      await source.wait(1000);
      continue;
    }
    const { partition, count, offset } = polled;
    for (let i = 0; i < count; i++) {
      const expected = partition === 0 && next[partition] === 350_000 ? huge : `${partition} ${next[partition]}`;
      if (valueOf(polled, i) !== expected) expect(valueOf(polled, i)).toBe(expected);
      if (offset.call(polled, i) !== next[partition]) expect(offset.call(polled, i)).toBe(next[partition]);
      if (expected === huge) sawHuge = true;
      next[partition]++;
    }
  }
  await source.close();
  expect(next).toEqual(counts);
  expect(sawHuge).toBe(true);
});
