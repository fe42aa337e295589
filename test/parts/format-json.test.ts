import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TableDeclaration, TableOption } from '../../src/connectors/connector.ts';
import { createCsvEncoder } from '../../src/formats/csv/csv-encoder.ts';
import { MalformedRecordError, type MalformedRecord } from '../../src/formats/format.ts';
import { createExactJsonDecoder, createJsonDecoder, jsonDecoderCode } from '../../src/formats/json/json-decoder.ts';
import { createJsonEncoder } from '../../src/formats/json/json-encoder.ts';
import { jsonFormat } from '../../src/formats/json/json-format.ts';
import type { JsonOptions } from '../../src/formats/json/json-options.ts';
import { findFormat, formatNames } from '../../src/formats/registry.ts';
import { createBatch } from '../../src/types/batch.ts';
import type { TextColumn } from '../../src/types/column.ts';
import type { Schema } from '../../src/types/schema.ts';
import * as types from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';
import {
  CSV_DEFAULTS,
  JSON_DEFAULTS,
  TYPES,
  decodeAll,
  decodeOne,
  encodeOne,
  field,
  flinkAnswers,
  positions,
  recordsOf,
  rowsOf,
} from './format-testing.ts';

const LENIENT: JsonOptions = { ...JSON_DEFAULTS, ignoreParseErrors: true };
const WEATHER: Schema = [
  field('client', types.STRING),
  field('ts', types.timestamp(3)),
  field('temperature', types.DOUBLE),
  field('humidity', types.DOUBLE),
];

/** The answers of both decoders, which must be one and the same. */
function bothAnswers(schema: Schema, options: JsonOptions, message: string | Uint8Array): string {
  const exact = decodeOne(createExactJsonDecoder(schema, positions(schema), options), schema, message);
  const fast = decodeOne(createJsonDecoder(schema, positions(schema), options), schema, message);
  expect(fast, 'the generated decoder answers as the exact one').toBe(exact);
  return fast;
}

describe('json values, as Flink 1.20.5 reads them', () => {
  const { values, answers } = flinkAnswers<{ values: string[]; answers: Record<string, Record<string, [string, string]>> }>(
    'format-json-flink.json',
  );
  it.each(Object.keys(answers))('%s', (name) => {
    const iso = name.endsWith(' ISO-8601');
    const type = TYPES[iso ? name.slice(0, -9) : name];
    const timestampStandard = iso ? 'ISO-8601' : 'SQL';
    const one: Schema = [field('a', type)];
    const two: Schema = [field('a', type), field('b', types.INTEGER)];
    for (const value of values) {
      const [strict, lenient] = answers[name][value] ?? ['ERROR', '(N,5)'];
      expect.soft(bothAnswers(one, { ...JSON_DEFAULTS, timestampStandard }, `{"a":${value}}`), value).toBe(strict);
      expect.soft(bothAnswers(two, { ...LENIENT, timestampStandard }, `{"a": ${value} , "b": 5}`), value).toBe(lenient);
    }
  });
});

describe('json messages, as Flink 1.20.5 reads them', () => {
  const schemas: Record<string, Schema> = {
    'a INT, b INT': [field('a', types.INTEGER), field('b', types.INTEGER)],
    's STRING': [field('s', types.STRING)],
    'r ROW<x INT, y ROW<z STRING>>, m MAP<STRING, ARRAY<INT>>': [
      field('r', types.row([field('x', types.INTEGER), field('y', types.row([field('z', types.STRING)]))])),
      field('m', types.map(types.STRING, types.array(types.INTEGER))),
    ],
  };
  const answers = flinkAnswers<Record<string, Record<string, string[]>>>('format-json-messages-flink.json');
  const modes: readonly JsonOptions[] = [
    JSON_DEFAULTS,
    LENIENT,
    { ...JSON_DEFAULTS, failOnMissingField: true },
    { ...LENIENT, parserEnabled: false },
  ];
  it.each(Object.keys(answers))('%s', (name) => {
    for (const [message, expected] of Object.entries(answers[name])) {
      expect
        .soft(
          modes.map((options) => bothAnswers(schemas[name], options, message)),
          message,
        )
        .toEqual(expected);
    }
  });
});

