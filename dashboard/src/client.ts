import { useEffect, useRef, useState } from 'preact/hooks';
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
  /** Of the last answer. */
  readonly error: Error | null;
}

/**
 * The answer to a GET, asked again whenever `path` or `version` changes; null asks nothing. While one is awaited, the next waits: a
 * refresh that comes faster than answers do never starves. Another `view` forgets the old answer and waits for nothing.
 */
export function useAnswer<T>(path: string | null, version: unknown = 0, view: string | null = path): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { readonly view: string | null }>({ ...NO_ANSWER, view });
  const asking = useRef<Asking>({ view, next: null, abort: null });
  useEffect(() => {
    const state = asking.current;
    if (state.view !== view || path === null) {
      state.abort?.abort();
      state.abort = null;
      state.view = view;
    }
    state.next = path;
    const ask = (): void => {
      if (state.next === null) return;
      const abort = new AbortController();
      state.abort = abort;
      const asked = request(state.next, { signal: abort.signal }).then((response) => response.json() as Promise<T>);
      state.next = null;
      const take = (change: Partial<Answer<T>>): void => {
        if (abort.signal.aborted) return;
        setAnswer((last) => ({ ...(last.view === view ? last : NO_ANSWER), ...change, view }));
        state.abort = null;
        ask();
      };
      asked.then(
        (data) => take({ data, error: null }),
        (error: Error) => take({ error }),
      );
    };
    if (state.abort === null) ask();
  }, [path, version, view]);
  useEffect(
    () => () => {
      asking.current.next = null;
      asking.current.abort?.abort();
    },
    [],
  );
  return answer.view === view ? answer : NO_ANSWER;
}

interface Asking {
  view: string | null;
  /** What to ask next. */
  next: string | null;
  /** Of what is awaited. */
  abort: AbortController | null;
}

const NO_ANSWER = { data: null, error: null };

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
