import { nearest } from '../../base/nearest.ts';
import { civilOfDays, DAY_MS, dayOfMillis, timeOfMillis, timestampText } from '../../types/civil.ts';
import { typeName, type SqlKind } from '../../types/sql-type.ts';
import { zoneOffset } from '../zone-offset.ts';
import type { Batch } from '../../types/batch.ts';
import type { Schema } from '../../types/schema.ts';
import { millisOf, type TimestampValue, type Value } from '../../types/value.ts';

/** The index that a row goes to. `now` is the time in milliseconds since 1970 UTC. */
export type IndexName = (batch: Batch, row: number, now: number) => string;

/** Reports what is wrong with the option `index`. */
type ReportIndex = (what: string, hint?: string) => void;

const TIMES = new Set<SqlKind>(['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_LTZ']);
const PLAIN = new Set<SqlKind>(['VARCHAR', 'CHAR', 'TINYINT', 'INTEGER', 'BIGINT']);
const DEFAULT_FORMATS: Partial<Record<SqlKind, string>> = {
  DATE: 'yyyy_MM_dd',
  TIME: 'HH_mm_ss',
  TIMESTAMP: 'yyyy_MM_dd_HH_mm_ss',
};

/**
 * Reads the option `index`: a name; with `{field}` in it, the field's value; with `{field|yyyy-MM-dd}` or
 * `{now()|yyyy-MM-dd}` a time in that format, which for TIMESTAMP_LTZ and now() is that of `timeZone`.
 * Flink's page: connectors/table/elasticsearch, "Dynamic Index". NULL gives the text `null`.
 */
export function indexNameOf(index: string, schema: Schema, timeZone: string, report: ReportIndex): IndexName {
  const constant: IndexName = () => index;
  const patterns = index.match(/\{[^{}]+\}?/g) ?? [];
  if (patterns.length === 0) return constant;
  const start = index.indexOf('{');
  const end = index.lastIndexOf('}');
  if (patterns.length > 1 || end < start) {
    report('may have one {…} only', `Write it as 'name_{field|yyyy-MM-dd}'.`);
    return constant;
  }
  const prefix = index.slice(0, start);
  const suffix = index.slice(end + 1);
  const [name, format] = splitOnce(index.slice(start + 1, end), '|');
  if (/^\s*(now\(\s*\)|current_timestamp)\s*$/i.test(name)) {
    const write = format === undefined ? undefined : timeFormat(format, DATE_AND_TIME, report);
    if (format === undefined) report('needs a format for the time', `Write it as '{now()|yyyy-MM-dd}'.`);
    return write === undefined ? constant : (_batch, _row, now) => prefix + write(now + zoneOffset(timeZone, now)) + suffix;
  }
  const column = schema.findIndex((field) => field.name === name);
  if (column === -1) {
    const near = nearest(
      name,
      schema.map((field) => field.name),
    );
    report(`names "${name}", which is not a column`, near === undefined ? undefined : `Did you mean "${near}"?`);
    return constant;
  }
  const { type } = schema[column];
  if (!TIMES.has(type.kind) && !PLAIN.has(type.kind)) {
    report(`names "${name}" of type ${typeName(type)}`, 'Use a column of text, whole numbers or times.');
    return constant;
  }
  const text = format === undefined ? plainText(type.kind) : timeText(format, type.kind, timeZone, report);
  if (text === undefined) return constant;
  return (batch, row) => {
    const value = batch.columns[column].get(row);
    return prefix + (value === null ? 'null' : text(value)) + suffix;
  };
}

/** Without a format Flink writes its internal value: a DATE is its days since 1970, a TIME its milliseconds. */
function plainText(kind: SqlKind): (value: Value) => string {
  return kind === 'TIMESTAMP' || kind === 'TIMESTAMP_LTZ' ? (value) => timestampText(value as TimestampValue) : String;
}

function timeText(format: string, kind: SqlKind, timeZone: string, report: ReportIndex): ((value: Value) => string) | undefined {
  if (!TIMES.has(kind)) {
    report('gives a format to a column that is no time', `Leave out the '|' and what follows.`);
    return undefined;
  }
  const fallback = DEFAULT_FORMATS[kind];
  if (format === '' && fallback === undefined) {
    report('needs a format for the time', `Write it as '{field|yyyy-MM-dd}'.`);
    return undefined;
  }
  const letters = kind === 'DATE' ? DATE_LETTERS : kind === 'TIME' ? TIME_LETTERS : DATE_AND_TIME;
  const write = timeFormat(format === '' ? (fallback as string) : format, letters, report);
  if (write === undefined) return undefined;
  if (kind === 'DATE') return (days) => write((days as number) * DAY_MS);
  if (kind === 'TIMESTAMP_LTZ') {
    return (time) => {
      const instant = millisOf(time as TimestampValue);
      return write(instant + zoneOffset(timeZone, instant));
    };
  }
  return (time) => write(millisOf(time as TimestampValue));
}

const DATE_LETTERS = 'yuMd';
const TIME_LETTERS = 'HmsS';
const DATE_AND_TIME = DATE_LETTERS + TIME_LETTERS;

/** Writes local milliseconds by a pattern of Java's DateTimeFormatter: digits of years, months, days and times, and 'text'. */
function timeFormat(pattern: string, letters: string, report: ReportIndex): ((localMillis: number) => string) | undefined {
  const parts: (string | { readonly letter: string; readonly width: number })[] = [];
  for (const [token] of pattern.matchAll(/'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+|'/g)) {
    const letter = token[0];
    if (letter === "'") {
      parts.push(token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'"));
    } else if (!/[a-zA-Z]/.test(letter)) {
      parts.push(token);
    } else if (letters.includes(letter) && isWidth(letter, token.length)) {
      parts.push({ letter, width: token.length });
    } else {
      report(
        `has '${token}' in the format of a time, which is not supported`,
        `Use ${[...letters].join(', ')}, for example yyyy-MM-dd or HH.`,
      );
      return undefined;
    }
  }
  return (localMillis) => {
    const { year, month, day } = civilOfDays(dayOfMillis(localMillis));
    const time = timeOfMillis(localMillis);
    return parts
      .map((part) => (typeof part === 'string' ? part : numberText(part.letter, part.width, year, month, day, time)))
      .join('');
  };
}

const isWidth = (letter: string, width: number): boolean =>
  letter === 'y' || letter === 'u' ? width <= 4 && width !== 3 : letter === 'S' ? width <= 3 : width <= 2;

function numberText(letter: string, width: number, year: number, month: number, day: number, time: number): string {
  const pad = (number: number): string => String(number).padStart(width, '0');
  switch (letter) {
    case 'y':
    case 'u':
      return width === 2 ? String(year % 100).padStart(2, '0') : pad(year);
    case 'M':
      return pad(month);
    case 'd':
      return pad(day);
    case 'H':
      return pad(Math.floor(time / 3_600_000));
    case 'm':
      return pad(Math.floor(time / 60_000) % 60);
    case 's':
      return pad(Math.floor(time / 1000) % 60);
    default:
      return String(time % 1000)
        .padStart(3, '0')
        .slice(0, width);
  }
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
