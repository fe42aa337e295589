import { RunError } from '../../base/problem.ts';
import type { PlanNode } from '../../plan/node.ts';

/** A row without a time cannot be put in order: Flink fails the job, too. */
export function nullTimeError(node: PlanNode, operator: string): RunError {
  return new RunError(
    'RUN_NULL_TIME',
    `a row whose time attribute is NULL has reached ${operator} (operator ${node.id})`,
    'Filter such rows away before, for example with WHERE ts IS NOT NULL.',
  );
}
