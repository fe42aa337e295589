// What the Kafka source does when its broker, its topic or its records go away: it loses nothing and repeats nothing, or says why it cannot.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder } from './cache-folder.ts';
import { freePort } from './free-port.ts';
import { KafkaJob, until } from './kafka-job.ts';
import { startKafka, type KafkaServer } from './kafka-server.ts';
import { createTopics } from './kafka-topics.ts';
import { runProgram } from './run-program.ts';

let folder: string;
let broker: KafkaServer;
let saslPort: number;
let tlsPort: number;
let mutualTlsPort: number;
let store: string;
let number = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-faults-'));
  [saslPort, tlsPort, mutualTlsPort] = [await freePort(), await freePort(), await freePort()];
  const [port, controllerPort] = [await freePort(), await freePort()];
  await makeCertificate();
  const listeners = `PLAINTEXT://127.0.0.1:${port},SASL_PLAINTEXT://127.0.0.1:${saslPort},SSL://127.0.0.1:${tlsPort},MUTUAL://127.0.0.1:${mutualTlsPort}`;
  broker = await startKafka({
    cache: cacheFolder(),
    folder: join(folder, 'kafka'),
    port,
    settings: {
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,MUTUAL:SSL',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";',
      'listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': join(folder, 'server.pem'),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(folder, 'certificate.pem'),
      'listener.name.mutual.ssl.client.auth': 'required',
      'log.retention.check.interval.ms': '500',
    },
  });
}, 120_000);
afterAll(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  store = join(folder, `${number++}.db`);
});

/** A certificate for 127.0.0.1 that signs itself. */
async function makeCertificate(): Promise<void> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const options = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-keyout',
    key,
    '-out',
    certificate,
    ...subject,
  ];
  await runProgram('openssl', options);
  await runProgram('sh', ['-c', `cat '${key}' '${certificate}' > '${join(folder, 'server.pem')}'`]);
}

function sourceSql(topic: string, options: Record<string, string> = {}, columns = 'v STRING'): string {
  const all = {
    connector: 'kafka',
    topic,
    'properties.bootstrap.servers': broker.bootstrap,
    'scan.startup.mode': 'earliest-offset',
    format: 'raw',
    ...options,
  };
  const list = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `CREATE TABLE source (${columns}) WITH (${list.join(', ')});
    CREATE TABLE printed (${columns}) WITH ('connector' = 'print');
    INSERT INTO printed SELECT v FROM source;`;
}

/** Writes the numbers `from` … `to - 1`, a line each. */
async function send(topic: string, from: number, to: number, ...options: string[]): Promise<void> {
  const file = join(folder, 'numbers');
  writeFileSync(file, Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join(''));
  await runProgram('kcat', ['-b', broker.bootstrap, '-P', '-t', topic, '-l', file, ...options]);
}

const create = (name: string, partitions = 1): Promise<void> => createTopics(broker.bootstrap, [{ name, partitions }]);
const LATEST = { 'scan.bounded.mode': 'latest-offset' };

async function withAdmin<T>(action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'isobar-test', bootstrapBrokers: [broker.bootstrap], retries: 10 });
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

describe('a broker', () => {
  test('that is killed while a million records are read: each is read once', async () => {
    await create('million', 3);
    await send('million', 0, 1_000_000, '-z', 'lz4');
    const seen = new Uint8Array(1_000_000);
    let count = 0;
    let sum = 0;
    const print = async (text: string): Promise<void> => {
      for (const [, digits] of text.matchAll(/^\+I\[(\d+)\]$/gm)) {
        seen[Number(digits)]++;
        count++;
        sum += Number(digits);
      }
      // A slow reader, so that there is time to kill the broker in the middle.
      await sleep(10);
    };
    const job = new KafkaJob(sourceSql('million', { ...LATEST, 'properties.max.partition.fetch.bytes': '50000' }), {
      store,
      print,
    }).start();
    await until(() => count > 100_000, 'some records');
    await broker.kill();
    await job.saying(/cannot be read from \(.*\): trying again$/);
    expect(count).toBeLessThan(1_000_000);
    await broker.restart();
    await job.ended();
    expect(count).toBe(1_000_000);
    expect(sum).toBe((1_000_000 * 999_999) / 2);
    expect(seen.every((times) => times === 1)).toBe(true);
    expect(job.said).toEqual([
      expect.stringMatching(/^Kafka at 127\.0\.0\.1:\d+ cannot be read from \(.*\): trying again$/),
      `Kafka at ${broker.bootstrap} is back`,
    ]);
  });

  test('that is down when the job starts is waited for', async () => {
    await create('down');
    await send('down', 0, 3);
    await broker.stop();
    const job = new KafkaJob(sourceSql('down', LATEST), { store }).start();
    await job.job.opened;
    await job.saying(/^Kafka at 127\.0\.0\.1:\d+ cannot be read from \(ECONNREFUSED\): trying again$/);
    const other = new KafkaJob(sourceSql('down'), { store, name: 'other' }).start();
    await other.saying(/ECONNREFUSED/);
    const started = performance.now();
    await other.stop();
    expect(performance.now() - started).toBeLessThan(1500);
    await broker.restart();
    expect(await job.ended()).toEqual(['+I[0]', '+I[1]', '+I[2]']);
    expect(job.said).toHaveLength(2);
    expect(job.said[1]).toBe(`Kafka at ${broker.bootstrap} is back`);
  });

  test('that comes back while nothing was to read goes on', async () => {
    await create('idle');
    const job = new KafkaJob(sourceSql('idle'), { store }).start();
    await job.job.opened;
    await broker.kill();
    await job.saying(/trying again/);
    await broker.restart();
    await send('idle', 0, 2);
    expect(await job.printed(2)).toEqual(['+I[0]', '+I[1]']);
    await job.stop();
    expect(job.said).toHaveLength(2);
  });
});

