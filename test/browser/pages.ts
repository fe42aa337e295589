import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFailed } from 'vitest';

interface Opened {
  readonly page: Page;
  readonly complaints: string[];
}

const opened: Opened[] = [];

/** Opens a page of a dashboard; whatever the browser complains about fails the test, in closePages. */
export async function openPage(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1360, height: 900 }, timezoneId: 'UTC', ...options });
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  onTestFailed(async () => console.error('the page shows:', await page.innerText('body').catch(() => 'nothing'), complaints));
  await page.goto(address);
  opened.push({ page, complaints });
  return page;
}

/** Ends a test's pages; they must not have complained, but of what is expected. */
export async function closePages(expected = /^$/): Promise<void> {
  for (const { page, complaints } of opened.splice(0)) {
    await page.close();
    expect(complaints.filter((complaint) => !expected.test(complaint))).toEqual([]);
  }
}
