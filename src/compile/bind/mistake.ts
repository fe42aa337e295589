import type { Place } from '../../base/place.ts';
import type { Problem } from '../../base/problem.ts';

/** Ends the binding of one expression, clause or statement; whoever can go on with the rest catches it through `Problems.attempt`. */
export class Mistake extends Error {
  override readonly name = 'Mistake';
  readonly problem: Problem;

  constructor(code: string, message: string, place: Place, hint?: string) {
    super(message);
    this.problem = { code, message, place, ...(hint === undefined ? {} : { hint }) };
  }
}

/** Raised when something depends on what a mistake that has been reported already leaves open: adds nothing. */
export class FollowUp extends Error {
  override readonly name = 'FollowUp';
}

/** No name is empty. */
const ANY_NAME = '';

/** All problems of a file, in the order they are found, each once. */
export class Problems {
  readonly found: Problem[] = [];
  readonly #openNames = new Set<string>();
  readonly #told = new Set<string>();

  readonly report = (code: string, message: string, place: Place, hint?: string): void => {
    this.add(new Mistake(code, message, place, hint));
  };

  add({ problem }: Mistake): void {
    const key = `${problem.place?.start} ${problem.code} ${problem.message}`;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.found.push(problem);
  }

  /** Statements that could not be read, or that are left to Flink, may declare these names; without any, whatever name. */
  leaveOpen(names: readonly string[]): void {
    for (const name of names.length === 0 ? [ANY_NAME] : names) this.#openNames.add(name.toUpperCase());
  }

  /** Whether a table or function that is missing may be one of these: then missing it is no mistake. */
  isOpen(name: string): boolean {
    return this.#openNames.has(name.toUpperCase()) || this.#openNames.has(ANY_NAME);
  }

  /** Runs `work`; a mistake in it is noted and answered with undefined. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof Mistake) this.add(error);
      else if (!(error instanceof FollowUp)) throw error;
      return undefined;
    }
  }

  /**
   * Maps all items, so that the mistakes of each are reported, and ends the whole when one of them failed.
   */
  all<T, R>(items: readonly T[], work: (item: T, index: number) => R): R[] {
    const results = items.map((item, index) => this.attempt(() => ({ value: work(item, index) })));
    if (results.some((result) => result === undefined)) throw new FollowUp();
    return results.map((result) => result!.value);
  }
}

export const FLINK_CAN = 'Flink can: `isobar submit FILE` runs the file there as it is.';
/** For what Flink does in batch mode only, or with what a cluster was given. */
export const FLINK_MAY = 'Flink may: `isobar submit FILE` runs the file there as it is.';

/** What Flink accepts and Isobar cannot do yet. A hint says how Isobar gives the same answer, if it can. */
export function unsupported(what: string, place: Place, hint = FLINK_CAN): Mistake {
  return new Mistake('SQL_UNSUPPORTED', `${what} is not supported yet`, place, hint);
}
