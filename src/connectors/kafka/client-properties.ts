import { isSecret } from '../../base/hide-secrets.ts';
import { nearest } from '../../base/nearest.ts';
import type { OptionReader } from '../options.ts';
import { SASL_LOGIN_MODULES, parseJaas } from './jaas.ts';
import type { KafkaSettings } from './settings.ts';

const PREFIX = 'properties.';

/** What is wrong with a value, as it goes on after the option; undefined when nothing is. */
type Check = (value: string) => string | undefined;

const anyText: Check = () => undefined;
const notEmpty: Check = (value) => (value.trim() === '' ? 'must not be empty' : undefined);

function whole(min: number, max = 0x7fffffff): Check {
  return (value) => {
    const number = Number(value);
    const fits = /^[+-]?\d+$/.test(value.trim()) && number >= min && number <= max;
    return fits ? undefined : `is not a whole number from ${min} to ${max}`;
  };
}

const boolean: Check = (value) => (/^(true|false)$/i.test(value.trim()) ? undefined : 'is not true or false');

function oneOf(...values: readonly string[]): Check {
  return (value) => (values.includes(value) ? undefined : `is not one of ${values.join(', ')}`);
}

/** `host:port`, several of them with commas between; `[…]` around an IPv6 address. */
const servers: Check = (value) =>
  parseServers(value) === undefined ? 'is not a list of addresses HOST:PORT with commas between' : undefined;

/**
 * The properties of Kafka's Java clients that mean the same here, with their checks. Kafka's pages: consumer-configs and
 * producer-configs; `commit.offsets.on.checkpoint` and `client.id.prefix` are those of Flink's KafkaSourceOptions.
 */
const KNOWN: ReadonlyMap<string, Check> = new Map([
  ['bootstrap.servers', servers],
  ['client.id', anyText],
  ['client.id.prefix', anyText],
  ['security.protocol', oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL')],
  ['sasl.mechanism', oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512')],
  ['sasl.jaas.config', anyText],
  ['ssl.truststore.type', oneOf('PEM')],
  ['ssl.truststore.location', notEmpty],
  ['ssl.truststore.certificates', notEmpty],
  ['ssl.keystore.type', oneOf('PEM', 'PKCS12')],
  ['ssl.keystore.location', notEmpty],
  ['ssl.keystore.password', anyText],
  ['ssl.keystore.certificate.chain', notEmpty],
  ['ssl.keystore.key', notEmpty],
  ['ssl.key.password', anyText],
  ['ssl.endpoint.identification.algorithm', oneOf('https', '')],
  ['ssl.protocol', oneOf('TLSv1.3', 'TLSv1.2')],
  [
    'ssl.enabled.protocols',
    (value) => oneOf('TLSv1.2', 'TLSv1.3', 'TLSv1.2,TLSv1.3', 'TLSv1.3,TLSv1.2')(value.replace(/\s/g, '')),
  ],
  ['request.timeout.ms', whole(1)],
  ['socket.connection.setup.timeout.ms', whole(1)],
  ['retry.backoff.ms', whole(0)],
  ['retry.backoff.max.ms', whole(0)],
  ['reconnect.backoff.ms', whole(0)],
  ['reconnect.backoff.max.ms', whole(0)],
  // Reading.
  ['group.id', notEmpty],
  ['auto.offset.reset', anyText],
  ['isolation.level', oneOf('read_uncommitted', 'read_committed')],
  ['fetch.min.bytes', whole(0)],
  ['fetch.max.bytes', whole(1)],
  ['max.partition.fetch.bytes', whole(1)],
  ['fetch.max.wait.ms', whole(0)],
  ['enable.auto.commit', boolean],
  ['auto.commit.interval.ms', whole(1)],
  ['commit.offsets.on.checkpoint', boolean],
  // Writing.
  ['acks', oneOf('all', '-1', '0', '1')],
  ['enable.idempotence', boolean],
  ['compression.type', oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd')],
  ['batch.size', whole(0)],
  ['linger.ms', whole(0)],
  ['max.request.size', whole(1)],
  ['delivery.timeout.ms', whole(1)],
  ['transaction.timeout.ms', whole(1)],
]);

/** Properties that real jobs carry and that cannot change any record read or written here, by the reason. */
const WITHOUT_EFFECT: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'records are decoded and encoded by formats; Flink overrides them too',
    words('key.deserializer value.deserializer key.serializer value.serializer'),
  ],
  [
    'partitions are assigned by the job, not by the group, as in Flink',
    words(`group.instance.id group.protocol group.remote.assignor heartbeat.interval.ms session.timeout.ms max.poll.interval.ms
      partition.assignment.strategy internal.leave.group.on.close`),
  ],
  ['how many records at a time does not change which', words('max.poll.records')],
  ['records are always read from the leader, which has the same', words('client.rack')],
  ['checksums are always checked', words('check.crcs')],
  ['no topic is made by reading, as in Flink', words('allow.auto.create.topics')],
  ['buffers are the operating system’s', words('receive.buffer.bytes send.buffer.bytes')],
  ['writing waits while the broker is slow, and within the memory that a batch needs', words('buffer.memory max.block.ms')],
  ['records keep their order whatever the number', words('max.in.flight.requests.per.connection')],
  ['a request is repeated until it is answered, or delivery.timeout.ms has passed', words('retries default.api.timeout.ms')],
  [
    'the address of a broker is asked for when it is needed',
    words('metadata.max.age.ms metadata.max.idle.ms metadata.recovery.strategy metadata.recovery.rebootstrap.trigger.ms'),
  ],
  ['connections are kept while the job runs', words('connections.max.idle.ms socket.connection.setup.timeout.max.ms')],
  ['only how small the bytes get', words('compression.gzip.level compression.lz4.level compression.zstd.level')],
  [
    'metrics are Isobar’s own',
    words(
      'metrics.num.samples metrics.recording.level metrics.sample.window.ms enable.metrics.push auto.include.jmx.reporter register.consumer.metrics',
    ),
  ],
  ['a PEM file has no password of its own', words('ssl.truststore.password')],
]);

