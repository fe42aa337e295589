// METADATA columns of Kafka tables, read and written, and watermarks with silent partitions, on real Flink and on Isobar.
import type { WrittenRecord } from './both-engines.ts';
import { compareEngines, type ComparedCase } from './compare-engines.ts';

const KAFKA = `'connector' = 'kafka', 'properties.bootstrap.servers' = 'KAFKA'`;
const WHOLE = `'topic' = 'in.a', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', 'format' = 'raw'`;
const HEADERS = 'headers MAP<STRING, BYTES> METADATA';
const TIME = `ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp'`;

const into = (columns: string, query: string, from = 'v STRING'): string => `
  CREATE TABLE source (${from}) WITH (${KAFKA}, ${WHOLE});
  CREATE TABLE sink (${columns}) WITH (${KAFKA}, 'topic' = 'out.o', 'format' = 'raw');
  INSERT INTO sink SELECT ${query} FROM source;`;
const print = (columns: string, printed: string): string => `
  CREATE TABLE source (${columns}) WITH (${KAFKA}, ${WHOLE});
  CREATE TABLE printed (${printed}) WITH ('connector' = 'print');
  INSERT INTO printed SELECT * FROM source;`;
const withHeaders: readonly WrittenRecord[] = [
  { value: 'a', headers: ['x=1', 'y', 'z='] },
  { value: 'b', headers: ['x=1', 'x=2', 'é=ü'] },
  { value: 'c' },
];
const ab: readonly WrittenRecord[] = [{ value: 'a' }, { value: 'b' }];

const reading = (second: number): WrittenRecord => ({ value: `{"ts":"1970-01-01 00:00:${String(second).padStart(2, '0')}"}` });
/**
 * Counts of ten seconds; the second partition stays empty. The first never falls silent: when both become idle at the same
 * moment, Flink's watermark stays where it was (`CombinedWatermarkStatus`).
 */
const counts = (set: string, option: string): Omit<ComparedCase, 'name'> => ({
  sql: `${set}
    CREATE TABLE source (ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
      WITH (${KAFKA}, 'topic' = 'in.a', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'${option});
    CREATE TABLE sink (c BIGINT, s TIMESTAMP(3)) WITH (${KAFKA}, 'topic' = 'out.o', 'format' = 'csv');
    INSERT INTO sink SELECT COUNT(*), window_start FROM TABLE(TUMBLE(TABLE source, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY window_start, window_end;`,
  topics: { 'in.a': { partitions: 2, records: [reading(1), reading(11), reading(21)] } },
  meanwhile: { 'in.a': [reading(21)] },
  stopAfter: 2,
  expected: { topics: { 'out.o': ['0 NULL => 1,"1970-01-01 00:00:00"', '0 NULL => 1,"1970-01-01 00:00:10"'] } },
});

const cases: ComparedCase[] = [
  {
    name: 'headers: NULL, empty, several of a name, none',
    sql: print(`v STRING, ${HEADERS}`, 'v STRING, h MAP<STRING, BYTES>'),
    topics: { 'in.a': withHeaders },
    expected: { printed: ['+I[a, {x=[49], y=null, z=[]}]', '+I[b, {x=[50], é=[-61, -68]}]', '+I[c, {}]'] },
  },
  {
    name: 'headers copied: what is NULL is left out',
    sql: into(`v STRING, ${HEADERS}`, '*', `v STRING, ${HEADERS}`),
    topics: { 'in.a': withHeaders },
    expected: { topics: { 'out.o': ['0 NULL => a {x=1, z=}', '0 NULL => b {x=2, é=ü}', '0 NULL => c'] } },
  },
  {
    name: 'headers made: no map, and NULL as a name',
    sql: into(
      `v STRING, ${HEADERS}`,
      `v, CASE WHEN v = 'a' THEN MAP[v, CAST(v AS BYTES), CAST(NULL AS STRING), CAST('n' AS BYTES)] END`,
    ),
    topics: { 'in.a': ab },
    expected: { topics: { 'out.o': ['0 NULL => a {a=a}', '0 NULL => b'] } },
  },
  {
    name: 'timestamps written: NULL is now, in a NOT NULL column too',
    sql: into(`v STRING, ${TIME.replace('(3)', '(3) NOT NULL')}`, `v, TO_TIMESTAMP_LTZ(CASE WHEN v = 'a' THEN 5000 END, 3)`),
    topics: { 'in.a': ab },
    expected: { topics: { 'out.o': ['0 @5000 NULL => a', '0 NULL => b'] } },
  },
  {
    name: 'timestamps before 1970 are refused',
    sql: into(`v STRING, ${TIME}`, 'v, TO_TIMESTAMP_LTZ(-5000, 3)'),
    topics: { 'in.a': ab },
    expected: { error: { flink: /Timestamp should always be non-negative or null/, isobar: /records have none before 1970/ } },
  },
  {
    name: 'topic, partition, offset, epoch, times',
    sql: print(
      `v STRING, topic STRING METADATA VIRTUAL, p BIGINT METADATA FROM 'partition', o INT METADATA FROM 'offset',
        e INT METADATA FROM 'leader-epoch' VIRTUAL, tt STRING METADATA FROM 'timestamp-type' VIRTUAL, ts STRING METADATA FROM 'timestamp'`,
      'v STRING, topic STRING, p BIGINT, o INT, e INT, tt STRING, ts STRING',
    ).replace("'in.a'", "'in.a;in.b'"),
    topics: {
      'in.a': [{ value: 'a', timestamp: 1_000_000_000_123 }],
      'in.b': { partitions: 2, records: [{ value: 'b', timestamp: 0, partition: 1 }] },
    },
    inAnyOrder: true,
    expected: {
      printed: [
        '+I[a, in.a, 0, 0, 0, CreateTime, 2001-09-09 01:46:40.123]',
        '+I[b, in.b, 1, 0, 0, CreateTime, 1970-01-01 00:00:00.000]',
      ],
    },
  },
  { name: 'a partition that never gave a row is passed over', ...counts(`SET 'table.exec.source.idle-timeout' = '1 s';`, '') },
  { name: 'the same by the table’s own option', ...counts('', `, 'scan.watermark.idle-timeout' = '1 s'`) },
];

compareEngines(cases);
