import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, writeFileSync, writeSync, closeSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { RunError } from '../../src/base/problem.ts';
import { BLOB_BYTES, RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import type { StoredRecords } from '../../src/connectors/local/stored-records.ts';
import { keyOf, openStore, temporaryFolder, valueOf } from './connector-table.ts';

const blobOf = (values: readonly (string | null)[], timestamp = (i: number): number => i): Uint8Array => {
  const builder = new RecordBlobBuilder();
  values.forEach((value, i) => {
    if (value !== null) builder.appendValue(Buffer.from(value));
    builder.end(timestamp(i), true, value === null);
  });
  return builder.finish();
};

function readFrom(store: LocalStore, topic: string, from = 0, partition = 0): (string | null)[] {
  const values: (string | null)[] = [];
  for (let offset = from; ;) {
    const records = store.topics.read(topic, partition, offset);
    if (records === undefined) return values;
    for (let i = 0; i < records.count; i++) values.push(valueOf(records, i));
    offset = records.firstOffset + records.count;
  }
}

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'store-process.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const failureOf = (action: () => unknown): RunError => {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(RunError);
    return error as RunError;
  }
  return expect.fail('it did not fail');
};

describe('topics', () => {
  test('are made, described and deleted', () => {
    const { topics } = openStore();
    expect(topics.create('b', { partitions: 3, retentionMs: 1000 })).toBe(true);
    expect(topics.create('a')).toBe(true);
    expect(topics.create('a', { partitions: 5 })).toBe(false);
    expect(topics.names()).toEqual(['a', 'b']);
    topics.append('b', 1, blobOf(['x', 'y']));
    const empty = { startOffset: 0, endOffset: 0, bytes: 0 };
    expect(topics.describe('b')).toEqual({
      name: 'b',
      retentionBytes: null,
      retentionMs: 1000,
      partitions: [
        { partition: 0, ...empty },
        { partition: 1, startOffset: 0, endOffset: 2, bytes: expect.any(Number) as number },
        { partition: 2, ...empty },
      ],
    });
    topics.addPartitions('a', 2);
    expect(topics.partitionCount('a')).toBe(2);
    expect(failureOf(() => topics.addPartitions('a', 1)).code).toBe('TOPIC_PARTITIONS');
    expect(topics.delete('b')).toBe(true);
    expect(topics.delete('b')).toBe(false);
    expect(topics.create('b')).toBe(true);
    expect(topics.endOffset('b', 0)).toBe(0);
    expect(failureOf(() => topics.create('a b')).code).toBe('TOPIC_NAME');
  });

  test('a missing one is named, with the nearest that exists', () => {
    const { topics } = openStore();
    topics.create('weather');
    expect(failureOf(() => topics.append('wether', 0, blobOf(['x'])))).toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      hint: 'Did you mean "weather"?',
    });
    expect(failureOf(() => topics.append('weather', 7, blobOf(['x']))).code).toBe('TOPIC_PARTITION');
  });

  test('records come back as they were, from any offset', () => {
    const store = openStore();
    const text = fc.option(fc.string({ unit: 'binary', maxLength: 20 }), { freq: 4 });
    const header = fc.array(fc.tuple(fc.string(), fc.option(fc.uint8Array({ maxLength: 5 }))), { maxLength: 2 });
    const record = fc.record({ key: text, value: text, time: fc.integer(), headers: header });
    let topics = 0;
    fc.assert(
      fc.property(fc.array(fc.array(record, { minLength: 1, maxLength: 6 }), { maxLength: 4 }), fc.nat(20), (batches, from) => {
        const topic = `t${topics++}`;
        store.topics.create(topic);
        const builder = new RecordBlobBuilder();
        for (const batch of batches) {
          for (const { key, value, time, headers } of batch) {
            if (key !== null) builder.appendKey(Buffer.from(key));
            if (value !== null) builder.appendValue(Buffer.from(value));
            if (headers.length > 0) builder.addHeaders(new Map(headers));
            builder.end(time, key === null, value === null);
          }
          store.topics.append(topic, 0, builder.take());
        }
        const asText = (bytes: string | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
        const expected = batches.flat().map(({ key, value, time, headers }, offset) => {
          return {
            offset,
            key: asText(key),
            value: asText(value),
            time,
            headers: headers.length === 0 ? null : new Map(headers),
          };
        });
        const found: unknown[] = [];
        for (
          let offset = from, records: StoredRecords | undefined;
          (records = store.topics.read(topic, 0, offset));
          offset += records.count
        ) {
          for (let i = 0; i < records.count; i++) {
            found.push({
              offset: records.offset(i),
              key: keyOf(records, i),
              value: valueOf(records, i),
              time: records.timestamps[i],
              headers: records.recordHeaders(i),
            });
            expect(records.positionAfter(i)).toBe(records.offset(i) + 1);
          }
        }
        expect(found).toEqual(expected.slice(from));
      }),
      { numRuns: 100 },
    );
  });

  test('a record of 10 MB, and many small ones around it', () => {
    const store = openStore();
    store.topics.create('t');
    const builder = new RecordBlobBuilder();
    const values = [...Array.from({ length: 1000 }, (_, i) => `${i}`), 'x'.repeat(10 << 20), 'last'];
    for (const value of values) {
      builder.appendValue(Buffer.from(value));
      builder.end(0, true, false);
      if (builder.isFull) store.topics.append('t', 0, builder.take());
    }
    store.topics.append('t', 0, builder.take());
    const read = readFrom(store, 't');
    expect(read.length).toBe(values.length);
    expect(read.every((value, i) => value === values[i])).toBe(true);
    expect(builder.bytes.length).toBeLessThan(2 * BLOB_BYTES);
  });

  test('offsets by timestamp', () => {
    const { topics } = openStore();
    topics.create('t');
    topics.append(
      't',
      0,
      blobOf(['a', 'b', 'c'], (i) => [100, 300, 200][i]),
    );
    topics.append(
      't',
      0,
      blobOf(['d'], () => 400),
    );
    expect([0, 100, 101, 300, 301, 400, 401].map((time) => topics.offsetForTimestamp('t', 0, time))).toEqual([
      0,
      0,
      1,
      1,
      3,
      3,
      undefined,
    ]);
  });

  test('retention drops the oldest batches, never the newest, and keeps offsets', () => {
    let now = 0;
    const store = openStore(undefined, { now: () => now });
    const { topics } = store;
    topics.create('large', { retentionBytes: 1000 });
    for (let i = 0; i < 10; i++) topics.append('large', 0, blobOf(['x'.repeat(300), `${i}`]));
    expect(topics.describe('large').partitions[0]).toMatchObject({ startOffset: 16, endOffset: 20 });
    expect(readFrom(store, 'large').filter((value) => value!.length === 1)).toEqual(['8', '9']);
    topics.create('old', { retentionMs: 1000 });
    topics.append(
      'old',
      0,
      blobOf(['a'], () => 0),
    );
    now = 2000;
    topics.append(
      'old',
      0,
      blobOf(['b'], () => 0),
    );
    expect(readFrom(store, 'old')).toEqual(['b']);
    expect(topics.startOffset('old', 0)).toBe(1);
  });

  test('group offsets', () => {
    const { topics } = openStore();
    topics.create('t');
    expect(topics.groupOffset('g', 't', 0)).toBeUndefined();
    topics.commitGroupOffset('g', 't', 0, 5);
    topics.commitGroupOffset('g', 't', 0, 7);
    expect(topics.groupOffset('g', 't', 0)).toBe(7);
  });
});

