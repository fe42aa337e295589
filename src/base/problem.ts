import { lineAndColumn, type Place, type SourceText } from './place.ts';

/**
 * A mistake that somebody can mend: the user's SQL, the command line, the data or the environment.
 * `code` is stable and upper case, for example SQL_COLUMN_NOT_FOUND; `message` is one line in lower case.
 */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly place?: Place;
  readonly hint?: string;
}

/** Carries all problems of a file at once. Raised before anything runs: exit status 2. */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError';
  readonly problems: readonly Problem[];
  readonly source: SourceText | undefined;

  constructor(problems: readonly Problem[], source?: SourceText) {
    super(problems.map((problem) => renderProblem(problem, source)).join('\n\n'));
    this.problems = problems;
    this.source = source;
  }
}

/** A failure while running, with a stable code: exit status 1. */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/**
 * The form in which every problem is shown:
 *
 *     file:line:column: error[CODE]: message
 *       7 |   AVG(temprature)
 *         |       ^^^^^^^^^^
 *     hint: what to do
 */
export function renderProblem(problem: Problem, source?: SourceText): string {
  const lines: string[] = [];
  if (problem.place && source) {
    const { line, column } = lineAndColumn(source.text, problem.place.start);
    const lineText = source.text.split('\n')[line - 1].replace(/\r$/, '');
    const label = String(line).padStart(3);
    const width = Math.max(1, Math.min(problem.place.end - problem.place.start, lineText.length - column + 1));
    const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, ' ');
    lines.push(`${source.name}:${line}:${column}: error[${problem.code}]: ${problem.message}`);
    lines.push(`${label} | ${lineText}`);
    lines.push(`${' '.repeat(label.length)} | ${indent}${'^'.repeat(width)}`);
  } else {
    lines.push(`${source ? `${source.name}: ` : ''}error[${problem.code}]: ${problem.message}`);
  }
  if (problem.hint) lines.push(`hint: ${problem.hint}`);
  return lines.join('\n');
}
