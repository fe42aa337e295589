import { describe, expect, test } from 'vitest';
import { DatagenSource } from '../../src/connectors/datagen/datagen-source.ts';
import { printerOf } from '../../src/types/format-value.ts';
import { createBatch } from '../../src/types/batch.ts';
import {
  array,
  BIGINT,
  BOOLEAN,
  char,
  DATE,
  decimal,
  DOUBLE,
  FLOAT,
  INTEGER,
  map,
  row,
  STRING,
  time,
  timestamp,
  TINYINT,
  varchar,
  type SqlType,
} from '../../src/types/sql-type.ts';
import { connect, createContext, problemsOf, tryBind } from './connector-table.ts';

type Columns = Record<string, SqlType>;

/** The rows that a source has after `seconds`, as a print sink shows them. */
function rowsOf(
  columns: Columns,
  options: Record<string, string>,
  { seed = 1, seconds = 1, from = 0, timeZone = 'UTC' } = {},
): string[] {
  const table = connect({ options: { connector: 'datagen', ...options }, columns }, 'source');
  let now = Date.UTC(2024, 0, 1);
  const source = new DatagenSource(table, createContext({ clock: { now: () => now }, timeZone }), seed);
  if (from > 0) source.restore(from);
  void source.open();
  now += seconds * 1000;
  const printers = table.physical.map(({ type }) => printerOf(type));
  const rows: string[] = [];
  for (;;) {
    const batch = createBatch(table.physical, 64);
    const filled = source.fill(batch, 64);
    if (typeof filled === 'string') return [...rows, filled];
    for (let r = 0; r < filled; r++) rows.push(printers.map((print, i) => print(batch.columns[i].get(r))).join(', '));
  }
}

const sequence = (name: string, start: number, end: number): Record<string, string> => ({
  [`fields.${name}.kind`]: 'sequence',
  [`fields.${name}.start`]: String(start),
  [`fields.${name}.end`]: String(end),
});

