import type { ReportProblem, TableDeclaration, TableOption, BoundFormat } from '../connectors/connector.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import type { Batch } from '../types/batch.ts';
import type { Schema } from '../types/schema.ts';

/**
 * What was wrong with a record. `dropped` records give no row; the others give one in which `field` became NULL.
 * `found` is the offending text, shortened.
 */
export interface MalformedRecord {
  readonly record: number;
  readonly reason: string;
  readonly field?: string;
  readonly found?: string;
  readonly dropped: boolean;
}

export type ReportMalformed = (malformed: MalformedRecord) => void;

/**
 * Turns the values (or keys) of records into rows.
 *
 * `decode` reads records `from` … `to - 1`, appends rows at `batch.length` (which it advances) to the columns that `targets`
 * names, and notes in `recordOfRow[row]` which record each came from. A record gives one row or none. A null value gives none,
 * except in the raw format, as in Flink. The batch must have room for `to - from` rows.
 *
 * Where the options say that errors fail the job, it throws a MalformedRecordError; otherwise it reports and goes on.
 */
export interface Decoder {
  decode(records: RecordBatch, from: number, to: number, batch: Batch, recordOfRow: Int32Array, report: ReportMalformed): void;
}

/** Raised by a decoder whose options say that a malformed record fails the job. */
export class MalformedRecordError extends Error {
  override readonly name = 'MalformedRecordError';
  readonly malformed: MalformedRecord;

  constructor(malformed: MalformedRecord) {
    super(malformed.reason);
    this.malformed = malformed;
  }
}

/** Collects encoded rows one behind the other, reusing its buffer. */
export interface ByteSink {
  bytes: Uint8Array;
  length: number;
  /** Makes room for `more` bytes behind `length`. */
  reserve(more: number): void;
}

/** Writes row `row` of the batch as one message at the end of `out`. */
export interface Encoder {
  encode(batch: Batch, row: number, out: ByteSink): void;
}

/** One entry of the registry of formats. */
export interface Format {
  readonly name: string;
  readonly summary: string;
  /**
   * Reads the options that belong to this format. `prefix` is `json.`, `value.json.`, `key.json.` …; `options` has all of
   * the table's options and the format takes those with its prefix; unknown ones are reported with the nearest known name.
   */
  bind(prefix: string, options: ReadonlyMap<string, TableOption>, table: TableDeclaration, report: ReportProblem): BoundFormat;
  /** `targets[i]` is the column of the batch that physical field i goes to. */
  createDecoder?(bound: BoundFormat, schema: Schema, targets: readonly number[], context: FormatContext): Decoder;
  /** `sources[i]` is the column of the batch that field i comes from. */
  createEncoder?(bound: BoundFormat, schema: Schema, sources: readonly number[], context: FormatContext): Encoder;
  /** The JavaScript that a decoder for this schema is generated as, for `explain --code`. */
  decoderCode?(bound: BoundFormat, schema: Schema, targets: readonly number[]): string;
}

export interface FormatContext {
  readonly timeZone: string;
}
