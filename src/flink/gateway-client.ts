import { setTimeout as sleep } from 'node:timers/promises';
import { FlinkFailure } from './flink-failure.ts';
import { JsonServer } from './json-server.ts';

const START_HINT =
  'Start it with bin/sql-gateway.sh start of your Flink, or with docker compose up, or say with --gateway where it is; its own port is 8083.';

/** What a statement gave. Fields are JSON values as the gateway's row format JSON has them. */
export interface StatementResult {
  /** The job that the statement started. */
  readonly jobId: string | undefined;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

interface ResultPage {
  readonly resultType: 'PAYLOAD' | 'NOT_READY' | 'EOS';
  readonly jobID?: string;
  readonly results?: {
    readonly columns: readonly { readonly name: string }[];
    readonly data: readonly { readonly fields: readonly unknown[] }[];
  };
  readonly nextResultUri?: string;
}

const FIRST_POLL_MS = 20;
const LAST_POLL_MS = 500;

/**
 * A session of Flink's SQL Gateway: tables, views and settings last as long as it does, jobs longer. Its REST API:
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql-gateway/rest/
 */
export class GatewaySession {
  readonly #server: JsonServer;
  readonly #path: string;

  private constructor(server: JsonServer, handle: string) {
    this.#server = server;
    this.#path = `/v1/sessions/${encodeURIComponent(handle)}`;
  }

  static async open(address: string): Promise<GatewaySession> {
    const server = new JsonServer(address, "Flink's SQL Gateway", START_HINT);
    const { sessionHandle } = await server.request<{ sessionHandle: string }>('POST', '/v1/sessions', { properties: {} });
    return new GatewaySession(server, sessionHandle);
  }

  /** Runs one statement, without a semicolon behind it, to its end. Fails with a FlinkFailure when Flink refuses it. */
  async execute(statement: string): Promise<StatementResult> {
    const body = { statement };
    const { operationHandle } = await this.#server.request<{ operationHandle: string }>('POST', `${this.#path}/statements`, body);
    const operation = `${this.#path}/operations/${encodeURIComponent(operationHandle)}`;
    try {
      await this.#finished(operation);
      return await this.#result(operation);
    } finally {
      // The session's end would do it too; until then each finished operation holds memory of the gateway.
      await this.#server.request('DELETE', `${operation}/close`).catch(() => {});
    }
  }

  /** All settings of the session: the cluster's with the statements' on top. */
  async settings(): Promise<Map<string, string>> {
    const { rows } = await this.execute('SET');
    return new Map(rows.map(([key, value]) => [String(key), String(value)]));
  }

  async close(): Promise<void> {
    await this.#server.request('DELETE', this.#path);
  }

  async #finished(operation: string): Promise<void> {
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(LAST_POLL_MS, waitMs * 2)) {
      const { status } = await this.#server.request<{ status: string }>('GET', `${operation}/status`);
      // Of a failed one the result tells the reason.
      if (status === 'FINISHED' || status === 'ERROR') return;
      if (status === 'CANCELED' || status === 'CLOSED' || status === 'TIMEOUT')
        throw new FlinkFailure(500, [`the gateway ended the statement: ${status.toLowerCase()}`]);
      await sleep(waitMs);
    }
  }

  async #result(operation: string): Promise<StatementResult> {
    const columns: string[] = [];
    const rows: (readonly unknown[])[] = [];
    let jobId: string | undefined;
    let next: string | undefined = `${operation}/result/0?rowFormat=JSON`;
    for (let waitMs = FIRST_POLL_MS; next !== undefined;) {
      const page: ResultPage = await this.#server.request<ResultPage>('GET', next);
      jobId ??= page.jobID;
      if (columns.length === 0) columns.push(...(page.results?.columns ?? []).map(({ name }) => name));
      rows.push(...(page.results?.data ?? []).map(({ fields }) => fields));
      const isReady = page.resultType !== 'NOT_READY';
      if (!isReady) await sleep(waitMs);
      waitMs = isReady ? FIRST_POLL_MS : Math.min(LAST_POLL_MS, waitMs * 2);
      next = page.resultType === 'EOS' ? undefined : page.nextResultUri;
      // A job's rows never end; of a statement that starts a job only the job is wanted.
      if (jobId !== undefined) break;
    }
    return { jobId, columns, rows };
  }
}
