// What a job writes into the local index, compared with what its SQL says, computed anew.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createJob } from '../../src/api/run.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import type { Job } from '../../src/run/job.ts';

let folder: string;
let store: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-index-'));
  store = join(folder, 'isobar.db');
});
afterEach(() => rmSync(folder, { recursive: true }));

const count = 2000;
const numbers = Array.from({ length: count }, (_, n) => n);

function opened<T>(action: (store: LocalStore) => T): T {
  const opened = LocalStore.open(store);
  try {
    return action(opened);
  } finally {
    opened.close();
  }
}

/** The numbers through `select` into an index. The clock stands still: no checkpoint falls due by time. */
function jobOf(select: string): Job {
  const blob = new RecordBlobBuilder();
  for (const n of numbers) {
    blob.appendValue(Buffer.from(String(n)));
    blob.end(0, true, false);
  }
  opened(({ topics }) => {
    topics.create('numbers');
    topics.append('numbers', 0, blob.finish());
  });
  const sql = `
    CREATE TABLE numbers (n INT) WITH (
      'connector' = 'kafka', 'topic' = 'numbers', 'properties.bootstrap.servers' = 'localhost:9092',
      'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'csv'
    );
    CREATE TABLE texts (id INT, padding STRING, PRIMARY KEY (id) NOT ENFORCED) WITH (
      'connector' = 'elasticsearch-7', 'hosts' = 'http://localhost:9200', 'index' = 'texts'
    );
    INSERT INTO texts ${select};`;
  return createJob(sql, { local: true, store }, { clock: { now: () => 0 }, maxBatchRows: 100 });
}

function documents(): { id: number; length: number }[] {
  const found = opened(({ index }) => index.scan('texts'));
  return found.map(({ id, json }) => {
    const { padding, ...rest } = JSON.parse(json) as { id: number; padding: string };
    expect(String(rest.id)).toBe(id);
    return { ...rest, length: padding.length };
  });
}

/** Up to ten kilobytes, and now and then up to half a megabyte, of one letter. */
const PADDING = `REPEAT('x', MOD(n * 7919, 500) * CASE WHEN MOD(n, 50) = 7 THEN 1000 ELSE 20 END)`;
const lengthOf = (n: number): number => ((n * 7919) % 500) * (n % 50 === 7 ? 1000 : 20);

test('documents of all sizes are written in their order', async () => {
  expect(await jobOf(`SELECT n, ${PADDING} FROM numbers`).run()).toBe('finished');
  expect(documents()).toEqual(numbers.map((n) => ({ id: n, length: lengthOf(n) })));
});

test('of an id that comes again the last document counts, and one that is taken back is gone', async () => {
  const select = `SELECT MOD(n, 170) AS id, MAX(${PADDING}) FROM numbers GROUP BY MOD(n, 170) HAVING COUNT(*) <> 12`;
  expect(await jobOf(select).run()).toBe('finished');
  const groups = Map.groupBy(numbers, (n) => n % 170);
  const kept = [...groups].filter(([, members]) => members.length !== 12);
  expect(documents().sort((a, b) => a.id - b.id)).toEqual(
    kept.map(([id, members]) => ({ id, length: Math.max(...members.map(lengthOf)) })),
  );
});

test('much output is not held back until a checkpoint falls due', async () => {
  const job = jobOf(`SELECT n, REPEAT('x', 5000) FROM numbers`);
  await job.run();
  expect(job.status().checkpoints).toBeGreaterThan(5);
  expect(documents()).toHaveLength(count);
});
