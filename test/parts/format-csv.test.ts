import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TableDeclaration, TableOption } from '../../src/connectors/connector.ts';
import { createCsvDecoder } from '../../src/formats/csv/csv-decoder.ts';
import { createCsvEncoder } from '../../src/formats/csv/csv-encoder.ts';
import { csvFormat } from '../../src/formats/csv/csv-format.ts';
import type { CsvOptions } from '../../src/formats/csv/csv-options.ts';
import { createBatch } from '../../src/types/batch.ts';
import type { Schema } from '../../src/types/schema.ts';
import * as types from '../../src/types/sql-type.ts';
import {
  CSV_DEFAULTS,
  TYPES,
  decodeAll,
  decodeOne,
  encodeOne,
  field,
  flinkAnswers,
  positions,
  rowsOf,
} from './format-testing.ts';

interface Answers {
  lines: { options: Partial<CsvOptions>; lines: Record<string, string> }[];
  values: string[];
  answers: Record<string, Record<string, string>>;
}

const flink = flinkAnswers<Answers>('format-csv-flink.json');
const CITY: Schema = [field('city', types.STRING), field('n', types.INTEGER), field('d', types.DOUBLE)];

describe('csv lines, as Flink 1.20.5 reads them', () => {
  it.each(flink.lines.map(({ options, lines }) => [JSON.stringify(options), options, lines] as const))(
    '%s',
    (_name, options, lines) => {
      const decoder = createCsvDecoder(CITY, positions(CITY), { ...CSV_DEFAULTS, ...options });
      for (const [line, answer] of Object.entries(lines)) {
        expect.soft(decodeOne(decoder, CITY, line), JSON.stringify(line)).toBe(answer);
      }
    },
  );
});

describe('csv values, as Flink 1.20.5 reads them', () => {
  it.each(Object.keys(flink.answers))('%s', (name) => {
    const schema: Schema = [field('a', TYPES[name]), field('b', types.INTEGER)];
    const decoder = createCsvDecoder(schema, positions(schema), { ...CSV_DEFAULTS, ignoreParseErrors: true, columns: schema });
    for (const value of flink.values) {
      expect.soft(decodeOne(decoder, schema, `${value},5`), JSON.stringify(value)).toBe(flink.answers[name][value] ?? '(N,5)');
    }
  });
});

describe('csv with some of the columns', () => {
  const schema: Schema = [CITY[2], CITY[0]];

  it('finds them by their place in the line, in any order', () => {
    const decoder = createCsvDecoder(schema, positions(schema), { ...CSV_DEFAULTS, columns: CITY });
    expect(decodeAll(decoder, schema, ['Rome,no number,1.5', 'Oslo,1']).rows).toEqual([
      [1.5, 'Rome'],
      [null, 'Oslo'],
    ]);
  });

  it('tells what became NULL and what was dropped', () => {
    const decoder = createCsvDecoder(schema, positions(schema), { ...CSV_DEFAULTS, ignoreParseErrors: true, columns: CITY });
    const { rows, malformed } = decodeAll(decoder, schema, ['Rome,1,warm', '"Oslo,1,2', Buffer.from([0xff, 0x2c, 0x31])]);
    expect(rows).toEqual([[null, 'Rome']]);
    expect(malformed.map(({ record, field: name, dropped }) => [record, name, dropped])).toEqual([
      [0, 'd', false],
      [1, undefined, true],
      [2, undefined, true],
    ]);
  });
});

