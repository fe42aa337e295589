import type { Change, Status } from '../../src/server/api.ts';
import { needsToken } from './client.ts';
import { createStore } from './store.ts';

export type Connection = 'connecting' | 'live' | 'lost';

export const connection = createStore<Connection>('connecting');
/** The jobs, every second. */
export const status = createStore<Status | null>(null);
/** Moves whenever something was written. */
export const changes = createStore(0);

const RETRY_MS = 2000;

/** Follows the server's events, again and again. */
export function followServer(): void {
  const events = new EventSource('/api/events');
  events.addEventListener('open', () => connection.set('live'));
  events.addEventListener('status', ({ data }: MessageEvent<string>) => {
    connection.set('live');
    status.set(JSON.parse(data) as Status);
  });
  events.addEventListener('change', ({ data }: MessageEvent<string>) => changes.set((JSON.parse(data) as Change).version));
  events.addEventListener('error', () => {
    events.close();
    connection.set('lost');
    void fetch('/api/status')
      .then((response) => needsToken.set(response.status === 401))
      .catch(() => {});
    setTimeout(followServer, RETRY_MS);
  });
}
