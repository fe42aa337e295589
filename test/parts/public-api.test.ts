// What a user's own programs use: every example in the docstrings of src/api, and what they promise.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import * as isobar from '../../src/index.ts';
import { check, ProblemsError, query, readTopic, run, RunError, testPipeline } from '../../src/index.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-api-'));
  store = join(folder, 'isobar.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const CITIES = `
  CREATE TABLE reading (city STRING, temp DOUBLE) WITH ('connector' = 'filesystem', 'path' = '\${PATH}', 'format' = 'csv');`;
const cities = (): string => CITIES.replace('${PATH}', file('cities.csv', 'Madrid,30\nMadrid,40\nBudapest,36\nMadrid,32\n'));

test('values and types: at most 15 names', () => {
  expect(Object.keys(isobar).toSorted()).toEqual([
    'ProblemsError',
    'RunError',
    'check',
    'query',
    'readTopic',
    'run',
    'testPipeline',
  ]);
});

describe('check', () => {
  test('finds nothing in the pipelines', () => {
    expect(check({ file: 'pipelines/weather.sql' })).toEqual([]);
  });

  test('answers every mistake with its place', () => {
    const problems = check(`${cities()} SELECT cty, tmp FROM reading;`);
    expect(problems.map(({ code, hint }) => [code, hint])).toEqual([
      ['SQL_COLUMN_NOT_FOUND', 'Did you mean "city"?'],
      ['SQL_COLUMN_NOT_FOUND', 'Did you mean "temp"?'],
    ]);
    expect(problems[0].place).toBeDefined();
  });
});

describe('query', () => {
  test('gives the changelog of a SELECT, typed', async () => {
    const averages = new Map<string, number>();
    const kinds: string[] = [];
    const sql = `${cities()} SELECT city, AVG(temp) AS average FROM reading GROUP BY city;`;
    for await (const { kind, row } of query<{ city: string; average: number }>(sql, { local: true, store })) {
      expectTypeOf(row.average).toEqualTypeOf<number>();
      kinds.push(kind);
      if (kind !== '-U') averages.set(row.city, row.average);
    }
    expect([...averages]).toEqual([
      ['Madrid', 34],
      ['Budapest', 36],
    ]);
    expect(kinds).toEqual(['+I', '-U', '+U', '+I', '-U', '+U']);
  });

  test('gives each SQL type as the documentation says', async () => {
    const sql = `SELECT TRUE AS b, CAST(9007199254740993 AS BIGINT) AS l, 1.50 AS d, CAST('2024-05-12' AS DATE) AS dt,
      TIMESTAMP '2024-05-12 02:11:37.5' AS tm, TO_TIMESTAMP_LTZ(1500, 3) AS moment, ARRAY[1, 2] AS a, MAP['k', 1] AS m,
      ROW(1, 'x') AS r, CAST(NULL AS INT) AS nothing, X'00ff' AS bin`;
    const rows = await Array.fromAsync(query(sql, { store }));
    expect(rows).toEqual([
      {
        kind: '+I',
        row: {
          b: true,
          l: 9007199254740993n,
          d: '1.50',
          dt: '2024-05-12',
          tm: '2024-05-12T02:11:37.500',
          moment: '1970-01-01T00:00:01.500Z',
          a: [1, 2],
          m: new Map([['k', 1]]),
          r: { EXPR$0: 1, EXPR$1: 'x' },
          nothing: null,
          bin: Uint8Array.of(0, 255),
        },
      },
    ]);
  });

  test('comes to its end though one batch of the input gives several of the changelog', async () => {
    writeFileSync(join(folder, 'numbers'), '1\n'.repeat(60_000));
    const sql = `CREATE TABLE numbers (n INT) WITH ('connector' = 'filesystem', 'path' = '${join(folder, 'numbers')}', 'format' = 'csv');
      SELECT COUNT(*) AS n FROM numbers;`;
    let last = 0n;
    let count = 0;
    for await (const { row } of query<{ n: bigint }>(sql, { store })) {
      last = row.n;
      // Until the query pauses: in the middle of a batch.
      if (++count === 1) await sleep(100);
    }
    expect({ last, count }).toEqual({ last: 60_000n, count: 119_999 });
  });

  test('an endless query is stopped by leaving the loop, and pauses while nobody takes its rows', async () => {
    const sql = `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
      'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '1000000000'); SELECT n FROM numbers;`;
    let next = 1n;
    for await (const { row } of query<{ n: bigint }>(sql, { store })) {
      expect(row.n).toBe(next++);
      if (next > 30_000n) break;
    }
    expect(next).toBe(30_001n);
  });

  test('refuses mistakes and what is no query', async () => {
    const first = async (sql: string) => query(sql, { store }).next();
    await expect(first('SELECT x')).rejects.toThrow(ProblemsError);
    await expect(first(`${cities()} SELECT 1; SELECT 2;`)).rejects.toThrow('a query is one SELECT');
    await expect(
      first(`CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', 'path' = '/nowhere', 'format' = 'csv'); SELECT a FROM t;`),
    ).rejects.toThrow(RunError);
  });
});

