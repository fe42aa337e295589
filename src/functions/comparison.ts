import { parseSqlDate, parseSqlTime, parseSqlTimestamp } from '../types/civil-parse.ts';
import { asDecimal, comparisonType, orderingType } from '../types/common-type.ts';
import { powerOfTen } from '../types/decimal.ts';
import { BOOLEAN, isApproximate, isNumeric, isText, isTimestamp, withNullable, type SqlType } from '../types/sql-type.ts';
import { compareValues, equalValues, millisOf, nanosOf, timestampOf, type TimestampValue, type Value } from '../types/value.ts';
import type { Argument, CallSite, FunctionContext, ScalarFunction, Signature } from './function.ts';
import { anyNullable, expectCount, signature, wrongTypes } from './signature.ts';
import { localToInstant } from './time-zone.ts';

/**
 * Comparisons. Numbers of different types are compared by value, text by code point. Text is compared with a DATE, TIME or
 * TIMESTAMP by reading it as one: a literal must be one, a column's value that is none makes `=` NULL and `<` fail.
 */

type DecimalType = Extract<SqlType, { kind: 'DECIMAL' }>;
type Operator = '=' | '<>' | '<' | '<=' | '>' | '>=';

const NOT_NULL_BOOLEAN = withNullable(BOOLEAN, false);

const isPointInTime = (type: SqlType): boolean => type.kind === 'DATE' || type.kind === 'TIME' || isTimestamp(type);

/** The types the two sides are converted to before they are compared, or undefined when they cannot be. */
function operands(operator: Operator, args: readonly Argument[]): readonly SqlType[] | undefined {
  const [a, b] = args.map((arg) => arg.type);
  if (a.kind === 'NULL' && b.kind === 'NULL') return [BOOLEAN, BOOLEAN];
  if (isNumeric(a) && isNumeric(b) && (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') && !isApproximate(a) && !isApproximate(b)) {
    return [asDecimal(a), asDecimal(b)];
  }
  if (operator === '=' || operator === '<>') {
    const text = isText(a) ? 0 : 1;
    const other = text === 0 ? b : a;
    if (isText(args[text].type)) {
      // Flink compares the truth value with the text itself, which are never equal.
      if (other.kind === 'BOOLEAN') return [a, b];
      if (isPointInTime(other) && args[text].literal === undefined) return [a, b];
    }
    const type = comparisonType(a, b);
    if (type?.kind === 'MULTISET') return undefined;
    return type && keepText(a, b, type);
  }
  const type = orderingType(a, b);
  if (type === undefined || type.kind === 'ARRAY' || type.kind === 'MAP' || type.kind === 'ROW' || type.kind === 'MULTISET') {
    return undefined;
  }
  return keepText(a, b, type);
}

/** Text and timestamps of the same kind are compared as they are, whatever their length or precision. */
function keepText(a: SqlType, b: SqlType, type: SqlType): readonly SqlType[] {
  const keep = isText(type) || isTimestamp(type) || type.kind === 'TIME';
  const target = (side: SqlType): SqlType => (keep && (side.kind === type.kind || (isText(side) && isText(type))) ? side : type);
  return [target(a), target(b)];
}

/** True when one side is text that has to be read as the other's point in time, row by row. */
const readsText = (site: CallSite): boolean => isText(site.args[0]) !== isText(site.args[1]);

/** JavaScript for the comparison of two values that are not null, or undefined when there is none. */
function inlineComparison(operator: Operator, [a, b]: readonly string[], site: CallSite): string | undefined {
  const type = site.args[0];
  if (readsText(site)) {
    const isBoolean = site.args.some((arg) => arg.kind === 'BOOLEAN');
    return isBoolean ? (operator === '=' ? 'false' : 'true') : undefined;
  }
  const script = operator === '=' ? '===' : operator === '<>' ? '!==' : operator;
  const isEquality = operator === '=' || operator === '<>';
  switch (type.kind) {
    case 'DECIMAL': {
      const [left, right] = site.args as readonly DecimalType[];
      const scale = Math.max(left.scale, right.scale);
      const scaled = (source: string, from: number): string =>
        from === scale ? source : `${source} * ${powerOfTen(scale - from)}n`;
      return `(${scaled(a, left.scale)} ${script} ${scaled(b, right.scale)})`;
    }
    case 'CHAR':
    case 'VARCHAR':
      return isEquality ? `(${a} ${script} ${b})` : `(compareText(${a}, ${b}) ${script} 0)`;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const slow = `compareTimestamps(${a}, ${b}) ${script} 0`;
      if (isEquality) return `(typeof ${a} === 'number' ? ${a} ${script} ${b} : ${slow})`;
      return `(typeof ${a} === 'number' && typeof ${b} === 'number' ? ${a} ${script} ${b} : ${slow})`;
    }
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return undefined;
    default:
      return `(${a} ${script} ${b})`;
  }
}

