import { unreachable } from '../base/assert.ts';
import type { SqlType } from './sql-type.ts';
import { millisOf, nanosOf, timestampOf, type TimestampValue, type Value } from './value.ts';

/**
 * Columns hold the values of one field for many rows: in batches on their way through a job, and in operators' state.
 * `nulls[i]` is 1 where row i is NULL; the value at that place is then anything. Capacities grow by `reserve`, which keeps
 * what is stored; hold on to the arrays of a column only while nothing reserves.
 */
export type Column = BooleanColumn | IntColumn | BigintColumn | DoubleColumn | TimestampColumn | TextColumn | ObjectColumn;

/** How a column stores its values; `storageOf` tells it from the SQL type. */
export type Storage = Column['storage'];

export function storageOf(type: SqlType): Storage {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'boolean';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'int';
    case 'BIGINT':
      return 'bigint';
    case 'FLOAT':
    case 'DOUBLE':
    case 'INTERVAL_DAY_TIME':
      return 'double';
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'timestamp';
    case 'CHAR':
    case 'VARCHAR':
      return 'text';
    case 'DECIMAL':
    case 'BINARY':
    case 'VARBINARY':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
    case 'NULL':
      return 'object';
    default:
      return unreachable(type);
  }
}

export function createColumn(storage: Storage, capacity: number): Column {
  switch (storage) {
    case 'boolean':
      return new BooleanColumn(capacity);
    case 'int':
      return new IntColumn(capacity);
    case 'bigint':
      return new BigintColumn(capacity);
    case 'double':
      return new DoubleColumn(capacity);
    case 'timestamp':
      return new TimestampColumn(capacity);
    case 'text':
      return new TextColumn(capacity);
    case 'object':
      return new ObjectColumn(capacity);
    default:
      return unreachable(storage);
  }
}

export class BooleanColumn {
  readonly storage = 'boolean';
  values: Uint8Array;
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new Uint8Array(capacity);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    this.values = grown(this.values, new Uint8Array(capacity));
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.values[i] === 1;
  }

  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.values[i] = value === true ? 1 : 0;
  }

  copyFrom(from: BooleanColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
  }
}

export class IntColumn {
  readonly storage = 'int';
  values: Int32Array;
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new Int32Array(capacity);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    this.values = grown(this.values, new Int32Array(capacity));
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.values[i];
  }

  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.values[i] = value as number;
  }

  copyFrom(from: IntColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
  }
}

export class BigintColumn {
  readonly storage = 'bigint';
  values: BigInt64Array;
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new BigInt64Array(capacity);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    const values = new BigInt64Array(capacity);
    values.set(this.values);
    this.values = values;
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.values[i];
  }

  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.values[i] = value === null ? 0n : (value as bigint);
  }

  copyFrom(from: BigintColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
  }
}

export class DoubleColumn {
  readonly storage = 'double';
  values: Float64Array;
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    this.values = grown(this.values, new Float64Array(capacity));
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.values[i];
  }

  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.values[i] = value as number;
  }

  copyFrom(from: DoubleColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
  }
}

/** Milliseconds in `values`; `nanos` (0 … 999999 within the millisecond) exists only once a row needed it. */
export class TimestampColumn {
  readonly storage = 'timestamp';
  values: Float64Array;
  nanos: Int32Array | null = null;
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.values.length) return;
    this.values = grown(this.values, new Float64Array(capacity));
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
    if (this.nanos !== null) this.nanos = grown(this.nanos, new Int32Array(capacity));
  }

  get(i: number): Value {
    if (this.nulls[i] === 1) return null;
    return this.nanos === null ? this.values[i] : timestampOf(this.values[i], this.nanos[i]);
  }

  set(i: number, value: Value): void {
    if (value === null) {
      this.nulls[i] = 1;
      return;
    }
    this.nulls[i] = 0;
    this.values[i] = millisOf(value as TimestampValue);
    this.setNanos(i, nanosOf(value as TimestampValue));
  }

  /** Sets the digits below the millisecond of row i, 0 … 999999. */
  setNanos(i: number, nanos: number): void {
    if (this.nanos === null) {
      if (nanos === 0) return;
      this.nanos = new Int32Array(this.values.length);
    }
    this.nanos[i] = nanos;
  }

  copyFrom(from: TimestampColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
    if (from.nanos !== null) this.setNanos(toRow, from.nanos[fromRow]);
    else if (this.nanos !== null) this.nanos[toRow] = 0;
  }
}

