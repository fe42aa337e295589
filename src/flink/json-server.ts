import { RunError } from '../base/problem.ts';
import { FlinkFailure } from './flink-failure.ts';

/** What one request may take. Flink answers at once: what takes longer is asked about again and again. */
const TIMEOUT_MS = 30_000;

/** One of Flink's HTTP servers, which speak JSON. */
export class JsonServer {
  /** Without a slash at the end. */
  readonly address: string;
  /** For example `Flink's SQL Gateway`. */
  readonly #what: string;
  /** What to do when it cannot be reached. */
  readonly #hint: string;

  constructor(address: string, what: string, hint: string) {
    this.address = address.replace(/\/+$/, '');
    this.#what = what;
    this.#hint = hint;
  }

  /** The answer's body. Fails with a FlinkFailure when the server refuses, with a RunError when there is none, or another. */
  async request<T>(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(this.address + path, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw new RunError('FLINK_UNREACHABLE', `${this.#what} at ${this.address} ${unreachable(error)}`, this.#hint);
    }
    const answer = parsed(text);
    const errors = (answer?.errors ?? []) as string[];
    // The gateway and the JobManager have the same HTTP server, each with other paths.
    const isOther = status === 404 && errors.some((error) => error.startsWith('Not found: /'));
    if (answer === undefined || isOther || (status >= 300 && errors.length === 0)) {
      const message = `what answers at ${this.address} is not ${this.#what} (HTTP ${status})`;
      throw new RunError('FLINK_OTHER_SERVER', message, this.#hint);
    }
    if (status >= 300) throw new FlinkFailure(status, errors);
    return answer as T;
  }
}

function parsed(text: string): { errors?: unknown } | undefined {
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function unreachable(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `did not answer within ${TIMEOUT_MS / 1000} s`;
  const cause = (error instanceof Error && error.cause) || error;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'cannot be reached: nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'cannot be reached: there is no such host';
  return `cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`;
}
