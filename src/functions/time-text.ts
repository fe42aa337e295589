import { parseSqlDate, parseSqlTimestamp } from '../types/civil-parse.ts';
import { DAY_MS, dayOfMillis, daysOfCivil } from '../types/civil.ts';
import {
  BIGINT,
  DATE,
  DOUBLE,
  INTEGER,
  STRING,
  isApproximate,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  timestamp,
  timestampLtz,
  type SqlType,
} from '../types/sql-type.ts';
import { millisOf, nanosOf, timestampOf, type TimestampValue, type Value } from '../types/value.ts';
import { createFormatter } from './date-time-formatter.ts';
import { createParser } from './date-time-parser.ts';
import { PatternError } from './date-time-pattern.ts';
import { EvaluationError, SignatureError, type Argument, type ScalarFunction, type Signature } from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { lenientZone, namedZone } from './java-time-zone.ts';
import { simpleDateFormat } from './simple-date-format.ts';
import { zoneOf } from './time-zone.ts';

/**
 * Points in time to text and back. Patterns are those of Java: of DateTimeFormatter for timestamps in DATE_FORMAT and for
 * TO_TIMESTAMP, of SimpleDateFormat for everything else.
 */

const DEFAULT_PATTERN = 'yyyy-MM-dd HH:mm:ss';
const SMALLEST_BIGINT = -9223372036854775808n;

/** What TO_DATE with a pattern answers in Flink for text that does not fit: an overflow of the smallest BIGINT. */
const UNREADABLE_DATE = daysOfCivil(5471, 9, 27);

function inferTexts(name: string, args: readonly Argument[], least: number, most: number, result: SqlType): Signature {
  expectCount(name, args, least, most);
  if (!args.every((arg) => isText(arg.type) || arg.type.kind === 'NULL')) throw wrongTypes(name, args, 'text');
  return strict(
    args,
    args.map(() => STRING),
    result,
  );
}

/** Compiles the pattern when it is a literal, so that a mistake in it is found before anything runs. */
function checkPattern(pattern: Argument | undefined, compile: (pattern: string) => unknown): void {
  if (typeof pattern?.literal !== 'string') return;
  try {
    compile(pattern.literal);
  } catch (error) {
    throw error instanceof PatternError ? new SignatureError(error.message) : error;
  }
}

/** Runs what may find fault with a pattern that comes from data. */
function evaluate<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof PatternError ? new EvaluationError(error.message) : error;
  }
}

/** One compiled pattern for each text, so that patterns from data are not compiled again and again. */
function memoized<T>(compile: (pattern: string) => T): (pattern: string) => T {
  const compiled = new Map<string, T>();
  return (pattern) => {
    let result = compiled.get(pattern);
    if (result === undefined) {
      result = compile(pattern);
      if (compiled.size >= 1000) compiled.clear();
      compiled.set(pattern, result);
    }
    return result;
  };
}

const dateFormat: ScalarFunction = {
  name: 'DATE_FORMAT',
  summary: 'A timestamp, or text like 2024-01-31 10:11:12, written in a pattern.',
  infer(args) {
    expectCount('DATE_FORMAT', args, 2);
    const [{ type }, pattern] = args;
    if (!(isTimestamp(type) || isText(type)) || !(isText(pattern.type) || pattern.type.kind === 'NULL')) {
      throw wrongTypes('DATE_FORMAT', args, 'a timestamp or text, and a pattern');
    }
    checkPattern(pattern, isText(type) ? simpleDateFormat : createFormatter);
    const inferred = strict(args, [type, STRING], STRING);
    return isText(type) ? { ...inferred, type: STRING } : inferred;
  },
  implement(site, { timeZone }) {
    if (isText(site.args[0])) {
      const zone = namedZone('UTC');
      const source = simpleDateFormat(DEFAULT_PATTERN);
      return (text: string, pattern: string) => {
        const instant = source.parse(text, zone);
        return instant === undefined ? null : evaluate(() => simpleDateFormat(pattern).format(instant, zone));
      };
    }
    const formatterOf = memoized(createFormatter);
    if (site.args[0].kind === 'TIMESTAMP')
      return (time: TimestampValue, pattern: string) => evaluate(() => formatterOf(pattern)(time));
    const zone = zoneOf(timeZone);
    return (time: TimestampValue, pattern: string) => {
      const millis = millisOf(time);
      return evaluate(() => formatterOf(pattern)(timestampOf(millis + zone.offsetAt(millis), nanosOf(time))));
    };
  },
  examples: [
    ["DATE_FORMAT(TIMESTAMP '2024-01-02 10:11:12.345', 'yyyy/MM/dd HH:mm:ss.SSS')", '2024/01/02 10:11:12.345'],
    ["DATE_FORMAT('2024-01-02 10:11:12', 'EEE d MMM')", 'Tue 2 Jan'],
  ],
};

