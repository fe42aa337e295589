import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyIndex } from '../../../src/run/state/create-key-index.ts';
import { createColumns } from '../../../src/types/schema.ts';
import { TextDictionary } from '../../../src/types/column.ts';
import { canonicalText } from '../../../src/types/canonical-text.ts';
import * as sql from '../../../src/types/sql-type.ts';
import { FineTimestamp, type Value } from '../../../src/types/value.ts';

const nullable = (values: fc.Arbitrary<Value>): fc.Arbitrary<Value> => fc.option(values, { nil: null, freq: 4 });

const cases: readonly (readonly [string, readonly sql.SqlType[], readonly fc.Arbitrary<Value>[]])[] = [
  ['one text', [sql.STRING], [nullable(fc.constantFrom<Value>('', 'a', 'b', 'ab', 'é', 'x1', 'x2', 'x3'))]],
  [
    'text and numbers',
    [sql.STRING, sql.INTEGER, sql.DOUBLE],
    [
      nullable(fc.constantFrom<Value>('', 'a', 'b')),
      nullable(fc.integer({ min: -1, max: 1 })),
      nullable(fc.constantFrom<Value>(0, -0, NaN, 1e300)),
    ],
  ],
  [
    'wide values',
    [sql.BIGINT, sql.timestamp(9), sql.BYTES, sql.BOOLEAN],
    [
      nullable(fc.constantFrom<Value>(0n, 1n << 40n, -1n)),
      nullable(fc.constantFrom<Value>(0, new FineTimestamp(0, 1), new FineTimestamp(0, 2), -1)),
      nullable(fc.constantFrom<Value>(new Uint8Array([]), new Uint8Array([0]), new Uint8Array([0, 0]))),
      nullable(fc.boolean()),
    ],
  ],
];

test.each(cases)('slots of keys of %s are those of a map, whatever is removed in between', (_, types, parts) => {
  const key = fc.tuple(...parts);
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('resolve' as const),
        keys: fc.array(key, { minLength: 1, maxLength: 20 }),
        coded: fc.boolean(),
        other: fc.boolean(),
        merged: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), nth: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let index = createKeyIndex(types);
      const model = new Map<string, number>();
      const dictionaries = [new TextDictionary(), new TextDictionary()];
      for (const action of steps) {
        if (action.kind === 'clear') {
          index.clear();
          model.clear();
        } else if (action.kind === 'restart') {
          const snapshot = structuredClone(index.snapshot());
          const order = [...model].sort((a, b) => a[1] - b[1]).map(([text]) => text);
          index = createKeyIndex(types);
          index.restore(snapshot);
          order.forEach((text, slot) => model.set(text, slot));
        } else if (action.kind === 'remove') {
          const entry = [...model][action.nth % Math.max(1, model.size)];
          if (entry === undefined) continue;
          index.remove(entry[1]);
          model.delete(entry[0]);
        } else {
          const columns = createColumns(
            types.map((type) => ({ name: '', type })),
            action.keys.length,
          );
          action.keys.forEach((values, row) =>
            values.forEach((value, c) => {
              const column = columns[c];
              column.set(row, value);
              if (column.storage !== 'text' || !action.coded) return;
              const dictionary = dictionaries[action.other ? 1 : 0];
              column.begin(dictionary);
              if (value === null) return;
              const code = dictionary.values.indexOf(value as string);
              column.codes[row] = code === -1 ? dictionary.values.push(value as string) - 1 : code;
            }),
          );
          const slots = new Int32Array(action.keys.length);
          let { keys } = action;
          if (action.merged) {
            const merged = createKeyIndex(types);
            merged.resolve(columns, 0, keys.length, slots);
            keys = keys.filter((_, row) => slots.indexOf(slots[row]) === row);
            index.resolveAll(merged, slots);
          } else {
            index.resolve(columns, 0, keys.length, slots);
          }
          const created = [...index.created.subarray(0, index.createdCount)];
          keys.forEach((values, row) => {
            const text = values.map(canonicalText).join('|');
            const known = model.get(text);
            if (known === undefined) {
              expect(created.shift()).toBe(slots[row]);
              expect([...model.values()]).not.toContain(slots[row]);
              model.set(text, slots[row]);
            } else {
              expect(slots[row]).toBe(known);
            }
          });
          expect(created).toEqual([]);
        }
        expect(index.size).toBe(model.size);
        for (const [text, slot] of model) {
          expect(index.columns.map((column) => canonicalText(column.get(slot))).join('|')).toBe(text);
        }
      }
    }),
    { numRuns: 150 },
  );
});
