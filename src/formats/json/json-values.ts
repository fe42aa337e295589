import { bigDecimalToDecimal, type BigDecimal } from '../../types/decimal.ts';
import { javaTrim, parseIsoDate } from '../../types/civil-parse.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { TimestampValue } from '../../types/value.ts';
import { parseJavaBigDecimal, parseJavaInteger } from '../java-parse.ts';
import { parseTimestampText, parseTimeText, type TimestampStandard } from '../time-text.ts';
import { JsonError } from './json-error.ts';

/** The text of a JSON value as values of SQL types: what both ways of reading have in common. They throw a JsonError. */

const RANGES = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32768n, 32767n],
  INTEGER: [-2147483648n, 2147483647n],
  BIGINT: [-9223372036854775808n, 9223372036854775807n],
} as const;

export type IntegerKind = keyof typeof RANGES;

export function integerOfText(text: string, kind: IntegerKind): bigint {
  const [min, max] = RANGES[kind];
  const value = parseJavaInteger(text, min, max);
  if (value === undefined) throw new JsonError(`expected a number of type ${kind === 'INTEGER' ? 'INT' : kind}`);
  return value;
}

export function inRange(value: bigint, kind: IntegerKind): bigint {
  const [min, max] = RANGES[kind];
  if (value < min || value > max) throw new JsonError(`the number is out of range for ${kind === 'INTEGER' ? 'INT' : kind}`);
  return value;
}

/** A double cut to an integer, which Java does after a check of the range (so that 2^63 becomes the largest BIGINT). */
export function integerOfDouble(double: number, kind: IntegerKind): bigint {
  const [min, max] = RANGES[kind];
  if (!(double >= Number(min) && double <= Number(max))) {
    throw new JsonError(`the number is out of range for ${kind === 'INTEGER' ? 'INT' : kind}`);
  }
  const value = BigInt(Math.trunc(double));
  return value > max ? max : value;
}

/** `Boolean.parseBoolean`: everything but TRUE is false. */
export const booleanOfText = (text: string): boolean => javaTrim(text).toLowerCase() === 'true';

export function dateOfText(text: string): number {
  const days = parseIsoDate(text);
  if (days === null) throw new JsonError('expected a date like 2024-01-31');
  return days;
}

export function timeOfText(text: string): number {
  const millis = parseTimeText(text);
  if (millis === null) throw new JsonError('expected a time like 10:30:00');
  return millis;
}

export function timestampOfText(text: string, standard: TimestampStandard, zoned: boolean): TimestampValue {
  const time = parseTimestampText(text, standard, zoned);
  if (time === null) {
    const example = standard === 'SQL' ? '2024-01-31 10:30:00' : '2024-01-31T10:30:00';
    throw new JsonError(`expected a timestamp like ${example}${zoned ? 'Z' : ''}`);
  }
  return time;
}

export function bigDecimalOfText(text: string): BigDecimal {
  const value = parseJavaBigDecimal(text);
  if (value === undefined) throw new JsonError('expected a decimal number');
  return value;
}

/** A number that has too many digits for the type is NULL and no error. */
export function decimalOf(value: BigDecimal, type: SqlType & { kind: 'DECIMAL' }): bigint | null {
  return bigDecimalToDecimal(value, type.precision, type.scale);
}

/** A Java string as Flink stores it, in UTF-8: what stands for half a character becomes a question mark. */
export function storedText(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
}

/** True when a DECIMAL occurs in the type: numbers with a fraction are then read exactly everywhere in the message. */
export function hasDecimal(type: SqlType): boolean {
  switch (type.kind) {
    case 'DECIMAL':
      return true;
    case 'ARRAY':
    case 'MULTISET':
      return hasDecimal(type.element);
    case 'MAP':
      return hasDecimal(type.key) || hasDecimal(type.value);
    case 'ROW':
      return type.fields.some((field) => hasDecimal(field.type));
    default:
      return false;
  }
}
