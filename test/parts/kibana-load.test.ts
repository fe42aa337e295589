// isobar kibana, against a server that checks what it gets as Kibana 7 does.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { parseExportFile } from '../../src/kibana/export-file.ts';
import { parseKibanaAddress } from '../../src/kibana/kibana-address.ts';
import { KibanaClient } from '../../src/kibana/kibana-client.ts';
import { AVAILABLE, KibanaServer, type KibanaServerOptions } from './kibana-server.ts';

const root = resolve(import.meta.dirname, '../..');
const dashboard = join(root, 'deploy/kibana/export.ndjson');
const exported = parseExportFile({ name: 'export.ndjson', text: readFileSync(dashboard, 'utf8') });

let folder: string;
let kibana: KibanaServer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-kibana-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await kibana?.stop();
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const env = { ...process.env, KIBANA_USERNAME: '', KIBANA_PASSWORD: '', ...environment, NO_COLOR: '1' };
  return new Promise((done) => {
    execFile(process.execPath, [join(root, 'bin/isobar'), 'kibana', ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('isobar kibana', () => {
  test('loads the dashboard, says where it is, and may be run again', async () => {
    kibana = await KibanaServer.start();
    const first = await run([dashboard, '--kibana', kibana.url]);
    expect(first).toEqual({
      status: 0,
      stdout: '',
      stderr:
        `isobar: 6 saved objects of ${dashboard} are in kibana\n` +
        `isobar: dashboard "Weather Dashboard": ${kibana.url}/app/dashboards#/view/weather-dashboard\n`,
    });
    expect([...kibana.objects.keys()]).toEqual(exported.objects.map(({ type, id }) => `${type}:${id}`));
    expect(kibana.defaultIndexPattern).toBe('weather_data_1');

    kibana.defaultIndexPattern = 'the-users-own';
    expect(await run([dashboard, '--kibana', `${kibana.url}/`])).toEqual(first);
    expect(kibana.objects.size).toBe(6);
    expect(kibana.defaultIndexPattern).toBe('the-users-own');
  });

  test('waits while kibana starts, and says so once', async () => {
    kibana = await KibanaServer.start({ startingRequests: 2 });
    const { status, stderr } = await run([dashboard, '--kibana', kibana.url]);
    expect(status).toBe(0);
    const waits = stderr.split('\n').filter((line) => line.includes('waiting'));
    expect(waits).toEqual([`isobar: waiting for kibana at ${kibana.url}: Kibana server is not ready yet (HTTP 503)`]);
  });

  test('fails when kibana is not there in time', async () => {
    kibana = await KibanaServer.start({ startingRequests: 1e9 });
    const { status, stderr } = await run([dashboard, '--kibana', kibana.url, '--timeout', '200ms']);
    expect(status).toBe(1);
    expect(stderr).toContain(
      `error[KIBANA_UNAVAILABLE]: kibana at ${kibana.url} is not ready after 0.2 s: Kibana server is not ready yet (HTTP 503)\nhint: `,
    );
  });

  test('never shows a password', async () => {
    kibana = await KibanaServer.start({ credentials: 'elastic:sec:ret' });
    const denied = await run([dashboard, '--kibana', kibana.url.replace('//', '//elastic:wr0ng@')]);
    expect(denied.status).toBe(1);
    expect(denied.stderr).toContain(
      `error[KIBANA_ACCESS]: kibana at ${kibana.url} lets nobody in without its user: HTTP 401\nhint: `,
    );
    const inAddress = await run([dashboard, '--kibana', kibana.url.replace('//', '//elastic:sec%3Aret@')]);
    const inEnvironment = await run([dashboard, '--kibana', kibana.url], {
      KIBANA_USERNAME: 'elastic',
      KIBANA_PASSWORD: 'sec:ret',
    });
    const invalid = await run([dashboard, '--kibana', 'ftp://elastic:sec:ret@kibana']);
    expect([inAddress.status, inEnvironment.status, invalid.status]).toEqual([0, 0, 2]);
    expect(denied.stderr + inAddress.stderr + inEnvironment.stderr + invalid.stderr).not.toMatch(/wr0ng|sec|cmV0/);
  });

  test.each([
    { args: ['missing.ndjson'], code: 'FILE_UNREADABLE' },
    { args: ['broken.ndjson'], code: 'broken.ndjson:2:1: error[KIBANA_EXPORT_INVALID]: the line is no JSON' },
    { args: ['empty.ndjson'], code: 'KIBANA_EXPORT_INVALID' },
    { args: ['nameless.ndjson'], code: 'the object has no "id"' },
    { args: [dashboard, '--timeout', 'soon'], code: 'COMMAND_INVALID_ARGUMENT' },
    { args: [dashboard, '--kibana', 'kibana:5601'], code: 'KIBANA_ADDRESS_INVALID' },
    { args: [dashboard, '--kibana', 'http://kibana/app?x=1'], code: 'KIBANA_ADDRESS_INVALID' },
  ])('finds the mistake in $args before it asks kibana', async ({ args, code }) => {
    writeFileSync(join(folder, 'broken.ndjson'), '{"type":"dashboard","id":"a","attributes":{}}\n{"type":\n');
    writeFileSync(join(folder, 'empty.ndjson'), '\n{"exportedCount":0,"missingRefCount":0,"missingReferences":[]}\n');
    writeFileSync(join(folder, 'nameless.ndjson'), '{"type":"dashboard","attributes":{}}\n');
    kibana = await KibanaServer.start();
    const { status, stderr } = await run(args.includes('--kibana') ? args : [...args, '--kibana', kibana.url]);
    expect(status).toBe(2);
    expect(stderr).toContain(code);
    expect(kibana.requests).toEqual([]);
  });

  test('half a pair of credentials is a mistake', async () => {
    const { status, stderr } = await run([dashboard], { KIBANA_USERNAME: 'elastic' });
    expect(status).toBe(2);
    expect(stderr).toContain('error[KIBANA_ADDRESS_INVALID]: the environment variable KIBANA_PASSWORD is missing');
  });
});

describe('the client', () => {
  async function clientOf(options: KibanaServerOptions, onWait: (reason: string) => void = () => {}): Promise<KibanaClient> {
    kibana = await KibanaServer.start(options);
    const address = parseKibanaAddress(kibana.url, {});
    return new KibanaClient(address, { clock: systemClock, timeoutMs: 5000, retryMs: 1, onWait });
  }

  test('waits for the status of both shapes', async () => {
    const reasons: string[] = [];
    const statuses = [
      { status: { overall: { state: 'red', title: 'Red' } } },
      { status: { overall: { state: 'yellow', title: 'Yellow' } } },
      { status: { overall: { level: 'degraded', summary: 'elasticsearch is away' } } },
      { status: { overall: { level: 'available', summary: 'All services are available' } } },
    ];
    await (await clientOf({ statuses }, (reason) => reasons.push(reason))).waitUntilReady();
    expect(kibana.requests).toHaveLength(4);
    expect(reasons).toEqual([
      'its status is red: Red',
      'its status is yellow: Yellow',
      'its status is degraded: elasticsearch is away',
    ]);
  });

  test('says a reason again only when it has changed', async () => {
    const reasons: string[] = [];
    await (await clientOf({ startingRequests: 3 }, (reason) => reasons.push(reason))).waitUntilReady();
    expect(kibana.requests).toHaveLength(4);
    expect(reasons).toHaveLength(1);
  });

  test('imports again what got no answer', async () => {
    const client = await clientOf({ lostImports: 2, statuses: [AVAILABLE] });
    await client.importObjects(exported);
    expect(kibana.objects.size).toBe(6);
    expect(kibana.requests).toHaveLength(3);
  });

  test('keeps the base path', async () => {
    const client = await clientOf({ basePath: '/kibana' });
    await client.waitUntilReady();
    await client.importObjects(exported);
    expect(kibana.requests).toEqual(['GET /kibana/api/status', 'POST /kibana/api/saved_objects/_import?overwrite=true']);
  });

  test('lists what kibana refuses though it answers 200', async () => {
    const client = await clientOf({});
    const [, gauge, ...others] = exported.text.split('\n');
    const widget = '{"type":"widget","id":"w","attributes":{"title":"Widget"},"references":[]}';
    const importing = client.importObjects(parseExportFile({ name: 'x.ndjson', text: [gauge, widget, ...others].join('\n') }));
    await expect(importing).rejects.toMatchObject({
      code: 'KIBANA_IMPORT',
      message: [
        'kibana refused 5 of the 6 objects of x.ndjson:',
        '  visualization weather-temperature-gauges "Temperature by device": it refers to what is not there: index-pattern weather_data_1',
        '  widget w "Widget": this kibana does not know its type',
        '  visualization weather-humidity-gauges "Humidity by device": it refers to what is not there: index-pattern weather_data_1',
        '  visualization weather-temperature-over-time "Temperature over time": it refers to what is not there: index-pattern weather_data_1',
        '  visualization weather-humidity-over-time "Humidity over time": it refers to what is not there: index-pattern weather_data_1',
      ].join('\n'),
    });
  });

  test('says that a file comes from a newer kibana', async () => {
    const client = await clientOf({});
    const text = exported.text.replace('"index-pattern":"7.6.0"', '"index-pattern":"8.0.0"');
    await expect(client.importObjects({ ...exported, text })).rejects.toMatchObject({
      code: 'KIBANA_REQUEST',
      message: expect.stringMatching(
        /refused the import of export.ndjson: Document "weather_data_1" .* \[8\.0\.0\]\. \(HTTP 422\)$/,
      ),
      hint: 'The file may come from a newer Kibana than this one.',
    });
    expect(kibana.objects.size).toBe(0);
  });

  test('gives a file of another name the ending that kibana wants', async () => {
    const client = await clientOf({});
    await client.importObjects({ ...exported, name: '/somewhere/dashboard.json' });
    expect(kibana.objects.size).toBe(6);
  });

  test('knows that Elasticsearch is no kibana, and that a login page is no answer', async () => {
    const other = createServer((request, response) => {
      if (request.url?.startsWith('/elasticsearch'))
        response.writeHead(400).end('{"error":"no handler found for uri [/api/status]"}');
      else response.writeHead(302, { location: '/login?next=%2Fapi%2Fstatus' }).end();
    });
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const options = { clock: systemClock, timeoutMs: 1000 };
    await expect(new KibanaClient({ url: `${url}/elasticsearch` }, options).waitUntilReady()).rejects.toMatchObject({
      code: 'KIBANA_NOT_FOUND',
    });
    await expect(new KibanaClient({ url }, options).waitUntilReady()).rejects.toMatchObject({ code: 'KIBANA_ACCESS' });
    other.closeAllConnections();
    other.close();
  });
});
