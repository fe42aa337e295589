// The elasticsearch-7 sink on real servers: the same documents as in the local index, by plain HTTP, whatever happens to the server.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { compile } from '../../src/compile/compile.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { Job } from '../../src/run/job.ts';
import { cacheFolder } from './cache-folder.ts';
import { newerJava } from './newer-java.ts';
import { startElasticsearch, type ElasticsearchServer } from './elasticsearch-server.ts';

/** 9 where there is a Java that it runs on. */
const VERSIONS = ['7.10.2', '8.19.0', ...(newerJava() === undefined ? [] : ['9.5.3'])];

const TABLES = `
CREATE TABLE reading (client STRING, ts TIMESTAMP(3), temperature DOUBLE, n BIGINT, price DECIMAL(10, 2), tags ARRAY<STRING>,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'filesystem', 'path' = 'FOLDER/in.jsonl', 'format' = 'json');
CREATE TABLE window_average (client STRING, row_date DATE, row_time TIME(0), average DOUBLE, window_start TIMESTAMP(3),
  PRIMARY KEY (client, window_start) NOT ENFORCED) WITH ('connector' = 'elasticsearch-7', 'hosts' = 'URL', 'index' = 'averages');
CREATE TABLE latest (client STRING, readings BIGINT, hottest DOUBLE, PRIMARY KEY (client) NOT ENFORCED)
  WITH ('connector' = 'elasticsearch-7', 'hosts' = 'URL', 'index' = 'running', 'sink.bulk-flush.max-actions' = '7');
CREATE TABLE by_day (client STRING, ts TIMESTAMP(3), n BIGINT, price DECIMAL(10, 2), tags ARRAY<STRING>, PRIMARY KEY (n) NOT ENFORCED)
  WITH ('connector' = 'elasticsearch-7', 'hosts' = 'URL', 'index' = 'by-day-{ts|yyyy-MM-dd}');
INSERT INTO window_average SELECT client, CAST(window_start AS DATE), CAST(window_start AS TIME(0)), AVG(temperature), window_start
FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY client, window_start, window_end;
INSERT INTO latest SELECT client, COUNT(*), MAX(temperature) FROM reading GROUP BY client;
INSERT INTO by_day SELECT client, ts, n, price, tags FROM reading;
`;
const ROWS = 3000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-es-test-'));
  const lines = Array.from({ length: ROWS }, (_, i) => {
    const ts = new Date(Date.UTC(2024, 0, 1, 23) + i * 2000).toISOString().replace('T', ' ').slice(0, 23);
    return `{"client":"Zürich ${i % 5}","ts":"${ts}","temperature":${(i * 37) % 350}.${i % 10},"n":${9007199254740992n + BigInt(i)},"price":${i}.25,"tags":["a","b\\n${i}"]}\n`;
  });
  writeFileSync(join(folder, 'in.jsonl'), lines.join(''));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(sql: string, local: boolean, store: string, url = ''): Promise<string[]> {
  const said: string[] = [];
  const text = sql.replaceAll('FOLDER', folder).replaceAll('URL', url || 'http://localhost:9200');
  const plan = compile({ name: 'test.sql', text }, { local });
  const job = new Job(plan, { clock: systemClock, name: 'test', local, store, print: () => {}, say: (line) => said.push(line) });
  await job.run();
  return said;
}

/** Documents by id, as text: numbers keep all their digits. */
type Documents = Map<string, string>;

