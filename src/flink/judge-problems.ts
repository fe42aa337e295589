import type { Problem } from '../base/problem.ts';

/** What Isobar cannot do, or does not do yet, and Flink may. */
const ONLY_OURS = new Set(['SQL_UNSUPPORTED', 'SQL_UNSUPPORTED_TYPE', 'SQL_OPTION_UNSUPPORTED', 'SQL_CONNECTOR_NEEDS_LOCAL']);

/** What a Flink may have in its jars that Isobar does not know; it takes settings with any key. */
const FLINK_MAY_KNOW = new Set(['SQL_FUNCTION_NOT_FOUND', 'SQL_UNKNOWN_CONNECTOR', 'SQL_UNKNOWN_FORMAT', 'SQL_UNKNOWN_SETTING']);

/** What follows from a statement that Isobar does not carry out: CREATE CATALOG, CREATE FUNCTION, CREATE TABLE … LIKE. */
const FOLLOWS = new Set(['SQL_TABLE_NOT_FOUND', 'SQL_TYPE_NOT_FOUND', 'SQL_COLUMN_NOT_FOUND']);

/** Tells the problems that Flink has with a file too from those that only Isobar has. */
export function judgeProblems(problems: readonly Problem[]): { mistakes: Problem[]; onlyOurs: Problem[] } {
  const leavesOut = problems.some(({ code }) => ONLY_OURS.has(code) || FLINK_MAY_KNOW.has(code));
  const isOurs = ({ code }: Problem): boolean =>
    ONLY_OURS.has(code) || FLINK_MAY_KNOW.has(code) || (leavesOut && FOLLOWS.has(code));
  return { mistakes: problems.filter((problem) => !isOurs(problem)), onlyOurs: problems.filter(isOurs) };
}
