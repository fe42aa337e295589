import type { Clock } from '../base/clock.ts';
import { withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';

/** What the binder knows of an argument: its type and, for a literal, its value. */
export interface Argument {
  readonly type: SqlType;
  /** Present (possibly null) when the argument is a constant. */
  readonly literal?: Value;
}

/** The outcome of inference: the types the arguments are converted to (Flink's implicit conversions) and the result's. */
export interface Signature {
  readonly args: readonly SqlType[];
  readonly type: SqlType;
}

/** One place in a query that calls a function: plain data, part of the plan. */
export interface CallSite {
  readonly function: string;
  readonly args: readonly SqlType[];
  /** `literals[i]` is present (possibly null) where argument i is a constant: patterns are compiled once, units looked up once. */
  readonly literals: readonly (Value | undefined)[];
  readonly type: SqlType;
}

/** What a function may use of the running job. */
export interface FunctionContext {
  readonly clock: Clock;
  /** `table.local-time-zone`: an IANA name, `UTC` or `GMT+08:00`. */
  readonly timeZone: string;
}

/** Raised by `infer` when the arguments do not fit: the message says what is expected, in lower case. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
}

/** Raised while running by a function whose failure fails the job in Flink (CAST of bad text, division of integers by zero). */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
}

/** V8 has no text of more than 536,870,888 UTF-16 units. */
export function isTooLong(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error instanceof RangeError && /^Invalid (string|array) length/.test(error.message)) ||
    (error as NodeJS.ErrnoException).code === 'ERR_STRING_TOO_LONG'
  );
}

/**
 * One scalar function. Either `inline` (JavaScript for the hot path) or `implement` (a closure made once for each place that
 * calls it) gives its meaning; the rest of the system learns everything else from the entry.
 */
export interface ScalarFunction {
  /** Upper case, as users write it; operators have the names in operators.ts, for example `+` or `IS NULL`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Flink's documentation in one line. */
  readonly summary: string;
  /** Checks the arguments. Throws a SignatureError. Nullability: when left to `strict`, the result is nullable if an argument is. */
  infer(args: readonly Argument[]): Signature;
  /**
   * How NULL arguments are treated. `strict` (the default): a NULL argument makes the result NULL and the function is not
   * called; `custom`: the function sees nulls.
   */
  readonly nulls?: 'strict' | 'custom';
  /**
   * A strict function may answer null although no argument is. Default false: then it does so only where `infer` answered a
   * nullable type for arguments that are not nullable (a sum of decimals that may overflow). A function decides call by call.
   */
  readonly mayReturnNull?: boolean | ((site: CallSite) => boolean);
  /** False for CURRENT_TIMESTAMP, RAND, UUID …: not folded, not shared. Default true. */
  readonly deterministic?: boolean;
  /**
   * JavaScript for the call, given JavaScript for each argument (simple variables or constants, never null, no user text).
   * Answers undefined when this call has to use `implement`.
   */
  inline?(args: readonly string[], site: CallSite): string | undefined;
  /** The function for one call site: takes the values of value.ts (never null when strict), answers one. */
  implement?(site: CallSite, context: FunctionContext): (...args: any[]) => Value;
  /** `[SQL expression, what a print sink shows]`: documentation and test at once. */
  readonly examples: readonly (readonly [sql: string, printed: string])[];
}

/** Whether a call of a strict function may be NULL although no argument is. */
export function mayBeNull(entry: ScalarFunction, site: CallSite): boolean {
  if (typeof entry.mayReturnNull === 'function') return entry.mayReturnNull(site);
  if (entry.mayReturnNull === true) return true;
  const args = site.args.map((type, i): Argument => {
    const literal = site.literals[i];
    return literal === undefined || literal === null
      ? { type: withNullable(type, false) }
      : { type: withNullable(type, false), literal };
  });
  return entry.infer(args).type.nullable;
}
