import type { Status } from '../../src/server/api.ts';
import { needsToken } from './client.ts';
import { createStore } from './store.ts';

export type Connection = 'connecting' | 'live' | 'lost';

export const connection = createStore<Connection>('connecting');
/** The jobs, every second. */
export const status = createStore<Status | null>(null);

const RETRY_MS = 2000;
/** Clocks are never quite the same. */
const LEAST_SKEW_MS = 2000;
let skewMs = 0;

/** The server's clock: ranges such as the last 15 minutes are its, also where the browser's clock is wrong. */
export const serverNow = (): number => Date.now() + skewMs;

let isFollowing = false;

/** Follows the server's events, again and again; while it wants a token, not before the next call. */
export function followServer(): void {
  if (isFollowing) return;
  isFollowing = true;
  follow();
}

function follow(): void {
  const events = new EventSource('/api/events');
  events.addEventListener('open', () => connection.set('live'));
  events.addEventListener('status', ({ data }: MessageEvent<string>) => {
    const next = JSON.parse(data) as Status;
    const skew = next.at - Date.now();
    skewMs = Math.abs(skew) < LEAST_SKEW_MS ? 0 : skew;
    connection.set('live');
    status.set(next);
  });
  events.addEventListener('error', () => {
    events.close();
    connection.set('lost');
    void retry();
  });
}

async function retry(): Promise<void> {
  const isLocked = await fetch('/api/status').then(
    (response) => response.status === 401,
    () => false,
  );
  needsToken.set(isLocked);
  if (isLocked) isFollowing = false;
  else setTimeout(follow, RETRY_MS);
}
