import { displayWidth } from './display-width.ts';
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

/** A file that is no SQL at all has thousands of mistakes. */
const MOST_SHOWN = 100;
/** Of a longer line only the part around the mistake is shown. */
const MOST_OF_LINE = 200;

/** Carries all problems of a file at once. Raised before anything runs: exit status 2. */
export class ProblemsError extends Error {
  override readonly name = 'ProblemsError';
  readonly problems: readonly Problem[];
  readonly source: SourceText | undefined;

  constructor(problems: readonly Problem[], source?: SourceText) {
    const shown = problems.slice(0, MOST_SHOWN).map((problem) => renderProblem(problem, source));
    const left = problems.length - shown.length;
    super([...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n\n'));
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
    const from = lineText.length > MOST_OF_LINE ? Math.max(0, column - 1 - MOST_OF_LINE / 2) : 0;
    const excerpt = lineText.slice(from, from + MOST_OF_LINE);
    const [before, marked] = [excerpt.slice(0, column - 1 - from), excerpt.slice(column - 1 - from)];
    const width = Math.max(1, displayWidth(marked.slice(0, problem.place.end - problem.place.start)));
    const indent = before.replace(/[^\t]+/g, (text) => ' '.repeat(displayWidth(text)));
    lines.push(`${source.name}:${line}:${column}: error[${problem.code}]: ${problem.message}`);
    lines.push(`${label} | ${excerpt}`);
    lines.push(`${' '.repeat(label.length)} | ${indent}${'^'.repeat(width)}`);
  } else {
    lines.push(`${source ? `${source.name}: ` : ''}error[${problem.code}]: ${problem.message}`);
  }
  if (problem.hint) lines.push(`hint: ${problem.hint}`);
  return lines.join('\n');
}
