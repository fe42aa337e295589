import type { Place } from '../base/place.ts';
import type { ConnectedTable } from '../connectors/connector.ts';
import type { Schema } from '../types/schema.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';
import type { GeneratedCode } from './code.ts';
import type { Expression } from './expression.ts';

/**
 * The plan: a graph of plain data, the contract between compile and run. Nodes are listed so that inputs come before the
 * nodes that read them; a node may feed several. Every node has the schema of the rows it gives and says what its changelog
 * may hold: `insert` only +I; `retract` all four kinds with full rows.
 */
export type PlanNode =
  | ScanNode
  | ValuesNode
  | CalcNode
  | WatermarkNode
  | UnionNode
  | ExpandNode
  | WindowAssignNode
  | WindowAggregateNode
  | GroupAggregateNode
  | OverNode
  | WindowRankNode
  | RankNode
  | NormalizeNode
  | UpsertMaterializeNode
  | SinkNode;

export type PlanKind = PlanNode['kind'];

interface NodeBase {
  /** Position in the list of nodes. */
  readonly id: number;
  readonly inputs: readonly number[];
  readonly schema: Schema;
  readonly changelog: 'insert' | 'retract';
  /** Where in the file the operator comes from. */
  readonly place?: Place;
}

/** Reads a table: the connector's records, decoded; then the METADATA columns, in the order of `table.metadata`. */
export interface ScanNode extends NodeBase {
  readonly kind: 'scan';
  readonly table: ConnectedTable;
}

/** Rows that stand in the query: VALUES, or a SELECT without FROM (one row). */
export interface ValuesNode extends NodeBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Value[])[];
}

/**
 * Filter and projection in one pass. Each output column is an expression over the input. `code`, generated from them, is
 * `(input: Batch, output: Batch, rows: Int32Array) => number`: it goes over all rows of the input, writes the surviving
 * ones to the output's columns from 0 on, and answers how many there are. With a condition it also puts the input row of each
 * output row into `rows`. The output's columns and `rows` have place for `input.length` rows. The code neither writes nor reads
 * output columns whose projection is a plain column of the input (the operator shares or copies those), and leaves
 * length, kinds and watermarks to the operator.
 */
export interface CalcNode extends NodeBase {
  readonly kind: 'calc';
  readonly condition: Expression | null;
  readonly projection: readonly Expression[];
  readonly code: GeneratedCode;
  /** All that is computed, and the condition, depends on this text column alone: what came of a text can be remembered. */
  readonly memo?: number;
  /** Of an update of which the condition keeps one side, a kept -U becomes -D, a kept +U becomes +I. */
  readonly singleChanges?: boolean;
}

/**
 * Assigns watermarks: `expression` over the input, in milliseconds. After each row the split's watermark is the largest value
 * so far (NULL moves nothing). `code` is `(input: Batch, target: Float64Array) => void`: target[i] gets row i's value, NaN
 * for NULL.
 */
export interface WatermarkNode extends NodeBase {
  readonly kind: 'watermark';
  readonly rowtime: number;
  readonly expression: Expression;
  /** A split that is silent for so long no longer holds the watermark back; 0 is never. `table.exec.source.idle-timeout`. */
  readonly idleTimeoutMs: number;
  /**
   * When every split is silent for so long the watermark goes on with the clock; 0 is never.
   * `isobar.source.advance-when-idle`.
   */
  readonly advanceWhenIdleMs: number;
  readonly code: GeneratedCode;
}

/** UNION ALL. All inputs have the schema's types. */
export interface UnionNode extends NodeBase {
  readonly kind: 'union';
}

/**
 * Gives every row once for each grouping set, with NULL in the columns the set leaves out; the set's number (Flink's
 * grouping id: bit 1 for a column left out, first column highest; above those bits the count of equal sets before it) is
 * appended as the last column, a BIGINT.
 */
