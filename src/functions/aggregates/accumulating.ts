import { canonicalText } from '../../types/canonical-text.ts';
import type { TimestampColumn } from '../../types/column.ts';
import {
  bigDecimalOfDouble,
  bigDecimalToDecimal,
  decimalToDouble,
  divideHalfUp,
  fitsPrecision,
  rescale,
} from '../../types/decimal.ts';
import { timestampOf, type TimestampValue, type Value } from '../../types/value.ts';

/** What the generated code of aggregates calls. State that is passed in is plain data; see Accumulator.fields. */

/** Row i of a timestamp column, which is not NULL there. */
export function timestampAt(column: TimestampColumn, i: number): TimestampValue {
  return column.nanos === null ? column.values[i] : timestampOf(column.values[i], column.nanos[i]);
}

/** A copy of the array with place for `capacity` elements. */
export function resized<T extends Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | BigInt64Array | Uint8Array>(
  array: T,
  capacity: number,
): T {
  const copy = new (array.constructor as new (length: number) => T)(capacity);
  copy.set(array as never);
  return copy;
}

/** What stands for a value in a Map so that equal values meet. */
export function keyOf(value: Value): Value {
  if (typeof value === 'object' && value !== null) return canonicalText(value);
  // A Map takes -0 for 0; Flink tells them apart.
  return Object.is(value, -0) ? '-0' : value;
}

// ---------------------------------------------------------------- variance

/** Of integers of `bits` bits, in wrapping arithmetic; `squares` and `sum` are already wrapped. */
export function integerVariance(
  squares: bigint,
  sum: bigint,
  bits: number,
  count: number,
  by: number,
  isDeviation: boolean,
): bigint {
  const mean = BigInt.asIntN(bits, sum * sum) / BigInt(count);
  const variance = BigInt.asIntN(64, squares - mean) / BigInt(by);
  if (!isDeviation) return BigInt.asIntN(bits, variance);
  // A negative variance comes from wrapping around: its root is NaN, which becomes 0.
  const root = Math.sqrt(Number(variance));
  return Number.isNaN(root) ? 0n : BigInt(Math.trunc(root));
}

export function floatVariance(squares: number, sum: number, count: number, by: number, isDeviation: boolean): number {
  const mean = Math.fround(Math.fround(sum * sum) / Math.fround(count));
  const variance = Math.fround(Math.fround(squares - mean) / Math.fround(by));
  return isDeviation ? Math.fround(Math.sqrt(variance)) : variance;
}

/** x * x as Flink's DECIMAL(38, `squareScale`), x being at `scale`. */
export function decimalSquare(x: bigint, scale: number): bigint {
  const wide = Math.max(6, scale);
  const value = rescale(x, scale, wide);
  return rescale(value * value, 2 * wide, squareScale(wide));
}

/** At scale max(6, `scale`), or null when it does not fit DECIMAL(38). */
export function decimalVariance(
  squares: bigint,
  sum: bigint,
  scale: number,
  count: number,
  by: number,
  isDeviation: boolean,
): bigint | null {
  const wide = Math.max(6, scale);
  const at = squareScale(wide);
  const mean = divideHalfUp(decimalSquare(sum, scale), BigInt(count));
  const variance = divideHalfUp(squares - mean, BigInt(by));
  if (isDeviation) {
    const root = Math.sqrt(decimalToDouble(variance, at));
    return Number.isNaN(root) ? null : bigDecimalToDecimal(bigDecimalOfDouble(root), 38, wide);
  }
  const result = rescale(variance, at, wide);
  return fitsPrecision(result, 38) ? result : null;
}

/** The scale of the product of two DECIMAL(38, scale), by Flink's rule for products that are too long. */
function squareScale(scale: number): number {
  return Math.max(2 * scale - 38, 6);
}

// ---------------------------------------------------------------- smallest and largest of values that can be taken back

/**
 * A multiset that gives its first value: a heap of the distinct values met, and how often each is there. A value that was
 * taken back stays in the heap, with a count of 0, until it comes to the top or such values are the majority.
 */
export type Extremes = [heap: Value[], counts: Map<Value, number>, gone: number];

export type Comparison = (a: Value, b: Value) => number;

export function addExtreme(extremes: Extremes | null, value: Value, compare: Comparison): Extremes {
  extremes ??= [[], new Map(), 0];
  const [heap, counts] = extremes;
  const key = keyOf(value);
  const count = counts.get(key);
  if (count === undefined) {
    heap.push(value);
    siftUp(heap, heap.length - 1, compare);
  } else if (count === 0) {
    extremes[2]--;
  }
  counts.set(key, (count ?? 0) + 1);
  return extremes;
}