/**
 * Codes for the strings a source meets, so that a key can be found by a small integer. Codes count from 0 and never change
 * their meaning; a source that meets too many strings starts a new dictionary. Whoever remembers something by code remembers
 * for which dictionary.
 */
export class TextDictionary {
  readonly values: string[] = [];
}

/**
 * Strings, and while `dictionary` is not null their codes, too. Rows may be given codes alone (`useCodes`); their strings are
 * looked up when somebody asks for `values`.
 */
export class TextColumn {
  readonly storage = 'text';
  nulls: Uint8Array;
  dictionary: TextDictionary | null = null;
  codes: Int32Array;
  private strings: string[];
  /** Rows 0 … codedRows - 1 have codes, and nothing in `strings` yet. */
  private codedRows = 0;

  constructor(capacity: number) {
    this.strings = new Array<string>(capacity).fill('');
    this.nulls = new Uint8Array(capacity);
    this.codes = new Int32Array(0);
  }

  get values(): string[] {
    if (this.codedRows > 0) this.lookUp();
    return this.strings;
  }

  reserve(capacity: number): void {
    if (capacity <= this.nulls.length) return;
    for (let i = this.strings.length; i < capacity; i++) this.strings.push('');
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
    if (this.dictionary !== null) this.codes = grown(this.codes, new Int32Array(capacity));
  }

  /** Begins anew, without rows. From now on every row must be given its code of this dictionary; with null, its string. */
  begin(dictionary: TextDictionary | null): void {
    this.codedRows = 0;
    this.dictionary = dictionary;
    if (dictionary !== null && this.codes.length < this.nulls.length) this.codes = new Int32Array(this.nulls.length);
  }

  /** Keeps the rows, from now on as strings only. */
  keepAsStrings(): void {
    if (this.codedRows > 0) this.lookUp();
    this.dictionary = null;
  }

  /** Says that rows 0 … rows - 1, where they are not NULL, have been given their codes and no strings. */
  useCodes(rows: number): void {
    this.codedRows = rows;
  }

  /** The string of a row that is not NULL. */
  textAt(i: number): string {
    return i < this.codedRows ? this.dictionary!.values[this.codes[i]] : this.strings[i];
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.textAt(i);
  }

  /** Only for a column without dictionary; NULL for any. */
  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.strings[i] = value === null ? '' : (value as string);
  }

  /** Copies the string, not the code. */
  copyFrom(from: TextColumn, fromRow: number, toRow: number): void {
    const isNull = from.nulls[fromRow];
    this.nulls[toRow] = isNull;
    this.strings[toRow] = isNull === 1 ? '' : from.textAt(fromRow);
  }

  private lookUp(): void {
    const { codes, strings, nulls } = this;
    const { values } = this.dictionary!;
    for (let i = 0, rows = this.codedRows; i < rows; i++) strings[i] = nulls[i] === 1 ? '' : values[codes[i]];
    this.codedRows = 0;
  }
}

export class ObjectColumn {
  readonly storage = 'object';
  values: Value[];
  nulls: Uint8Array;

  constructor(capacity: number) {
    this.values = new Array<Value>(capacity).fill(null);
    this.nulls = new Uint8Array(capacity);
  }

  reserve(capacity: number): void {
    if (capacity <= this.nulls.length) return;
    for (let i = this.values.length; i < capacity; i++) this.values.push(null);
    this.nulls = grown(this.nulls, new Uint8Array(capacity));
  }

  get(i: number): Value {
    return this.nulls[i] === 1 ? null : this.values[i];
  }

  set(i: number, value: Value): void {
    this.nulls[i] = value === null ? 1 : 0;
    this.values[i] = value;
  }

  copyFrom(from: ObjectColumn, fromRow: number, toRow: number): void {
    this.values[toRow] = from.values[fromRow];
    this.nulls[toRow] = from.nulls[fromRow];
  }
}

/** Copies one value between two columns of the same storage; the target must have the row. */
export function copyValue(from: Column, fromRow: number, to: Column, toRow: number): void {
  to.copyFrom(from as never, fromRow, toRow);
}

function grown<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
