import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LocalStore } from '../../src/connectors/local/store.ts';

const root = resolve(import.meta.dirname, '../..');

/** A running `isobar dev` with its dashboard, in a folder of its own. */
export interface Dev {
  readonly url: string;
  /** The store that it works on, opened a second time. */
  readonly store: LocalStore;
  stop(): Promise<void>;
}

export async function startDev(): Promise<Dev> {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-browser-'));
  const file = join(folder, 'isobar.db');
  const pipelines = ['weather', 'cities'].map((name) => join(root, 'pipelines', `${name}.sql`));
  const child = spawn(
    process.execPath,
    [join(root, 'bin/isobar'), 'dev', ...pipelines, '--store', file, '--port', '0', '--seed', '1'],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: string): void => {
      output += text;
      const link = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (link !== undefined) resolve(link);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('close', (status) => reject(new Error(`isobar dev ended with status ${status}:\n${output}`)));
  });
  const store = LocalStore.open(file);
  return {
    url,
    store,
    stop: async () => {
      child.kill('SIGINT');
      await ended;
      store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
