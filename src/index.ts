// The public API: run a pipeline, ask a query, read a topic, test a pipeline by hand. Every example in these docstrings is run by
// test/parts/public-api.test.ts.

export { check } from './api/check.ts';
export type { Change } from './api/changes.ts';
export { query } from './api/query.ts';
export { readTopic } from './api/read-topic.ts';
export type { TopicMessage } from './api/read-topic.ts';
export { run } from './api/run.ts';
export type { Pipeline, RunOptions } from './api/run.ts';
export type { SqlSource } from './api/sql-source.ts';
export { testPipeline } from './api/test-pipeline.ts';
export type { TestPipeline } from './api/test-pipeline.ts';
export { ProblemsError, RunError } from './base/problem.ts';
export type { Problem } from './base/problem.ts';
export type { JobStatus } from './run/job-status.ts';
