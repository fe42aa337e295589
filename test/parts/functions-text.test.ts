import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { castFunctions } from '../../src/functions/cast.ts';
import { conversionFunctions } from '../../src/functions/conversion.ts';
import type { FunctionContext } from '../../src/functions/function.ts';
import { jsonFunctions } from '../../src/functions/json.ts';
import { quoteJson } from '../../src/functions/json-tree.ts';
import { likeFunctions } from '../../src/functions/like.ts';
import { urlFunctions } from '../../src/functions/parse-url.ts';
import { regexpFunctions } from '../../src/functions/regexp.ts';
import { findFunction, functionNames } from '../../src/functions/registry.ts';
import { splitFunctions } from '../../src/functions/split.ts';
import { stringFunctions } from '../../src/functions/string.ts';
import { constant, evaluateSql } from './evaluate-sql.ts';

/** What Flink 1.20.5 answered: `answers[i].printed[r]` belongs to `rows[r]`, and null there was not asked for. */
interface Group {
  readonly columns: string;
  readonly timeZone: string;
  readonly rows: readonly (readonly string[])[];
  readonly answers: readonly { readonly sql: string; readonly type: string; readonly printed: readonly (string | null)[] }[];
}

const groups = JSON.parse(readFileSync(join(import.meta.dirname, 'functions-text.answers.json'), 'utf8')) as Group[];

const contextIn = (timeZone: string): FunctionContext => ({ clock: { now: () => 1_700_000_000_000 }, timeZone });

/** Text as the recorded answers hold it: on one line, and without half characters. */
const recorded = (text: string): string =>
  Buffer.from(text).toString('utf8').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');

const withoutNotNull = (type: string): string => type.replace(/ NOT NULL$/, '');

describe.each(groups)('as Flink answers for a row of $columns in $timeZone', ({ columns, timeZone, rows, answers }) => {
  const context = contextIn(timeZone);
  const names = columns.split(/,\s*(?![^(]*\))/).map((column) => /^(\S+) (.*)$/.exec(column)!.slice(1));
  const bound = rows.map((values) =>
    values.map((value, i) => {
      const [name, type] = names[i];
      const field = constant(`CAST(${value} AS ${type})`, context);
      return { name, value: field.value, type: { ...field.type, nullable: true } };
    }),
  );
  test.each(answers)('$sql', ({ sql, type, printed }) => {
    printed.forEach((expected, row) => {
      if (expected === null) return;
      const answer = evaluateSql(sql, bound[row], context);
      expect([withoutNotNull(answer.type), recorded(answer.printed)], `row ${rows[row].join(', ')}`).toEqual([type, expected]);
    });
  });
});

describe('examples of the entries', () => {
  const entries = [
    ...castFunctions,
    ...stringFunctions,
    ...splitFunctions,
    ...regexpFunctions,
    ...likeFunctions,
    ...jsonFunctions,
    ...conversionFunctions,
    ...urlFunctions,
  ];
  test.each(entries.flatMap(({ examples }) => examples))('%s is %s', (sql, printed) => {
    expect(evaluateSql(sql, [], contextIn('UTC')).printed).toBe(printed);
  });

  test('every entry has one', () => {
    expect(entries.filter(({ examples }) => examples.length === 0)).toEqual([]);
  });
});

describe('the registry', () => {
  test('finds functions by name and alias, in any case', () => {
    expect(findFunction('char_length')).toBe(findFunction('Character_Length'));
    expect(findFunction('SUBSTR')?.name).toBe('SUBSTRING');
    expect(findFunction('NO_SUCH_FUNCTION')).toBeUndefined();
  });

  test('has every name once', () => {
    const names = [...functionNames()];
    expect(names.length).toBeGreaterThan(100);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('what cannot be answered is refused', () => {
  const evaluate = (sql: string) => () =>
    evaluateSql(sql, [{ name: 's', type: { kind: 'VARCHAR', length: 9, nullable: true }, value: 'abc' }], contextIn('UTC'));

  test.each([
    ["REGEXP(s, '\\b{g}')", "REGEXP: the regular expression '\\b{g}' has what Isobar does not support: \\b{g}"],
    ["REGEXP_EXTRACT(s, '(?:(a)|b)*', 1)", 'a group that may be skipped in a repetition'],
    ["JSON_VALUE(s, '$[?(@.a > 1)]')", 'a filter in a JSON path'],
    ["s LIKE 'a!b' ESCAPE '!'", 'the escape character stands at position 2 before neither % nor _ nor itself'],
    ['CAST(s AS INT)', "cannot cast 'abc' to INT"],
    ['CAST(s AS TIMESTAMP(3))', "cannot cast 'abc' to TIMESTAMP(3)"],
    ['CAST(1 AS TIMESTAMP(3))', 'INT NOT NULL cannot be cast to TIMESTAMP(3)'],
    ['SHA2(s, 7)', 'SHA2 takes 224, 256, 384 or 512 as number of bits, not 7'],
    ['UPPER(1)', 'UPPER takes text, not INT'],
    ["FROM_BASE64('a')", "FROM_BASE64 cannot read 'a'"],
  ])('%s', (sql, message) => {
    expect(evaluate(sql)).toThrow(message);
  });
});

test('JSON_STRING of a text with more escapes than V8 replaces at once', () => {
  const text = '"'.repeat((1 << 24) + 3);
  expect(quoteJson(text) === JSON.stringify(text)).toBe(true);
});