describe('transactions', () => {
  test('keep all or nothing, within each other as one', () => {
    const store = openStore();
    store.topics.create('t');
    expect(() =>
      store.transaction(() => {
        store.topics.append('t', 0, blobOf(['lost']));
        store.transaction(() => store.index.put('i', '1', '{}'));
        throw new RunError('TEST', 'no');
      }),
    ).toThrow('no');
    expect(readFrom(store, 't')).toEqual([]);
    expect(store.index.count('i')).toBe(0);
    expect(store.transaction(() => store.topics.append('t', 0, blobOf(['kept'])))).toBe(0);
    expect(readFrom(store, 't')).toEqual(['kept']);
  });

  test('wake those who wait, in this process and in others', async () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const [store, other] = [openStore(path), openStore(path)];
    store.topics.create('t');
    await store.waitForChange(20);
    const waited = async (change: () => void): Promise<number> => {
      const started = performance.now();
      const waiting = store.waitForChange(5000);
      change();
      await waiting;
      return performance.now() - started;
    };
    expect(await waited(() => store.topics.append('t', 0, blobOf(['a'])))).toBeLessThan(1000);
    expect(await waited(() => other.topics.append('t', 0, blobOf(['b'])))).toBeLessThan(1000);
    const abort = new AbortController();
    const waiting = store.waitForChange(60_000, abort.signal);
    abort.abort();
    await waiting;
  });
});

