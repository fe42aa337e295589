import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RunError } from '../../src/base/problem.ts';
import { connectionOptions } from '../../src/connectors/kafka/connection-options.ts';
import { parseJaas } from '../../src/connectors/kafka/jaas.ts';
import type { KafkaSettings } from '../../src/connectors/kafka/settings.ts';
import { STRING } from '../../src/types/sql-type.ts';
import { problemsOf, tryBind, type TableText } from './connector-table.ts';

const tableWith = (properties: Record<string, string>): TableText => ({
  options: {
    connector: 'kafka',
    topic: 'a',
    format: 'raw',
    'properties.bootstrap.servers': 'localhost:9092',
    ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [`properties.${key}`, value])),
  },
  columns: { a: STRING },
});

const problems = (properties: Record<string, string>): string[] => problemsOf(tableWith(properties));

function connection(properties: Record<string, string>, kafka?: string): ReturnType<typeof connectionOptions> {
  const { bound, problems: found } = tryBind(tableWith(properties), 'source');
  expect(found).toEqual([]);
  return connectionOptions(bound!.settings as unknown as KafkaSettings, { kafka });
}

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="alice-secret";';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="bob" password="bob-secret";';

describe('names', () => {
  test('a property that nobody knows is refused with the nearest', () => {
    expect(problems({ 'fetch.min.byte': '1' })).toEqual([
      "SQL_UNKNOWN_OPTION: Kafka's client has no property 'fetch.min.byte' | Did you mean 'properties.fetch.min.bytes'?",
    ]);
  });

  test('one that would need Java is refused', () => {
    expect(problems({ 'interceptor.classes': 'com.example.Spy' })[0]).toMatch(
      /^SQL_OPTION_UNSUPPORTED: option 'properties.interceptor.classes' is not supported: it names Java classes/,
    );
    expect(problems({ 'transactional.id': 'x' })[0]).toMatch(/Use 'sink.transactional-id-prefix'/);
    expect(problems({ 'partition.discovery.interval.ms': '5' })[0]).toMatch(/Use 'scan.topic-partition-discovery.interval'/);
  });

  test('those of real jobs that change nothing are taken', () => {
    expect(
      problems({
        'session.timeout.ms': '10000',
        'max.poll.records': '500',
        'key.deserializer': 'org.apache.kafka.common.serialization.StringDeserializer',
        'allow.auto.create.topics': 'false',
        'metadata.max.age.ms': '30000',
        'buffer.memory': '33554432',
      }),
    ).toEqual([]);
  });
});

