import type { RecordBatch } from '../../connectors/record-batch.ts';
import { javaTrim } from '../../types/civil-parse.ts';
import type { Batch } from '../../types/batch.ts';
import type { BigintColumn, Column, DoubleColumn, IntColumn, TextColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import { MalformedRecordError, type Decoder, type MalformedRecord, type ReportMalformed } from '../format.ts';
import { JsonError } from '../json/json-error.ts';
import { storedText } from '../json/json-values.ts';
import { TextDecoder, bufferOf } from '../text-decoder.ts';
import { CsvLine } from './csv-line.ts';
import type { CsvOptions } from './csv-options.ts';
import { CsvError, csvValueReader, type ReadCsvValue } from './csv-values.ts';

/** Decodes lines of separated values, as Flink's CsvRowDataDeserializationSchema. */
export function createCsvDecoder(schema: Schema, targets: readonly number[], options: CsvOptions): Decoder {
  return new CsvDecoder(schema, targets, options);
}

const INTEGER_LIMITS: Partial<Record<SqlType['kind'], number>> = { TINYINT: 127, SMALLINT: 32767, INTEGER: 999_999_999 };

class CsvDecoder implements Decoder {
  private readonly targets: readonly number[];
  private readonly options: CsvOptions;
  private readonly schema: Schema;
  /** Which column of the line each field is. */
  private readonly places: readonly number[];
  private readonly line: CsvLine;
  private readonly texts: readonly (TextDecoder | null)[];
  private readonly readers: readonly ReadCsvValue[];
  private readonly isText: readonly boolean[];

  constructor(schema: Schema, targets: readonly number[], options: CsvOptions) {
    const columns = options.columns.length > 0 ? options.columns : schema;
    this.schema = schema;
    this.targets = targets;
    this.options = options;
    this.places = schema.map((field, i) => {
      const place = columns.findIndex((column) => column.name === field.name);
      return place < 0 ? i : place;
    });
    this.line = new CsvLine(columns.length, options);
    this.isText = schema.map(({ type }) => type.kind === 'CHAR' || type.kind === 'VARCHAR');
    this.texts = this.isText.map((isText) => (isText ? new TextDecoder() : null));
    this.readers = schema.map(({ type }) => this.reader(type));
  }

  decode(records: RecordBatch, from: number, to: number, batch: Batch, recordOfRow: Int32Array, report: ReportMalformed): void {
    const { texts } = this;
    const columns = this.targets.map((target) => batch.columns[target]);
    const first = batch.length;
    for (let k = 0; k < texts.length; k++) texts[k]?.begin(columns[k] as TextColumn, first === 0);
    for (let i = from; i < to; i++) {
      if (records.valueEnds[i] < records.valueStarts[i]) continue;
      if (this.decodeLine(records, i, columns, batch.length, report)) recordOfRow[batch.length++] = i;
    }
    for (let k = 0; k < texts.length; k++) texts[k]?.end(columns[k] as TextColumn, batch.length - first, batch.length);
  }

  private decodeLine(
    records: RecordBatch,
    record: number,
    columns: readonly Column[],
    row: number,
    report: ReportMalformed,
  ): boolean {
    const { line, places, schema, options } = this;
    const { bytes } = records;
    const start = records.valueStarts[record];
    const end = records.valueEnds[record];
    const failure = line.split(bytes, start, end);
    const count = line.count;
    if (failure !== null || (count < schema.length && !options.ignoreParseErrors)) {
      const reason = failure ?? `expected ${schema.length} columns but found ${count}`;
      return this.drop({ record, reason, found: excerpt(bytes, start, end), dropped: true }, report);
    }
    for (let k = 0; k < places.length; k++) {
      const place = places[k];
      const column = columns[k];
      if (place >= count || line.isNull(place)) {
        column.nulls[row] = 1;
        continue;
      }
      const text = this.texts[k];
      if (line.isPlain(place)) {
        const from = line.starts[place];
        const to = line.ends[place];
        if (text !== null) {
          text.putBytes(column as TextColumn, row, bytes, from, to);
          continue;
        }
        if (putPlainNumber(schema[k].type, column, row, bytes, from, to)) continue;
      }
      const found = line.text(place);
      if (text !== null) {
        text.put(column as TextColumn, row, storedText(found));
        continue;
      }
      try {
        column.set(row, this.readers[k](found));
      } catch (error) {
        if (!(error instanceof CsvError || error instanceof JsonError)) throw error;
        const malformed = { record, reason: error.message, field: schema[k].name, found: found.slice(0, 60) };
        if (!options.ignoreParseErrors) return this.drop({ ...malformed, dropped: true }, report);
        report({ ...malformed, dropped: false });
        column.nulls[row] = 1;
      }
    }
    return true;
  }

  private drop(malformed: MalformedRecord, report: ReportMalformed): false {
    if (!this.options.ignoreParseErrors) throw new MalformedRecordError(malformed);
    report(malformed);
    return false;
  }

  private reader(type: SqlType): ReadCsvValue {
    if (type.kind === 'ARRAY') {
      const read = this.elementReader(type.element);
      return (text) => this.elements(text).map(read);
    }
    if (type.kind === 'ROW') {
      const readers = type.fields.map((field) => this.elementReader(field.type));
      return (text) => {
        const elements = this.elements(text);
        if (elements.length === 0) return null;
        if (elements.length < readers.length && !this.options.ignoreParseErrors) {
          throw new CsvError(`expected ${readers.length} fields but found ${elements.length}`);
        }
        return readers.map((read, i) => (i < elements.length ? read(elements[i]) : null));
      };
    }
    return csvValueReader(type);
  }

  /** A value inside an array or row: NULL where it is the null literal or, with ignore-parse-errors, does not fit. */
  private elementReader(type: SqlType): ReadCsvValue {
    const read = csvValueReader(type);
    const { nullLiteral, ignoreParseErrors } = this.options;
    return (text) => {
      if (text === nullLiteral) return null;
      try {
        const value: Value = read(text);
        return typeof value === 'string' ? storedText(value) : value;
      } catch (error) {
        if (ignoreParseErrors && (error instanceof CsvError || error instanceof JsonError)) return null;
        throw error;
      }
    };
  }

  private elements(text: string): string[] {
    const { arrayElementDelimiter } = this.options;
    if (!text.includes(arrayElementDelimiter) && javaTrim(text) === '') return [];
    return text.split(arrayElementDelimiter);
  }
}

const excerpt = (bytes: Uint8Array, start: number, end: number): string =>
  bufferOf(bytes).toString('utf8', start, Math.min(end, start + 120));

/** Puts plain digits, with a point for DOUBLE, straight into the column; false leaves them to the exact reader. */
function putPlainNumber(type: SqlType, column: Column, row: number, bytes: Uint8Array, start: number, end: number): boolean {
  const limit = INTEGER_LIMITS[type.kind];
  const isDouble = type.kind === 'DOUBLE';
  if (limit === undefined && !isDouble && type.kind !== 'BIGINT') return false;
  const minus = bytes[start] === 0x2d;
  let at = minus ? start + 1 : start;
  const length = end - at;
  if (length === 0 || length > (isDouble ? 16 : 9)) return false;
  let value = 0;
  let point = -1;
  for (; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (isDouble && bytes[at] === 0x2e && point < 0 && length > 1) point = at;
    else return false;
  }
  if (isDouble) {
    const size = point < 0 ? value : value / POWERS[end - point - 1];
    if (point < 0 && length > 15) return false;
    (column as DoubleColumn).values[row] = minus ? -size : size;
  } else if (limit === undefined) {
    (column as BigintColumn).values[row] = BigInt(minus ? -value : value);
  } else {
    if (value > limit) return false;
    (column as IntColumn).values[row] = minus ? 0 - value : value;
  }
  column.nulls[row] = 0;
  return true;
}

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
