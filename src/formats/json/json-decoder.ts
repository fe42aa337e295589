import type { RecordBatch } from '../../connectors/record-batch.ts';
import { daysInMonth, daysOfCivil } from '../../types/civil.ts';
import type { Batch } from '../../types/batch.ts';
import type { Column, TextColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import { MalformedRecordError, type Decoder, type MalformedRecord, type ReportMalformed } from '../format.ts';
import { nearestFloat } from '../java-parse.ts';
import { TextDecoder, bufferOf } from '../text-decoder.ts';
import { isPlainName, JSON_DECODER_PARAMETERS, jsonDecoderSource, keyWords } from './json-decoder-code.ts';
import type { JsonOptions } from './json-options.ts';
import { FieldError, JsonRowReader, reasonOf, type RowReader } from './json-row-reader.ts';
import { JsonTokenizer } from './json-tokenizer.ts';
import { JsonTreeReader } from './json-tree-reader.ts';

/** Decodes JSON objects: plain ones by code generated for the schema, all others exactly and slowly. */
export function createJsonDecoder(schema: Schema, targets: readonly number[], options: JsonOptions): Decoder {
  return new JsonDecoder(schema, targets, options, hasFastPath(schema, options));
}

/** The same rows without the generated code, for tests that compare the two. */
export function createExactJsonDecoder(schema: Schema, targets: readonly number[], options: JsonOptions): Decoder {
  return new JsonDecoder(schema, targets, options, false);
}

/** The source that a decoder is generated as. */
export function jsonDecoderCode(schema: Schema, options: JsonOptions): string {
  return hasFastPath(schema, options) ? jsonDecoderSource(schema, options) : '// read token by token\n';
}

function hasFastPath(schema: Schema, options: JsonOptions): boolean {
  return options.parserEnabled && schema.length > 0 && schema.every((field) => isPlainName(field.name));
}

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** What generated code calls for what is rare. Positions of -1 and answers of false mean: give the record up. */
interface Runtime {
  readonly powers: Float64Array;
  findField(bytes: Uint8Array, at: number, end: number): number;
  skipValue(bytes: Uint8Array, at: number, end: number): number;
  readValue(field: number, row: number, bytes: Uint8Array, at: number, end: number): number;
  day(bytes: Uint8Array, at: number): number;
  digits(bytes: Uint8Array, start: number, end: number): number;
  double(bytes: Uint8Array, start: number, end: number, fraction: number): number;
  float(bytes: Uint8Array, start: number, end: number): number;
  putBigint(bytes: Uint8Array, start: number, end: number, minus: boolean, words: Int32Array, row: number): boolean;
  slow(records: RecordBatch, record: number, row: number): boolean;
}

type GeneratedDecode = (
  records: RecordBatch,
  from: number,
  to: number,
  batch: Batch,
  columns: readonly Column[],
  texts: readonly (TextDecoder | null)[],
  recordOfRow: Int32Array,
) => void;

class JsonDecoder implements Decoder {
  private readonly targets: readonly number[];
  private readonly options: JsonOptions;
  private readonly json = new JsonTokenizer();
  private readonly fieldJson = new JsonTokenizer();
  private readonly reader: RowReader;
  private readonly fieldReader: JsonRowReader;
  private readonly texts: readonly (TextDecoder | null)[];
  private readonly names: readonly Buffer[];
  private readonly generated: GeneratedDecode | null;
  private columns: Column[] = [];
  private report: ReportMalformed = () => undefined;

  constructor(schema: Schema, targets: readonly number[], options: JsonOptions, fast: boolean) {
    this.targets = targets;
    this.options = options;
    this.reader = options.parserEnabled
      ? new JsonRowReader(schema, options, this.json)
      : new JsonTreeReader(schema, options, this.json);
    this.fieldReader = new JsonRowReader(schema, options, this.fieldJson);
    this.texts = schema.map(({ type }) => (type.kind === 'CHAR' || type.kind === 'VARCHAR' ? new TextDecoder() : null));
    this.names = schema.map((field) => Buffer.from(field.name, 'utf8'));
    this.generated = fast ? this.generate(schema) : null;
  }

  decode(records: RecordBatch, from: number, to: number, batch: Batch, recordOfRow: Int32Array, report: ReportMalformed): void {
    const { texts } = this;
    this.report = report;
    this.columns = this.targets.map((target) => batch.columns[target]);
    const first = batch.length;
    for (let k = 0; k < texts.length; k++) texts[k]?.begin(this.columns[k] as TextColumn, first === 0);
    if (this.generated !== null) {
      this.generated(records, from, to, batch, this.columns, texts, recordOfRow);
    } else {
      for (let i = from; i < to; i++) {
        if (records.valueEnds[i] >= records.valueStarts[i] && this.decodeExactly(records, i, batch.length)) {
          recordOfRow[batch.length++] = i;
        }
      }
    }
    for (const text of texts) text?.end(batch.length - first);
  }

  /** Reads one record into a row; false when it gives none. */
  private decodeExactly(records: RecordBatch, record: number, row: number): boolean {
    const { reader, columns } = this;
    const start = records.valueStarts[record];
    const end = records.valueEnds[record];
    let values: readonly Value[] | null;
    try {
      values = reader.read(records.bytes, start, end);
    } catch (error) {
      const malformed: MalformedRecord = {
        record,
        reason: reasonOf(error),
        field: error instanceof FieldError ? error.field : undefined,
        found: bufferOf(records.bytes).toString('utf8', start, Math.min(end, start + 120)),
        dropped: true,
      };
      if (!this.options.ignoreParseErrors) throw new MalformedRecordError(malformed);
      this.report(malformed);
      return false;
    }
    if (values === null) return false;
    for (const { field, reason, found } of reader.failures) this.report({ record, reason, field, found, dropped: false });
    for (let k = 0; k < columns.length; k++) this.put(k, row, values[k]);
    return true;
  }

  private put(k: number, row: number, value: Value): void {
    const text = this.texts[k];
    if (text === null) this.columns[k].set(row, value);
    else text.put(this.columns[k] as TextColumn, row, value as string | null);
  }

  private generate(schema: Schema): GeneratedDecode {
    const words = Int32Array.from(schema.flatMap((field) => Array.from(keyWords(field.name))));
    const runtime: Runtime = {
      powers: POWERS,
      findField: (bytes, at, end) => this.findField(bytes, at, end),
      skipValue: (bytes, at, end) => this.skipValue(bytes, at, end),
      readValue: (field, row, bytes, at, end) => this.readValue(field, row, bytes, at, end),
      day: dayAt,
      digits: digitsAt,
      double: doubleAt,
      float: floatAt,
      putBigint: putBigintAt,
      slow: (records, record, row) => this.decodeExactly(records, record, row),
    };
    const create = new Function(...JSON_DECODER_PARAMETERS, jsonDecoderSource(schema, this.options)) as (
      words: Int32Array,
      runtime: Runtime,
    ) => GeneratedDecode;
    return create(words, runtime);
  }

  /**
   * Which field the key at the quote is. For a key that the table does not have -1 less the position of its value; that
   * position is `end` for one that needs a closer look.
   */
  private findField(bytes: Uint8Array, at: number, end: number): number {
    const { names } = this;
    const start = at + 1;
    let stop = start;
    let high = 0;
    while (stop < end && bytes[stop] !== 0x22) {
      if (bytes[stop] === 0x5c) return -1 - end;
      high |= bytes[stop++];
    }
    if (stop + 1 >= end || bytes[stop + 1] !== 0x3a) return -1 - end;
    const length = stop - start;
    search: for (let k = 0; k < names.length; k++) {
      const name = names[k];
      if (name.length !== length) continue;
      for (let i = 0; i < length; i++) if (name[i] !== bytes[start + i]) continue search;
      return k;
    }
    // Bytes above 0x7f might be no valid UTF-8, or another form of a known name.
    return -1 - (high < 0x80 ? stop + 2 : end);
  }

  /** Steps over a value; -1 for one that needs a closer look. */
  private skipValue(bytes: Uint8Array, at: number, end: number): number {
    let p = at;
    if (p >= end) return -1;
    let c = bytes[p];
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++p];
    if (c === 0x22) {
      p++;
      while (p < end && (c = bytes[p]) !== 0x22) {
        if (c === 0x5c || c >= 0x80) return -1;
        p++;
      }
      return p + 1 < end ? p + 1 : -1;
    }
    const number = skipPlainNumber(bytes, p);
    if (number > 0) return number;
    const { fieldJson } = this;
    try {
      fieldJson.resetInside(bytes, p, end);
      fieldJson.next();
      fieldJson.skipInside();
      return fieldJson.position < end ? fieldJson.position : -1;
    } catch (error) {
      reasonOf(error);
      return -1;
    }
  }

  /** Reads the value of a field that has no code of its own. What fails in any way is left to the exact reader. */
  private readValue(k: number, row: number, bytes: Uint8Array, at: number, end: number): number {
    const { fieldJson, fieldReader } = this;
    try {
      const value = fieldReader.readField(k, bytes, at, end);
      if (fieldReader.failures.length > 0 || fieldJson.position >= end) return -1;
      this.put(k, row, value);
      return fieldJson.position;
    } catch (error) {
      reasonOf(error);
      return -1;
    }
  }
}