export function removeExtreme(extremes: Extremes | null, value: Value, compare: Comparison): Extremes | null {
  if (extremes === null) return null;
  const [heap, counts] = extremes;
  const key = keyOf(value);
  const count = counts.get(key);
  if (count === undefined || count === 0) return extremes;
  counts.set(key, count - 1);
  if (count > 1) return extremes;
  extremes[2]++;
  while (heap.length > 0 && counts.get(keyOf(heap[0])) === 0) {
    counts.delete(keyOf(heap[0]));
    extremes[2]--;
    pop(heap, compare);
  }
  if (heap.length === 0) return null;
  if (extremes[2] * 2 > heap.length) sweep(extremes, compare);
  return extremes;
}

export function mergeExtremes(target: Extremes | null, other: Extremes | null, compare: Comparison): Extremes | null {
  if (other === null) return target;
  const [heap, counts] = other;
  for (const value of heap) {
    for (let n = counts.get(keyOf(value))!; n > 0; n--) target = addExtreme(target, value, compare);
  }
  return target;
}

function sweep(extremes: Extremes, compare: Comparison): void {
  const [heap, counts] = extremes;
  let kept = 0;
  for (const value of heap) {
    if (counts.get(keyOf(value)) === 0) counts.delete(keyOf(value));
    else heap[kept++] = value;
  }
  heap.length = kept;
  extremes[2] = 0;
  for (let i = (kept >> 1) - 1; i >= 0; i--) siftDown(heap, i, compare);
}

function pop(heap: Value[], compare: Comparison): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  heap[0] = last;
  siftDown(heap, 0, compare);
}

function siftUp(heap: Value[], i: number, compare: Comparison): void {
  const value = heap[i];
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (compare(heap[parent], value) <= 0) break;
    heap[i] = heap[parent];
    i = parent;
  }
  heap[i] = value;
}

function siftDown(heap: Value[], i: number, compare: Comparison): void {
  const value = heap[i];
  for (let child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
    if (child + 1 < heap.length && compare(heap[child + 1], heap[child]) < 0) child++;
    if (compare(heap[child], value) >= 0) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = value;
}

/** Order of numbers (NaN last), of bigints, and of booleans as 0 and 1. */
export function compareNumbers(a: Value, b: Value): number {
  if (a! < b!) return -1;
  if (a! > b!) return 1;
  if (a === b) return 0;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : -1;
}

// ---------------------------------------------------------------- values in order of arrival

export function addToList(list: Value[] | null, value: Value): Value[] {
  if (list === null) return [value];
  list.push(value);
  return list;
}

/** Takes the earliest value that equals the given one out; null when nothing is left. */
export function removeFromList(list: Value[] | null, value: Value): Value[] | null {
  if (list === null) return null;
  const key = keyOf(value);
  const isSimple = key === value;
  let at = -1;
  for (let i = 0; i < list.length && at < 0; i++) {
    if (isSimple ? Object.is(list[i], value) : list[i] !== null && keyOf(list[i]) === key) at = i;
  }
  if (at === 0) list.shift();
  else if (at > 0) list.splice(at, 1);
  return list.length === 0 ? null : list;
}

export function mergeLists(target: Value[] | null, other: Value[] | null): Value[] | null {
  if (other === null) return target;
  return target === null ? [...other] : target.concat(other);
}

// ---------------------------------------------------------------- multisets

/** By key: the value and how often it is there. */
export type Counts = Map<Value, [value: Value, count: number]>;

export function addToCounts(counts: Counts | null, value: Value, by: number): Counts {
  counts ??= new Map();
  const key = keyOf(value);
  const entry = counts.get(key);
  if (entry === undefined) counts.set(key, [value, by]);
  else entry[1] += by;
  return counts;
}

export function removeFromCounts(counts: Counts | null, value: Value): Counts | null {
  if (counts === null) return null;
  const key = keyOf(value);
  const entry = counts.get(key);
  if (entry !== undefined && --entry[1] === 0) counts.delete(key);
  return counts.size === 0 ? null : counts;
}

export function mergeCounts(target: Counts | null, other: Counts | null): Counts | null {
  if (other !== null) for (const [value, count] of other.values()) target = addToCounts(target, value, count);
  return target;
}

/** As a value of type MULTISET. */
export function multisetOf(counts: Counts | null): Map<Value, number> {
  return new Map(counts === null ? [] : counts.values());
}

// ---------------------------------------------------------------- DISTINCT

/** How often each value is there; answers true when it is new. */
export function countDistinct(seen: Map<Value, number>, key: Value): boolean {
  const count = seen.get(key) ?? 0;
  seen.set(key, count + 1);
  return count === 0;
}

/** Takes a value back; answers true when it was the last of its kind. */
export function uncountDistinct(seen: Map<Value, number> | null, key: Value): boolean {
  const count = seen?.get(key);
  if (count === undefined) return false;
  if (count > 1) seen!.set(key, count - 1);
  else seen!.delete(key);
  return count === 1;
}

/** Where nothing is taken back: keeps the values met, by key; answers true when this one is new. */
export function isFirst(seen: Map<Value, Value>, value: Value): boolean {
  const key = keyOf(value);
  if (seen.has(key)) return false;
  seen.set(key, value);
  return true;
}
