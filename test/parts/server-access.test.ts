// Who may talk to the dashboard, and what every answer carries.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { Access, type Caller } from '../../src/server/access.ts';
import { startDashboard } from '../../src/server/dashboard-server.ts';
import { call, start, type RunningJob } from './server-testing.ts';

const TOKEN = 'a-secret-of-enough-length';
const JSON_BODY = { 'Content-Type': 'application/json' };
let folder: string;
let open: RunningJob;
let closed: RunningJob;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-page-'));
  mkdirSync(join(folder, 'page/assets'), { recursive: true });
  writeFileSync(join(folder, 'page/index.html'), '<!doctype html><title>the page</title>');
  writeFileSync(join(folder, 'page/assets/index-abc.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'not part of the page');
  open = await start({ page: join(folder, 'page') });
  closed = await start({ token: TOKEN });
});
afterAll(async () => {
  await open.close();
  await closed.close();
  rmSync(folder, { recursive: true });
});

const codeOf = (text: string): string => (JSON.parse(text) as { error: { code: string } }).error.code;

test.each(['/', '/api/status', '/api/nothing', '/metrics', '/health', '/assets/index-abc.js', '/no/such.js'])(
  '%s carries the headers of security',
  async (path) => {
    const { headers } = await call(open.server.url + path);
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
    });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  },
);