/**
 * The position behind a number without exponent, or -1. The record's last byte is no digit, so that the loops end.
 */
function skipPlainNumber(bytes: Uint8Array, at: number): number {
  let p = bytes[at] === 0x2d ? at + 1 : at;
  if (!isDigit(bytes[p]) || (bytes[p] === 0x30 && isDigit(bytes[p + 1]))) return -1;
  do p++;
  while (isDigit(bytes[p]));
  if (bytes[p] === 0x2e) {
    if (!isDigit(bytes[++p])) return -1;
    do p++;
    while (isDigit(bytes[p]));
  }
  const c = bytes[p];
  return c === 0x2c || c === 0x7d || c === 0x20 ? p : -1;
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;

/** The day of `YYYY-MM-DD` at a position, or NaN for a date that needs a closer look. */
function dayAt(bytes: Uint8Array, at: number): number {
  const year = twoDigitsAt(bytes, at) * 100 + twoDigitsAt(bytes, at + 2);
  const month = twoDigitsAt(bytes, at + 5);
  const day = twoDigitsAt(bytes, at + 8);
  if (bytes[at + 4] !== 0x2d || bytes[at + 7] !== 0x2d || !(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return NaN;
  return day <= daysInMonth(year, month) ? daysOfCivil(year, month, day) : NaN;
}

function twoDigitsAt(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 0x30;
  const ones = bytes[at + 1] - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** The number of up to 15 digits, a point among them counting for nothing. */
function digitsAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) if (bytes[i] !== 0x2e) value = value * 10 + (bytes[i] - 0x30);
  return value;
}

/** Up to 15 digits and powers up to 10^22 are exact in a double, so one division rounds as it should. */
function doubleAt(bytes: Uint8Array, start: number, end: number, fraction: number): number {
  if (end - start <= 16 && fraction <= 22) return digitsAt(bytes, start, end) / POWERS[fraction];
  return Number(bufferOf(bytes).toString('latin1', start, end));
}

function floatAt(bytes: Uint8Array, start: number, end: number): number {
  return nearestFloat(bufferOf(bytes).toString('latin1', start, end));
}

/** Writes a BIGINT of ten digits or more as two words; false when it is out of range. */
function putBigintAt(bytes: Uint8Array, start: number, end: number, minus: boolean, words: Int32Array, row: number): boolean {
  if (end - start <= 15) {
    const size = digitsAt(bytes, start, end);
    const value = minus ? -size : size;
    words[2 * row] = value | 0;
    words[2 * row + 1] = Math.floor(value / 4294967296);
    return true;
  }
  if (end - start > 19) return false;
  // high · 10^9 + low in two words: every product and sum on the way stays below 2^53.
  const high = digitsAt(bytes, start, end - 9);
  const low = digitsAt(bytes, end - 9, end);
  const upper = Math.floor(high / 65536) * 1e9;
  const lower = (upper % 65536) * 65536 + (high % 65536) * 1e9 + low;
  const word1 = Math.floor(upper / 65536) + Math.floor(lower / 4294967296);
  const word0 = lower % 4294967296;
  if (word1 > 2147483647) return false;
  words[2 * row] = minus ? -word0 : word0;
  words[2 * row + 1] = minus ? (word0 === 0 ? -word1 : -word1 - 1) : word1;
  return true;
}
