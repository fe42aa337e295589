/** Where a Kafka source begins, `scan.startup.mode`. Offsets by partition. */
export type StartPosition =
  | { readonly mode: 'earliest-offset' | 'latest-offset' | 'group-offsets' }
  | { readonly mode: 'timestamp'; readonly timestamp: number }
  | { readonly mode: 'specific-offsets'; readonly offsets: Readonly<Record<string, number>> };

/** Where it ends, `scan.bounded.mode`. */
export type EndPosition =
  | { readonly mode: 'unbounded' | 'latest-offset' | 'group-offsets' }
  | { readonly mode: 'timestamp'; readonly timestamp: number }
  | { readonly mode: 'specific-offsets'; readonly offsets: Readonly<Record<string, number>> };

/** What the options of a kafka or upsert-kafka table say, defaults filled in. Exactly one of `topics` and `topicPattern` is set. */
export interface KafkaSettings {
  readonly topics: readonly string[] | null;
  /** A regular expression that the whole name must match. */
  readonly topicPattern: string | null;
  /** `properties.*` without the prefix, for Kafka's client. */
  readonly properties: Readonly<Record<string, string>>;
  readonly groupId: string;
  /** What `group-offsets` does for a group without offsets. */
  readonly autoOffsetReset: 'earliest' | 'latest' | 'none';
  readonly start: StartPosition;
  readonly end: EndPosition;
  /** How often to look for new topics and partitions; 0 is never. */
  readonly discoveryIntervalMs: number;
  readonly partitioner: 'default' | 'fixed' | 'round-robin';
  readonly deliveryGuarantee: 'exactly-once' | 'at-least-once' | 'none';
  readonly transactionalIdPrefix?: string;
  /** The physical columns that the key holds, in its order. */
  readonly keyFields: readonly string[];
  /** Stands in front of the key's columns in the table, but not in the key. */
  readonly keyFieldsPrefix: string;
  readonly valueFieldsInclude: 'ALL' | 'EXCEPT_KEY';
  /** `sink.buffer-flush.*`: of so many rows, or in so much time, only the last row of each key is written. */
  readonly bufferFlush?: { readonly maxRows: number; readonly intervalMs: number };
  readonly idleTimeoutMs?: number;
}
