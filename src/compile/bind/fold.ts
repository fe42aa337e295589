import { findFunction } from '../../functions/registry.ts';
import { EvaluationError, isTooLong, type CallSite, type FunctionContext } from '../../functions/function.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import type { Bound, BoundCall } from './bound.ts';

/** Raised by a function that asks for what is known only while the job runs. */
class NotConstant extends Error {}

/** The time zone may still be set by a later statement, and the clock stands still for nobody. */
const UNKNOWN: FunctionContext = {
  get clock(): never {
    throw new NotConstant();
  },
  get timeZone(): never {
    throw new NotConstant();
  },
};

/** A longer one is made while running, rather than carried about in the plan. */
const LONGEST_TEXT = 65_536;

/** A call of constants becomes its value, where nothing but the arguments decides it. A call that fails is left to fail while running. */
export function fold(call: BoundCall): Bound {
  if (!call.args.every((arg) => arg.kind === 'literal')) return call;
  const entry = findFunction(call.function);
  if (entry?.implement === undefined || entry.deterministic === false) return call;
  const values = call.args.map((arg) => (arg.kind === 'literal' ? arg.value : null));
  if (entry.nulls !== 'custom' && values.includes(null))
    return { kind: 'literal', value: null, type: withNullable(call.type, true) };
  const site: CallSite = { function: entry.name, args: call.args.map((arg) => arg.type), literals: values, type: call.type };
  try {
    const value: Value = entry.implement(site, UNKNOWN)(...values);
    if (typeof value === 'string' && value.length > LONGEST_TEXT) return call;
    return { kind: 'literal', value, type: withNullable(call.type, value === null) };
  } catch (error) {
    if (error instanceof NotConstant || error instanceof EvaluationError || isTooLong(error)) return call;
    throw error;
  }
}
