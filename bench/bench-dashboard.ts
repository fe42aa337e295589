// How long the dashboard's pages take to redraw with a thousand devices, a day of minutes and ten thousand cities, in real
// Chromium, while new documents and records come in each second and the page refreshes as often.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { RunError } from '../src/base/problem.ts';
import { LocalStore } from '../src/connectors/local/store.ts';
import { openBrowser } from '../test/browser/open-browser.ts';
import { send as sendTo } from '../test/browser/send.ts';
import { parseBenchCommand, temporaryFolder } from './bench-command.ts';
import { spawnNode } from './spawn-node.ts';

interface Result {
  readonly page: string;
  /** From the address to everything drawn, with what the server takes. */
  readonly firstMs: number;
  /** All charts of the page, of one refresh: the usual, and the longest. */
  readonly drawMedianMs: number;
  readonly drawMaxMs: number;
  /** The longest that the page was deaf during a refresh; 0 where no task took 50 ms. */
  readonly longestTaskMs: number;
  /** Of the heap, from after the first refreshes to the end, garbage collected. */
  readonly heapGrowthMB: number;
}

/** What the page's own counters say; see WATCH. */
interface Watched {
  readonly draws: readonly number[];
  readonly longestTaskMs: number;
}

const MINUTES = 1440;
const MINUTE_MS = 60_000;
const MAXIMA = 5000;
const PAGES: Readonly<Record<string, string>> = {
  weather: '[data-test=gauges-avg_temp] td',
  cities: '[data-test=averages] td',
  pipelines: '.operator.sink',
  problems: '[data-test=problems] td',
};