const TESTS: { readonly [operator in Operator]: (order: number) => boolean } = {
  '=': (order) => order === 0,
  '<>': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Compares two values that are not null; null when text cannot be read. */
function comparison(operator: Operator, site: CallSite, context: FunctionContext): (a: Value, b: Value) => boolean | null {
  const test = TESTS[operator];
  const type = site.args[0];
  if (readsText(site)) {
    const [text, time] = isText(type) ? [0, 1] : [1, 0];
    const timeType = site.args[time];
    if (timeType.kind === 'BOOLEAN') return () => operator === '<>';
    const read = textReader(timeType, context);
    return (...sides) => {
      const value = read(sides[text] as string);
      return value === null ? null : test(compareValues(timeType, value, sides[time]));
    };
  }
  switch (type.kind) {
    case 'DECIMAL': {
      const [left, right] = (site.args as readonly DecimalType[]).map((arg) => arg.scale);
      const scale = Math.max(left, right);
      const [leftFactor, rightFactor] = [powerOfTen(scale - left), powerOfTen(scale - right)];
      return (a, b) => test(compareExact((a as bigint) * leftFactor, (b as bigint) * rightFactor));
    }
    case 'FLOAT':
    case 'DOUBLE':
      // NaN is neither smaller nor larger than anything, nor equal to itself, as in Java.
      return (a, b) => test((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : a === b ? 0 : NaN);
    case 'ARRAY':
    case 'MAP':
    case 'ROW':
      return operator === '=' ? (a, b) => equalValues(type, a, b) : (a, b) => !equalValues(type, a, b);
    default:
      return (a, b) => test(compareValues(type, a, b));
  }
}

const compareExact = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Reads text as a point in time, as TRY_CAST does. */
function textReader(type: SqlType, context: FunctionContext): (text: string) => TimestampValue | null {
  switch (type.kind) {
    case 'DATE':
      return parseSqlDate;
    case 'TIME':
      return parseSqlTime;
    case 'TIMESTAMP_LTZ':
      return (text) => {
        const local = parseSqlTimestamp(text, 9);
        return local === null ? null : timestampOf(localToInstant(context.timeZone, millisOf(local)), nanosOf(local));
      };
    default:
      return (text) => parseSqlTimestamp(text, 9);
  }
}

/** `=` for functions that compare on their own account: NULLIF. */
export const equality = (site: CallSite, context: FunctionContext): ((a: Value, b: Value) => boolean | null) =>
  comparison('=', site, context);
export const inlineEquality = (args: readonly string[], site: CallSite): string | undefined => inlineComparison('=', args, site);

function inferComparison(operator: Operator, args: readonly Argument[]): Signature {
  expectCount(operator, args, 2);
  const targets = operands(operator, args);
  if (targets === undefined) throw wrongTypes(operator, args, 'two values that can be compared');
  const mayBeUnreadable = isText(targets[0]) !== isText(targets[1]);
  return signature(args, targets, withNullable(BOOLEAN, mayBeUnreadable || anyNullable(args)));
}

function comparisonOperator(name: Operator, summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    infer: (args) => inferComparison(name, args),
    inline: (args, site) => inlineComparison(name, args, site),
    implement: (site, context) => comparison(name, site, context),
    examples,
  };
}

/** `IS [NOT] DISTINCT FROM`: NULL is a value like others, the answer is never NULL. */
function distinction(name: string, distinct: boolean, summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    nulls: 'custom',
    infer(args) {
      return { args: inferComparison('=', args).args, type: NOT_NULL_BOOLEAN };
    },
    inline(args, site) {
      const equal = inlineComparison('=', args, site);
      const [a, b] = args;
      if (equal === undefined) return undefined;
      return distinct
        ? `(${a} === null ? ${b} !== null : ${b} === null || !${equal})`
        : `(${a} === null ? ${b} === null : ${b} !== null && ${equal})`;
    },
    implement(site, context) {
      const equal = comparison('=', site, context);
      return (a: Value, b: Value) => {
        const same = a === null || b === null ? a === b : equal(a, b) === true;
        return same !== distinct;
      };
    },
    examples,
  };
}

function nullTest(name: string, script: string, summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    nulls: 'custom',
    infer(args) {
      expectCount(name, args, 1);
      return { args: [args[0].type], type: NOT_NULL_BOOLEAN };
    },
    inline: ([value]) => `(${value} ${script} null)`,
    implement: () => (script === '===' ? (value: Value) => value === null : (value: Value) => value !== null),
    examples,
  };
}

export const comparisonFunctions: readonly ScalarFunction[] = [
  comparisonOperator('=', 'True when both values are equal; NULL when one is NULL.', [
    ['1 = 1.0', 'true'],
    ["'a' = 'b'", 'false'],
    ["DATE '2024-01-02' = '2024-01-02'", 'true'],
  ]),
  comparisonOperator('<>', 'True when the values differ; NULL when one is NULL.', [["'a' <> 'b'", 'true']]),
  comparisonOperator('<', 'True when the first value is smaller; NULL when one is NULL.', [
    ["'a' < 'b'", 'true'],
    ['2 < CAST(1.5 AS DOUBLE)', 'false'],
  ]),
  comparisonOperator('<=', 'True when the first value is smaller or equal; NULL when one is NULL.', [['1 <= 1', 'true']]),
  comparisonOperator('>', 'True when the first value is larger; NULL when one is NULL.', [
    ["TIMESTAMP '2024-01-01 00:00:00' > TIMESTAMP '2023-01-01 00:00:00'", 'true'],
  ]),
  comparisonOperator('>=', 'True when the first value is larger or equal; NULL when one is NULL.', [['1 >= 2', 'false']]),
  nullTest('IS NULL', '===', 'True when the value is NULL.', [['CAST(NULL AS INT) IS NULL', 'true']]),
  nullTest('IS NOT NULL', '!==', 'True when the value is not NULL.', [['1 IS NOT NULL', 'true']]),
  distinction('IS DISTINCT FROM', true, 'True when the values differ; two NULLs do not.', [
    ['CAST(NULL AS INT) IS DISTINCT FROM 1', 'true'],
    ['CAST(NULL AS INT) IS DISTINCT FROM CAST(NULL AS INT)', 'false'],
  ]),
  distinction('IS NOT DISTINCT FROM', false, 'True when the values are equal; two NULLs are.', [
    ['CAST(NULL AS INT) IS NOT DISTINCT FROM CAST(NULL AS INT)', 'true'],
  ]),
];
