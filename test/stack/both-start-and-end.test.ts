// Where a Kafka source begins and ends, on real Flink and on Isobar: offsets that are there, that are not, and that were deleted.
import type { WrittenRecord } from './both-engines.ts';
import { compareEngines, type ComparedCase } from './compare-engines.ts';

/** Copies `in.a` into `out.o`, with these options of the source; `null` leaves one out. */
function copy(options: Readonly<Record<string, string | null>>): string {
  const all = {
    connector: 'kafka',
    topic: 'in.a',
    'properties.bootstrap.servers': 'KAFKA',
    'properties.group.id': 'readers.g',
    format: 'raw',
    'scan.bounded.mode': 'latest-offset',
    ...options,
  };
  const list = Object.entries(all).flatMap(([key, value]) => (value === null ? [] : [`'${key}' = '${value}'`]));
  return `CREATE TABLE source (v STRING) WITH (${list.join(', ')});
    CREATE TABLE sink (v STRING) WITH ('connector' = 'kafka', 'topic' = 'out.o', 'properties.bootstrap.servers' = 'KAFKA', 'format' = 'raw');
    INSERT INTO sink SELECT v FROM source;`;
}

const SECOND = 1_000_000_000;
const records = (count: number, partition: number): WrittenRecord[] =>
  Array.from({ length: count }, (_, i) => ({ partition, value: `${partition}:${i}`, timestamp: SECOND + 1000 * i }));

/** Two partitions, with the values 0:0 … 0:3 and 1:0 … 1:3, a second apart. */
const two = { 'in.a': { partitions: 2, records: [...records(4, 0), ...records(4, 1)] } };
/** One, whose first four records of six are deleted. */
const deleted = { 'in.a': { partitions: 1, records: records(6, 0), deletedBefore: { 0: 4 } } };

const MODE = 'scan.startup.mode';
const RESET = 'properties.auto.offset.reset';
const FROM = 'scan.startup.specific-offsets';
const specific = { [MODE]: 'specific-offsets' };
const all = ['0:0', '0:1', '0:2', '0:3', '1:0', '1:1', '1:2', '1:3'];
const committed = (offsets: Readonly<Record<number, number>>): Pick<ComparedCase, 'groups'> => ({
  groups: { 'readers.g': { 'in.a': offsets } },
});

type Row = [
  name: string,
  options: Readonly<Record<string, string | null>>,
  expected: readonly string[] | { flink: RegExp; isobar: RegExp },
  more?: Partial<ComparedCase>,
];
const rows: Row[] = [
  ['earliest', { [MODE]: 'earliest-offset' }, all],
  ['latest', { [MODE]: 'latest-offset' }, []],
  ['the default, for a group without offsets', {}, { flink: /NoOffsetForPartition/, isobar: /TOPIC_NO_GROUP_OFFSET/ }],
  ['offsets of a group', {}, ['0:2', '0:3', '1:3'], committed({ 0: 2, 1: 3 })],
  ['one partition without, reset to earliest', { [RESET]: 'earliest' }, ['0:2', '0:3', ...all.slice(4)], committed({ 0: 2 })],
  ['one partition without, reset to latest', { [RESET]: 'latest' }, ['0:2', '0:3'], committed({ 0: 2 })],
  ['a group behind the end, bounded', {}, ['1:2', '1:3'], committed({ 0: 20, 1: 2 })],
  [
    'a group behind the end, endless',
    { 'scan.bounded.mode': null },
    { flink: /OffsetOutOfRange/, isobar: /TOPIC_OFFSET/ },
    { ...committed({ 0: 20, 1: 2 }), stopAfter: 2 },
  ],
  [
    'a group behind the end, endless, reset to earliest',
    { 'scan.bounded.mode': null, [RESET]: 'earliest' },
    [...all.slice(0, 4), '1:2', '1:3'],
    { ...committed({ 0: 20, 1: 2 }), stopAfter: 6 },
  ],
  ['a time', { [MODE]: 'timestamp', 'scan.startup.timestamp-millis': `${SECOND + 1500}` }, ['0:2', '0:3', '1:2', '1:3']],
  ['a time to come', { [MODE]: 'timestamp', 'scan.startup.timestamp-millis': `${2 * SECOND}` }, []],
  ['offsets, one partition not named', { ...specific, [FROM]: 'partition:0,offset:2' }, ['0:2', '0:3', ...all.slice(4)]],
  ['the same, with a group', { ...specific, [FROM]: 'partition:0,offset:2' }, ['0:2', '0:3', '1:3'], committed({ 1: 3 })],
  ['offsets behind the end, bounded', { ...specific, [FROM]: 'partition:0,offset:22;partition:1,offset:3' }, ['1:3']],
  [
    'offsets behind the end, endless',
    { ...specific, [FROM]: 'partition:0,offset:22;partition:1,offset:3', 'scan.bounded.mode': null },
    [...all.slice(0, 4), '1:3'],
    { stopAfter: 5 },
  ],
  [
    'to offsets, one partition not named',
    {
      [MODE]: 'earliest-offset',
      'scan.bounded.mode': 'specific-offsets',
      'scan.bounded.specific-offsets': 'partition:0,offset:2',
    },
    ['0:0', '0:1'],
  ],
  [
    'to offsets of a group',
    { [MODE]: 'earliest-offset', 'scan.bounded.mode': 'group-offsets' },
    ['0:0', '0:1', '1:0'],
    committed({ 0: 2, 1: 1 }),
  ],
  [
    'to a time',
    { [MODE]: 'earliest-offset', 'scan.bounded.mode': 'timestamp', 'scan.bounded.timestamp-millis': `${SECOND + 1500}` },
    ['0:0', '0:1', '1:0', '1:1'],
  ],
  ['deleted, earliest', { [MODE]: 'earliest-offset' }, ['0:4', '0:5'], { topics: deleted }],
  ['deleted, offsets', { ...specific, [FROM]: 'partition:0,offset:2' }, ['0:4', '0:5'], { topics: deleted }],
  [
    'deleted, a group',
    {},
    { flink: /OffsetOutOfRange/, isobar: /TOPIC_RECORDS_GONE/ },
    { topics: deleted, ...committed({ 0: 2 }) },
  ],
  ['deleted, a group, reset', { [RESET]: 'earliest' }, ['0:4', '0:5'], { topics: deleted, ...committed({ 0: 2 }) }],
];

compareEngines(
  rows.map(([name, options, expected, more]): ComparedCase => {
    const outcome = Array.isArray(expected) ? { topics: { 'out.o': expected.map((value) => `0 NULL => ${value}`) } } : undefined;
    return {
      name,
      sql: copy(options),
      topics: two,
      inAnyOrder: true,
      ...more,
      expected: outcome ?? { error: expected as { flink: RegExp; isobar: RegExp } },
    };
  }),
);
