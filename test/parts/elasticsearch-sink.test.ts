// The elasticsearch-7 sink against a server that answers bulk requests as Elasticsearch does, and misbehaves as told.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { ConnectorContext, Sink } from '../../src/connectors/connector.ts';
import { findConnector } from '../../src/connectors/registry.ts';
import { createBatch } from '../../src/types/batch.ts';
import { DELETE, INSERT } from '../../src/types/row-kind.ts';
import { BIGINT, STRING } from '../../src/types/sql-type.ts';
import { connect } from './connector-table.ts';

interface Action {
  readonly kind: string;
  readonly index: string;
  readonly id: string;
  readonly document?: Record<string, unknown>;
}

type Misbehave = (actions: readonly Action[], request: IncomingMessage, response: ServerResponse) => boolean | 'after';

class FakeElasticsearch {
  readonly documents = new Map<string, Record<string, unknown>>();
  readonly requests: Action[][] = [];
  readonly templates = new Map<string, Record<string, unknown>>();
  readonly authorizations = new Set<string | undefined>();
  /** Whether the request is answered here: before (true) or after ('after') its documents are kept. */
  misbehave: Misbehave = () => false;
  /** The error of an item, by action. */
  reject: (action: Action) => { status: number; reason: string } | undefined = () => undefined;
  inFlight = 0;
  mostInFlight = 0;
  url = '';
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.on('close', () => this.inFlight--);
    this.authorizations.add(request.headers.authorization);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
    const json = (status: number, value: unknown): void => void response.writeHead(status).end(JSON.stringify(value));
    const path = request.url!.split('?')[0].replace(/^\/prefix/, '');
    if (request.method === 'HEAD') return json(404, {});
    if (path.startsWith('/_index_template/')) {
      this.templates.set(path.slice('/_index_template/'.length), JSON.parse(body) as Record<string, unknown>);
      return json(200, { acknowledged: true });
    }
    if (path === '/_index_template') {
      const list = [...this.templates].map(([name, template]) => ({ name, index_template: template }));
      return json(200, { index_templates: list });
    }
    if (path === '/_template') return json(200, {});
    const isBulk = path === '/_bulk' && request.headers['content-type'] === 'application/x-ndjson' && body.endsWith('\n');
    if (!isBulk) return json(400, { error: 'no bulk request' });
    const actions = actionsIn(body);
    this.requests.push(actions);
    const misbehaves = this.misbehave(actions, request, response);
    if (misbehaves === true) return;
    const items = actions.map((action) => {
      const error = this.reject(action);
      if (error) return { [action.kind]: { status: error.status, error: { type: 'test_exception', reason: error.reason } } };
      if (action.kind === 'delete') this.documents.delete(action.id);
      else this.documents.set(action.id, { ...this.documents.get(action.id), ...action.document });
      return { [action.kind]: { status: 200 } };
    });
    if (misbehaves === 'after') request.socket.destroy();
    else json(200, { errors: true, items });
  }
}

function actionsIn(body: string): Action[] {
  const lines = body.trimEnd().split('\n');
  const actions: Action[] = [];
  for (let i = 0; i < lines.length; i++) {
    const [kind, { _index: index, _id: id }] = Object.entries(
      JSON.parse(lines[i]) as Record<string, { _index: string; _id: string }>,
    )[0];
    if (kind === 'delete') actions.push({ kind, index, id });
    else {
      const document = JSON.parse(lines[++i]) as Record<string, unknown>;
      if (kind === 'update') expect(document.doc_as_upsert).toBe(true);
      actions.push({ kind, index, id, document: (kind === 'update' ? document.doc : document) as Record<string, unknown> });
    }
  }
  return actions;
}

let server: FakeElasticsearch;
let abort: AbortController;
let said: string[];
const sinks: Sink[] = [];

beforeEach(async () => {
  server = new FakeElasticsearch();
  await server.start();
  abort = new AbortController();
  said = [];
});
afterEach(async () => {
  abort.abort();
  for (const sink of sinks.splice(0)) await sink.close();
  await server.stop();
});

interface SinkOptions {
  readonly options?: Record<string, string>;
  readonly primaryKey?: readonly string[];
  readonly context?: Partial<ConnectorContext>;
  readonly restored?: unknown;
}

