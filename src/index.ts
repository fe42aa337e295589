// The public API: compile a Flink SQL file, run it as a job, look into its local store.
//
//     const plan = compile({ name: 'weather.sql', text }, { local: true });
//     const job = new Job(plan, { clock: systemClock, name: plan.name, local: true, store: '.isobar/isobar.db', print: console.log });
//     await job.run();

export { systemClock } from './base/clock.ts';
export type { Clock } from './base/clock.ts';
export type { SourceText } from './base/place.ts';
export { ProblemsError, RunError } from './base/problem.ts';
export type { Problem } from './base/problem.ts';
export { compile } from './compile/compile.ts';
export type { CompileOptions } from './compile/compile.ts';
export { LocalStore } from './connectors/local/store.ts';
export type { JobPlan } from './plan/job-plan.ts';
export { Job } from './run/job.ts';
export type { JobOptions } from './run/job.ts';
export type { JobStatus } from './run/job-status.ts';
