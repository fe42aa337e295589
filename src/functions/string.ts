import { INTEGER, isText, STRING, withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { codePointLength, codePointsBefore, indexOfCodePoint, isPlain, sliceCodePoints, wellFormed } from './code-points.ts';
import { EvaluationError, type Argument, type CallSite, type ScalarFunction, type Signature } from './function.ts';
import { expectCount, signature, strict, wrongTypes } from './signature.ts';
import { lengthOf, summedVarchar, textArguments, varcharOf, type TextArgument } from './text-signature.ts';

/** The functions of Flink's page "System Functions", section "String Functions", that need no tables or patterns. */

interface TextFunction {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly args: readonly TextArgument[];
  /** So many of the last arguments may be missing. */
  readonly optional?: number;
  /** STRING when left out. */
  readonly result?: SqlType | ((args: readonly SqlType[]) => SqlType);
  readonly mayReturnNull?: boolean;
  readonly evaluate: (...args: any[]) => Value;
  readonly inline?: (args: readonly string[], site: CallSite) => string | undefined;
  readonly examples: ScalarFunction['examples'];
}

function textFunction(entry: TextFunction): ScalarFunction {
  const { name, result = STRING, evaluate } = entry;
  return {
    name,
    ...(entry.aliases && { aliases: entry.aliases }),
    summary: entry.summary,
    ...(entry.mayReturnNull && { mayReturnNull: true }),
    infer(args): Signature {
      const types = textArguments(name, args, entry.args, entry.optional);
      const type = typeof result === 'function' ? result(types) : result;
      const inferred = strict(args, types, type);
      return entry.mayReturnNull ? { ...inferred, type: withNullable(inferred.type, true) } : inferred;
    },
    ...(entry.inline && { inline: entry.inline }),
    implement: () => evaluate,
    examples: entry.examples,
  };
}

const first = ([type]: readonly SqlType[]): SqlType =>
  isText(type) ? ({ kind: type.kind, length: lengthOf(type), nullable: true } as SqlType) : type;
const firstVarchar = ([type]: readonly SqlType[]): SqlType => varcharOf(type);

// ---------------------------------------------------------------- parts of a text

/** SQL's SUBSTRING: `start` counts from 1, or from the end when it is negative; 0 counts as 1. Null for a negative length. */
export function substring(text: string, start: number, length = Infinity): string | null {
  if (length < 0) return null;
  const characters = codePointLength(text);
  const from = start > 0 ? start - 1 : start < 0 ? characters + start : 0;
  if (from < 0 || from >= characters) return '';
  return sliceCodePoints(text, from, Math.min(characters, from + length));
}

function left(text: string, length: number): string {
  return length <= 0 ? '' : sliceCodePoints(text, 0, length);
}

function right(text: string, length: number): string {
  if (length <= 0) return '';
  const characters = codePointLength(text);
  return length >= characters ? text : sliceCodePoints(text, characters - length, characters);
}

/** Counts from 1; 0 when there is none. The empty text is found at 1, wherever the search starts. */
export function position(sought: string, text: string, from = 1): number {
  if (sought === '') return 1;
  if (from <= 1) {
    const index = text.indexOf(sought);
    return isPlain(text) ? index + 1 : index < 0 ? 0 : codePointsBefore(text, index) + 1;
  }
  if (isPlain(text)) return text.indexOf(sought, from - 1) + 1;
  const index = text.indexOf(sought, indexOfCodePoint(text, from - 1));
  return index < 0 ? 0 : codePointsBefore(text, index) + 1;
}

function instr(text: string, sought: string, start = 1, appearance = 1): number {
  if (appearance <= 0) throw new EvaluationError('the appearance that INSTR looks for must be positive');
  if (start === 0) return 0;
  if (start < 0) {
    const found = instr(reverse(text), reverse(sought), -start, appearance);
    return found === 0 ? 0 : codePointLength(text) + 2 - found - codePointLength(sought);
  }
  let found = 0;
  for (let i = 0, from = start; i < appearance; i++, from = found + 1) {
    found = position(sought, text, from);
    if (found === 0) return 0;
  }
  return found;
}

// ---------------------------------------------------------------- changed texts

function reverse(text: string): string {
  return (isPlain(text) ? text.split('') : Array.from(text)).reverse().join('');
}

/** Words are runs of ASCII letters and digits; no other letters are changed. */
function initcap(text: string): string {
  return text.replace(/[a-zA-Z0-9]+/g, (word) => {
    const head = word[0];
    const start = head >= 'a' && head <= 'z' ? head.toUpperCase() : head;
    return start + word.slice(1).toLowerCase();
  });
}

/** Java's strings are padded by UTF-16 unit: of a character that is cut in two remains `?`. */
function lpad(text: string, length: number, pad: string): string | null {
  if (length < 0 || pad === '') return null;
  if (length <= text.length) return wellFormed(text.slice(0, length));
  return wellFormed(text.padStart(length, pad));
}

function rpad(text: string, length: number, pad: string): string | null {
  if (length < 0 || pad === '') return null;
  if (length <= text.length) return wellFormed(text.slice(0, length));
  return wellFormed(text.padEnd(length, pad));
}

function overlay(text: string, replacement: string, start: number, length = replacement.length): string {
  if (start <= 0 || start > text.length) return text;
  const rest = start + length <= text.length && length > 0 ? text.slice(start - 1 + length) : '';
  return wellFormed(text.slice(0, start - 1) + replacement + rest);
}

function replace(text: string, sought: string, replacement: string): string {
  const replaced = text.replaceAll(sought, () => replacement);
  return sought === '' ? wellFormed(replaced) : replaced;
}

const BLANKS = new Set([' ']);
const MAX_TEXT = 0x1fffffe8;

function repeat(text: string, count: number): string {
  if (count <= 0 || text === '') return '';
  if (text.length * count > MAX_TEXT) throw new EvaluationError(`REPEAT would make a text of ${text.length * count} characters`);
  return text.repeat(count);
}

// ---------------------------------------------------------------- TRIM

function startWithout(text: string, characters: ReadonlySet<string>): string {
  let start = 0;
  while (start < text.length) {
    const character = String.fromCodePoint(text.codePointAt(start)!);
    if (!characters.has(character)) break;
    start += character.length;
  }
  return start === 0 ? text : text.slice(start);
}

function endWithout(text: string, characters: ReadonlySet<string>): string {
  let end = text.length;
  while (end > 0) {
    const isPair = end > 1 && text.codePointAt(end - 2)! > 0xffff;
    const start = isPair ? end - 2 : end - 1;
    if (!characters.has(text.slice(start, end))) break;
    end = start;
  }
  return end === text.length ? text : text.slice(0, end);
}

type Trim = (text: string, characters: ReadonlySet<string>) => string;

const TRIMS: Readonly<Record<string, Trim>> = {
  LEADING: startWithout,
  TRAILING: endWithout,
  BOTH: (text, characters) => endWithout(startWithout(text, characters), characters),
};

/** The set of characters is made once where it is a constant. */
function trimmer(characters: Value | undefined, trim: Trim): (text: string, characters: string) => string {
  if (typeof characters === 'string') {
    const set = new Set(characters);
    return (text) => trim(text, set);
  }
  return (text, set) => trim(text, new Set(set));
}

const trim: ScalarFunction = {
  name: 'TRIM',
  summary: 'Removes the characters of a set, or spaces, from the start, the end or both ends of a text.',
  infer(args) {
    const types = textArguments('TRIM', args, ['text', 'text', 'text']);
    const where = args[0].literal;
    if (typeof where !== 'string' || !Object.hasOwn(TRIMS, where))
      throw wrongTypes('TRIM', args, 'BOTH, LEADING or TRAILING first');
    return strict(args, types, varcharOf(types[2]));
  },
  implement({ literals }) {
    const cut = trimmer(literals[1], TRIMS[literals[0] as string]);
    return (_where: string, characters: string, text: string) => cut(text, characters);
  },
  examples: [
    ["TRIM('  a ')", 'a'],
    ["TRIM(LEADING 'xy' FROM 'xyxaxy')", 'axy'],
  ],
};

function sideTrim(name: string, side: 'LEADING' | 'TRAILING', examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary: `Removes spaces, or the characters of a set, from the ${side === 'LEADING' ? 'start' : 'end'} of a text.`,
    infer(args) {
      const types = textArguments(name, args, ['text', 'text'], 1);
      return strict(args, types, varcharOf(types[0]));
    },
    implement({ args, literals }) {
      if (args.length === 1) return (text: string) => TRIMS[side](text, BLANKS);
      return trimmer(literals[1], TRIMS[side]);
    },
    examples,
  };
}