async function documentsAt(url: string, index: string): Promise<Documents> {
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  const answer = await fetch(`${url}/${index}/_search?size=10000&filter_path=hits.hits._id,hits.hits._source`);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  const hits = [...text.matchAll(/\{"_id":("(?:[^"\\]|\\.)*"),"_source":(\{.*?\})\}(?=,\{"_id"|\]\}\})/gs)];
  return new Map(hits.map(([, id, source]) => [JSON.parse(id) as string, source]));
}

function localDocuments(path: string): Map<string, Documents> {
  const store = LocalStore.open(path, systemClock);
  try {
    const { index } = store;
    return new Map(index.names().map((name) => [name, new Map(index.scan(name).map(({ id, json }) => [id, json]))]));
  } finally {
    store.close();
  }
}

const countAt = async (url: string, index: string): Promise<number> => {
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  return ((await (await fetch(`${url}/${index}/_count`)).json()) as { count: number }).count;
};

describe.each(VERSIONS)('Elasticsearch %s', (version) => {
  let server: ElasticsearchServer;
  let number = 0;
  const freshStore = (): string => join(folder, `${version}-${number++}.db`);
  beforeAll(async () => {
    mkdirSync(join(folder, version));
    server = await startElasticsearch({ version, cache: cacheFolder(), folder: join(folder, version) });
  });
  afterAll(() => server?.stop());

  test('has the documents that the local index has, also after a second run', async () => {
    const store = freshStore();
    await run(TABLES, true, store);
    const local = localDocuments(store);
    expect([...local.keys()]).toEqual(['averages', 'by-day-2024-01-01', 'by-day-2024-01-02', 'running']);
    for (let times = 0; times < 2; times++) {
      expect(await run(TABLES, false, freshStore(), server.url)).toEqual([]);
      for (const [index, documents] of local) {
        const found = await documentsAt(server.url, index);
        expect(found, index).toEqual(documents);
      }
    }
  });

  test('knows times as dates and the text of keys as keywords', async () => {
    const search = async (index: string, query: object): Promise<Record<string, unknown>> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${server.url}/${index}/_search?size=0`, {
        method: 'POST',
        headers,
        body: JSON.stringify(query),
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const aggregations = {
      days: { date_histogram: { field: 'window_start', calendar_interval: 'day' } },
      dates: { date_histogram: { field: 'row_date', calendar_interval: 'day' } },
      earliest: { min: { field: 'row_time' } },
      clients: { terms: { field: 'client' } },
    };
    const found = await search('averages', { aggs: aggregations });
    expect(found).toMatchObject({
      aggregations: {
        days: { buckets: [{ key_as_string: '2024-01-01 00:00:00.000' }, { key_as_string: '2024-01-02 00:00:00.000' }] },
        dates: { buckets: [{ key_as_string: '2024-01-01' }, { key_as_string: '2024-01-02' }] },
        earliest: { value: 0, value_as_string: '00:00:00' },
      },
    });
    const clients = (found.aggregations as { clients: { buckets: { key: string }[] } }).clients.buckets.map(({ key }) => key);
    expect(clients.sort()).toEqual([0, 1, 2, 3, 4].map((i) => `Zürich ${i}`));
    // Kibana asks in this form, whatever that of the field is.
    const lastDay = { range: { window_start: { gte: '2024-01-02T00:00:00.000Z', format: 'strict_date_optional_time' } } };
    expect(await search('averages', { query: lastDay })).toMatchObject({ hits: { total: { value: 200 } } });
  });

  test('reports a document that does not fit the mapping, and the job fails', async () => {
    const mappings = { properties: { client: { type: 'integer' } } };
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/numbers`, { method: 'PUT', headers, body: JSON.stringify({ mappings }) });
    const sql = `
      CREATE TABLE numbers (n INT, client STRING, PRIMARY KEY (n) NOT ENFORCED)
      WITH ('connector' = 'elasticsearch-7', 'hosts' = 'URL', 'index' = 'numbers');
      INSERT INTO numbers VALUES (1, '12'), (2, 'twelve'), (3, '13');`;
    await expect(run(sql, false, freshStore(), server.url)).rejects.toMatchObject({
      code: 'ELASTICSEARCH_REJECTED',
      message: expect.stringMatching(
        /document "2" of index "numbers" \(400\): .*failed to parse field \[client\].*twelve/,
      ) as string,
    });
    const ignoring = sql.replace(`'index' =`, `'failure-handler' = 'ignore', 'index' =`);
    expect((await run(ignoring, false, freshStore(), server.url)).at(-1)).toBe('1 documents were rejected and left out');
    expect(await countAt(server.url, 'numbers')).toBe(2);
  });

  test('killed and started again in the middle has lost and doubled nothing', async () => {
    const rows = 20_000;
    const tables = ['PRIMARY KEY (n) NOT ENFORCED', ''].map(
      (key, i) => `
      CREATE TABLE out${i} (n BIGINT${key && `, ${key}`}) WITH ('connector' = 'elasticsearch-7', 'hosts' = 'URL', 'index' = 'killed${i}');`,
    );
    const sql = `
      CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '${rows}', 'rows-per-second' = '4000',
        'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '${rows}');
      ${tables.join('')}
      INSERT INTO out0 SELECT n FROM numbers;
      INSERT INTO out1 SELECT n FROM numbers;`;
    const running = run(sql, false, freshStore(), server.url);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await server.restart();
    const said = await running;
    expect(said.filter((line) => line.includes('waiting')).length).toBeGreaterThan(0);
    expect(said.filter((line) => line.includes('is back')).length).toBeGreaterThan(0);
    expect([await countAt(server.url, 'killed0'), await countAt(server.url, 'killed1')]).toEqual([rows, rows]);
  });
});
