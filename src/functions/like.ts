import { BOOLEAN } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { EvaluationError, SignatureError, type Argument, type ScalarFunction } from './function.ts';
import { escaped, LINE_ENDS } from './java-regexp-class.ts';
import { JavaPatternError } from './java-regexp-reader.ts';
import { translateWholeJavaPattern } from './java-regexp.ts';
import { strict } from './signature.ts';
import { textArguments } from './text-signature.ts';

/**
 * LIKE and SIMILAR TO. `%` stands for any text, `_` for any one character but the end of a line. There is no escape
 * character unless ESCAPE names one.
 */

type Matcher = (text: string) => boolean;

/** Shortened and quoted, for messages. */
const quoted = (text: string): string => `'${text.length > 60 ? text.slice(0, 60) + '…' : text}'`;

function escapeCharacter(escape: string | undefined): string | undefined {
  if (escape === undefined || escape.length === 1) return escape;
  throw new EvaluationError(`the escape character must be one character, not ${quoted(escape)}`);
}

// ---------------------------------------------------------------- LIKE

const ANY_TEXT = Symbol('%');
const ANY_CHARACTER = Symbol('_');
type Piece = string | typeof ANY_TEXT | typeof ANY_CHARACTER;

/** Literal texts and wildcards, in order. */
function piecesOf(pattern: string, escape: string | undefined): readonly Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern[i];
    if (unit === escape) {
      const next = pattern[++i];
      if (next !== '%' && next !== '_' && next !== escape) {
        throw new EvaluationError(
          `${quoted(pattern)} is no pattern: the escape character stands at position ${i} before neither % nor _ nor itself`,
        );
      }
      literal += next;
    } else if (unit === '%' || unit === '_') {
      if (literal !== '') pieces.push(literal);
      literal = '';
      pieces.push(unit === '%' ? ANY_TEXT : ANY_CHARACTER);
    } else {
      literal += unit;
    }
  }
  if (literal !== '') pieces.push(literal);
  return pieces;
}

function likeMatcher(pattern: string, escape: string | undefined): Matcher {
  const pieces = piecesOf(pattern, escapeCharacter(escape));
  const texts = pieces.filter((piece) => typeof piece === 'string');
  if (!pieces.includes(ANY_CHARACTER)) {
    if (pieces.length === 0) return (text) => text === '';
    const [first, last] = [pieces[0] !== ANY_TEXT, pieces.at(-1) !== ANY_TEXT];
    if (texts.length === 0) return () => true;
    if (texts.length === 1) {
      const [sought] = texts;
      if (first && last) return (text) => text === sought;
      if (first) return (text) => text.startsWith(sought);
      if (last) return (text) => text.endsWith(sought);
      return (text) => text.includes(sought);
    }
    return inOrder(texts, first, last);
  }
  const source = pieces.map((piece) =>
    piece === ANY_TEXT
      ? '[\\s\\S]*'
      : piece === ANY_CHARACTER
        ? `[^${LINE_ENDS}]`
        : Array.from(piece, (character) => escaped(character.codePointAt(0)!)).join(''),
  );
  const regExp = new RegExp(`^${source.join('')}$`, 'u');
  return (text) => regExp.test(text);
}

/** True when the texts appear one behind the other, the first at the start and the last at the end where asked. */
function inOrder(texts: readonly string[], first: boolean, last: boolean): Matcher {
  const middle = texts.slice(first ? 1 : 0, last ? -1 : undefined);
  const start = first ? texts[0] : '';
  const end = last ? texts[texts.length - 1] : '';
  return (text) => {
    if (text.length < start.length + end.length || !text.startsWith(start) || !text.endsWith(end)) return false;
    let at = start.length;
    for (const sought of middle) {
      const found = text.indexOf(sought, at);
      if (found < 0) return false;
      at = found + sought.length;
    }
    return at <= text.length - end.length;
  };
}

// ---------------------------------------------------------------- SIMILAR TO

const SPECIAL_IN_SQL = new Set('[]()|^-+*_%?{}');
const SPECIAL_IN_JAVA = new Set('[]()|^-+*?{}$\\.');
const CHARACTER_CLASSES: Readonly<Record<string, string>> = {
  '[:ALPHA:]': '\\p{Alpha}',
  '[:alpha:]': '\\p{Alpha}',
  '[:UPPER:]': '\\p{Upper}',
  '[:upper:]': '\\p{Upper}',
  '[:LOWER:]': '\\p{Lower}',
  '[:lower:]': '\\p{Lower}',
  '[:DIGIT:]': '\\d',
  '[:digit:]': '\\d',
  '[:SPACE:]': ' ',
  '[:space:]': ' ',
  '[:WHITESPACE:]': '\\s',
  '[:whitespace:]': '\\s',
  '[:ALNUM:]': '\\p{Alnum}',
  '[:alnum:]': '\\p{Alnum}',
};

