import { sqlDateText, sqlDurationText, sqlMonthsText, sqlTimestampText, sqlTimeText } from '../types/civil.ts';
import { decimalPlainText } from '../types/decimal.ts';
import { doubleText, floatText } from '../types/java-number.ts';
import { isText, MAX_LENGTH, type SqlType } from '../types/sql-type.ts';
import { millisOf, nanosOf, timestampOf, type TimestampValue, type Value } from '../types/value.ts';
import type { Conversion } from './cast.ts';
import { codePointLength, isAscii, takeCodePoints } from './code-points.ts';
import { zoneOf } from './time-zone.ts';

type FindConversion = (from: SqlType, to: SqlType, timeZone: string) => Conversion | undefined;
type TextType = Extract<SqlType, { readonly length: number }>;

/** Casts to CHAR(n), which are cut or filled up with spaces, and VARCHAR(n), which are cut. */
export function castToText(from: SqlType, to: SqlType, timeZone: string, conversionOf: FindConversion): Conversion | undefined {
  const textOf = writerOf(from, timeZone, conversionOf);
  if (textOf === undefined) return undefined;
  const { kind, length } = to as TextType;
  if (kind === 'VARCHAR') {
    if (length === MAX_LENGTH || (isText(from) && (from as TextType).length <= length)) return textOf;
    return (value) => takeCodePoints(textOf(value), length);
  }
  return (value) => fitChar(textOf(value), length);
}

function fitChar(text: string, length: number): string {
  if (isAscii(text)) return text.length > length ? text.slice(0, length) : text.padEnd(length);
  const points = codePointLength(text);
  return points > length ? takeCodePoints(text, length) : text + ' '.repeat(length - points);
}

/** The function that writes values of a type as SQL text; undefined for a type that is not cast to text. */
function writerOf(from: SqlType, timeZone: string, conversionOf: FindConversion): ((value: any) => string) | undefined {
  switch (from.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return (value: string) => value;
    case 'BOOLEAN':
      return (value: boolean) => (value ? 'TRUE' : 'FALSE');
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return String;
    case 'FLOAT':
      return floatText;
    case 'DOUBLE':
      return doubleText;
    case 'DECIMAL': {
      const { scale } = from;
      return (value: bigint) => decimalPlainText(value, scale);
    }
    case 'DATE':
      return sqlDateText;
    case 'TIME': {
      const { precision } = from;
      return (value: number) => sqlTimeText(value, precision);
    }
    case 'TIMESTAMP': {
      const { precision } = from;
      return (value: TimestampValue) => sqlTimestampText(value, precision);
    }
    case 'TIMESTAMP_LTZ': {
      const { precision } = from;
      const zone = zoneOf(timeZone);
      return (value: TimestampValue) => {
        const millis = millisOf(value);
        return sqlTimestampText(timestampOf(millis + zone.offsetAt(millis), nanosOf(value)), precision);
      };
    }
    case 'INTERVAL_YEAR_MONTH':
      return sqlMonthsText;
    case 'INTERVAL_DAY_TIME':
      return sqlDurationText;
    case 'BINARY':
    case 'VARBINARY':
      return (value: Uint8Array) => Buffer.from(value).toString('utf8');
    case 'ARRAY': {
      const element = nullable(writerOf(from.element, timeZone, conversionOf));
      return element && ((value: readonly Value[]) => `[${value.map(element).join(', ')}]`);
    }
    case 'MAP':
      return mapWriter(writerOf(from.key, timeZone, conversionOf), writerOf(from.value, timeZone, conversionOf));
    case 'MULTISET':
      return mapWriter(writerOf(from.element, timeZone, conversionOf), String);
    case 'ROW': {
      const fields = from.fields.map((field) => nullable(writerOf(field.type, timeZone, conversionOf)));
      if (fields.includes(undefined)) return undefined;
      return (value: readonly Value[]) => `(${fields.map((write, i) => write!(value[i])).join(', ')})`;
    }
    default:
      return undefined;
  }
}

function nullable(write: ((value: any) => string) | undefined): ((value: Value) => string) | undefined {
  return write && ((value) => (value === null ? 'NULL' : write(value)));
}

function mapWriter(
  key: ((value: any) => string) | undefined,
  value: ((value: any) => string) | undefined,
): ((map: ReadonlyMap<Value, Value>) => string) | undefined {
  const writeKey = nullable(key);
  const writeValue = nullable(value);
  if (writeKey === undefined || writeValue === undefined) return undefined;
  return (map) => {
    const entries: string[] = [];
    for (const [k, v] of map) entries.push(`${writeKey(k)}=${writeValue(v)}`);
    return `{${entries.join(', ')}}`;
  };
}

/** JavaScript for the cheap casts to text of unlimited length; undefined for the others. */
export function inlineTextCast(value: string, from: SqlType, to: SqlType): string | undefined {
  if (to.kind !== 'VARCHAR') return undefined;
  if (isText(from) && (from as TextType).length <= to.length) return value;
  if (to.length !== MAX_LENGTH) return undefined;
  switch (from.kind) {
    case 'BOOLEAN':
      return `(${value} ? 'TRUE' : 'FALSE')`;
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
      return `String(${value})`;
    default:
      return undefined;
  }
}
