// An HTTP server on the loopback interface that checks requests as Kibana 7.17 does, and keeps what is imported.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KibanaServerOptions {
  /** So many requests are answered with 503 first, as while Kibana starts. */
  readonly startingRequests?: number;
  /** Then what each question for the status is answered, and the last one from then on. Default: available, as 7.x says it. */
  readonly statuses?: readonly object[];
  /** `user:password` that must be given. */
  readonly credentials?: string;
  readonly basePath?: string;
  /** Any free one where it is left out. */
  readonly port?: number;
  /** The first imports that end without an answer. */
  readonly lostImports?: number;
}

export interface SavedObject {
  readonly type: string;
  readonly id: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly references?: readonly { readonly name: string; readonly type: string; readonly id: string }[];
  readonly migrationVersion?: Readonly<Record<string, string>>;
}

/** The types that this Kibana knows, with the newest version that each of them has been migrated to. */
const NEWEST_MIGRATION: Readonly<Record<string, string>> = {
  'index-pattern': '7.11.0',
  visualization: '7.17.0',
  dashboard: '7.17.3',
};

export const AVAILABLE = { status: { overall: { state: 'green', title: 'Green', nickname: 'Looking good' } } };

export class KibanaServer {
  readonly objects = new Map<string, SavedObject>();
  readonly requests: string[] = [];
  defaultIndexPattern: string | null = null;
  readonly #options: KibanaServerOptions;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  #lostImports: number;
  #asked = 0;

  private constructor(options: KibanaServerOptions) {
    this.#options = options;
    this.#lostImports = options.lostImports ?? 0;
  }

  static async start(options: KibanaServerOptions = {}): Promise<KibanaServer> {
    const kibana = new KibanaServer(options);
    await new Promise<void>((done) => kibana.#server.listen(options.port ?? 0, '127.0.0.1', done));
    return kibana;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${this.#options.basePath ?? ''}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { startingRequests = 0, basePath = '', credentials } = this.#options;
    this.requests.push(`${request.method} ${request.url}`);
    const body = await readAll(request);
    const send = (status: number, value: object | string): void => {
      response.writeHead(status, { 'content-type': typeof value === 'string' ? 'text/plain' : 'application/json' });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    const refuse = (statusCode: number, error: string, message: string): void => send(statusCode, { statusCode, error, message });

    if (this.requests.length <= startingRequests) return send(503, 'Kibana server is not ready yet');
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://kibana');
    if (!pathname.startsWith(`${basePath}/`)) return refuse(404, 'Not Found', 'Not Found');
    if (credentials !== undefined && request.headers.authorization !== `Basic ${btoa(credentials)}`)
      return refuse(401, 'Unauthorized', 'missing authentication credentials for REST request');
    if (request.method === 'POST' && request.headers['kbn-xsrf'] === undefined)
      return refuse(400, 'Bad Request', 'Request must contain a kbn-xsrf header.');

    switch (`${request.method} ${pathname.slice(basePath.length)}`) {
      case 'GET /api/status': {
        const { statuses = [AVAILABLE] } = this.#options;
        return send(200, statuses[Math.min(this.#asked++, statuses.length - 1)]);
      }
      case 'POST /api/index_patterns/default': {
        const { index_pattern_id: id, force } = JSON.parse(body.toString()) as { index_pattern_id: string; force?: boolean };
        if (force || this.defaultIndexPattern === null) this.defaultIndexPattern = id;
        return send(200, { acknowledged: true });
      }
      case 'POST /api/saved_objects/_import': {
        if (this.#lostImports-- > 0) return void request.socket.destroy();
        const form = new Response(new Uint8Array(body), { headers: { 'content-type': request.headers['content-type'] ?? '' } });
        const file = await form.formData().then(
          (data) => data.get('file'),
          () => null,
        );
        if (!(file instanceof File)) return refuse(400, 'Bad Request', '[request body.file]: expected value of type [Stream]');
        const extension = /\.[^.]*$/.exec(file.name)?.[0] ?? '';
        if (extension !== '.ndjson') return refuse(400, 'Bad Request', `Invalid file extension ${extension}`);
        return this.#import(await file.text(), searchParams.get('overwrite') === 'true', send, refuse);
      }
      default:
        return refuse(404, 'Not Found', 'Not Found');
    }
  }

  #import(text: string, overwrite: boolean, send: (status: number, value: object) => void, refuse: Refuse): void {
    const objects: SavedObject[] = [];
    for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
      try {
        const value = JSON.parse(line) as SavedObject | { exportedCount: number };
        if (!('exportedCount' in value)) objects.push(value);
      } catch (error) {
        return refuse(400, 'Bad Request', (error as Error).message);
      }
    }
    const tooNew = objects.find(({ type, migrationVersion = {} }) => isNewer(migrationVersion[type], NEWEST_MIGRATION[type]));
    if (tooNew !== undefined) {
      const version = tooNew.migrationVersion?.[tooNew.type];
      const message = `Document "${tooNew.id}" has property "${tooNew.type}" which belongs to a more recent version of Kibana [${version}].`;
      return refuse(422, 'Unprocessable Entity', message);
    }
    const keyOf = ({ type, id }: { type: string; id: string }): string => `${type}:${id}`;
    const coming = new Set(objects.map(keyOf));
    const errors = objects.flatMap((object) => {
      const { type, id, attributes } = object;
      const failed = (error: object): object[] => [
        { id, type, title: attributes.title, meta: { title: attributes.title }, error },
      ];
      if (!Object.hasOwn(NEWEST_MIGRATION, type)) return failed({ type: 'unsupported_type' });
      const missing = (object.references ?? []).filter((each) => !coming.has(keyOf(each)) && !this.objects.has(keyOf(each)));
      if (missing.length > 0)
        return failed({ type: 'missing_references', references: missing.map((each) => ({ type: each.type, id: each.id })) });
      if (this.objects.has(keyOf(object)) && !overwrite) return failed({ type: 'conflict' });
      this.objects.set(keyOf(object), object);
      return [];
    });
    const successCount = objects.length - errors.length;
    send(200, errors.length === 0 ? { success: true, successCount } : { success: false, successCount, errors });
  }
}

type Refuse = (status: number, error: string, message: string) => void;

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function isNewer(version: string | undefined, newest: string | undefined): boolean {
  if (version === undefined || newest === undefined) return false;
  return version.localeCompare(newest, 'en', { numeric: true }) > 0;
}