const toDate: ScalarFunction = {
  name: 'TO_DATE',
  summary: 'Text like 2024-01-31, or in a pattern, as a DATE; without a pattern NULL for other text.',
  mayReturnNull: true,
  infer(args) {
    const inferred = inferTexts('TO_DATE', args, 1, 2, DATE);
    checkPattern(args[1], simpleDateFormat);
    return inferred;
  },
  implement(site) {
    if (site.args.length === 1) return parseSqlDate;
    const zone = namedZone('UTC');
    return (text: string, pattern: string) => {
      const instant = evaluate(() => simpleDateFormat(pattern).parse(text, zone));
      return instant === undefined ? UNREADABLE_DATE : dayOfMillis(instant);
    };
  },
  examples: [
    ["TO_DATE('2024-01-31')", '2024-01-31'],
    ["TO_DATE('31.1.2024', 'd.M.yyyy')", '2024-01-31'],
  ],
};

const toTimestamp: ScalarFunction = {
  name: 'TO_TIMESTAMP',
  summary: 'Text like 2024-01-31 10:11:12.345, or in a pattern, as a TIMESTAMP(3); NULL for other text.',
  mayReturnNull: true,
  infer: (args) => inferTexts('TO_TIMESTAMP', args, 1, 2, timestamp(3)),
  implement(site) {
    if (site.args.length === 1) return (text: string) => parseSqlTimestamp(text, 3);
    const parserOf = memoized(parserOrNone);
    return (text: string, pattern: string) => {
      const parse = parserOf(pattern);
      return parse === null ? null : (parse(text) ?? parseJdbcTimestamp(text));
    };
  },
  examples: [
    ["TO_TIMESTAMP('2024-01-31 10:11:12.345')", '2024-01-31T10:11:12.345'],
    ["TO_TIMESTAMP('31/01/2024 10:11', 'dd/MM/yyyy HH:mm')", '2024-01-31T10:11'],
    ["TO_TIMESTAMP('yesterday', 'yyyy-MM-dd')", 'null'],
  ],
};

/** With a pattern that Java rejects TO_TIMESTAMP is NULL. */
function parserOrNone(pattern: string): ((text: string) => TimestampValue | undefined) | null {
  try {
    return createParser(pattern);
  } catch (error) {
    if (error instanceof PatternError) return null;
    throw error;
  }
}

const JDBC_TIMESTAMP = /^(\d{4})-(\d\d?)-(\d\d?)(?: +(\d{1,9}):(\d{1,9}):(\d{1,9})(?:\.(\d{1,9}))?)?$/;

/**
 * What TO_TIMESTAMP falls back to when text does not fit the pattern: java.sql.Timestamp's or Date's own form, whatever the
 * pattern. All digits of the fraction count; February 30 and 25:00 count on.
 */
function parseJdbcTimestamp(text: string): TimestampValue | null {
  const match = JDBC_TIMESTAMP.exec(text.trim());
  if (match === null) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (month < 1 || month > 12 || day < 1 || day > 31) return null;
  const days = daysOfCivil(year, month, 1) + day - 1;
  if (match[4] === undefined) return days * DAY_MS;
  const nanos = Number((match[7] ?? '').padEnd(9, '0'));
  const millis = Math.floor(nanos / 1_000_000);
  const time = (Number(match[4]) * 3600 + Number(match[5]) * 60 + Number(match[6])) * 1000 + millis;
  return timestampOf(days * DAY_MS + time, nanos - millis * 1_000_000);
}

// The instants that TO_TIMESTAMP_LTZ can answer: years 0 to 9999.
const LEAST_INSTANT = daysOfCivil(0, 1, 1) * DAY_MS;
const MOST_INSTANT = daysOfCivil(10000, 1, 1) * DAY_MS - 1;

