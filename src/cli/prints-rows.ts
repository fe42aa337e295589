import type { JobPlan } from '../plan/job-plan.ts';

/** Whether a job writes rows to standard output: into a print table, or as a bare SELECT. */
export function printsRows(plan: JobPlan): boolean {
  return plan.nodes.some((node) => node.kind === 'sink' && (node.table === null || node.table.bound.connector === 'print'));
}
