// Upsert sinks: what is left of updates after a filter, over more rows than a batch holds.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compile } from '../../../src/compile/compile.ts';
import { LocalStore } from '../../../src/connectors/local/store.ts';
import { Job } from '../../../src/run/job.ts';

test('an index holds exactly the groups that a HAVING lets through, after 20 000 rows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-updates-'));
  const store = LocalStore.open(join(folder, 'isobar.db'), { now: () => 0 });
  try {
    const totals = new Map<number, number>();
    const lines = Array.from({ length: 20_000 }, (_, i) => {
      const k = (i * 7919) % 257;
      const n = ((i * 104_729) % 201) - 100;
      totals.set(k, (totals.get(k) ?? 0) + n);
      return JSON.stringify({ k, n });
    });
    mkdirSync(join(folder, 't'));
    writeFileSync(join(folder, 't', 'data'), lines.join('\n'));
    const text = `
      CREATE TABLE t (k INT, n INT) WITH ('connector' = 'filesystem', 'path' = '${join(folder, 't')}', 'format' = 'json');
      CREATE TABLE positive (k INT, total INT, PRIMARY KEY (k) NOT ENFORCED)
      WITH ('connector' = 'elasticsearch-7', 'hosts' = 'http://localhost:9200', 'index' = 'positive');
      INSERT INTO positive SELECT k, SUM(n) FROM t GROUP BY k HAVING SUM(n) > 0;`;
    const clock = { now: () => 0 };
    const plan = compile({ name: 'updates.sql', text }, { local: true });
    await new Job(plan, { clock, name: 'updates', local: true, store, print: () => undefined }).run();
    const documents = store.index.scan('positive').map(({ json }) => JSON.parse(json) as { k: number; total: number });
    const found = new Map(documents.map(({ k, total }) => [k, total]));
    const wanted = new Map([...totals].filter(([, total]) => total > 0));
    expect([...found].toSorted((a, b) => a[0] - b[0])).toEqual([...wanted].toSorted((a, b) => a[0] - b[0]));
    expect(wanted.size).toBeGreaterThan(0);
    expect(wanted.size).toBeLessThan(totals.size);
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
});
