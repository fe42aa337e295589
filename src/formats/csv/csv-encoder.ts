import type { Batch } from '../../types/batch.ts';
import type { BigintColumn, Column, DoubleColumn, IntColumn, TextColumn, TimestampColumn } from '../../types/column.ts';
import { dateText } from '../../types/civil.ts';
import { doubleText, floatText } from '../../types/java-number.ts';
import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { TimestampValue, Value } from '../../types/value.ts';
import { strippedDecimalText } from '../decimal-text.ts';
import type { ByteSink, Encoder } from '../format.ts';
import { MAX_NUMBER_LENGTH, putAscii, putBigint, putDouble, putInt } from '../number-bytes.ts';
import { isPair, putUnit, putUtf8 } from '../text-bytes.ts';
import { MAX_TIMESTAMP_LENGTH, putFraction, putTime, putTimestamp, putTimestampValue } from '../time-text.ts';
import type { CsvOptions } from './csv-options.ts';

/** Writes rows as lines without a line end, byte for byte as Flink's CsvRowDataSerializationSchema does. */
export function createCsvEncoder(schema: Schema, sources: readonly number[], options: CsvOptions): Encoder {
  return new CsvEncoder(schema, sources, options);
}

type WriteCell = (column: Column, row: number, out: ByteSink) => void;

/** Longer texts are quoted without a look at their characters. */
const MAX_UNQUOTED_LENGTH = 24;
const BACKSLASH = 0x5c;

class CsvEncoder implements Encoder {
  private readonly sources: readonly number[];
  private readonly writers: readonly WriteCell[];
  private readonly text: CsvText;
  private readonly delimiter: string;
  private readonly nullText: string;

  constructor(schema: Schema, sources: readonly number[], options: CsvOptions) {
    this.sources = sources;
    this.text = new CsvText(options);
    this.delimiter = options.fieldDelimiter;
    this.nullText = options.nullLiteral ?? '';
    this.writers = schema.map((field) => cellWriter(field.type, this.text, options));
  }

  encode(batch: Batch, row: number, out: ByteSink): void {
    const { sources, writers, delimiter, nullText } = this;
    const { columns } = batch;
    for (let i = 0; i < sources.length; i++) {
      if (i > 0) {
        out.reserve(3);
        out.length = putUtf8(out.bytes, out.length, delimiter);
      }
      const column = columns[sources[i]];
      if (column.nulls[row] === 0) {
        writers[i](column, row, out);
      } else if (nullText.length > 0) {
        out.reserve(3 * nullText.length);
        out.length = putUtf8(out.bytes, out.length, nullText);
      }
    }
  }
}

/** Writes texts, in quotes where Jackson's simple test wants them: more often than is necessary. */
class CsvText {
  private readonly quote: number;
  private readonly escape: number;
  /** Units below this one ask for quotes. */
  private readonly minSafe: number;
  private readonly alsoUnsafe: number;
  private readonly quoteText: string;
  private readonly escapeText: string;

  constructor({ quoteCharacter, escapeCharacter, fieldDelimiter }: CsvOptions) {
    this.quoteText = quoteCharacter ?? '';
    this.escapeText = escapeCharacter ?? '';
    this.quote = quoteCharacter === null ? -1 : quoteCharacter.charCodeAt(0);
    this.escape = escapeCharacter === null ? -1 : escapeCharacter.charCodeAt(0);
    this.minSafe = Math.max(fieldDelimiter.charCodeAt(0), this.quote) + 1;
    this.alsoUnsafe = escapeCharacter === null ? BACKSLASH : this.escape;
  }

  put(out: ByteSink, text: string): void {
    const { length } = text;
    out.reserve(6 * length + 6);
    if (this.quote >= 0 && (length > MAX_UNQUOTED_LENGTH || this.needsQuotes(text)))
      out.length = this.putQuoted(out.bytes, out.length, text);
    else out.length = putUtf8(out.bytes, out.length, text);
  }

  private needsQuotes(text: string): boolean {
    const { minSafe, alsoUnsafe } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < minSafe || unit === alsoUnsafe) return true;
    }
    return false;
  }

  private putQuoted(bytes: Uint8Array, start: number, text: string): number {
    const { quote, escape } = this;
    let at = putUtf8(bytes, start, this.quoteText);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === quote) at = putUtf8(bytes, at, this.quoteText);
      else if (unit === escape) at = putUtf8(bytes, at, this.escapeText);
      if (unit < 0x80) bytes[at++] = unit;
      else {
        at = putUnit(bytes, at, text, i);
        if (isPair(text, i)) i++;
      }
    }
    return putUtf8(bytes, at, this.quoteText);
  }
}