const HARMLESS: ReadonlySet<string> = new Set([...WITHOUT_EFFECT.values()].flat());

/** Properties of Kafka's or Flink's that would change something and cannot be had: why, and what to do. */
const UNSUPPORTED: readonly (readonly [pattern: RegExp, why: string, hint: string])[] = [
  [/^partition\.discovery\.interval\.ms$/, 'Flink sets it from another option', `Use 'scan.topic-partition-discovery.interval'.`],
  [/^transactional\.id$/, 'the sink names its transactions itself', `Use 'sink.transactional-id-prefix'.`],
  [/^partitioner\./, 'the partition is chosen by the sink', `Use 'sink.partitioner'.`],
  [
    /^sasl\.kerberos\./,
    'Kerberos is not there',
    `Use 'properties.sasl.mechanism' = 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'.`,
  ],
  [
    /^sasl\.oauthbearer\./,
    'OAUTHBEARER is not there',
    `Use 'properties.sasl.mechanism' = 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'.`,
  ],
  [/^sasl\.login\./, 'tokens are not there', `Use 'properties.sasl.mechanism' = 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'.`],
  [
    /^ssl\.cipher\.suites$/,
    'the ciphers are those of Node',
    `Use 'properties.ssl.enabled.protocols' = 'TLSv1.3' to leave out older ones.`,
  ],
  [/^(exclude\.internal\.topics)$/, 'a pattern never finds internal topics, as in Flink', `Name them with the option 'topic'.`],
  [/^client\.dns\.lookup$/, 'all addresses of a name are tried', 'Remove the option.'],
  [/\.(class|classes)$|^(metric\.reporters|security\.providers|ssl\.provider)$/, 'it names Java classes', 'Remove the option.'],
  [
    /^ssl\.(keymanager\.algorithm|trustmanager\.algorithm|secure\.random\.implementation)$/,
    'it names a part of Java',
    'Remove the option.',
  ],
];

/**
 * Checks `properties.*`. What Kafka's client would understand and Isobar does not is refused, as is what nobody knows; values
 * that may be secret are never shown, nor their line.
 */
export function checkClientProperties(reader: OptionReader): void {
  const { table } = reader;
  for (const [key, option] of table.options) {
    if (!key.startsWith(PREFIX)) continue;
    const name = key.slice(PREFIX.length);
    const check = KNOWN.get(name);
    if (check !== undefined) {
      const wrong = check(option.value);
      if (wrong !== undefined) refuseValue(reader, name, wrong);
      continue;
    }
    if (HARMLESS.has(name)) continue;
    const unsupported = UNSUPPORTED.find(([pattern]) => pattern.test(name));
    if (unsupported !== undefined) {
      const [, why, hint] = unsupported;
      const place = isSecret(name) ? table.place : option.keyPlace;
      reader.report('SQL_OPTION_UNSUPPORTED', `option '${key}' is not supported: ${why}`, place, hint);
      continue;
    }
    const near = nearest(name, [...KNOWN.keys(), ...HARMLESS]);
    const hint =
      near === undefined
        ? `Kafka's names are in its documentation of consumers and producers; remove the option.`
        : `Did you mean '${PREFIX}${near}'?`;
    const place = isSecret(name) ? table.place : option.keyPlace;
    reader.report('SQL_UNKNOWN_OPTION', `Kafka's client has no property '${name}'`, place, hint);
  }
  checkSecurity(reader);
}

