// Documents that the elasticsearch-7 connector writes, on real Flink and on Isobar: ids, indices, and the JSON of each type.
import { compareEngines, type ComparedCase } from './compare-engines.ts';

const COLUMNS = `k INT, b BIGINT, f FLOAT, v DOUBLE, d DECIMAL(20, 5), t BOOLEAN, n STRING, da DATE, tm TIME, ts TIMESTAMP(3),
  tl TIMESTAMP_LTZ(3), a ARRAY<INT>, r ROW<x INT, y STRING>, m MAP<STRING, INT>, \`by\` BYTES`;
const first = {
  ...{ k: 1, b: 4, f: 1.5, v: 1e-7, d: 1.5, t: true, n: 'é"/\\x', da: '2024-01-05', tm: '12:34:56', ts: '2024-01-05 01:02:03.5' },
  ...{ tl: '2024-01-05 01:02:03Z', a: [1, null], r: { x: 1, y: 'q' }, m: { p: 1 }, by: 'QUI=' },
};
const second = {
  ...first,
  k: 2,
  v: 1e21,
  f: 3.4e38,
  n: '',
  da: '1969-12-31',
  tm: '12:34:00',
  ts: '2024-01-05 00:00:00',
  a: [],
  m: {},
};
const FIRST =
  '"b":4,"f":1.5,"v":1.0E-7,"d":1.5,"t":true,"n":"é\\"/\\\\x","da":"2024-01-05","tm":"12:34:56","ts":"2024-01-05 01:02:03.5","tl":"2024-01-05 01:02:03Z","a":[1,null],"r":{"x":1,"y":"q"},"m":{"p":1},"by":"QUI="}';
const SECOND =
  '"b":4,"f":3.4E38,"v":1.0E21,"d":1.5,"t":true,"n":"","da":"1969-12-31","tm":"12:34:00","ts":"2024-01-05 00:00:00","tl":"2024-01-05 01:02:03Z","a":[],"r":{"x":1,"y":"q"},"m":{},"by":"QUI="}';
const NULLS =
  '"b":null,"f":null,"v":null,"d":null,"t":null,"n":null,"da":null,"tm":null,"ts":null,"tl":null,"a":null,"r":null,"m":null,"by":null}';

/** Copies rows of all types into an index. */
function copy(index: string, key: string, where = 'k < 3', options = ''): Pick<ComparedCase, 'sql' | 'topics'> {
  return {
    sql: `CREATE TABLE source (${COLUMNS}) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'KAFKA', 'topic' = 'in.a',
        'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'json');
      CREATE TABLE docs (${COLUMNS}, PRIMARY KEY (${key}) NOT ENFORCED)
        WITH ('connector' = 'elasticsearch-7', 'hosts' = 'ELASTICSEARCH', 'index' = '${index}'${options});
      INSERT INTO docs SELECT * FROM source WHERE ${where};`,
    topics: { 'in.a': [first, second, { k: 3 }].map((row) => ({ value: JSON.stringify(row) })) },
  };
}

const ids = (key: string, id: string, options = ''): ComparedCase => ({
  name: `the id of ${key}${options}`,
  ...copy('index.x', key, 'k = 1', options),
  expected: { documents: [`index.x/${id} {"k":1,${FIRST}`] },
});
const indices = (pattern: string, one: string, two: string): ComparedCase => ({
  name: `the index ${pattern}`,
  ...copy(`index.x-${pattern}`, 'k'),
  expected: { documents: [`index.x-${one}/1 {"k":1,${FIRST}`, `index.x-${two}/2 {"k":2,${SECOND}`].sort() },
});
const month = new Date().toISOString().slice(0, 7);

compareEngines([
  {
    name: 'all types, and NULL',
    ...copy('index.x', 'k', 'TRUE'),
    expected: { documents: [`index.x/1 {"k":1,${FIRST}`, `index.x/2 {"k":2,${SECOND}`, `index.x/3 {"k":3,${NULLS}`] },
  },
  ids('n, k', 'é"/\\x_1'),
  ids('k, da, t', '1$2024-01-05$true', `, 'document-id.key-delimiter' = '$'`),
  ids('ts, tm', '2024-01-05T01:02:03.500_12:34:56'),
  ids('tl, d', '2024-01-05T01:02:03_1.50000'),
  ids('v, f', '1.0E-7_1.5'),
  indices('{da|yyyy-MM-dd}', '2024-01-05', '1969-12-31'),
  indices('{ts|yyyy.MM.dd-HH}', '2024.01.05-01', '2024.01.05-00'),
  indices('{tm|HH-mm}', '12-34', '12-34'),
  indices('{k}', '1', '2'),
  indices('{da}', '19727', '-1'),
  indices('{now()|yyyy-MM}', month, month),
  {
    name: 'updates and deletes',
    sql: `CREATE TABLE source (k INT, n STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'in.a',
        'properties.bootstrap.servers' = 'KAFKA', 'scan.bounded.mode' = 'latest-offset', 'key.format' = 'json', 'value.format' = 'json');
      CREATE TABLE docs (n STRING, c BIGINT, PRIMARY KEY (n) NOT ENFORCED)
        WITH ('connector' = 'elasticsearch-7', 'hosts' = 'ELASTICSEARCH', 'index' = 'index.x');
      INSERT INTO docs SELECT n, COUNT(*) FROM source GROUP BY n;`,
    topics: {
      'in.a': [
        { key: '{"k":1}', value: '{"k":1,"n":"a"}' },
        { key: '{"k":2}', value: '{"k":2,"n":"b"}' },
        { key: '{"k":3}', value: '{"k":3,"n":"b"}' },
        { key: '{"k":1}', value: '{"k":1,"n":"b"}' },
        { key: '{"k":3}' },
      ],
    },
    expected: { documents: ['index.x/b {"n":"b","c":2}'] },
  },
]);
