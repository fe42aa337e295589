// The dashboard's addresses on a running job.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zoneOf } from '../../src/functions/time-zone.ts';
import type * as api from '../../src/server/api.ts';
import {
  call,
  events,
  PIPELINE,
  reading,
  READING_TABLE,
  send,
  start,
  until,
  type RunningJob,
  type ServerEvent,
} from './server-testing.ts';

const HOSTILE = '{"client": "<script>alert(1)</script>", "ts": "yesterday"}';

const INSERT = `${READING_TABLE} CREATE TABLE p (c STRING) WITH ('connector' = 'print'); INSERT INTO p SELECT client FROM reading;`;

let running: RunningJob;
const url = (path: string): string => running.server.url + path;
const get = async <T>(path: string): Promise<T> => (await (await fetch(url(path))).json()) as T;
const post = (path: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
  fetch(url(path), { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal });
const instant = (text: string): number => zoneOf('Europe/Budapest').toInstant(Date.parse(`2024-05-12T${text}Z`));

beforeAll(async () => {
  running = await start();
  const rows = [reading('device1', '10:00:01', 10), reading('device2', '10:00:02', 1), reading('device1', '10:00:03', 20)];
  send(running.store, 'weather_data', ...rows, HOSTILE, reading('device10', '10:01:30', 120), reading('device2', '10:00:04', 7));
  send(running.store, 'weather_data', reading('device10', '10:05:00', 5));
  await until(
    () => running.store.index.count('weather'),
    (count) => count === 3,
  );
});
afterAll(() => running.close());

test('/api/info tells what is served, and examples that can be run', async () => {
  const info = await get<api.Info>('/api/info');
  expect(info).toMatchObject({ version: '1.2.3', command: 'dev', timeZone: 'Europe/Budapest', hasStore: true });
  expect(info.examples.map(({ title }) => title)).toEqual([
    'my weather: message',
    'my weather: maxima',
    'my weather: input_errors',
  ]);
  for (const { text } of info.examples)
    expect(await (await post('/api/sql/check', { text })).json()).toMatchObject({ canRun: true });
});

test('/api/status counts for each operator what it took and gave', async () => {
  const status = await until(
    () => get<api.Status>('/api/status'),
    ({ jobs }) => jobs[0].checkpoints.count > 0 && jobs[0].rowsOut === 7,
  );
  const [job] = status.jobs;
  expect(job).toMatchObject({
    name: 'my weather',
    state: 'running',
    failure: null,
    recordsIn: 7,
    malformed: 1,
    late: 2,
    rejected: 1,
  });
  // Event time is local: 10:05:00 in Budapest less five seconds.
  expect(job.watermark).toBe(instant('10:04:55'));
  expect(job.watermarkLagMs).toBeGreaterThan(0);
  expect(job.time.busy + job.time.idle + job.time.backPressured).toBeCloseTo(1);
  expect(job.checkpoints.last).toMatchObject({ bytes: expect.any(Number) as number, durationMs: expect.any(Number) as number });
  const detail = await get<api.JobDetail>('/api/jobs/my%20weather');
  const byKind = (kind: string) => job.operators.filter(({ id }) => detail.operators[id].kind === kind);
  expect(byKind('scan')).toMatchObject([
    { recordsIn: 7, malformed: 1, lag: 0, reasons: [{ count: 1, reason: expect.stringContaining('ts') as string }] },
  ]);
  expect(byKind('window-aggregate').every(({ stateBytes }) => stateBytes! > 0)).toBe(true);
  expect(byKind('sink').map(({ recordsOut }) => recordsOut)).toEqual([3, 3, 1]);
});

test('/api/jobs/{name} shows the graph with SQL, plan and code', async () => {
  const detail = await get<api.JobDetail>('/api/jobs/my%20weather');
  expect(detail).toMatchObject({ name: 'my weather', file: 'weather.sql', timeZone: 'Europe/Budapest' });
  for (const operator of detail.operators) {
    expect(operator.inputs.every((input) => input < operator.id)).toBe(true);
    if (operator.place !== null) expect(detail.text.slice(operator.place.start, operator.place.end)).toBe(operator.sql);
  }
  expect(detail.operators.every(({ summary }) => summary !== '')).toBe(true);
  const scan = detail.operators.find(({ kind }) => kind === 'scan')!;
  expect(scan).toMatchObject({ title: 'Scan', table: 'message', connector: 'kafka', topics: ['weather_data'] });
  expect(scan.code).toContain('decoder of message');
  expect(scan.columns).toContainEqual({ name: 'temperature', type: 'DOUBLE', role: 'number' });
  expect(detail.operators.find(({ index }) => index !== null)).toMatchObject({ kind: 'sink', index: 'weather' });
  expect(await get('/api/jobs/nothing')).toMatchObject({ error: { code: 'JOB_NOT_FOUND' } });
});

test('/api/problems keeps what was left out, as text', async () => {
  const found = await until(
    () => get<api.Problems>('/api/problems'),
    ({ problems }) => problems.length === 4,
  );
  expect(found).toMatchObject({ malformed: 1, late: 2, rejected: 1 });
  const of = (kind: string): api.ProblemView => found.problems.find((problem) => problem.kind === kind)!;
  expect(of('malformed')).toMatchObject({ topic: 'weather_data', partition: 0, offset: 3, field: 'ts', message: HOSTILE });
  expect(of('late').row).toContainEqual({ name: 'client', value: 'device2' });
  expect(of('rejected')).toMatchObject({ table: 'input_errors', reason: 'too hot', message: 'device10' });
  const { headers } = await call(url('/api/problems'));
  expect(headers['content-type']).toContain('application/json');
  expect((await get<api.Problems>('/api/problems?limit=1')).problems).toHaveLength(1);
  for (const kind of ['malformed', 'late', 'rejected']) {
    const { problems } = await get<api.Problems>(`/api/problems?kind=${kind}&limit=2`);
    expect(problems.map((problem) => problem.kind)).toEqual(found.problems.flatMap((each) => (each.kind === kind ? [kind] : [])));
  }
  expect((await call(url('/api/problems?kind=odd'))).status).toBe(400);
});

describe('indexes', () => {
  test('are described by their fields', async () => {
    const { indexes } = await until(
      () => get<api.Indexes>('/api/indexes'),
      ({ indexes: [first] }) => first?.isLoading === false,
    );
    expect(indexes).toMatchObject([{ name: 'weather', documents: 3, defaultBy: 'client', defaultTimeField: 'window_start' }]);
    expect(indexes[0].fields.map(({ name, type }) => [name, type])).toEqual([
      ['client', 'keyword'],
      ['avg_temp', 'number'],
      ['window_start', 'date'],
    ]);
  });

  test('are aggregated by keyword and over time', async () => {
    const query = 'fields=avg_temp&by=client&timeField=window_start&interval=60000';
    const answer = await get<api.Aggregation>(`/api/indexes/weather/aggregate?${query}`);
    expect(answer.groups.map(({ key, documents, values }) => [key, documents, values[0].average])).toEqual([
      ['device1', 1, 15],
      ['device2', 1, 1],
      ['device10', 1, 120],
    ]);
    expect(answer.buckets).toEqual([instant('10:00:00'), instant('10:01:00')]);
    expect(answer.series).toEqual([[[15, null]], [[1, null]], [[null, 120]]]);
    const range = `from=${instant('10:01:00')}&to=${instant('10:02:00')}`;
    expect((await get<api.Aggregation>(`/api/indexes/weather/aggregate?${query}&${range}`)).groups).toHaveLength(1);
  });

  test.each([
    ['weathr', 'fields=avg_temp', 404, 'INDEX_NOT_FOUND', 'Did you mean "weather"?'],
    ['weather', 'fields=avg_tmp', 404, 'FIELD_NOT_FOUND', 'Did you mean "avg_temp"?'],
    ['weather', 'fields=client', 400, 'FIELD_TYPE', 'Its number fields are: avg_temp.'],
    ['weather', '', 400, 'PARAMETER_WRONG', 'See docs/api.md.'],
    ['weather', 'fields=avg_temp&from=1', 400, 'PARAMETER_MISSING', 'Name a date field of the index.'],
    ['weather', 'fields=avg_temp&timeField=window_start&interval=x', 400, 'PARAMETER_WRONG', 'See docs/api.md.'],
    [
      'weather',
      'fields=avg_temp&timeField=window_start&from=0&to=9e12&interval=1',
      400,
      'AGGREGATION_TOO_LARGE',
      'Ask for a wider interval.',
    ],
  ])('%s?%s is refused with %i %s', async (index, query, status, code, hint) => {
    const answer = await call(url(`/api/indexes/${index}/aggregate?${query}`));
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([status, { error: { code, hint } }]);
  });

  test('show their last documents', async () => {
    const { documents } = await get<api.Documents>('/api/indexes/weather/documents?limit=1');
    expect(documents.map(({ json }) => JSON.parse(json) as unknown)).toMatchObject([{ client: 'device10', avg_temp: 120 }]);
  });
});

describe('topics', () => {
  test('are listed with what pipelines know of them', async () => {
    const { topics } = await get<api.Topics>('/api/topics');
    const maxima = topics.find(({ name }) => name === 'maxima');
    expect(maxima).toMatchObject({ format: 'csv', writtenBy: ['my weather'], readBy: [], records: 3, holdsErrors: false });
    expect(maxima?.columns.map(({ role }) => role)).toEqual(['text', 'number', 'time']);
    expect(topics.find(({ name }) => name === 'input_errors')).toMatchObject({ holdsErrors: true });
  });

  test('give their rows as columns, and what has come since', async () => {
    const first = await get<api.TopicRows>('/api/topics/maxima/rows?limit=2');
    expect(first.isLimited).toBe(true);
    expect(first.rows.at(-1)).toMatchObject({
      partition: 0,
      offset: 2,
      values: ['device10', 120, instant('10:02:00')],
      text: null,
    });
    const next = await get<api.TopicRows>(`/api/topics/maxima/rows?after=${encodeURIComponent(first.cursor)}`);
    expect(next.rows).toEqual([]);
    const { timestamp } = first.rows[1];
    const earlier = await get<api.TopicRows>(`/api/topics/maxima/rows?to=${timestamp}`);
    expect(earlier.rows.every((row) => row.timestamp < timestamp)).toBe(true);
    const upTo = await get<api.TopicRows>(`/api/topics/maxima/rows?limit=1&to=${timestamp + 1}`);
    expect(upTo.rows).toEqual([first.rows[1]]);
    const none = await get<api.TopicRows>(`/api/topics/maxima/rows?from=9e12`);
    expect(none.rows).toEqual([]);
  });

  test('show what is malformed as its text', async () => {
    const { rows } = await get<api.TopicRows>('/api/topics/weather_data/rows');
    expect(rows[3]).toMatchObject({ offset: 3, values: null, text: HOSTILE });
  });

  test('give the last row of each key', async () => {
    const latest = await get<api.LatestRows>('/api/topics/weather_data/latest?key=client');
    expect(latest.rows.map(({ offset, values }) => [values?.[0], offset])).toEqual([
      ['device1', 2],
      ['device2', 5],
      ['device10', 6],
    ]);
    expect(await get('/api/topics/weather_data/latest?key=city')).toMatchObject({ error: { code: 'FIELD_NOT_FOUND' } });
    expect(await get('/api/topics/nothing/rows')).toMatchObject({ error: { code: 'TOPIC_NOT_FOUND' } });
  });
});

describe('SQL', () => {
  test('is checked with every mistake at its place', async () => {
    const text = `${READING_TABLE}\nSELECT clent, temperature + FROM reading;`;
    const check = (await (await post('/api/sql/check', { text })).json()) as api.SqlCheck;
    expect(check).toMatchObject({ canRun: false, plan: null });
    expect(check.problems[0].place).toMatchObject({ line: 2 });
  });

  test('streams the rows of a SELECT to its limit', async () => {
    const text = `${READING_TABLE}\nSELECT client, temperature FROM reading WHERE temperature IS NOT NULL;`;
    const seen: ServerEvent[] = [];
    for await (const event of events(await post('/api/sql/run', { text, limit: 3 }))) seen.push(event);
    expect(seen[0]).toMatchObject({
      event: 'columns',
      data: { columns: [{ name: 'client', role: 'text' }, { role: 'number' }] },
    });
    const rows = seen.filter(({ event }) => event === 'rows').flatMap(({ data }) => (data as api.SqlRows).rows);
    expect(rows.map(({ kind, values }) => [kind, ...values])).toEqual([
      ['+I', 'device1', 10],
      ['+I', 'device2', 1],
      ['+I', 'device1', 20],
    ]);
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { reason: 'limit', rowsOut: 3 } });
  });

  test('ends when the reader goes away', async () => {
    const controller = new AbortController();
    const text = `${READING_TABLE}\nSELECT client, COUNT(*) FROM reading GROUP BY client;`;
    // Four at once are allowed: a fifth succeeds only where the one before has ended.
    for (let i = 0; i < 4; i++)
      void events(await post('/api/sql/run', { text }, controller.signal))
        .next()
        .catch(() => {});
    expect((await post('/api/sql/run', { text })).status).toBe(429);
    controller.abort();
    const again = new AbortController();
    const ask = async (): Promise<number> => (await post('/api/sql/run', { text }, again.signal)).status;
    await until(ask, (status) => status === 200);
    again.abort();
  });

  test.each([
    ['SQL_WRITES', INSERT],
    [
      'SQL_CONNECTOR_REFUSED',
      `CREATE TABLE f (line STRING) WITH ('connector' = 'filesystem', 'path' = '/etc/passwd', 'format' = 'raw'); SELECT * FROM f;`,
    ],
    ['SQL_SEVERAL_SELECTS', 'SELECT 1; SELECT 2;'],
    ['SQL_TABLE_NOT_FOUND', 'SELECT * FROM nowhere;'],
  ])('is refused with %s', async (code, text) => {
    const response = await post('/api/sql/run', { text });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code } }]);
  });

  test('leaves nothing behind in the store', async () => {
    const before = { names: running.store.topics.names(), checkpoints: running.store.checkpoints.list().length };
    const missing = READING_TABLE.replace('weather_data', 'no_such_topic');
    const text = `SET 'isobar.dead-letter' = 'true'; ${missing} SELECT * FROM reading;`;
    const seen: ServerEvent[] = [];
    for await (const event of events(await post('/api/sql/run', { text }))) seen.push(event);
    expect(seen.at(-1)).toMatchObject({ event: 'error', data: { error: { code: 'TOPIC_NOT_FOUND' } } });
    const bounded = READING_TABLE.replace(
      "'format'",
      "'scan.bounded.mode' = 'latest-offset', 'properties.group.id' = 'page', 'format'",
    );
    for await (const event of events(await post('/api/sql/run', { text: `${bounded} SELECT * FROM reading;` }))) seen.push(event);
    expect(seen.at(-1)).toMatchObject({ event: 'end', data: { reason: 'finished' } });
    expect({ names: running.store.topics.names(), checkpoints: running.store.checkpoints.list().length }).toEqual(before);
    expect(running.store.topics.groupOffset('page', 'weather_data', 0)).toBeUndefined();
  });
});

