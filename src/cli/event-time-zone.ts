import type { JobPlan } from '../plan/job-plan.ts';

/** In which zone a job's watermark reads as its users write times: the session's for TIMESTAMP_LTZ, none (UTC) for TIMESTAMP. */
export function eventTimeZone(plan: JobPlan): string {
  const watermarks = plan.nodes.filter((node) => node.kind === 'watermark');
  const isLocal = watermarks.length > 0 && watermarks.every((node) => node.schema[node.rowtime].type.kind === 'TIMESTAMP_LTZ');
  return isLocal ? plan.timeZone : 'UTC';
}
