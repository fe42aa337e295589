import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ProblemsError, RunError } from '../base/problem.ts';
import type { Access } from './access.ts';
import type { ApiError, Health, Info, JobDetail, SessionRequest, SqlRejection, SqlRequest, Status } from './api.ts';
import type { DashboardData } from './dashboard-data.ts';
import { failureText } from './job-monitor.ts';
import { metricsText } from './metrics-text.ts';
import { Parameters } from './parameters.ts';
import { problemsOf } from './problems.ts';
import { SECURITY_HEADERS } from './security-headers.ts';
import { apiError, checkSql, planQuery, runQuery, sqlProblem, type SendEvent } from './sql-query.ts';
import type { StoredProblems, StoreRequest } from './store-reader.ts';
import { NOT_BUILT_PAGE, type StaticFiles } from './static-files.ts';

const MOST_BODY_BYTES = 1 << 20;
const MOST_QUERIES = 4;
const MOST_STREAMS = 64;
const KEEP_ALIVE_MS = 15_000;
const [DEFAULT_ROWS, MOST_ROWS] = [1000, 100_000];

/** All addresses of the dashboard: what docs/api.md describes. */
export function createDashboardApp(data: DashboardData, access: Access, page: StaticFiles): Hono {
  const app = new Hono();
  secure(app, access);
  serveStatus(app, data);
  serveStore(app, data);
  serveSql(app, data);
  serveMonitoring(app, data, access);
  app.all('/api/*', (c) => refuse(c, 404, 'ADDRESS_NOT_FOUND', `there is no ${c.req.method} ${c.req.path}`, 'See docs/api.md.'));
  servePage(app, page);
  app.onError((error, c) => failed(c, error));
  return app;
}

/** Checks and headers that come before everything else. */
function secure(app: Hono, access: Access): void {
  app.use(async (c, next) => {
    const isOpen = c.req.path === '/health' || c.req.path === '/api/session';
    const isData = c.req.path.startsWith('/api/') || c.req.path === '/metrics' || c.req.path === '/health';
    const header = (name: string): string | undefined => c.req.header(name);
    let refusal = access.refusal({ header, isData });
    if (refusal?.status === 401 && isOpen) refusal = undefined;
    if (refusal === undefined) await next();
    else c.res = refuse(c, refusal.status, refusal.code, refusal.message, refusal.hint);
    if (refusal?.status === 401) c.res.headers.set('WWW-Authenticate', 'Bearer');
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
    if (isData) c.res.headers.set('Cache-Control', 'no-store');
  });
  const onError = (c: Context): Response => {
    // What is left of the body is not read.
    c.header('Connection', 'close');
    return refuse(c, 413, 'BODY_TOO_LARGE', 'the body is larger than 1 MB', 'Send less.');
  };
  app.use('/api/*', bodyLimit({ maxSize: MOST_BODY_BYTES, onError }));
  app.post('/api/session', async (c) => {
    const { token } = await jsonBody<SessionRequest>(c, { token: 'string' });
    if (!access.wantsToken) return refuse(c, 404, 'TOKEN_NOT_WANTED', 'the server wants no token', 'Go on without.');
    if (!access.isToken(token)) return refuse(c, 401, 'TOKEN_WRONG', 'the token is wrong', 'It is what isobar was started with.');
    return c.body(null, 204, { 'Set-Cookie': access.cookie });
  });
}

