import { describe, expect, test } from 'vitest';
import { BOOLEAN, decimal, INTEGER, STRING, withNullable, char, type SqlType } from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';
import { evaluateCall, shown, type Typed } from './evaluate-call.ts';

/** All answers are Flink 1.20.5's. */

const int = (value: number | null): Typed => ({ type: withNullable(INTEGER, value === null), value });
const text = (value: string | null): Typed => ({ type: withNullable(STRING, value === null), value });
const chars = (value: string): Typed => ({ type: withNullable(char(value.length), false), value });
const bool = (value: boolean): Typed => ({ type: withNullable(BOOLEAN, false), value });
const ints = (...values: (number | null)[]): Typed => evaluateCall('ARRAY', values.map(int));
const texts = (...values: (string | null)[]): Typed => evaluateCall('ARRAY', values.map(text));
const map = (...pairs: (readonly [string, number | null])[]): Typed =>
  evaluateCall(
    'MAP',
    pairs.flatMap(([key, value]) => [chars(key), int(value)]),
  );
const nothing = (type: SqlType): Typed => ({ type: withNullable(type, true), value: null });

describe('constructors and access', () => {
  test.each<[string, Typed, string]>([
    [
      'ARRAY[1, 2.5, 3]',
      evaluateCall('ARRAY', [int(1), { type: withNullable(decimal(2, 1), false), value: 25n }, int(3)]),
      'ARRAY<DECIMAL(11, 1) NOT NULL> NOT NULL [1.0, 2.5, 3.0]',
    ],
    ["ARRAY['a', 'bcd']", evaluateCall('ARRAY', [chars('a'), chars('bcd')]), 'ARRAY<VARCHAR(3) NOT NULL> NOT NULL [a, bcd]'],
    [
      "MAP['b', 1, 'a', 2, 'zebra', 3, 'apple', 4]",
      map(['b', 1], ['a', 2], ['zebra', 3], ['apple', 4]),
      'MAP<VARCHAR(5) NOT NULL, INT NOT NULL> NOT NULL {zebra=3, a=2, apple=4, b=1}',
    ],
    ["MAP['b', 1, 'a', 2, 'b', 3]", map(['b', 1], ['a', 2], ['b', 3]), 'MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL {a=2, b=3}'],
    [
      'ROW(1, ROW(2, 3))',
      evaluateCall('ROW', [int(1), evaluateCall('ROW', [int(2), int(3)])]),
      'ROW<`EXPR$0` INT NOT NULL, `EXPR$1` ROW<`EXPR$0` INT NOT NULL, `EXPR$1` INT NOT NULL> NOT NULL> NOT NULL +I[1, +I[2, 3]]',
    ],
    ['ARRAY[1, NULL][2]', evaluateCall('ITEM', [ints(1, null), int(2)]), 'INT null'],
    ['ARRAY[1, NULL][3]', evaluateCall('ITEM', [ints(1, null), int(3)]), 'INT null'],
    ["MAP['b', 1]['b']", evaluateCall('ITEM', [map(['b', 1]), chars('b')]), 'INT 1'],
    ["MAP['b', 1]['c']", evaluateCall('ITEM', [map(['b', 1]), chars('c')]), 'INT null'],
    [
      'ROW(1, 2).EXPR$1',
      evaluateCall('FIELD', [evaluateCall('ROW', [int(1), int(2)]), chars('EXPR$1')], [false, true]),
      'INT NOT NULL 2',
    ],
    ['CARDINALITY(ARRAY[1, NULL])', evaluateCall('CARDINALITY', [ints(1, null)]), 'INT NOT NULL 2'],
    ["CARDINALITY(MAP['b', 1, 'b', 3])", evaluateCall('CARDINALITY', [map(['b', 1], ['b', 3])]), 'INT NOT NULL 1'],
    ['ELEMENT(ARRAY[7])', evaluateCall('ELEMENT', [ints(7)]), 'INT 7'],
  ])('%s', (_, answer, expected) => {
    expect(shown(answer)).toBe(expected);
  });

  test('an index below 1 is refused, and so is ELEMENT of two', () => {
    expect(() => evaluateCall('ITEM', [ints(1), int(0)], [false, true])).toThrow('an index of an ARRAY starts at 1');
    expect(() => evaluateCall('ELEMENT', [ints(1, 2)])).toThrow('ELEMENT takes an array of one element, not 2');
  });
});

