import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LocalStore } from '../../src/connectors/local/store.ts';

const root = resolve(import.meta.dirname, '../..');

export interface DevOptions {
  /** Pipeline files' texts by name, instead of weather and cities. */
  readonly pipelines?: Readonly<Record<string, string>>;
  /** Further arguments: `--token`. */
  readonly options?: readonly string[];
}

/** A running `isobar dev` with its dashboard, in a folder of its own. */
export interface Dev {
  readonly url: string;
  /** The store that it works on, opened a second time. */
  readonly store: LocalStore;
  /** Takes the server away as a crash would; `restart` starts it again at the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDev({ pipelines, options = [] }: DevOptions = {}): Promise<Dev> {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-browser-'));
  const store = join(folder, 'isobar.db');
  const files =
    pipelines === undefined
      ? ['weather', 'cities'].map((name) => join(root, 'pipelines', `${name}.sql`))
      : Object.entries(pipelines).map(([name, text]) => {
          const file = join(folder, `${name}.sql`);
          writeFileSync(file, text);
          return file;
        });
  const start = (port: string) => startServer(folder, [...files, '--store', store, '--seed', '1', '--port', port, ...options]);
  let server = await start('0');
  const { url } = server;
  const opened = LocalStore.open(store);
  return {
    url,
    store: opened,
    kill: () => server.end('SIGKILL'),
    restart: async () => {
      server = await start(new URL(url).port);
    },
    stop: async () => {
      await server.end('SIGINT');
      opened.close();
      rmSync(folder, { recursive: true });
    },
  };
}

interface ServerProcess {
  readonly url: string;
  end(signal: NodeJS.Signals): Promise<void>;
}

async function startServer(folder: string, options: readonly string[]): Promise<ServerProcess> {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'bin/isobar'), 'dev', ...options], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    const read = (text: string): void => {
      output += text;
      const link = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (link !== undefined) resolve(link);
    };
    child.stdout!.setEncoding('utf8').on('data', read);
    child.stderr!.setEncoding('utf8').on('data', read);
    child.once('close', (status) => reject(new Error(`isobar dev ended with status ${String(status)}:\n${output}`)));
  });
  return {
    url,
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