// ---------------------------------------------------------------- concatenation

const concatenation: ScalarFunction = {
  name: '||',
  summary: 'Two texts, one behind the other.',
  infer(args) {
    const types = textArguments('||', args, ['text', 'text']);
    const type = summedVarchar(types);
    return strict(args, types, types.every(({ kind }) => kind === 'CHAR') ? ({ ...type, kind: 'CHAR' } as SqlType) : type);
  },
  inline: ([a, b]) => `(${a} + ${b})`,
  examples: [["'a' || 'b'", 'ab']],
};

function expectTexts(name: string, args: readonly Argument[]): void {
  expectCount(name, args, 1, Infinity);
  if (args.some(({ type }) => !isText(type) && type.kind !== 'NULL')) throw wrongTypes(name, args, 'texts');
}

const textOr = (type: SqlType): SqlType => (isText(type) ? type : STRING);

const concat: ScalarFunction = {
  name: 'CONCAT',
  summary: 'Texts, one behind the other; NULL when one of them is NULL.',
  infer(args) {
    expectTexts('CONCAT', args);
    return strict(
      args,
      args.map(({ type }) => textOr(type)),
      STRING,
    );
  },
  inline: (args) => `(${args.join(' + ')})`,
  examples: [["CONCAT('a', 'b', 'c')", 'abc']],
};

