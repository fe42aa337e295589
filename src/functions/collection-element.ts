import { equalValues, FineTimestamp, type Value } from '../types/value.ts';
import { isText, type SqlType } from '../types/sql-type.ts';
import type { Argument } from './function.ts';
import { wrongTypes } from './signature.ts';

/** Elements of collections: their types, when two are the same, and what is built on that. */

export type ArrayType = Extract<SqlType, { readonly element: SqlType }>;
export type MapType = Extract<SqlType, { readonly kind: 'MAP' }>;
export type List = readonly Value[];
export type Dictionary = ReadonlyMap<Value, Value>;

export const arrayOf = (element: SqlType, nullable: boolean): SqlType => ({ kind: 'ARRAY', element, nullable });

export function arrayType(name: string, args: readonly Argument[], i = 0): ArrayType {
  const { type } = args[i];
  if (type.kind !== 'ARRAY') throw wrongTypes(name, args, i === 0 ? 'an ARRAY first' : 'ARRAYs');
  return type;
}

export function mapType(name: string, args: readonly Argument[], i = 0): MapType {
  const { type } = args[i];
  if (type.kind !== 'MAP') throw wrongTypes(name, args, 'a MAP');
  return type;
}

/** NULL equals NULL here, as in Flink's functions on arrays. */
export function sameElement(type: SqlType, a: Value, b: Value): boolean {
  return a === null || b === null ? a === b : equalValues(type, a, b);
}

/** A function that brings each element to something that a Set tells apart rightly. */
export function identityOf(type: SqlType): (value: Value) => unknown {
  switch (type.kind) {
    case 'BINARY':
    case 'VARBINARY':
      return (value) => (value === null ? null : Buffer.from(value as Uint8Array).toString('hex'));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return (value) => (value instanceof FineTimestamp ? `${value.millis} ${value.nanos}` : value);
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW': {
      const seen: Value[] = [];
      return (value) => {
        const i = seen.findIndex((other) => sameElement(type, other, value));
        return i >= 0 ? i : seen.push(value) - 1;
      };
    }
    default:
      return (value) => value;
  }
}

export function distinct(
  type: SqlType,
  values: Iterable<Value>,
  allowed: (identity: unknown) => boolean,
  identity = identityOf(type),
): Value[] {
  const seen = new Set<unknown>();
  const result: Value[] = [];
  for (const value of values) {
    const key = identity(value);
    if (seen.has(key) || !allowed(key)) continue;
    seen.add(key);
    result.push(value);
  }
  return result;
}

/** A map in which equal keys are one, also where JavaScript would tell them apart. */
export function mapOf(keyType: SqlType, pairs: Iterable<readonly [Value, Value]>): Dictionary {
  const identity = identityOf(keyType);
  const keys = new Map<unknown, Value>();
  const map = new Map<Value, Value>();
  for (const [key, value] of pairs) {
    const id = identity(key);
    if (!keys.has(id)) keys.set(id, key);
    map.set(keys.get(id)!, value);
  }
  return map;
}

/** A key that is text stays as long as it is: cut to the length of the map's keys it could equal one that it does not. */
export const textOf = (type: SqlType, key: SqlType): SqlType => (isText(type) ? type : key);