async function openSink({ options = {}, primaryKey = ['id'], context = {}, restored }: SinkOptions = {}): Promise<Sink> {
  const table = connect(
    {
      options: { connector: 'elasticsearch-7', hosts: server.url, index: 'people', ...options },
      columns: { id: BIGINT, name: STRING },
      primaryKey,
    },
    'sink',
  );
  const all: ConnectorContext = {
    clock: systemClock,
    timeZone: 'UTC',
    print: () => {},
    say: (line) => said.push(line),
    store: () => expect.fail('no local store'),
    local: false,
    signal: abort.signal,
    ...context,
  };
  const sink = findConnector('elasticsearch-7', { local: false })!.createSink!(table, all);
  sinks.push(sink);
  if (restored !== undefined) sink.restore!(restored);
  await sink.open();
  return sink;
}

type Row = readonly [id: bigint, name: string | null, kind?: number];

function write(sink: Sink, rows: readonly Row[]): void | Promise<void> {
  const batch = createBatch([
    { name: 'id', type: BIGINT },
    { name: 'name', type: STRING },
  ]);
  batch.columns.forEach((column) => column.reserve(rows.length));
  rows.forEach(([id, name], row) => {
    batch.columns[0].set(row, id);
    batch.columns[1].set(row, name);
  });
  batch.kinds = Uint8Array.from(rows, ([, , kind]) => kind ?? INSERT);
  batch.length = rows.length;
  return sink.write(batch);
}

const numbered = (from: number, to: number): Row[] =>
  Array.from({ length: to - from }, (_, i) => [BigInt(from + i), `n${from + i}`]);
const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

describe('documents', () => {
  test('are upserts and deletions by the primary key, with exact numbers', async () => {
    const sink = await openSink();
    await write(sink, [
      [1n, 'Åsa "A"\n'],
      [2n, 'b'],
      [2n, 'b', DELETE],
      [1n, null],
      [3n, 'c', DELETE],
    ]);
    await sink.flush();
    expect(server.requests.flat().map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      'update 1',
      'update 2',
      'delete 2',
      'update 1',
      'delete 3',
    ]);
    expect(server.requests.flat()[0]).toMatchObject({ index: 'people', document: { id: 1, name: 'Åsa "A"\n' } });
    expect([...server.documents]).toEqual([['1', { id: 1, name: null }]]);
  });

  test('without a primary key have made ids, which are the same after going on from a checkpoint', async () => {
    const sink = await openSink({ primaryKey: [] });
    await write(sink, numbered(0, 3));
    await sink.flush();
    const state = sink.snapshot!();
    await write(sink, numbered(3, 5));
    await sink.flush();
    const again = await openSink({ primaryKey: [], restored: JSON.parse(JSON.stringify(state)) });
    await write(again, numbered(3, 7));
    await again.flush();
    expect([...server.documents.values()].map(({ name }) => name)).toEqual(['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6']);
    expect(server.requests.flat().every(({ kind }) => kind === 'index')).toBe(true);
  });

  test('go out by number, by size and by time, one request at a time', async () => {
    const sink = await openSink({ options: { 'sink.bulk-flush.max-actions': '10', 'sink.bulk-flush.interval': '50 ms' } });
    await write(sink, numbered(0, 25));
    await until(() => server.documents.size === 25);
    expect(server.requests.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(server.mostInFlight).toBe(1);
    const bySize = await openSink({ options: { 'sink.bulk-flush.max-actions': '0', 'sink.bulk-flush.max-size': '1mb' } });
    await write(
      bySize,
      Array.from({ length: 30 }, (_, i): Row => [BigInt(100 + i), 'x'.repeat(100_000)]),
    );
    await bySize.flush();
    expect(server.requests.slice(3).map(({ length }) => length)).toEqual([11, 11, 8]);
  });

  test('hold up the writer while a request is not answered', async () => {
    const answers: (() => void)[] = [];
    server.misbehave = (actions, _request, response) => {
      const items = actions.map(({ kind }) => ({ [kind]: { status: 200 } }));
      answers.push(() => void response.end(JSON.stringify({ items })));
      return true;
    };
    const sink = await openSink({ options: { 'sink.bulk-flush.max-actions': '10' } });
    let isThrough = false;
    const written = Promise.resolve(write(sink, numbered(0, 20))).then(() => (isThrough = true));
    await until(() => answers.length === 1);
    expect(isThrough).toBe(false);
    answers[0]();
    await written;
    await until(() => answers.length === 2);
    answers[1]();
    await sink.flush();
    expect(server.mostInFlight).toBe(1);
  });
});

