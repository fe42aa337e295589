import type { Place, SourceText } from '../base/place.ts';
import { ProblemsError, type Problem } from '../base/problem.ts';
import { FlinkFailure } from './flink-failure.ts';
import type { GatewaySession } from './gateway-client.ts';
import { mentionedPlace, placeInFile, quoted, submissions, type Addresses, type Submission } from './submission.ts';
import type { WatchedJob } from './watch-job.ts';

export interface SubmitOptions extends Addresses {
  /** Win over the file's SET. */
  readonly settings: ReadonlyMap<string, string>;
  /** A savepoint or checkpoint that the file's one job goes on from. */
  readonly fromSavepoint?: string;
}

/** What is told while a file is submitted. */
export interface SubmitProgress {
  /** `index` counts from 1. */
  begin(index: number, count: number, title: string): void;
  /** How the statement at hand ended. */
  end(outcome: string): void;
}

/** The key that Flink has had all along; its newer name differs between versions. */
const SAVEPOINT_KEY = 'execution.savepoint.path';

/** Refuses, before anything is submitted, what cannot be; answers the statements. */
export function prepareStatements(source: SourceText, options: SubmitOptions): Submission[] {
  const statements = submissions(source, options);
  const problems: Problem[] = [];
  for (const { kind, text, place } of statements) {
    if (kind !== 'query') continue;
    const hint = 'Write INSERT INTO a table in front of it, or run the file with isobar run.';
    const word = { start: place.start, end: place.start + (/^\w+/.exec(text)?.[0].length ?? 1) };
    problems.push({ code: 'FLINK_QUERY', message: 'a query without INSERT INTO cannot be submitted', place: word, hint });
  }
  const jobs = statements.filter(({ kind }) => kind === 'job');
  if (options.fromSavepoint !== undefined && jobs.length > 1) {
    const message = 'the file has several jobs, and a savepoint is of one job';
    const hint = 'Make one job of them: EXECUTE STATEMENT SET BEGIN … END.';
    problems.push({ code: 'FLINK_SAVEPOINT', message, place: firstLinePlace(source, jobs[1].place), hint });
  }
  if (problems.length > 0) throw new ProblemsError(problems, source);
  return statements;
}

/**
 * Submits a file's statements one after the other; `jobs` grows by each job that is started, so that they are known whatever
 * comes after. `isStopped` is asked between two statements. Answers false when it stopped the work. Fails with a ProblemsError
 * about the first statement that Flink refuses, with its place.
 */
export async function submitStatements(
  session: GatewaySession,
  source: SourceText,
  statements: readonly Submission[],
  options: SubmitOptions & { readonly isStopped: () => boolean; readonly progress: SubmitProgress; readonly jobs: WatchedJob[] },
): Promise<boolean> {
  const { progress, jobs } = options;
  const settings = new Map(options.settings);
  if (options.fromSavepoint !== undefined) settings.set(SAVEPOINT_KEY, options.fromSavepoint);
  const preset = async (): Promise<void> => {
    for (const [key, value] of settings) await setOption(session, key, value);
  };
  await preset();
  for (const [i, statement] of statements.entries()) {
    if (options.isStopped()) return false;
    progress.begin(i + 1, statements.length, statement.title);
    if (statement.key !== undefined && settings.has(statement.key)) {
      progress.end('left out for the one of the command line');
      continue;
    }
    try {
      const { jobId } = await session.execute(statement.text);
      if (jobId !== undefined) jobs.push({ id: jobId, name: statement.title });
      progress.end(jobId === undefined ? 'ok' : `job ${jobId}`);
    } catch (error) {
      progress.end('failed');
      throw error instanceof FlinkFailure ? new ProblemsError([problemOf(source, statement, error)], source) : error;
    }
    if (statement.kind === 'reset' && statement.key === undefined) await preset();
  }
  return true;
}

async function setOption(session: GatewaySession, key: string, value: string): Promise<void> {
  try {
    await session.execute(`SET ${quoted(key)} = ${quoted(value)}`);
  } catch (error) {
    if (!(error instanceof FlinkFailure)) throw error;
    throw new ProblemsError([{ code: error.reduced.code, message: `SET '${key}': ${error.message}`, hint: error.reduced.hint }]);
  }
}

function problemOf(source: SourceText, statement: Submission, { reduced }: FlinkFailure): Problem {
  const { code, message, hint, range, mentions } = reduced;
  const place =
    (range && placeInFile(source, statement, range)) ??
    mentionedPlace(source, statement, mentions) ??
    firstLinePlace(source, statement.place);
  return { code, message, place, ...(hint !== undefined && { hint }) };
}

function firstLinePlace({ text }: SourceText, place: Place): Place {
  const lineEnd = text.indexOf('\n', place.start);
  return { start: place.start, end: lineEnd === -1 ? place.end : Math.min(lineEnd, place.end) };
}