const toTimestampLtz: ScalarFunction = {
  name: 'TO_TIMESTAMP_LTZ',
  summary: 'Seconds (precision 0) or milliseconds (precision 3) since 1970 as a TIMESTAMP_LTZ(3).',
  mayReturnNull: true,
  infer(args) {
    expectCount('TO_TIMESTAMP_LTZ', args, 2);
    const [number, precision] = args;
    if (!isNumeric(number.type) || !isInteger(precision.type))
      throw wrongTypes('TO_TIMESTAMP_LTZ', args, 'a number and a precision');
    const { literal } = precision;
    if (literal !== undefined && literal !== null && literal !== 0 && literal !== 3) {
      throw new SignatureError(`TO_TIMESTAMP_LTZ takes 0 (seconds) or 3 (milliseconds) as its precision, not ${String(literal)}`);
    }
    const target = isInteger(number.type) ? BIGINT : isApproximate(number.type) ? DOUBLE : number.type;
    return strict(args, [target, INTEGER], timestampLtz(3));
  },
  implement(site) {
    const read = numberReader(site.args[0]);
    return (number: number | bigint, precision: number) => {
      if (precision !== 0 && precision !== 3) {
        throw new EvaluationError(`TO_TIMESTAMP_LTZ takes 0 (seconds) or 3 (milliseconds) as its precision, not ${precision}`);
      }
      const instant = read(number, precision === 0 ? 1000 : 1);
      return instant >= LEAST_INSTANT && instant <= MOST_INSTANT ? instant : null;
    };
  },
  examples: [
    ['TO_TIMESTAMP_LTZ(1, 0)', '1970-01-01T00:00:01Z'],
    ['TO_TIMESTAMP_LTZ(1500, 3)', '1970-01-01T00:00:01.500Z'],
  ],
};

/** Milliseconds of a number of units; decimals count without their fraction. */
function numberReader(type: SqlType): (number: any, unitMs: number) => number {
  if (type.kind === 'DOUBLE') return (number: number, unitMs) => Math.trunc(number * unitMs) + 0;
  if (type.kind !== 'DECIMAL') return (number: bigint, unitMs) => Number(number) * unitMs;
  const one = 10n ** BigInt(type.scale);
  return (unscaled: bigint, unitMs) => Number(unscaled / one) * unitMs;
}

const fromUnixTime: ScalarFunction = {
  name: 'FROM_UNIXTIME',
  summary: "Seconds since 1970 as text on the session zone's clocks, by default as 2024-01-31 10:11:12.",
  infer(args) {
    expectCount('FROM_UNIXTIME', args, 1, 2);
    const [seconds, pattern] = args;
    if (!isInteger(seconds.type) || (pattern !== undefined && !isText(pattern.type))) {
      throw wrongTypes('FROM_UNIXTIME', args, 'a whole number and a pattern');
    }
    checkPattern(pattern, simpleDateFormat);
    return strict(args, [BIGINT, STRING], STRING);
  },
  implement(_site, { timeZone }) {
    const zone = namedZone(timeZone);
    return (seconds: bigint, pattern: string = DEFAULT_PATTERN) =>
      evaluate(() => simpleDateFormat(pattern).format(Number(BigInt.asIntN(64, seconds * 1000n)), zone));
  },
  examples: [
    ['FROM_UNIXTIME(44)', '1970-01-01 00:00:44'],
    ["FROM_UNIXTIME(1704190272, 'yyyy/MM/dd HH')", '2024/01/02 10'],
  ],
};

const unixTimestamp: ScalarFunction = {
  name: 'UNIX_TIMESTAMP',
  summary: 'Seconds since 1970: now, or of text like 2024-01-31 10:11:12 or in a pattern; the smallest BIGINT for other text.',
  deterministic: false,
  infer(args) {
    const inferred = inferTexts('UNIX_TIMESTAMP', args, 0, 2, BIGINT);
    checkPattern(args[1], simpleDateFormat);
    return inferred;
  },
  implement(site, { clock, timeZone }) {
    if (site.args.length === 0) return () => BigInt(Math.floor(clock.now() / 1000));
    const zone = namedZone(timeZone);
    return (text: string, pattern: string = DEFAULT_PATTERN) => {
      const instant = evaluate(() => simpleDateFormat(pattern).parse(text, zone));
      return instant === undefined ? SMALLEST_BIGINT : BigInt(Math.trunc(instant / 1000));
    };
  },
  examples: [
    ["UNIX_TIMESTAMP('2024-01-02 10:11:12')", '1704190272'],
    ["UNIX_TIMESTAMP('2024-01-02', 'yyyy-MM-dd')", '1704153600'],
  ],
};

const convertTz: ScalarFunction = {
  name: 'CONVERT_TZ',
  summary: 'Text like 2024-01-31 10:11:12 from the clocks of one zone to those of another; NULL for other text.',
  mayReturnNull: true,
  infer: (args) => inferTexts('CONVERT_TZ', args, 3, 3, STRING),
  implement() {
    const format = simpleDateFormat(DEFAULT_PATTERN);
    const zone = memoized(lenientZone);
    return (text: string, from: string, to: string): Value => {
      const instant = format.parse(text, zone(from));
      return instant === undefined ? null : format.format(instant, zone(to));
    };
  },
  examples: [["CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles')", '1969-12-31 16:00:00']],
};

export const timeTextFunctions: readonly ScalarFunction[] = [
  dateFormat,
  toDate,
  toTimestamp,
  toTimestampLtz,
  fromUnixTime,
  unixTimestamp,
  convertTz,
];