function serveStatus(app: Hono, data: DashboardData): void {
  app.get('/api/info', (c) => c.json(data.info() satisfies Info));
  app.get('/api/status', (c) => c.json(data.status() satisfies Status));
  app.get('/api/jobs/:name', (c) => {
    const detail = data.details.get(c.req.param('name'));
    if (detail === undefined) return noJob(c, c.req.param('name'));
    return c.json(detail satisfies JobDetail);
  });
  app.get('/api/problems', async (c) => {
    const parameters = new Parameters((name) => c.req.query(name));
    const job = parameters.text('job');
    const limit = parameters.count('limit', 200, 1000);
    const kind = parameters.choice('kind', ['malformed', 'late', 'rejected']);
    const monitors = data.monitors.filter(({ name }) => job === null || name === job);
    if (job !== null && monitors.length === 0) return noJob(c, job);
    const answer = await data.reader?.ask({ kind: 'problems', job, limit, only: kind, before: data.startedAt });
    const stored = answer === undefined ? [] : (JSON.parse(new TextDecoder().decode(answer)) as StoredProblems).problems;
    return c.json(problemsOf(monitors, stored, limit, kind));
  });
  app.get('/api/events', (c) => {
    if (data.events.readers >= MOST_STREAMS) return tooMany(c, 'streams are open');
    return streamSSE(c, async (stream) => {
      const closed = closing(stream);
      const keepAlive = setInterval(() => void stream.write(': still here\n\n'), KEEP_ALIVE_MS);
      await data.events.follow((event, text) => stream.writeSSE({ event, data: text }), closed);
      clearInterval(keepAlive);
    });
  });
}

function noJob(c: Context, name: string): Response {
  return refuse(c, 404, 'JOB_NOT_FOUND', `there is no job "${name}"`, 'See GET /api/status.');
}

function serveStore(app: Hono, data: DashboardData): void {
  const ask = async (c: Context, request: StoreRequest): Promise<Response> => {
    if (data.reader === null) return noStore(c);
    const json = await data.reader.ask(request);
    return c.body(json, 200, { 'Content-Type': 'application/json' });
  };
  const parametersOf = (c: Context): Parameters => new Parameters((name) => c.req.query(name));
  app.get('/api/indexes', (c) => ask(c, { kind: 'indexes' }));
  app.get('/api/indexes/:index/aggregate', (c) =>
    ask(c, { kind: 'aggregate', index: c.req.param('index'), request: parametersOf(c).aggregation() }),
  );
  app.get('/api/indexes/:index/documents', (c) =>
    ask(c, { kind: 'documents', index: c.req.param('index'), limit: parametersOf(c).count('limit', 50, 1000) }),
  );
  app.get('/api/topics', (c) => ask(c, { kind: 'topics' }));
  app.get('/api/topics/:topic/rows', (c) => {
    const parameters = parametersOf(c);
    const limit = parameters.count('limit', 200, 5000);
    const [from, to, after] = [parameters.number('from'), parameters.number('to'), parameters.text('after')];
    return ask(c, { kind: 'rows', topic: c.req.param('topic'), limit, from, to, after });
  });
  app.get('/api/topics/:topic/latest', (c) =>
    ask(c, { kind: 'latest', topic: c.req.param('topic'), key: parametersOf(c).text('key') }),
  );
}

function noStore(c: Context): Response {
  const hint = 'The dashboard reads local topics and indexes: run with --local, or isobar dev.';
  return refuse(c, 404, 'STORE_MISSING', 'the job does not work on a local store', hint);
}

function serveSql(app: Hono, data: DashboardData): void {
  let queries = 0;
  app.post('/api/sql/check', async (c) => {
    const { text } = await jsonBody<SqlRequest>(c, { text: 'string' });
    return c.json(checkSql(text, data.store !== null));
  });
  app.post('/api/sql/run', async (c) => {
    const { text, limit = DEFAULT_ROWS } = await jsonBody<SqlRequest>(c, { text: 'string', limit: 'number' });
    const { store, clock } = data;
    if (store === null) return noStore(c);
    const plan = planQuery(text);
    if (queries >= MOST_QUERIES) return tooMany(c, 'queries run');
    queries++;
    return streamSSE(c, async (stream) => {
      const send: SendEvent = (event: string, content: unknown) => stream.writeSSE({ event, data: JSON.stringify(content) });
      const rows = Math.min(MOST_ROWS, Math.max(1, Math.floor(limit)));
      try {
        const signal = AbortSignal.any([closing(stream), data.closing]);
        await runQuery(plan, { store, clock, limit: rows, signal }, send);
      } catch (error) {
        await stream.writeSSE({ event: 'error', data: JSON.stringify({ error: apiError(error) } satisfies ApiError) });
      } finally {
        queries--;
      }
    });
  });
}

