import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions, SecureVersion } from 'node:tls';
import type { SASLOptions } from '@platformatic/kafka';
import { RunError } from '../../base/problem.ts';
import { integerProperty, parseServers } from './client-properties.ts';
import { parseJaas } from './jaas.ts';
import type { KafkaSettings } from './settings.ts';

/** How to reach the brokers, in the library's words: to be spread into the options of a client or of a connection pool. */
export interface ConnectionSettings {
  readonly clientId: string;
  readonly bootstrapBrokers: { host: string; port: number }[];
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds until an answer must be there. */
  readonly requestTimeout: number;
  readonly tls?: TlsOptions;
  readonly tlsServerName?: boolean;
  readonly sasl?: SASLOptions;
}

/**
 * What the properties of Kafka's Java client say about the connection. Reads the PEM files that they name: call it when the
 * source or sink is opened. `context.kafka` takes the place of `bootstrap.servers`.
 */
export function connectionOptions(settings: KafkaSettings, context: { readonly kafka?: string }): ConnectionSettings {
  const { properties } = settings;
  const text = context.kafka ?? properties['bootstrap.servers'] ?? '';
  const bootstrapBrokers = parseServers(text);
  if (bootstrapBrokers === undefined) {
    throw new RunError(
      'KAFKA_ADDRESS',
      `"${text}" is not an address of Kafka`,
      'Write it as HOST:PORT, several with commas between.',
    );
  }
  const protocol = properties['security.protocol'] ?? 'PLAINTEXT';
  return {
    clientId: clientId(properties),
    bootstrapBrokers,
    connectTimeout: integerProperty(settings, 'socket.connection.setup.timeout.ms', 10_000),
    requestTimeout: integerProperty(settings, 'request.timeout.ms', 30_000),
    ...(protocol.endsWith('SSL')
      ? { tls: tlsOptions(properties), tlsServerName: bootstrapBrokers.every(({ host }) => isIP(host) === 0) }
      : {}),
    ...(protocol.startsWith('SASL') ? { sasl: saslOptions(properties) } : {}),
  };
}

type Properties = KafkaSettings['properties'];

/** The name in the broker's logs; the library allows no blanks in it. */
function clientId(properties: Properties): string {
  return (properties['client.id'] ?? properties['client.id.prefix'] ?? '').replace(/\s+/g, '-') || 'isobar';
}

function saslOptions(properties: Properties): SASLOptions {
  const options = parseJaas(properties['sasl.jaas.config'] ?? '')?.options;
  return {
    mechanism: properties['sasl.mechanism'] as SASLOptions['mechanism'],
    username: options?.get('username'),
    password: options?.get('password'),
  };
}

function tlsOptions(properties: Properties): TlsOptions {
  const options: TlsOptions = { ca: trusted(properties) };
  const key = properties['ssl.keystore.key'];
  const location = properties['ssl.keystore.location'];
  if (key !== undefined) {
    options.key = pem(key);
    options.cert = pem(properties['ssl.keystore.certificate.chain'] ?? '');
    options.passphrase = properties['ssl.key.password'];
  } else if (location !== undefined && properties['ssl.keystore.type'] === 'PKCS12') {
    options.pfx = readStore(location, 'ssl.keystore.location');
    options.passphrase = properties['ssl.keystore.password'];
  } else if (location !== undefined) {
    // One file holds both: OpenSSL takes from it what it looks for.
    const text = readPem(location, 'ssl.keystore.location');
    options.key = text;
    options.cert = text;
    options.passphrase = properties['ssl.key.password'];
  }
  if (properties['ssl.endpoint.identification.algorithm'] === '') options.checkServerIdentity = () => undefined;
  const versions = properties['ssl.enabled.protocols']?.replace(/\s/g, '').split(',').sort() as SecureVersion[] | undefined;
  if (versions !== undefined) {
    options.minVersion = versions[0];
    options.maxVersion = versions.at(-1);
  } else if (properties['ssl.protocol'] === 'TLSv1.2') options.maxVersion = 'TLSv1.2';
  return options;
}

/** The certificates to trust; undefined means those that Node trusts. */
function trusted(properties: Properties): string | undefined {
  const certificates = properties['ssl.truststore.certificates'];
  if (certificates !== undefined) return pem(certificates);
  const location = properties['ssl.truststore.location'];
  return location === undefined ? undefined : readPem(location, 'ssl.truststore.location');
}

/** PEM within an option may be on one line, as Kafka allows: OpenSSL wants lines. */
function pem(text: string): string {
  return text
    .replace(/\\n/g, '\n')
    .replace(
      /(-----BEGIN [A-Z0-9 ]+-----)([\s\S]*?)(-----END [A-Z0-9 ]+-----)/g,
      (_, begin: string, body: string, end: string) => {
        const lines = body.includes(':') ? [body.trim()] : (body.replace(/\s+/g, '').match(/.{1,64}/g) ?? []);
        return `${[begin, ...lines, end].join('\n')}\n`;
      },
    );
}

function readPem(path: string, name: string): string {
  const text = readStore(path, name).toString('latin1');
  if (text.includes('-----BEGIN ')) return text;
  throw new RunError(
    'KAFKA_TLS',
    `the file of 'properties.${name}' is not PEM: ${path}`,
    'A Java key store cannot be read: convert it with keytool and openssl pkcs12.',
  );
}

function readStore(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new RunError(
      'KAFKA_TLS',
      `the file of 'properties.${name}' cannot be read: ${path} (${code})`,
      'Check the path and its permissions.',
    );
  }
}
