import { findFunction } from '../../functions/registry.ts';
import { isText } from '../../types/sql-type.ts';
import type { GeneratedCode } from '../../plan/code.ts';
import type { Expression } from '../../plan/expression.ts';
import type { Schema } from '../../types/schema.ts';
import { columnsOf } from '../optimise/needed-columns.ts';

/**
 * The text column by whose values a calc's results can be remembered: everything it computes, and its condition, depends on
 * that column alone, always gives the same, and calls something dearer than a few instructions. Undefined when there is none.
 */
export function memoColumn(
  schema: Schema,
  condition: Expression | null,
  projection: readonly Expression[],
  code: GeneratedCode,
): number | undefined {
  const computed = [...projection.filter((expression) => expression.kind === 'call'), ...(condition === null ? [] : [condition])];
  const columns = [...columnsOf(...computed)];
  if (code.calls.length === 0 || columns.length !== 1 || !isText(schema[columns[0]].type)) return undefined;
  return computed.every(isDeterministic) ? columns[0] : undefined;
}

export function isDeterministic(expression: Expression): boolean {
  if (expression.kind !== 'call') return true;
  return findFunction(expression.function)?.deterministic !== false && expression.args.every(isDeterministic);
}
