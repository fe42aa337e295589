import { displayWidth } from './display-width.ts';
import { hideSecrets } from './hide-secrets.ts';
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
  /** Not shown where an error is logged: it may hold secrets. */
  readonly #source: SourceText | undefined;

  constructor(problems: readonly Problem[], source?: SourceText) {
    const hidden = source && hideSecrets(source.text);
    const shown = problems.slice(0, MOST_SHOWN).map((problem) => renderProblem(problem, source, hidden));
    const left = problems.length - shown.length;
    super([...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n\n'));
    this.problems = problems;
    this.#source = source;
  }

  get source(): SourceText | undefined {
    return this.#source;
  }
}

/** Where in a file something is, for people. */
export interface Location {
  readonly file: string;
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** The line, or the part of it around the place, and carets below. */
  readonly excerpt: string;
}

/**
 * A failure while running, with a stable code: exit status 1. `location` is that of the table or the statement at fault, where
 * there is one.
 */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly code: string;
  readonly hint?: string;
  readonly location?: Location;

  constructor(code: string, message: string, hint?: string, options?: ErrorOptions & { location?: Location }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.location = options?.location;
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
export function renderProblem(problem: Problem, source?: SourceText, hidden = source && hideSecrets(source.text)): string {
  const location = problem.place && source && locate(problem.place, source, hidden);
  const clean = (said: string): string => (hidden?.values ?? []).reduce((rest, value) => rest.replaceAll(value, '****'), said);
  const hint = problem.hint === undefined ? undefined : clean(problem.hint);
  const text = render({ code: problem.code, message: clean(problem.message), hint }, location);
  return location === undefined && source !== undefined ? `${source.name}: ${text}` : text;
}

/** The same form for a failure. */
export function renderFailure(error: RunError): string {
  return render(error, error.location);
}

function render({ code, message, hint }: Omit<Problem, 'place'>, location: Location | undefined): string {
  const where = location === undefined ? '' : `${location.file}:${location.line}:${location.column}: `;
  const lines = [`${where}error[${code}]: ${message}`];
  if (location !== undefined) lines.push(location.excerpt);
  if (hint) lines.push(`hint: ${hint}`);
  return lines.join('\n');
}

/** A place for people. Secrets in its line are not shown. */
export function locate(place: Place, { name, text }: SourceText, hidden = hideSecrets(text)): Location {
  const { line, column } = lineAndColumn(text, place.start);
  const lineText = hidden.text.split('\n')[line - 1].replace(/\r$/, '');
  const label = String(line).padStart(3);
  const from = lineText.length > MOST_OF_LINE ? Math.max(0, column - 1 - MOST_OF_LINE / 2) : 0;
  const part = lineText.slice(from, from + MOST_OF_LINE);
  const [before, marked] = [part.slice(0, column - 1 - from), part.slice(column - 1 - from)];
  const width = Math.max(1, displayWidth(marked.slice(0, place.end - place.start)));
  const indent = before.replace(/[^\t]+/g, (given) => ' '.repeat(displayWidth(given)));
  const excerpt = `${label} | ${part}\n${' '.repeat(label.length)} | ${indent}${'^'.repeat(width)}`;
  return { file: name, line, column, excerpt };
}