const SPACE = 0x20;

function cellWriter(type: SqlType, text: CsvText, options: CsvOptions): WriteCell {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
      return (column, row, out) => {
        out.reserve(MAX_NUMBER_LENGTH);
        out.length = putInt(out.bytes, out.length, (column as IntColumn).values[row]);
      };
    case 'BIGINT':
      return (column, row, out) => {
        out.reserve(MAX_NUMBER_LENGTH);
        out.length = putBigint(out.bytes, out.length, (column as BigintColumn).values[row]);
      };
    case 'DOUBLE':
      return (column, row, out) => {
        out.reserve(MAX_NUMBER_LENGTH);
        out.length = putDouble(out.bytes, out.length, (column as DoubleColumn).values[row]);
      };
    case 'CHAR':
    case 'VARCHAR':
      return (column, row, out) => text.put(out, (column as TextColumn).values[row]);
    case 'BOOLEAN':
    case 'FLOAT':
    case 'INTERVAL_DAY_TIME':
    case 'NULL': {
      const textOf = valueText(type, options);
      return (column, row, out) => {
        const word = textOf(column.get(row));
        out.reserve(word.length);
        out.length = putAscii(out.bytes, out.length, word);
      };
    }
    case 'TIMESTAMP':
      if (options.fieldDelimiter === ',' && options.quoteCharacter === '"') return putQuotedTimestamp;
      break;
    default:
  }
  const textOf = valueText(type, options);
  return (column, row, out) => text.put(out, textOf(column.get(row)));
}

/** The blank in it asks for quotes. */
function putQuotedTimestamp(column: Column, row: number, out: ByteSink): void {
  const { values, nanos } = column as TimestampColumn;
  out.reserve(MAX_TIMESTAMP_LENGTH);
  const { bytes } = out;
  bytes[out.length] = 0x22;
  const at = putTimestamp(bytes, out.length + 1, values[row], nanos === null ? 0 : nanos[row], SPACE);
  bytes[at] = 0x22;
  out.length = at + 1;
}

const scratch = new Uint8Array(MAX_TIMESTAMP_LENGTH);
const scratchText = (end: number): string => Buffer.from(scratch.buffer, 0, end).toString('latin1');

/** The text of a value that is not NULL. */
function valueText(type: SqlType, options: CsvOptions): (value: Value) => string {
  switch (type.kind) {
    case 'NULL':
      return () => options.nullLiteral ?? '';
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'BIGINT':
    case 'CHAR':
    case 'VARCHAR':
      return (value) => String(value);
    case 'FLOAT':
      return (value) => floatText(value as number);
    case 'DOUBLE':
      return (value) => doubleText(value as number);
    case 'DECIMAL': {
      const { scale } = type;
      const plain = !options.writeBigDecimalInScientificNotation;
      return (value) => strippedDecimalText(value as bigint, scale, plain);
    }
    case 'BINARY':
    case 'VARBINARY':
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    case 'DATE':
      return (value) => dateText(value as number);
    case 'TIME':
      return (value) => {
        const seconds = Math.floor((value as number) / 1000);
        return scratchText(putFraction(scratch, putTime(scratch, 0, seconds), (value as number) - seconds * 1000, 0));
      };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const zone = type.kind === 'TIMESTAMP' ? '' : 'Z';
      return (value) => scratchText(putTimestampValue(scratch, 0, value as TimestampValue, SPACE)) + zone;
    }
    case 'ARRAY': {
      const textOf = elementText(type.element, options);
      return (value) => (value as readonly Value[]).map(textOf).join(options.arrayElementDelimiter);
    }
    case 'ROW': {
      const texts = type.fields.map((field) => elementText(field.type, options));
      return (value) => (value as readonly Value[]).map((element, i) => texts[i](element)).join(options.arrayElementDelimiter);
    }
    case 'MAP':
    case 'MULTISET':
      return () => '';
  }
}

/** Inside an array decimals are never plain: only the writer of columns knows the option. */
function elementText(type: SqlType, options: CsvOptions): (value: Value) => string {
  const textOf = valueText(type, { ...options, writeBigDecimalInScientificNotation: true });
  return (value) => (value === null ? (options.nullLiteral ?? '') : textOf(value));
}
