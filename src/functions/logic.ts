import { commonType, mergedType } from '../types/common-type.ts';
import { BOOLEAN, withNullable, type SqlType } from '../types/sql-type.ts';
import { SignatureError, type Argument, type ScalarFunction } from './function.ts';
import { argumentTypes, expectCount, signature, strict, wrongTypes } from './signature.ts';

/** Three-valued logic, and the types of the special forms, which the code generator evaluates itself. */

const NOT_NULL_BOOLEAN = withNullable(BOOLEAN, false);

function expectBooleans(name: string, args: readonly Argument[]): SqlType[] {
  if (args.some((arg) => arg.type.kind !== 'BOOLEAN' && arg.type.kind !== 'NULL')) throw wrongTypes(name, args, 'truth values');
  return args.map(() => BOOLEAN);
}

function connective(name: 'AND' | 'OR', summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    nulls: 'custom',
    infer(args) {
      expectCount(name, args, 2, Infinity);
      return strict(args, expectBooleans(name, args), BOOLEAN);
    },
    examples,
  };
}

/** `x IS TRUE` and the like: never NULL. */
function truthTest(name: string, script: string, summary: string, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    nulls: 'custom',
    infer(args) {
      expectCount(name, args, 1);
      return signature(args, expectBooleans(name, args), NOT_NULL_BOOLEAN);
    },
    inline: ([value]) => `(${value} ${script})`,
    examples,
  };
}

const NULL_BOOLEAN = 'CAST(NULL AS BOOLEAN)';

export const logicFunctions: readonly ScalarFunction[] = [
  connective('AND', 'True when both are; false as soon as one is false.', [
    ['TRUE AND FALSE', 'false'],
    [`${NULL_BOOLEAN} AND FALSE`, 'false'],
    [`${NULL_BOOLEAN} AND TRUE`, 'null'],
  ]),
  connective('OR', 'True as soon as one is true.', [
    ['TRUE OR FALSE', 'true'],
    [`${NULL_BOOLEAN} OR TRUE`, 'true'],
    [`${NULL_BOOLEAN} OR FALSE`, 'null'],
  ]),
  {
    name: 'NOT',
    summary: 'The opposite truth value.',
    infer(args) {
      expectCount('NOT', args, 1);
      return strict(args, expectBooleans('NOT', args), BOOLEAN);
    },
    inline: ([value]) => `(!${value})`,
    examples: [
      ['NOT TRUE', 'false'],
      [`NOT ${NULL_BOOLEAN}`, 'null'],
    ],
  },
  truthTest('IS TRUE', '=== true', 'True when the value is true.', [[`${NULL_BOOLEAN} IS TRUE`, 'false']]),
  truthTest('IS NOT TRUE', '!== true', 'True when the value is false or unknown.', [[`${NULL_BOOLEAN} IS NOT TRUE`, 'true']]),
  truthTest('IS FALSE', '=== false', 'True when the value is false.', [['FALSE IS FALSE', 'true']]),
  truthTest('IS NOT FALSE', '!== false', 'True when the value is true or unknown.', [[`${NULL_BOOLEAN} IS NOT FALSE`, 'true']]),
  truthTest('IS UNKNOWN', '=== null', 'True when the value is NULL.', [[`${NULL_BOOLEAN} IS UNKNOWN`, 'true']]),
  truthTest('IS NOT UNKNOWN', '!== null', 'True when the value is not NULL.', [['TRUE IS NOT UNKNOWN', 'true']]),
  {
    name: 'CASE',
    summary: 'The result behind the first condition that is true, or the last argument.',
    nulls: 'custom',
    infer(args) {
      expectCount('CASE', args, 3, Infinity);
      if (args.length % 2 === 0) throw new SignatureError('CASE takes pairs of a condition and a result, and a last result');
      const isCondition = (i: number): boolean => i % 2 === 0 && i < args.length - 1;
      const results = args.filter((_, i) => !isCondition(i));
      const type = commonType(argumentTypes(results));
      if (type === undefined) {
        if (results.every((result) => result.type.kind === 'NULL'))
          throw new SignatureError('CASE takes at least one result that is not NULL');
        throw wrongTypes('CASE', results, 'results of one kind');
      }
      for (const [i, arg] of args.entries()) if (isCondition(i)) expectBooleans('CASE WHEN', [arg]);
      return signature(
        args,
        args.map((_, i) => (isCondition(i) ? BOOLEAN : type)),
        type,
      );
    },
    examples: [
      ['CASE WHEN 1 > 2 THEN 1 ELSE 2 END', '2'],
      ['CASE WHEN 1 > 2 THEN 1 WHEN 2 > 1 THEN 2.5 END', '2.5'],
    ],
  },
  {
    name: 'COALESCE',
    summary: 'The first argument that is not NULL.',
    nulls: 'custom',
    infer(args) {
      expectCount('COALESCE', args, 1, Infinity);
      const type = mergedType(argumentTypes(args));
      if (type === undefined) throw wrongTypes('COALESCE', args, 'values of one kind');
      const isNullable = args.every((arg) => arg.type.nullable);
      return signature(
        args,
        args.map(() => type),
        withNullable(type, isNullable),
      );
    },
    examples: [
      ['COALESCE(CAST(NULL AS INT), 2)', '2'],
      ["COALESCE(CAST(NULL AS STRING), 'a')", 'a'],
    ],
  },
];
