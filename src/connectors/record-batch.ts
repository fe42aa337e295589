import type { Value } from '../types/value.ts';

/**
 * Records as a source reads them, not yet decoded: one buffer, and where in it each record's value and key lie.
 * A value (or key) is null where its end is before its start.
 */
export interface RecordBatch {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  /** Null when no record has a key. */
  readonly keyStarts: Int32Array | null;
  readonly keyEnds: Int32Array | null;
  /** Milliseconds since 1970 UTC: Kafka's record timestamps; null where the source has none. */
  readonly timestamps: Float64Array | null;
  /** What a metadata column may ask for and messages name: the topic or the file. */
  readonly origin: string;
  /** Kafka's partition; 0 for files. */
  readonly partition: number;
  /** The offset of record i (a file: its line, counted from 0). */
  offset(i: number): number;
  /** The part of the source with an order and a watermark of its own: topic and partition, or file. */
  readonly split: string;
  /** Where to go on in `split` once record i has been processed. */
  positionAfter(i: number): number;
  /** Kafka's record headers of record i, or null. */
  headers?(i: number): ReadonlyMap<string, Uint8Array> | null;
  /** The value of a METADATA column for record i: keys and types are those of `Connector.metadata`. */
  metadata?(key: string, i: number): Value;
}