describe('json and csv text, as Flink 1.20.5 writes it', () => {
  const answers = flinkAnswers<Record<string, Record<string, string[]>>>('format-encode-flink.json');
  const other = {
    fieldDelimiter: ';',
    quoteCharacter: "'",
    escapeCharacter: '\\',
    nullLiteral: 'NULL',
    arrayElementDelimiter: '|',
  };
  it.each(Object.keys(answers))('%s', (name) => {
    const schema: Schema = [field('a', TYPES[name]), field('b', types.INTEGER)];
    const at = positions(schema);
    const encoders = [
      createJsonEncoder(schema, at, JSON_DEFAULTS),
      createJsonEncoder(schema, at, { ...JSON_DEFAULTS, timestampStandard: 'ISO-8601', encodeDecimalAsPlainNumber: true }),
      createJsonEncoder(schema, at, { ...JSON_DEFAULTS, encodeIgnoreNullFields: true }),
      createCsvEncoder(schema, at, CSV_DEFAULTS),
      createCsvEncoder(schema, at, { ...CSV_DEFAULTS, ...other, writeBigDecimalInScientificNotation: false }),
      createCsvEncoder(schema, at, { ...CSV_DEFAULTS, fieldDelimiter: '\t', quoteCharacter: null }),
    ];
    for (const [value, expected] of Object.entries(answers[name])) {
      const { batch } = decodeAll(createExactJsonDecoder(schema, at, JSON_DEFAULTS), schema, [`{"a":${value}}`]);
      expect
        .soft(
          encoders.map((encoder) => encodeOne(encoder, batch)),
          value,
        )
        .toEqual(expected);
    }
  });
});

describe('what a decoder tells of malformed records', () => {
  it('names the field and the value that became NULL', () => {
    const decoder = createJsonDecoder(WEATHER, positions(WEATHER), LENIENT);
    const { rows, malformed, records } = decodeAll(decoder, WEATHER, [
      '{"client":"a","ts":"2024-01-01 00:00:00","temperature":"warm","humidity":1}',
      null,
      'no json',
      '{"client":"b","ts":"tomorrow"}',
    ]);
    expect(rows).toEqual([
      ['a', Date.UTC(2024, 0, 1), null, 1],
      ['b', null, null, null],
    ]);
    expect(records).toEqual([0, 3]);
    expect(malformed).toEqual([
      { record: 0, field: 'temperature', found: '"warm"', reason: 'expected a number of type DOUBLE', dropped: false },
      { record: 2, field: undefined, found: 'no json', reason: 'expected null', dropped: true },
      { record: 3, field: 'ts', found: '"tomorrow"', reason: 'expected a timestamp like 2024-01-31 10:30:00', dropped: false },
    ]);
  });

  it('fails with the record and the field without ignore-parse-errors', () => {
    const schema: Schema = [field('r', types.row([field('x', types.INTEGER)]))];
    const decoder = createJsonDecoder(schema, [0], JSON_DEFAULTS);
    expect(() => decodeAll(decoder, schema, ['{"r":{"x":1}}', '{"r":{"x":"q"}}'])).toThrow(MalformedRecordError);
    try {
      decodeAll(decoder, schema, ['{"r":{"x":1}}', '{"r":{"x":"q"}}']);
    } catch (error) {
      expect((error as MalformedRecordError).malformed).toMatchObject({ record: 1, field: 'r.x', dropped: true });
    }
  });

  it('turns half a surrogate pair into a question mark', () => {
    const schema: Schema = [field('s', types.STRING)];
    expect(decodeAll(createJsonDecoder(schema, [0], LENIENT), schema, ['{"s":"a\\ud83db"}']).rows).toEqual([['a?b']]);
  });

  it('reads ten thousand nested arrays without a crash', () => {
    const deep = `{"s":${'['.repeat(10_000)}${']'.repeat(10_000)},"n":1}`;
    const schema: Schema = [field('n', types.INTEGER)];
    expect(decodeAll(createJsonDecoder(schema, [0], LENIENT), schema, [deep]).rows).toEqual([[1]]);
    const text: Schema = [field('s', types.STRING)];
    expect(decodeAll(createJsonDecoder(text, [0], LENIENT), text, [`{"s":${'['.repeat(200_000)}`]).rows).toEqual([]);
  });
});

