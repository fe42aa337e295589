import { ProblemsError, RunError } from '../base/problem.ts';

/**
 * Runs what depends only on the words of the command line, before the command does anything: a failure of it is a mistake there,
 * with exit status 2. `hint` takes the place of the failure's own.
 */
export function commandMistake<T>(action: () => T, hint?: string): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof RunError) || error.code.startsWith('STORE_')) throw error;
    throw new ProblemsError([{ code: error.code, message: error.message, hint: hint ?? error.hint }]);
  }
}
