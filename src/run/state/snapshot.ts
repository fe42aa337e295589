import { createColumn, type Column, type Storage } from '../../types/column.ts';
import { FineTimestamp } from '../../types/value.ts';

/**
 * State as plain data. A FineTimestamp within an object column or an accumulator loses its class on the way, so that whatever
 * may hold one goes through `revive` when it comes back.
 */
export interface ColumnSnapshot {
  readonly storage: Storage;
  readonly values: readonly unknown[] | Uint8Array | Int32Array | Float64Array | BigInt64Array;
  readonly nanos: Int32Array | null;
  readonly nulls: Uint8Array;
}

/** The first `count` rows. */
export function snapshotColumn(column: Column, count: number): ColumnSnapshot {
  return {
    storage: column.storage,
    values: column.values.slice(0, count),
    nanos: column.storage === 'timestamp' && column.nanos !== null ? column.nanos.slice(0, count) : null,
    nulls: column.nulls.slice(0, count),
  };
}

export function restoreColumn(snapshot: ColumnSnapshot): Column {
  const count = snapshot.nulls.length;
  const column = createColumn(snapshot.storage, count);
  column.nulls.set(snapshot.nulls);
  switch (column.storage) {
    case 'text':
    case 'object': {
      const source = snapshot.values as readonly unknown[];
      for (let i = 0; i < count; i++) column.values[i] = revive(source[i]) as never;
      break;
    }
    case 'bigint':
      column.values.set(snapshot.values as BigInt64Array);
      break;
    default:
      column.values.set(snapshot.values as Float64Array);
      if (column.storage === 'timestamp') column.nanos = snapshot.nanos === null ? null : snapshot.nanos.slice();
  }
  return column;
}

/** The value with its FineTimestamps, wherever they are in arrays and maps, as instances of the class again. */
export function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(revive);
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    for (const [key, item] of value) map.set(revive(key), revive(item));
    return map;
  }
  if (value instanceof FineTimestamp) return value;
  const { millis, nanos } = value as { millis: number; nanos: number };
  return new FineTimestamp(millis, nanos);
}

/** A copy that later changes do not reach; values are immutable, but arrays and maps of accumulators are not. */
export function detach(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(detach);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, detach(item)]));
  return value;
}