describe('another host', () => {
  test.each(['evil.example', 'evil.example:8090', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.1.7', 'a:b:c'])(
    'Host: %s is refused',
    async (host) => {
      for (const path of ['/api/status', '/', '/metrics', '/health']) {
        const { status, text } = await call(open.server.url + path, { Host: host });
        // Node itself refuses what is no host at all.
        expect(status === 400 || (status === 403 && codeOf(text) === 'HOST_REFUSED'), `${path} ${status}`).toBe(true);
      }
    },
  );

  test.each(['localhost', 'localhost:9999', '127.0.0.1', '[::1]:8090'])('Host: %s is this one', async (host) => {
    expect((await call(`${open.server.url}/api/status`, { Host: host })).status).toBe(200);
  });
});

describe('another site', () => {
  const body = JSON.stringify({ text: 'SELECT 1' });
  test.each<Record<string, string>>([
    { Origin: 'https://evil.example' },
    { Origin: 'null' },
    { Origin: 'http://localhost:1' },
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
  ])('%o is refused', async (headers) => {
    const post = await call(`${open.server.url}/api/sql/check`, { ...headers, ...JSON_BODY }, 'POST', body);
    const read = await call(`${open.server.url}/api/status`, headers);
    const preflight = await call(`${open.server.url}/api/sql/check`, headers, 'OPTIONS');
    expect([post, read, preflight].map(({ status, text }) => [status, codeOf(text)])).toEqual(
      Array(3).fill([403, 'ORIGIN_REFUSED']),
    );
  });

  test('the page itself may ask, and a link elsewhere may lead to it', async () => {
    const own = { Origin: open.server.url, 'Sec-Fetch-Site': 'same-origin' };
    expect((await call(`${open.server.url}/api/sql/check`, { ...own, ...JSON_BODY }, 'POST', body)).status).toBe(200);
    expect((await call(`${open.server.url}/`, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' })).status).toBe(
      200,
    );
  });

  test('what a form could send is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
      const { status, text } = await call(`${open.server.url}/api/sql/check`, headers, 'POST', body);
      expect([status, codeOf(text)]).toEqual([415, 'BODY_NOT_JSON']);
    }
  });
});

test.each([
  [400, 'BODY_WRONG', '{"text": 5}'],
  [400, 'BODY_WRONG', '[]'],
  [400, 'BODY_WRONG', 'null'],
  [400, 'BODY_WRONG', '{"text": '],
  [413, 'BODY_TOO_LARGE', JSON.stringify({ text: ' '.repeat(1 << 20) })],
])('a body is refused with %i %s', async (status, code, body) => {
  const answer = await call(`${open.server.url}/api/sql/check`, JSON_BODY, 'POST', body);
  expect([answer.status, codeOf(answer.text)]).toEqual([status, code]);
});

describe('the page', () => {
  test('is cached by what may change', async () => {
    const index = await call(`${open.server.url}/`);
    expect(index.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' });
    const script = await call(`${open.server.url}/assets/index-abc.js`);
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    const again = await call(`${open.server.url}/`, { 'If-None-Match': index.headers.etag as string });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  test('answers at its own addresses, and nothing outside of its folder', async () => {
    expect((await call(`${open.server.url}/pipelines/weather`)).text).toContain('the page');
    for (const path of [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/%00.txt',
      '/%zz',
    ]) {
      const { status, text } = await call(open.server.url + path);
      expect(text, path).not.toContain('not part');
      expect(status === 404 || text.includes('the page'), `${path} ${status}`).toBe(true);
    }
  });

  test('is explained where it has not been built', async () => {
    const { status, text } = await call(`${closed.server.url}/`);
    expect(status).toBe(200);
    expect(text).toContain('has not been built');
  });
});

describe('a token', () => {
  const at = (path: string): string => closed.server.url + path;

  test('must come along', async () => {
    for (const path of ['/api/status', '/api/events', '/metrics', '/api/nothing']) {
      const missing = await call(at(path));
      expect([missing.status, codeOf(missing.text)]).toEqual([401, 'TOKEN_MISSING']);
      const wrong = await call(at(path), { Authorization: `Bearer ${TOKEN}x` });
      expect([wrong.status, codeOf(wrong.text)]).toEqual([401, 'TOKEN_WRONG']);
      const cookie = await call(at(path), { Cookie: `a=b; isobar_session=${TOKEN}` });
      expect([cookie.status, codeOf(cookie.text)]).toEqual([401, 'TOKEN_WRONG']);
    }
    expect((await call(at('/api/status'), { Authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  test('is exchanged for a cookie that does not hold it', async () => {
    const signIn = (token: string) => call(at('/api/session'), JSON_BODY, 'POST', JSON.stringify({ token }));
    const wrong = await signIn('wrong');
    expect([wrong.status, codeOf(wrong.text), wrong.headers['set-cookie']]).toEqual([401, 'TOKEN_WRONG', undefined]);
    const right = await signIn(TOKEN);
    expect(right.status).toBe(204);
    const [cookie] = right.headers['set-cookie'] as string[];
    expect(cookie).toMatch(/^isobar_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    expect((await call(at('/api/status'), { Cookie: cookie.split(';')[0] })).status).toBe(200);
  });

  test('is not needed for the page and for the bare health', async () => {
    expect((await call(at('/'))).status).toBe(200);
    expect(Object.keys(JSON.parse((await call(at('/health'))).text) as object)).toEqual(['status', 'uptimeMs']);
    const known = await call(at('/health'), { Authorization: `Bearer ${TOKEN}` });
    expect(JSON.parse(known.text)).toMatchObject({ jobs: [{ name: 'my weather' }] });
  });

  test('is a must where others could reach the server', () => {
    expect(() => new Access('0.0.0.0', undefined)).toThrow('there is no token');
    expect(() => new Access('192.168.1.7', undefined)).toThrow('ISOBAR_TOKEN');
    expect(() => new Access('0.0.0.0', 'short')).toThrow('too short');
    expect(() => new Access('127.0.0.1', undefined)).not.toThrow();
  });

  test('does not open the server to other names', () => {
    const access = new Access('0.0.0.0', TOKEN);
    const caller = (host: string): Caller => ({ header: (name) => (name === 'host' ? host : undefined), isData: false });
    expect(access.refusal(caller('192.168.1.7:8090'))).toBeUndefined();
    expect(access.refusal(caller('evil.example:8090'))).toMatchObject({ code: 'HOST_REFUSED' });
  });
});

test('two servers take two ports; a port that was asked for is not changed', async () => {
  const subject = { command: 'run', version: '1', jobs: [], store: null, clock: systemClock, timeZone: 'UTC' } as const;
  const [first, second] = [await startDashboard(subject), await startDashboard(subject)];
  expect(second.port).not.toBe(first.port);
  expect(Math.min(first.port, second.port)).toBeGreaterThanOrEqual(8090);
  for (const { url } of [first, second]) expect((await call(`${url}/health`)).status).toBe(200);
  await expect(startDashboard(subject, { port: first.port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  const { status, text } = await call(`${first.url}/api/indexes`);
  expect([status, codeOf(text)]).toEqual([404, 'STORE_MISSING']);
  await first.close();
  await second.close();
  await expect(call(`${first.url}/health`)).rejects.toThrow();
});

test('closing ends open streams', async () => {
  const other = await start();
  const response = await fetch(`${other.server.url}/api/events`);
  const reader = response.body!.getReader();
  await reader.read();
  await other.close();
  await expect(
    (async () => {
      while (!(await reader.read()).done);
    })().catch(() => 'ended'),
  ).resolves.toBeOneOf([undefined, 'ended']);
});