describe('text columns', () => {
  const schema: Schema = [field('s', types.STRING)];

  function decodeBatches(messages: (batch: number) => string[], batches: number): TextColumn[] {
    const decoder = createJsonDecoder(schema, [0], LENIENT);
    return Array.from({ length: batches }, (_, i) => {
      const texts = messages(i);
      const batch = createBatch(schema, texts.length);
      const records = recordsOf(texts.map((text) => JSON.stringify({ s: text })));
      decoder.decode(records, 0, texts.length, batch, new Int32Array(texts.length), () => undefined);
      expect(rowsOf(batch, schema).map(([text]) => text)).toEqual(texts);
      return batch.columns[0] as TextColumn;
    });
  }

  it('have one dictionary while the same strings come back, and one code for each', () => {
    const words = ['device1', 'device2', 'Zürich', 'a "quoted" word', ''];
    const columns = decodeBatches((i) => Array.from({ length: 1000 }, (_, k) => words[(i + k * 7) % words.length]), 5);
    const codes = new Map<string, number>();
    for (const column of columns) {
      expect(column.dictionary).toBe(columns[0].dictionary);
      column.values.forEach((text, row) => {
        expect(codes.get(text) ?? column.codes[row]).toBe(column.codes[row]);
        codes.set(text, column.codes[row]);
      });
    }
    expect(columns[0].dictionary?.values.toSorted()).toEqual(words.toSorted());
  });

  it('have one code for a string however it is written and however long it is', () => {
    const escaped = (text: string): string => `{"s":"\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}${text.slice(1)}"}`;
    const words = Array.from(
      { length: 2000 },
      (_, i) => 'abcdefghijklmnopqrstuvwxyz'.slice(0, 1 + (i % 26)) + Math.floor(i / 26),
    );
    const messages = words.flatMap((text) => [JSON.stringify({ s: text }), escaped(text), `{"s": "${text}"}`]);
    const { batch } = decodeAll(createJsonDecoder(schema, [0], LENIENT), schema, messages);
    const { values, codes, dictionary } = batch.columns[0] as TextColumn;
    expect(values).toEqual(words.flatMap((text) => [text, text, text]));
    expect(Array.from(codes)).toEqual(words.flatMap((_, code) => [code, code, code]));
    expect(dictionary?.values).toEqual(words);
  });

  it('tell strings apart that differ in one place', () => {
    const words = Array.from({ length: 40 }, (_, length) => 'a'.repeat(length)).flatMap((text) => [
      text,
      ...Array.from(text, (_, i) => `${text.slice(0, i)}b${text.slice(i + 1)}`),
    ]);
    for (const column of decodeBatches(() => [...words, ...words], 2)) {
      expect(Array.from(column.codes)).toEqual([...words.keys(), ...words.keys()]);
    }
  });

  it('give the dictionary up for strings that do not come back, and for long ones', () => {
    const unique = decodeBatches((i) => Array.from({ length: 4096 }, (_, k) => `user${i * 4096 + k}`), 3);
    expect(unique.map((column) => column.dictionary !== null)).toEqual([true, false, false]);
    const long = decodeBatches(() => Array.from({ length: 4096 }, (_, k) => `${k % 3}`.repeat(80)), 3);
    expect(long.map((column) => column.dictionary !== null)).toEqual([true, false, false]);
  });

  it('take a new dictionary when the old one is too large', () => {
    const columns = decodeBatches((i) => Array.from({ length: 8192 }, (_, k) => `word${k % 3 === 0 ? i * 8192 + k : 0}`), 28);
    const dictionaries = new Set(columns.map((column) => column.dictionary));
    expect(dictionaries.size).toBe(2);
    for (const dictionary of dictionaries) expect(dictionary?.values.length).toBeLessThan(65_536 + 8192);
  });

  it('add to a batch that has rows already', () => {
    const decoder = createJsonDecoder(schema, [0], LENIENT);
    const batch = createBatch(schema, 4);
    const records = recordsOf(['{"s":"a"}', '{"s":"b"}', '{"s":"a"}']);
    const recordOfRow = new Int32Array(4);
    decoder.decode(records, 0, 1, batch, recordOfRow, () => undefined);
    decoder.decode(records, 1, 3, batch, recordOfRow, () => undefined);
    expect(rowsOf(batch, schema)).toEqual([['a'], ['b'], ['a']]);
    expect(Array.from(recordOfRow.subarray(0, 3))).toEqual([0, 1, 2]);
    expect(Array.from((batch.columns[0] as TextColumn).codes.subarray(0, 3))).toEqual([0, 1, 0]);
  });
});

