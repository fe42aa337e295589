import { asDecimal, commonType, comparisonType, mergedType } from '../types/common-type.ts';
import { decimalToDouble, powerOfTen } from '../types/decimal.ts';
import {
  type SqlKind,
  BOOLEAN,
  isApproximate,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  withNullable,
  type SqlType,
} from '../types/sql-type.ts';
import { compareValues, type Value } from '../types/value.ts';
import { equality, inlineEquality } from './comparison.ts';
import type { CallSite, FunctionContext, ScalarFunction } from './function.ts';
import { argumentTypes, expectCount, signature, strict, wrongTypes } from './signature.ts';

/** The functions of Flink's page "System Functions", section "Conditional Functions", that are no special forms. */

const NOT_NULL_BOOLEAN = withNullable(BOOLEAN, false);

// ---------------------------------------------------------------- NULLIF

/** Both sides keep their types, so that the result has the first one's; numbers of different types are compared by value. */
function equalityAcross(site: CallSite, context: FunctionContext): (a: Value, b: Value) => boolean | null {
  const [a, b] = site.args;
  if (a.kind === b.kind && a.kind !== 'DECIMAL') return equality(site, context);
  if (!isNumeric(a) || !isNumeric(b)) return equality(site, context);
  if (isApproximate(a) || isApproximate(b)) {
    const [left, right] = [toDouble(a), toDouble(b)];
    return (x, y) => left(x) === right(y);
  }
  const [left, right] = [asDecimal(a).scale, asDecimal(b).scale];
  const scale = Math.max(left, right);
  const [leftFactor, rightFactor] = [powerOfTen(scale - left), powerOfTen(scale - right)];
  return (x, y) => BigInt(x as number) * leftFactor === BigInt(y as number) * rightFactor;
}

function toDouble(type: SqlType): (x: Value) => number {
  if (type.kind === 'DECIMAL') return (x) => decimalToDouble(x as bigint, type.scale);
  return (x) => Number(x);
}

const nullIf: ScalarFunction = {
  name: 'NULLIF',
  summary: 'NULL when both values are equal, otherwise the first.',
  nulls: 'custom',
  infer(args) {
    expectCount('NULLIF', args, 2);
    const [a, b] = argumentTypes(args);
    if (a.kind === 'NULL' || comparisonType(a, b) === undefined)
      throw wrongTypes('NULLIF', args, 'two values that can be compared');
    const other = b.kind === 'NULL' || (isTimestamp(a) && isTimestamp(b)) ? a : b;
    return signature(args, [a, other], withNullable(a, true));
  },
  inline([a, b], site) {
    const [left, right] = site.args;
    if (left.kind !== right.kind && !(isText(left) && isText(right))) return undefined;
    const equal = inlineEquality([a, b], site);
    return equal && `(${a} !== null && ${b} !== null && ${equal} ? null : ${a})`;
  },
  implement(site, context) {
    const equal = equalityAcross(site, context);
    return (a: Value, b: Value) => (a !== null && b !== null && equal(a, b) === true ? null : a);
  },
  examples: [
    ['NULLIF(5, 5)', 'null'],
    ['NULLIF(5, 0)', '5'],
  ],
};

// ---------------------------------------------------------------- IF, IFNULL

/** Flink's IF takes none of them; CASE does. */
const CONSTRUCTED = new Set<SqlKind>(['ARRAY', 'MAP', 'MULTISET', 'ROW']);

const ifFunction: ScalarFunction = {
  name: 'IF',
  summary: 'The second argument when the condition is true, otherwise the third.',
  nulls: 'custom',
  infer(args) {
    expectCount('IF', args, 3);
    const [condition, ...results] = args;
    const type = commonType(argumentTypes(results));
    const isCondition = condition.type.kind === 'BOOLEAN' || condition.type.kind === 'NULL';
    if (type === undefined || !isCondition || CONSTRUCTED.has(type.kind)) {
      throw wrongTypes('IF', args, 'a condition and two results of one kind');
    }
    return signature(args, [BOOLEAN, type, type], type);
  },
  inline: ([condition, then, otherwise]) => `(${condition} === true ? ${then} : ${otherwise})`,
  examples: [
    ['IF(5 > 3, 5, 3)', '5'],
    ["IF(CAST(NULL AS BOOLEAN), 'a', 'b')", 'b'],
  ],
};

