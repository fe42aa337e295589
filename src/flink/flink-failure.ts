import { RunError } from '../base/problem.ts';
import { reduceTrace, type FlinkCause } from './reduce-trace.ts';

/** A request that Flink refused; `message` is the cause, in one line. */
export class FlinkFailure extends RunError {
  /** HTTP's. */
  readonly status: number;
  readonly reduced: FlinkCause;

  /** `errors` as Flink's servers give them: texts, of which the one with a stack trace tells more than the others. */
  constructor(status: number, errors: readonly string[]) {
    const reduced = reduceTrace(errors.find((error) => error.includes('\n')) ?? errors.at(-1) ?? `HTTP ${status}`);
    super(reduced.code, reduced.message, reduced.hint);
    this.status = status;
    this.reduced = reduced;
  }
}
