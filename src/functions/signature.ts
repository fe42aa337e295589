import { typeName, withNullable, type SqlType } from '../types/sql-type.ts';
import { SignatureError, type Argument, type Signature } from './function.ts';

/** What the `infer` of many functions is made of. */

/** Arguments converted to `targets` (each keeps its own nullability); the result is nullable when an argument is. */
export function strict(args: readonly Argument[], targets: readonly SqlType[], result: SqlType): Signature {
  return { args: converted(args, targets), type: withNullable(result, anyNullable(args)) };
}

/** As `strict`, with a result whose nullability is already decided. */
export function signature(args: readonly Argument[], targets: readonly SqlType[], result: SqlType): Signature {
  return { args: converted(args, targets), type: result };
}

function converted(args: readonly Argument[], targets: readonly SqlType[]): SqlType[] {
  return args.map((arg, i) => withNullable(targets[i], arg.type.nullable));
}

export function anyNullable(args: readonly Argument[]): boolean {
  return args.some((arg) => arg.type.nullable);
}

export function argumentTypes(args: readonly Argument[]): SqlType[] {
  return args.map((arg) => arg.type);
}

/** Throws unless there are between `least` and `most` arguments. */
export function expectCount(name: string, args: readonly Argument[], least: number, most: number = least): void {
  if (args.length >= least && args.length <= most) return;
  const expected = least === most ? String(least) : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  throw new SignatureError(`${name} takes ${expected} argument${expected === '1' ? '' : 's'}, not ${args.length}`);
}

/** The error for arguments of types that a function does not take; `expected` says what it takes, for example `two numbers`. */
export function wrongTypes(name: string, args: readonly Argument[], expected: string): SignatureError {
  const types = args.map((arg) => typeName(withNullable(arg.type, true))).join(', ');
  return new SignatureError(`${name} takes ${expected}, not ${types}`);
}
