import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../src/base/problem.ts';
import { provideFlink, type FlinkConnector } from './flink-distribution.ts';
import { freePort } from './free-port.ts';
import { ServerProcess } from './server-process.ts';

export interface FlinkClusterOptions {
  /** Where downloads are kept, for example `~/.cache/isobar`. */
  readonly cache: string;
  /** An own folder for configuration, logs, checkpoints and temporary files. */
  readonly folder: string;
  /** Task slots of the one TaskManager: how many parallel tasks there can be. Default 4. */
  readonly slots?: number;
  /** Default: all. */
  readonly connectors?: readonly FlinkConnector[];
  /** Default: free ones. */
  readonly restPort?: number;
  readonly gatewayPort?: number;
  /** Heap that the tasks share, in MiB. Default 512. */
  readonly taskHeapMib?: number;
  /** Memory outside of the heap that window aggregations and others buffer in, in MiB. Default 256. */
  readonly managedMib?: number;
  /** Flink's settings besides, for example `parallelism.default`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long all three processes may take to start. Default 120 s. */
  readonly timeoutMs?: number;
}

export interface FlinkCluster {
  /** The JobManager's REST address, for example http://127.0.0.1:8081. */
  readonly rest: string;
  /** The SQL Gateway's address. */
  readonly gateway: string;
  readonly folder: string;
  /** Process ids, for measurements. */
  readonly pids: { readonly jobManager: number; readonly taskManager: number; readonly gateway: number };
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Flink's own list (env.java.opts.all in its config.yaml): what it reaches by reflection on Java 17. */
const MODULE_OPTIONS = [
  ...[
    'java.base/sun.net.util',
    'java.rmi/sun.rmi.registry',
    'jdk.compiler/com.sun.tools.javac.api',
    'jdk.compiler/com.sun.tools.javac.file',
    'jdk.compiler/com.sun.tools.javac.parser',
    'jdk.compiler/com.sun.tools.javac.tree',
    'jdk.compiler/com.sun.tools.javac.util',
    'java.security.jgss/sun.security.krb5',
  ].map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...[
    'java.lang',
    'java.net',
    'java.io',
    'java.nio',
    'sun.nio.ch',
    'java.lang.reflect',
    'java.text',
    'java.time',
    'java.util',
    'java.util.concurrent',
    'java.util.concurrent.atomic',
    'java.util.concurrent.locks',
  ].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
];

/**
 * Starts a JobManager, a TaskManager and a SQL Gateway of Apache Flink, all on the loopback interface, and resolves when the
 * slots are registered and the gateway answers. The processes end with `stop`, and with this one.
 */
export async function startFlink(options: FlinkClusterOptions): Promise<FlinkCluster> {
  const { slots = 4, taskHeapMib = 512, managedMib = 256 } = options;
  const { jars, gatewayJar } = await provideFlink(options.cache, options.connectors ?? ['kafka', 'elasticsearch']);
  const folder = resolve(options.folder);
  for (const name of ['conf', 'log', 'tmp', 'checkpoints', 'savepoints']) mkdirSync(join(folder, name), { recursive: true });
  const restPort = options.restPort ?? (await freePort());
  const gatewayPort = options.gatewayPort ?? (await freePort());
  const settings: Record<string, string> = {
    'jobmanager.rpc.address': HOST,
    'jobmanager.rpc.port': String(await freePort()),
    'jobmanager.bind-host': HOST,
    'jobmanager.execution.failover-strategy': 'region',
    'rest.address': HOST,
    'rest.bind-address': HOST,
    'rest.port': String(restPort),
    'taskmanager.host': HOST,
    'taskmanager.bind-host': HOST,
    'taskmanager.numberOfTaskSlots': String(slots),
    // The start script works these out; started directly, the TaskManager wants them said.
    'taskmanager.cpu.cores': String(slots),
    'taskmanager.memory.framework.heap.size': '128m',
    'taskmanager.memory.framework.off-heap.size': '128m',
    'taskmanager.memory.task.heap.size': `${taskHeapMib}m`,
    'taskmanager.memory.task.off-heap.size': '0m',
    'taskmanager.memory.network.min': '64m',
    'taskmanager.memory.network.max': '64m',
    'taskmanager.memory.managed.size': `${managedMib}m`,
    'taskmanager.memory.jvm-metaspace.size': '256m',
    'taskmanager.memory.jvm-overhead.min': '128m',
    'taskmanager.memory.jvm-overhead.max': '128m',
    'parallelism.default': '1',
    'execution.checkpointing.dir': `file://${join(folder, 'checkpoints')}`,
    'execution.checkpointing.savepoint-dir': `file://${join(folder, 'savepoints')}`,
    'io.tmp.dirs': join(folder, 'tmp'),
    'sql-gateway.endpoint.rest.address': HOST,
    'sql-gateway.endpoint.rest.bind-address': HOST,
    'sql-gateway.endpoint.rest.port': String(gatewayPort),
    // A job that never comes to run shows its reason soon.
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '3',
    'restart-strategy.fixed-delay.delay': '1 s',
    ...options.settings,
  };
  const configuration = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, 'conf', 'config.yaml'), configuration.join(''));
  writeFileSync(join(folder, 'conf', 'log4j2.properties'), LOG_SETTINGS);

  const timeoutMs = options.timeoutMs ?? 120_000;
  const start = (name: string, ready: RegExp, jvm: readonly string[], mainClass: string, args: readonly string[]) => {
    const log = join(folder, 'log', `${name.toLowerCase().replace(' ', '-')}.log`);
    return ServerProcess.start({
      name: `Flink's ${name}`,
      command: 'java',
      args: [
        ...jvm,
        '-XX:+UseSerialGC',
        '-XX:MaxMetaspaceSize=256m',
        `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
        `-Dlog.file=${log}`,
        `-Dlog4j.configurationFile=${join(folder, 'conf', 'log4j2.properties')}`,
        ...MODULE_OPTIONS,
        '-cp',
        [...jars, gatewayJar].join(delimiter),
        mainClass,
        ...args,
      ],
      env: { ...process.env, FLINK_CONF_DIR: join(folder, 'conf') },
      cwd: folder,
      log,
      // Where the TaskManager's REST interface looks for what tasks print.
      output: log.replace(/log$/, 'out'),
      ready,
      timeoutMs,
    });
  };
  const configured = ['--configDir', join(folder, 'conf')];
  const startups = await Promise.allSettled([
    start(
      'JobManager',
      /Web frontend listening/,
      ['-Xmx384m'],
      'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint',
      configured,
    ),
    start(
      'TaskManager',
      /Successful registration at resource manager/,
      [`-Xmx${128 + taskHeapMib}m`, `-XX:MaxDirectMemorySize=${128 + 64}m`],
      'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
      configured,
    ),
    start('SQL Gateway', /Rest endpoint listening/, ['-Xmx384m'], 'org.apache.flink.table.gateway.SqlGateway', []),
  ]);
  const processes = startups.flatMap((startup) => (startup.status === 'fulfilled' ? [startup.value] : []));
  const stop = async (): Promise<void> => void (await Promise.all(processes.map((process) => process.stop())));
  const failed = startups.find((startup) => startup.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }

  const cluster = { rest: `http://${HOST}:${restPort}`, gateway: `http://${HOST}:${gatewayPort}` };
  // The slots are offered shortly after the registration.
  for (const deadline = performance.now() + timeoutMs; !(await isReady(cluster, slots)); await sleep(100)) {
    if (performance.now() < deadline) continue;
    await stop();
    throw new RunError('SERVER_FAILED', `Flink's ${slots} slots are not there in time`);
  }
  const [jobManager, taskManager, gateway] = processes.map(({ pid }) => pid);
  return { ...cluster, folder, pids: { jobManager, taskManager, gateway }, stop };
}

async function isReady({ rest, gateway }: { rest: string; gateway: string }, slots: number): Promise<boolean> {
  const [overview, info] = await Promise.all([jsonAt(`${rest}/overview`), jsonAt(`${gateway}/v1/info`)]);
  return overview?.['slots-total'] === slots && info?.productName !== undefined;
}

async function jsonAt(url: string): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const LOG_SETTINGS = `rootLogger.level = INFO
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = \${sys:log.file}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{HH:mm:ss.SSS} %-5p %c{1} %m%n
logger.kafka.name = org.apache.kafka
logger.kafka.level = WARN
logger.shadedkafka.name = org.apache.flink.kafka.shaded
logger.shadedkafka.level = WARN
logger.pekko.name = org.apache.pekko
logger.pekko.level = WARN
`;