describe('csv round trips', () => {
  const schema: Schema = [
    field('text', types.STRING),
    field('int', types.INTEGER),
    field('bigint', types.BIGINT),
    field('double', types.DOUBLE),
    field('decimal', types.decimal(10, 2)),
    field('timestamp', types.timestamp(3)),
    field('boolean', types.BOOLEAN),
  ];
  const row = fc.tuple(
    fc.string({ unit: 'binary' }).filter((text) => text !== 'NULL'),
    fc.option(fc.integer()),
    fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    fc.option(fc.double({ noNaN: true })),
    fc.option(fc.bigInt({ min: -9999999999n, max: 9999999999n })),
    fc.option(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })),
    fc.option(fc.boolean()),
  );
  const options = fc.record({
    fieldDelimiter: fc.constantFrom(',', ';', '\t', '|', '§'),
    quoteCharacter: fc.constantFrom('"', "'"),
    escapeCharacter: fc.constantFrom(null, '\\', '!'),
    nullLiteral: fc.constant('NULL'),
  });

  it('read back what was written', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), options, (rows, chosen) => {
        const settings = { ...CSV_DEFAULTS, ...chosen, columns: schema };
        const batch = createBatch(schema, 8);
        for (const values of rows) {
          values.forEach((value, i) => batch.columns[i].set(batch.length, value));
          batch.length++;
        }
        const encoder = createCsvEncoder(schema, positions(schema), settings);
        const lines = rows.map((_, i) => encodeOne(encoder, batch, i));
        const decoded = decodeAll(createCsvDecoder(schema, positions(schema), settings), schema, lines);
        expect(decoded.rows).toEqual(rowsOf(batch, schema));
      }),
      { numRuns: 400 },
    );
  });
});

describe('options of the csv format', () => {
  function bind(options: Record<string, string>, schema: Schema = CITY, prefix = 'csv.') {
    const problems: string[] = [];
    const place = { start: 0, end: 0 };
    const all = new Map<string, TableOption>(
      Object.entries(options).map(([key, value]) => [key, { value, keyPlace: place, valuePlace: place }]),
    );
    const table: TableDeclaration = { name: 't', options: all, physical: schema, metadata: [], primaryKey: ['n'], place };
    const bound = csvFormat.bind(prefix, all, table, (code, message, _place, hint) =>
      problems.push(`${code}: ${message}; ${hint}`),
    );
    return { settings: bound.settings as unknown as CsvOptions, problems };
  }

  it('have the defaults of Flink', () => {
    expect(bind({}).settings).toEqual({ ...CSV_DEFAULTS, columns: CITY });
  });

  it('take escapes for the delimiter, and single characters only', () => {
    expect(bind({ 'csv.field-delimiter': '\\t' }).settings.fieldDelimiter).toBe('\t');
    expect(bind({ 'csv.field-delimiter': '\\u0001' }).settings.fieldDelimiter).toBe('\u0001');
    expect(bind({ 'csv.field-delimiter': '||' }).problems).toEqual([
      "SQL_OPTION_VALUE: option 'csv.field-delimiter' = '||' is not a single character; undefined",
    ]);
    expect(bind({ 'csv.quote-character': "'", 'csv.disable-quote-character': 'true' }).problems).toHaveLength(1);
    expect(bind({ 'csv.null-literl': 'x' }).problems).toEqual([
      "SQL_UNKNOWN_OPTION: there is no option 'csv.null-literl'; Did you mean 'csv.null-literal'?",
    ]);
  });

  it('refuse types that a line cannot hold', () => {
    const wrong = [types.map(types.STRING, types.STRING), types.array(types.array(types.INTEGER)), types.time(6)];
    expect(
      bind(
        {},
        wrong.map((type, i) => field(`c${i}`, type)),
      ).problems,
    ).toHaveLength(3);
  });

  it('know the columns of a key and of a value without it', () => {
    expect(bind({}, CITY, 'key.csv.').settings.columns.map(({ name }) => name)).toEqual(['n']);
    const kafka = { 'key.fields': 'd;city', 'value.fields-include': 'EXCEPT_KEY' };
    expect(bind(kafka, CITY, 'key.csv.').settings.columns.map(({ name }) => name)).toEqual(['d', 'city']);
    expect(bind(kafka, CITY, 'value.csv.').settings.columns.map(({ name }) => name)).toEqual(['n']);
  });
});
