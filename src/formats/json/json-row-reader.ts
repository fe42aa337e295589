import { javaTrim } from '../../types/civil-parse.ts';
import type { RowField, SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import { nearestFloat, parseJavaDouble, parseJavaFloat } from '../java-parse.ts';
import type { JsonOptions } from './json-options.ts';
import { JsonError } from './json-error.ts';
import {
  END,
  END_ARRAY,
  END_OBJECT,
  FALSE,
  FLOAT,
  INT,
  NULL,
  START_ARRAY,
  START_OBJECT,
  STRING,
  TRUE,
  type JsonTokenizer,
} from './json-tokenizer.ts';
import { readTree, treeText } from './json-tree.ts';
import {
  bigDecimalOfText,
  booleanOfText,
  dateOfText,
  decimalOf,
  hasDecimal,
  integerOfDouble,
  integerOfText,
  inRange,
  storedText,
  timeOfText,
  timestampOfText,
  type IntegerKind,
} from './json-values.ts';

/** A value that did not fit and became NULL, as json.ignore-parse-errors wants. */
export interface FieldFailure {
  readonly field: string | undefined;
  readonly reason: string;
  readonly found: string;
}

/** Turns a message into a row: the exact way, which the generated decoder falls back to. */
export interface RowReader {
  /** What became NULL in the last row read. */
  readonly failures: readonly FieldFailure[];
  /** The row in a message, or null when the message is empty. Throws a JsonError where Flink fails or drops the record. */
  read(bytes: Uint8Array, start: number, end: number): readonly Value[] | null;
}

/**
 * Reads messages from the token stream, field by field, as Flink's JsonParserToRowDataConverters do. It copies them closely,
 * for what they do with broken messages follows from nothing but their code: once as many fields were read as the row has,
 * the rest of the object is only skipped; and a converter that fails half-way leaves the reader where it stands.
 */
export class JsonRowReader implements RowReader {
  readonly failures: FieldFailure[] = [];
  private readonly json: JsonTokenizer;
  private readonly options: JsonOptions;
  private readonly exactFractions: boolean;
  private readonly readTopLevel: Reader;
  private readonly fieldReaders: readonly Reader[];

  constructor(fields: readonly RowField[], options: JsonOptions, json: JsonTokenizer) {
    this.json = json;
    this.options = options;
    this.exactFractions = fields.some((field) => hasDecimal(field.type));
    this.readTopLevel = this.rowReader(fields);
    this.fieldReaders = fields.map((field) => this.reader(field.type));
  }

  read(bytes: Uint8Array, start: number, end: number): readonly Value[] | null {
    this.failures.length = 0;
    if (end <= start) return null;
    const { json } = this;
    json.reset(bytes, start, end);
    if (json.next() !== START_OBJECT) throw new JsonError('expected a JSON object');
    return this.readTopLevel() as readonly Value[];
  }

  /** The value of one field, which stands alone at `start`; the tokenizer is then behind it. */
  readField(field: number, bytes: Uint8Array, start: number, end: number): Value {
    const { json } = this;
    this.failures.length = 0;
    json.resetInside(bytes, start, end);
    json.next();
    const value = this.fieldReaders[field]();
    // Readers that want no text leave a string unread.
    if (json.token === STRING) json.text();
    return value;
  }

  private nullable(read: Reader): Reader {
    const { json, failures } = this;
    const ignore = this.options.ignoreParseErrors;
    return () => {
      const token = json.token;
      if (token === NULL || token === END) return null;
      if (!ignore) return read();
      const start = json.valueStart;
      try {
        return read();
      } catch (error) {
        failures.push({ field: undefined, reason: reasonOf(error), found: json.excerpt(start) });
        return null;
      }
    };
  }

  private reader(type: SqlType): Reader {
    return this.nullable(this.notNullReader(type));
  }

  private notNullReader(type: SqlType): Reader {
    const { json } = this;
    const { timestampStandard } = this.options;
    switch (type.kind) {
      case 'NULL':
        return () => null;
      case 'BOOLEAN':
        return () => json.token === TRUE || (json.token !== FALSE && booleanOfText(json.text()));
      case 'TINYINT':
      case 'SMALLINT':
        return () => Number(this.narrowInteger(type.kind as IntegerKind));
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return () => Number(this.integer('INTEGER'));
      case 'BIGINT':
        return () => this.integer('BIGINT');
      case 'INTERVAL_DAY_TIME':
        return () => Number(this.integer('BIGINT'));
      case 'DATE':
        return () => dateOfText(json.text());
      case 'TIME':
        return () => timeOfText(json.text());
      case 'TIMESTAMP':
        return () => timestampOfText(json.text(), timestampStandard, false);
      case 'TIMESTAMP_LTZ':
        return () => timestampOfText(json.text(), timestampStandard, true);
      case 'FLOAT':
        return () => {
          if (json.token === FLOAT) return nearestFloat(json.text());
          return found(parseJavaFloat(json.text()), 'expected a number of type FLOAT');
        };
      case 'DOUBLE':
        return () => {
          if (json.token === FLOAT) return Number(json.text());
          return found(parseJavaDouble(json.text()), 'expected a number of type DOUBLE');
        };
      case 'CHAR':
      case 'VARCHAR':
        return () => storedText(this.string());
      case 'BINARY':
      case 'VARBINARY':
        return () => json.binary();
      case 'DECIMAL':
        return () => {
          if (json.token === STRING) return decimalOf(bigDecimalOfText(javaTrim(json.text())), type);
          if (json.token !== INT && json.token !== FLOAT) throw new JsonError('expected a decimal number');
          return decimalOf(bigDecimalOfText(json.text()), type);
        };
      case 'ARRAY':
        return this.arrayReader(type.element);
      case 'MAP':
        return this.mapReader(type.key, type.value);
      case 'MULTISET':
        return this.mapReader(type.element, { kind: 'INTEGER', nullable: true });
      case 'ROW':
        return this.rowReader(type.fields);
    }
  }

  /** A fraction is cut off; text is read as Java reads it. */
  private integer(kind: IntegerKind): bigint {
    const { json } = this;
    if (json.token === INT) return inRange(BigInt(json.text()), kind);
    if (json.token === FLOAT) return integerOfDouble(Number(json.text()), kind);
    return integerOfText(json.text(), kind);
  }

  private narrowInteger(kind: IntegerKind): bigint {
    const { json } = this;
    return json.token === INT ? inRange(BigInt(json.text()), kind) : integerOfText(json.text(), kind);
  }

  private string(): string {
    const { json } = this;
    if (json.token === START_OBJECT || json.token === START_ARRAY) return treeText(readTree(json, this.exactFractions));
    return json.text();
  }

  private arrayReader(element: SqlType): Reader {
    const { json } = this;
    const readElement = this.reader(element);
    return () => {
      if (json.token !== START_ARRAY) throw new JsonError('expected a JSON array');
      const values: Value[] = [];
      while (json.nextInside() !== END_ARRAY) values.push(readElement());
      return values;
    };
  }

  private mapReader(key: SqlType, value: SqlType): Reader {
    const { json } = this;
    const readKey = this.reader(key);
    const readValue = this.reader(value);
    return () => {
      if (json.token !== START_OBJECT) throw new JsonError('expected a JSON object');
      const entries = new Map<Value, Value>();
      while (json.nextInside() !== END_OBJECT) {
        const name = readKey();
        json.next();
        entries.set(name, readValue());
      }
      return entries;
    };
  }

  private rowReader(fields: readonly RowField[]): Reader {
    const { json, failures } = this;
    const { failOnMissingField } = this.options;
    const readers = fields.map((field) => this.reader(field.type));
    const indexes = new Map(fields.map((field, i) => [field.name, i]));
    const arity = fields.length;
    return () => {
      if (json.token !== START_OBJECT) throw new JsonError('expected a JSON object');
      const row = new Array<Value>(arity).fill(null);
      let count = 0;
      json.next();
      while (json.token !== END_OBJECT) {
        if (count >= arity) {
          json.skipValue();
          continue;
        }
        // After an error the reader may stand on nothing; Flink then looks for a field of no name.
        const name = json.token === END ? undefined : json.text();
        json.next();
        const i = name === undefined ? undefined : indexes.get(name);
        if (name === undefined || i === undefined) {
          json.skipValue();
          continue;
        }
        const failed = failures.length;
        try {
          row[i] = readers[i]();
        } catch (error) {
          throw new FieldError(reasonOf(error), name, error);
        }
        for (let k = failed; k < failures.length; k++)
          failures[k] = { ...failures[k], field: qualified(name, failures[k].field) };
        json.next();
        count++;
      }
      if (count < arity && failOnMissingField) throw missingField(fields, row);
      return row;
    };
  }
}

type Reader = () => Value;

/** A JsonError that says which field it is about. */
export class FieldError extends JsonError {
  readonly field: string;

  constructor(reason: string, name: string, cause: unknown) {
    super(reason, { cause });
    this.field = cause instanceof FieldError ? qualified(name, cause.field) : name;
  }
}

function missingField(fields: readonly RowField[], row: readonly Value[]): JsonError {
  const i = row.indexOf(null);
  return i < 0 ? new JsonError('a field is missing') : new FieldError('the field is missing', fields[i].name, undefined);
}

export const qualified = (name: string, inner: string | undefined): string => (inner === undefined ? name : `${name}.${inner}`);

export function found<T>(value: T | undefined, reason: string): T {
  if (value === undefined) throw new JsonError(reason);
  return value;
}

export function reasonOf(error: unknown): string {
  if (error instanceof JsonError) return error.message;
  // Text nested too deep for the tree: Flink fails in the same place, with Java's stack overflow.
  if (error instanceof RangeError) return 'the value is nested too deep';
  throw error;
}