describe('datagen', () => {
  test('sequences count, and the shortest ends the source', () => {
    const columns = { a: INTEGER, b: BIGINT, c: STRING, d: DOUBLE };
    const options = { ...sequence('a', 1, 3), ...sequence('b', -5, 100), ...sequence('c', 8, 90), ...sequence('d', 0, 9) };
    expect(rowsOf(columns, options)).toEqual(['1, -5, 8, 0.0', '2, -4, 9, 1.0', '3, -3, 10, 2.0', 'end']);
    expect(rowsOf(columns, options, { from: 2 })).toEqual(['3, -3, 10, 2.0', 'end']);
  });

  test('keeps to rows-per-second, without end unless told', () => {
    const rows = rowsOf({ a: INTEGER }, { 'rows-per-second': '100' }, { seconds: 2 });
    expect(rows.length).toBe(202);
    expect(rows.at(-1)).toBe('pending');
    expect(rowsOf({ a: INTEGER }, { 'number-of-rows': '7' }).length).toBe(8);
    expect(tryBind({ options: { connector: 'datagen' }, columns: { a: INTEGER } }, 'source').bound?.bounded).toBe(false);
    expect(
      tryBind({ options: { connector: 'datagen', 'number-of-rows': '7' }, columns: { a: INTEGER } }, 'source').bound?.bounded,
    ).toBe(true);
  });

  test('random values lie where they should and are those of the seed', () => {
    const columns = {
      t: TINYINT,
      i: INTEGER,
      b: BIGINT,
      f: FLOAT,
      d: DOUBLE,
      m: decimal(6, 2),
      s: STRING,
      v: varchar(5),
      c: char(3),
      o: BOOLEAN,
    };
    const options = {
      'number-of-rows': '500',
      'fields.i.min': '-2',
      'fields.i.max': '2',
      'fields.b.min': '9223372036854775800',
      'fields.d.min': '1.5',
      'fields.d.max': '2.5',
      'fields.s.length': '4',
      'fields.v.var-len': 'true',
      'fields.o.null-rate': '0.5',
    };
    const rows = rowsOf(columns, options);
    expect(rows).toEqual(rowsOf(columns, options));
    expect(rows).not.toEqual(rowsOf(columns, options, { seed: 2 }));
    const cells = rows.slice(0, -1).map((text) => text.split(', '));
    const column = (i: number): string[] => cells.map((cell) => cell[i]);
    expect(new Set(column(1))).toEqual(new Set(['-2', '-1', '0', '1', '2']));
    expect(Math.min(...column(0).map(Number))).toBeLessThan(-100);
    expect(Math.max(...column(0).map(Number))).toBeGreaterThan(100);
    expect(column(2).every((text) => BigInt(text) >= 9223372036854775800n && BigInt(text) < 2n ** 63n)).toBe(true);
    expect(new Set(column(2)).size).toBe(8);
    expect(column(3).every((text) => Number.isFinite(Number(text)) && Number(text) >= 0)).toBe(true);
    expect(column(4).every((text) => Number(text) >= 1.5 && Number(text) <= 2.5)).toBe(true);
    expect(column(5).every((text) => /^\d{1,4}\.\d\d$/.test(text))).toBe(true);
    expect(column(6).every((text) => /^[0-9a-f]{4}$/.test(text))).toBe(true);
    expect(new Set(column(7).map((text) => text.length))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(column(8).every((text) => text.length === 3)).toBe(true);
    expect(new Set(column(9))).toEqual(new Set(['true', 'false', 'null']));
  });

  test("times are now, of the session's zone", () => {
    const columns = { d: DATE, t: time(0), ts: timestamp(3) };
    expect(rowsOf(columns, { 'number-of-rows': '1' }, { timeZone: 'GMT+02:00' })[0]).toBe(
      '2024-01-01, 02:00:01, 2024-01-01T02:00:01',
    );
    expect(rowsOf(columns, { 'number-of-rows': '1' }, { timeZone: 'America/New_York' })[0]).toBe(
      '2023-12-31, 19:00:01, 2023-12-31T19:00:01',
    );
    const past = rowsOf({ ts: timestamp(3) }, { 'number-of-rows': '100', 'fields.ts.max-past': '1 h' }).slice(0, -1);
    expect(past.every((text) => text > '2023-12-31T23:00' && text <= '2024-01-01T00:00:01')).toBe(true);
    expect(new Set(past).size).toBeGreaterThan(90);
  });

  test('collections and rows are made of parts with options of their own', () => {
    const columns = { a: array(INTEGER), m: map(INTEGER, INTEGER), r: row([{ name: 'x', type: INTEGER }]) };
    const one = (key: string): Record<string, string> => ({ [`fields.${key}.min`]: '7', [`fields.${key}.max`]: '7' });
    const options = {
      ...one('a.element'),
      ...one('m.key'),
      ...one('m.value'),
      ...one('r.x'),
      'fields.a.length': '2',
      'number-of-rows': '1',
    };
    expect(rowsOf(columns, options)).toEqual(['[7, 7], {7=7}, +I[7]', 'end']);
  });

  test.each([
    [{ 'fields.a.kind': 'sequence' }, { a: INTEGER }, /needs the option 'fields.a.start' \| A sequence needs/],
    [{ 'fields.a.kind': 'sequence', 'fields.a.start': 'x', 'fields.a.end': '2' }, { a: INTEGER }, /'x' is not a whole number/],
    [{ 'fields.a.kind': 'sequence' }, { a: DATE }, /does not go with type DATE/],
    [{ 'fields.a.min': '300' }, { a: TINYINT }, /is beyond TINYINT/],
    [{ 'fields.a.min': '3', 'fields.a.max': '2' }, { a: INTEGER }, /leaves nothing between 3 and 2/],
    [{ 'fields.a.length': '9' }, { a: varchar(5) }, /is not a whole number from 1 to 5/],
    [{ 'fields.a.null-rate': '2' }, { a: INTEGER }, /is not a number from 0 to 1/],
    [{ 'fields.a.max-past': '1 d' }, { a: DATE }, /has no option 'fields.a.max-past'/],
    [{ 'fields.b.min': '1' }, { a: INTEGER }, /has no option 'fields.b.min' \| Did you mean 'fields.a.min'/],
    [{ 'rows-per-second': '0' }, { a: INTEGER }, /is not a whole number of at least 1/],
  ])('%j', (options, columns, problem) => {
    expect(
      problemsOf({ options: { connector: 'datagen', ...(options as Record<string, string>) }, columns: columns })[0],
    ).toMatch(problem);
  });
});