describe('a server in trouble', () => {
  test('that is away is waited for, which is said once, and nothing is lost', async () => {
    const port = Number(new URL(server.url).port);
    await server.stop();
    const sink = await openSink();
    void write(sink, numbered(0, 5));
    const flushed = sink.flush();
    await until(() => said.length === 1);
    server = Object.assign(new FakeElasticsearch(), { url: '' });
    await server.start(port);
    await flushed;
    expect(server.documents.size).toBe(5);
    expect(said.map((line) => line.replaceAll(/\d+ s|:\d+/g, ''))).toEqual([
      'Elasticsearch at http://127.0.0.1 cannot be reached (connect ECONNREFUSED 127.0.0.1); waiting, nothing is lost',
      'Elasticsearch at http://127.0.0.1 is back after ',
    ]);
  });

  test('that cuts off its answer gets the request again, which changes nothing', async () => {
    let cuts = 2;
    server.misbehave = () => (cuts-- > 0 ? 'after' : false);
    const sink = await openSink({ primaryKey: [] });
    await write(sink, numbered(0, 4));
    await sink.flush();
    expect(server.requests.length).toBe(3);
    expect(server.documents.size).toBe(4);
  });

  test.each([429, 502, 503, 504])('that answers %i gets the request again', async (status) => {
    let times = 2;
    server.misbehave = (_actions, _request, response) => {
      if (times-- <= 0) return false;
      response.writeHead(status).end('busy');
      return true;
    };
    const sink = await openSink();
    await write(sink, numbered(0, 4));
    await sink.flush();
    expect(server.documents.size).toBe(4);
    expect(said[0]).toContain(`is overloaded (${status}, busy)`);
  });

  test('gets single documents again, and what came after them on the same document', async () => {
    let isBusy = true;
    server.reject = ({ document }) => {
      if (!isBusy || document?.name !== 'old') return undefined;
      isBusy = false;
      return { status: 429, reason: 'queue is full' };
    };
    const sink = await openSink();
    await write(sink, [
      [1n, 'old'],
      [2n, 'x'],
      [1n, 'new'],
    ]);
    await sink.flush();
    expect(server.requests[1].map(({ document }) => document?.name)).toEqual(['old', 'new']);
    expect(server.documents.get('1')).toEqual({ id: 1, name: 'new' });
  });

  test('fails the job once the back-off strategy of the file allows no more', async () => {
    server.misbehave = (_actions, _request, response) => (response.writeHead(429).end(), true);
    const sink = await openSink({
      options: {
        'sink.bulk-flush.backoff.strategy': 'CONSTANT',
        'sink.bulk-flush.backoff.max-retries': '2',
        'sink.bulk-flush.backoff.delay': '1 ms',
      },
    });
    await write(sink, numbered(0, 1));
    await expect(sink.flush()).rejects.toMatchObject({ code: 'ELASTICSEARCH_OVERLOADED' });
    expect(server.requests.length).toBe(3);
  });

  test('that finds a request too large gets it in parts', async () => {
    server.misbehave = (actions, _request, response) => actions.length > 3 && (response.writeHead(413).end(), true);
    const sink = await openSink();
    await write(sink, numbered(0, 10));
    await sink.flush();
    expect([...server.documents.keys()]).toEqual(numbered(0, 10).map(([id]) => String(id)));
  });

  test.each([401, 403])('that answers %i fails the job, and no password is shown', async (status) => {
    server.misbehave = (_actions, _request, response) => (response.writeHead(status).end('{"error":"no"}'), true);
    const sink = await openSink({ options: { username: 'me', password: 'geheim' } });
    await write(sink, numbered(0, 1));
    const error = await sink.flush().then(
      () => expect.fail('it should fail'),
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: 'ELASTICSEARCH_REFUSED', message: expect.stringContaining(`(${status}): no`) as string });
    expect(JSON.stringify([error, error.message, said])).not.toContain('geheim');
    expect(() => sink.check!()).toThrow(error);
  });

  test('is passed over when there are others', async () => {
    const sink = await openSink({ options: { hosts: `http://127.0.0.1:1;${server.url}` } });
    await write(sink, numbered(0, 5));
    await sink.flush();
    expect(server.documents.size).toBe(5);
    expect(said).toEqual([]);
  });
});

