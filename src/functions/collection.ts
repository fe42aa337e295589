import { commonType } from '../types/common-type.ts';
import { INTEGER, isInteger, isText, sameType, STRING, typeName, withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { arrayFunctions } from './array.ts';
import {
  arrayOf,
  arrayType,
  mapOf,
  mapType,
  sameElement,
  textOf,
  type Dictionary,
  type List,
  type MapType,
} from './collection-element.ts';
import { EvaluationError, SignatureError, type ScalarFunction } from './function.ts';
import { mapFunctions } from './map.ts';
import { expectCount, signature, strict, wrongTypes } from './signature.ts';
import { textArguments } from './text-signature.ts';

/**
 * Making collections and taking them apart. The operators are named `ARRAY` (ARRAY[a, b]), `MAP` (MAP[k, v, …]), `ROW`
 * (ROW(a, b)), `ITEM` (a[i], m[k]) and `FIELD` (r.name, with the name as text).
 */

// ---------------------------------------------------------------- constructors

const arrayConstructor: ScalarFunction = {
  name: 'ARRAY',
  summary: 'An array of values, which are brought to one type.',
  nulls: 'custom',
  infer(args) {
    expectCount('ARRAY', args, 1, Infinity);
    const types = args.map(({ type }) => type);
    const element = commonElement(types);
    if (element === undefined) throw wrongTypes('ARRAY', args, 'values of one type');
    return signature(
      args,
      args.map(() => element),
      arrayOf(element, false),
    );
  },
  implement:
    () =>
    (...values: Value[]) =>
      values,
  examples: [['ARRAY[1, 2]', '[1, 2]']],
};

/** Texts of different lengths become VARCHAR, so that none is filled up with spaces. */
function commonElement(types: readonly SqlType[]): SqlType | undefined {
  const common = commonType(types);
  if (common?.kind !== 'CHAR' || types.every((type) => type.kind === 'NULL' || sameType(type, common))) return common;
  return { ...common, kind: 'VARCHAR' };
}

const mapConstructor: ScalarFunction = {
  name: 'MAP',
  summary: 'A map of keys and values; of equal keys the last one counts.',
  nulls: 'custom',
  infer(args) {
    if (args.length === 0 || args.length % 2 !== 0) throw new SignatureError('MAP takes pairs of a key and a value');
    const types = args.map(({ type }) => type);
    const key = commonElement(types.filter((_, i) => i % 2 === 0));
    const value = commonElement(types.filter((_, i) => i % 2 === 1));
    if (key === undefined || value === undefined) throw wrongTypes('MAP', args, 'keys of one type and values of one type');
    return signature(
      args,
      args.map((_, i) => (i % 2 === 0 ? key : value)),
      { kind: 'MAP', key, value, nullable: false },
    );
  },
  implement({ type }) {
    const { key } = type as MapType;
    return (...values: Value[]) => {
      const pairs: [Value, Value][] = [];
      for (let i = 0; i < values.length; i += 2) pairs.push([values[i], values[i + 1]]);
      return mapOf(key, pairs);
    };
  },
  examples: [["MAP['a', 1, 'b', 2]['b']", '2']],
};

const rowConstructor: ScalarFunction = {
  name: 'ROW',
  summary: 'A row of values.',
  nulls: 'custom',
  infer(args) {
    const fields = args.map(({ type }, i) => ({ name: `EXPR$${i}`, type }));
    return signature(
      args,
      args.map(({ type }) => type),
      { kind: 'ROW', fields, nullable: false },
    );
  },
  implement:
    () =>
    (...values: Value[]) =>
      values,
  examples: [["ROW(1, 'a')", '+I[1, a]']],
};

// ---------------------------------------------------------------- access

function lookup(keyType: SqlType): (map: Dictionary, key: Value) => Value {
  switch (keyType.kind) {
    case 'BINARY':
    case 'VARBINARY':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return (map, key) => {
        for (const [other, value] of map) if (sameElement(keyType, other, key)) return value;
        return null;
      };
    default:
      return (map, key) => map.get(key) ?? null;
  }
}

const item: ScalarFunction = {
  name: 'ITEM',
  summary: 'An element of an array, counted from 1, or the value of a key of a map; NULL when there is none.',
  mayReturnNull: true,
  infer(args) {
    expectCount('ITEM', args, 2);
    const { type } = args[0];
    if (type.kind === 'ARRAY') {
      if (!isInteger(args[1].type)) throw wrongTypes('ITEM', args, 'a whole number as index of an ARRAY');
      const index = args[1].literal;
      if (index !== undefined && index !== null && Number(index) < 1)
        throw new SignatureError('an index of an ARRAY starts at 1');
      return { ...strict(args, [type, args[1].type], type), type: withNullable(type.element, true) };
    }
    const { key, value } = mapType('ITEM', args);
    const common = commonType([key, args[1].type]);
    if (common === undefined) throw wrongTypes('ITEM', args, `a key of type ${typeName(key)}`);
    const sought = isText(key) ? textOf(args[1].type, key) : key;
    return { ...strict(args, [type, sought], value), type: withNullable(value, true) };
  },
  implement({ args: [type] }) {
    if (type.kind !== 'ARRAY') return lookup((type as MapType).key);
    return (list: List, index: number | bigint) => list[Number(index) - 1] ?? null;
  },
  examples: [
    ['ARRAY[7, 8][2]', '8'],
    ['ARRAY[7, 8][3]', 'null'],
    ["MAP['k', 1]['k']", '1'],
  ],
};

const field: ScalarFunction = {
  name: 'FIELD',
  summary: 'A field of a row, by its name.',
  mayReturnNull: true,
  infer(args) {
    expectCount('FIELD', args, 2);
    const { type } = args[0];
    const name = args[1].literal;
    if (type.kind !== 'ROW' || typeof name !== 'string') throw wrongTypes('FIELD', args, 'a ROW and the name of a field');
    const found = type.fields.find((candidate) => candidate.name === name);
    if (found === undefined) throw new SignatureError(`${typeName(type)} has no field "${name}"`);
    return { args: [type, args[1].type], type: withNullable(found.type, found.type.nullable || type.nullable) };
  },
  implement({ args: [type], literals }) {
    const { fields } = type as Extract<SqlType, { readonly kind: 'ROW' }>;
    const index = fields.findIndex(({ name }) => name === literals[1]);
    return (row: List) => row[index];
  },
  examples: [["CAST(ROW(1, 'a') AS ROW<x INT, y STRING>).y", 'a']],
};

const cardinality: ScalarFunction = {
  name: 'CARDINALITY',
  summary: 'The number of elements of an array or entries of a map.',
  infer(args) {
    expectCount('CARDINALITY', args, 1);
    const { type } = args[0];
    if (type.kind !== 'ARRAY' && type.kind !== 'MAP' && type.kind !== 'MULTISET')
      throw wrongTypes('CARDINALITY', args, 'an ARRAY or MAP');
    return strict(args, [type], INTEGER);
  },
  implement({ args: [type] }) {
    if (type.kind === 'ARRAY') return (list: List) => list.length;
    if (type.kind === 'MAP') return (map: Dictionary) => map.size;
    return (multiset: ReadonlyMap<Value, number>) => {
      let elements = 0;
      for (const count of multiset.values()) elements += count;
      return elements;
    };
  },
  examples: [['CARDINALITY(ARRAY[1, 2])', '2']],
};

const element: ScalarFunction = {
  name: 'ELEMENT',
  summary: 'The only element of an array; NULL for an empty one, and an error when there are more.',
  mayReturnNull: true,
  infer(args) {
    expectCount('ELEMENT', args, 1);
    const type = arrayType('ELEMENT', args);
    return { ...strict(args, [type], type), type: withNullable(type.element, true) };
  },
  implement: () => (list: List) => {
    if (list.length > 1) throw new EvaluationError(`ELEMENT takes an array of one element, not ${list.length}`);
    return list[0] ?? null;
  },
  examples: [['ELEMENT(ARRAY[7])', '7']],
};

const split: ScalarFunction = {
  name: 'SPLIT',
  summary: 'The parts of a text between separators; its characters when the separator is empty.',
  infer: (args) => strict(args, textArguments('SPLIT', args, ['text', 'text']), arrayOf(STRING, true)),
  implement: () => (text: string, separator: string) =>
    text === '' ? [] : separator === '' ? Array.from(text) : text.split(separator),
  examples: [["SPLIT('a,b,,c', ',')", '[a, b, , c]']],
};

export const collectionFunctions: readonly ScalarFunction[] = [
  arrayConstructor,
  mapConstructor,
  rowConstructor,
  item,
  field,
  cardinality,
  element,
  split,
  ...arrayFunctions,
  ...mapFunctions,
];
