import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';

/** Messages in the order in which they are to be sent. */
export interface MessageStream {
  /** When the next message is to be sent, in milliseconds since 1970 UTC; Infinity when there is none. Never goes back. */
  nextTime(): number;
  /**
   * Appends messages that are due at `until`, at most `limit`, each to the builder of its partition; stops when one is full.
   * Answers how many. The record's timestamp is the time it was due.
   */
  fill(partitions: readonly RecordBlobBuilder[], until: number, limit: number): number;
  close?(): void;
}