describe('the generated decoder', () => {
  it('holds no text of the table', () => {
    const code = jsonDecoderCode([field('secret_name', types.STRING), field('"; evil(); "', types.DOUBLE)], LENIENT);
    expect(code).not.toMatch(/secret|evil/);
    expect(jsonDecoderCode(WEATHER, LENIENT)).toContain('function decode');
  });

  it('reads what JSON.parse reads', () => {
    const value = fc.record({
      client: fc.string({ unit: 'binary' }),
      ts: fc
        .date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 23).replace('T', ' ')),
      temperature: fc.double({ noNaN: true, noDefaultInfinity: true }),
      humidity: fc.integer(),
      other: fc.jsonValue(),
    });
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (row, indent) => {
        const text = JSON.stringify(row, null, indent);
        const parsed = JSON.parse(text) as typeof row;
        const { rows } = decodeAll(createJsonDecoder(WEATHER, positions(WEATHER), JSON_DEFAULTS), WEATHER, [text]);
        expect(rows).toEqual([
          [parsed.client, Date.parse(`${parsed.ts.replace(' ', 'T')}Z`), parsed.temperature, parsed.humidity],
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('answers as the exact one for any message of any schema, mutated or not', () => {
    fc.assert(
      fc.property(schemaWithMessages, fc.constantFrom(JSON_DEFAULTS, LENIENT), ([schema, messages], options) => {
        for (const message of messages) bothAnswers(schema, options, message);
        const at = positions(schema);
        const fast = decodeAll(createJsonDecoder(schema, at, LENIENT), schema, messages);
        const exact = decodeAll(createExactJsonDecoder(schema, at, LENIENT), schema, messages);
        expect(fast.rows).toEqual(exact.rows);
        expect(fast.records).toEqual(exact.records);
        expect(fast.malformed).toEqual(exact.malformed);
      }),
      { numRuns: 400 },
    );
  });

  it('answers as the exact one while the layout of the messages changes', () => {
    fc.assert(
      fc.property(batchesOfLayouts, ([schema, batches]) => {
        const at = positions(schema);
        const fast = createJsonDecoder(schema, at, LENIENT);
        const exact = createExactJsonDecoder(schema, at, LENIENT);
        // One batch again and again, as jobs have it, with what earlier rows have left in it.
        const batch = createBatch(schema, 64);
        for (const { messages, calls } of batches) {
          const expected = decodeAll(exact, schema, messages);
          const records = recordsOf(messages, '');
          const recordOfRow = new Int32Array(messages.length);
          const malformed: MalformedRecord[] = [];
          const first = Math.min(calls, messages.length);
          batch.length = 0;
          fast.decode(records, 0, first, batch, recordOfRow, (found) => malformed.push(found));
          fast.decode(records, first, messages.length, batch, recordOfRow, (found) => malformed.push(found));
          expect(rowsOf(batch, schema)).toEqual(expected.rows);
          expect(Array.from(recordOfRow.subarray(0, batch.length))).toEqual(expected.records);
          expect(malformed).toEqual(expected.malformed);
          for (const column of batch.columns) if (column.storage === 'text') expectOneCodeForEachText(column, batch.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('learns no layout from a message with a megabyte of spaces', () => {
    const schema: Schema = [field('a', types.INTEGER), field('b', types.INTEGER)];
    const decoder = createJsonDecoder(schema, [0, 1], LENIENT);
    const started = process.memoryUsage().heapUsed;
    const message = `{"a":1,${' '.repeat(1_000_000)}"b":2}`;
    expect(decodeAll(decoder, schema, [message]).rows).toEqual([[1, 2]]);
    expect(process.memoryUsage().heapUsed - started).toBeLessThan(100_000_000);
  });

  it('reads bytes that no time begins with as the exact one', () => {
    const schema: Schema = [field('t', types.timestamp(3)), field('d', types.DATE)];
    const times = ['\0', '\u00ff', '1970-01-01 00:00'].map((text) => `${text.padEnd(16, '\0')}:07`);
    const messages = times.flatMap((time) => [
      Buffer.from(`{"t":"${time}","d":"${time.slice(0, 10)}"}`, 'latin1'),
      Buffer.from(`{"t":"${time.slice(0, 10)} 12:30:07","d":null}`, 'latin1'),
    ]);
    const at = positions(schema);
    const fast = decodeAll(createJsonDecoder(schema, at, LENIENT), schema, messages);
    const exact = decodeAll(createExactJsonDecoder(schema, at, LENIENT), schema, messages);
    expect(fast.rows).toEqual(exact.rows);
    expect(fast.malformed).toEqual(exact.malformed);
    expect(fast.rows.at(-1)).toEqual([45_007_000, null]);
  });

  it('reads times that are nearly the one before', () => {
    const schema: Schema = [field('t', types.timestamp(3))];
    const times = [
      '2024-05-12 23:59:07',
      '2024-05-12 23:59:08',
      '2024-05-12 23:60:08',
      '2024-05-12 24:59:08',
      '2024-05-12T23:59:08',
      '2024-05-12 23.59:08',
      '2024-05-12 23:59.08',
      '2024-05-12 23:59:61',
      '2024-02-30 23:59:09',
      '2024-05-12 23:59:09',
      '2024-05-13 23:59:09',
      '2024-06-13 23:59:09',
      '2023-06-13 23:59:09',
      '2023-06-13 13:59:09.5',
      '2023-06-13 13:09:09',
    ];
    const pairs = times.flatMap((first) => times.flatMap((second) => [first, second])).map((time) => `{"t":"${time}"}`);
    const fast = decodeAll(createJsonDecoder(schema, [0], LENIENT), schema, pairs);
    const exact = decodeAll(createExactJsonDecoder(schema, [0], LENIENT), schema, pairs);
    expect(fast.rows).toEqual(exact.rows);
    expect(fast.rows.filter(([time]) => time !== null).length).toBeGreaterThan(200);
  });

  it('reads back what the encoder wrote', () => {
    const schema: Schema = Object.keys(VALUES).map((name) => field(name, VALUES[name].type));
    const rows = fc.array(
      fc.record(Object.fromEntries(Object.entries(VALUES).map(([name, { value }]) => [name, fc.option(value)]))),
    );
    fc.assert(
      fc.property(rows, fc.constantFrom('SQL' as const, 'ISO-8601' as const), (records, timestampStandard) => {
        const options = { ...JSON_DEFAULTS, timestampStandard };
        const batch = createBatch(schema, records.length + 1);
        for (const record of records) {
          schema.forEach(({ name }, i) => batch.columns[i].set(batch.length, record[name]));
          batch.length++;
        }
        const encoder = createJsonEncoder(schema, positions(schema), options);
        const messages = records.map((_, row) => encodeOne(encoder, batch, row));
        const decoded = decodeAll(createJsonDecoder(schema, positions(schema), options), schema, messages);
        expect(decoded.rows).toEqual(rowsOf(batch, schema));
      }),
      { numRuns: 200 },
    );
  });
});

/** Values of each type that JSON keeps as they are. */
const VALUES: Readonly<Record<string, { type: types.SqlType; value: fc.Arbitrary<Value> }>> = {
  boolean: { type: types.BOOLEAN, value: fc.boolean() },
  tinyint: { type: types.TINYINT, value: fc.integer({ min: -128, max: 127 }) },
  int: { type: types.INTEGER, value: fc.integer() },
  bigint: { type: types.BIGINT, value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
  float: { type: types.FLOAT, value: fc.float({ noNaN: true, noDefaultInfinity: true }) },
  double: { type: types.DOUBLE, value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  decimal: { type: types.decimal(10, 2), value: fc.bigInt({ min: -9999999999n, max: 9999999999n }) },
  string: { type: types.STRING, value: fc.string({ unit: 'binary' }) },
  date: { type: types.DATE, value: fc.integer({ min: -700_000, max: 2_900_000 }) },
  time: { type: types.time(0), value: fc.integer({ min: 0, max: 86_399 }).map((seconds) => seconds * 1000) },
  timestamp: { type: types.timestamp(3), value: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }) },
  array: { type: types.array(types.STRING), value: fc.array(fc.option(fc.string())) },
  row: { type: types.row([field('x', types.INTEGER)]), value: fc.option(fc.integer()).map((x) => [x]) },
};

const SCALARS = [
  'null',
  'true',
  '12',
  '-3.25',
  '1e3',
  '1.0',
  '123456789012',
  '"a"',
  '"é"',
  '"1"',
  '"2024-05-12 02:11:37"',
  '"\\n"',
  '[]',
  '{"x":1}',
  '[1,"2"]',
  '""',
];

const schemaWithMessages = fc
  .uniqueArray(fc.constantFrom(...Object.keys(VALUES)), { minLength: 1, maxLength: 5 })
  .chain((names) => {
    const schema: Schema = names.map((name) => field(name, VALUES[name].type));
    const key = fc.constantFrom(...names, 'other', '\\u0062oolean', 'ü');
    const blank = fc.constantFrom('', '', ' ', '\n\t');
    const scalar = fc.oneof(
      fc.constantFrom(...SCALARS),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.integer().map(String),
    );
    const pair = fc.tuple(key, blank, blank, scalar, blank).map(([name, a, b, value, c]) => `"${name}"${a}:${b}${value}${c}`);
    const ordered = fc.tuple(...names.map(() => scalar)).map((values) => names.map((name, i) => `"${name}": ${values[i]}`));
    const object = fc.oneof(ordered, fc.array(pair, { maxLength: 6 })).map((pairs) => `{${pairs.join(', ')}}`);
    const mutated = fc.tuple(object, fc.nat(), fc.nat(255), fc.boolean()).map(([text, at, byte, cut]) => {
      const bytes = Buffer.from(text);
      if (cut) return bytes.subarray(0, at % (bytes.length + 1));
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    return fc.tuple(fc.constant(schema), fc.array(fc.oneof(object, mutated), { maxLength: 8 }));
  });

/**
 * Batches of messages, each with an order of fields, spaces and fields of its own; one message in some is broken or in another
 * layout. Each batch is decoded by two calls, the first for `calls` messages.
 */
const batchesOfLayouts = fc
  .oneof(
    fc
      .uniqueArray(fc.constantFrom(...Object.keys(VALUES)), { minLength: 1, maxLength: 5 })
      .map((kinds) => kinds.map((kind) => [kind, kind])),
    // More columns than a mask has bits, and more texts than are looked up in generated code.
    fc.constant(Array.from({ length: 40 }, (_, i) => [`c${i}`, i % 2 === 0 ? 'string' : Object.keys(VALUES)[i % 11]])),
  )
  .chain((columns) => {
    const names = columns.map(([name]) => name);
    const schema: Schema = columns.map(([name, kind]) => field(name, VALUES[kind].type));
    const scalar = fc.oneof(fc.constantFrom(...SCALARS), fc.integer().map(String));
    const blank = fc.constantFrom('', ' ', '\n\t');
    const layout = fc.record({
      fields: fc.shuffledSubarray([...names, 'other', 'ü'], { minLength: 1 }),
      blanks: fc.tuple(blank, blank, blank, blank),
    });
    const written = ({ fields, blanks: [a, b, c, d] }: { fields: string[]; blanks: string[] }, values: string[]): string =>
      `{${a}${fields.map((name, i) => `"${name}"${b}:${c}${values[i % values.length]}`).join(`${d},${a}`)}}`;
    const values = fc.array(scalar, { minLength: 1, maxLength: 7 });
    const batch = fc
      .tuple(layout, layout, fc.array(values, { minLength: 1, maxLength: 6 }), fc.nat(20), fc.nat(), fc.nat(6))
      .map(([first, second, rows, odd, at, calls]) => ({
        calls,
        messages: rows.map((row, i) => {
          if (i !== odd) return written(first, row);
          return at % 2 === 0 ? written(second, row) : written(first, row).slice(0, at % 40);
        }),
      }));
    return fc.tuple(fc.constant(schema), fc.array(batch, { minLength: 1, maxLength: 6 }));
  });

function expectOneCodeForEachText(column: TextColumn, rows: number): void {
  if (column.dictionary === null) return;
  const codes = new Map<string, number>();
  for (let row = 0; row < rows; row++) {
    if (column.nulls[row] === 1) continue;
    const text = column.textAt(row);
    expect(codes.get(text) ?? column.codes[row]).toBe(column.codes[row]);
    expect(column.dictionary.values[column.codes[row]]).toBe(text);
    codes.set(text, column.codes[row]);
  }
  expect(new Set(codes.values()).size).toBe(codes.size);
}

describe('options of the json format', () => {
  function bind(options: Record<string, string>, schema: Schema = WEATHER) {
    const problems: string[] = [];
    const place = { start: 0, end: 0 };
    const all = new Map<string, TableOption>(
      Object.entries(options).map(([key, value]) => [key, { value, keyPlace: place, valuePlace: place }]),
    );
    const table: TableDeclaration = { name: 't', options: all, physical: schema, metadata: [], primaryKey: [], place };
    const bound = jsonFormat.bind('json.', all, table, (code, message, _place, hint) =>
      problems.push(`${code}: ${message}; ${hint}`),
    );
    return { bound, problems };
  }

  it('have the defaults of Flink', () => {
    expect(bind({}).bound).toEqual({ format: 'json', settings: JSON_DEFAULTS });
  });

  it('name the nearest option, refuse unknown values and contradictions', () => {
    expect(bind({ 'json.ignore-parse-error': 'true' }).problems).toEqual([
      "SQL_UNKNOWN_OPTION: there is no option 'json.ignore-parse-error'; Did you mean 'json.ignore-parse-errors'?",
    ]);
    expect(bind({ 'json.ignore-parse-errors': 'yes', 'json.timestamp-format.standard': 'iso' }).problems).toHaveLength(2);
    expect(bind({ 'json.ignore-parse-errors': 'true', 'json.fail-on-missing-field': 'true' }).problems).toHaveLength(1);
    expect(bind({ 'json.map-null-key.mode': 'literal' }).bound.settings.mapNullKeyMode).toBe('LITERAL');
    expect(bind({}, [field('m', types.map(types.INTEGER, types.STRING))]).problems).toHaveLength(1);
  });

  it('are found by the name of the format', () => {
    expect(formatNames()).toEqual(['csv', 'json', 'raw']);
    expect(findFormat('json')).toBe(jsonFormat);
    expect(findFormat('avro')).toBeUndefined();
  });
});

describe('maps with a NULL key', () => {
  const schema: Schema = [field('m', types.map(types.STRING, types.INTEGER))];
  const batch = createBatch(schema, 1);
  batch.columns[0].set(
    0,
    new Map<Value, Value>([
      [null, 1],
      ['a', 2],
    ]),
  );
  batch.length = 1;
  const encode = (mapNullKeyMode: JsonOptions['mapNullKeyMode']): string =>
    encodeOne(createJsonEncoder(schema, [0], { ...JSON_DEFAULTS, mapNullKeyMode, mapNullKeyLiteral: 'none' }), batch);

  it('fail, lose it, or write a word instead', () => {
    expect(() => encode('FAIL')).toThrow('NULL key');
    expect(encode('DROP')).toBe('{"m":{"a":2}}');
    expect(encode('LITERAL')).toBe('{"m":{"none":1,"a":2}}');
  });
});
