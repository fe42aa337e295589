import { setTimeout as sleep } from 'node:timers/promises';

/** What Flink answers to a statement: rows as its SQL client shows them, with their kinds (`+I` and so on). */
export interface StatementResult {
  /** The rows are a query's. Other statements answer with "OK" or a job's id. */
  readonly isQuery: boolean;
  readonly rows: readonly { readonly kind: string; readonly cells: readonly string[] }[];
}

interface ResultPage {
  readonly resultType: 'NOT_READY' | 'PAYLOAD' | 'EOS';
  readonly isQueryResult?: boolean;
  readonly nextResultUri?: string;
  readonly results?: {
    readonly data: readonly { readonly kind: string; readonly fields: readonly (string | null)[] }[];
  };
}

const POLL_MS = 50;
const KINDS: Readonly<Record<string, string>> = { INSERT: '+I', UPDATE_BEFORE: '-U', UPDATE_AFTER: '+U', DELETE: '-D' };

/** A session of a SQL Gateway, apart from Isobar's own client: statements go as they are, and their results come whole. */
export class GatewaySession {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  static async open(gateway: string, properties: Readonly<Record<string, string>>): Promise<GatewaySession> {
    const { sessionHandle } = await ask<{ sessionHandle: string }>('POST', `${gateway}/v2/sessions`, { properties });
    return new GatewaySession(`${gateway}/v2/sessions/${sessionHandle}`);
  }

  /** Runs a statement to its end; fails with Flink's stack trace. */
  async execute(statement: string, timeoutMs: number): Promise<StatementResult> {
    const { operationHandle } = await ask<{ operationHandle: string }>('POST', `${this.#url}/statements`, { statement });
    const rows: StatementResult['rows'][number][] = [];
    const deadline = performance.now() + timeoutMs;
    for (let uri = `/operations/${operationHandle}/result/0?rowFormat=PLAIN_TEXT`; ;) {
      const page = await ask<ResultPage>('GET', this.#url + uri);
      const data = page.results?.data ?? [];
      for (const { kind, fields } of data) rows.push({ kind: KINDS[kind], cells: fields.map((field) => field ?? '<NULL>') });
      if (page.resultType === 'EOS') return { isQuery: page.isQueryResult === true, rows };
      if (performance.now() > deadline) throw new Error(`the statement has not ended after ${timeoutMs / 1000} s`);
      if (page.nextResultUri) uri = page.nextResultUri.slice(page.nextResultUri.indexOf('/operations/'));
      if (data.length === 0) await sleep(POLL_MS);
    }
  }

  async close(): Promise<void> {
    await ask('DELETE', this.#url);
  }
}

async function ask<T>(method: string, url: string, body?: object): Promise<T> {
  const response = await fetch(url, {
    method,
    body: body && JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  const answer = (await response.json()) as T & { errors?: readonly string[] };
  if (!response.ok) throw new Error(answer.errors?.join('\n') ?? `HTTP ${response.status}`);
  return answer;
}
