import { assert } from '../base/assert.ts';
import { decimalPlainText } from '../types/decimal.ts';
import { isText, typeName, withNullable, type SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import { castBinary } from './cast-binary.ts';
import { castFromText } from './cast-from-text.ts';
import { castNested } from './cast-nested.ts';
import { castNumber, inlineNumberCast } from './cast-number.ts';
import { castTime } from './cast-time.ts';
import { castToText, inlineTextCast } from './cast-to-text.ts';
import { EvaluationError, type Argument, type CallSite, type ScalarFunction, type Signature } from './function.ts';
import { expectCount } from './signature.ts';

/**
 * CAST and TRY_CAST, by the table on Flink's "Data Types" page ("Casting"). A call has one argument; the target is the type
 * of the call. The binder makes implicit conversions calls of CAST as well.
 */

/** The conversion of values that are not null. Undefined says that the value cannot be converted: CAST fails, TRY_CAST is NULL. */
export type Conversion = (value: any) => Value | undefined;

/** True when Flink converts values of the one type to the other on demand. */
export function castable(from: SqlType, to: SqlType): boolean {
  return conversionOf(from, to, 'UTC') !== undefined;
}

/**
 * The conversion between two types, or undefined when there is none. `timeZone` is the one of the session, which
 * TIMESTAMP_LTZ is converted by. The conversion never sees null. It may answer null: a DECIMAL that does not fit is NULL.
 */
export function conversionOf(from: SqlType, to: SqlType, timeZone: string): Conversion | undefined {
  if (from.kind === 'NULL') return identity;
  if (to.kind === 'NULL') return undefined;
  if (isText(from)) return isText(to) ? castToText(from, to, timeZone, conversionOf) : castFromText(to, timeZone);
  if (isText(to)) return castToText(from, to, timeZone, conversionOf);
  switch (from.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'DECIMAL':
    case 'FLOAT':
    case 'DOUBLE':
      return castNumber(from, to);
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return castTime(from, to, timeZone);
    case 'BINARY':
    case 'VARBINARY':
      return castBinary(to);
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      return castNested(from, to, timeZone, conversionOf);
    default:
      return from.kind === to.kind ? identity : undefined;
  }
}

const identity: Conversion = (value) => value;

function infer(args: readonly Argument[]): Signature {
  expectCount('CAST', args, 1);
  return { args: [args[0].type], type: args[0].type };
}

/** Only a number that does not fit into a DECIMAL becomes NULL; an array or row of such numbers holds NULLs. */
function overflowsToNull(site: CallSite): boolean {
  return site.type.kind === 'DECIMAL' && inlineNumberCast('x', site.args[0], site.type) === undefined;
}

function conversionAt(site: CallSite, timeZone: string): Conversion {
  const conversion = conversionOf(site.args[0], site.type, timeZone);
  assert(conversion !== undefined, `no cast from ${typeName(site.args[0])} to ${typeName(site.type)}`);
  return conversion;
}

function inline([value]: readonly string[], site: CallSite): string | undefined {
  const [from] = site.args;
  return inlineNumberCast(value, from, site.type) ?? inlineTextCast(value, from, site.type);
}

/** What stands in the message for a value that cannot be converted, shortened. */
function shown(value: Value, type: SqlType): string {
  if (type.kind === 'DECIMAL') return decimalPlainText(value as bigint, type.scale);
  const text = typeof value === 'string' ? value : String(value);
  return `'${text.length > 60 ? text.slice(0, 60) + '…' : text}'`;
}

const cast: ScalarFunction = {
  name: 'CAST',
  summary: 'Converts a value to a type. Text that cannot be read as the type fails the job; a DECIMAL that does not fit is NULL.',
  infer,
  mayReturnNull: overflowsToNull,
  inline,
  implement(site, context) {
    const [from] = site.args;
    const conversion = conversionAt(site, context.timeZone);
    return (value: Value) => {
      const result = conversion(value);
      if (result === undefined) {
        const target = typeName(withNullable(site.type, true));
        throw new EvaluationError(`cannot cast ${shown(value, from)} to ${target}`);
      }
      return result;
    };
  },
  examples: [
    ["CAST('42' AS INT)", '42'],
    ['CAST(TRUE AS STRING)', 'TRUE'],
    ['CAST(1E10 AS INT)', '2147483647'],
    ["CAST('2024-1-5 10:00:00' AS TIMESTAMP(3))", '2024-01-05T10:00'],
  ],
};

const tryCast: ScalarFunction = {
  name: 'TRY_CAST',
  summary: 'Converts a value to a type. What cannot be converted is NULL.',
  infer,
  mayReturnNull: true,
  inline,
  implement(site, context) {
    const conversion = conversionAt(site, context.timeZone);
    return (value: Value) => conversion(value) ?? null;
  },
  examples: [
    ["TRY_CAST('42' AS INT)", '42'],
    ["TRY_CAST('x' AS INT)", 'null'],
  ],
};

export const castFunctions: readonly ScalarFunction[] = [cast, tryCast];
