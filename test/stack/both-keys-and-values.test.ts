// Keys, values and what is NULL or missing in them, read and written by kafka and upsert-kafka, on real Flink and on Isobar.
import type { WrittenRecord } from './both-engines.ts';
import { compareEngines, type ComparedCase } from './compare-engines.ts';

const KAFKA = `'connector' = 'kafka', 'properties.bootstrap.servers' = 'KAFKA'`;
const UPSERT = `'connector' = 'upsert-kafka', 'properties.bootstrap.servers' = 'KAFKA'`;
const WHOLE = `'topic' = 'in.a', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'`;
const JSON_BOTH = `'key.format' = 'json', 'value.format' = 'json'`;
const EXCEPT_KEY = `, 'value.fields-include' = 'EXCEPT_KEY'`;

/** A table read, the same table written, and a copy of one into the other. */
const copy = (columns: string, options: string): string => `
  CREATE TABLE source (${columns}) WITH (${KAFKA}, ${WHOLE}, ${options});
  CREATE TABLE sink (${columns}) WITH (${KAFKA}, 'topic' = 'out.o', ${options});
  INSERT INTO sink SELECT * FROM source;`;
const upserts = (columns: string, query: string, to: string): string => `
  CREATE TABLE source (${columns}, PRIMARY KEY (k) NOT ENFORCED)
    WITH (${UPSERT}, 'topic' = 'in.a', 'scan.bounded.mode' = 'latest-offset', ${JSON_BOTH});
  ${to}
  ${query}`;
const printed = (columns: string): string => `CREATE TABLE printed (${columns}) WITH ('connector' = 'print');`;
const rows: readonly WrittenRecord[] = Array.from({ length: 6 }, (_, i) => ({ value: `{"k":${i % 3},"n":"ключ${i % 3}"}` }));
const changes: readonly WrittenRecord[] = [
  { key: '{"k":1}' },
  { key: '{"k":1}', value: '{"k":1,"n":"a","v":1}' },
  { key: '{"k":2}', value: '{"k":2,"n":"b","v":1}' },
  { key: '{"k":1}', value: '{"k":1,"n":"a","v":2}' },
  { key: '{"k":1}', value: '{"k":1,"n":"a","v":2}' },
  { key: '{"k":2}' },
  { key: '{"k":2}' },
  { key: '{"k":2}', value: '{"k":2,"n":"c","v":9}' },
];

