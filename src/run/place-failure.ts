import { locate, RunError } from '../base/problem.ts';
import type { SourceText } from '../base/place.ts';
import { EvaluationError } from '../functions/function.ts';
import type { PlanNode } from '../plan/node.ts';

/**
 * A failure of `node`, with its place in the user's file: the declaration of the table that is read or written, or the
 * statement that computes. The local store is no single table's: its failures stay as they are.
 */
export function placeFailure(error: unknown, node: PlanNode, source: SourceText): unknown {
  const place = tableOf(node)?.place ?? node.place;
  const located = (code: string, message: string, hint?: string): RunError =>
    new RunError(code, message, hint, { cause: error, ...(place && { location: locate(place, source) }) });
  if (error instanceof EvaluationError) return located('EVALUATION_FAILED', error.message);
  if (!(error instanceof RunError) || error.location !== undefined || error.code.startsWith('STORE_')) return error;
  return located(error.code, error.message, error.hint);
}

const tableOf = (node: PlanNode) => (node.kind === 'scan' || node.kind === 'sink' ? node.table : null);
