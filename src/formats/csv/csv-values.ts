import { javaTrim, parseIsoTime } from '../../types/civil-parse.ts';
import { daysOfCivil } from '../../types/civil.ts';
import { bigDecimalToDecimal } from '../../types/decimal.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import { parseJavaBigDecimal, parseJavaDouble, parseJavaFloat, parseJavaInteger } from '../java-parse.ts';
import { decodeBase64 } from '../json/json-tokenizer.ts';
import { parseTimestampText } from '../time-text.ts';

/** A line that is no CSV, or a value that is not of its column's type. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
}

/** Reads the text of one value, as Flink's CsvToRowDataConverters do. Throws a CsvError, or a JsonError for base 64. */
export type ReadCsvValue = (text: string) => Value;

export function csvValueReader(type: SqlType): ReadCsvValue {
  switch (type.kind) {
    case 'NULL':
      return () => null;
    case 'BOOLEAN':
      return (text) => javaTrim(text).toLowerCase() === 'true';
    case 'TINYINT':
      return (text) => Number(integer(text, -128n, 127n, 'TINYINT'));
    case 'SMALLINT':
      return (text) => Number(integer(text, -32768n, 32767n, 'SMALLINT'));
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
      return (text) => Number(integer(text, -2147483648n, 2147483647n, 'INT'));
    case 'BIGINT':
      return bigint;
    case 'INTERVAL_DAY_TIME':
      return (text) => Number(bigint(text));
    case 'FLOAT':
      return (text) => known(parseJavaFloat(text), 'expected a number of type FLOAT');
    case 'DOUBLE':
      return (text) => known(parseJavaDouble(text), 'expected a number of type DOUBLE');
    case 'DECIMAL':
      return (text) =>
        bigDecimalToDecimal(known(parseJavaBigDecimal(text), 'expected a decimal number'), type.precision, type.scale);
    case 'CHAR':
    case 'VARCHAR':
      return (text) => text;
    case 'BINARY':
    case 'VARBINARY':
      return (text) => decodeBase64(javaTrim(text));
    case 'DATE':
      return (text) => known(parseSqlDate(text), 'expected a date like 2024-01-31');
    case 'TIME': {
      const unit = 10 ** (3 - type.precision);
      return (text) => Math.floor(known(parseIsoTime(text, true) ?? undefined, 'expected a time like 10:30:00') / unit) * unit;
    }
    case 'TIMESTAMP':
      return (text) =>
        known(parseTimestampText(javaTrim(text), 'SQL', false) ?? undefined, 'expected a timestamp like 2024-01-31 10:30:00');
    case 'TIMESTAMP_LTZ':
      return (text) =>
        known(parseTimestampText(javaTrim(text), 'SQL', true) ?? undefined, 'expected a timestamp like 2024-01-31 10:30:00Z');
    case 'ARRAY':
    case 'ROW':
    case 'MAP':
    case 'MULTISET':
      throw new CsvError(`csv has no ${type.kind} within a value`);
  }
}

const bigint = (text: string): bigint => integer(text, -9223372036854775808n, 9223372036854775807n, 'BIGINT');

function integer(text: string, min: bigint, max: bigint, name: string): bigint {
  return known(parseJavaInteger(text, min, max), `expected a number of type ${name}`);
}

function known<T>(value: T | undefined, reason: string): T {
  if (value === undefined) throw new CsvError(reason);
  return value;
}

/** `java.sql.Date.valueOf`: a month or day may have one digit, and a day that its month does not have counts on into the next. */
function parseSqlDate(text: string): number | undefined {
  const match = /^([^-]{4})-([^-]{1,2})-([^-]{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = match
    .slice(1)
    .map((part) => (part === javaTrim(part) ? parseJavaInteger(part, 0n, 9999n) : undefined));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (month < 1n || month > 12n || day < 1n || day > 31n) return undefined;
  return daysOfCivil(Number(year), Number(month), Number(day));
}