const ifNull: ScalarFunction = {
  name: 'IFNULL',
  summary: 'The first argument, or the second where the first is NULL.',
  nulls: 'custom',
  infer(args) {
    expectCount('IFNULL', args, 2);
    const type = mergedType(argumentTypes(args));
    if (type === undefined) throw wrongTypes('IFNULL', args, 'two values of one kind');
    return signature(args, [type, type], withNullable(type, args[0].type.nullable && args[1].type.nullable));
  },
  inline: ([value, replacement]) => `(${value} === null ? ${replacement} : ${value})`,
  examples: [
    ['IFNULL(CAST(NULL AS INT), 5)', '5'],
    ['IFNULL(1, 5)', '1'],
  ],
};

// ---------------------------------------------------------------- GREATEST, LEAST

function isOrdered(type: SqlType): boolean {
  switch (type.kind) {
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
    case 'BINARY':
    case 'VARBINARY':
    case 'NULL':
      return false;
    default:
      return true;
  }
}

/** NULL when an argument is; of doubles NaN is the greatest. */
function extreme(name: 'GREATEST' | 'LEAST', summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  const sign = name === 'GREATEST' ? 1 : -1;
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, 1, Infinity);
      const type = mergedType(argumentTypes(args));
      if (type === undefined || !isOrdered(type)) throw wrongTypes(name, args, 'values of one kind that have an order');
      return strict(
        args,
        args.map(() => type),
        type,
      );
    },
    inline(args, site) {
      switch (site.type.kind) {
        case 'TINYINT':
        case 'SMALLINT':
        case 'INTEGER':
        case 'DATE':
        case 'TIME':
          return `Math.${name === 'GREATEST' ? 'max' : 'min'}(${args.join(', ')})`;
        default:
          return undefined;
      }
    },
    implement(site) {
      const { type } = site;
      return (...values: Value[]) => {
        let best = values[0];
        for (let i = 1; i < values.length; i++) if (compareValues(type, values[i], best) * sign > 0) best = values[i];
        return best;
      };
    },
    examples,
  };
}

// ---------------------------------------------------------------- IS_DECIMAL, IS_DIGIT, IS_ALPHA

// What java.lang.Double.valueOf reads, blanks around it removed.
const JAVA_DOUBLE =
  /^[\0- ]*[+-]?(?:NaN|Infinity|(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|0[xX](?:[\da-fA-F]+\.?|[\da-fA-F]*\.[\da-fA-F]+)[pP][+-]?\d+)[fFdD]?)[\0- ]*$/;

/** A test of text that takes numbers too: of them only the type counts. */
function textTest(
  name: string,
  pattern: RegExp,
  summary: string,
  holdsForNumbers: (type: SqlType) => boolean,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  return {
    name,
    summary,
    nulls: 'custom',
    infer(args) {
      expectCount(name, args, 1);
      const { type } = args[0];
      if (!isText(type) && !isNumeric(type)) throw wrongTypes(name, args, 'text or a number');
      return { args: [type], type: NOT_NULL_BOOLEAN };
    },
    inline([value], site) {
      if (isText(site.args[0])) return undefined;
      return holdsForNumbers(site.args[0]) ? `(${value} !== null)` : 'false';
    },
    implement(site) {
      if (!isText(site.args[0])) return (value: Value) => value !== null && holdsForNumbers(site.args[0]);
      return (text: string | null) => text !== null && pattern.test(text);
    },
    examples,
  };
}

export const conditionalFunctions: readonly ScalarFunction[] = [
  nullIf,
  ifFunction,
  ifNull,
  extreme('GREATEST', 'The greatest argument; NULL when one is NULL.', [
    ['GREATEST(1, 2.5)', '2.5'],
    ['GREATEST(1, CAST(NULL AS INT))', 'null'],
  ]),
  extreme('LEAST', 'The least argument; NULL when one is NULL.', [["LEAST('b', 'a', 'C')", 'C']]),
  textTest('IS_DECIMAL', JAVA_DOUBLE, 'True when the text is a number.', (type) => isInteger(type) || isApproximate(type), [
    ["IS_DECIMAL('1e5')", 'true'],
    ["IS_DECIMAL('abc')", 'false'],
  ]),
  textTest('IS_DIGIT', /^(?:(?![\u{10000}-\u{10FFFF}])\p{Nd})+$/u, 'True when the text has digits only.', isInteger, [
    ["IS_DIGIT('123')", 'true'],
    ["IS_DIGIT('12.3')", 'false'],
  ]),
  // Characters beyond the Basic Multilingual Plane are two surrogates to Java here, and those are no letters.
  textTest('IS_ALPHA', /^(?:(?![\u{10000}-\u{10FFFF}])\p{L})+$/u, 'True when the text has letters only.', () => false, [
    ["IS_ALPHA('abc')", 'true'],
    ["IS_ALPHA('a1')", 'false'],
  ]),
];