describe('index', () => {
  test('puts, replaces, deletes and scans in order', () => {
    const { index } = openStore();
    index.put('a', 'x', '{"n":1}');
    index.put('a', 'y', '{"n":2}');
    index.put('b', 'x', '{"n":3}');
    index.put('a', 'x', '{"n":4}');
    expect(index.names()).toEqual(['a', 'b']);
    expect(index.get('a', 'x')).toBe('{"n":4}');
    expect(index.get('a', 'z')).toBeUndefined();
    expect(index.scan('a').map(({ id, json }) => [id, json])).toEqual([
      ['x', '{"n":4}'],
      ['y', '{"n":2}'],
    ]);
    expect(index.scan('a', index.scan('a', 0, 1)[0].sequence).map(({ id }) => id)).toEqual(['y']);
    expect(index.delete('a', 'x')).toBe(true);
    expect(index.delete('a', 'x')).toBe(false);
    expect(index.count('a')).toBe(1);
    expect(index.drop('a')).toBe(true);
    expect(index.names()).toEqual(['b']);
    expect(index.scan('a')).toEqual([]);
  });
});

describe('checkpoints', () => {
  test('the last one of each job is kept, with parts of any size', () => {
    const { checkpoints } = openStore();
    const large = new Uint8Array(40 << 20).map((_, i) => i * 7);
    const describe = (job: string, id: number) => ({ job, id, fingerprint: 'f', time: 1000 + id });
    checkpoints.save(describe('a', 1), [['old', new Uint8Array(5)]]);
    checkpoints.save(describe('b', 1), [['x', new Uint8Array([9])]]);
    checkpoints.save(describe('a', 2), [
      ['state', large],
      ['empty', new Uint8Array(0)],
      ['joined', new Uint8Array([1])],
      ['joined', new Uint8Array([2])],
    ]);
    const stored = checkpoints.load('a');
    expect(stored).toMatchObject(describe('a', 2));
    expect(stored?.parts()).toEqual(['empty', 'joined', 'state']);
    expect(Buffer.compare(stored!.part('state')!, large)).toBe(0);
    expect([...stored!.part('joined')!]).toEqual([1, 2]);
    expect(stored!.part('empty')).toHaveLength(0);
    expect(stored!.part('old')).toBeUndefined();
    expect(checkpoints.list().map(({ job }) => job)).toEqual(['a', 'b']);
    expect(checkpoints.delete('a')).toBe(true);
    expect(checkpoints.load('a')).toBeUndefined();
  });
});

describe('several processes', () => {
  test('append to one topic at the same time', async () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const store = openStore(path);
    store.topics.create('shared');
    const exits = ['a', 'b'].map((name) => once(start('append', path, name, '300'), 'exit'));
    for (let i = 0; i < 300; i++) {
      store.topics.append('shared', 0, blobOf([`c ${i}`]));
      if (i % 50 === 0) await delay(1);
    }
    for (const [code] of await Promise.all(exits)) expect(code).toBe(0);
    const values = readFrom(store, 'shared');
    expect(values.length).toBe(900);
    for (const name of ['a', 'b', 'c']) {
      const own = values.filter((value) => value!.startsWith(name));
      expect(own).toEqual(Array.from({ length: 300 }, (_, i) => `${name} ${i}`));
    }
  });

  test('one that is killed leaves nothing torn', async () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const store = openStore(path);
    for (const topic of ['left', 'right']) store.topics.create(topic);
    let confirmed = -1;
    for (let round = 0; round < 4; round++) {
      const child = start('kill', path);
      let text = '';
      child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await once(child.stdout!, 'data');
      await delay(20 + 37 * round);
      child.kill('SIGKILL');
      await once(child, 'close');
      confirmed = Number(
        text
          .trimEnd()
          .split('\n')
          .filter((line) => /^\d+$/.test(line))
          .at(-1),
      );
      const left = readFrom(store, 'left').filter((value) => value!.length < 100);
      const right = readFrom(store, 'right');
      expect(left).toEqual(right);
      expect(store.topics.endOffset('left', 0)).toBe(2 * right.length);
      expect(store.index.get('last', 'one')).toBe(right.at(-1));
      expect(Number(right.at(-1))).toBeGreaterThanOrEqual(confirmed);
    }
    expect(confirmed).toBeGreaterThanOrEqual(0);
  });

  test('one that writes for too long is reported', async () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const store = LocalStore.open(path, systemClock, 300);
    onTestFinished(() => store.close());
    const holder = start('hold', path, '-', '60000');
    await once(holder.stdout!, 'data');
    expect(store.topics.names()).toEqual([]);
    const started = performance.now();
    expect(failureOf(() => store.topics.create('t'))).toMatchObject({ code: 'STORE_LOCKED' });
    expect(performance.now() - started).toBeGreaterThan(200);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(store.topics.create('t')).toBe(true);
  });
});

