// A job that fails says where in the file: at the table that cannot be read or written, or at the statement that computes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hideSecrets } from '../../src/base/hide-secrets.ts';
import { ProblemsError, renderFailure, RunError } from '../../src/base/problem.ts';
import { compile } from '../../src/compile/compile.ts';
import type { Connector, Sink } from '../../src/connectors/connector.ts';
import { Job, type JobOptions } from '../../src/run/job.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-places-'));
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in', 'data.jsonl'), '{"n":1}\n{"n":0}\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (table: string, path: string): string =>
  `CREATE TABLE ${table} (n INT) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');`;

/** The first line of what is shown, and the text that is marked. */
async function failureOf(sql: string, options: Partial<JobOptions> = {}): Promise<[line: string, marked: string | undefined]> {
  const failure = await failing(sql, options);
  const [line] = renderFailure(failure).replaceAll(folder, '').split('\n');
  const [text, carets] = failure.location?.excerpt.split('\n') ?? [];
  return [line, text?.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)];
}

async function failing(sql: string, options: Partial<JobOptions>): Promise<RunError> {
  const plan = compile({ name: 'job.sql', text: sql }, { local: false });
  const store = join(folder, 'isobar.db');
  const job = new Job(plan, { clock: { now: () => 0 }, name: 'job', local: false, store, print: () => {}, ...options });
  const failure = await job.run().then(
    () => Promise.reject(new Error('has not failed')),
    (error: unknown) => error as RunError,
  );
  expect(failure).toBeInstanceOf(RunError);
  return failure;
}

const CALLS = ['open', 'write', 'flush', 'commit', 'committed', 'check', 'snapshot', 'pendingBytes'] as const;

/** The outside failing at one call of a sink. */
const failingAt = (call: (typeof CALLS)[number]): Partial<JobOptions> => {
  const refuse = (): never => {
    throw new RunError('REFUSED', `refused at ${call}`);
  };
  const sink: Sink = {
    open: async () => {},
    write: async () => {},
    flush: async () => {},
    close: async () => {},
    [call]: ['check', 'commit', 'snapshot', 'pendingBytes'].includes(call) ? refuse : async () => refuse(),
  };
  const connector = { createSink: () => sink } as unknown as Connector;
  return { replace: (table) => (table.name === 'refused' ? connector : undefined) };
};

test('a source that is not there', async () => {
  const sql = `${file('present', `${folder}/in`)}\n${file('missing', `${folder}/none`)}\n
    SELECT n FROM present UNION ALL SELECT n FROM missing;`;
  expect(await failureOf(sql)).toEqual([
    'job.sql:2:14: error[FILE_READ]: cannot read /none: there is no such file or folder',
    'missing',
  ]);
});

test('a source that an OPTIONS hint has led astray', async () => {
  const sql = `${file('present', `${folder}/in`)}\nSELECT n FROM present /*+ OPTIONS('path' = '${folder}/none') */;`;
  const [line, marked] = await failureOf(sql);
  expect(line).toBe('job.sql:2:15: error[FILE_READ]: cannot read /none: there is no such file or folder');
  expect(marked).toMatch(/^present/);
});

test('a message that cannot be read', async () => {
  writeFileSync(join(folder, 'in', 'data.jsonl'), '{"n":1}\n{"n":"one"}\n');
  const [line, marked] = await failureOf(`${file('numbers', `${folder}/in`)}\nSELECT n FROM numbers;`);
  expect(line).toMatch(/^job\.sql:1:14: error\[MALFORMED_RECORD\]: .*\(file \/in\/data\.jsonl, line 2\)/);
  expect(marked).toBe('numbers');
});

test('a statement that divides by zero', async () => {
  const insert = 'INSERT INTO results SELECT 10 / n FROM numbers';
  const sql = `${file('numbers', `${folder}/in`)}\nCREATE TABLE results (n INT) WITH ('connector' = 'print');\n${insert};`;
  const [line, marked] = await failureOf(sql);
  expect(line).toBe('job.sql:3:1: error[EVALUATION_FAILED]: division by zero');
  expect(marked).toBe(insert);
});

test.each(CALLS)('a sink that fails at %s', async (call) => {
  const sql = `${file('numbers', `${folder}/in`)}
CREATE TABLE taken (n INT) WITH ('connector' = 'blackhole');
CREATE TABLE refused (n INT) WITH ('connector' = 'print');
INSERT INTO taken SELECT n FROM numbers;
INSERT INTO refused SELECT n FROM numbers;
SET 'execution.checkpointing.interval' = '1 s';`;
  expect(await failureOf(sql, failingAt(call))).toEqual([`job.sql:3:14: error[REFUSED]: refused at ${call}`, 'refused']);
});

