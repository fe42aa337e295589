import { INTEGER, isBinary, isInteger, isText, MAX_LENGTH, STRING, type SqlType } from '../types/sql-type.ts';
import type { Argument } from './function.ts';
import { expectCount, wrongTypes } from './signature.ts';

/** Inference that the text functions share. */

/** What an argument of a text function must be: text, text or bytes, or a whole number that fits into an INT. */
export type TextArgument = 'text' | 'bytes' | 'text or bytes' | 'int';

/**
 * Checks arguments against a list of kinds, of which the last `optional` ones may be missing, and answers the types they are
 * converted to. An untyped NULL is taken for whatever is expected.
 */
export function textArguments(
  name: string,
  args: readonly Argument[],
  kinds: readonly TextArgument[],
  optional = 0,
): readonly SqlType[] {
  expectCount(name, args, kinds.length - optional, kinds.length);
  return args.map(({ type }, i) => {
    const kind = kinds[i];
    if (kind === 'int') {
      if (isInteger(type) && type.kind !== 'BIGINT') return INTEGER;
      if (type.kind === 'NULL') return INTEGER;
    } else {
      if (kind !== 'bytes' && isText(type)) return type;
      if (kind !== 'text' && isBinary(type)) return type;
      if (type.kind === 'NULL') return STRING;
    }
    throw wrongTypes(name, args, expectation(kinds, optional));
  });
}

function expectation(kinds: readonly TextArgument[], optional: number): string {
  const words = kinds.map((kind, i) => {
    const word = kind === 'int' ? 'an INT' : kind;
    return i >= kinds.length - optional ? `optionally ${word}` : word;
  });
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The declared length of text or bytes; that of everything else is unlimited. */
export function lengthOf(type: SqlType): number {
  return isText(type) || isBinary(type) ? (type as { readonly length: number }).length : MAX_LENGTH;
}

/** VARCHAR of the summed lengths. */
export function summedVarchar(types: readonly SqlType[]): SqlType {
  const length = types.reduce((sum, type) => Math.min(MAX_LENGTH, sum + lengthOf(type)), 0);
  return { kind: 'VARCHAR', length, nullable: true };
}

/** VARCHAR of the same length as another text. */
export function varcharOf(type: SqlType): SqlType {
  return { kind: 'VARCHAR', length: lengthOf(type), nullable: true };
}
