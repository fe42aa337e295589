import type { SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import type { Conversion } from './cast.ts';

type FindConversion = (from: SqlType, to: SqlType, timeZone: string) => Conversion | undefined;

/** Casts among ARRAY, MAP, MULTISET and ROW types: element by element. One element that cannot be converted fails the whole. */
export function castNested(from: SqlType, to: SqlType, timeZone: string, conversionOf: FindConversion): Conversion | undefined {
  const partOf = (fromPart: SqlType, toPart: SqlType): Conversion | undefined => {
    const conversion = conversionOf(fromPart, toPart, timeZone);
    return conversion && ((value: Value) => (value === null ? null : conversion(value)));
  };
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY') {
    const element = partOf(from.element, to.element);
    return element && ((values: readonly Value[]) => converted(values, () => element));
  }
  if (from.kind === 'MULTISET' && to.kind === 'MULTISET') {
    const element = partOf(from.element, to.element);
    return element && mapConversion(element, (count) => count);
  }
  if (from.kind === 'MAP' && to.kind === 'MAP') {
    const key = partOf(from.key, to.key);
    const value = partOf(from.value, to.value);
    return key && value && mapConversion(key, value);
  }
  if (from.kind === 'ROW' && to.kind === 'ROW') {
    if (from.fields.length !== to.fields.length) return undefined;
    const fields = from.fields.map((field, i) => partOf(field.type, to.fields[i].type));
    if (fields.includes(undefined)) return undefined;
    return (values: readonly Value[]) => converted(values, (i) => fields[i]!);
  }
  return undefined;
}

function converted(values: readonly Value[], conversionAt: (i: number) => Conversion): readonly Value[] | undefined {
  const results: Value[] = [];
  for (let i = 0; i < values.length; i++) {
    const result = conversionAt(i)(values[i]);
    if (result === undefined) return undefined;
    results.push(result);
  }
  return results;
}

function mapConversion(key: Conversion, value: Conversion): Conversion {
  return (map: ReadonlyMap<Value, Value>) => {
    const result = new Map<Value, Value>();
    for (const [k, v] of map) {
      const newKey = key(k);
      const newValue = value(v);
      if (newKey === undefined || newValue === undefined) return undefined;
      result.set(newKey, newValue);
    }
    return result;
  };
}