test('the local store is no single table’s', async () => {
  writeFileSync(join(folder, 'isobar.db'), 'no database at all, but long enough to look like one'.repeat(100));
  const sql = `CREATE TABLE t (n INT) WITH ('connector' = 'kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'k:9092',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');\nSELECT n FROM t;`;
  const [line, marked] = await failureOf(sql, { local: true });
  expect(line).toMatch(/^error\[STORE_NOT_A_DATABASE\]/);
  expect(marked).toBeUndefined();
});

describe('secrets in the file are not shown', () => {
  const JAAS = `org.apache.kafka.common.security.plain.PlainLoginModule required username="me" password="hush";`;
  const sql = `CREATE TABLE refused (n INT) WITH ('connector' = 'elasticsearch-7', 'hosts' = 'https://e:9200', 'index' = 'i', 'username' = 'me', 'password' = 'hush');
INSERT INTO refused VALUES (1);`;

  test('by a job that fails', async () => {
    const failure = await failing(sql, failingAt('open'));
    expect(renderFailure(failure)).toContain(`'username' = 'me', 'password' = '****'`);
    for (const shown of [inspect(failure), JSON.stringify(failure), failure.stack]) expect(shown).not.toContain('hush');
  });

  test('by a mistake', () => {
    const mistaken = sql.replace("'index'", `'properties.sasl.jaas.config' = '${JAAS}', 'indices'`);
    const mistake = thrownBy(() => compile({ name: 'job.sql', text: mistaken }, { local: false }));
    expect(mistake).toBeInstanceOf(ProblemsError);
    expect((mistake as Error).message).toContain('CREATE TABLE refused');
    for (const shown of [inspect(mistake), JSON.stringify(mistake)]) expect(shown).not.toContain('hush');
  });

  test.each([
    ["'password' = 'it''s hush', 'x' = 'y'", "'password' = '**''* ****', 'x' = 'y'"],
    [
      `'properties.sasl.jaas.config' = 'Module required\n  password="hush";'`,
      `'properties.sasl.jaas.config' = '****** ********\n  *********"****"*'`,
    ],
    ["'properties.ssl.keystore.key'='hush that goes on", "'properties.ssl.keystore.key'='**** **** **** **"],
    ["'passwrod' = 'hush'", "'passwrod' = '****'"],
    ['"password" = "hush"', '"password" = "****"'],
    ["password = 'hush'", "password = '****'"],
    ["'password' 'hush'", "'password' '****'"],
    ["'password' = hush, 'x'", "'password' = ****, 'x'"],
    ["'password' =\n  'hush', 'index' = 'i'", "'password' =\n  '****', 'index' = 'i'"],
    ["'password' /* of mine */ = -- yes\n 'hush'", "'password' /* of mine */ = -- yes\n '****'"],
    ["'x' = 'open, 'password' = 'hush'", "'x' = 'open, 'password' = '****'"],
    [`'config' = 'username="me" password="hu\\"sh";'`, `'config' = 'username="me" password="***"**";'`],
    ["'hosts' = 'https://me:hush@e:9200;https://f:9200'", "'hosts' = 'https://me:****@e:9200;https://f:9200'"],
    ["'hosts' = 'https://me:hu@sh@e:9200'", "'hosts' = 'https://me:*****@e:9200'"],
    ["'basic-auth.user-info' = 'me:hush'", "'basic-auth.user-info' = '*******'"],
    ["SELECT password, token FROM t WHERE name = 'password' AND token = 'x'", undefined],
    ["SELECT 'password', 'x', secret FROM t", undefined],
  ])('%s', (sql, shown) => {
    expect(hideSecrets(sql).text).toBe(shown ?? sql);
    expect(hideSecrets(sql).text.length).toBe(sql.length);
  });

  test('in what a mistake says', () => {
    const mistake = thrownBy(() =>
      compile({ name: 'job.sql', text: sql.replace("'password' =", 'password =') }, { local: false }),
    );
    expect((mistake as Error).message).toMatch(/SQL_SYNTAX/);
    expect((mistake as Error).message).not.toContain('hush');
  });

  test.each(["SELECT 'token token ", "'password", 'password ', "/*'", `"'`, '://a:'])('in no time: %s', (repeated) => {
    const long = repeated.repeat(200_000);
    expect(hideSecrets(long).text.length).toBe(long.length);
  });
});

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
