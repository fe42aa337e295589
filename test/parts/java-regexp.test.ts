import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JavaPatternError } from '../../src/functions/java-regexp-reader.ts';
import { translateJavaPattern } from '../../src/functions/java-regexp.ts';

/** What Java 17 answered: the groups of the first match and the text with every match replaced, null for none, or `invalid`. */
type Answer = readonly [pattern: string, text: string, groups: readonly (string | null)[] | null | 'invalid', replaced?: string];

const answers = JSON.parse(readFileSync(join(import.meta.dirname, 'java-regexp.answers.json'), 'utf8')) as Answer[];

function match(pattern: string, text: string): unknown[] {
  try {
    const { regExp, groups } = translateJavaPattern(pattern, true);
    regExp.lastIndex = 0;
    const found = regExp.exec(text);
    if (found === null) return [null];
    return [groups.map((group) => found[group] ?? null), text.replace(regExp, () => '<>')];
  } catch (error) {
    if (error instanceof JavaPatternError) return [error.reason];
    throw error;
  }
}

test.each(answers.map((answer) => [answer[0], answer[1], answer] as const))('%j on %j, as Java', (pattern, text, answer) => {
  expect(match(pattern, text)).toEqual(answer.slice(2));
});

describe('what JavaScript cannot express is unsupported', () => {
  test.each([
    ['\\G', '\\G'],
    ['\\X', '\\X'],
    ['(?U)\\w', 'the flag U'],
    ['\\p{InGreek}', '\\p{InGreek}'],
    ['(?:(a)|b)*', 'a group that may be skipped in a repetition'],
    ['(a)?\\1', 'a back-reference to a group that may not have matched'],
    ['(?:a*?)+', 'a repetition of what may be empty'],
    ['(?<=a+)b', 'such a repetition in a look-behind'],
  ])('%s', (pattern, message) => {
    expect(() => translateJavaPattern(pattern, true)).toThrow(
      expect.objectContaining({ reason: 'unsupported', message }) as Error,
    );
  });
});
