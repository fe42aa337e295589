import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { RunError } from '../../src/base/problem.ts';
import { cacheFolder } from './cache-folder.ts';
import { startElasticsearch } from './elasticsearch-server.ts';
import { startFlink, type FlinkCluster } from './flink-cluster.ts';
import { startKafka, type KafkaServer } from './kafka-server.ts';
import { missingPrograms } from './missing-programs.ts';
import { ADDRESS_VARIABLES } from './servers.ts';

export interface Stack {
  /** Settings, data and logs of the servers. */
  readonly folder: string;
  /** Servers that ran already are not here. */
  readonly kafka: KafkaServer | undefined;
  readonly flink: FlinkCluster | undefined;
  /** How long Flink took to start, in seconds. */
  readonly flinkStartSeconds: number | undefined;
  /** The last lines of every log. */
  logs(): string;
  /** Stops what was started, and removes its folder unless the logs are to stay. */
  stop(options?: { readonly keepsLogs: boolean }): Promise<void>;
}

const SAY_EVERY_MS = 10_000;
const SLOTS = 8;

/**
 * Starts Kafka, Elasticsearch 7.10.2 and Flink with its gateway, side by side, each unless its variable names one that runs
 * already, and puts their addresses into the variables (see servers.ts). Fails with a list where programs are missing.
 */
export async function startStack({ flinkSettings }: { flinkSettings?: Readonly<Record<string, string>> } = {}): Promise<Stack> {
  const cache = cacheFolder();
  const folder = mkdtempSync(join(tmpdir(), 'isobar-stack-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  process.on('exit', removeFolder);
  const stops: (() => Promise<void>)[] = [];
  const waitingFor = new Set<string>();
  const stop = async ({ keepsLogs } = { keepsLogs: false }): Promise<void> => {
    await Promise.all(stops.map((stopServer) => stopServer()));
    process.off('exit', removeFolder);
    if (!keepsLogs) removeFolder();
  };
  const start = async <T extends { stop: () => Promise<void> }>(
    name: string,
    variables: readonly string[],
    startServer: (folder: string) => Promise<T>,
  ): Promise<{ server: T; seconds: number } | undefined> => {
    if (variables.every((variable) => process.env[variable])) return undefined;
    const own = join(folder, name.toLowerCase());
    mkdirSync(own);
    waitingFor.add(name);
    const started = performance.now();
    const server = await startServer(own);
    waitingFor.delete(name);
    stops.push(() => server.stop());
    return { server, seconds: (performance.now() - started) / 1000 };
  };

  const started = performance.now();
  const cachedBefore = cacheMegabytes(cache);
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    say(`${seconds} s: waiting for ${[...waitingFor].join(', ')} (${cacheMegabytes(cache) - cachedBefore} MB so far)`);
  }, SAY_EVERY_MS);
  try {
    const missing = Object.values(ADDRESS_VARIABLES).every((variable) => process.env[variable]) ? '' : missingPrograms();
    if (missing !== '') throw new RunError('STACK_MISSING', missing);
    say('starting Kafka, Elasticsearch and Flink (the first time about 350 MB are downloaded)');
    const kafka = start('Kafka', [ADDRESS_VARIABLES.kafka], (own) => startKafka({ cache, folder: own }));
    const elasticsearch = start('Elasticsearch', [ADDRESS_VARIABLES.elasticsearch], (own) =>
      startElasticsearch({ version: '7.10.2', cache, folder: own }),
    );
    const flink = start('Flink', [ADDRESS_VARIABLES.flink, ADDRESS_VARIABLES.gateway], (own) =>
      startFlink({ cache, folder: own, slots: SLOTS, settings: flinkSettings }),
    );
    // One that fails must not leave the others behind while they start.
    await Promise.allSettled([kafka, elasticsearch, flink]);
    const settled = { kafka: await kafka, elasticsearch: await elasticsearch, flink: await flink };
    if (settled.kafka) process.env[ADDRESS_VARIABLES.kafka] = settled.kafka.server.bootstrap;
    if (settled.elasticsearch) process.env[ADDRESS_VARIABLES.elasticsearch] = settled.elasticsearch.server.url;
    if (settled.flink) process.env[ADDRESS_VARIABLES.flink] = settled.flink.server.rest;
    if (settled.flink) process.env[ADDRESS_VARIABLES.gateway] = settled.flink.server.gateway;
    say(`ready after ${Math.round((performance.now() - started) / 1000)} s`);
    return {
      folder,
      kafka: settled.kafka?.server,
      flink: settled.flink?.server,
      flinkStartSeconds: settled.flink?.seconds,
      logs: () => logsIn(folder),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearInterval(timer);
  }
}

function logsIn(folder: string): string {
  const logs = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    // Kafka's data are called logs too.
    .filter((name) => /\.(log|out)$/.test(name) && !name.includes('/data/') && statSync(join(folder, name)).size > 0)
    .map((name) => `--- ${relative('.', join(folder, name))}\n${lastLines(readFileSync(join(folder, name), 'utf8'))}`);
  return logs.join('\n');
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-8).join('\n');

function cacheMegabytes(cache: string): number {
  let bytes = 0;
  if (!existsSync(cache)) return bytes;
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return Math.round(bytes / 1e6);
}

function say(text: string): void {
  process.stderr.write(`stack: ${text}\n`);
}
