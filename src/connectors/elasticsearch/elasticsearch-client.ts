import type { Client } from 'undici';
import { RunError } from '../../base/problem.ts';
import type { ConnectorContext } from '../connector.ts';
import type { ElasticsearchSettings } from './bind.ts';
import { errorText } from './bulk-answer.ts';
import { hostsOf } from './hosts.ts';
import { Outage } from './outage.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  /** Behind the path prefix, with its query. */
  readonly path: string;
  readonly body?: Uint8Array | string;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** An answer that forbids it (403) is an answer; otherwise the job fails on it. */
  readonly mayBeForbidden?: boolean;
}

interface Host {
  readonly origin: string;
  readonly client: Client;
  /** After a failure others are tried first until then. */
  avoidedUntil: number;
}

/** What other clients take when nothing is said: a minute is how long Elasticsearch itself waits for a shard. */
const CONNECT_WITHIN_MS = 10_000;
const ANSWER_WITHIN_MS = 60_000;
const AVOID_MS = 30_000;
const OVERLOADED = new Set([408, 429, 502, 503, 504]);
/** A certificate or a protocol does not become right by waiting. */
const LASTING = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH)/;

/**
 * Speaks HTTP with the servers of one cluster, in turn, one connection each. A server that cannot be reached is passed over; when
 * none can be reached, or they say that they are overloaded, a request waits and is sent again until it is answered.
 */
export class ElasticsearchClient {
  readonly outage: Outage;
  readonly #context: Pick<ConnectorContext, 'clock' | 'say' | 'signal'>;
  readonly #hosts: readonly Host[];
  readonly #pathPrefix: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #mostRetries: number;
  #turn = 0;

  private constructor(
    createClient: (origin: string) => Client,
    settings: ElasticsearchSettings,
    context: Pick<ConnectorContext, 'clock' | 'say' | 'signal' | 'elasticsearch'>,
  ) {
    const { origins, pathPrefix, authorization } = hostsOf(settings, context.elasticsearch);
    this.#context = context;
    this.#hosts = origins.map((origin) => ({ origin, client: createClient(origin), avoidedUntil: 0 }));
    this.#pathPrefix = pathPrefix;
    this.#headers = { accept: 'application/json', ...(authorization !== undefined && { authorization }) };
    // Flink's strategy is for overload. A server that is away is waited for in any case: Flink would start the job again and again.
    this.#mostRetries = settings.backoff === 'disabled' ? Infinity : settings.maxRetries;
    this.outage = new Outage(origins.join(', '), settings, context);
  }

  /** Loads the HTTP library; connects with the first request. Fails with a RunError when an address is no URL. */
  static async open(
    settings: ElasticsearchSettings,
    context: Pick<ConnectorContext, 'clock' | 'say' | 'signal' | 'elasticsearch'>,
  ): Promise<ElasticsearchClient> {
    const undici = await import('undici');
    const answerWithinMs = settings.socketTimeoutMs ?? ANSWER_WITHIN_MS;
    const createClient = (origin: string): Client =>
      new undici.Client(origin, {
        connect: { timeout: settings.connectionTimeoutMs ?? CONNECT_WITHIN_MS },
        headersTimeout: answerWithinMs,
        bodyTimeout: answerWithinMs,
      });
    return new ElasticsearchClient(createClient, settings, context);
  }

  /** The answer to a request, whatever its status, except that of an overloaded server. Fails when the job ends. */
  async send(request: Request): Promise<Answer> {
    for (;;) {
      const answer = await this.#tryHosts(request);
      if (typeof answer !== 'string' && !OVERLOADED.has(answer.status)) {
        if (answer.status === 401 || (answer.status === 403 && !request.mayBeForbidden)) throw this.#refused(answer);
        return answer;
      }
      if (typeof answer === 'string') await this.outage.wait(`cannot be reached (${answer})`);
      else await this.waitForCapacity(`${answer.status}, ${reasonIn(answer)}`);
    }
  }

  /** Waits because the server is overloaded; fails once the file's back-off strategy allows no more. */
  async waitForCapacity(reason: string): Promise<void> {
    if (this.outage.attempts >= this.#mostRetries) {
      const message = `Elasticsearch at ${this.#origins()} is overloaded, ${this.#mostRetries} retries did not help: ${reason}`;
      throw new RunError('ELASTICSEARCH_OVERLOADED', message, `See 'sink.bulk-flush.backoff.strategy' and '….max-retries'.`);
    }
    await this.outage.wait(`is overloaded (${reason})`);
  }

  async close(): Promise<void> {
    await Promise.all(this.#hosts.map(({ client }) => client.destroy()));
  }

  /** The first host's answer, beginning with the one whose turn it is, or why none of them answered. */
  async #tryHosts(request: Request): Promise<Answer | string> {
    const { clock, signal } = this.#context;
    const first = this.#turn++;
    const inTurn = this.#hosts.map((_, i) => this.#hosts[(first + i) % this.#hosts.length]);
    const now = clock.now();
    const isAvoided = (host: Host): boolean => host.avoidedUntil > now;
    let reason = '';
    for (const host of [...inTurn.filter((candidate) => !isAvoided(candidate)), ...inTurn.filter(isAvoided)]) {
      try {
        const answer = await this.#request(host, request);
        host.avoidedUntil = 0;
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        reason = this.#failureOf(host, error);
        host.avoidedUntil = clock.now() + AVOID_MS;
      }
    }
    return reason;
  }

  async #request({ client }: Host, { method, path, body, contentType = 'application/json' }: Request): Promise<Answer> {
    const answer = await client.request({
      method,
      path: this.#pathPrefix + path,
      body,
      headers: body === undefined ? this.#headers : { ...this.#headers, 'content-type': contentType },
      signal: this.#context.signal,
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /** Why a host did not answer; fails when it never will. */
  #failureOf(host: Host, error: unknown): string {
    const { code = '', message, errors } = error as NodeJS.ErrnoException & { errors?: readonly Error[] };
    const reason = message || errors?.[0]?.message || code;
    // A server that wants TLS just hangs up.
    if (code === 'UND_ERR_SOCKET' && host.origin.startsWith('http:')) return `${reason}; does it want https?`;
    if (!LASTING.test(code)) return reason;
    throw new RunError(
      'ELASTICSEARCH_TLS',
      `Elasticsearch at ${host.origin} cannot be trusted: ${reason}`,
      'Name the certificate of its authority in the environment variable NODE_EXTRA_CA_CERTS, or use http://.',
      { cause: error },
    );
  }

  #refused(answer: Answer): RunError {
    const hint =
      this.#headers.authorization === undefined
        ? `Add 'username' and 'password' to the table, or give them in --elasticsearch http://USER:PASSWORD@HOST:9200.`
        : 'Check user name and password, and what that user may do.';
    const message = `Elasticsearch at ${this.#origins()} refuses us (${answer.status}): ${reasonIn(answer)}`;
    return new RunError('ELASTICSEARCH_REFUSED', message, hint);
  }

  #origins(): string {
    return this.#hosts.map(({ origin }) => origin).join(', ');
  }
}

const MOST_OF_TEXT = 300;

/** What an answer's error says. */
export function reasonIn({ text }: Answer): string {
  try {
    const said = errorText((JSON.parse(text) as { error?: unknown }).error);
    if (said !== '') return said;
  } catch {
    // A proxy's page, for example.
  }
  const plain = text.replaceAll(/<[^>]*>|\s+/g, ' ').trim();
  return plain === '' ? 'without a reason' : plain.slice(0, MOST_OF_TEXT);
}
