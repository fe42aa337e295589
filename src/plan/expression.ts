import type { Place } from '../base/place.ts';
import type { SqlType } from '../types/sql-type.ts';
import type { Value } from '../types/value.ts';

/** A bound expression over the columns of one input: names are resolved, types inferred, conversions explicit. Plain data. */
export type Expression = ColumnExpression | LiteralExpression | CallExpression;

export interface ColumnExpression {
  readonly kind: 'column';
  readonly index: number;
  readonly type: SqlType;
  readonly place?: Place;
}

export interface LiteralExpression {
  readonly kind: 'literal';
  readonly value: Value;
  readonly type: SqlType;
}

/**
 * A call of a scalar function, or of a special form, whose arguments are evaluated only when needed:
 * `AND`, `OR`, `CASE` (condition, result, condition, result, …, else), `COALESCE`.
 * Conversions are calls of `CAST` and `TRY_CAST` with one argument; `type` is the target.
 */
export interface CallExpression {
  readonly kind: 'call';
  readonly function: string;
  readonly args: readonly Expression[];
  readonly type: SqlType;
  readonly place?: Place;
}
