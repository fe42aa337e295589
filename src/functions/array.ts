import { commonType, mergedType } from '../types/common-type.ts';
import { BOOLEAN, INTEGER, isInteger, isText, sameType, STRING, withNullable, type SqlType } from '../types/sql-type.ts';
import { compareNullable, compareValues, type Value } from '../types/value.ts';
import {
  arrayOf,
  arrayType,
  distinct,
  identityOf,
  sameElement,
  textOf,
  type ArrayType,
  type List,
} from './collection-element.ts';
import type { ScalarFunction } from './function.ts';
import { anyNullable, expectCount, strict, wrongTypes } from './signature.ts';
import { textArguments } from './text-signature.ts';

/** The functions of Flink's page "System Functions", section "Collection Functions", that take arrays. */

interface ArrayFunction {
  readonly name: string;
  readonly summary: string;
  readonly result?: (type: ArrayType) => SqlType;
  readonly mayReturnNull?: boolean;
  readonly make: (element: SqlType) => (list: List) => Value;
  readonly examples: ScalarFunction['examples'];
}

/** A function of one array. */
function arrayFunction({ name, summary, result, mayReturnNull, make, examples }: ArrayFunction): ScalarFunction {
  return {
    name,
    summary,
    ...(mayReturnNull && { mayReturnNull }),
    infer(args) {
      expectCount(name, args, 1);
      const type = arrayType(name, args);
      const inferred = strict(args, [type], result === undefined ? type : result(type));
      return mayReturnNull ? { ...inferred, type: withNullable(inferred.type, true) } : inferred;
    },
    implement: ({ args: [type] }) => make((type as ArrayType).element),
    examples,
  };
}

interface SearchFunction {
  readonly name: string;
  readonly summary: string;
  readonly nulls: 'strict' | 'custom';
  readonly result: (type: ArrayType, element: SqlType) => SqlType;
  readonly make: (element: SqlType) => (list: any, sought: Value) => Value;
  readonly examples: ScalarFunction['examples'];
}

/** A function of an array and a value of its elements' type. */
function searchFunction({ name, summary, nulls, result, make, examples }: SearchFunction): ScalarFunction {
  return {
    name,
    summary,
    nulls,
    infer(args) {
      expectCount(name, args, 2);
      const type = arrayType(name, args);
      const merged = mergedType([type.element, args[1].type]);
      if (merged === undefined || (!sameType(merged, type.element) && !isText(merged))) {
        throw wrongTypes(name, args, `an ARRAY and a value of its elements' type`);
      }
      const sought = withNullable(isText(merged) ? textOf(args[1].type, type.element) : type.element, true);
      const found = result(type, withNullable(merged, type.element.nullable || args[1].type.nullable));
      return { args: [type, sought], type: withNullable(found, type.nullable || (nulls === 'strict' && anyNullable(args))) };
    },
    implement: ({ args: [type] }) => make((type as ArrayType).element),
    examples,
  };
}

interface SetFunction {
  readonly name: string;
  readonly summary: string;
  readonly most: number;
  readonly make: (element: SqlType) => (...lists: List[]) => Value;
  readonly examples: ScalarFunction['examples'];
}

/** A function of several arrays, whose elements are brought to one type. */
function setFunction({ name, summary, most, make, examples }: SetFunction): ScalarFunction {
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, most === 2 ? 2 : 1, most);
      args.forEach((_, i) => arrayType(name, args, i));
      const common = commonType(args.map(({ type }) => type));
      if (common === undefined) throw wrongTypes(name, args, 'ARRAYs of one type of elements');
      return strict(
        args,
        args.map(() => common),
        common,
      );
    },
    implement: ({ args: [type] }) => make((type as ArrayType).element),
    examples,
  };
}

