import { RunError } from '../../base/problem.ts';
import type { KafkaLibrary } from './load-kafka-library.ts';

/** A broker does not answer, or not now: what was asked may succeed later. The message is the reason, for people. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  /** It did answer: that it cannot yet, as while a leader is elected or the first group of a cluster is set up. */
  readonly isAnswer: boolean;

  constructor(message: string, { isAnswer = false } = {}) {
    super(message);
    this.isAnswer = isAnswer;
  }
}

/** Answers of a broker that no repetition changes. */
const FINAL: ReadonlyMap<string, readonly [code: string, what: string, hint: string]> = new Map([
  [
    'TOPIC_AUTHORIZATION_FAILED',
    ['KAFKA_FORBIDDEN', 'is not allowed to this user', 'Let an administrator allow READ and DESCRIBE on it.'],
  ],
  [
    'GROUP_AUTHORIZATION_FAILED',
    [
      'KAFKA_FORBIDDEN',
      'is not allowed to this user',
      `Let an administrator allow READ on the group, or choose another with 'properties.group.id'.`,
    ],
  ],
  ['CLUSTER_AUTHORIZATION_FAILED', ['KAFKA_FORBIDDEN', 'is not allowed to this user', 'Let an administrator allow it.']],
  ['INVALID_GROUP_ID', ['KAFKA_REFUSED', 'has a name that Kafka does not take', `Choose another with 'properties.group.id'.`]],
  ['UNSUPPORTED_VERSION', ['KAFKA_VERSION', 'cannot be asked for in this form', 'Kafka 3.1 or later is needed.']],
  ['INVALID_TOPIC_EXCEPTION', ['KAFKA_REFUSED', 'has a name that Kafka does not take', `Choose another with 'topic'.`]],
]);

/** What an error code within an answer means; `subject` is what was asked for, such as `topic "t" partition 0`. */
export function refusal(
  library: KafkaLibrary,
  errorCode: number,
  address: string,
  subject: string,
): RunError | BrokerUnavailable {
  const id = (library.protocolErrorsCodesById as Readonly<Record<number, string>>)[errorCode] ?? `error ${errorCode}`;
  const final = FINAL.get(id);
  if (final === undefined)
    return new BrokerUnavailable(`${subject}: ${id.toLowerCase().replaceAll('_', ' ')}`, { isAnswer: true });
  const [code, what, hint] = final;
  return new RunError(code, `${subject} ${what} by Kafka at ${address} (${id})`, hint);
}

/** What the failure of a request means, by all errors that are known of it. Nothing of the login gets into the message. */
export function requestFailure(library: KafkaLibrary, errors: readonly unknown[], address: string): RunError | BrokerUnavailable {
  const chain = causesOf(errors);
  const { AuthenticationError, NetworkError, TimeoutError } = library;
  const login = chain.find((cause) => cause instanceof AuthenticationError);
  // A connection that broke in the middle of a login says nothing about the login.
  const isCutOff = causesOf([login]).some((cause) => cause instanceof NetworkError || cause instanceof TimeoutError);
  if (login !== undefined && !isCutOff) {
    const isMechanism = login.message.includes('mechanism');
    return new RunError(
      'KAFKA_LOGIN',
      isMechanism
        ? `Kafka at ${address} does not offer the SASL mechanism that was asked for`
        : `Kafka at ${address} refuses the login`,
      isMechanism
        ? `Set 'properties.sasl.mechanism' to one that the broker offers.`
        : `Check user and password in 'properties.sasl.jaas.config'.`,
    );
  }
  if (chain.some(({ message }) => message === 'Broker requires TLS.')) {
    const hint = `Set 'properties.security.protocol' = 'SSL', or 'SASL_SSL' with a login.`;
    return new RunError('KAFKA_TLS', `Kafka at ${address} speaks TLS only`, hint);
  }
  const certificate = chain.find((cause) =>
    /CERT|SIGNATURE|ISSUER|ALTNAME|SSLV3_ALERT|TLSV1_ALERT|TLSV13_ALERT/.test(codeOf(cause)),
  );
  if (certificate !== undefined) {
    return new RunError(
      'KAFKA_TLS',
      `no TLS with Kafka at ${address}: ${codeOf(certificate)}`,
      `Check 'properties.ssl.truststore.*' (whom to trust) and 'properties.ssl.keystore.*' (the certificate of this side).`,
    );
  }
  if (chain.some(({ message }) => message.startsWith('TLS handshake failed'))) {
    return new BrokerUnavailable('it ended the TLS handshake: does it speak TLS there?');
  }
  const last = chain.findLast((cause) => codeOf(cause) !== '' || cause.message !== '') ?? chain[0];
  const system = /^E[A-Z]+$/.test(codeOf(last)) ? codeOf(last) : undefined;
  return new BrokerUnavailable(system ?? last?.message.replace(/\.$/, '').toLowerCase() ?? 'no answer');
}

function codeOf(error: Error): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** The errors and all behind them, the outermost first. */
function causesOf(errors: readonly unknown[]): Error[] {
  const found: Error[] = [];
  const visit = (each: unknown): void => {
    if (!(each instanceof Error) || found.includes(each)) return;
    found.push(each);
    visit(each.cause);
    if (each instanceof AggregateError) for (const inner of each.errors) visit(inner);
  };
  for (const error of errors) visit(error);
  return found;
}