test('/api/events sends the status, and tells of changes', async () => {
  const controller = new AbortController();
  const response = await fetch(url('/api/events'), { signal: controller.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const kinds = new Set<string>();
  const timer = setInterval(() => send(running.store, 'weather_data', reading('device1', '10:05:10', 1)), 50);
  for await (const { event, data } of events(response)) {
    kinds.add(event);
    if (event === 'status') expect(data).toMatchObject({ jobs: [{ name: 'my weather' }] });
    if (kinds.size === 2) break;
  }
  clearInterval(timer);
  controller.abort();
  expect([...kinds]).toEqual(['status', 'change']);
});

test('/metrics is in the text format of Prometheus, with names of Flink', async () => {
  const { headers, text } = await call(url('/metrics'));
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = new Map<string, number>();
  let current = '';
  for (const line of text.trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    if (type !== null) current = type[1];
    if (line.startsWith('#')) continue;
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line);
    expect(sample, line).not.toBeNull();
    expect(sample![1], 'samples stand below their TYPE').toBe(current);
    expect(samples.has(sample![1] + sample![2]), 'each only once').toBe(false);
    samples.set(sample![1] + sample![2], Number(sample![3]));
  }
  const valueOf = (name: string, ...labels: string[]): number | undefined =>
    [...samples].find(([key]) => key.startsWith(`${name}{`) && labels.every((label) => key.includes(label)))?.[1];
  expect(
    valueOf('flink_taskmanager_job_task_operator_numRecordsIn', 'operator_name="Scan', 'job_name="my weather"'),
  ).toBeGreaterThanOrEqual(7);
  expect(valueOf('flink_taskmanager_job_task_operator_numRecordsInErrors')).toBe(1);
  expect(valueOf('flink_jobmanager_job_numberOfCompletedCheckpoints')).toBeGreaterThan(0);
  expect(valueOf('flink_taskmanager_job_task_operator_numLateRecordsDropped', 'WindowAggregate')).toBe(1);
  for (const name of ['lastCheckpointDuration', 'lastCheckpointSize'])
    expect(valueOf(`flink_jobmanager_job_${name}`)).toBeDefined();
  expect(valueOf('flink_taskmanager_job_task_backPressuredTimeMsPerSecond')).toBeDefined();
});

test('/health is 200 while the job runs', async () => {
  const { status, text } = await call(url('/health'));
  expect([status, JSON.parse(text)]).toMatchObject([200, { status: 'ok', jobs: [{ name: 'my weather', state: 'running' }] }]);
});

test('an address that there is not', async () => {
  expect(await get('/api/nothing')).toMatchObject({ error: { code: 'ADDRESS_NOT_FOUND' } });
});

test('/health is 503 when a job has failed', async () => {
  const failing = `CREATE TABLE s (a STRING) ${READING_TABLE.slice(READING_TABLE.indexOf('WITH')).replace(';', '')};
    CREATE TABLE p (a INT) WITH ('connector' = 'print');
    INSERT INTO p SELECT CAST(a AS INT) FROM s;`;
  const other = await start({}, failing);
  send(other.store, 'weather_data', '{"a": "no number"}');
  const answer = await until(
    () => call(`${other.server.url}/health`),
    ({ status }) => status === 503,
  );
  expect(JSON.parse(answer.text)).toMatchObject({
    status: 'failed',
    jobs: [{ state: 'failed', failure: expect.stringContaining('EVALUATION_FAILED') as string }],
  });
  await other.close();
});

test('dead letters of runs before are problems too', async () => {
  const text = PIPELINE.replace("'50 ms';", "'50 ms'; SET 'isobar.dead-letter' = 'true';");
  const letter = {
    reason: 'no time',
    topic: 'weather_data',
    partition: 0,
    offset: 9,
    message: '<b>',
    at: '2024-05-12T00:00:00.000Z',
  };
  const other = await start({}, text, (store) => send(store, 'message.dead-letter', JSON.stringify(letter), 'no letter'));
  send(other.store, 'weather_data', HOSTILE);
  const problems = await until(
    async () => ((await (await fetch(`${other.server.url}/api/problems`)).json()) as api.Problems).problems,
    ({ length }) => length === 2,
  );
  // The letter of this run is in memory and in the topic, but comes once.
  await until(
    () => other.store.topics.endOffset('message.dead-letter', 0),
    (end) => end === 3,
  );
  expect(((await (await fetch(`${other.server.url}/api/problems`)).json()) as api.Problems).problems).toEqual(problems);
  expect(problems.map(({ kind, message, table, offset }) => [kind, message, table, offset])).toEqual([
    ['malformed', HOSTILE, 'message', 0],
    ['malformed', '<b>', 'message', 9],
  ]);
  await other.close();
});
