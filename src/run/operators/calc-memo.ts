import { createBatch, type Batch } from '../../types/batch.ts';
import { createColumns, type Schema } from '../../types/schema.ts';
import { TextDictionary, type Column, type TextColumn } from '../../types/column.ts';
import { copyValue } from '../../types/column.ts';
import { gatherColumn } from '../state/columns.ts';

/** Texts that a dictionary gains are computed so many at a time. */
const CHUNK_ROWS = 256;
const UNKNOWN = -2;
const FILTERED = -1;

/**
 * Remembers what a calc makes of each text of a dictionary, where all that it computes depends on one text column: a line that
 * comes again is not taken apart again. Computed texts get a dictionary of their own, so that a key among them is found by its code.
 * What is remembered lives as long as the input's dictionary, which the source bounds.
 */
export class CalcMemo {
  readonly #run: (input: Batch, output: Batch, rows: Int32Array) => number;
  readonly #column: number;
  readonly #outputSchema: Schema;
  readonly #computed: readonly number[];
  readonly #isFiltering: boolean;
  /** The texts that are new, as rows of the calc's input: only the one column is filled. */
  readonly #texts: Batch;
  readonly #results: Batch;
  readonly #resultRows = new Int32Array(CHUNK_ROWS);
  #dictionary: TextDictionary | null = null;
  /** Row of `#known` by code + 1 (0 is NULL), or UNKNOWN or FILTERED. */
  #rowOfCode = new Int32Array(0);
  #known: Column[] = [];
  #knownRows = 0;
  #codes: (Map<string, number> | null)[] = [];
  #memoRows = new Int32Array(0);

  constructor(
    run: (input: Batch, output: Batch, rows: Int32Array) => number,
    column: number,
    inputSchema: Schema,
    outputSchema: Schema,
    computed: readonly number[],
    isFiltering: boolean,
  ) {
    this.#run = run;
    this.#column = column;
    this.#outputSchema = outputSchema;
    this.#computed = computed;
    this.#isFiltering = isFiltering;
    this.#texts = createBatch(inputSchema, CHUNK_ROWS);
    this.#results = createBatch(outputSchema, CHUNK_ROWS);
  }

  /**
   * Does what the calc's generated code does for the whole batch: fills the computed columns of `columns`, and `rows` with the
   * input rows that pass; answers how many, or -1 when the text column has no dictionary.
   */
  apply(input: Batch, columns: readonly Column[], rows: Int32Array): number {
    const text = input.columns[this.#column] as TextColumn;
    if (text.dictionary === null) return -1;
    if (text.dictionary !== this.#dictionary) this.#forget(text.dictionary);
    this.#learn(text, input.length);
    if (this.#memoRows.length < input.length) this.#memoRows = new Int32Array(input.length);
    const memoRows = this.#memoRows;
    const rowOfCode = this.#rowOfCode;
    const { codes, nulls } = text;
    let count = 0;
    for (let i = 0, length = input.length; i < length; i++) {
      const row = rowOfCode[nulls[i] === 1 ? 0 : codes[i] + 1];
      if (row === FILTERED) continue;
      rows[count] = i;
      memoRows[count++] = row;
    }
    for (const column of this.#computed) gatherColumn(this.#known[column], memoRows, count, columns[column]);
    return count;
  }

  #forget(dictionary: TextDictionary): void {
    this.#dictionary = dictionary;
    this.#rowOfCode = new Int32Array(dictionary.values.length + 1).fill(UNKNOWN);
    this.#known = createColumns(this.#outputSchema, CHUNK_ROWS);
    this.#knownRows = 0;
    this.#codes = this.#known.map((column) => {
      if (column.storage !== 'text') return null;
      column.begin(new TextDictionary());
      return new Map();
    });
  }

  /** Computes the rows of all texts of the batch that are not known yet. */
  #learn(text: TextColumn, length: number): void {
    const needed = text.dictionary!.values.length + 1;
    if (this.#rowOfCode.length < needed) {
      const grown = new Int32Array(Math.max(needed, this.#rowOfCode.length * 2)).fill(UNKNOWN);
      grown.set(this.#rowOfCode);
      this.#rowOfCode = grown;
    }
    const pending: number[] = [];
    for (let i = 0; i < length; i++) {
      const slot = text.nulls[i] === 1 ? 0 : text.codes[i] + 1;
      if (this.#rowOfCode[slot] !== UNKNOWN) continue;
      this.#rowOfCode[slot] = FILTERED;
      (this.#texts.columns[this.#column] as TextColumn).set(pending.push(slot) - 1, slot === 0 ? null : text.textAt(i));
      if (pending.length === CHUNK_ROWS) this.#compute(pending);
    }
    if (pending.length > 0) this.#compute(pending);
  }

  #compute(pending: number[]): void {
    this.#texts.length = pending.length;
    const count = this.#run(this.#texts, this.#results, this.#resultRows);
    for (const column of this.#known) column.reserve(Math.max(this.#knownRows + count, CHUNK_ROWS) * 2);
    for (let row = 0; row < count; row++) {
      this.#rowOfCode[pending[this.#isFiltering ? this.#resultRows[row] : row]] = this.#knownRows;
      for (const column of this.#computed) this.#keep(column, row);
      this.#knownRows++;
    }
    pending.length = 0;
  }

  #keep(column: number, row: number): void {
    const known = this.#known[column];
    copyValue(this.#results.columns[column], row, known, this.#knownRows);
    if (known.storage !== 'text' || known.nulls[this.#knownRows] === 1) return;
    const codes = this.#codes[column]!;
    const value = known.values[this.#knownRows];
    let code = codes.get(value);
    if (code === undefined) {
      code = known.dictionary!.values.push(value) - 1;
      codes.set(value, code);
    }
    known.codes[this.#knownRows] = code;
  }
}
