import { INTEGER, isText, STRING, withNullable } from '../types/sql-type.ts';
import type { ScalarFunction } from './function.ts';
import { strict } from './signature.ts';
import { textArguments } from './text-signature.ts';

/** SPLIT_INDEX: the part of a text between two separators, by number from 0. */

/** Without a separator, blanks separate. The empty text has no parts. */
function splitIndex(text: string, separator: string, index: number): string | null {
  if (index < 0 || text === '') return null;
  if (separator === '') return text.split(BLANK)[index] ?? null;
  let start = 0;
  for (let i = 0; i < index; i++) {
    const end = text.indexOf(separator, start);
    if (end < 0) return null;
    start = end + separator.length;
  }
  const end = text.indexOf(separator, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

/** What Java's `Character.isWhitespace` says. */
const BLANK = /[\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000]/;

export const splitFunctions: readonly ScalarFunction[] = [
  {
    name: 'SPLIT_INDEX',
    summary: 'The n-th part, counted from 0, of a text cut at a separator: a text, or the code of a character.',
    mayReturnNull: true,
    infer(args) {
      const types = textArguments('SPLIT_INDEX', args, ['text', args[1] && isText(args[1].type) ? 'text' : 'int', 'int']);
      return { ...strict(args, types, STRING), type: withNullable(STRING, true) };
    },
    implement({ args }) {
      if (args[1].kind !== INTEGER.kind) return splitIndex;
      return (text: string, code: number, index: number) =>
        code > 255 || code < 1 ? null : splitIndex(text, String.fromCharCode(code), index);
    },
    examples: [
      ["SPLIT_INDEX('a,b,c', ',', 1)", 'b'],
      ["SPLIT_INDEX('a,b,c', 44, 2)", 'c'],
    ],
  },
];
