import { describe, expect, test } from 'vitest';
import { parseDurationMs, parseMemoryBytes } from '../../src/connectors/parse-quantity.ts';
import { array, BIGINT, BYTES, DOUBLE, INTEGER, STRING, timestamp, timestampLtz } from '../../src/types/sql-type.ts';
import { problemsOf, tryBind, type TableText } from './connector-table.ts';

const files = { connector: 'filesystem', path: 'in', format: 'json' };
const topic = { connector: 'kafka', topic: 'a', 'properties.bootstrap.servers': 'localhost:9092', format: 'json' };
const index = { connector: 'elasticsearch-7', hosts: 'http://localhost:9200', index: 'a' };
const columns = { a: STRING, b: INTEGER };
const kafkaWith = (options: Record<string, string>, more: Partial<TableText> = {}): TableText => ({
  options: { ...topic, ...options },
  columns,
  ...more,
});

describe('which connector', () => {
  test('an unknown one is refused with the nearest name', () => {
    expect(problemsOf({ options: { connector: 'filesytem' } })).toEqual([
      "SQL_UNKNOWN_CONNECTOR: there is no connector 'filesytem' | Did you mean 'filesystem'?",
    ]);
  });

  test('none at all is refused with the names there are', () => {
    expect(problemsOf({ options: {} })[0]).toMatch(
      /^SQL_MISSING_OPTION: table "t" needs the option 'connector' \| .*kafka, upsert-kafka/,
    );
  });

  test('a sink cannot be read, a source not be written', () => {
    expect(problemsOf({ options: { connector: 'print' } })).toEqual([
      'SQL_CONNECTOR_USE: connector \'print\' cannot be read from | Use another connector for table "t".',
    ]);
    expect(problemsOf({ options: { connector: 'datagen' }, columns }, 'sink')[0]).toMatch(
      /^SQL_CONNECTOR_USE: .*cannot be written to/,
    );
  });
});

describe('options', () => {
  test('unknown ones are refused with the nearest name', () => {
    expect(problemsOf({ options: { ...files, 'source.monitor-intervall': '1 s' }, columns })).toEqual([
      "SQL_UNKNOWN_OPTION: connector 'filesystem' has no option 'source.monitor-intervall' | Did you mean 'source.monitor-interval'?",
    ]);
  });

  test('those of a format that is not used are unknown', () => {
    expect(problemsOf({ options: { ...files, 'csv.field-delimiter': ';' }, columns })[0]).toMatch(
      /^SQL_UNKNOWN_OPTION: .*'csv.field-delimiter'/,
    );
  });

  test('an unknown format is refused with the nearest name', () => {
    expect(problemsOf({ options: { ...files, format: 'jsno' }, columns })).toEqual([
      "SQL_UNKNOWN_FORMAT: there is no format 'jsno' | Did you mean 'json'?",
    ]);
  });

  test('required ones must be there, and all mistakes are found at once', () => {
    const problems = problemsOf({
      options: { connector: 'filesystem', 'source.monitor-interval': 'soon', 'sink.rolling-policy.file-size': '1 PB' },
    });
    expect(problems.map((problem) => problem.split(' | ')[0])).toEqual([
      'SQL_MISSING_OPTION: table "t" needs the option \'path\'',
      'SQL_MISSING_OPTION: table "t" needs the option \'format\'',
      "SQL_OPTION_VALUE: option 'source.monitor-interval' = 'soon' is not a duration",
      "SQL_OPTION_VALUE: option 'sink.rolling-policy.file-size' = '1 PB' is not a size",
    ]);
  });

  test('what Flink has and Isobar has not is refused', () => {
    expect(problemsOf({ options: { ...files, 'auto-compaction': 'true' }, columns })[0]).toMatch(
      /^SQL_OPTION_UNSUPPORTED: .*'auto-compaction'/,
    );
  });

  test('booleans and words are read as Flink reads them, whatever their case', () => {
    expect(problemsOf({ options: { connector: 'print', 'standard-error': 'TRUE' }, columns }, 'sink')).toEqual([]);
    expect(problemsOf({ options: { connector: 'print', 'standard-error': 'yes' }, columns }, 'sink')[0]).toMatch(
      /is not one of true, false/,
    );
  });

  test.each([
    ['5 s', 5000],
    ['100ms', 100],
    ['250', 250],
    ['2 MINUTES', 120_000],
    ['1d', 86_400_000],
    [' 3 h ', 10_800_000],
    ['7 µs', 0.007],
    ['PT1S', undefined],
    ['-1 s', undefined],
    ['1 fortnight', undefined],
    ['1.5 s', undefined],
  ])('duration %j', (text, milliseconds) => expect(parseDurationMs(text)).toBe(milliseconds));

  test.each([
    ['2mb', 2 * 1024 * 1024],
    ['128 kb', 131_072],
    ['10', 10],
    ['1 GIBIBYTES', 1024 ** 3],
    ['2 mbit', undefined],
  ])('size %j', (text, bytes) => expect(parseMemoryBytes(text)).toBe(bytes));
});

