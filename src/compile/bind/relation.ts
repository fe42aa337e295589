import type { Place } from '../../base/place.ts';
import type { Expression } from '../../plan/expression.ts';
import type { AggregateCall, OverFrame, SortKey, WindowSpec } from '../../plan/node.ts';
import type { Field } from '../../types/schema.ts';
import type { Value } from '../../types/value.ts';
import type { ConnectedTable } from '../../connectors/connector.ts';

/**
 * A query after binding: relational operators in a graph (a view that several queries read is one node with several
 * readers). The optimiser rewrites it; the planner turns it into the plan's nodes.
 */
export type Relation =
  | ScanRelation
  | ValuesRelation
  | ProjectRelation
  | FilterRelation
  | WatermarkRelation
  | WindowTableRelation
  | AggregateRelation
  | OverRelation
  | RowNumberRelation
  | UnionRelation
  | SortLimitRelation
  | SinkRelation
  | UnknownRelation;

/** A field, and what is known of a column that says in which window its row lies. */
export interface RelationField extends Field {
  readonly window?: WindowColumn;
  /** The rowtime by which rows were given windows: no time attribute any more, but de-duplication still takes it for one. */
  readonly wasRowtime?: true;
  /** After a mistake: only the name is known (`type`), not even that (`name`), or how many fields these are (`more`). */
  readonly unknown?: 'type' | 'name' | 'more';
}

/** Two columns belong to the same window when their `window` is the same object. */
export interface WindowColumn {
  readonly role: 'start' | 'end' | 'time';
  readonly window: WindowIdentity;
}

export interface WindowIdentity {
  readonly spec: WindowSpec;
  /** The time column is TIMESTAMP_LTZ: windows are those of local time. */
  readonly local: boolean;
  readonly time: 'rowtime' | 'proctime';
  /** Written as GROUP BY TUMBLE(…): Flink plans it apart from the windowing table functions, in one phase. */
  readonly legacy: boolean;
}

interface RelationBase {
  readonly fields: readonly RelationField[];
  readonly place: Place;
}

export interface ScanRelation extends RelationBase {
  readonly kind: 'scan';
  readonly table: ConnectedTable;
}

export interface ValuesRelation extends RelationBase {
  readonly kind: 'values';
  readonly rows: readonly (readonly Value[])[];
}

export interface ProjectRelation extends RelationBase {
  readonly kind: 'project';
  readonly input: Relation;
  readonly expressions: readonly Expression[];
}

export interface FilterRelation extends RelationBase {
  readonly kind: 'filter';
  readonly input: Relation;
  readonly condition: Expression;
}

export interface WatermarkRelation extends RelationBase {
  readonly kind: 'watermark';
  readonly input: Relation;
  readonly rowtime: number;
  readonly expression: Expression;
  /** `scan.watermark.idle-timeout` of the table; undefined when the job's setting counts. */
  readonly idleTimeoutMs: number | undefined;
}

/** Appends window_start, window_end, window_time to the input's fields. */
export interface WindowTableRelation extends RelationBase {
  readonly kind: 'window-table';
  readonly input: Relation;
  readonly window: WindowSpec;
  readonly timeColumn: number;
  readonly time: 'rowtime' | 'proctime';
}

/**
 * GROUP BY. Fields: the keys, then (with `sets`) the grouping id as a BIGINT, then the aggregates. `sets` lists for each
 * grouping set which keys it has.
 */
export interface AggregateRelation extends RelationBase {
  readonly kind: 'aggregate';
  readonly input: Relation;
  readonly keys: readonly number[];
  readonly sets: readonly (readonly number[])[] | null;
  readonly aggregates: readonly AggregateCall[];
}

/** Appends one field for each aggregate to the input's fields. */
export interface OverRelation extends RelationBase {
  readonly kind: 'over';
  readonly input: Relation;
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
  readonly time: 'rowtime' | 'proctime';
  readonly frame: OverFrame;
  readonly aggregates: readonly AggregateCall[];
}

/** Appends the row's number within its partition: a plan exists only where a filter above bounds it. */
export interface RowNumberRelation extends RelationBase {
  readonly kind: 'row-number';
  readonly input: Relation;
  readonly function: 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';
  readonly partition: readonly number[];
  readonly order: readonly SortKey[];
}

export interface UnionRelation extends RelationBase {
  readonly kind: 'union';
  readonly inputs: readonly Relation[];
}

/** ORDER BY with LIMIT. */
export interface SortLimitRelation extends RelationBase {
  readonly kind: 'sort-limit';
  readonly input: Relation;
  readonly order: readonly SortKey[];
  readonly offset: number;
  readonly limit: number;
}

/** `table` null prints the rows of a bare SELECT. */
export interface SinkRelation extends RelationBase {
  readonly kind: 'sink';
  readonly input: Relation;
  readonly table: ConnectedTable | null;
}

/** What a mistake left of a relation: its fields, as far as they are known. Never planned. */
export interface UnknownRelation extends RelationBase {
  readonly kind: 'unknown';
}

export function inputsOf(relation: Relation): readonly Relation[] {
  switch (relation.kind) {
    case 'scan':
    case 'values':
    case 'unknown':
      return [];
    case 'union':
      return relation.inputs;
    default:
      return [relation.input];
  }
}