function serveMonitoring(app: Hono, data: DashboardData, access: Access): void {
  app.get('/metrics', (c) => {
    const jobs = data.monitors.map((monitor) => ({ status: monitor.status(), detail: data.details.get(monitor.name)! }));
    return c.body(metricsText(jobs, data.clock.now()), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  app.get('/health', (c) => {
    const jobs = data.monitors.map(({ name, job }) => ({ name, state: job.status().state, failure: failureText(job.failure) }));
    const isFailed = jobs.some(({ state }) => state === 'failed');
    const isKnown = access.tokenRefusal({ header: (name) => c.req.header(name), isData: true }) === undefined;
    const health: Health = {
      status: isFailed ? 'failed' : 'ok',
      uptimeMs: data.clock.now() - data.startedAt,
      ...(isKnown ? { jobs } : {}),
    };
    return c.json(health, isFailed ? 503 : 200);
  });
}

function servePage(app: Hono, page: StaticFiles): void {
  app.get('*', async (c) => {
    if (!page.isBuilt) return c.html(NOT_BUILT_PAGE, 200, { 'Cache-Control': 'no-cache' });
    const file = await page.find(c.req.path);
    if (file === undefined) return refuse(c, 404, 'ADDRESS_NOT_FOUND', `there is no ${c.req.path}`, 'See docs/api.md.');
    const headers = { 'Content-Type': file.type, 'Cache-Control': file.cacheControl, ETag: file.etag };
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers);
    return c.body(file.bytes, 200, headers);
  });
}

/** Aborted when the reader goes away. */
function closing(stream: SSEStreamingApi): AbortSignal {
  const controller = new AbortController();
  stream.onAbort(() => controller.abort());
  if (stream.aborted) controller.abort();
  return controller.signal;
}

/** A body that is not what the address takes. */
class BodyError extends RunError {
  readonly status: ContentfulStatusCode;

  constructor(status: ContentfulStatusCode, code: string, message: string, hint: string) {
    super(code, message, hint);
    this.status = status;
  }
}

/** The body as JSON with these members; a form of another site cannot send it. The first member must be there. */
async function jsonBody<T extends object>(c: Context, members: Readonly<Record<string, 'string' | 'number'>>): Promise<T> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
    const hint = 'Send the header Content-Type: application/json.';
    throw new BodyError(415, 'BODY_NOT_JSON', 'the body is not declared as JSON', hint);
  }
  const body: unknown = await c.req.json().catch(() => undefined);
  const names = Object.keys(members);
  const isFitting = (name: string, i: number): boolean => {
    const value = (body as Record<string, unknown>)[name];
    return (value === undefined && i > 0) || (typeof value === members[name] && value === value);
  };
  if (typeof body === 'object' && body !== null && names.every(isFitting)) return body as T;
  const hint = `It is an object with ${names.map((name) => `${name}: ${members[name]}`).join(', ')}.`;
  throw new BodyError(400, 'BODY_WRONG', 'the body is not what this address takes', hint);
}

function tooMany(c: Context, what: string): Response {
  return refuse(c, 429, 'TOO_MANY', `too many ${what} at once`, 'Close one first.');
}

function refuse(c: Context, status: ContentfulStatusCode, code: string, message: string, hint: string | null): Response {
  return c.json({ error: { code, message, hint } } satisfies ApiError, status);
}

const NOT_FOUND = /^(INDEX|TOPIC|FIELD|JOB)_NOT_FOUND$/;

function failed(c: Context, error: Error): Response {
  if (error instanceof ProblemsError) {
    const { problems } = error;
    const text = error.source?.text ?? '';
    const { code, message, hint } = problems[0];
    const rejection: SqlRejection = {
      error: { code, message, hint: hint ?? null },
      problems: problems.map((problem) => sqlProblem(text, problem)),
    };
    return c.json(rejection, 400);
  }
  const { code, message, hint } = apiError(error);
  if (error instanceof BodyError) return refuse(c, error.status, code, message, hint);
  if (error instanceof RunError)
    return refuse(c, NOT_FOUND.test(code) ? 404 : code === 'READER_ENDED' ? 500 : 400, code, message, hint);
  return refuse(c, 500, 'INTERNAL', 'a mistake of the server', null);
}
