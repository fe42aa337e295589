import type { RecordBatch } from '../../connectors/record-batch.ts';
import { daysInMonth, daysOfCivil } from '../../types/civil.ts';
import type { Batch } from '../../types/batch.ts';
import type { Column, TextColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import { MalformedRecordError, type Decoder, type MalformedRecord, type ReportMalformed } from '../format.ts';
import { nearestFloat } from '../java-parse.ts';
import { TextDecoder, bufferOf } from '../text-decoder.ts';
import { isPlainName, jsonDecoderSource } from './json-decoder-code.ts';
import { JsonFastPath } from './json-fast-path.ts';
import { plainLayout } from './json-layout.ts';
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

/** The source that a decoder is generated as for records that are written without spaces and in the table's order. */
export function jsonDecoderCode(schema: Schema, options: JsonOptions): string {
  if (!hasFastPath(schema, options)) return '// read token by token\n';
  const source = jsonDecoderSource(schema, options, plainLayout(schema.map(({ name }) => name)));
  return `// for records without spaces, in the table's order: what runs is generated anew for the order and the spaces that records have\n${source}`;
}

function hasFastPath(schema: Schema, options: JsonOptions): boolean {
  return options.parserEnabled && schema.length > 0 && schema.every((field) => isPlainName(field.name));
}

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

class JsonDecoder implements Decoder {
  private readonly targets: readonly number[];
  private readonly options: JsonOptions;
  private readonly json = new JsonTokenizer();
  private readonly fieldJson = new JsonTokenizer();
  private readonly reader: RowReader;
  private readonly fieldReader: JsonRowReader;
  private readonly texts: readonly (TextDecoder | null)[];
  private readonly fastPath: JsonFastPath | null;
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
    this.fastPath = fast
      ? new JsonFastPath(schema, options, {
          powers: POWERS,
          readValue: (field, row, bytes, at, end) => this.readValue(field, row, bytes, at, end),
          day: dayAt,
          digits: digitsAt,
          double: doubleAt,
          float: floatAt,
          putBigint: putBigintAt,
          slow: (records, record, row) => this.decodeExactly(records, record, row),
        })
      : null;
  }

  decode(records: RecordBatch, from: number, to: number, batch: Batch, recordOfRow: Int32Array, report: ReportMalformed): void {
    const { texts } = this;
    this.report = report;
    this.columns = this.targets.map((target) => batch.columns[target]);
    const first = batch.length;
    for (let k = 0; k < texts.length; k++) texts[k]?.begin(this.columns[k] as TextColumn, first === 0);
    if (this.fastPath !== null) {
      this.fastPath.decoderFor(records, from, to)(records, from, to, batch, this.columns, texts, recordOfRow);
    } else {
      for (let i = from; i < to; i++) {
        if (records.valueEnds[i] >= records.valueStarts[i] && this.decodeExactly(records, i, batch.length)) {
          recordOfRow[batch.length++] = i;
        }
      }
    }
    for (let k = 0; k < texts.length; k++) texts[k]?.end(this.columns[k] as TextColumn, batch.length - first, batch.length);
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
