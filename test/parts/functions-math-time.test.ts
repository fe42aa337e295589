import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FunctionContext } from '../../src/functions/function.ts';
import { JavaRandom } from '../../src/functions/random.ts';
import { DOUBLE, withNullable } from '../../src/types/sql-type.ts';
import { constant, evaluateSql, type Column } from './evaluate-sql.ts';

/** Expressions with the types and values that real Flink gave: `[sql, type, printed]`, or `[sql, 'ERROR']` where it refuses. */
interface Answers {
  readonly groups: readonly {
    readonly name: string;
    readonly zone: string;
    readonly columns: { readonly [name: string]: readonly [type: string, sql: string] };
    readonly answers: readonly (readonly [sql: string, type: string, printed?: string])[];
    /** Where Isobar differs on purpose: `[sql, what Flink answers, what Isobar answers]`; ERROR stands for a refusal or failure. */
    readonly deviations: readonly (readonly [sql: string, flink: string, isobar: string])[];
  }[];
  /** `[sql, d, printed, y]`: functions of the DOUBLE columns d and y. */
  readonly doubles: readonly (readonly [sql: string, d: number, printed: string, y?: number])[];
}

const { groups, doubles } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'functions-math-time.answers.json'), 'utf8'),
) as Answers;

const contextIn = (timeZone: string): FunctionContext => ({ clock: { now: () => 1704190272123 }, timeZone });
const withoutNullability = (type: string): string => type.replace(' NOT NULL', '');

describe.each(groups)('$name', ({ zone, columns, answers, deviations }) => {
  const context = contextIn(zone);
  const row = Object.entries(columns).map(([name, [type, sql]]): Column => {
    const { type: inferred, value } = constant(`CAST(${sql} AS ${type})`, context);
    return { name, type: withNullable(inferred, true), value };
  });
  test.each(answers.map(([sql, type, printed = '']) => [sql, type, printed] as const))('%s', (sql, type, printed) => {
    if (type === 'ERROR') {
      expect(() => evaluateSql(sql, row, context)).toThrow();
    } else {
      const answer = evaluateSql(sql, row, context);
      expect([withoutNullability(answer.type), answer.printed]).toEqual([type, printed]);
    }
  });
  test.each(deviations)('%s differs from Flink', (sql, flink, isobar) => {
    expect(isobar).not.toBe(flink);
    const ask = (): string => {
      const answer = evaluateSql(sql, row, context);
      return `${withoutNullability(answer.type)} ${answer.printed}`;
    };
    if (isobar === 'ERROR') expect(ask).toThrow();
    else expect(ask()).toBe(isobar);
  });
});

/** Functions that are rounded to the nearest double, which Java misses now and then. */
const NEARLY = /^(?:EXP|TAN|COT|POWER|LN|LOG)/;

test('functions of doubles have the digits that Java gives, but for the last one of a few', () => {
  const context = contextIn('UTC');
  let misses = 0;
  for (const [sql, d, printed, y] of doubles) {
    const row: Column[] = [
      { name: 'd', type: DOUBLE, value: d },
      { name: 'y', type: DOUBLE, value: y ?? 0 },
    ];
    const answer = evaluateSql(sql, row, context).printed;
    if (answer === printed) continue;
    const distance = Math.abs(Number(answer) - Number(printed)) / Math.abs(Number(printed));
    expect(NEARLY.test(sql) && distance < 2 ** -51, `${sql} with d = ${d}, y = ${y} is ${answer}, not ${printed}`).toBe(true);
    misses++;
  }
  expect(misses).toBeLessThan(doubles.length / 100);
});

describe('the clock', () => {
  const context = contextIn('Asia/Tokyo');
  test.each([
    ['CURRENT_TIMESTAMP', '2024-01-02T10:11:12.123Z'],
    ['NOW()', '2024-01-02T10:11:12.123Z'],
    ['PROCTIME()', '2024-01-02T10:11:12.123Z'],
    ['LOCALTIMESTAMP', '2024-01-02T19:11:12.123'],
    ['LOCALTIME', '19:11:12.123'],
    ['CURRENT_DATE', '2024-01-02'],
    ['UNIX_TIMESTAMP()', '1704190272'],
  ])('%s', (sql, printed) => {
    expect(evaluateSql(sql, [], context).printed).toBe(printed);
  });
});

describe('before 1970, where Flink is off', () => {
  const context = contextIn('UTC');
  test.each([
    ["HOUR(TIMESTAMP '1969-12-31 23:59:59.999')", '23'],
    ["SECOND(TIMESTAMP '1960-02-29 10:11:12')", '12'],
    ["FLOOR(TIMESTAMP '1960-02-29 10:11:12' TO MONTH)", '1960-02-01T00:00'],
    ["FLOOR(TIMESTAMP '1969-12-31 23:59:59.999' TO HOUR)", '1969-12-31T23:00'],
    ["CEIL(TIMESTAMP '1969-12-31 23:59:59.999' TO DAY)", '1970-01-01T00:00'],
    ["FLOOR(DATE '1582-10-15' TO CENTURY)", '1501-01-01'],
    ["TIMESTAMPDIFF(HOUR, TIMESTAMP '1969-12-31 22:30:00', TIMESTAMP '1970-01-01 00:00:00')", '1'],
    ["DATE_FORMAT(TIMESTAMP '1969-12-31 23:59:59.999', 'yyyy-MM-dd HH:mm:ss.SSS')", '1969-12-31 23:59:59.999'],
  ])('%s', (sql, printed) => {
    expect(evaluateSql(sql, [], context).printed).toBe(printed);
  });
});

test('a seeded generator gives the numbers of java.util.Random', () => {
  const random = new JavaRandom(42);
  expect([random.nextInt(10), random.nextInt(16), random.nextDouble()]).toEqual([0, 0, 0.6832234717598454]);
});
