import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../../src/server/api.ts';
import { createStore } from './store.ts';

/** The server wants a token: the page asks for it. */
export const needsToken = createStore(false);

/** An answer of the server that says what is wrong. */
export class ServerError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly body: unknown;

  constructor(code: string, message: string, hint: string | null, body: unknown = null) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.body = body;
  }
}

/** Asks the server; fails with a ServerError for its errors, with a TypeError when it cannot be reached. */
export async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const response = await fetch(path, { credentials: 'same-origin', ...options });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as ApiError | null;
  if (response.status === 401) needsToken.set(true);
  const { code, message, hint } = body?.error ?? { code: `HTTP_${response.status}`, message: response.statusText, hint: null };
  throw new ServerError(code, message, hint, body);
}

export function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  return request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal });
}

export interface Answer<T> {
  /** The last good answer, also while the next is awaited. */
  readonly data: T | null;
  readonly error: Error | null;
  readonly isLoading: boolean;
}

/**
 * The answer to a GET, asked again whenever `path` or `version` changes; null asks nothing. A new path forgets the old answer
 * unless `keep`.
 */
export function useAnswer<T>(path: string | null, version: unknown = 0, keep = true): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({
    path: null,
    data: null,
    error: null,
    isLoading: true,
  });
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    setAnswer((last) => ({ ...last, data: keep || last.path === path ? last.data : null, path, isLoading: true }));
    request(path, { signal: abort.signal })
      .then((response) => response.json() as Promise<T>)
      .then(
        (data) => setAnswer({ path, data, error: null, isLoading: false }),
        (error: Error) => {
          if (!abort.signal.aborted) setAnswer((last) => ({ ...last, path, error, isLoading: false }));
        },
      );
    return () => abort.abort();
  }, [path, version, keep]);
  return answer;
}

/** The events of a stream that a POST answers. */
export async function* readEvents(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string): string =>
        block
          .split('\n')
          .filter((line) => line.startsWith(`${name}: `) || line.startsWith(`${name}:`))
          .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
          .join('\n');
      const data = field('data');
      if (data !== '') yield { event: field('event'), data: JSON.parse(data) as unknown };
    }
  }
}