describe('a topic', () => {
  test('that is deleted is waited for, and one made anew is another', async () => {
    await create('gone');
    await send('gone', 0, 5);
    const job = new KafkaJob(sourceSql('gone'), { store }).start();
    await job.printed(5);
    await withAdmin((admin) => admin.deleteTopics({ topics: ['gone'] }));
    await job.saying(/^topic "gone" is gone: waiting for it$/);
    await create('gone');
    await expect(job.ended()).rejects.toMatchObject({ code: 'KAFKA_TOPIC_REPLACED' });
  });

  test('whose records were deleted before they were read', async () => {
    await create('retention');
    await send('retention', 0, 10);
    const read = async (name: string, options: Record<string, string>): Promise<KafkaJob> => {
      const job = new KafkaJob(sourceSql('retention', options), { store, name }).start();
      await until(() => job.lines.length > 0 || job.said.length > 0, 'a line', 5000, job.job.opened).catch(() => {});
      return job;
    };
    const group = { 'scan.startup.mode': 'group-offsets', 'properties.auto.offset.reset': 'earliest' };
    const time = { 'scan.startup.mode': 'timestamp', 'scan.startup.timestamp-millis': '1' };
    for (const [name, options] of Object.entries({ earliest: {}, group, time })) await (await read(name, options)).stop();
    await withAdmin((admin) =>
      admin.deleteRecords({ topics: [{ name: 'retention', partitions: [{ partition: 0, offset: 10n }] }] }),
    );
    await send('retention', 10, 20);
    await withAdmin((admin) =>
      admin.deleteRecords({ topics: [{ name: 'retention', partitions: [{ partition: 0, offset: 15n }] }] }),
    );
    for (const [name, options] of Object.entries({ earliest: {}, group })) {
      const job = await read(name, options);
      await job.printed(5);
      expect(await job.stop()).toEqual(['+I[15]', '+I[16]', '+I[17]', '+I[18]', '+I[19]']);
      expect(job.said.at(-1)).toBe(
        'retention-0: the records from offset 10 on were deleted before they were read; going on at 15',
      );
    }
    await expect((await read('time', time)).ended()).rejects.toMatchObject({ code: 'TOPIC_RECORDS_GONE' });
  });

  test('that is shorter than the checkpoint says', async () => {
    await create('shorter');
    await send('shorter', 0, 10);
    const first = new KafkaJob(sourceSql('shorter'), { store }).start();
    await first.printed(10);
    await first.stop();
    await withAdmin((admin) => admin.deleteTopics({ topics: ['shorter'] }));
    const isCreated = (): Promise<boolean> =>
      create('shorter').then(
        () => true,
        () => false,
      );
    await until(isCreated, 'the deletion');
    await send('shorter', 0, 3);
    await expect(new KafkaJob(sourceSql('shorter'), { store }).ended()).rejects.toMatchObject({ code: 'TOPIC_OFFSET' });
  });
});

