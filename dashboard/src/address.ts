import { createStore, useStore } from './store.ts';

/** What the address says: `#/weather?from=now-1d&to=now`. All that a view shows is in it, so that a view can be shared. */
export interface Address {
  readonly page: string;
  readonly parameters: Readonly<Record<string, string>>;
}

function readAddress(): Address {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { page: path === '' ? 'weather' : path, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

const address = createStore(readAddress());
addEventListener('hashchange', () => address.set(readAddress()));

export const useAddress = (): Address => useStore(address);

export function addressOf(page: string, parameters: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) if (value !== null) query.set(key, value);
  const text = query.toString();
  return `#/${page}${text === '' ? '' : `?${text}`}`;
}

/** Changes some parameters of the page; null takes one away. Without `replace` it is a step to go back from. */
export function setParameters(changes: Readonly<Record<string, string | null>>, replace = false): void {
  const { page, parameters } = address.value;
  const next = addressOf(page, { ...parameters, ...changes });
  if (replace) {
    history.replaceState(null, '', next);
    address.set(readAddress());
  } else location.hash = next;
}
