// What goes wrong, as a user sees it: a locked server, a server that is gone, a pipeline that fails, a thousand devices with names
// that would be markup, times of another zone.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from './open-browser.ts';
import { closePages, openPage } from './pages.ts';
import { send } from './send.ts';
import { startDev, type Dev } from './start-dev.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

/** A server for one test. */
async function withDev(options: Parameters<typeof startDev>[0], action: (dev: Dev) => Promise<void>): Promise<void> {
  const dev = await startDev(options);
  try {
    await action(dev);
  } finally {
    await dev.stop();
  }
}

const wasRun = (page: Page): Promise<unknown> =>
  page.evaluate('[globalThis.wasRun, document.querySelectorAll("main img").length]');

const DAY_MS = 86_400_000;
const EVIL = `<img src=x onerror="window.wasRun=true">{b|x}`;
const TOKEN = 'sixteen-characters-and-more';

describe('a server with a token', () => {
  test('asks for it, tells a wrong one, and goes on with the right one', async () => {
    await withDev({ options: ['--token', TOKEN] }, async (dev) => {
      const page = await openPage(browser, `${dev.url}/#/pipelines`);
      const input = page.getByLabel('Token');
      await input.waitFor();
      await expect.poll(() => input.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.keyboard.type('something-quite-different');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.innerText('main [role=alert]')).toBe('That is not the token.');
      await input.fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.waitForSelector('.operator.sink');
      await page.waitForSelector('.connection.live');
      expect(await page.content()).not.toContain(TOKEN);
      await closePages(/401/);
    });
  });
});

describe('a server that goes away', () => {
  test('is missed, its charts stay, and the page goes on by itself when it is back', async () => {
    await withDev({}, async (dev) => {
      const page = await openPage(browser, `${dev.url}/#/cities?refresh=1000`);
      const rows = page.locator('[data-test=averages] tbody tr');
      await expect.poll(() => rows.count()).toBeGreaterThan(10);
      await dev.kill();
      await page.waitForSelector('.banner:has-text("The connection to Isobar is lost")');
      expect(await rows.count()).toBeGreaterThan(10);
      await dev.restart();
      await page.waitForSelector('.connection.live');
      expect(await page.locator('.banner').count()).toBe(0);
      const readings = () => page.locator('[data-test=averages] tbody tr td:nth-child(3)').allInnerTexts();
      const before = await readings();
      await expect.poll(readings).not.toEqual(before);
      await closePages(/ERR_|Failed to load resource/);
    });
  });
});

describe('a pipeline that fails', () => {
  const STRICT = `CREATE TABLE strict_in (client STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'strict_in',
    'properties.bootstrap.servers' = 'kafka:9092', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json');
    CREATE TABLE strict_out (client STRING, n INT) WITH ('connector' = 'kafka', 'topic' = 'strict_out',
    'properties.bootstrap.servers' = 'kafka:9092', 'format' = 'json');
    INSERT INTO strict_out SELECT client, n FROM strict_in;`;

  test('says why, also when it takes the server with it', async () => {
    await withDev({ pipelines: { strict: STRICT }, options: ['--no-generators'] }, async (dev) => {
      const page = await openPage(browser, `${dev.url}/#/pipelines`);
      await page.waitForSelector('.operator.sink');
      send(dev.store, 'strict_in', `{"client": "${EVIL.replaceAll('"', '\\"')}", "n": "many"}`);
      await expect.poll(() => page.innerText('main .failure')).toContain('The pipeline has failed');
      expect(await page.innerText('main .failure')).toMatch(
        /strict\.sql:1:14: error\[MALFORMED_RECORD\].*\n.*CREATE TABLE strict_in/,
      );
      expect(await wasRun(page)).toEqual([undefined, 0]);
      await closePages(/ERR_|Failed to load resource/);
    });
  });
});

