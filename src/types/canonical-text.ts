import { FineTimestamp, type Value } from './value.ts';

/**
 * A text that two values of one type share exactly when they are the same value: for keys of maps. Doubles are the same when
 * their bits are (NaN equals itself, 0.0 is not -0.0); maps when they hold the same entries in any order.
 */
export function canonicalText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      if (value === null) return '~';
      if (value instanceof FineTimestamp) return `${value.millis}.${value.nanos}`;
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      if (value instanceof Map) {
        const entries = [...(value as ReadonlyMap<Value, Value>)].map(
          ([key, item]) => `${canonicalText(key)}:${canonicalText(item)}`,
        );
        return `{${entries.sort().join(',')}}`;
      }
      return `[${(value as readonly Value[]).map(canonicalText).join(',')}]`;
    default:
      return String(value);
  }
}
