import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { RunError } from '../base/problem.ts';
import type { ExportFile, SavedObject } from './export-file.ts';
import { importFailures } from './import-failures.ts';
import type { KibanaAddress } from './kibana-address.ts';

export interface KibanaClientOptions {
  readonly clock: Clock;
  /** How long all calls together wait for a Kibana that is away or not ready. */
  readonly timeoutMs: number;
  /** Between two attempts. */
  readonly retryMs?: number;
  /** Called with the reason when a wait begins, and when the reason changes. */
  readonly onWait?: (reason: string) => void;
}

/** What came back; status 0 when nothing did, and then `text` is the reason. */
interface Answer {
  readonly status: number;
  readonly text: string;
}

const REQUEST_TIMEOUT_MS = 60_000;
const LONGEST_REASON = 300;

/**
 * Loads saved objects into a Kibana 7 over its HTTP API. A Kibana that is away, or not ready, is waited for, in the middle of a
 * load too: everything here can be repeated. Other failures are RunErrors.
 */
export class KibanaClient {
  readonly #address: KibanaAddress;
  readonly #options: KibanaClientOptions;
  readonly #deadline: number;
  #reason = '';

  constructor(address: KibanaAddress, options: KibanaClientOptions) {
    this.#address = address;
    this.#options = options;
    this.#deadline = options.clock.now() + options.timeoutMs;
  }

  /** Until Kibana and all that it needs, Elasticsearch above all, are available. */
  async waitUntilReady(): Promise<void> {
    await this.#ask('/api/status', () => ({ method: 'GET' }), notAvailable);
  }

  /**
   * Puts the objects into Kibana in place of those with the same type and id. All or nothing is not Kibana's way: what could be
   * imported stays, and the RunError lists the rest. https://www.elastic.co/guide/en/kibana/7.17/saved-objects-api-import.html
   */
  async importObjects({ name, text, objects }: ExportFile): Promise<void> {
    const fileName = basename(name).replace(/(\.ndjson)?$/i, '.ndjson');
    const answer = await this.#ask('/api/saved_objects/_import?overwrite=true', () => {
      const body = new FormData();
      body.append('file', new File([text], fileName, { type: 'application/ndjson' }));
      return { method: 'POST', body };
    });
    // Kibana answers 200 also when it has refused objects.
    const result = parseJson(answer.text) as { success?: unknown; errors?: unknown } | undefined;
    if (answer.status === 200 && result?.success === true) return;
    if (answer.status !== 200 || result?.success !== false) throw this.#refused(answer, `the import of ${name}`);
    const failures = importFailures(result.errors);
    throw new RunError(
      'KIBANA_IMPORT',
      `kibana refused ${failures.length} of the ${objects.length} objects of ${name}:\n${failures.map((failure) => `  ${failure}`).join('\n')}`,
      'The other objects are imported. Mend these and load the file again.',
    );
  }

  /** Makes it the index pattern that Discover opens with, where the user has not chosen one. */
  async setDefaultIndexPattern({ id }: SavedObject): Promise<void> {
    const answer = await this.#ask('/api/index_patterns/default', () => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ index_pattern_id: id, force: false }),
    }));
    // Kibana has this since 7.15; before, the first index pattern is opened.
    if (answer.status !== 200 && answer.status !== 404) throw this.#refused(answer, 'the default index pattern');
  }

  /** Where a person finds the dashboard. */
  addressOf(dashboard: SavedObject): string {
    return `${this.#address.url}/app/dashboards#/view/${encodeURIComponent(dashboard.id)}`;
  }

  /** Asks until there is an answer, and `notYet` has no reason to ask again. */
  async #ask(
    path: string,
    request: () => RequestInit,
    notYet: (answer: Answer) => string | undefined = () => undefined,
  ): Promise<Answer> {
    const { clock, timeoutMs, retryMs = 1000, onWait } = this.#options;
    for (;;) {
      const answer = await this.#send(path, request());
      this.#checkAccess(answer);
      const reason = isAway(answer) ? reasonOf(answer) : notYet(answer);
      if (reason === undefined) {
        this.#reason = '';
        return answer;
      }
      const left = this.#deadline - clock.now();
      if (left <= 0) {
        throw new RunError(
          'KIBANA_UNAVAILABLE',
          `kibana at ${this.#address.url} is not ready after ${timeoutMs / 1000} s: ${reason}`,
          'Look whether Kibana runs and reaches Elasticsearch, or give it more time with --timeout.',
        );
      }
      if (reason !== this.#reason) onWait?.(reason);
      this.#reason = reason;
      await sleep(Math.min(retryMs, left));
    }
  }

  async #send(path: string, request: RequestInit): Promise<Answer> {
    const headers = new Headers(request.headers);
    headers.set('kbn-xsrf', 'true');
    const { url, credentials } = this.#address;
    if (credentials !== undefined) {
      const { username, password } = credentials;
      headers.set('authorization', `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
    }
    try {
      // A redirection leads to a page for people, and must not be sent the password.
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await fetch(url + path, { ...request, headers, signal, redirect: 'manual' });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: connectionFailure(error) };
    }
  }

  #checkAccess(answer: Answer): void {
    const { status } = answer;
    if (status === 401 || status === 403 || (status >= 300 && status < 400)) {
      const hint = 'Set KIBANA_USERNAME and KIBANA_PASSWORD to a user who may write saved objects.';
      throw new RunError('KIBANA_ACCESS', `kibana at ${this.#address.url} lets nobody in without its user: HTTP ${status}`, hint);
    }
  }

  #refused(answer: Answer, what: string): RunError {
    const hint = answer.status === 422 ? 'The file may come from a newer Kibana than this one.' : undefined;
    return new RunError('KIBANA_REQUEST', `kibana at ${this.#address.url} refused ${what}: ${reasonOf(answer)}`, hint);
  }
}

const isAway = ({ status }: Answer): boolean => [0, 429, 502, 503, 504].includes(status);

/** Before 7.16, and by default in all of 7, `state` is a colour; later `level` is a word. */
function notAvailable(answer: Answer): string | undefined {
  type Overall = { level?: unknown; state?: unknown; summary?: unknown; title?: unknown } | undefined;
  const overall = (parseJson(answer.text) as { status?: { overall?: Overall } } | undefined)?.status?.overall;
  if (answer.status !== 200 || overall === undefined) {
    throw new RunError(
      'KIBANA_NOT_FOUND',
      `there is no kibana at this address: its /api/status gives HTTP ${answer.status}`,
      "Give the address of Kibana, not of Elasticsearch, and with Kibana's base path if it has one.",
    );
  }
  if (overall.level === 'available' || overall.state === 'green') return undefined;
  const state = [overall.level ?? overall.state ?? 'unknown', overall.summary ?? overall.title];
  return `its status is ${state.filter((part) => typeof part === 'string').join(': ')}`;
}

/** Kibana explains itself in `message`; others in a line of text. */
function reasonOf({ status, text }: Answer): string {
  if (status === 0) return text;
  const { message } = (parseJson(text) ?? {}) as { message?: unknown };
  const reason = (typeof message === 'string' ? message : /^\s*</.test(text) ? '' : text).replace(/\s+/g, ' ').trim();
  const short = reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON - 1)}…` : reason;
  return short === '' ? `HTTP ${status}` : `${short} (HTTP ${status})`;
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `fetch` says only that it failed; why is in the cause. */
function connectionFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${REQUEST_TIMEOUT_MS / 1000} s`;
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}
