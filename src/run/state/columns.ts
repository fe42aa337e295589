import { unreachable } from '../../base/assert.ts';
import { canonicalText } from '../../types/canonical-text.ts';
import type { Batch } from '../../types/batch.ts';
import type { Column, TimestampColumn } from '../../types/column.ts';
import { UPDATE_AFTER, UPDATE_BEFORE } from '../../types/row-kind.ts';

/** Operations on columns that batches and state share. The target must have the rows. */

/** Copies `count` rows from `fromStart` on to `toStart` on. A text column's codes are not copied. */
export function copyRange(from: Column, fromStart: number, to: Column, toStart: number, count: number): void {
  if (count === 1) {
    to.copyFrom(from as never, fromStart, toStart);
    return;
  }
  to.nulls.set(from.nulls.subarray(fromStart, fromStart + count), toStart);
  switch (from.storage) {
    case 'text':
    case 'object': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[fromStart + i];
      return;
    }
    case 'bigint':
      (to as typeof from).values.set(from.values.subarray(fromStart, fromStart + count), toStart);
      return;
    case 'boolean':
    case 'int':
    case 'double':
      (to as typeof from).values.set(from.values.subarray(fromStart, fromStart + count), toStart);
      return;
    case 'timestamp': {
      const target = to as typeof from;
      target.values.set(from.values.subarray(fromStart, fromStart + count), toStart);
      if (from.nanos === null && target.nanos === null) return;
      for (let i = 0; i < count; i++) target.setNanos(toStart + i, from.nanos === null ? 0 : from.nanos[fromStart + i]);
      return;
    }
    default:
      unreachable(from);
  }
}

/** Copies the rows `rows[0]` … `rows[count - 1]` to `toStart` on. A text column's codes are not copied. */
export function gather(from: Column, rows: Int32Array, count: number, to: Column, toStart: number): void {
  const fromNulls = from.nulls;
  const toNulls = to.nulls;
  for (let i = 0; i < count; i++) toNulls[toStart + i] = fromNulls[rows[i]];
  switch (from.storage) {
    case 'boolean': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    case 'int': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    case 'bigint': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    case 'double': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    case 'timestamp': {
      const target = to as typeof from;
      const source = from.values;
      const values = target.values;
      for (let i = 0; i < count; i++) values[toStart + i] = source[rows[i]];
      if (from.nanos === null && target.nanos === null) return;
      for (let i = 0; i < count; i++) target.setNanos(toStart + i, from.nanos === null ? 0 : from.nanos[rows[i]]);
      return;
    }
    case 'text': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    case 'object': {
      const source = from.values;
      const target = (to as typeof from).values;
      for (let i = 0; i < count; i++) target[toStart + i] = source[rows[i]];
      return;
    }
    default:
      unreachable(from);
  }
}

/** As `gather` to row 0 on of a column of a batch, for all its rows: a text column keeps its dictionary and codes. */
export function gatherColumn(from: Column, rows: Int32Array, count: number, to: Column): void {
  if (from.storage !== 'text' || to.storage !== 'text') return gather(from, rows, count, to, 0);
  to.begin(from.dictionary);
  if (from.dictionary === null) return gather(from, rows, count, to, 0);
  const { codes, nulls } = from;
  const toCodes = to.codes;
  const toNulls = to.nulls;
  for (let i = 0; i < count; i++) {
    toCodes[i] = codes[rows[i]];
    toNulls[i] = nulls[rows[i]];
  }
  to.useCodes(count);
}

/** True when both rows hold the same values, as Flink compares results: NaN differs from itself. */
export function sameRow(columns: readonly Column[], a: number, b: number): boolean {
  for (let c = 0; c < columns.length; c++) if (!sameValue(columns[c], a, columns[c], b)) return false;
  return true;
}

/** A -U that the +U behind it, always in the same batch, makes good: they have the same key. Any other -U deletes. */
export function isReplaced({ kinds, columns, length }: Batch, keys: readonly number[], row: number): boolean {
  if (kinds === null || kinds[row] !== UPDATE_BEFORE || row + 1 === length || kinds[row + 1] !== UPDATE_AFTER) return false;
  return keys.every((key) => sameValue(columns[key], row, columns[key], row + 1));
}

/** True when row `a` of some columns and row `b` of others of the same types hold the same values; NaN equals itself. */
export function sameValues(columnsA: readonly Column[], a: number, columnsB: readonly Column[], b: number): boolean {
  for (let c = 0; c < columnsA.length; c++) {
    if (!sameValue(columnsA[c], a, columnsB[c], b) && !(isNaNAt(columnsA[c], a) && isNaNAt(columnsB[c], b))) return false;
  }
  return true;
}

function isNaNAt(column: Column, row: number): boolean {
  return column.storage === 'double' && column.nulls[row] === 0 && Number.isNaN(column.values[row]);
}

function sameValue(columnA: Column, a: number, columnB: Column, b: number): boolean {
  if (columnA.nulls[a] !== 0 || columnB.nulls[b] !== 0) return columnA.nulls[a] === columnB.nulls[b];
  const x = columnA.values[a];
  const y = columnB.values[b];
  if (columnA.storage === 'object') return x === y || (typeof x === 'object' && canonicalText(x) === canonicalText(y));
  if (x !== y) return false;
  if (columnA.storage !== 'timestamp') return true;
  const nanosB = (columnB as TimestampColumn).nanos;
  return (columnA.nanos === null ? 0 : columnA.nanos[a]) === (nanosB === null ? 0 : nanosB[b]);
}