function extreme(name: 'ARRAY_MAX' | 'ARRAY_MIN', sign: 1 | -1, printed: string): ScalarFunction {
  return arrayFunction({
    name,
    summary: `The ${sign > 0 ? 'largest' : 'smallest'} element that is not NULL; NULL when there is none.`,
    result: (type) => withNullable(type.element, true),
    mayReturnNull: true,
    make: (type) => {
      // NaN is neither larger nor smaller than anything.
      const isNumber = type.kind === 'DOUBLE' || type.kind === 'FLOAT';
      const exceeds = (a: Value, b: Value): boolean =>
        isNumber
          ? sign > 0
            ? (a as number) > (b as number)
            : (a as number) < (b as number)
          : compareValues(type, a, b) * sign > 0;
      return (list) => {
        let best: Value = null;
        for (const value of list) if (value !== null && (best === null || exceeds(value, best))) best = value;
        return best;
      };
    },
    examples: [[`${name}(ARRAY[3, 1, 2])`, printed]],
  });
}

const arraySort: ScalarFunction = {
  name: 'ARRAY_SORT',
  summary: 'An array in order: ascending unless FALSE is given; NULLs first when ascending, last when descending, unless given.',
  infer(args) {
    expectCount('ARRAY_SORT', args, 1, 3);
    const type = arrayType('ARRAY_SORT', args);
    if (args.slice(1).some(({ type: flag }) => flag.kind !== 'BOOLEAN' && flag.kind !== 'NULL')) {
      throw wrongTypes('ARRAY_SORT', args, 'an ARRAY and optionally one or two BOOLEANs');
    }
    return strict(
      args,
      args.map((_, i) => (i === 0 ? type : BOOLEAN)),
      type,
    );
  },
  implement:
    ({ args: [type] }) =>
    (list: List, ascending = true, nullsFirst = ascending) => {
      const { element: elementType } = type as ArrayType;
      const nulls = list.filter((value) => value === null);
      const sorted = list.filter((value) => value !== null).sort((a, b) => compareNullable(elementType, a, b));
      if (!ascending) sorted.reverse();
      return nullsFirst ? [...nulls, ...sorted] : [...sorted, ...nulls];
    },
  examples: [
    ['ARRAY_SORT(ARRAY[3, 1, 2])', '[1, 2, 3]'],
    ['ARRAY_SORT(ARRAY[3, 1, 2], FALSE)', '[3, 2, 1]'],
  ],
};

const arraySlice: ScalarFunction = {
  name: 'ARRAY_SLICE',
  summary: 'Elements from one place to another, both counted from 1, or from the end when negative.',
  infer(args) {
    expectCount('ARRAY_SLICE', args, 2, 3);
    const type = arrayType('ARRAY_SLICE', args);
    if (args.slice(1).some(({ type: bound }) => !isInteger(bound) || bound.kind === 'BIGINT')) {
      throw wrongTypes('ARRAY_SLICE', args, 'an ARRAY and one or two INTs');
    }
    return strict(
      args,
      args.map((_, i) => (i === 0 ? type : INTEGER)),
      type,
    );
  },
  implement:
    () =>
    (list: List, start: number, end = list.length) => {
      const place = (bound: number): number => (bound < 0 ? list.length + bound + 1 : bound);
      const from = Math.max(1, place(start));
      return list.slice(from - 1, Math.max(from - 1, place(end)));
    },
  examples: [
    ['ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3)', '[2, 3]'],
    ['ARRAY_SLICE(ARRAY[1, 2, 3, 4], -2)', '[3, 4]'],
  ],
};

const arrayJoin: ScalarFunction = {
  name: 'ARRAY_JOIN',
  summary: 'The texts of an array with a separator between them; NULLs are left out, or replaced by a text.',
  infer(args) {
    expectCount('ARRAY_JOIN', args, 2, 3);
    const type = arrayType('ARRAY_JOIN', args);
    if (!isText(type.element)) throw wrongTypes('ARRAY_JOIN', args, 'an ARRAY of texts first');
    const texts = textArguments('ARRAY_JOIN', args.slice(1), ['text', 'text'], 1);
    return strict(args, [type, ...texts], STRING);
  },
  implement: () => (list: readonly (string | null)[], separator: string, replacement?: string) => {
    const texts = replacement === undefined ? list.filter((text) => text !== null) : list.map((text) => text ?? replacement);
    return texts.join(separator);
  },
  examples: [["ARRAY_JOIN(ARRAY['a', CAST(NULL AS STRING), 'b'], '-', '?')", 'a-?-b']],
};