describe('a login', () => {
  const sasl = (mechanism: string, user: string, password: string): Record<string, string> => ({
    ...LATEST,
    'properties.bootstrap.servers': `127.0.0.1:${saslPort}`,
    'properties.security.protocol': 'SASL_PLAINTEXT',
    'properties.sasl.mechanism': mechanism,
    'properties.sasl.jaas.config': `org.apache.kafka.common.security.${mechanism === 'PLAIN' ? 'plain.Plain' : 'scram.Scram'}LoginModule required username="${user}" password="${password}";`,
  });

  beforeAll(async () => {
    await create('secured').catch(() => {});
    await send('secured', 0, 2);
    const java = ['-cp', join(cacheFolder(), 'kafka-4.3.1', 'libs', '*'), 'org.apache.kafka.tools.ConfigCommand'];
    await runProgram('java', [
      '-cp',
      join(cacheFolder(), 'kafka-4.3.1', 'libs', '*'),
      'kafka.admin.ConfigCommand',
      '--bootstrap-server',
      broker.bootstrap,
      '--alter',
      '--add-config',
      'SCRAM-SHA-256=[password=bob-secret]',
      '--entity-type',
      'users',
      '--entity-name',
      'bob',
    ]).catch(() =>
      runProgram('java', [
        ...java,
        '--bootstrap-server',
        broker.bootstrap,
        '--alter',
        '--add-config',
        'SCRAM-SHA-256=[password=bob-secret]',
        '--entity-type',
        'users',
        '--entity-name',
        'bob',
      ]),
    );
  });

  test.each([
    ['PLAIN', 'alice', 'alice-secret'],
    ['SCRAM-SHA-256', 'bob', 'bob-secret'],
  ])('by %s', async (mechanism, user, password) => {
    expect(await new KafkaJob(sourceSql('secured', sasl(mechanism, user, password)), { store }).ended()).toEqual([
      '+I[0]',
      '+I[1]',
    ]);
    const wrong = new KafkaJob(sourceSql('secured', sasl(mechanism, user, 'not-that-secret')), { store, name: 'wrong' });
    const error = await wrong.ended().catch((failure: unknown) => failure as Error & { code: string; hint: string });
    expect(error).toMatchObject({ code: 'KAFKA_LOGIN', message: `Kafka at 127.0.0.1:${saslPort} refuses the login` });
    expect(`${(error as Error).stack} ${JSON.stringify(error)} ${String(wrong.said)}`).not.toContain('secret');
  });

  test('by a mechanism that the broker does not offer', async () => {
    const job = new KafkaJob(sourceSql('secured', sasl('SCRAM-SHA-512', 'bob', 'x')), { store });
    await expect(job.ended()).rejects.toThrow(/does not offer the SASL mechanism/);
  });
});

describe('TLS', () => {
  const tls = (options: Record<string, string>): Record<string, string> => ({
    ...LATEST,
    'properties.bootstrap.servers': `127.0.0.1:${tlsPort}`,
    'properties.security.protocol': 'SSL',
    ...options,
  });

  test('with the certificate of the broker, in a file or in the option', async () => {
    await create('tls');
    await send('tls', 0, 2);
    const file = join(folder, 'certificate.pem');
    const trusted = { 'properties.ssl.truststore.type': 'PEM', 'properties.ssl.truststore.location': file };
    expect(await new KafkaJob(sourceSql('tls', tls(trusted)), { store }).ended()).toEqual(['+I[0]', '+I[1]']);
    const certificate = (await runProgram('cat', [file])).replaceAll('\n', ' ');
    const inline = { 'properties.ssl.truststore.type': 'PEM', 'properties.ssl.truststore.certificates': certificate };
    expect(await new KafkaJob(sourceSql('tls', tls(inline)), { store }).ended()).toEqual(['+I[0]', '+I[1]']);
  });

  test('with a certificate of this side, where the broker wants one', async () => {
    const trusted = {
      'properties.bootstrap.servers': `127.0.0.1:${mutualTlsPort}`,
      'properties.ssl.truststore.type': 'PEM',
      'properties.ssl.truststore.location': join(folder, 'certificate.pem'),
    };
    const own = { 'properties.ssl.keystore.type': 'PEM', 'properties.ssl.keystore.location': join(folder, 'server.pem') };
    const job = new KafkaJob(sourceSql('tls', tls({ ...trusted, ...own })), { store });
    expect(await job.ended()).toEqual(['+I[0]', '+I[1]']);
    const without = new KafkaJob(sourceSql('tls', tls(trusted)), { store });
    await expect(without.ended()).rejects.toMatchObject({ code: 'KAFKA_TLS' });
  });

  test('with a broker that nobody trusts, and without TLS', async () => {
    await expect(new KafkaJob(sourceSql('tls', tls({})), { store }).ended()).rejects.toMatchObject({
      code: 'KAFKA_TLS',
      message: `no TLS with Kafka at 127.0.0.1:${tlsPort}: DEPTH_ZERO_SELF_SIGNED_CERT`,
    });
    const plain = tls({ 'properties.security.protocol': 'PLAINTEXT' });
    await expect(new KafkaJob(sourceSql('tls', plain), { store }).ended()).rejects.toMatchObject({ code: 'KAFKA_TLS' });
  });
});

afterEach(async () => {
  // A test that failed must not take the broker from the others.
  await runProgram('kcat', ['-b', broker.bootstrap, '-L', '-m', '2']).catch(() => broker.restart());
});
