import { locate, RunError } from '../base/problem.ts';
import type { SourceText } from '../base/place.ts';
import { EvaluationError, isTooLong } from '../functions/function.ts';
import type { PlanNode } from '../plan/node.ts';

/**
 * A failure of `node`, with its place in the user's file: the declaration of the table that is read or written, or the
 * statement that computes. The local store is no single table's: its failures stay as they are.
 */
export function placeFailure(error: unknown, node: PlanNode | null, source: SourceText): unknown {
  const place = tableOf(node)?.place ?? node?.place;
  const located = (code: string, message: string, hint?: string): RunError =>
    new RunError(code, message, hint, { cause: error, ...(place && { location: locate(place, source) }) });
  if (error instanceof EvaluationError) return located('EVALUATION_FAILED', error.message);
  if (isTooLong(error)) return located('EVALUATION_FAILED', 'a text or an array would become longer than can be');
  if (place === undefined || !(error instanceof RunError) || error.location !== undefined || error.code.startsWith('STORE_'))
    return error;
  return located(error.code, error.message, error.hint);
}

const tableOf = (node: PlanNode | null) => (node?.kind === 'scan' || node?.kind === 'sink' ? node.table : null);