const concatWs: ScalarFunction = {
  name: 'CONCAT_WS',
  summary: 'Texts with a separator between them; NULLs among them are left out.',
  nulls: 'custom',
  infer(args) {
    expectTexts('CONCAT_WS', args);
    const nullable = args.some(({ type }) => type.nullable);
    return signature(
      args,
      args.map(({ type }) => textOr(type)),
      withNullable(STRING, nullable),
    );
  },
  implement: () => concatenated,
  examples: [["CONCAT_WS('-', 'a', CAST(NULL AS STRING), 'b')", 'a-b']],
};

function concatenated(separator: string | null, ...texts: readonly (string | null)[]): string | null {
  return separator === null ? null : texts.filter((text) => text !== null).join(separator);
}

// ---------------------------------------------------------------- the list

export const stringFunctions: readonly ScalarFunction[] = [
  concatenation,
  concat,
  concatWs,
  trim,
  sideTrim('LTRIM', 'LEADING', [["LTRIM('  a ') || '|'", 'a |']]),
  sideTrim('RTRIM', 'TRAILING', [["RTRIM('abba', 'ba')", '']]),
  textFunction({
    name: 'CHAR_LENGTH',
    aliases: ['CHARACTER_LENGTH'],
    summary: 'The number of characters of a text.',
    args: ['text'],
    result: INTEGER,
    evaluate: codePointLength,
    examples: [["CHAR_LENGTH('a😀')", '2']],
  }),
  textFunction({
    name: 'UPPER',
    summary: 'A text in upper case.',
    args: ['text'],
    result: first,
    evaluate: (text: string) => text.toUpperCase(),
    inline: ([text]) => `${text}.toUpperCase()`,
    examples: [["UPPER('aß')", 'ASS']],
  }),
  textFunction({
    name: 'LOWER',
    summary: 'A text in lower case.',
    args: ['text'],
    result: first,
    evaluate: (text: string) => text.toLowerCase(),
    inline: ([text]) => `${text}.toLowerCase()`,
    examples: [["LOWER('AbC')", 'abc']],
  }),
  textFunction({
    name: 'INITCAP',
    summary: 'A text with each word in lower case but for its first letter. Words are runs of ASCII letters and digits.',
    args: ['text'],
    result: first,
    evaluate: initcap,
    examples: [["INITCAP('hello wORLD')", 'Hello World']],
  }),
  textFunction({
    name: 'POSITION',
    summary: 'Where a text stands in another, counted from 1; 0 when it does not.',
    args: ['text', 'text', 'int'],
    optional: 1,
    result: INTEGER,
    evaluate: position,
    examples: [
      ["POSITION('b' IN 'abcb')", '2'],
      ["POSITION('b' IN 'abcb' FROM 3)", '4'],
    ],
  }),
  textFunction({
    name: 'LOCATE',
    summary: 'Where a text stands in another, counted from 1, searched from a place on; 0 when it does not.',
    args: ['text', 'text', 'int'],
    optional: 1,
    result: INTEGER,
    evaluate: position,
    examples: [["LOCATE('b', 'abcb', 3)", '4']],
  }),
  textFunction({
    name: 'INSTR',
    summary: 'Where the n-th appearance of a text in another is, searched from a place on, backwards from a negative one.',
    args: ['text', 'text', 'int', 'int'],
    optional: 2,
    result: INTEGER,
    evaluate: instr,
    examples: [
      ["INSTR('abcb', 'b')", '2'],
      ["INSTR('abcb', 'b', -1, 2)", '2'],
    ],
  }),
  textFunction({
    name: 'SUBSTRING',
    aliases: ['SUBSTR'],
    summary: 'A part of a text, from a place counted from 1, or from the end when it is negative.',
    args: ['text', 'int', 'int'],
    optional: 1,
    result: firstVarchar,
    mayReturnNull: true,
    evaluate: substring,
    examples: [
      ["SUBSTRING('hello' FROM 2 FOR 3)", 'ell'],
      ["SUBSTRING('hello', -2)", 'lo'],
    ],
  }),
  textFunction({
    name: 'LEFT',
    summary: 'The first n characters.',
    args: ['text', 'int'],
    result: firstVarchar,
    mayReturnNull: true,
    evaluate: left,
    examples: [["LEFT('hello', 2)", 'he']],
  }),
  textFunction({
    name: 'RIGHT',
    summary: 'The last n characters.',
    args: ['text', 'int'],
    result: firstVarchar,
    mayReturnNull: true,
    evaluate: right,
    examples: [["RIGHT('hello', 2)", 'lo']],
  }),
  textFunction({
    name: 'LPAD',
    summary: 'A text brought to a length by characters in front of it, or by cutting it.',
    args: ['text', 'int', 'text'],
    mayReturnNull: true,
    evaluate: lpad,
    examples: [
      ["LPAD('hi', 4, '??')", '??hi'],
      ["LPAD('hi', 1, '??')", 'h'],
    ],
  }),
  textFunction({
    name: 'RPAD',
    summary: 'A text brought to a length by characters behind it, or by cutting it.',
    args: ['text', 'int', 'text'],
    mayReturnNull: true,
    evaluate: rpad,
    examples: [["RPAD('hi', 4, '??')", 'hi??']],
  }),
  textFunction({
    name: 'OVERLAY',
    summary: 'A text with a part of it replaced.',
    args: ['text', 'text', 'int', 'int'],
    optional: 1,
    result: ([text, replacement]) => summedVarchar([text, replacement]),
    evaluate: overlay,
    examples: [
      ["OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6)", 'xxxxxxxxx'],
      ["OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6 FOR 2)", 'xxxxxxxxxst'],
    ],
  }),
  textFunction({
    name: 'REPLACE',
    summary: 'A text with every appearance of another replaced.',
    args: ['text', 'text', 'text'],
    evaluate: replace,
    examples: [["REPLACE('hello', 'l', 'LL')", 'heLLLLo']],
  }),
  textFunction({
    name: 'REPEAT',
    summary: 'A text n times.',
    args: ['text', 'int'],
    evaluate: repeat,
    examples: [["REPEAT('ab', 2)", 'abab']],
  }),
  textFunction({
    name: 'REVERSE',
    summary: 'A text backwards.',
    args: ['text'],
    evaluate: reverse,
    mayReturnNull: true,
    examples: [["REVERSE('a😀b')", 'b😀a']],
  }),
];