describe('kafka', () => {
  test('defaults are those of Flink', () => {
    expect(tryBind(kafkaWith({}), 'source').bound).toMatchObject({
      connector: 'kafka',
      bounded: false,
      emits: 'insert',
      format: { format: 'json' },
      settings: {
        topics: ['a'],
        topicPattern: null,
        start: { mode: 'group-offsets' },
        end: { mode: 'unbounded' },
        discoveryIntervalMs: 300_000,
        keyFields: [],
        valueFieldsInclude: 'ALL',
        properties: { 'bootstrap.servers': 'localhost:9092' },
      },
    });
  });

  test('mistakes are the same with and without --local', () => {
    const text = kafkaWith({ 'scan.startup.mode': 'earliest' });
    expect(problemsOf(text, 'source', false)[0]).toMatch(
      /^SQL_OPTION_VALUE: option 'scan.startup.mode' = 'earliest' is not one of earliest-offset, /,
    );
    expect(problemsOf(text, 'source', false)).toEqual(problemsOf(text));
  });

  test('start positions need what belongs to them', () => {
    expect(problemsOf(kafkaWith({ 'scan.startup.mode': 'timestamp' }))[0]).toMatch(
      /needs the option 'scan.startup.timestamp-millis'/,
    );
    expect(
      problemsOf(
        kafkaWith({ topic: 'a;b', 'scan.startup.mode': 'specific-offsets', 'scan.startup.specific-offsets': 'partition:0' }),
      ),
    ).toEqual([
      "SQL_OPTION_VALUE: option 'scan.startup.specific-offsets' = 'partition:0' is not a list of offsets | Write it as 'partition:0,offset:42;partition:1,offset:300'.",
      "SQL_OPTION_VALUE: option 'scan.startup.mode' = 'specific-offsets' works only with one topic | Name one topic with the option 'topic'.",
    ]);
    const { bound } = tryBind(
      kafkaWith({
        'scan.bounded.mode': 'specific-offsets',
        'scan.bounded.specific-offsets': 'partition:0,offset:42;partition:1,offset:3',
      }),
      'source',
    );
    expect(bound).toMatchObject({ bounded: true, settings: { end: { mode: 'specific-offsets', offsets: { 0: 42, 1: 3 } } } });
  });

  test('topic and topic-pattern exclude each other, and one is needed', () => {
    expect(problemsOf(kafkaWith({ 'topic-pattern': 'b' }))[0]).toMatch(/cannot be given together with 'topic'/);
    const { topic: _, ...without } = topic;
    expect(problemsOf({ options: without, columns })[0]).toMatch(/needs the option 'topic'/);
  });

  test('keys', () => {
    const key = { 'key.format': 'json', 'key.fields': 'k_a' };
    const keyed = { k_a: STRING, b: INTEGER };
    expect(problemsOf(kafkaWith({ 'key.fields': 'a' }))[0]).toMatch(/'key.fields' = 'a' needs the option 'key.format'/);
    expect(problemsOf(kafkaWith({ 'key.format': 'json' }))[0]).toMatch(/needs the option 'key.fields'/);
    expect(problemsOf(kafkaWith({ 'key.format': 'json', 'key.fields': 'aa' }))[0]).toMatch(
      /names "aa", which is not a physical column \| Did you mean 'a'\?/,
    );
    expect(problemsOf(kafkaWith({ ...key, 'key.fields-prefix': 'k_' }, { columns: keyed }))[0]).toMatch(
      /needs 'value.fields-include' = 'EXCEPT_KEY'/,
    );
    expect(
      problemsOf(kafkaWith({ ...key, 'key.fields-prefix': 'k_', 'value.fields-include': 'EXCEPT_KEY' }, { columns: keyed })),
    ).toEqual([]);
    expect(problemsOf(kafkaWith({ ...key, 'key.json.ignore-parse-error': 'true' }, { columns: keyed }))[0]).toMatch(
      /^SQL_UNKNOWN_OPTION/,
    );
    expect(problemsOf(kafkaWith({ ...key, 'sink.partitioner': 'round-robin' }, { columns: keyed }), 'sink')[0]).toMatch(
      /works only without 'key.fields'/,
    );
  });

  test('raw keys and values have one column', () => {
    expect(problemsOf(kafkaWith({ 'key.format': 'raw', 'key.fields': 'a;b' }))[0]).toMatch(
      /'key.format' = 'raw' needs exactly one column/,
    );
    const options = { 'key.format': 'raw', 'key.fields': 'a', 'value.fields-include': 'EXCEPT_KEY', 'value.format': 'raw' };
    const { format: _, ...rest } = topic;
    expect(problemsOf({ options: { ...rest, ...options }, columns })).toEqual([]);
  });

  test('a primary key belongs to upsert-kafka, which needs one', () => {
    expect(problemsOf(kafkaWith({}, { primaryKey: ['a'] }))[0]).toMatch(/^SQL_PRIMARY_KEY: .* \| .*'upsert-kafka'/);
    const { format: _, ...upsert } = { ...topic, connector: 'upsert-kafka', 'key.format': 'json', 'value.format': 'json' };
    expect(problemsOf({ options: upsert, columns })[0]).toMatch(/^SQL_PRIMARY_KEY: table "t" needs a PRIMARY KEY/);
    expect(problemsOf({ options: { ...upsert, 'key.fields': 'a' }, columns, primaryKey: ['a'] })[0]).toMatch(
      /^SQL_UNKNOWN_OPTION/,
    );
    expect(tryBind({ options: upsert, columns, primaryKey: ['a'] }, 'sink').bound).toMatchObject({
      accepts: 'upsert',
      settings: { keyFields: ['a'] },
    });
  });

  test('exactly-once needs a prefix', () => {
    expect(problemsOf(kafkaWith({ 'sink.delivery-guarantee': 'exactly-once' }), 'sink')[0]).toMatch(
      /needs the option 'sink.transactional-id-prefix'/,
    );
  });

  test('METADATA columns name what there is, and write only what can be written', () => {
    expect(problemsOf(kafkaWith({}, { metadata: { timestmp: timestampLtz(3) } }))).toEqual([
      "SQL_UNKNOWN_METADATA: connector 'kafka' has no metadata 'timestmp' | Did you mean 'timestamp'?",
    ]);
    expect(problemsOf(kafkaWith({}, { metadata: { offset: BIGINT } }), 'sink')[0]).toMatch(/^SQL_METADATA_READ_ONLY/);
    expect(problemsOf(kafkaWith({}, { metadata: { offset: BIGINT }, virtual: ['offset'] }), 'sink')).toEqual([]);
    expect(problemsOf(kafkaWith({ topic: 'a;b' }), 'sink')[0]).toMatch(/allows several topics, but no column says which/);
    expect(problemsOf(kafkaWith({ topic: 'a;b' }, { metadata: { topic: STRING } }), 'sink')).toEqual([]);
  });
});

