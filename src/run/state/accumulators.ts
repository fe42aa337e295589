import type { GeneratedCode } from '../../plan/code.ts';
import type { Column } from '../../types/column.ts';
import type { FunctionContext } from '../../functions/function.ts';
import { linkCode } from '../link.ts';
import { detach, revive } from './snapshot.ts';

/** Arrays, by the name of an aggregate's field and its number; an element for each slot. */
export type AccumulatorState = Record<string, FieldArray>;
type FieldArray = TypedArray | unknown[];
type TypedArray = Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | BigInt64Array | Uint8Array;

/**
 * What AggregateCode gives: the accumulators of all aggregates of one operator, for many keys side by side. The generated
 * functions keep nothing themselves; the state is passed in, so that panes of windows have each their own.
 *
 * `columns` are those of the operator's input; slots[i] is the slot of row i; rows `from` … `to - 1` are meant.
 */
export interface Accumulators {
  create(capacity: number): AccumulatorState;
  /** Makes place for slots below `capacity`. */
  reserve(state: AccumulatorState, capacity: number): void;
  /** The slots `from` … `to - 1` are as if they had seen no row, as all are at first. Whoever frees a slot clears it. */
  clear(state: AccumulatorState, from: number, to: number): void;
  accumulate(state: AccumulatorState, columns: readonly Column[], slots: Int32Array, from: number, to: number): void;
  /** Takes rows back; only of retracting nodes. */
  retract?(state: AccumulatorState, columns: readonly Column[], slots: Int32Array, from: number, to: number): void;
  /** Adds a slot of another state, whose rows came later; only of windows. The other one is left alone. */
  merge?(state: AccumulatorState, slot: number, other: AccumulatorState, otherSlot: number): void;
  /** Writes the results of the slots `from` … `to - 1` to the rows from `row` on; `output` has a column for each aggregate. */
  emit(state: AccumulatorState, from: number, to: number, output: readonly Column[], row: number): void;
  /** Only of OVER: accumulates each row and writes the results that then hold to the same row of the output. */
  run?(
    state: AccumulatorState,
    columns: readonly Column[],
    slots: Int32Array,
    from: number,
    to: number,
    output: readonly Column[],
  ): void;
}

export function linkAccumulators(code: GeneratedCode, context: FunctionContext): Accumulators {
  return linkCode<() => Accumulators>(code, context)();
}

/** The accumulators of the given slots, as plain data in their order. */
export function snapshotAccumulators(state: AccumulatorState, slots: Int32Array): Record<string, unknown> {
  const snapshot: Record<string, unknown> = {};
  for (const [name, array] of Object.entries(state)) {
    if (Array.isArray(array)) {
      snapshot[name] = Array.from(slots, (slot) => detach(array[slot]));
    } else {
      const copy = new (array.constructor as new (length: number) => TypedArray)(slots.length);
      for (let i = 0; i < slots.length; i++) copy[i] = array[slots[i]];
      snapshot[name] = copy;
    }
  }
  return snapshot;
}

/** Puts the accumulators back as the slots 0, 1, …; there must be place for them. */
export function restoreAccumulators(state: AccumulatorState, snapshot: unknown): void {
  for (const [name, array] of Object.entries(snapshot as AccumulatorState)) {
    const target = state[name];
    if (Array.isArray(array)) for (let i = 0; i < array.length; i++) (target as unknown[])[i] = revive(array[i]);
    else (target as TypedArray).set(array as never);
  }
}