const cases: ComparedCase[] = [
  {
    name: 'json: a column of both is the value’s; without a key or a value there is no row',
    sql: copy('k INT, v INT', `'key.format' = 'json', 'key.fields' = 'k', 'value.format' = 'json'`),
    topics: {
      'in.a': [
        { key: '{"k":1}', value: '{"k":2,"v":1}' },
        { value: '{"k":3,"v":3}' },
        { key: '', value: '{"k":4}' },
        { key: '{"k":5}' },
        { key: '{"k":6}', value: '' },
        { key: '{}', value: '{}' },
      ],
    },
    expected: { topics: { 'out.o': ['0 {"k":2} => {"k":2,"v":1}', '0 {"k":null} => {"k":null,"v":null}'] } },
  },
  {
    name: 'json: columns of the key alone',
    sql: copy('k INT, n STRING, v INT', `'key.format' = 'json', 'key.fields' = 'n;k', 'value.format' = 'json'${EXCEPT_KEY}`),
    topics: {
      'in.a': [{ key: '{"n":"x","k":1}', value: '{"v":1,"k":9}' }, { key: '{"k":1}', value: '{}' }, { value: '{"v":1}' }],
    },
    expected: { topics: { 'out.o': ['0 {"n":"x","k":1} => {"v":1}', '0 {"n":null,"k":1} => {"v":null}'] } },
  },
  {
    name: 'a prefix of the key’s columns',
    sql: copy(
      'k_id INT, id INT',
      `'key.format' = 'json', 'key.fields' = 'k_id', 'key.fields-prefix' = 'k_', 'value.format' = 'json'${EXCEPT_KEY}`,
    ),
    topics: {
      'in.a': [
        { key: '{"id":1}', value: '{"id":7}' },
        { key: '{"k_id":1}', value: '{"id":7}' },
      ],
    },
    expected: { topics: { 'out.o': ['0 {"id":1} => {"id":7}', '0 {"id":null} => {"id":7}'] } },
  },
  {
    name: 'malformed keys are left out where they are ignored, but for a single field',
    sql: copy(
      'k INT, v INT',
      `'key.format' = 'json', 'key.json.ignore-parse-errors' = 'true', 'key.fields' = 'k', 'value.format' = 'json'${EXCEPT_KEY}`,
    ),
    topics: {
      'in.a': [
        { key: 'x', value: '{"v":1}' },
        { key: '{"k":"q"}', value: '{"v":2}' },
        { key: '[]', value: '{"v":3}' },
      ],
    },
    expected: { topics: { 'out.o': ['0 {"k":null} => {"v":2}'] } },
  },
  {
    name: 'raw: NULL is a key and a value',
    sql: copy('k STRING, v STRING', `'key.format' = 'raw', 'key.fields' = 'k', 'value.format' = 'raw'${EXCEPT_KEY}`),
    topics: { 'in.a': [{ key: 'x', value: 'a' }, {}, { key: '', value: '' }, { key: 'y' }, { value: 'b' }] },
    expected: { topics: { 'out.o': ['0 x => a', '0 NULL => NULL', '0  => ', '0 y => NULL', '0 NULL => b'] } },
  },
  {
    name: 'csv: a value that is NULL is no row',
    sql: copy('k INT, n STRING', `'format' = 'csv'`),
    topics: { 'in.a': [{ value: '1,"a ""b"",c"' }, {}, { value: '2,' }] },
    expected: { topics: { 'out.o': ['0 NULL => 1,"a ""b"",c"', '0 NULL => 2,'] } },
  },
  {
    name: 'upserts as a changelog',
    sql: upserts('k INT, n STRING, v INT', 'INSERT INTO printed SELECT * FROM source;', printed('k INT, n STRING, v INT')),
    topics: { 'in.a': changes },
    expected: {
      printed: ['+I[1, a, 1]', '+I[2, b, 1]', '-U[1, a, 1]', '+U[1, a, 2]', '-D[2, b, 1]', '+I[2, c, 9]'],
    },
  },
  {
    name: 'upserts whose key differs in the value, or is missing',
    sql: upserts('k INT, n STRING', 'INSERT INTO printed SELECT * FROM source;', printed('k INT, n STRING')),
    topics: {
      'in.a': [{ key: '{"k":2}', value: '{"k":7,"n":"x"}' }, { key: '{"k":2}' }, { key: '{"k":7}' }, { value: '{"k":1}' }],
    },
    expected: { printed: ['+I[7, x]', '-D[7, x]'] },
  },
  {
    name: 'an update of a column that nobody reads is none; groups that vanish are deleted',
    sql: upserts(
      'k INT, n STRING, v INT',
      'INSERT INTO sink SELECT n, COUNT(*) FROM source GROUP BY n;',
      `CREATE TABLE sink (n STRING, c BIGINT, PRIMARY KEY (n) NOT ENFORCED) WITH (${UPSERT}, 'topic' = 'out.o', ${JSON_BOTH});`,
    ),
    topics: { 'in.a': changes },
    expected: {
      topics: {
        'out.o': [
          '0 {"n":"a"} => {"n":"a","c":1}',
          '0 {"n":"b"} => {"n":"b","c":1}',
          '0 {"n":"b"} => NULL',
          '0 {"n":"c"} => {"n":"c","c":1}',
        ],
      },
    },
  },
  {
    name: 'a key of several columns, in its own order',
    sql: `CREATE TABLE source (k INT, n STRING) WITH (${KAFKA}, ${WHOLE}, 'format' = 'json');
      CREATE TABLE sink (c BIGINT, n STRING, k INT, PRIMARY KEY (k, n) NOT ENFORCED)
        WITH (${UPSERT}, 'topic' = 'out.o', 'key.format' = 'csv', 'value.format' = 'json'${EXCEPT_KEY});
      INSERT INTO sink SELECT COUNT(*), n, k FROM source GROUP BY n, k;`,
    topics: { 'in.a': rows.slice(0, 4) },
    expected: {
      topics: { 'out.o': ['0 0,ключ0 => {"c":1}', '0 1,ключ1 => {"c":1}', '0 2,ключ2 => {"c":1}', '0 0,ключ0 => {"c":2}'] },
    },
  },
  {
    name: 'of buffered upserts the last of each key is written',
    sql: `CREATE TABLE source (k INT, n STRING) WITH (${KAFKA}, ${WHOLE}, 'format' = 'json');
      CREATE TABLE sink (k INT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH (${UPSERT}, 'topic' = 'out.o', ${JSON_BOTH},
        'sink.buffer-flush.max-rows' = '1000', 'sink.buffer-flush.interval' = '10 s');
      INSERT INTO sink SELECT k, COUNT(*) FROM source GROUP BY k;`,
    topics: { 'in.a': rows },
    inAnyOrder: true,
    expected: { topics: { 'out.o': [0, 1, 2].map((k) => `0 {"k":${k}} => {"k":${k},"c":2}`) } },
  },
  {
    name: 'a key has the same partition on both',
    sql: `CREATE TABLE source (k INT, n STRING) WITH (${KAFKA}, ${WHOLE}, 'format' = 'json');
      CREATE TABLE sink (k INT, n STRING) WITH (${KAFKA}, 'topic' = 'out.o', 'format' = 'csv', 'key.format' = 'raw', 'key.fields' = 'n');
      INSERT INTO sink SELECT * FROM source;`,
    topics: { 'in.a': rows.slice(0, 3) },
    outputs: { 'out.o': 7 },
    expected: { topics: { 'out.o': ['0 ключ0 => 0,ключ0', '0 ключ1 => 1,ключ1', '2 ключ2 => 2,ключ2'] } },
  },
  {
    name: 'the fixed partitioner writes all of one task into one partition',
    sql: `CREATE TABLE source (k INT, n STRING) WITH (${KAFKA}, ${WHOLE}, 'format' = 'json');
      CREATE TABLE sink (k INT) WITH (${KAFKA}, 'topic' = 'out.o', 'format' = 'csv', 'sink.partitioner' = 'fixed');
      INSERT INTO sink SELECT k FROM source;`,
    topics: { 'in.a': rows.slice(0, 3) },
    outputs: { 'out.o': 3 },
    expected: { topics: { 'out.o': ['0 NULL => 0', '0 NULL => 1', '0 NULL => 2'] } },
  },
];

compareEngines(cases);
