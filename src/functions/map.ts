import { commonType } from '../types/common-type.ts';
import { inHashMapOrder } from '../types/java-hash-map.ts';
import { STRING, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import {
  arrayOf,
  arrayType,
  mapOf,
  mapType,
  type ArrayType,
  type Dictionary,
  type List,
  type MapType,
} from './collection-element.ts';
import { EvaluationError, type ScalarFunction } from './function.ts';
import { javaSplit } from './java-split.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { textArguments } from './text-signature.ts';

/** The functions of Flink's page "System Functions", section "Collection Functions", that take or make maps. */

function mapFunction(
  name: string,
  summary: string,
  result: (type: MapType) => SqlType,
  read: (map: Dictionary) => Value,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, 1);
      const type = mapType(name, args);
      return strict(args, [type], arrayOf(result(type), true));
    },
    implement: () => read,
    examples,
  };
}

const entryOf = ({ key, value }: MapType): SqlType => ({
  kind: 'ROW',
  fields: [
    { name: 'key', type: key },
    { name: 'value', type: value },
  ],
  nullable: true,
});

const mapUnion: ScalarFunction = {
  name: 'MAP_UNION',
  summary: 'The entries of several maps; of equal keys the last one counts.',
  infer(args) {
    expectCount('MAP_UNION', args, 1, Infinity);
    args.forEach((_, i) => mapType('MAP_UNION', args, i));
    const common = commonType(args.map(({ type }) => type));
    if (common === undefined) throw wrongTypes('MAP_UNION', args, 'MAPs of one type');
    return strict(
      args,
      args.map(() => common),
      common,
    );
  },
  implement({ args: [type] }) {
    const { key } = type as MapType;
    return (...maps: Dictionary[]) =>
      mapOf(
        key,
        maps.flatMap((map) => [...map]),
      );
  },
  examples: [["CARDINALITY(MAP_UNION(MAP['a', 1], MAP['a', 2, 'b', 3]))", '2']],
};

const mapFromArrays: ScalarFunction = {
  name: 'MAP_FROM_ARRAYS',
  summary: 'A map of an array of keys and one of as many values.',
  infer(args) {
    expectCount('MAP_FROM_ARRAYS', args, 2);
    const key = arrayType('MAP_FROM_ARRAYS', args).element;
    const value = arrayType('MAP_FROM_ARRAYS', args, 1).element;
    return strict(args, [args[0].type, args[1].type], { kind: 'MAP', key, value, nullable: true });
  },
  implement({ args: [type] }) {
    const { element: key } = type as ArrayType;
    return (keys: List, values: List) => {
      if (keys.length !== values.length) {
        throw new EvaluationError(`MAP_FROM_ARRAYS takes as many values as keys, not ${values.length} for ${keys.length}`);
      }
      return mapOf(
        key,
        keys.map((k, i) => [k, values[i]] as const),
      );
    };
  },
  examples: [["MAP_FROM_ARRAYS(ARRAY['a'], ARRAY[1])", '{a=1}']],
};

const strToMap: ScalarFunction = {
  name: 'STR_TO_MAP',
  summary: 'A map of the pairs in a text, which two regular expressions separate: `,` and `=` unless given.',
  mayReturnNull: true,
  infer(args) {
    if (args.length === 2) expectCount('STR_TO_MAP', args, 1);
    const types = textArguments('STR_TO_MAP', args, ['text', 'text', 'text'], 2);
    return { ...strict(args, types, STRING), type: { kind: 'MAP', key: STRING, value: STRING, nullable: true } };
  },
  implement:
    () =>
    (text: string, pairs = ',', keys = '=') => {
      if (text === '') return new Map();
      const found = javaSplit(text, pairs, 0);
      const entries = found.map((pair): [string, string | null] => {
        const parts = javaSplit(pair, keys, 2);
        return parts.length < 2 ? [pair, null] : [parts[0], parts[1]];
      });
      return new Map(inHashMapOrder(STRING, new Map<Value, Value>(entries), found.length));
    },
  examples: [["STR_TO_MAP('a=1,b=2')", '{a=1, b=2}']],
};

export const mapFunctions: readonly ScalarFunction[] = [
  mapFunction(
    'MAP_KEYS',
    'The keys of a map.',
    ({ key }) => key,
    (map) => [...map.keys()],
    [["MAP_KEYS(MAP['a', 1])", '[a]']],
  ),
  mapFunction(
    'MAP_VALUES',
    'The values of a map.',
    ({ value }) => value,
    (map) => [...map.values()],
    [["MAP_VALUES(MAP['a', 1])", '[1]']],
  ),
  mapFunction(
    'MAP_ENTRIES',
    'The entries of a map, as rows of key and value.',
    entryOf,
    (map) => Array.from(map, ([k, v]) => [k, v]),
    [["MAP_ENTRIES(MAP['a', 1])", '[+I[a, 1]]']],
  ),
  mapUnion,
  mapFromArrays,
  strToMap,
];
