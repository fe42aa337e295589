import { decimalPlainText } from '../types/decimal.ts';
import { doubleText, floatText } from '../types/java-number.ts';
import { BOOLEAN, DOUBLE, INTEGER, isText, STRING, typeName, withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { EvaluationError, SignatureError, type Argument, type ScalarFunction } from './function.ts';
import { findInJson, JsonPathError, parseJsonPath, type JsonPath } from './json-path.ts';
import {
  isArray,
  isObject,
  isScalar,
  jsonText,
  JsonSyntaxError,
  parseJson,
  quoteJson,
  scalarText,
  type JsonTree,
} from './json-tree.ts';
import { expectCount, signature, strict, wrongTypes } from './signature.ts';

/**
 * The functions of Flink's page "System Functions", section "JSON Functions". The words of their clauses arrive as text
 * literals, in the order that the parser's table of special calls gives.
 */

// ---------------------------------------------------------------- paths

/** What a path led to in a text: a value (undefined where it leads nowhere), or why that cannot be said. */
type Found = { readonly tree: JsonTree | undefined } | { readonly error: string };
type Find = (json: string, path: string) => Found;

function findWith(path: JsonPath, json: string): Found {
  try {
    const root = parseJson(json);
    if (root === null) return { error: 'the text is null' };
    const found = findInJson(path, root);
    if (found === undefined) return path.isStrict ? { error: 'the path leads nowhere' } : { tree: undefined };
    return { tree: path.isDefinite ? found[0] : found };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    // A lax path finds nothing in text that is no JSON.
    return path.isStrict ? { error: `the text is no JSON: ${error.message}` } : { tree: undefined };
  }
}

const MAX_CACHED = 1000;

/** Paths are read once where they are constants. An invalid one is an error of every call; an unsupported one is refused. */
function finder(literal: Value | undefined): Find {
  if (typeof literal === 'string') {
    const path = readPath(literal);
    return path === undefined ? () => ({ error: 'the path cannot be read' }) : (json) => findWith(path, json);
  }
  const cache = new Map<string, JsonPath | undefined>();
  return (json, text) => {
    if (!cache.has(text)) {
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(text, readPath(text));
    }
    const path = cache.get(text);
    return path === undefined ? { error: 'the path cannot be read' } : findWith(path, json);
  };
}

function readPath(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    if (error.reason === 'invalid') return undefined;
    throw new EvaluationError(`the path '${text}' has what Isobar does not support: ${error.message}`);
  }
}

/** JSON text and path must be text; a constant path is read now, so that an unsupported one is found before anything runs. */
function checkJsonAndPath(name: string, args: readonly Argument[], count: number): void {
  expectCount(name, args, count);
  if (args.slice(0, 2).some(({ type }) => !isText(type) && type.kind !== 'NULL'))
    throw wrongTypes(name, args.slice(0, 2), 'two texts');
  const path = args[1].literal;
  if (typeof path !== 'string') return;
  try {
    readPath(path);
  } catch (error) {
    throw error instanceof EvaluationError ? new SignatureError(`${name}: ${error.message}`) : error;
  }
}

/** Text stays as it is, whatever its length; an untyped NULL becomes text. */
const textTypes = (args: readonly Argument[]): SqlType[] => args.map(({ type }) => (type.kind === 'NULL' ? STRING : type));

// ---------------------------------------------------------------- IS JSON, JSON_EXISTS

function jsonTest(
  name: string,
  what: string,
  test: (tree: JsonTree) => boolean,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  return {
    name,
    summary: `True when a text is ${what}; false for NULL.`,
    nulls: 'custom',
    infer(args) {
      expectCount(name, args, 1);
      if (!isText(args[0].type) && args[0].type.kind !== 'NULL') throw wrongTypes(name, args, 'text');
      return signature(args, textTypes(args), withNullable(BOOLEAN, false));
    },
    implement: () => (text: string | null) => {
      if (text === null) return false;
      try {
        return test(parseJson(text));
      } catch (error) {
        if (error instanceof JsonSyntaxError) return false;
        throw error;
      }
    },
    examples,
  };
}