describe('rejected documents', () => {
  const reject = ({ id }: Action): { status: number; reason: string } | undefined =>
    Number(id) % 2 === 0 ? { status: 400, reason: `failed to parse field of ${id}` } : undefined;

  test('fail the job; each is told of with its reason', async () => {
    server.reject = reject;
    const sink = await openSink();
    await write(sink, numbered(1, 5));
    await expect(sink.flush()).rejects.toMatchObject({
      code: 'ELASTICSEARCH_REJECTED',
      message:
        'Elasticsearch rejected document "2" of index "people" (400): test_exception: failed to parse field of 2, and 1 more',
    });
    expect(said).toEqual([
      'rejected: document "2" of index "people" (400): test_exception: failed to parse field of 2',
      'rejected: document "4" of index "people" (400): test_exception: failed to parse field of 4',
    ]);
    expect(() => void write(sink, numbered(5, 6))).toThrow(/rejected/);
  });

  test(`are left out and counted where the file says 'failure-handler' = 'ignore'`, async () => {
    server.reject = reject;
    const sink = await openSink({ options: { 'failure-handler': 'ignore' } });
    await write(sink, numbered(1, 5));
    await sink.flush();
    await sink.close();
    expect([...server.documents.keys()]).toEqual(['1', '3']);
    expect(said.at(-1)).toBe('2 documents were rejected and left out');
  });

  test('are not those that are to be deleted and whose index is not there', async () => {
    server.reject = ({ kind }) => (kind === 'delete' ? { status: 404, reason: 'no such index' } : undefined);
    const sink = await openSink();
    await write(sink, [[1n, 'a', DELETE]]);
    await expect(sink.flush()).resolves.toBeUndefined();
  });
});

describe('the connection', () => {
  test('uses user, password and path prefix, and the address of the command line in place of the hosts', async () => {
    const sink = await openSink({
      options: { hosts: 'http://127.0.0.1:1', username: 'me', password: 'geheim', 'connection.path-prefix': '/prefix/' },
      context: { elasticsearch: server.url },
    });
    await write(sink, numbered(0, 1));
    await sink.flush();
    const other = await openSink({ context: { elasticsearch: server.url.replace('//', '//you:p%40ss@') } });
    await write(other, numbered(0, 1));
    await other.flush();
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    expect([...server.authorizations]).toEqual([basic('me:geheim'), basic('you:p@ss')]);
  });

  test('refuses an address that is none', async () => {
    await expect(openSink({ context: { elasticsearch: 'ftp://me:geheim@x' } })).rejects.toMatchObject({
      code: 'ELASTICSEARCH_URL',
      message: 'the address of Elasticsearch is not a URL',
    });
  });
});

describe('the index template', () => {
  test('is put before the first document, again when it has changed, and not over those of others', async () => {
    await (await openSink()).flush();
    await until(() => server.templates.size === 1);
    expect(server.templates.get('isobar-people')).toMatchObject({
      index_patterns: ['people'],
      template: { mappings: { properties: { id: { type: 'long' } } } },
    });
    server.templates.set('isobar-people', { index_patterns: ['people'], template: { mine: true } });
    await (await openSink()).flush();
    await until(() => said.length === 1);
    expect(said[0]).toBe('template isobar-people is for index people too: ours is left out');
    server.templates.clear();
    server.templates.set('theirs', { index_patterns: ['x', 'pe*'] });
    await (await openSink()).flush();
    await until(() => said.length === 2);
    expect([...server.templates.keys()]).toEqual(['theirs']);
  });

  test('is not put when the file says so', async () => {
    const sink = await openSink({ context: { settings: new Map([['isobar.index-template', 'false']]) } });
    await write(sink, numbered(0, 1));
    await sink.flush();
    expect(server.templates.size).toBe(0);
  });
});
