import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

export interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly cacheControl: string;
  readonly etag: string;
}

/** Where the built page lies: in a checkout behind `vite build`, in the package beside the server. */
export const dashboardFolder = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dashboard/dist' : '../dashboard', import.meta.url));

/** The files of the page. Addresses that name no file are places within the page. */
export class StaticFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = resolve(folder);
  }

  get isBuilt(): boolean {
    return existsSync(join(this.#folder, 'index.html'));
  }

  /** The file that a path of an address stands for; undefined when there is none. */
  async find(path: string): Promise<StaticFile | undefined> {
    const file = resolve(join(this.#folder, path));
    if (path.includes('\0') || (file !== this.#folder && !file.startsWith(this.#folder + sep))) return undefined;
    const isFile = (await stat(file).catch(() => undefined))?.isFile() === true;
    if (isFile) return this.#read(file);
    return extname(path) === '' ? this.#read(join(this.#folder, 'index.html')) : undefined;
  }

  async #read(file: string): Promise<StaticFile | undefined> {
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes === undefined) return undefined;
    // The build puts a hash of its content into the name of every file in assets.
    const isHashed = file.startsWith(join(this.#folder, 'assets') + sep);
    return {
      bytes,
      type: TYPES[extname(file)] ?? 'application/octet-stream',
      cacheControl: isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    };
  }
}

/** In place of a page that has not been built. */
export const NOT_BUILT_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Isobar</title>
<h1>Isobar is running</h1>
<p>The dashboard's page has not been built. In a checkout, <code>npm start</code> builds it.</p>
<p>The API works without it: <a href="/api/status">/api/status</a>, <a href="/metrics">/metrics</a>, <a href="/health">/health</a>.</p>
</html>
`;