export interface ExpandNode extends NodeBase {
  readonly kind: 'expand';
  /** For each grouping set: the indexes of the input columns that become NULL, and the set's number. */
  readonly sets: readonly { readonly nulls: readonly number[]; readonly id: bigint }[];
}

/**
 * TUMBLE, HOP, CUMULATE: all in milliseconds; `offset` shifts the windows. `attached`: the rows carry their window already
 * (from an earlier window operator) in the columns window_start and window_end (TIMESTAMP(3); for a TIMESTAMP_LTZ time
 * column, `local`, they are local times): rows are grouped by them, and the window fires when the watermark reaches its end - 1 ms.
 */
export type WindowSpec =
  | { readonly kind: 'tumble'; readonly size: number; readonly offset: number }
  | { readonly kind: 'hop'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'cumulate'; readonly maxSize: number; readonly step: number; readonly offset: number }
  | { readonly kind: 'attached'; readonly startColumn: number; readonly endColumn: number; readonly local: boolean };

/**
 * A windowing table function whose rows are not aggregated at once: appends window_start, window_end (TIMESTAMP(3)) and
 * window_time (rowtime: end - 1 ms), and gives a row once for each of its windows. Rows with NULL time are dropped.
 * `timeColumn` is the rowtime column; for a TIMESTAMP_LTZ column windows are those of local time.
 */
export interface WindowAssignNode extends NodeBase {
  readonly kind: 'window-assign';
  readonly window: WindowSpec;
  readonly timeColumn: number;
}

/** One call of an aggregate function over columns of the operator's input. */
export interface AggregateCall {
  readonly function: string;
  /** Columns of the input. */
  readonly args: readonly number[];
  readonly argTypes: readonly SqlType[];
  /** Constant arguments (a separator), in place of a column: `literals[i]` where present. */
  readonly literals: readonly (Value | undefined)[];
  readonly distinct: boolean;
  /** FILTER (WHERE …): a BOOLEAN column of the input, or -1. */
  readonly filter: number;
  readonly type: SqlType;
}

/**
 * GROUP BY over windows. Rows: `keys` (input columns), then the aggregates, then the window properties asked for.
 * A window fires once, when the watermark reaches its end - 1 ms; rows of a window that fired are late and dropped.
 * `emitEmpty`: false always; a window without rows gives nothing.
 */
export interface WindowAggregateNode extends NodeBase {
  readonly kind: 'window-aggregate';
  readonly window: WindowSpec;
  readonly timeColumn: number;
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  /** As Flink's local and global aggregation: it shows in the last digits of sums of doubles. */
  readonly twoPhase: boolean;
  /** Which of start, end, and time (end - 1 ms, the rowtime going on) to append, in this order of columns. */
  readonly properties: readonly ('start' | 'end' | 'time')[];
  /** Columns of the input that are the row as the table has it: what is kept of a late one. */
  readonly lateRow?: readonly { readonly name: string; readonly column: number }[];
  readonly code: AggregateCode;
}

/** GROUP BY without windows: a retracting changelog, `+I`, then `-U` `+U`, `-D` when the last row is taken back. Rows: keys, then aggregates. */
export interface GroupAggregateNode extends NodeBase {
  readonly kind: 'group-aggregate';
  readonly keys: readonly number[];
  readonly aggregates: readonly AggregateCall[];
  /** `table.exec.state.ttl` in milliseconds; 0 keeps state for ever. */
  readonly stateTtlMs: number;
  /** The input takes rows back, so that aggregates must be able to. */
  readonly retracting: boolean;
  readonly code: AggregateCode;
}

/**
 * Generated code of a keyed aggregation: `() => Accumulators`, the functions that keep one accumulator for each slot (a small
 * integer for each key). See run/state/accumulators.ts for what they take. What they can do beyond accumulating depends on
 * the node: windows merge panes, a retracting GROUP BY and bounded OVER frames take rows back.
 */