function similarMatcher(pattern: string, escape: string | undefined): Matcher {
  let regExp: RegExp;
  try {
    ({ regExp } = translateWholeJavaPattern(javaPatternOf(pattern, escapeCharacter(escape))));
  } catch (error) {
    if (error instanceof JavaPatternError)
      throw new EvaluationError(`${quoted(pattern)} is no pattern of SIMILAR TO: ${error.message}`);
    throw error;
  }
  return (text) => {
    regExp.lastIndex = 0;
    return regExp.test(text);
  };
}

/** SQL's pattern as Java's regular expression, which is what Flink makes of it: a dot, too, keeps Java's meaning. */
function javaPatternOf(pattern: string, escape: string | undefined): string {
  const escapedAt = (at: number): string => {
    const next = pattern.charAt(at);
    if (SPECIAL_IN_SQL.has(next)) return SPECIAL_IN_JAVA.has(next) ? `\\${next}` : next;
    if (next === escape && next !== '') return SPECIAL_IN_JAVA.has(next) ? `\\${next}` : next;
    throw new JavaPatternError('invalid', `the escape character stands before neither a special character nor itself`);
  };
  let java = '';
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern[i];
    if (unit === escape) java += escapedAt(++i);
    else if (unit === '_') java += '.';
    else if (unit === '%') java += '(?s:.*)';
    else if (unit === '\\' || unit === '$') java += `\\${unit}`;
    else if (unit === ']') throw new JavaPatternError('invalid', '"]" without "["');
    else if (unit === '[') {
      java += '[';
      for (i++; pattern[i] !== ']'; i++) {
        const member = pattern.charAt(i);
        if (member === '') throw new JavaPatternError('invalid', '"[" without "]"');
        if (member === escape) java += escapedAt(++i);
        else if (member === '-' || member === '^') java += member;
        else if (member === '[') {
          const name = Object.keys(CHARACTER_CLASSES).find((key) => pattern.startsWith(key, i));
          if (name === undefined) throw new JavaPatternError('invalid', `unknown class at position ${i + 1}`);
          java += CHARACTER_CLASSES[name];
          i += name.length - 1;
        } else if (SPECIAL_IN_SQL.has(member)) {
          throw new JavaPatternError('invalid', `"${member}" in a class must be escaped`);
        } else java += member;
      }
      java += ']';
    } else java += unit;
  }
  return java;
}

// ---------------------------------------------------------------- the functions

type MakeMatcher = (pattern: string, escape: string | undefined) => Matcher;

const MAX_CACHED = 1000;

function patternFunction(
  name: string,
  summary: string,
  makeMatcher: MakeMatcher,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  /** The matcher where pattern and escape character are constants. */
  const constantMatcher = (literals: readonly (Value | undefined)[]): Matcher | undefined => {
    const [, pattern, escape] = literals;
    if (typeof pattern !== 'string' || (literals.length === 3 && typeof escape !== 'string')) return undefined;
    return makeMatcher(pattern, escape as string | undefined);
  };
  return {
    name,
    summary,
    infer(args: readonly Argument[]) {
      const types = textArguments(name, args, ['text', 'text', 'text'], 1);
      try {
        constantMatcher(args.map(({ literal }) => literal));
      } catch (error) {
        if (error instanceof EvaluationError) throw new SignatureError(`${name}: ${error.message}`);
        throw error;
      }
      return strict(args, types, BOOLEAN);
    },
    implement({ literals }) {
      const constant = constantMatcher(literals);
      if (constant !== undefined) return constant;
      const cache = new Map<string, Matcher>();
      return (text: string, pattern: string, escape?: string) => {
        const key = escape === undefined ? pattern : `${escape} ${pattern}`;
        let matcher = cache.get(key);
        if (matcher === undefined) {
          matcher = makeMatcher(pattern, escape);
          if (cache.size >= MAX_CACHED) cache.clear();
          cache.set(key, matcher);
        }
        return matcher(text);
      };
    },
    examples,
  };
}

export const likeFunctions: readonly ScalarFunction[] = [
  patternFunction(
    'LIKE',
    'True when a text matches a pattern, in which % stands for any text and _ for any character.',
    likeMatcher,
    [
      ["'Budapest' LIKE 'Bu%st'", 'true'],
      ["'a_b' LIKE 'a!_b' ESCAPE '!'", 'true'],
    ],
  ),
  patternFunction('SIMILAR TO', "True when a whole text matches one of SQL's regular expressions.", similarMatcher, [
    ["'abc' SIMILAR TO '(a|b)%'", 'true'],
  ]),
];
