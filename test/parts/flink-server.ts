import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a statement leads to: a job, or the stack trace of a failure; nothing is success without a job. A job that `jobs` does not hold yet is finished at once. */
export interface StatementAnswer {
  readonly job?: string;
  readonly trace?: string;
  /** The statement ends only after so long. */
  readonly delayMs?: number;
}

/** The state of a job of the server's; tests change it. */
export interface ServedJob {
  name: string;
  state: string;
  tasks: string;
  /** The job's stack traces, the latest first. */
  traces?: string[];
  taskName?: string;
  parallelism?: number;
}

export interface FlinkServer {
  readonly address: string;
  /** What was executed, in order. */
  readonly statements: string[];
  /** `METHOD path`, without polling. */
  readonly requests: string[];
  readonly jobs: Map<string, ServedJob>;
  close(): Promise<void>;
}

/** An HTTP server that answers as Flink 1.20's SQL Gateway and JobManager do, both at one address. */
export async function startFlinkServer(answer: (statement: string) => StatementAnswer = () => ({})): Promise<FlinkServer> {
  const statements: string[] = [];
  const requests: string[] = [];
  const jobs = new Map<string, ServedJob>();
  const operations: { readonly answer: StatementAnswer; readonly isSet: boolean; readonly startedAt: number }[] = [];
  let port = 0;

  const respond = (method: string, path: string, body: { statement?: string }): { status: number; body: object } => {
    const ok = (value: object) => ({ status: 200, body: value });
    const [, section, id, part, name, sub] = path.replace(/^\/v1/, '').split(/[/?]/);
    if (section === 'sessions' && method === 'POST' && id === undefined) return ok({ sessionHandle: 's-1' });
    if (section === 'sessions' && method === 'DELETE' && part === undefined) return ok({ status: 'CLOSED' });
    if (part === 'statements') {
      statements.push(body.statement!);
      operations.push({ answer: answer(body.statement!), isSet: body.statement === 'SET', startedAt: performance.now() });
      return ok({ operationHandle: String(operations.length - 1) });
    }
    if (part === 'operations') return respondOperation(Number(name), sub);
    if (section === 'overview') return ok({ 'slots-total': 8, 'slots-available': 2 });
    if (section === 'jobs' && id === 'overview') return ok({ jobs: [...jobs].map(([jid, job]) => overviewOf(jid, job)) });
    const job = jobs.get(id);
    if (section !== 'jobs' || job === undefined) return { status: 404, body: { errors: [`Not found: ${path}`] } };
    if (method === 'PATCH') {
      job.state = 'CANCELED';
      return { status: 202, body: {} };
    }
    if (part === 'stop') return { status: 202, body: { 'request-id': 'r-1' } };
    if (part === 'savepoints') {
      job.state = 'FINISHED';
      return ok({ status: { id: 'COMPLETED' }, operation: { location: 'file:/savepoints/savepoint-1' } });
    }
    if (part === 'exceptions') {
      const entries = (job.traces ?? []).map((stacktrace) => ({ stacktrace, timestamp: 1, taskName: job.taskName }));
      return ok({ exceptionHistory: { entries } });
    }
    const vertices = [{ name: 'Source: a -> Sink: b', parallelism: job.parallelism ?? 1, status: job.tasks }];
    return ok({ jid: id, name: job.name, state: job.state, vertices });
  };

  const respondOperation = (index: number, what: string): { status: number; body: object } => {
    const { answer: given, isSet, startedAt } = operations[index];
    const isOver = performance.now() - startedAt >= (given.delayMs ?? 0);
    if (what === 'status') return { status: 200, body: { status: !isOver ? 'RUNNING' : given.trace ? 'ERROR' : 'FINISHED' } };
    if (what === 'close') return { status: 200, body: { status: 'CLOSED' } };
    if (given.trace !== undefined) return { status: 500, body: { errors: ['Internal server error.', given.trace] } };
    if (given.job !== undefined && !jobs.has(given.job))
      jobs.set(given.job, { name: 'a job', state: 'FINISHED', tasks: 'FINISHED' });
    const rows = isSet
      ? [
          ['rest.address', '127.0.0.1'],
          ['rest.port', String(port)],
        ]
      : [[given.job ?? 'OK']];
    const columns = (isSet ? ['key', 'value'] : ['result']).map((column) => ({ name: column, logicalType: { type: 'VARCHAR' } }));
    const results = { columns, rowFormat: 'JSON', data: rows.map((fields) => ({ kind: 'INSERT', fields })) };
    const next = `/v1/sessions/s-1/operations/${index}/result/1`;
    return { status: 200, body: { resultType: 'EOS', jobID: given.job, results, nextResultUri: next } };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await bodyOf(request);
    const path = request.url!;
    if (!/\/(status|result|close)\b/.test(path)) requests.push(`${request.method} ${path}${text && ` ${text}`}`);
    const given = respond(request.method!, path, text === '' ? {} : (JSON.parse(text) as object));
    response.writeHead(given.status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(given.body));
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address: `http://127.0.0.1:${port}`, statements, requests, jobs, close };
}

function overviewOf(jid: string, job: ServedJob): object {
  const tasks = { total: 1, running: job.tasks === 'RUNNING' ? 1 : 0, finished: job.tasks === 'FINISHED' ? 1 : 0 };
  return { jid, name: job.name, state: job.state, 'start-time': Date.UTC(2024, 0, 1), 'end-time': -1, duration: 65_000, tasks };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
