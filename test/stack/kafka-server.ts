import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { provideFolder } from './provide-folder.ts';
import { runProgram } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

export interface KafkaOptions {
  /** Where downloads are kept. */
  readonly cache: string;
  /** A folder of the broker's own: settings, data and log. */
  readonly folder: string;
  /** Where clients connect; any free port where it is left out. */
  readonly port?: number;
  /** Lines for server.properties in addition to, or in place of, the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface KafkaServer {
  /** `127.0.0.1:PORT`. */
  readonly bootstrap: string;
  readonly pid: number;
  /** Starts it again, with its data and on its port; stops it before where it runs. */
  restart(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const KAFKA_VERSION = '4.3.1';
const LIBRARIES = [
  `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
  `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
  'org.apache.logging.log4j:log4j-slf4j-impl:2.25.1',
];
const LOGGING = `
rootLogger.level = WARN
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n%throwable
logger.started.name = kafka.server.KafkaRaftServer
logger.started.level = INFO
`;
const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Starts Kafka as one node, broker and controller, without TLS; it is up in about ten seconds. */
export async function startKafka({ cache, folder, port, settings }: KafkaOptions): Promise<KafkaServer> {
  const libraries = await provideKafka(cache);
  mkdirSync(folder, { recursive: true });
  const bootstrap = `127.0.0.1:${port ?? (await freePort())}`;
  const properties = { ...serverProperties(bootstrap, `127.0.0.1:${await freePort()}`, join(folder, 'data')), ...settings };
  const file = join(folder, 'server.properties');
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
  const java = [...JVM, `-Dlog4j.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', join(libraries, '*')];
  const clusterId = randomBytes(16).toString('base64url');
  // An id must not look like an option.
  await runProgram('java', [...java, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', file]);
  const start = (): Promise<ServerProcess> =>
    ServerProcess.start({
      name: `Kafka ${KAFKA_VERSION}`,
      command: 'java',
      args: [...java, 'kafka.Kafka', file],
      cwd: folder,
      log: join(folder, 'kafka.log'),
      ready: /Kafka Server started/,
      timeoutMs: 90_000,
    });
  let broker = await start();
  return {
    bootstrap,
    get pid() {
      return broker.pid;
    },
    async restart() {
      await broker.stop();
      broker = await start();
    },
    kill: () => broker.kill(),
    stop: () => broker.stop(),
  };
}

/** Kafka's libraries, fetched with Maven on first use (54 MB); answers their folder. */
export function provideKafka(cache: string): Promise<string> {
  const folder = join(cache, `kafka-${KAFKA_VERSION}`, 'libs');
  return provideFolder(folder, async (unfinished) => {
    const pom = join(unfinished, 'pom.xml');
    writeFileSync(pom, projectFile(LIBRARIES));
    await runProgram('mvn', [
      '-B',
      '-q',
      '-f',
      pom,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      '-DoutputDirectory=.',
    ]);
  });
}

function serverProperties(bootstrap: string, controller: string, data: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${controller}`,
    listeners: `PLAINTEXT://${bootstrap},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${bootstrap}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // Tests write records of years ago, which must not be deleted for their age.
    'log.retention.ms': '-1',
    // A broker that was killed may register again soon.
    'broker.heartbeat.interval.ms': '500',
    'broker.session.timeout.ms': '3000',
  };
}

function projectFile(libraries: readonly string[]): string {
  const dependencies = libraries.map((library) => {
    const [group, artifact, version] = library.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>isobar</groupId><artifactId>stack</artifactId><version>1</version>',
    `<dependencies>${dependencies.join('')}</dependencies></project>`,
  ].join('\n');
}