export interface AggregateCode {
  readonly accumulators: GeneratedCode;
}

/**
 * OVER windows ordered by one time attribute ascending. Rows: the input's columns, then one per aggregate. With rowtime,
 * rows wait until the watermark passes them and come out in order of time (arrival order among equals); late ones are
 * dropped. With proctime, each row comes out at once.
 * All aggregates of a node share partition, order and frame.
 */
export interface OverNode extends NodeBase {
  readonly kind: 'over';
  readonly partition: readonly number[];
  readonly orderColumn: number;
  readonly time: 'rowtime' | 'proctime';
  readonly frame: OverFrame;
  readonly aggregates: readonly AggregateCall[];
  readonly stateTtlMs: number;
  readonly code: AggregateCode;
}

/** `preceding` in rows or milliseconds; Infinity is UNBOUNDED PRECEDING. The frame ends at the current row (RANGE: with its peers). */
export interface OverFrame {
  readonly unit: 'rows' | 'range';
  readonly preceding: number;
}

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/**
 * ROW_NUMBER Top-N (or, with a limit of 1, de-duplication) within windows: partition, window_start and window_end. Keeps at
 * most `end` rows per key and window, gives them when the window has passed, in rank order. Rows: the input's, then the
 * rank (BIGINT) when `withRank`. Ranks `start` … `end`, from 1. Among equals the earlier arrival goes first.
 */
export interface WindowRankNode extends NodeBase {
  readonly kind: 'window-rank';
  readonly partition: readonly number[];
  readonly windowEnd: number;
  /** Windows are those of local time (their time column is TIMESTAMP_LTZ). */
  readonly local: boolean;
  readonly order: readonly SortKey[];
  readonly start: number;
  readonly end: number;
  readonly withRank: boolean;
  /** De-duplication that keeps the last row by rowtime: among equals the later arrival wins. */
  readonly laterWins: boolean;
}

/**
 * Continuous Top-N and de-duplication, also ORDER BY … LIMIT: the rows of rank `start` … `end` per partition as a
 * retracting changelog. Among equals the earlier arrival goes first (for de-duplication on rowtime descending the later,
 * `laterWins`).
 */
export interface RankNode extends NodeBase {
  readonly kind: 'rank';
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  readonly start: number;
  readonly end: number;
  readonly withRank: boolean;
  readonly laterWins: boolean;
  readonly retracting: boolean;
  readonly stateTtlMs: number;
}

/** Turns upserts by key (upsert-kafka) into a full changelog with -U. */
export interface NormalizeNode extends NodeBase {
  readonly kind: 'normalize';
  readonly keys: readonly number[];
  readonly stateTtlMs: number;
}

/**
 * In front of a sink whose PRIMARY KEY is not what the changelog updates rows by: of all rows that have a key now, the sink is to
 * hold the one that came last. Gives `+I`, `+U` without `-U`, and `-D` by key. Flink's SinkUpsertMaterializer.
 */
export interface UpsertMaterializeNode extends NodeBase {
  readonly kind: 'upsert-materialize';
  /** The sink's primary key. */
  readonly keys: readonly number[];
  /** Columns that tell the input's rows apart; null where only a whole row does. */
  readonly upsertKey: readonly number[] | null;
  /** `-U` counts for nothing where `+U` has the same key: the sink takes upserts by the query's own key. */
  readonly ignoresUpdateBefore: boolean;
  readonly stateTtlMs: number;
}

/** Writes to a table. `schema` is the sink's physical columns then its writable metadata columns. A bare SELECT has `table` null and `tableau` names. */
export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly table: ConnectedTable | null;
  /** Columns that identify a row for an upsert sink; empty without a primary key. */
  readonly primaryKey: readonly number[];
  /** `table.exec.sink.not-null-enforcer`: what to do with NULL in a NOT NULL column. */
  readonly notNull: 'ERROR' | 'DROP';
}

export type { Expression };