describe('a thousand devices', () => {
  let dev: Dev;
  const start = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000;
  beforeAll(async () => {
    dev = await startDev({ options: ['--no-generators'] });
    dev.store.transaction(() => {
      for (let device = 1; device <= 1000; device++) {
        const client = device === 1000 ? `${EVIL} ${'long '.repeat(40)}` : `device${device}`;
        for (const minute of [0, 1, 2]) {
          const window_start = new Date(start + minute * 60_000).toISOString();
          const document = { client, avg_temp: device / 20, avg_hum: 50, window_start };
          dev.store.index.put('many', `${device}_${minute}`, JSON.stringify(document));
        }
      }
    });
  });
  afterAll(() => dev?.stop());

  const devices = (page: Page): Promise<string[]> => page.locator('[data-test=gauges-avg_temp] th').allInnerTexts();

  test('are shown page by page, found by name, and the address holds both', async () => {
    const page = await openPage(browser, `${dev.url}/#/weather?index=many&refresh=0`);
    await expect.poll(() => page.innerText('main')).toContain('Page 1 of 42, 1,000 in all');
    const first = await devices(page);
    expect(first).toHaveLength(24);
    await page.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => devices(page)).not.toEqual(first);
    expect(page.url()).toContain('page=2');
    await page.goBack();
    await expect.poll(() => devices(page)).toEqual(first);
    await page.getByLabel('Find client').fill('device77');
    await expect.poll(() => devices(page)).toEqual(['device77', ...Array.from({ length: 10 }, (_, i) => `device77${i}`)]);
    const shared = await openPage(browser, page.url());
    await expect.poll(async () => (await devices(shared)).length).toBe(11);
    await shared.getByLabel('Find client').fill('nobody');
    await expect.poll(() => shared.innerText('main')).toContain('No client of that name');
    await closePages();
  });

  test('with names that would be markup, as text', async () => {
    const page = await openPage(browser, `${dev.url}/#/weather?index=many&refresh=0&search=onerror`);
    await expect.poll(async () => (await devices(page))[0]).toContain('<img src=x');
    await page.waitForSelector('[aria-label^="temperature over time"] canvas');
    await page.hover('[aria-label^="temperature over time"]');
    expect(await wasRun(page)).toEqual([undefined, 0]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
    await closePages();
  });

  test('and cities whose names would be markup', async () => {
    send(dev.store, 'input', `${EVIL}, 41`, 'Αθήνα, 30', 'a, b, c');
    const page = await openPage(browser, `${dev.url}/#/cities?refresh=1000&sort=city&order=up`);
    await expect.poll(() => page.locator('[data-test=averages] tbody td:first-child').allInnerTexts()).toEqual([EVIL, 'Αθήνα']);
    expect(await wasRun(page)).toEqual([undefined, 0]);
    await page.goto(`${dev.url}/#/problems?kind=rejected`);
    await expect.poll(() => page.innerText('[data-test=problems]')).toContain('a, b, c');
    await page.getByRole('button', { name: 'late' }).click();
    await expect.poll(() => page.innerText('main')).toContain('Nothing was left out');
    await page.goBack();
    await page.waitForSelector('[data-test=problems]');
    await closePages();
  });

  test('in the server’s time, whatever the browser’s', async () => {
    const page = await openPage(browser, `${dev.url}/#/weather?index=many&refresh=0`, { timezoneId: 'Asia/Kolkata' });
    await expect.poll(async () => (await devices(page)).length).toBe(24);
    const { timeZone } = (await (await fetch(`${dev.url}/api/info`)).json()) as { timeZone: string };
    await page.click('[data-test=time-range]');
    expect(await page.innerText('[data-test=zone]')).toContain(timeZone);
    const localText = (instant: number): string =>
      new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(instant).replace(' ', 'T');
    await page.getByLabel('From', { exact: true }).fill(localText(start + 60_000));
    await page.getByLabel('To', { exact: true }).fill(localText(start + 120_000));
    await page.getByRole('button', { name: 'Show this range' }).click();
    await expect.poll(() => page.innerText('main')).toContain('1,000 documents of index many');
    expect(page.url()).toContain(`from=${start + 60_000}&to=${start + 120_000}`);
    await closePages();
  });

  test('and a stretch of a chart becomes the time range by dragging over it', async () => {
    const page = await openPage(browser, `${dev.url}/#/weather?index=many&refresh=0&search=device77`);
    const chart = page.locator('[aria-label^="temperature over time"]');
    await chart.locator('canvas').waitFor();
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await chart.boundingBox())!;
    await page.mouse.move(x + width * 0.5, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + height / 2);
    await page.mouse.move(x + width * 0.75, y + height / 2);
    await page.mouse.up();
    await expect.poll(() => page.url()).toMatch(/from=\d+&to=\d+/);
    const { from, to } = Object.fromEntries(new URLSearchParams(page.url().split('?')[1]));
    expect((Number(to) - Number(from)) / DAY_MS).toBeCloseTo(0.25, 1);
    await page.goBack();
    await expect.poll(() => page.innerText('[data-test=time-range]')).toContain('Last 1 day');
    await closePages();
  });

  test('all by the keyboard', async () => {
    const page = await openPage(browser, `${dev.url}/#/weather?index=many&refresh=0`);
    await page.focus('[data-test=time-range]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog] input:focus');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('How many');
    await page.keyboard.press('Escape');
    expect(await page.locator('[role=dialog]').count()).toBe(0);
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.test)).toBe('time-range');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=dialog] input:focus');
    await page.keyboard.type('20');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('from=now-20m');
    await page.goto(`${dev.url}/#/pipelines?operator=1&job=weather`);
    await page.getByRole('tab', { name: 'Counters' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.getByRole('tab', { name: 'SQL' }).getAttribute('aria-selected')).toBe('true');
    expect(page.url()).toContain('tab=SQL');
    await closePages();
  });
});