describe('arrays', () => {
  test.each<[string, readonly Typed[], string]>([
    ['ARRAY_CONTAINS', [ints(1, null), nothing(INTEGER)], 'BOOLEAN NOT NULL true'],
    ['ARRAY_CONTAINS', [ints(1, 2), int(3)], 'BOOLEAN NOT NULL false'],
    ['ARRAY_DISTINCT', [ints(1, null, 1, null, 2)], 'ARRAY<INT> NOT NULL [1, null, 2]'],
    ['ARRAY_POSITION', [ints(1, 2, 1), int(2)], 'INT NOT NULL 2'],
    ['ARRAY_POSITION', [ints(1, null), nothing(INTEGER)], 'INT null'],
    ['ARRAY_REMOVE', [ints(1, 2, null), nothing(INTEGER)], 'ARRAY<INT> NOT NULL [1, 2]'],
    ['ARRAY_APPEND', [ints(1, 2), int(3)], 'ARRAY<INT NOT NULL> NOT NULL [1, 2, 3]'],
    ['ARRAY_PREPEND', [ints(1, 2), int(0)], 'ARRAY<INT NOT NULL> NOT NULL [0, 1, 2]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(2), int(3)], 'ARRAY<INT NOT NULL> NOT NULL [2, 3]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(-2), int(-1)], 'ARRAY<INT NOT NULL> NOT NULL [3, 4]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(0), int(2)], 'ARRAY<INT NOT NULL> NOT NULL [1, 2]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(3)], 'ARRAY<INT NOT NULL> NOT NULL [3, 4]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(3), int(1)], 'ARRAY<INT NOT NULL> NOT NULL []'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(-9), int(2)], 'ARRAY<INT NOT NULL> NOT NULL [1, 2]'],
    ['ARRAY_SLICE', [ints(1, 2, 3, 4), int(2), int(9)], 'ARRAY<INT NOT NULL> NOT NULL [2, 3, 4]'],
    ['ARRAY_SORT', [ints(3, null, 1)], 'ARRAY<INT> NOT NULL [null, 1, 3]'],
    ['ARRAY_SORT', [ints(3, null, 1), bool(false)], 'ARRAY<INT> NOT NULL [3, 1, null]'],
    ['ARRAY_SORT', [ints(3, null, 1), bool(true), bool(false)], 'ARRAY<INT> NOT NULL [1, 3, null]'],
    ['ARRAY_SORT', [ints(3, null, 1), bool(false), bool(true)], 'ARRAY<INT> NOT NULL [null, 3, 1]'],
    ['ARRAY_UNION', [ints(1, 2, null), ints(2, 3, null)], 'ARRAY<INT> NOT NULL [1, 2, null, 3]'],
    ['ARRAY_CONCAT', [ints(1), ints(2), ints(3)], 'ARRAY<INT NOT NULL> NOT NULL [1, 2, 3]'],
    ['ARRAY_EXCEPT', [ints(1, 1, 2, null), ints(2)], 'ARRAY<INT> NOT NULL [1, null]'],
    ['ARRAY_INTERSECT', [ints(1, 1, 2, null), ints(1, null)], 'ARRAY<INT> NOT NULL [1, null]'],
    ['ARRAY_MAX', [ints(1, null, 3)], 'INT 3'],
    ['ARRAY_MIN', [ints(1, null, 3)], 'INT 1'],
    ['ARRAY_MAX', [ints(null, null)].map(() => ({ type: ints(1, null).type, value: [null] as Value })), 'INT null'],
    ['ARRAY_REVERSE', [ints(1, null)], 'ARRAY<INT> NOT NULL [null, 1]'],
    ['ARRAY_JOIN', [texts('a', null, 'b'), chars(',')], 'STRING NOT NULL a,b'],
    ['ARRAY_JOIN', [texts('a', null, 'b'), chars(','), chars('?')], 'STRING NOT NULL a,?,b'],
  ])('%s of %j', (name, args, expected) => {
    expect(shown(evaluateCall(name, args))).toBe(expected);
  });
});

describe('maps', () => {
  test.each<[string, readonly Typed[], string]>([
    ['MAP_KEYS', [map(['x', 1])], 'ARRAY<CHAR(1) NOT NULL> NOT NULL [x]'],
    ['MAP_VALUES', [map(['x', 1])], 'ARRAY<INT NOT NULL> NOT NULL [1]'],
    [
      'MAP_ENTRIES',
      [map(['b', 1], ['a', 2], ['b', 3])],
      'ARRAY<ROW<`key` CHAR(1) NOT NULL, `value` INT NOT NULL>> NOT NULL [+I[b, 3], +I[a, 2]]',
    ],
    [
      'MAP_UNION',
      [map(['b', 1], ['a', 2]), map(['c', 3], ['a', 9])],
      'MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL {a=9, b=1, c=3}',
    ],
    ['MAP_FROM_ARRAYS', [texts('b', 'a', 'b'), ints(1, 2, 3)], 'MAP<STRING NOT NULL, INT NOT NULL> NOT NULL {a=2, b=3}'],
    ['STR_TO_MAP', [text('k2=1,k1=2,zebra=3,apple,k2=9')], 'MAP<STRING, STRING> {zebra=3, apple=null, k1=2, k2=9}'],
    ['STR_TO_MAP', [text('a:1;b:2'), chars(';'), chars(':')], 'MAP<STRING, STRING> {a=1, b=2}'],
    ['STR_TO_MAP', [text('a:1|b:2'), chars('|'), chars(':')], 'MAP<STRING, STRING> {=, a=null, 1=null, b=null, 2=null, |=null}'],
    ['STR_TO_MAP', [text('a=1=2,,b')], 'MAP<STRING, STRING> {=null, a=1=2, b=null}'],
    ['STR_TO_MAP', [text('')], 'MAP<STRING, STRING> {}'],
    ['SPLIT', [text('a,b,'), chars(',')], 'ARRAY<STRING> NOT NULL [a, b, ]'],
    ['SPLIT', [text(''), chars(',')], 'ARRAY<STRING> NOT NULL []'],
    ['SPLIT', [text('abc'), { type: withNullable(char(0), false), value: '' }], 'ARRAY<STRING> NOT NULL [a, b, c]'],
    ['SPLIT', [text('a.b'), chars('.')], 'ARRAY<STRING> NOT NULL [a, b]'],
  ])('%s of %j', (name, args, expected) => {
    expect(shown(evaluateCall(name, args))).toBe(expected);
  });
});
