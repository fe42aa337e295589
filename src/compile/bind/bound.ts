import type { Place } from '../../base/place.ts';
import type { ColumnExpression, Expression, LiteralExpression } from '../../plan/expression.ts';
import type { OverFrame } from '../../plan/node.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';

/**
 * An expression while its query is being bound: besides what a plan may hold there are calls of aggregate functions and
 * OVER windows, which the query turns into columns of operators of their own.
 */
export type Bound = ColumnExpression | LiteralExpression | BoundCall | BoundAggregate | BoundOver;

export interface BoundCall {
  readonly kind: 'call';
  readonly function: string;
  readonly args: readonly Bound[];
  readonly type: SqlType;
  readonly place?: Place;
}

export interface BoundAggregate {
  readonly kind: 'aggregate';
  readonly function: string;
  readonly args: readonly Bound[];
  readonly distinct: boolean;
  readonly filter: Bound | null;
  readonly type: SqlType;
  readonly place: Place;
}

export interface BoundOver {
  readonly kind: 'over';
  /** An aggregate function, or ROW_NUMBER, RANK, DENSE_RANK. */
  readonly function: string;
  readonly args: readonly Bound[];
  readonly distinct: boolean;
  readonly filter: Bound | null;
  readonly partition: readonly Bound[];
  readonly order: readonly BoundOrder[];
  /** Undefined when none is written. */
  readonly frame: OverFrame | undefined;
  readonly type: SqlType;
  readonly place: Place;
  readonly windowPlace: Place;
}

export interface BoundOrder {
  readonly expression: Bound;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  readonly place: Place;
}

/** Equal texts for expressions that mean the same. */
export function keyOf(bound: Bound): string {
  switch (bound.kind) {
    case 'column':
      return `#${bound.index}`;
    case 'literal':
      return `${valueKey(bound.value)}:${JSON.stringify(bound.type)}`;
    case 'call':
      return `${bound.function}(${bound.args.map(keyOf).join(',')}):${JSON.stringify(bound.type)}`;
    case 'aggregate':
      return `agg ${aggregateKey(bound)}`;
    case 'over':
      return `over ${aggregateKey(bound)} ${windowKey(bound)}`;
  }
}

function aggregateKey(call: BoundAggregate | BoundOver): string {
  const filter = call.filter === null ? '' : keyOf(call.filter);
  return `${call.function}(${call.distinct ? 'distinct ' : ''}${call.args.map(keyOf).join(',')}) filter ${filter}`;
}

/** Equal texts for OVER windows that are the same. */
export function windowKey(over: BoundOver): string {
  const order = over.order.map((item) => `${keyOf(item.expression)} ${item.descending} ${item.nullsFirst}`);
  return JSON.stringify([over.partition.map(keyOf), order, over.frame && [over.frame.unit, String(over.frame.preceding)]]);
}

export function valueKey(value: Value): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
}

/** Calls `visit` for the expression and all its parts, outermost first; stops descending where it answers false. */
export function walk(bound: Bound, visit: (part: Bound) => boolean | void): void {
  if (visit(bound) === false) return;
  for (const part of partsOf(bound)) walk(part, visit);
}

export function partsOf(bound: Bound): readonly Bound[] {
  switch (bound.kind) {
    case 'column':
    case 'literal':
      return [];
    case 'call':
      return bound.args;
    case 'aggregate':
      return bound.filter === null ? bound.args : [...bound.args, bound.filter];
    case 'over': {
      const parts = [...bound.args, ...bound.partition, ...bound.order.map((item) => item.expression)];
      return bound.filter === null ? parts : [...parts, bound.filter];
    }
  }
}

/** Rebuilds an expression: `replace` answers what stands for a part, or undefined to look into it. */
export function rewrite(bound: Bound, replace: (part: Bound) => Bound | undefined): Bound {
  const replaced = replace(bound);
  if (replaced !== undefined) return replaced;
  const again = (part: Bound): Bound => rewrite(part, replace);
  switch (bound.kind) {
    case 'column':
    case 'literal':
      return bound;
    case 'call':
      return { ...bound, args: bound.args.map(again) };
    case 'aggregate':
      return { ...bound, args: bound.args.map(again), filter: bound.filter && again(bound.filter) };
    case 'over':
      return {
        ...bound,
        args: bound.args.map(again),
        filter: bound.filter && again(bound.filter),
        partition: bound.partition.map(again),
        order: bound.order.map((item) => ({ ...item, expression: again(item.expression) })),
      };
  }
}

/** The expression as a plan takes it; there must be no aggregate in it any more. */
export function toExpression(bound: Bound): Expression {
  return bound as Expression;
}