const jsonExists: ScalarFunction = {
  name: 'JSON_EXISTS',
  summary: 'True when a path leads to a value that is not null.',
  mayReturnNull: true,
  infer(args) {
    checkJsonAndPath('JSON_EXISTS', args, 3);
    return { ...strict(args, textTypes(args), BOOLEAN), type: withNullable(BOOLEAN, true) };
  },
  implement({ literals }) {
    const find = finder(literals[1]);
    const onError = literals[2];
    return (json: string, path: string) => {
      const found = find(json, path);
      if (!('error' in found)) return found.tree !== undefined && found.tree !== null;
      if (onError === 'ERROR') throw new EvaluationError(`JSON_EXISTS failed: ${found.error}`);
      return onError === 'UNKNOWN' ? null : onError === 'TRUE';
    };
  },
  examples: [
    [`JSON_EXISTS('{"a": true}', '$.a')`, 'true'],
    [`JSON_EXISTS('{"a": true}', 'strict $.b' TRUE ON ERROR)`, 'true'],
  ],
};

// ---------------------------------------------------------------- JSON_VALUE

const RETURN_TYPES: Readonly<Record<string, SqlType>> = {
  STRING,
  'VARCHAR(2147483647)': STRING,
  BOOLEAN,
  INT: INTEGER,
  INTEGER,
  DOUBLE,
};

function returnType(name: string, word: Value | undefined): SqlType {
  if (word === null || word === undefined) return STRING;
  const type = RETURN_TYPES[String(word).toUpperCase()];
  if (type === undefined) throw new SignatureError(`${name} returns STRING, BOOLEAN, INT or DOUBLE, not ${String(word)}`);
  return type;
}

/** A scalar as a value of the type; undefined when it is none. */
function convertScalar(tree: JsonTree, type: SqlType): Value | undefined {
  switch (type.kind) {
    case 'BOOLEAN':
      return typeof tree === 'boolean' ? tree : undefined;
    case 'INTEGER':
      return typeof tree === 'bigint' && BigInt.asIntN(32, tree) === tree ? Number(tree) : undefined;
    case 'DOUBLE':
      return typeof tree === 'number' || typeof tree === 'bigint' ? Number(tree) : undefined;
    default:
      return scalarText(tree);
  }
}

const jsonValue: ScalarFunction = {
  name: 'JSON_VALUE',
  summary: 'The scalar that a path leads to.',
  nulls: 'custom',
  infer(args) {
    checkJsonAndPath('JSON_VALUE', args, 7);
    const type = withNullable(returnType('JSON_VALUE', args[2].literal), true);
    const types = textTypes(args);
    for (const i of [4, 6]) if (args[i].type.kind !== 'NULL') types[i] = type;
    return signature(args, types, type);
  },
  implement({ literals, type }) {
    const find = finder(literals[1]);
    const [, , , onEmpty, , onError] = literals;
    const failed = (reason: string, otherwise: Value): Value => {
      if (onError === 'ERROR') throw new EvaluationError(`JSON_VALUE failed: ${reason}`);
      return onError === 'DEFAULT' ? otherwise : null;
    };
    return (
      json: string | null,
      path: string | null,
      _type: Value,
      _empty: Value,
      whenEmpty: Value,
      _error: Value,
      whenFailed: Value,
    ) => {
      if (json === null || path === null) return null;
      const found = find(json, path);
      if ('error' in found) return failed(found.error, whenFailed);
      const { tree } = found;
      // A lax path takes what is no scalar, and null, for nothing.
      const isEmpty = tree === undefined || tree === null || (!isScalar(tree) && isLax(literals[1] ?? path));
      if (isEmpty) {
        if (onEmpty === 'ERROR') throw new EvaluationError('JSON_VALUE found nothing');
        return onEmpty === 'DEFAULT' ? whenEmpty : null;
      }
      if (!isScalar(tree)) return failed('the path leads to an object or array', whenFailed);
      const value = convertScalar(tree, type);
      return value === undefined ? failed(`${jsonText(tree)} is no ${typeName(type)}`, whenFailed) : value;
    };
  },
  examples: [
    [`JSON_VALUE('{"a": true}', '$.a')`, 'true'],
    [`JSON_VALUE('{"a.b": [0.998,0.996]}', '$.["a.b"][0]' RETURNING DOUBLE)`, '0.998'],
    [
      `JSON_VALUE('{"contains blank": "right"}', 'strict $.[''contains blank'']' NULL ON EMPTY DEFAULT 'wrong' ON ERROR)`,
      'right',
    ],
  ],
};

const isLax = (path: Value): boolean => /^\s*lax\s/i.test(path as string);

// ---------------------------------------------------------------- JSON_QUERY

