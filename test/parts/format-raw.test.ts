import { describe, expect, it } from 'vitest';
import type { TableDeclaration, TableOption } from '../../src/connectors/connector.ts';
import { MalformedRecordError } from '../../src/formats/format.ts';
import { rawFormat } from '../../src/formats/raw.ts';
import type { TextColumn } from '../../src/types/column.ts';
import type { Schema } from '../../src/types/schema.ts';
import * as types from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';
import { createBatch } from '../../src/types/batch.ts';
import { decodeAll, encodeOne, field } from './format-testing.ts';

function bind(type: types.SqlType, options: Record<string, string> = {}, columns = 1) {
  const problems: string[] = [];
  const place = { start: 0, end: 0 };
  const all = new Map<string, TableOption>(
    Object.entries(options).map(([key, value]) => [key, { value, keyPlace: place, valuePlace: place }]),
  );
  const physical: Schema = Array.from({ length: columns }, (_, i) => field(`c${i}`, type));
  const table: TableDeclaration = { name: 't', options: all, physical, metadata: [], primaryKey: [], place };
  const bound = rawFormat.bind('raw.', all, table, (code, message) => problems.push(`${code}: ${message}`));
  return { bound, problems };
}

function roundTrip(type: types.SqlType, value: Value, options: Record<string, string> = {}): { hex: string; back: Value } {
  const schema: Schema = [field('c', type)];
  const { bound } = bind(type, options);
  const batch = createBatch(schema, 1);
  batch.columns[0].set(0, value);
  batch.length = 1;
  const encoder = rawFormat.createEncoder?.(bound, schema, [0], { timeZone: 'UTC' });
  const decoder = rawFormat.createDecoder?.(bound, schema, [0], { timeZone: 'UTC' });
  if (encoder === undefined || decoder === undefined) expect.unreachable();
  const out = { bytes: new Uint8Array(64), length: 0, reserve: () => undefined };
  encoder.encode(batch, 0, out);
  const message = out.bytes.slice(0, out.length);
  return { hex: Buffer.from(message).toString('hex'), back: decodeAll(decoder, schema, [message]).rows[0][0] };
}

describe('the raw format', () => {
  it.each<[string, types.SqlType, Value, string, string]>([
    ['TINYINT', types.TINYINT, -2, 'fe', 'fe'],
    ['SMALLINT', types.SMALLINT, 258, '0102', '0201'],
    ['INT', types.INTEGER, 16909060, '01020304', '04030201'],
    ['BIGINT', types.BIGINT, 72623859790382856n, '0102030405060708', '0807060504030201'],
    ['FLOAT', types.FLOAT, 1.5, '3fc00000', '0000c03f'],
    ['DOUBLE', types.DOUBLE, 1.5, '3ff8000000000000', '000000000000f83f'],
    ['BOOLEAN', types.BOOLEAN, true, '01', '01'],
    ['STRING', types.STRING, 'zé', '7ac3a9', '7ac3a9'],
    ['BYTES', types.BYTES, Uint8Array.of(1, 255), '01ff', '01ff'],
  ])('writes and reads %s in both byte orders', (_name, type, value, big, little) => {
    expect(roundTrip(type, value)).toEqual({ hex: big, back: value });
    expect(roundTrip(type, value, { 'raw.endianness': 'little-endian' })).toEqual({ hex: little, back: value });
  });

  it('reads and writes other charsets', () => {
    expect(roundTrip(types.STRING, 'é', { 'raw.charset': 'ISO-8859-1' })).toEqual({ hex: 'e9', back: 'é' });
    expect(roundTrip(types.STRING, 'é', { 'raw.charset': 'UTF-16LE' })).toEqual({ hex: 'e900', back: 'é' });
    expect(roundTrip(types.STRING, 'é', { 'raw.charset': 'UTF-16BE' })).toEqual({ hex: '00e9', back: 'é' });
    expect(roundTrip(types.STRING, 'é', { 'raw.charset': 'US-ASCII' })).toEqual({ hex: '3f', back: '?' });
  });

  it('makes a row of an empty message, and one with NULL of a tombstone', () => {
    const schema: Schema = [field('line', types.STRING)];
    const decoder = rawFormat.createDecoder?.(bind(types.STRING).bound, schema, [0], { timeZone: 'UTC' });
    if (decoder === undefined) expect.unreachable();
    const { rows, records, batch } = decodeAll(decoder, schema, ['a', '', null, 'a', Buffer.from([0x61, 0xff, 0x62]), 'x\r']);
    expect(rows).toEqual([['a'], [''], [null], ['a'], ['a\ufffdb'], ['x\r']]);
    expect(records).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Array.from((batch.columns[0] as TextColumn).codes.subarray(0, 2))).toEqual([0, 1]);
  });

  it('fails for a message of the wrong length', () => {
    const schema: Schema = [field('n', types.INTEGER)];
    const decoder = rawFormat.createDecoder?.(bind(types.INTEGER).bound, schema, [0], { timeZone: 'UTC' });
    expect(() => decoder && decodeAll(decoder, schema, ['abc'])).toThrow(MalformedRecordError);
  });

  it('writes nothing for NULL', () => {
    const schema: Schema = [field('s', types.STRING)];
    const batch = createBatch(schema, 1);
    batch.columns[0].set(0, null);
    batch.length = 1;
    const encoder = rawFormat.createEncoder?.(bind(types.STRING).bound, schema, [0], { timeZone: 'UTC' });
    expect(encoder && encodeOne(encoder, batch)).toBe('');
  });

  it('refuses other types, several columns, and options it does not know', () => {
    expect(bind(types.DATE).problems).toEqual(['SQL_UNSUPPORTED_TYPE: the raw format has no DATE: column "c0"']);
    expect(bind(types.STRING, {}, 2).problems).toEqual(['SQL_RAW_COLUMNS: the raw format needs one column, and table "t" has 2']);
    expect(bind(types.STRING, { 'raw.charset': 'klingon', 'raw.endian': 'x' }).problems).toHaveLength(2);
  });
});
