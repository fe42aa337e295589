// The dashboard as a user sees it: real Chromium on a running `isobar dev`.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from './open-browser.ts';
import { closePages, openPage } from './pages.ts';
import { send } from './send.ts';
import { startDev, type Dev } from './start-dev.ts';

let dev: Dev;
let browser: Browser;
beforeAll(async () => {
  [dev, browser] = await Promise.all([startDev(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await dev?.stop();
});

const open = (hash: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> =>
  openPage(browser, `${dev.url}/#/${hash}`, options);

/** What each device's gauge says, from the table that screen readers get. */
async function gauges(page: Page, field: string): Promise<ReadonlyMap<string, number>> {
  const rows = await page
    .locator(`[data-test=gauges-${field}] tr`)
    .evaluateAll((found) =>
      found.map((row) => [row.querySelector('th')!.textContent, Number(row.querySelector('td')!.dataset.value)] as const),
    );
  return new Map(rows);
}

interface Document {
  readonly client: string;
  readonly avg_temp: number;
  readonly avg_hum: number;
  readonly window_start: string;
}

/** The same, computed from the index itself, over the documents at or after `from`. */
function averages(field: 'avg_temp' | 'avg_hum', from: number): ReadonlyMap<string, number> {
  const values = new Map<string, number[]>();
  for (const { json } of dev.store.index.scan('weather_data_1')) {
    const document = JSON.parse(json) as Document;
    // A TIMESTAMP is local time of the server, as this process's.
    if (new Date(document.window_start.replace(' ', 'T')).getTime() < from) continue;
    values.set(document.client, [...(values.get(document.client) ?? []), document[field]]);
  }
  const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([client, list]) => [client, list.reduce((sum, value) => sum + value, 0) / list.length]));
}

const rounded = (map: ReadonlyMap<string, number>): Record<string, string> =>
  Object.fromEntries([...map].map(([key, value]) => [key, value.toFixed(6)]));

const DAY_MS = 86_400_000;

describe('weather', () => {
  test('the gauges show what a query of the index computes', async () => {
    const page = await open('weather?refresh=1000');
    for (const field of ['avg_temp', 'avg_hum'] as const) {
      await expect
        .poll(async () => rounded(await gauges(page, field)))
        .toSatisfy((shown: object) => JSON.stringify(shown) === JSON.stringify(rounded(averages(field, Date.now() - DAY_MS))));
      expect([...(await gauges(page, field)).keys()]).toEqual(['device1', 'device2', 'device3']);
    }
    await closePages();
  });

  test('the time range changes what is shown, and is in the address', async () => {
    const page = await open('weather?refresh=0');
    await expect.poll(() => gauges(page, 'avg_temp')).toHaveProperty('size', 3);
    const day = await gauges(page, 'avg_temp');
    await page.click('[data-test=time-range]');
    await page.click('text=Last 15 minutes');
    await expect.poll(async () => rounded(await gauges(page, 'avg_temp'))).not.toEqual(rounded(day));
    expect(page.url()).toContain('from=now-15m');
    const shared = await open(new URL(page.url()).hash.slice(2));
    await expect.poll(() => shared.innerText('[data-test=time-range]')).toContain('Last 15 minutes');
    await expect.poll(async () => rounded(await gauges(shared, 'avg_temp'))).not.toEqual(rounded(day));
    await page.goBack();
    await expect.poll(() => page.innerText('[data-test=time-range]')).toContain('Last 1 day');
    await closePages();
  });

  test('a range without documents says so', async () => {
    const page = await open(`weather?from=${Date.UTC(2001, 0, 1)}&to=${Date.UTC(2001, 0, 2)}`);
    await expect.poll(() => page.innerText('main')).toContain('No documents in this time range');
    await closePages();
  });
});

describe('cities', () => {
  test('live values move, and the table sorts', async () => {
    const page = await open('cities?refresh=1000');
    const readings = () => page.locator('[data-test=averages] tbody tr td:nth-child(3)').allInnerTexts();
    await expect.poll(async () => (await readings()).length).toBeGreaterThan(10);
    const total = async () => (await readings()).reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0);
    const before = await total();
    await expect.poll(total).toBeGreaterThan(before);
    const city = page.locator('[data-test=averages] th:first-child');
    for (const order of ['descending', 'ascending']) {
      await city.getByRole('button').click();
      await expect.poll(() => city.getAttribute('aria-sort')).toBe(order);
    }
    const names = () => page.locator('[data-test=averages] tbody tr td:first-child').allInnerTexts();
    const isSorted = (list: string[]) => list.join() === list.toSorted((x, y) => x.localeCompare(y, 'en')).join();
    await expect.poll(names).toSatisfy(isSorted);
    await page.waitForSelector('[aria-label^="The highest temperature"]');
    await closePages();
  });
});

describe('pipelines', () => {
  test('the graph leads from source to sink, and an operator tells its SQL, plan, code and counters', async () => {
    const page = await open('pipelines?job=weather');
    await page.waitForSelector('.operator.scan');
    expect(await page.innerText('.operator.scan')).toContain('iot_msg');
    expect(await page.innerText('.operator.sink')).toContain('es_sink');
    await page.click('.operator.window-aggregate');
    const panel = page.locator('[data-test=operator-panel]');
    await expect.poll(() => panel.innerText()).toContain('Watermark');
    for (const [tab, text] of [
      ['SQL', 'TUMBLE'],
      ['Plan', 'WindowAggregate'],
      ['Code', 'function'],
      ['Columns', 'DOUBLE'],
    ]) {
      await panel.getByRole('tab', { name: tab }).click();
      await expect.poll(() => panel.innerText()).toContain(text);
    }
    await closePages();
  });
});

describe('problems', () => {
  test('a malformed message is shown with its place, and as text', async () => {
    const evil = `{"client": "<script>window.wasRun = true</script><img src=x onerror='window.wasRun = true'>", "ts": `;
    send(dev.store, 'weather_data', evil);
    const page = await open('problems?kind=malformed');
    const row = page.locator('[data-test=problems] tr', { hasText: '<script>' }).first();
    await expect.poll(() => row.innerText()).toContain(evil.trim());
    expect(await row.innerText()).toMatch(/topic weather_data, partition 0, offset \d+/);
    expect(
      await page.evaluate(() => [
        (globalThis as { wasRun?: boolean }).wasRun,
        document.querySelectorAll('td script, td img').length,
      ]),
    ).toEqual([undefined, 0]);
    await closePages();
  });
});

describe('SQL', () => {
  const type = async (page: Page, text: string): Promise<void> => {
    await page.click('.editor .cm-content');
    await page.keyboard.press('Control+A');
    // Typing over coloured text, Chromium copies its look as an inline style, which the policy refuses: no harm, but a complaint.
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  };

  test('a mistake is marked at its place while one types', async () => {
    const page = await open('sql');
    await type(page, 'SELECT city, temprature FROM (VALUES (1, 2)) AS t (city, temperature)');
    await expect.poll(() => page.innerText('[data-test=mistakes]')).toContain('Did you mean "temperature"?');
    expect(await page.innerText('[data-test=mistakes]')).toContain('1:14');
    expect(await page.innerText('.editor .cm-lintRange-error')).toBe('temprature');
    expect(await page.isDisabled('.toolbar .primary')).toBe(true);
    await closePages();
  });

  test('the rows of a SELECT stream in until it is stopped', async () => {
    const page = await open('sql');
    await type(
      page,
      `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '50', 'fields.n.kind' = 'sequence',
       'fields.n.start' = '1', 'fields.n.end' = '100000');\nSELECT MOD(n, 2) AS odd, COUNT(*) AS n FROM numbers GROUP BY MOD(n, 2);`,
    );
    await expect.poll(() => page.isEnabled('.toolbar .primary')).toBe(true);
    await page.keyboard.press('Control+Enter');
    await expect.poll(() => page.locator('[data-test=rows] tbody tr').count()).toBeGreaterThan(5);
    expect(await page.innerText('[data-test=rows]')).toContain('-U');
    await page.click('text=Stop');
    await expect.poll(() => page.innerText('section[aria-label=Rows]')).toContain('stopped');
    await closePages();
  });
});

describe('everywhere', () => {
  test.each(['weather', 'cities', 'pipelines', 'problems', 'sql'])('%s fits a phone and the dark', async (name) => {
    const page = await open(name, { viewport: { width: 390, height: 800 }, colorScheme: 'dark' });
    await page.waitForSelector('main h1');
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
    expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
    await closePages();
  });

  test('every page is reached by the keyboard', async () => {
    const page = await open('weather');
    await page.waitForSelector('main h1');
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.textContent)) === 'Pipelines') break;
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.innerText('main h1')).toBe('Pipelines');
    await closePages();
  });

  test('a lost connection is said, and mended', async () => {
    const page = await browser.newPage();
    await page.route('**/api/events', (route) => route.abort());
    await page.goto(`${dev.url}/#/pipelines`);
    await page.waitForSelector('[role=alert]:has-text("The connection to Isobar is lost")');
    await page.unroute('**/api/events');
    await page.waitForSelector('.connection.live');
    expect(await page.locator('.banner').count()).toBe(0);
    await page.close();
  });
});
