import type { RecordBatch } from '../../connectors/record-batch.ts';
import type { Batch } from '../../types/batch.ts';
import type { Column } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { TextDecoder } from '../text-decoder.ts';
import { JSON_DECODER_PARAMETERS, jsonDecoderSource, layoutWords } from './json-decoder-code.ts';
import { JsonFieldFinder } from './json-field-finder.ts';
import { followsLayout, isSameLayout, plainLayout, recordLayout, type JsonLayout } from './json-layout.ts';
import type { JsonOptions } from './json-options.ts';

/** Layouts that code is generated for, at most. */
const MAX_LAYOUTS = 4;
/** A call for fewer records goes on with the layout at hand. */
const SAMPLED_CALL = 256;
/** Records at the beginning of a call that are looked at, and their largest size. */
const SAMPLE_RECORDS = 8;
const MAX_SAMPLE_BYTES = 65_536;

/** What generated code calls for what is rare. Positions of -1 and answers of false mean: give the record up. */
export interface JsonRuntime {
  readonly powers: Float64Array;
  readValue(field: number, row: number, bytes: Uint8Array, at: number, end: number): number;
  day(bytes: Uint8Array, at: number): number;
  digits(bytes: Uint8Array, start: number, end: number): number;
  double(bytes: Uint8Array, start: number, end: number, fraction: number): number;
  float(bytes: Uint8Array, start: number, end: number): number;
  putBigint(bytes: Uint8Array, start: number, end: number, minus: boolean, words: Int32Array, row: number): boolean;
  slow(records: RecordBatch, record: number, row: number): boolean;
}

export type GeneratedDecode = (
  records: RecordBatch,
  from: number,
  to: number,
  batch: Batch,
  columns: readonly Column[],
  texts: readonly (TextDecoder | null)[],
  recordOfRow: Int32Array,
) => void;

interface LayoutDecoder {
  readonly layout: JsonLayout;
  readonly decode: GeneratedDecode;
}

/**
 * The generated decoders of a table, one for each way in which its records are written. Any of them reads any record; the one
 * for the record's layout reads it fastest. A new layout gets a decoder once it was met twice, and the first one at once.
 */
export class JsonFastPath {
  readonly #schema: Schema;
  readonly #names: readonly string[];
  readonly #options: JsonOptions;
  readonly #runtime: JsonRuntime;
  readonly #finder: JsonFieldFinder;
  readonly #decoders: LayoutDecoder[] = [];
  #current: LayoutDecoder | undefined;
  #met: JsonLayout | undefined;

  constructor(schema: Schema, options: JsonOptions, runtime: JsonRuntime) {
    this.#schema = schema;
    this.#names = schema.map(({ name }) => name);
    this.#options = options;
    this.#runtime = runtime;
    this.#finder = new JsonFieldFinder(this.#names);
  }

  /** The decoder for records `from` … `to - 1`. */
  decoderFor(records: RecordBatch, from: number, to: number): GeneratedDecode {
    if (this.#current === undefined || to - from >= SAMPLED_CALL) this.#choose(this.#sample(records, from, to));
    this.#current ??= this.#generate(plainLayout(this.#names));
    return this.#current.decode;
  }

  #choose(layout: JsonLayout | undefined): void {
    if (layout === undefined || layout === this.#current?.layout) return;
    const known = this.#decoders.find((decoder) => isSameLayout(decoder.layout, layout));
    if (known !== undefined) this.#current = known;
    else if (this.#decoders.length < MAX_LAYOUTS) {
      const isNew = this.#met === undefined || !isSameLayout(this.#met, layout);
      this.#met = layout;
      if (this.#current === undefined || !isNew) this.#current = this.#generate(layout);
    }
  }

  #sample({ bytes, valueStarts, valueEnds }: RecordBatch, from: number, to: number): JsonLayout | undefined {
    for (let i = from; i < Math.min(to, from + SAMPLE_RECORDS); i++) {
      const start = valueStarts[i];
      let end = valueEnds[i];
      while (end > start && bytes[end - 1] <= 0x20) end--;
      if (end <= start || bytes[end - 1] !== 0x7d || end - start > MAX_SAMPLE_BYTES) continue;
      // Nearly always so: no layout is made for it.
      const current = this.#current?.layout;
      if (current !== undefined && followsLayout(current, this.#names, this.#finder, bytes, start, end)) return current;
      const layout = recordLayout(this.#names, this.#finder, bytes, start, end);
      if (layout !== undefined) return layout;
    }
    return undefined;
  }

  #generate(layout: JsonLayout): LayoutDecoder {
    const create = new Function(...JSON_DECODER_PARAMETERS, jsonDecoderSource(this.#schema, this.#options, layout)) as (
      words: Int32Array,
      runtime: JsonRuntime,
      finder: JsonFieldFinder,
    ) => GeneratedDecode;
    const decoder = { layout, decode: create(layoutWords(layout), this.#runtime, this.#finder) };
    this.#decoders.push(decoder);
    return decoder;
  }
}