const COUNT = `
  CREATE TABLE input (line STRING) WITH ('connector' = 'kafka', 'topic' = 'input', 'properties.bootstrap.servers' = 'localhost:9092',
    'scan.startup.mode' = 'earliest-offset', 'format' = 'raw');
  CREATE TABLE output (line STRING, n BIGINT, PRIMARY KEY (line) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'output',
    'properties.bootstrap.servers' = 'localhost:9092', 'key.format' = 'raw', 'value.format' = 'json');
  INSERT INTO output SELECT line, COUNT(*) FROM input GROUP BY line;`;
const COPY = (lines: string): string => `
  CREATE TABLE lines (line STRING) WITH ('connector' = 'filesystem', 'path' = '${lines}', 'format' = 'raw');
  CREATE TABLE input (line STRING) WITH ('connector' = 'kafka', 'topic' = 'input', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'raw');
  INSERT INTO input SELECT line FROM lines;`;

const feedTopic = async (text: string): Promise<void> => {
  await (
    await run(COPY(file('lines.txt', text)), { local: true, store, fresh: true })
  ).done;
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('run', () => {
  test('a pipeline runs, tells its status, stops and goes on', async () => {
    const path = file('count.sql', COUNT);
    await feedTopic('a\nb\na\n');
    const first = await run({ file: path }, { local: true, store });
    await until(() => first.status().recordsIn === 3);
    expect(first.status()).toMatchObject({ state: 'running', recordsIn: 3, malformed: 0 });
    await first.stop();
    expect(await first.done).toBe('stopped');
    await feedTopic('a\n');
    const second = await run({ file: path }, { local: true, store });
    await until(() => second.status().recordsIn === 4);
    await second.stop();
    const messages = await Array.fromAsync(readTopic('output', { store }));
    expect(messages.map(({ key, value }) => [key, value])).toEqual([
      ['a', '{"line":"a","n":1}'],
      ['b', '{"line":"b","n":1}'],
      ['a', '{"line":"a","n":2}'],
      ['a', '{"line":"a","n":3}'],
    ]);
  });

  test('a savepoint starts the same pipeline from that moment, as often as one likes', async () => {
    const path = file('count.sql', COUNT);
    const savepoint = join(folder, 'save.db');
    await feedTopic('a\na\n');
    const pipeline = await run({ file: path }, { local: true, store });
    await until(() => pipeline.status().recordsIn === 2);
    await pipeline.savepoint(savepoint);
    await expect(pipeline.savepoint(savepoint)).rejects.toThrow('is there already');
    await feedTopic('a\n');
    await until(() => pipeline.status().recordsIn === 3);
    await pipeline.stop();
    for (const again of [1, 2]) {
      const resumed = await run({ file: path }, { local: true, store, fromSavepoint: savepoint });
      await until(() => resumed.status().recordsIn === 3);
      await resumed.stop();
      const values = (await Array.fromAsync(readTopic('output', { store }))).map(({ value }) => value);
      expect(values.slice(3 + again - 1)).toEqual(['{"line":"a","n":3}']);
    }
    await expect(run({ file: path }, { local: true, store, fromSavepoint: join(folder, 'none.db') })).rejects.toThrow(
      'no savepoint',
    );
  });

  test('mistakes are told before anything starts', async () => {
    await expect(run('INSERT INTO nowhere SELECT 1')).rejects.toThrow(ProblemsError);
    await expect(run({ file: join(folder, 'missing.sql') })).rejects.toThrow('there is no file');
  });
});

describe('readTopic', () => {
  test('gives key, value, offset and time, and follows what comes', async () => {
    await feedTopic('one\ntwo\n');
    const seen: string[] = [];
    for await (const { offset, value, key, timestamp } of readTopic('input', { store, follow: true })) {
      expect(key).toBeNull();
      expect(timestamp).toBeGreaterThan(1e12);
      seen.push(`${offset} ${value}`);
      if (offset === 1) await feedTopic('three\n');
      if (offset === 2) break;
    }
    expect(seen).toEqual(['0 one', '1 two', '2 three']);
  });

  test('refuses a wrong option', async () => {
    await expect(readTopic('no such topic', { store }).next()).rejects.toThrow('cannot be the name of a topic');
  });
});

describe('testPipeline', () => {
  test('feeds rows to a pipeline and collects what its sinks get', async () => {
    const pipeline = await testPipeline({ file: 'pipelines/weather.sql' });
    pipeline.feed('iot_msg', [
      { client: 'device1', ts: '2024-05-12 02:11:37', temperature: 19, humidity: 57 },
      { client: 'device1', ts: '2024-05-12 02:11:39', temperature: 21, humidity: 59 },
    ]);
    await pipeline.settle();
    expect(pipeline.rows('es_sink')).toEqual([]);
    pipeline.feed('iot_msg', [{ client: 'device1', ts: '2024-05-12 02:12:06', temperature: 30, humidity: 60 }]);
    await pipeline.settle();
    expect(pipeline.rows('es_sink')).toEqual([
      {
        kind: '+I',
        row: {
          client: 'device1',
          row_date: '2024-05-12',
          row_time: '02:11',
          avg_temp: 20,
          avg_hum: 58,
          window_start: '2024-05-12T02:11',
          window_end: '2024-05-12T02:12',
        },
      },
    ]);
    await pipeline.finish();
    expect(pipeline.rows('es_sink')).toHaveLength(2);
  });

  test('takes raw messages, with key and timestamp, and counts malformed ones', async () => {
    const pipeline = await testPipeline({ file: 'pipelines/cities.sql' });
    pipeline.send('input', ['Budapest, 30', 'nonsense', { value: 'Budapest, 40', timestamp: 1000 }, 'Budapest, 37']);
    await pipeline.finish();
    const averages = pipeline.rows<{ city: string; avg_temp: number; readings: bigint }>('output_avg');
    expect(averages.map(({ row }) => row.avg_temp)).toEqual([30, 35, 35.67]);
    expect(pipeline.rows('input_errors')).toMatchObject([{ row: { line: 'nonsense', reason: 'there is no comma' } }]);
    expect(pipeline.rows('output_max')).toMatchObject([{ row: { city: 'Budapest', max_temp: 40 } }]);
    const weather = await testPipeline({ file: 'pipelines/weather.sql' });
    weather.send('iot_msg', ['{broken', '{"client": 1']);
    await weather.finish();
    expect(weather.status().malformed).toBe(2);
  });

  test('a bare SELECT and tables without a format', async () => {
    const pipeline = await testPipeline(
      `CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen'); SELECT SUM(n) AS total FROM numbers;`,
    );
    pipeline.feed('numbers', [{ n: 1 }, { n: 2 }]);
    await pipeline.finish();
    expect(pipeline.rows().at(-1)).toEqual({ kind: '+U', row: { total: 3 } });
    expect(() => pipeline.send('numbers', ['1'])).toThrow('has no format');
  });

  test('says what is wrong with what was fed', async () => {
    const pipeline = await testPipeline({ file: 'pipelines/weather.sql' });
    expect(() => pipeline.feed('iot_ms', [])).toThrow('no table "iot_ms" is read');
    expect(() => pipeline.feed('iot_msg', [{ cliet: 'x' }])).toThrow('has no column "cliet"');
    expect(() => pipeline.feed('iot_msg', [{ temperature: 'warm' }])).toThrow('is DOUBLE, which cannot hold "warm" (row 0)');
    expect(() => pipeline.rows('es_snk')).toThrow('no table "es_snk" is written');
    await pipeline.finish();
  });
});