/** In the page: sums up what its charts take to draw, and notes the longest task. */
const WATCH = `
  globalThis.watched = { draws: [], longestTaskMs: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.longestTaskMs = Math.max(watched.longestTaskMs, duration);
  }).observe({ type: 'longtask' });
  const seen = new WeakMap();
  const look = () => {
    let sum = 0;
    for (const chart of document.querySelectorAll('.chart')) {
      if (chart.drawnInMs === undefined || seen.get(chart) === chart.drawnInMs) continue;
      seen.set(chart, chart.drawnInMs);
      sum += chart.drawnInMs;
    }
    if (sum > 0) watched.draws.push(sum);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

const { devices, cities, refreshes, json } = parseBenchCommand(
  'bench:dashboard',
  'How long the pages of the dashboard take to draw, in Chromium.',
  {
    devices: { what: 'devices, each with a document for every minute of a day', value: 1000, least: 1 },
    cities: { what: 'cities', value: 10_000, least: 1 },
    refreshes: { what: 'how often each page is drawn again', value: 15, least: 1 },
  },
);
const folder = temporaryFolder();
const path = join(folder, 'isobar.db');
const store = LocalStore.open(path);
let server: ServerProcess | undefined;
let browser: Browser | undefined;
try {
  say(`writing ${devices * MINUTES} documents, ${cities} cities`);
  fill();
  server = await serve();
  browser = await openBrowser();
  const results: Result[] = [];
  for (const [name, drawn] of Object.entries(PAGES)) {
    say(`page ${name}`);
    results.push(await measurePage(browser, server.url, name, drawn));
  }
  console.log(json ? JSON.stringify({ results }, null, 2) : table(results));
} finally {
  await browser?.close();
  server?.child.kill('SIGINT');
  await server?.ended;
  store.close();
}

function fill(): void {
  const last = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  for (let hour = 0; hour < MINUTES / 60; hour++) {
    store.transaction(() => {
      for (let minute = 60 * hour; minute < 60 * (hour + 1); minute++) writeMinute(last - minute * MINUTE_MS, devices);
    });
  }
  const now = Date.now();
  send(
    'output_avg',
    Array.from({ length: cities }, (_, i) => average(i)),
  );
  send(
    'output_max',
    Array.from({ length: MAXIMA }, (_, i) => {
      const start = now - (MAXIMA - i) * 5000;
      return `city ${i % 50},${20 + ((i * 7) % 25)},${textOf(start)},${textOf(start + 5000)}`;
    }),
  );
  send(
    'input_errors',
    Array.from({ length: 1000 }, (_, i) => JSON.stringify({ line: `Budapest ${i}`, reason: 'no comma', ts: textOf(now) })),
  );
}

/** Documents of one minute, of the first devices. */
function writeMinute(start: number, count: number): void {
  store.transaction(() => {
    for (let device = 1; device <= count; device++) {
      const document = {
        client: `device${device}`,
        avg_temp: 10 + ((device * 7) % 35) + Math.sin(start / 5e6 + device) * 3 + Math.random(),
        avg_hum: 40 + ((device * 3) % 50) + Math.cos(start / 5e6 + device) * 5,
        window_start: textOf(start),
        window_end: textOf(start + MINUTE_MS),
      };
      store.index.put('weather_data_1', `device${device}_${start}`, JSON.stringify(document));
    }
  });
}

function average(city: number): string {
  return `city ${city},${(Math.random() * 40).toFixed(2)},${1000 + city}`;
}

function send(topic: string, lines: readonly string[]): void {
  store.topics.create(topic);
  sendTo(store, topic, ...lines);
}

/** A TIMESTAMP of this process's zone, as the server's. */
function textOf(instant: number): string {
  const local = new Date(instant - new Date(instant).getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 19).replace('T', ' ');
}

interface ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<void>;
}

/** `isobar dev` on the store. */
async function serve(): Promise<ServerProcess> {
  const root = join(import.meta.dirname, '..');
  const pipelines = ['weather', 'cities'].map((name) => join(root, 'pipelines', `${name}.sql`));
  const command = ['dev', ...pipelines, '--store', path, '--port', '0', '--no-generators'];
  const child = spawnNode([join(root, 'bin/isobar'), ...command]);
  child.stdout.resume();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      output += text;
      const link = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (link !== undefined) resolve(link);
    });
    child.once('close', (status) => reject(new RunError('BENCH_FAILED', `isobar dev ended with status ${String(status)}`)));
  });
  return { child, url, ended };
}

async function measurePage(chromium: Browser, url: string, name: string, drawn: string): Promise<Result> {
  const page = await chromium.newPage({ viewport: { width: 1360, height: 900 } });
  await page.addInitScript(WATCH);
  const startedAt = performance.now();
  await page.goto(`${url}/#/${name}?refresh=1000`);
  await page.waitForSelector(drawn, { state: 'attached', timeout: 120_000 });
  const firstMs = performance.now() - startedAt;
  const session = await page.context().newCDPSession(page);
  const heapBytes = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  const follow = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      writeMinute(Date.now() - (Date.now() % 1000), Math.min(200, devices));
      send(
        'output_avg',
        Array.from({ length: Math.min(500, cities) }, () => average(Math.floor(Math.random() * cities))),
      );
      await wait(1000);
    }
  };
  // Code is compiled and caches fill during the first ones.
  await follow(3);
  const heapBefore = await heapBytes();
  await page.evaluate('watched.draws = []; watched.longestTaskMs = 0');
  await follow(refreshes);
  const { draws, longestTaskMs } = await page.evaluate<Watched>('watched');
  const heapGrowthMB = ((await heapBytes()) - heapBefore) / 1e6;
  await page.close();
  const sorted = draws.toSorted((a, b) => a - b);
  return {
    page: name,
    firstMs: Math.round(firstMs),
    drawMedianMs: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
    drawMaxMs: Math.round(sorted.at(-1) ?? 0),
    longestTaskMs: Math.round(longestTaskMs),
    heapGrowthMB: Math.round(heapGrowthMB * 10) / 10,
  };
}

function table(results: readonly Result[]): string {
  const columns = ['', 'first ms', 'draw ms', 'longest draw', 'longest task', 'heap +MB'];
  const rows = results.map((row) => [
    row.page,
    ...[row.firstMs, row.drawMedianMs, row.drawMaxMs, row.longestTaskMs, row.heapGrowthMB].map(String),
  ]);
  const lines = [columns, ...rows].map(
    ([name, ...figures]) => name.padEnd(12) + figures.map((figure) => figure.padStart(14)).join(''),
  );
  const what = `${devices} devices, ${devices * MINUTES} documents, ${cities} cities, ${refreshes} refreshes of each page`;
  return [what, '', ...lines].join('\n');
}

/** To stderr: stdout is for the figures. */
function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}
