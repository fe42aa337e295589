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

/** Raised when something depends on a table or view whose own mistake has been reported already: adds nothing. */
export class FollowUp extends Error {
  override readonly name = 'FollowUp';
}

/** All problems of a file, in the order they are found. */
export class Problems {
  readonly found: Problem[] = [];

  readonly report = (code: string, message: string, place: Place, hint?: string): void => {
    this.found.push({ code, message, place, ...(hint === undefined ? {} : { hint }) });
  };

  forget(code: string): void {
    this.found.splice(0, this.found.length, ...this.found.filter((problem) => problem.code !== code));
  }

  /** Runs `work`; a mistake in it is noted and answered with undefined. */
  attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (error instanceof Mistake) this.found.push(error.problem);
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

/** What Flink accepts and Isobar cannot do yet. */
export function unsupported(what: string, place: Place, hint?: string): Mistake {
  return new Mistake('SQL_UNSUPPORTED', `${what} is not supported yet`, place, hint);
}
