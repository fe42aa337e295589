import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { ProblemsError } from '../base/problem.ts';

const SHORTEST_TOKEN = 16;
const COOKIE = 'isobar_session';

/** What of a request decides whether it is let in; header names in lower case. */
export interface Caller {
  readonly header: (name: string) => string | undefined;
  /** The address is one of data: /api, /metrics, not a static file. */
  readonly isData: boolean;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly code: 'HOST_REFUSED' | 'ORIGIN_REFUSED' | 'TOKEN_MISSING' | 'TOKEN_WRONG';
  readonly message: string;
  readonly hint: string;
}

/**
 * Who may talk to the server: requests that name this host, do not come from another site and, where there is a token, bring it
 * along or the cookie that was given for it. Without a token the server is for this machine alone.
 */
export class Access {
  readonly #host: string;
  readonly #tokenHash: Buffer | null;
  /** The cookie's value: it proves that its owner had the token, and does not hold it. Valid over restarts. */
  readonly #session: string;

  /** Fails with a ProblemsError when others could reach the server without a token, or the token is short. */
  constructor(host: string, token: string | undefined) {
    if (token !== undefined && token.length < SHORTEST_TOKEN) {
      const hint = `Use at least ${SHORTEST_TOKEN} characters, for example what openssl rand -hex 16 prints.`;
      throw new ProblemsError([{ code: 'TOKEN_SHORT', message: 'the token of the dashboard is too short', hint }]);
    }
    if (token === undefined && !isLoopback(host)) {
      const message = `the dashboard is served to other machines at ${host}, but there is no token`;
      const hint = 'Set the environment variable ISOBAR_TOKEN to a secret of at least 16 characters, or leave out --host.';
      throw new ProblemsError([{ code: 'TOKEN_MISSING', message, hint }]);
    }
    this.#host = host;
    this.#tokenHash = token === undefined ? null : sha256(token);
    this.#session = token === undefined ? '' : createHmac('sha256', token).update('isobar dashboard session').digest('hex');
  }

  get wantsToken(): boolean {
    return this.#tokenHash !== null;
  }

  /** Why the request is refused; undefined when it is not. */
  refusal(caller: Caller): Refusal | undefined {
    const host = caller.header('host');
    if (host === undefined || !this.#isOurName(hostNameOf(host))) {
      const hint = 'Open it by the address that isobar printed.';
      return { status: 403, code: 'HOST_REFUSED', message: 'the request names a host that is not this one', hint };
    }
    if (isForeign(caller, host)) {
      const hint = 'Open the dashboard itself; programs leave out the header Origin.';
      return { status: 403, code: 'ORIGIN_REFUSED', message: 'the request comes from another site', hint };
    }
    return caller.isData ? this.tokenRefusal(caller) : undefined;
  }

  /** As `refusal`, of the token alone. */
  tokenRefusal({ header }: Caller): Refusal | undefined {
    if (this.#tokenHash === null) return undefined;
    const bearer = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '')?.[1];
    const cookie = cookieOf(header('cookie') ?? '');
    if (bearer !== undefined ? this.isToken(bearer) : cookie !== undefined && sameText(cookie, this.#session)) return undefined;
    const isMissing = bearer === undefined && cookie === undefined;
    return {
      status: 401,
      code: isMissing ? 'TOKEN_MISSING' : 'TOKEN_WRONG',
      message: isMissing ? 'the server wants a token' : 'the token is wrong',
      hint: 'Send Authorization: Bearer TOKEN, or sign in on the page. The token is what isobar was started with.',
    };
  }

  /** Takes the same time whatever is wrong with it. */
  isToken(token: string): boolean {
    return this.#tokenHash !== null && timingSafeEqual(sha256(token), this.#tokenHash);
  }

  /** The Set-Cookie header for who has shown the token. */
  get cookie(): string {
    return `${COOKIE}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** A name that a hostile site could make its own is none of ours: only addresses, this machine's names, and what was asked for. */
  #isOurName(name: string): boolean {
    if (name === 'localhost' || name === this.#host || isLoopback(name)) return true;
    return this.#tokenHash !== null && (isIP(name) !== 0 || name === hostname().toLowerCase());
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** `[::1]:8090` → `::1`. */
function hostNameOf(host: string): string {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(host);
  return (match?.[1] ?? match?.[2] ?? '').toLowerCase();
}

/** The browser says that another site has made the request; a link to the page itself is fine. */
function isForeign({ header, isData }: Caller, host: string): boolean {
  const origin = header('origin');
  if (origin !== undefined && !isOrigin(origin, host)) return true;
  const site = header('sec-fetch-site');
  return isData && site !== undefined && site !== 'same-origin' && site !== 'none';
}

const isOrigin = (origin: string, host: string): boolean => origin === `http://${host}` || origin === `https://${host}`;

function cookieOf(header: string): string | undefined {
  for (const part of header.split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
const sameText = (a: string, b: string): boolean => timingSafeEqual(sha256(a), sha256(b));
