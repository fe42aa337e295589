// A running job with its dashboard, for the tests of the server.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { compile } from '../../src/compile/compile.ts';
import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { Job } from '../../src/run/job.ts';
import { LeftOutLog } from '../../src/run/left-out-log.ts';
import { startDashboard, type DashboardServer, type ServerAddress } from '../../src/server/dashboard-server.ts';

const kafka = (topic: string, format: string): string =>
  `WITH ('connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = 'k:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = '${format}')`;

export const PIPELINE = `SET 'pipeline.name' = 'my weather';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'table.local-time-zone' = 'Europe/Budapest';
CREATE TABLE message (
  client STRING, ts TIMESTAMP(3), temperature DOUBLE,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) ${kafka('weather_data', 'json').replace(')', `, 'json.ignore-parse-errors' = 'true')`)};
CREATE TEMPORARY VIEW reading AS SELECT * FROM message WHERE ts IS NOT NULL;
CREATE TABLE averages (client STRING, avg_temp DOUBLE, window_start TIMESTAMP(3), PRIMARY KEY (client, window_start) NOT ENFORCED)
  WITH ('connector' = 'elasticsearch-7', 'hosts' = 'http://e:9200', 'index' = 'weather');
CREATE TABLE maxima (client STRING, max_temp DOUBLE, window_end TIMESTAMP(3)) ${kafka('maxima', 'csv')};
CREATE TABLE input_errors (message STRING, reason STRING) ${kafka('input_errors', 'json')};
INSERT INTO averages SELECT client, AVG(temperature), window_start
  FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY client, window_start, window_end;
INSERT INTO maxima SELECT client, MAX(temperature), window_end
  FROM TABLE(TUMBLE(TABLE reading, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY client, window_start, window_end;
INSERT INTO input_errors SELECT client, 'too hot' FROM reading WHERE temperature > 100;
`;

export const READING_TABLE = `CREATE TABLE reading (client STRING, temperature DOUBLE) ${kafka('weather_data', 'json').replace(')', `, 'json.ignore-parse-errors' = 'true')`)};`;

/** One message for a topic of the store; its partition is 0. */
export function send(store: LocalStore, topic: string, ...values: string[]): void {
  const blob = new RecordBlobBuilder();
  for (const value of values) {
    blob.appendValue(Buffer.from(value));
    blob.end(systemClock.now(), true, false);
  }
  store.topics.create(topic);
  store.topics.append(topic, 0, blob.finish());
}

export const reading = (client: string, time: string, temperature: number): string =>
  JSON.stringify({ client, ts: `2024-05-12 ${time}`, temperature });

/** What `start` gave. */
export interface RunningJob {
  readonly store: LocalStore;
  readonly job: Job;
  readonly server: DashboardServer;
  close(): Promise<void>;
}

/** Runs the pipeline on a new store, and serves its dashboard at any free port. */
export async function start(
  address: ServerAddress = {},
  text: string = PIPELINE,
  prepare: (store: LocalStore) => void = () => {},
): Promise<RunningJob> {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-server-'));
  const store = LocalStore.open(join(folder, 'store.db'));
  prepare(store);
  const plan = compile({ name: 'weather.sql', text }, { local: true });
  const leftOut = new LeftOutLog();
  const job = new Job(plan, { clock: systemClock, name: plan.name, local: true, store, print: () => {}, leftOut });
  const subject = { command: 'dev', version: '1.2.3', jobs: [{ job, name: plan.name, leftOut }] } as const;
  const server = await startDashboard(
    { ...subject, store, clock: systemClock, timeZone: plan.timeZone },
    { port: 0, page: join(folder, 'page'), ...address },
  );
  const run = job.run();
  run.catch(() => {});
  await job.opened.catch(() => {});
  const close = async (): Promise<void> => {
    await server.close();
    await job.stop().catch(() => {});
    store.close();
    rmSync(folder, { recursive: true });
  };
  return { store, job, server, close };
}

/** Calls until the answer is as wanted; fails after ten seconds. */
export async function until<T>(ask: () => Promise<T> | T, isWanted: (answer: T) => boolean): Promise<T> {
  let answer = await ask();
  for (let tries = 0; !isWanted(answer); tries++) {
    if (tries === 500) throw new Error(`it did not happen: ${JSON.stringify(answer)}`);
    await delay(20);
    answer = await ask();
  }
  return answer;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request with any headers, also those that fetch would not send. */
export function call(url: string, headers: Record<string, string> = {}, method = 'GET', body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Reads server-sent events until the stream ends or is left. */
export async function* events(response: Response): AsyncGenerator<ServerEvent> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const valueOf = (key: string): string | undefined =>
        lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
      const event = valueOf('event');
      if (event !== undefined) yield { event, data: JSON.parse(valueOf('data') ?? 'null') as unknown };
    }
  }
}
