import type { Expression } from '../../plan/expression.ts';

export interface RowNumberBounds {
  /** From 1. */
  readonly start: number;
  readonly end: number;
  /** The conditions that say nothing of the row number's bounds. */
  readonly rest: readonly Expression[];
}

const MIRRORED: Record<string, string> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

/** Reads `rn <= 3`, `rn = 1`, `rn BETWEEN 2 AND 4` … off a filter; undefined when it sets no upper bound. */
export function rowNumberBounds(conditions: readonly Expression[], rowNumber: number): RowNumberBounds | undefined {
  let start = 1;
  let end = Infinity;
  const rest: Expression[] = [];
  for (const condition of conditions) {
    const bound = comparison(condition, rowNumber);
    if (bound === undefined) {
      rest.push(condition);
      continue;
    }
    const { operator, value } = bound;
    if (operator === '<') end = Math.min(end, Math.ceil(value) - 1);
    else if (operator === '<=') end = Math.min(end, Math.floor(value));
    else if (operator === '>') start = Math.max(start, Math.floor(value) + 1);
    else if (operator === '>=') start = Math.max(start, Math.ceil(value));
    else {
      start = Math.max(start, value);
      end = Math.min(end, value);
    }
  }
  return end === Infinity ? undefined : { start, end, rest };
}

function comparison(condition: Expression, rowNumber: number): { operator: string; value: number } | undefined {
  if (condition.kind !== 'call' || MIRRORED[condition.function] === undefined) return undefined;
  const [left, right] = condition.args;
  const isRowNumber = (side: Expression): boolean => side.kind === 'column' && side.index === rowNumber;
  const value = (side: Expression): number | undefined =>
    side.kind === 'literal' && (typeof side.value === 'number' || typeof side.value === 'bigint') && side.type.kind !== 'DECIMAL'
      ? Number(side.value)
      : undefined;
  const [a, b] = [value(left), value(right)];
  if (isRowNumber(left) && b !== undefined) return { operator: condition.function, value: b };
  if (isRowNumber(right) && a !== undefined) return { operator: MIRRORED[condition.function], value: a };
  return undefined;
}
