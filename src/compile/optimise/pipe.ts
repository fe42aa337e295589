import { assert } from '../../base/assert.ts';
import * as sql from '../../types/sql-type.ts';
import { withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../../plan/expression.ts';
import type { RowNumberRelation, WindowTableRelation } from '../bind/relation.ts';

/**
 * Filters and projections that have not become a node yet, on top of a base: so that neighbours melt into one pass, and an
 * aggregation can look through them for its window.
 */
export interface Pipe {
  readonly base: PipeBase;
  /** Over the base's columns. */
  readonly condition: Expression | null;
  /** One for each field of the relation, over the base's columns; undefined for what nobody needs. */
  readonly projection: readonly (Expression | undefined)[];
}

export type PipeBase =
  /** A node of the plan. */
  | { readonly kind: 'node'; readonly node: number }
  /** Window columns that are still to be appended to the rows of `input`. */
  | { readonly kind: 'window-table'; readonly relation: WindowTableRelation; readonly input: Pipe }
  /** Row numbers that a filter must bound before they can be computed. */
  | { readonly kind: 'row-number'; readonly relation: RowNumberRelation; readonly input: Pipe };

/** A pipe that passes the base's columns on: `columns[i]` is the base's column that field i is. */
export function pipeOf(base: PipeBase, columns: readonly (Expression | undefined)[]): Pipe {
  return { base, condition: null, projection: columns };
}

/** An expression over the relation's fields → over the base's columns. */
export function through(pipe: Pipe, expression: Expression): Expression {
  switch (expression.kind) {
    case 'literal':
      return expression;
    case 'column': {
      const below = pipe.projection[expression.index];
      assert(below !== undefined, `column ${expression.index} was not asked for`);
      return below;
    }
    case 'call':
      return { ...expression, args: expression.args.map((arg) => through(pipe, arg)) };
  }
}

/** All of them hold; null is no condition. */
export function and(conditions: readonly (Expression | null)[]): Expression | null {
  const parts = conditions.flatMap((condition) => (condition === null ? [] : conjuncts(condition)));
  if (parts.length <= 1) return parts[0] ?? null;
  return {
    kind: 'call',
    function: 'AND',
    args: parts,
    type: withNullable(
      sql.BOOLEAN,
      parts.some((part) => part.type.nullable),
    ),
  };
}

export function conjuncts(condition: Expression): readonly Expression[] {
  return condition.kind === 'call' && condition.function === 'AND' ? condition.args.flatMap(conjuncts) : [condition];
}
