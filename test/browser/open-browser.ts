import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium without a window, with a profile of its own. ISOBAR_TEST_BROWSER names another one. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.ISOBAR_TEST_BROWSER ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('Chromium is missing: install the Debian package chromium');
  const args = [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    ...['--disable-component-update', '--disable-sync'],
  ];
  return chromium.launch({ executablePath, args });
}
