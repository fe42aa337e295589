import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import type { Argument, Signature } from '../function.ts';

/**
 * One aggregate function: its types, and the statements that keep its accumulators. Accumulators of many keys live side by
 * side in arrays (fields), one element for each slot; the code generator joins the statements of all aggregates of an
 * operator into loops over columns.
 */
export interface AggregateFunction {
  /** Upper case, as users write it. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Flink's documentation in one line. */
  readonly summary: string;
  /** Checks the arguments; throws a SignatureError. COUNT(*) has no arguments. */
  infer(args: readonly Argument[]): Signature;
  /** DISTINCT changes nothing. Default false. */
  readonly ignoresDistinct?: boolean;
  generate(site: AggregateSite): Accumulator;
}

/** One call of an aggregate function, for its code. */
export interface AggregateSite {
  /** The arguments that are columns. */
  readonly args: readonly SqlType[];
  /** The constant argument at a place, or undefined. */
  literal(index: number): Value | undefined;
  readonly type: SqlType;
  /** Rows can be taken back: `retract` is needed. */
  readonly retracting: boolean;
  /** JavaScript for a constant. */
  constant(value: Value): string;
}

/** An array with one element for each slot. An accumulator that has seen nothing is 0 in typed arrays and null in others. */
export type AccumulatorField =
  'Float64Array' | 'Float32Array' | 'Int32Array' | 'Int16Array' | 'Int8Array' | 'BigInt64Array' | 'Uint8Array' | 'Array';

/** JavaScript for the element of each field that belongs to the key at hand, by the field's name. */
export type Elements = Readonly<Record<string, string>>;

/**
 * The code of one call. Arguments are JavaScript for a value as columns hold it (BOOLEAN: 0 or 1); `skip`: never NULL, the
 * row is passed over when one is; `see`: possibly null. Fields of type Array hold plain data (values, arrays, maps), so that a
 * snapshot can copy them.
 */
export interface Accumulator {
  readonly fields: Readonly<Record<string, AccumulatorField>>;
  readonly nulls: 'skip' | 'see';
  accumulate(state: Elements, args: readonly string[]): string;
  /** Only for retracting sites. */
  retract?(state: Elements, args: readonly string[]): string;
  /** Adds another accumulator, which is left alone and whose rows came later. */
  merge(state: Elements, other: Elements): string;
  result(state: Elements): AggregateResult;
}

export interface AggregateResult {
  /** JavaScript for the value as the result's column holds it; evaluated only when `isNull` is false. */
  readonly value: string;
  /** JavaScript for a condition, or undefined: never NULL. */
  readonly isNull?: string;
  /** The value is a JavaScript number although the column is BIGINT. */
  readonly isCount?: boolean;
}
