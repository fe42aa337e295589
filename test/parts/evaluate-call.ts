import type { Argument, CallSite, FunctionContext } from '../../src/functions/function.ts';
import { conversionOf } from '../../src/functions/cast.ts';
import { findFunction } from '../../src/functions/registry.ts';
import { printValue } from '../../src/types/format-value.ts';
import { sameType, typeName, type SqlType } from '../../src/types/sql-type.ts';
import type { Value } from '../../src/types/value.ts';

/** A value with its type, which calls take and answer. */
export interface Typed {
  readonly type: SqlType;
  readonly value: Value;
}

const CONTEXT: FunctionContext = { clock: { now: () => 1_700_000_000_000 }, timeZone: 'UTC' };

/** Calls a registered function on values that are not constants: infers, converts the arguments, calls the closure. */
export function evaluateCall(name: string, args: readonly Typed[], constants: readonly boolean[] = []): Typed {
  const entry = findFunction(name);
  if (entry?.implement === undefined) throw new Error(`${name} has no implementation`);
  const described = args.map(({ type, value }, i): Argument => (constants[i] ? { type, literal: value } : { type }));
  const signature = entry.infer(described);
  const values = args.map(({ type, value }, i) => {
    if (value === null || sameType(type, signature.args[i])) return value;
    return conversionOf(type, signature.args[i], 'UTC')!(value)!;
  });
  const site: CallSite = {
    function: entry.name,
    args: signature.args,
    literals: described.map(({ literal }) => literal),
    type: signature.type,
  };
  const isNull = entry.nulls !== 'custom' && values.includes(null);
  return { type: signature.type, value: isNull ? null : entry.implement(site, CONTEXT)(...values) };
}

/** The type and the text of a value, as a print sink shows it. */
export const shown = ({ type, value }: Typed): string => `${typeName(type)} ${printValue(type, value)}`;