export const arrayFunctions: readonly ScalarFunction[] = [
  arrayFunction({
    name: 'ARRAY_DISTINCT',
    summary: 'An array without repeated elements.',
    make: (type) => (list) => distinct(type, list, () => true),
    examples: [['ARRAY_DISTINCT(ARRAY[1, 2, 1])', '[1, 2]']],
  }),
  arrayFunction({
    name: 'ARRAY_REVERSE',
    summary: 'An array backwards.',
    make: () => (list) => list.toReversed(),
    examples: [['ARRAY_REVERSE(ARRAY[1, 2])', '[2, 1]']],
  }),
  extreme('ARRAY_MAX', 1, '3'),
  extreme('ARRAY_MIN', -1, '1'),
  searchFunction({
    name: 'ARRAY_CONTAINS',
    summary: 'True when an element equals a value; NULL is found as well.',
    nulls: 'custom',
    result: () => BOOLEAN,
    make: (type) => (list: List | null, sought) =>
      list === null ? null : list.some((value) => sameElement(type, value, sought)),
    examples: [['ARRAY_CONTAINS(ARRAY[1, 2], 2)', 'true']],
  }),
  searchFunction({
    name: 'ARRAY_POSITION',
    summary: 'The place of the first element that equals a value, counted from 1; 0 when there is none.',
    nulls: 'strict',
    result: () => INTEGER,
    make: (type) => (list: List, sought) => list.findIndex((value) => sameElement(type, value, sought)) + 1,
    examples: [['ARRAY_POSITION(ARRAY[5, 6], 6)', '2']],
  }),
  searchFunction({
    name: 'ARRAY_REMOVE',
    summary: 'An array without the elements that equal a value.',
    nulls: 'custom',
    result: (type) => type,
    make: (type) => (list: List | null, sought) => list && list.filter((value) => !sameElement(type, value, sought)),
    examples: [['ARRAY_REMOVE(ARRAY[1, 2, 1], 1)', '[2]']],
  }),
  searchFunction({
    name: 'ARRAY_APPEND',
    summary: 'An array with a value behind it.',
    nulls: 'custom',
    result: (type, merged) => arrayOf(merged, type.nullable),
    make: () => (list: List | null, value) => list && [...list, value],
    examples: [['ARRAY_APPEND(ARRAY[1], 2)', '[1, 2]']],
  }),
  searchFunction({
    name: 'ARRAY_PREPEND',
    summary: 'An array with a value in front of it.',
    nulls: 'custom',
    result: (type, merged) => arrayOf(merged, type.nullable),
    make: () => (list: List | null, value) => list && [value, ...list],
    examples: [['ARRAY_PREPEND(ARRAY[1], 2)', '[2, 1]']],
  }),
  setFunction({
    name: 'ARRAY_CONCAT',
    summary: 'Arrays, one behind the other.',
    most: Infinity,
    make:
      () =>
      (...lists) =>
        lists.flat(),
    examples: [['ARRAY_CONCAT(ARRAY[1], ARRAY[2], ARRAY[3])', '[1, 2, 3]']],
  }),
  setFunction({
    name: 'ARRAY_UNION',
    summary: 'The elements of either array, each once.',
    most: 2,
    make: (type) => (a, b) => distinct(type, [...a, ...b], () => true),
    examples: [['ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3])', '[1, 2, 3]']],
  }),
  setFunction({
    name: 'ARRAY_INTERSECT',
    summary: 'The elements of both arrays, each once.',
    most: 2,
    make: (type) => (a, b) => {
      const identity = identityOf(type);
      const others = new Set(b.map(identity));
      return distinct(type, a, (key) => others.has(key), identity);
    },
    examples: [['ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3])', '[2]']],
  }),
  setFunction({
    name: 'ARRAY_EXCEPT',
    summary: 'The elements of the first array that are not in the second, each once.',
    most: 2,
    make: (type) => (a, b) => {
      const identity = identityOf(type);
      const others = new Set(b.map(identity));
      return distinct(type, a, (key) => !others.has(key), identity);
    },
    examples: [['ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2, 3])', '[1]']],
  }),
  arraySort,
  arraySlice,
  arrayJoin,
];