describe('elasticsearch-7', () => {
  const of = (options: Record<string, string>, more: Partial<TableText> = {}): string[] =>
    problemsOf({ options: { ...index, ...options }, columns, ...more }, 'sink');

  test('json is the default format, and a primary key makes upserts', () => {
    const { bound } = tryBind({ options: index, columns, primaryKey: ['a'] }, 'sink');
    expect(bound).toMatchObject({
      accepts: 'upsert',
      format: { format: 'json' },
      settings: { keyDelimiter: '_', maxActions: 1000, maxBytes: 2 * 1024 * 1024 },
    });
    expect(tryBind({ options: index, columns }, 'sink').bound).toMatchObject({ accepts: 'insert' });
  });

  test.each([
    [{ hosts: 'localhost' }, /"localhost" is not a URL with a port/],
    [{ index: '' }, /'index' = '' must not be empty/],
    [{ index: 'x_{aa}' }, /names "aa", which is not a column \| Did you mean "a"\?/],
    [{ index: 'x_{a}_{b}' }, /may have one \{…\} only/],
    [{ index: 'x_{a|yyyy}' }, /gives a format to a column that is no time/],
    [{ index: 'x_{d}' }, /names "d" of type DOUBLE/],
    [{ index: 'x_{ts|yyyy-ww}' }, /has 'ww' in the format of a time/],
    [{ username: 'u' }, /needs the option 'password'/],
    [{ 'sink.bulk-flush.max-size': '1 kb' }, /must be in whole megabytes/],
    [{ 'sink.bulk-flush.backoff.strategy': 'linear' }, /is not one of disabled, constant, exponential/],
    [{ 'sink.delivery-guarantee': 'exactly-once' }, /is not one of at-least-once, none/],
    [{ format: 'csv' }, /gives no JSON documents/],
  ])('%j', (options, problem) => {
    expect(of(options as Record<string, string>, { columns: { ...columns, d: DOUBLE, ts: timestamp(3) } })[0]).toMatch(problem);
  });

  test('a key must have a text', () => {
    expect(of({}, { columns: { k: array(STRING) }, primaryKey: ['k'] })[0]).toMatch(
      /^SQL_PRIMARY_KEY: column "k" of type ARRAY<STRING>/,
    );
    expect(of({}, { columns: { k: BYTES }, primaryKey: ['k'] })[0]).toMatch(/^SQL_PRIMARY_KEY/);
  });
});
