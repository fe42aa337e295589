import { BOOLEAN, STRING, withNullable } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { wellFormed } from './code-points.ts';
import { EvaluationError, SignatureError, type Argument, type CallSite, type ScalarFunction } from './function.ts';
import { JavaPatternError } from './java-regexp-reader.ts';
import { translateJavaPattern, type JavaPattern } from './java-regexp.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { textArguments } from './text-signature.ts';

/**
 * The functions that take regular expressions, which are Java's. One that Java refuses makes the result NULL (REGEXP: false);
 * one that Java knows but JavaScript cannot express is refused with an error, never answered wrongly.
 */

type PatternOf = (pattern: string) => JavaPattern | null;

/** A pattern, or null for an invalid one. Throws an EvaluationError for an unsupported one. */
function compile(pattern: string, usesGroups: boolean): JavaPattern | null {
  try {
    return translateJavaPattern(pattern, usesGroups);
  } catch (error) {
    if (!(error instanceof JavaPatternError)) throw error;
    if (error.reason === 'invalid') return null;
    throw new EvaluationError(`the regular expression '${pattern}' has what Isobar does not support: ${error.message}`);
  }
}

const MAX_CACHED = 1000;

/** Patterns are translated once where they are constants, and kept for a while where they are not. */
function patterns(literal: Value | undefined, usesGroups: boolean): PatternOf {
  if (typeof literal === 'string') {
    const compiled = compile(literal, usesGroups);
    return () => compiled;
  }
  const cache = new Map<string, JavaPattern | null>();
  return (pattern) => {
    let compiled = cache.get(pattern);
    if (compiled === undefined) {
      compiled = compile(pattern, usesGroups);
      if (cache.size >= MAX_CACHED) cache.clear();
      cache.set(pattern, compiled);
    }
    return compiled;
  };
}

/** A constant pattern that cannot be translated is refused before anything runs. */
function checkPattern(name: string, pattern: Argument, usesGroups: boolean): void {
  if (typeof pattern.literal !== 'string') return;
  try {
    compile(pattern.literal, usesGroups);
  } catch (error) {
    if (error instanceof EvaluationError) throw new SignatureError(`${name}: ${error.message}`);
    throw error;
  }
}

const readsGroups = ({ literals }: Pick<CallSite, 'literals'>): boolean => literals.length === 3 && literals[2] !== 0;

/** Matching a very long text may need more memory than the engine has for it, as it may in Java. */
function matching<T>(name: string, text: string, match: () => T): T {
  try {
    return match();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new EvaluationError(
      `${name}: the regular expression needs too much memory for a text of ${text.length} characters; leave such texts out by CHAR_LENGTH`,
    );
  }
}

const regexp: ScalarFunction = {
  name: 'REGEXP',
  summary: 'True when some part of a text matches a regular expression; false for an empty or invalid one.',
  infer(args) {
    const types = textArguments('REGEXP', args, ['text', 'text']);
    checkPattern('REGEXP', args[1], false);
    return strict(args, types, BOOLEAN);
  },
  implement({ literals }) {
    const patternOf = patterns(literals[1], false);
    return (text: string, pattern: string) => {
      const compiled = pattern === '' ? null : patternOf(pattern);
      if (compiled === null) return false;
      compiled.regExp.lastIndex = 0;
      return matching('REGEXP', text, () => compiled.regExp.test(text));
    };
  },
  examples: [
    ["REGEXP('abc', '^a.+')", 'true'],
    ["REGEXP('abc', '')", 'false'],
  ],
};

const regexpReplace: ScalarFunction = {
  name: 'REGEXP_REPLACE',
  summary: 'A text with every match of a regular expression replaced; the replacement is taken as it is.',
  mayReturnNull: ({ literals }) => typeof literals[1] !== 'string' || patterns(literals[1], false)('') === null,
  infer(args) {
    const types = textArguments('REGEXP_REPLACE', args, ['text', 'text', 'text']);
    checkPattern('REGEXP_REPLACE', args[1], false);
    return strict(args, types, STRING);
  },
  implement({ literals }) {
    const patternOf = patterns(literals[1], false);
    return (text: string, pattern: string, replacement: string) => {
      const compiled = patternOf(pattern);
      if (compiled === null) return null;
      return wellFormed(matching('REGEXP_REPLACE', text, () => text.replace(compiled.regExp, () => replacement)));
    };
  },
  examples: [
    ["REGEXP_REPLACE('foobar', 'oo|ar', '')", 'fb'],
    ["REGEXP_REPLACE('a1', '([a-z])([0-9])', '$2$1')", '$2$1'],
  ],
};

const regexpExtract: ScalarFunction = {
  name: 'REGEXP_EXTRACT',
  summary: 'The first match of a regular expression, or one of its groups; NULL when there is none.',
  mayReturnNull: true,
  infer(args) {
    expectCount('REGEXP_EXTRACT', args, 2, 3);
    const texts = textArguments('REGEXP_EXTRACT', args.slice(0, 2), ['text', 'text']);
    const group = args[2]?.type;
    if (group !== undefined && !['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'NULL'].includes(group.kind)) {
      throw wrongTypes('REGEXP_EXTRACT', args, 'text, text and optionally a whole number');
    }
    checkPattern('REGEXP_EXTRACT', args[1], readsGroups({ literals: args.map(({ literal }) => literal) }));
    const signature = strict(args, group === undefined ? texts : [...texts, group], STRING);
    return { ...signature, type: withNullable(STRING, true) };
  },
  implement({ literals }) {
    const patternOf = patterns(literals[1], readsGroups({ literals }));
    return (text: string, pattern: string, group: number | bigint = 0) => {
      const compiled = patternOf(pattern);
      if (compiled === null) return null;
      compiled.regExp.lastIndex = 0;
      const match = matching('REGEXP_EXTRACT', text, () => compiled.regExp.exec(text));
      // Groups that do not exist, or are negative, give NULL.
      return match?.[compiled.groups[Number(group)]] ?? null;
    };
  },
  examples: [
    ["REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", 'bar'],
    ["REGEXP_EXTRACT('foothebar', 'foo.*')", 'foothebar'],
  ],
};

export const regexpFunctions: readonly ScalarFunction[] = [regexp, regexpReplace, regexpExtract];