describe('what cannot be used is reported, not touched', () => {
  test('a file that is no database', () => {
    const path = join(temporaryFolder(), 'notes.txt');
    writeFileSync(path, 'remember the milk, '.repeat(100));
    expect(failureOf(() => LocalStore.open(path))).toMatchObject({ code: 'STORE_NOT_A_DATABASE' });
    expect(readFileSync(path, 'utf8')).toBe('remember the milk, '.repeat(100));
  });

  test("somebody else's database", () => {
    const path = join(temporaryFolder(), 'other.db');
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE milk (litres INTEGER)');
    other.close();
    const before = readFileSync(path);
    expect(failureOf(() => LocalStore.open(path)).message).toBe(`${path} is a database, but not a local store`);
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
  });

  test('a store of a newer version', () => {
    const path = join(temporaryFolder(), 'isobar.db');
    LocalStore.open(path).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(failureOf(() => LocalStore.open(path))).toMatchObject({ code: 'STORE_VERSION' });
  });

  test('a folder that cannot be made', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(failureOf(() => LocalStore.open(join(file, 'isobar.db')))).toMatchObject({ code: 'STORE_OPEN' });
  });

  test('damaged records and damaged tables, with the way to recover', () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const store = LocalStore.open(path);
    store.topics.create('t');
    for (let i = 0; i < 20; i++) store.topics.append('t', 0, blobOf(['y'.repeat(50_000)]));
    store.close();
    const bytes = readFileSync(path);
    overwrite(path, bytes.lastIndexOf('yyyyyyyy'), 'z');
    const scratched = openStore(path);
    const failure = failureOf(() => readFrom(scratched, 't'));
    expect(failure.code).toBe('STORE_DAMAGED');
    expect(failure.message).toMatch(/topic "t" partition 0 has unreadable records from offset \d+ to \d+$/);
    expect(failure.hint).toContain('.recover');
    scratched.close();
    overwrite(path, 32_768, '\xff'.repeat(statSync(path).size - 32_768));
    const broken = failureOf(() => {
      const opened = openStore(path);
      opened.topics.names();
      readFrom(opened, 't');
    });
    expect(broken.code).toBe('STORE_DAMAGED');
    expect(broken.message).toContain(path);
  });

  test('a full disk keeps what was there', () => {
    const path = join(temporaryFolder(), 'isobar.db');
    const store = openStore(path);
    store.topics.create('t');
    store.topics.append('t', 0, blobOf(['kept']));
    // SQLite reports the same as for a disk without room.
    store.prepare(`PRAGMA max_page_count = 60`).get();
    const failure = failureOf(() => {
      for (;;) store.topics.append('t', 0, blobOf(['x'.repeat(500_000)]));
    });
    expect(failure).toMatchObject({ code: 'STORE_FULL' });
    expect(readFrom(store, 't')[0]).toBe('kept');
    store.prepare(`PRAGMA max_page_count = 1000000`).get();
    store.topics.append('t', 0, blobOf(['again']));
    expect(readFrom(store, 't').at(-1)).toBe('again');
  });
});

function overwrite(path: string, position: number, text: string): void {
  const handle = openSync(path, 'r+');
  writeSync(handle, Buffer.from(text, 'latin1'), 0, undefined, position);
  closeSync(handle);
}