const jsonQuery: ScalarFunction = {
  name: 'JSON_QUERY',
  summary: 'The object or array that a path leads to, as text.',
  mayReturnNull: true,
  nulls: 'custom',
  infer(args) {
    checkJsonAndPath('JSON_QUERY', args, 6);
    const returning = args[2].literal;
    if (typeof returning === 'string' && !isStringName(returning)) {
      throw new SignatureError(`JSON_QUERY returns STRING here, not ${returning}`);
    }
    return signature(args, textTypes(args), STRING);
  },
  implement({ literals }) {
    const find = finder(literals[1]);
    const [, , , wrapper, onEmpty, onError] = literals;
    const instead = (behaviour: Value | undefined, reason: string): string | null => {
      switch (behaviour) {
        case 'ERROR':
          throw new EvaluationError(`JSON_QUERY failed: ${reason}`);
        case 'EMPTY ARRAY':
          return '[]';
        case 'EMPTY OBJECT':
          return '{}';
        default:
          return null;
      }
    };
    return (json: string | null, path: string | null) => {
      if (json === null || path === null) return null;
      const found = find(json, path);
      if ('error' in found) return instead(onError, found.error);
      const { tree } = found;
      if (tree === undefined || tree === null) return instead(onEmpty, 'the path leads to nothing');
      const wraps = wrapper === 'UNCONDITIONAL' || (wrapper === 'CONDITIONAL' && !isArray(tree));
      if (wraps) return jsonText([tree]);
      if (!isScalar(tree)) return jsonText(tree);
      if (isLax(literals[1] ?? path)) return instead(onEmpty, 'the path leads to a scalar');
      return instead(onError, 'the path leads to a scalar');
    };
  },
  examples: [
    [`JSON_QUERY('{ "a": { "b": 1 } }', '$.a')`, '{"b":1}'],
    [`JSON_QUERY('[1, 2]', '$')`, '[1,2]'],
    [`JSON_QUERY('{"a":[{"c":"c1"},{"c":"c2"}]}', 'lax $.a[*].c')`, '["c1","c2"]'],
    [`JSON_QUERY('{"a":1}', '$.a' WITH WRAPPER)`, '[1]'],
  ],
};

const isStringName = (name: string): boolean => /^(?:STRING|VARCHAR\(2147483647\))$/i.test(name);

// ---------------------------------------------------------------- making JSON

/** The function that writes values of a type as JSON, or undefined for a type that has no form there. */
export function jsonWriter(type: SqlType): ((value: any) => string) | undefined {
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return quoteJson;
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'NULL':
      return String;
    case 'FLOAT':
      return (value: number) => (Number.isFinite(value) ? floatText(value) : `"${value}"`);
    case 'DOUBLE':
      return (value: number) => (Number.isFinite(value) ? doubleText(value) : `"${value}"`);
    case 'DECIMAL': {
      const { scale } = type;
      return (value: bigint) =>
        decimalPlainText(value, scale)
          .replace(/(\.\d*?)0+$/, '$1')
          .replace(/\.$/, '');
    }
    case 'BINARY':
    case 'VARBINARY':
      return (value: Uint8Array) => `"${Buffer.from(value).toString('base64')}"`;
    case 'ARRAY': {
      const element = nullable(jsonWriter(type.element));
      return element && ((value: readonly Value[]) => `[${value.map(element).join(',')}]`);
    }
    case 'MAP': {
      const item = nullable(jsonWriter(type.value));
      if (item === undefined || !isText(type.key)) return undefined;
      return (value: ReadonlyMap<string, Value>) => objectText(Array.from(value, ([k, v]) => [k, item(v)]));
    }
    case 'ROW': {
      const fields = type.fields.map(({ name, type: fieldType }) => ({
        key: quoteJson(name),
        write: nullable(jsonWriter(fieldType)),
      }));
      if (fields.some(({ write }) => write === undefined)) return undefined;
      return (value: readonly Value[]) => `{${fields.map(({ key, write }, i) => `${key}:${write!(value[i])}`).join(',')}}`;
    }
    default:
      return undefined;
  }
}

function nullable(write: ((value: any) => string) | undefined): ((value: Value) => string) | undefined {
  return write && ((value) => (value === null ? 'null' : write(value)));
}

/**
 * The type of what JSON_OBJECT and JSON_ARRAY answer: STRING with a mark, by which an outer call of theirs knows that this
 * argument is JSON already. Functions that answer the type of an argument answer it without the mark.
 */
const JSON_TEXT: SqlType = { ...withNullable(STRING, false), ...{ isJson: true } };

const isJsonText = (type: SqlType): boolean => 'isJson' in type;

/** Writes an argument of JSON_OBJECT or JSON_ARRAY. */
function itemWriterOf(name: string, type: SqlType): (value: Value) => string {
  return isJsonText(type) ? (value) => (value === null ? 'null' : (value as string)) : writerOf(name, type);
}

