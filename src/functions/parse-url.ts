import { STRING, withNullable } from '../types/sql-type.ts';
import type { ScalarFunction } from './function.ts';
import { strict } from './signature.ts';
import { textArguments } from './text-signature.ts';

/** What `java.net.URL` tells of an address. A part that is missing is null, but host, path and file are then empty. */
interface UrlParts {
  readonly PROTOCOL: string;
  readonly AUTHORITY: string | null;
  readonly USERINFO: string | null;
  readonly HOST: string;
  readonly PATH: string;
  readonly QUERY: string | null;
  readonly FILE: string;
  readonly REF: string | null;
}

/** The protocols that Java has handlers for. */
const PROTOCOLS = new Set(['http', 'https', 'ftp', 'file', 'jar', 'mailto', 'jmod', 'jrt']);

/** Splits an address without decoding or checking much of it; undefined where Java finds no URL. */
export function parseJavaUrl(text: string): UrlParts | undefined {
  let spec = text.replace(/^[\0- ]+|[\0- ]+$/g, '');
  if (/^url:/i.test(spec)) spec = spec.slice(4);
  const match = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(spec);
  const protocol = match?.[1].toLowerCase();
  if (protocol === undefined || !PROTOCOLS.has(protocol)) return undefined;
  let rest = spec.slice(protocol.length + 1);
  const hash = rest.indexOf('#');
  const ref = hash < 0 ? null : rest.slice(hash + 1);
  if (hash >= 0) rest = rest.slice(0, hash);
  if (protocol === 'jar') {
    return { PROTOCOL: protocol, AUTHORITY: null, USERINFO: null, HOST: '', PATH: rest, QUERY: null, FILE: rest, REF: ref };
  }
  const mark = rest.indexOf('?');
  const query = mark < 0 ? null : rest.slice(mark + 1);
  let path = mark < 0 ? rest : rest.slice(0, mark);
  let authority: string | null = null;
  let userInfo: string | null = null;
  let host = '';
  if (path.startsWith('//') && !path.startsWith('////')) {
    const slash = path.indexOf('/', 2);
    authority = slash < 0 ? path.slice(2) : path.slice(2, slash);
    path = slash < 0 ? '' : path.slice(slash);
    const at = authority.indexOf('@');
    if (at >= 0 && at === authority.lastIndexOf('@')) userInfo = authority.slice(0, at);
    const hostAndPort = at < 0 ? authority : at === authority.lastIndexOf('@') ? authority.slice(at + 1) : '';
    const parts = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(hostAndPort);
    if (parts === null || (parts[2] && !/^[+-]?\d+$/.test(parts[2])) || Number(parts[2] ?? 0) < -1) return undefined;
    host = parts[1];
  }
  const file = query === null ? path : `${path}?${query}`;
  return {
    PROTOCOL: protocol,
    AUTHORITY: authority,
    USERINFO: userInfo,
    HOST: host,
    PATH: path,
    QUERY: query,
    FILE: file,
    REF: ref,
  };
}

function parseUrl(url: string, part: string, key?: string): string | null {
  if (key !== undefined && part !== 'QUERY') return null;
  const parts = parseJavaUrl(url);
  if (parts === undefined || !Object.hasOwn(parts, part)) return null;
  const value = parts[part as keyof UrlParts];
  if (key === undefined || value === null) return value;
  for (const pair of value.split('&')) if (pair.startsWith(`${key}=`)) return pair.slice(key.length + 1);
  return null;
}

export const urlFunctions: readonly ScalarFunction[] = [
  {
    name: 'PARSE_URL',
    summary:
      'A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO; or the value of a key of its query.',
    mayReturnNull: true,
    infer(args) {
      const types = textArguments('PARSE_URL', args, ['text', 'text', 'text'], 1);
      return { ...strict(args, types, STRING), type: withNullable(STRING, true) };
    },
    implement: () => parseUrl,
    examples: [
      ["PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'HOST')", 'facebook.com'],
      ["PARSE_URL('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'QUERY', 'k2')", 'v2'],
    ],
  },
];
