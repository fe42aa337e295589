import type { Zone } from '../functions/time-zone.ts';
import { parseDateText } from './date-text.ts';

export type ColumnType = 'number' | 'boolean' | 'date' | 'keyword' | 'text';

/** Texts of a field with more distinct values than this are not kept. */
const MOST_KEYWORDS = 65_536;
const FIRST_CAPACITY = 1024;

/**
 * One field of the documents of an index. Numbers, booleans (0 and 1) and dates (instants) are in `numbers`, NaN where there is
 * none; keywords are codes of `keywords` in `codes`, -1 where there is none. Texts with too many values are only known to be there.
 */
export class IndexColumn {
  readonly name: string;
  type: ColumnType;
  numbers: Float64Array;
  codes: Int32Array;
  readonly keywords: string[] = [];
  readonly #zone: Zone;
  readonly #codeOf = new Map<string, number>();
  #lastText = '';
  #lastTime = NaN;

  constructor(name: string, type: ColumnType, capacity: number, zone: Zone) {
    this.name = name;
    this.type = type;
    this.#zone = zone;
    this.numbers = this.#isNumeric ? new Float64Array(capacity).fill(NaN) : new Float64Array(0);
    this.codes = type === 'keyword' ? new Int32Array(capacity).fill(-1) : new Int32Array(0);
  }

  /** The type that a first value asks for; undefined for values that are not kept (objects, arrays). */
  static typeOf(value: unknown, zone: Zone): ColumnType | undefined {
    if (typeof value === 'number' || isNotFinite(value)) return 'number';
    if (typeof value === 'boolean') return 'boolean';
    if (typeof value === 'string') return Number.isNaN(parseDateText(value, zone)) ? 'keyword' : 'date';
    return undefined;
  }

  /** Sets row i; false when the value does not fit the type, so that the column must become one of keywords. */
  set(row: number, value: unknown): boolean {
    switch (this.type) {
      case 'number':
      case 'boolean': {
        if (value !== null && typeof value !== this.type && !(this.type === 'number' && isNotFinite(value))) return false;
        this.#reserve(row + 1);
        this.numbers[row] = value === null || isNotFinite(value) ? NaN : Number(value);
        return true;
      }
      case 'date': {
        const time = value === null ? NaN : typeof value === 'string' ? this.#timeOf(value) : undefined;
        if (time === undefined || (value !== null && Number.isNaN(time))) return false;
        this.#reserve(row + 1);
        this.numbers[row] = time;
        return true;
      }
      case 'keyword':
        this.#reserve(row + 1);
        if (value === null || typeof value === 'object') this.codes[row] = -1;
        else this.#setKeyword(row, String(value));
        return true;
      case 'text':
        return true;
    }
  }

  clear(row: number): void {
    if (row < this.numbers.length) this.numbers[row] = NaN;
    if (row < this.codes.length) this.codes[row] = -1;
  }

  /** Moves all rows down by `count`: the first ones are forgotten. */
  dropFirst(count: number): void {
    this.numbers.copyWithin(0, count);
    this.numbers.fill(NaN, Math.max(0, this.numbers.length - count));
    this.codes.copyWithin(0, count);
    this.codes.fill(-1, Math.max(0, this.codes.length - count));
  }

  /** Bytes that a row takes. */
  get rowBytes(): number {
    return this.#isNumeric ? 8 : this.type === 'keyword' ? 4 : 0;
  }

  get #isNumeric(): boolean {
    return this.type === 'number' || this.type === 'boolean' || this.type === 'date';
  }

  #timeOf(text: string): number {
    // Documents of one window have the same times.
    if (text !== this.#lastText) {
      this.#lastText = text;
      this.#lastTime = parseDateText(text, this.#zone);
    }
    return this.#lastTime;
  }

  #setKeyword(row: number, text: string): void {
    let code = this.#codeOf.get(text);
    if (code === undefined) {
      if (this.keywords.length === MOST_KEYWORDS) {
        this.type = 'text';
        this.codes = new Int32Array(0);
        this.keywords.length = 0;
        this.#codeOf.clear();
        return;
      }
      code = this.keywords.length;
      this.keywords.push(text);
      this.#codeOf.set(text, code);
    }
    this.codes[row] = code;
  }

  #reserve(rows: number): void {
    if (this.#isNumeric && this.numbers.length < rows)
      this.numbers = grown(this.numbers, new Float64Array(capacityFor(rows)), NaN);
    if (this.type === 'keyword' && this.codes.length < rows)
      this.codes = grown(this.codes, new Int32Array(capacityFor(rows)), -1);
  }
}

/** How Flink's json format writes a DOUBLE that is no number of JSON. */
const isNotFinite = (value: unknown): boolean => value === 'NaN' || value === 'Infinity' || value === '-Infinity';

const capacityFor = (rows: number): number => Math.max(FIRST_CAPACITY, Math.ceil(rows * 1.5));

function grown<T extends Float64Array | Int32Array>(from: T, to: T, missing: number): T {
  to.set(from);
  to.fill(missing, from.length);
  return to;
}