function writerOf(name: string, type: SqlType): (value: Value) => string {
  const write = nullable(jsonWriter(type));
  if (write === undefined)
    throw new SignatureError(`${name} cannot write a value of type ${typeName(withNullable(type, true))} as JSON`);
  return write;
}

const jsonString: ScalarFunction = {
  name: 'JSON_STRING',
  summary: 'A value as JSON.',
  infer(args) {
    expectCount('JSON_STRING', args, 1);
    writerOf('JSON_STRING', args[0].type);
    return strict(args, [args[0].type], STRING);
  },
  implement: ({ args: [type] }) => writerOf('JSON_STRING', type),
  examples: [
    ['JSON_STRING(1)', '1'],
    ["JSON_STRING('Hello, World!')", '"Hello, World!"'],
  ],
};

const jsonObject: ScalarFunction = {
  name: 'JSON_OBJECT',
  summary: 'A JSON object of keys and values, its keys in order.',
  nulls: 'custom',
  infer(args) {
    if (args.length % 2 === 0) throw new SignatureError('JSON_OBJECT takes pairs of a key and a value');
    const types = args.map(({ type }) => type);
    for (let i = 1; i < args.length; i += 2) {
      if (!isText(types[i])) throw new SignatureError(`the keys of JSON_OBJECT must be text, not ${typeName(types[i])}`);
      itemWriterOf('JSON_OBJECT', types[i + 1]);
    }
    return signature(args, types, JSON_TEXT);
  },
  implement({ args, literals }) {
    const writers = args.map((type, i) => (i > 0 && i % 2 === 0 ? itemWriterOf('JSON_OBJECT', type) : undefined));
    const omitsNulls = literals[0] === 'ABSENT';
    return (...values: Value[]) => {
      const members: [string, string][] = [];
      for (let i = 1; i < values.length; i += 2) {
        const key = values[i];
        if (key === null) throw new EvaluationError('a key of JSON_OBJECT is NULL');
        if (values[i + 1] === null && omitsNulls) continue;
        members.push([key as string, writers[i + 1]!(values[i + 1])]);
      }
      return objectText(members);
    };
  },
  examples: [
    ["JSON_OBJECT('b' VALUE 1, 'a' VALUE TRUE)", '{"a":true,"b":1}'],
    ["JSON_OBJECT('k' VALUE CAST(NULL AS STRING) ABSENT ON NULL)", '{}'],
  ],
};

/** The last of equal keys counts. */
function objectText(members: readonly (readonly [string, string])[]): string {
  const unique = new Map(members);
  const keys = [...unique.keys()].sort((a, b) => (a < b ? -1 : 1));
  return `{${keys.map((key) => `${quoteJson(key)}:${unique.get(key)!}`).join(',')}}`;
}

const jsonArray: ScalarFunction = {
  name: 'JSON_ARRAY',
  summary: 'A JSON array of values.',
  nulls: 'custom',
  infer(args) {
    for (const { type } of args.slice(1)) itemWriterOf('JSON_ARRAY', type);
    return signature(
      args,
      args.map(({ type }) => type),
      JSON_TEXT,
    );
  },
  implement({ args, literals }) {
    const writers = args.map((type) => itemWriterOf('JSON_ARRAY', type));
    const omitsNulls = literals[0] === 'ABSENT';
    return (...values: Value[]) => {
      const items: string[] = [];
      for (let i = 1; i < values.length; i++) if (values[i] !== null || !omitsNulls) items.push(writers[i](values[i]));
      return `[${items.join(',')}]`;
    };
  },
  examples: [
    ["JSON_ARRAY(1, 'a')", '[1,"a"]'],
    ["JSON_ARRAY(JSON_OBJECT('k' VALUE 'v'))", '[{"k":"v"}]'],
    ['JSON_ARRAY(1, CAST(NULL AS INT) NULL ON NULL)', '[1,null]'],
  ],
};

export const jsonFunctions: readonly ScalarFunction[] = [
  jsonTest('IS JSON', 'JSON', () => true, [["'1' IS JSON", 'true']]),
  jsonTest('IS JSON VALUE', 'JSON', () => true, [["'abc' IS JSON VALUE", 'false']]),
  jsonTest('IS JSON OBJECT', 'a JSON object', isObject, [["'{}' IS JSON OBJECT", 'true']]),
  jsonTest('IS JSON ARRAY', 'a JSON array', isArray, [["'[]' IS JSON ARRAY", 'true']]),
  jsonTest('IS JSON SCALAR', 'a JSON scalar', isScalar, [["'null' IS JSON SCALAR", 'true']]),
  jsonExists,
  jsonValue,
  jsonQuery,
  jsonString,
  jsonObject,
  jsonArray,
];