/** What the security properties must be together. */
function checkSecurity(reader: OptionReader): void {
  const get = (name: string): string | undefined => reader.table.options.get(PREFIX + name)?.value;
  const protocol = get('security.protocol') ?? 'PLAINTEXT';
  if (protocol.startsWith('SASL')) checkSasl(reader, get);
  else if (get('sasl.jaas.config') !== undefined || get('sasl.mechanism') !== undefined) {
    const name = get('sasl.mechanism') === undefined ? 'sasl.jaas.config' : 'sasl.mechanism';
    refuse(
      reader,
      name,
      `has no effect without 'security.protocol'`,
      `Add 'properties.security.protocol' = 'SASL_SSL' or 'SASL_PLAINTEXT'.`,
    );
  }
  if (protocol.endsWith('SSL')) {
    for (const store of ['truststore', 'keystore']) {
      if (get(`ssl.${store}.location`) === undefined || get(`ssl.${store}.type`) !== undefined) continue;
      const hint = `Convert it (keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12 -nodes), and add 'properties.ssl.${store}.type' = 'PEM'.`;
      refuse(reader, `ssl.${store}.location`, `is a Java key store as long as 'ssl.${store}.type' does not say otherwise`, hint);
    }
    const [chain, key] = [get('ssl.keystore.certificate.chain'), get('ssl.keystore.key')];
    if ((chain === undefined) !== (key === undefined)) {
      const [set, missing] = chain === undefined ? ['key', 'certificate.chain'] : ['certificate.chain', 'key'];
      refuse(
        reader,
        `ssl.keystore.${set}`,
        `needs 'ssl.keystore.${missing}' as well`,
        `Add 'properties.ssl.keystore.${missing}'.`,
      );
    }
  }
}

function checkSasl(reader: OptionReader, get: (name: string) => string | undefined): void {
  const mechanism = get('sasl.mechanism');
  if (mechanism === undefined) {
    refuse(
      reader,
      'security.protocol',
      `needs 'sasl.mechanism'`,
      `Add 'properties.sasl.mechanism' = 'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512' (Kafka's default is Kerberos, which is not there).`,
    );
    return;
  }
  const expected = SASL_LOGIN_MODULES.get(mechanism);
  if (expected === undefined) return;
  const example = `'properties.sasl.jaas.config' = 'org.apache.kafka.common.security.${expected === 'PlainLoginModule' ? 'plain' : 'scram'}.${expected} required username="…" password="…";'`;
  const text = get('sasl.jaas.config');
  if (text === undefined) {
    refuse(reader, 'security.protocol', `needs 'sasl.jaas.config'`, `Add ${example}.`);
    return;
  }
  const login = parseJaas(text);
  if (login === undefined) refuse(reader, 'sasl.jaas.config', 'is not a JAAS configuration', `Write it as ${example}.`);
  else if (login.module !== expected)
    refuse(reader, 'sasl.jaas.config', `names a login module that is not the one of ${mechanism}`, `Write it as ${example}.`);
  else if (!login.options.has('username') || !login.options.has('password')) {
    refuse(reader, 'sasl.jaas.config', 'lacks username or password', `Write it as ${example}.`);
  }
}

function refuseValue(reader: OptionReader, name: string, wrong: string): void {
  const values = /^is not one of (.*)/.exec(wrong)?.[1];
  const hints: Readonly<Record<string, string>> = {
    'ssl.truststore.type': `Java key stores cannot be read: convert it to PEM with keytool -exportcert -rfc, or openssl pkcs12 -nokeys.`,
    'ssl.keystore.type': `Java key stores cannot be read: convert it with keytool -importkeystore -deststoretype PKCS12.`,
    'sasl.mechanism': 'Use one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512.',
  };
  const value = reader.table.options.get(PREFIX + name)?.value ?? '';
  const near = values === undefined ? undefined : nearest(value, values.split(', '));
  refuse(reader, name, wrong, near === undefined ? hints[name] : `Did you mean '${near}'?`);
}

function refuse(reader: OptionReader, name: string, what: string, hint: string | undefined): void {
  const key = PREFIX + name;
  if (!isSecret(name)) reader.invalid(key, what, hint);
  else reader.report('SQL_OPTION_VALUE', `option '${key}' ${what}`, reader.table.place, hint);
}

/** Addresses of brokers; undefined when the text is none. */
export function parseServers(text: string): { readonly host: string; readonly port: number }[] | undefined {
  const parsed = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(?:\w+:\/\/)?(?:\[([0-9a-fA-F:%.]+)\]|([0-9a-zA-Z\-._]+)):(\d{1,5})$/.exec(part);
      const port = Number(match?.[3]);
      return match !== null && port > 0 && port < 65536 ? { host: match[1] ?? match[2], port } : undefined;
    });
  return parsed.length === 0 || parsed.includes(undefined) ? undefined : (parsed as { host: string; port: number }[]);
}

/** A property that is a whole number; its form was checked with the file. */
export function integerProperty(settings: KafkaSettings, name: string, fallback: number): number {
  const value = settings.properties[name];
  return value === undefined ? fallback : Number(value);
}

export function booleanProperty(settings: KafkaSettings, name: string, fallback: boolean): boolean {
  const value = settings.properties[name];
  return value === undefined ? fallback : value.trim().toLowerCase() === 'true';
}

function words(text: string): readonly string[] {
  return text.split(/\s+/);
}