describe('values', () => {
  test.each<[Record<string, string>, RegExp]>([
    [{ 'fetch.max.bytes': 'much' }, /'properties.fetch.max.bytes' = 'much' is not a whole number from 1/],
    [{ 'isolation.level': 'read_comitted' }, /is not one of read_uncommitted, read_committed \| Did you mean 'read_committed'\?/],
    [{ 'bootstrap.servers': 'localhost' }, /is not a list of addresses HOST:PORT/],
    [{ 'enable.auto.commit': 'yes' }, /is not true or false/],
    [{ 'sasl.mechanism': 'GSSAPI', 'security.protocol': 'SASL_SSL' }, /'GSSAPI' is not one of PLAIN, .* \| Use one of: PLAIN, /],
    [{ 'ssl.truststore.type': 'JKS' }, /is not one of PEM \| Java key stores cannot be read: convert it to PEM/],
    [{ 'security.protocol': 'SASL_SSL' }, /needs 'sasl.mechanism' \| Add .*Kafka's default is Kerberos/],
    [
      { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' },
      /needs 'sasl.jaas.config' \| Add .*PlainLoginModule required/,
    ],
    [{ 'sasl.mechanism': 'PLAIN' }, /has no effect without 'security.protocol'/],
    [
      { 'security.protocol': 'SSL', 'ssl.truststore.location': '/x.jks' },
      /'properties.ssl.truststore.location' = '\/x.jks' is a Java key store as long as 'ssl.truststore.type' does not say otherwise/,
    ],
    [
      { 'security.protocol': 'SSL', 'ssl.keystore.key': 'k' },
      /'properties.ssl.keystore.key' needs 'ssl.keystore.certificate.chain'/,
    ],
  ])('%j', (properties, message) => expect(problems(properties).join('\n')).toMatch(message));

  test('nothing secret is shown', () => {
    const sasl = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' };
    for (const wrong of [PLAIN.slice(0, -1), SCRAM, PLAIN.replace('username', 'user'), 'alice-secret']) {
      const found = problems({ ...sasl, 'sasl.jaas.config': wrong });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^SQL_OPTION_VALUE: option 'properties.sasl.jaas.config' (is not|names|lacks)/);
      expect(found[0]).not.toContain('secret');
    }
    expect(problems({ 'ssl.key.pasword': 'my-secret' })[0]).toBe(
      "SQL_UNKNOWN_OPTION: Kafka's client has no property 'ssl.key.pasword' | Did you mean 'properties.ssl.key.password'?",
    );
  });
});

describe('the connection', () => {
  test('addresses, the name of the client and times', () => {
    expect(
      connection({
        'bootstrap.servers': 'a.example:9092, b-2:19092,[::1]:1,PLAINTEXT://c:2',
        'client.id': 'my job',
        'request.timeout.ms': '7000',
        'socket.connection.setup.timeout.ms': '3000',
      }),
    ).toEqual({
      clientId: 'my-job',
      bootstrapBrokers: [
        { host: 'a.example', port: 9092 },
        { host: 'b-2', port: 19092 },
        { host: '::1', port: 1 },
        { host: 'c', port: 2 },
      ],
      connectTimeout: 3000,
      requestTimeout: 7000,
    });
  });

  test('--kafka takes the place of bootstrap.servers', () => {
    expect(connection({}, 'other:1').bootstrapBrokers).toEqual([{ host: 'other', port: 1 }]);
    expect(() => connection({}, 'other')).toThrowError(/"other" is not an address of Kafka/);
  });

  test.each([
    ['PLAIN', PLAIN, 'alice'],
    ['PLAIN', PLAIN.replace('org.apache', 'org.apache.flink.kafka.shaded.org.apache'), 'alice'],
    ['SCRAM-SHA-256', SCRAM, 'bob'],
    ['SCRAM-SHA-512', SCRAM, 'bob'],
  ])('%s', (mechanism, jaas, username) => {
    const sasl = { 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': mechanism, 'sasl.jaas.config': jaas };
    expect(connection(sasl).sasl).toEqual({ mechanism, username, password: `${username}-secret` });
    expect(connection(sasl).tls).toBeUndefined();
  });

  test('TLS with PEM in the options and in files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'isobar-pem-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const certificate = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
    writeFileSync(join(folder, 'ca.pem'), certificate);
    writeFileSync(join(folder, 'ca.jks'), Buffer.from([0xfe, 0xed, 0xfe, 0xed]));
    const pem = { 'security.protocol': 'SSL', 'ssl.truststore.type': 'PEM' };
    expect(connection({ ...pem, 'ssl.truststore.location': join(folder, 'ca.pem') })).toMatchObject({
      tls: { ca: certificate },
      tlsServerName: true,
    });
    const oneLine = '-----BEGIN CERTIFICATE----- QUJD -----END CERTIFICATE-----';
    const inline = connection({
      ...pem,
      'ssl.truststore.certificates': oneLine,
      'ssl.keystore.certificate.chain': oneLine,
      'ssl.keystore.key': oneLine.replaceAll('CERTIFICATE', 'PRIVATE KEY'),
      'ssl.key.password': 'secret',
      'ssl.endpoint.identification.algorithm': '',
      'ssl.enabled.protocols': 'TLSv1.3',
    }).tls!;
    expect(inline).toMatchObject({ ca: certificate, cert: certificate, passphrase: 'secret', minVersion: 'TLSv1.3' });
    expect(inline.checkServerIdentity!('x', {} as never)).toBeUndefined();
    const failureOf = (name: string): unknown => {
      try {
        return connection({ ...pem, 'ssl.truststore.location': join(folder, name) });
      } catch (error) {
        return error;
      }
    };
    expect(failureOf('ca.jks')).toMatchObject({ code: 'KAFKA_TLS', message: expect.stringMatching(/is not PEM: .*ca\.jks$/) });
    expect(failureOf('none.pem')).toMatchObject({ message: expect.stringMatching(/cannot be read: .*none\.pem \(ENOENT\)$/) });
    expect(failureOf('none.pem')).toBeInstanceOf(RunError);
  });
});

test('JAAS configurations', () => {
  expect(parseJaas(`a.b.Module required x="1 \\" 2" 'y'=3;`)).toBeUndefined();
  expect(parseJaas('Module REQUIRED;')).toEqual({ module: 'Module', options: new Map() });
  const parsed = parseJaas(`\n a.b.Module required\n x="1 \\" ; = 2"\n y='two' z=three ;\n`);
  expect(parsed).toEqual({ module: 'Module', options: new Map(Object.entries({ x: '1 " ; = 2', y: 'two', z: 'three' })) });
  expect(parseJaas('Module required username="a" password="b"')).toBeUndefined();
  expect(parseJaas('Module required username;')).toBeUndefined();
  expect(parseJaas('KafkaClient { Module required; };')).toBeUndefined();
});
