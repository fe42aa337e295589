import { RunError } from '../../base/problem.ts';
import type { ElasticsearchSettings } from './bind.ts';

/** Where the servers of one cluster are, and who we are there. */
export interface Hosts {
  /** `http://host:9200`, without user and path. */
  readonly origins: readonly string[];
  /** What comes in front of every path: '' or `/prefix`. */
  readonly pathPrefix: string;
  /** The value of the Authorization header. Never shown. */
  readonly authorization: string | undefined;
}

/**
 * The hosts of a table, or those that `override` names in their place: URLs separated by `;` or `,`, which may hold user and
 * password and a path. Fails with a RunError that does not show what may be a password.
 */
export function hostsOf(settings: ElasticsearchSettings, override: string | undefined): Hosts {
  const texts = override === undefined ? settings.hosts : override.split(/[;,]/).map((text) => text.trim());
  const urls = texts.filter((text) => text !== '').map(urlOf);
  if (urls.length === 0 || urls.includes(null)) {
    throw new RunError('ELASTICSEARCH_URL', 'the address of Elasticsearch is not a URL', 'Write it as http://HOST:9200.');
  }
  const [first] = urls as URL[];
  const fromUrl = override === undefined ? '' : first.pathname;
  const path = (fromUrl.replaceAll('/', '') === '' ? (settings.pathPrefix ?? '') : fromUrl).replaceAll(/^\/+|\/+$/g, '');
  const user = first.username === '' ? (settings.username ?? '') : decodeURIComponent(first.username);
  const password = first.username === '' ? (settings.password ?? '') : decodeURIComponent(first.password);
  return {
    origins: (urls as URL[]).map((url) => url.origin),
    pathPrefix: path === '' ? '' : `/${path}`,
    authorization: user === '' ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  };
}

function urlOf(text: string): URL | null {
  const withScheme = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return null;
  const url = new URL(withScheme);
  return /^https?:$/.test(url.protocol) && url.hostname !== '' ? url : null;
}
