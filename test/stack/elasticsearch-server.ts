import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../src/base/problem.ts';
import { freePort } from './free-port.ts';
import { mavenArtifact } from './maven-artifact.ts';
import { newerJava } from './newer-java.ts';
import { runProgram } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

export interface ElasticsearchOptions {
  /** For example `7.10.2`. From 9 on a JDK of 21 or newer must be there (`newerJava`). */
  readonly version: string;
  /** Where downloads are kept. */
  readonly cache: string;
  /** A folder for the server's log. */
  readonly folder: string;
  /** Any free port where it is left out. */
  readonly port?: number;
}

export interface ElasticsearchServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly version: string;
  readonly pid: number;
  /** Starts it again, with its data and on its port; stops it before where it runs. */
  restart(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Ends it and deletes its data. */
  stop(): Promise<void>;
}

/** Elasticsearch refuses to run as root: it then runs as this user, who needs no account. */
const NOBODY = 65_534;
const JVM_OPTIONS = '-Xms512m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1';
const READY_WITHIN_MS = 120_000;

/** Starts Elasticsearch as one node without security; it is up in about 20 seconds. */
export async function startElasticsearch({ version, cache, folder, port }: ElasticsearchOptions): Promise<ElasticsearchServer> {
  const archive = await mavenArtifact(cache, `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${version}:zip`);
  const needsNewerJava = Number(version.split('.')[0]) >= 9;
  mkdirSync(folder, { recursive: true });
  // Neither the cache nor the caller's folder need be open to the user that the server runs as.
  const root = mkdtempSync(join(tmpdir(), 'isobar-elasticsearch-'));
  const home = join(root, `elasticsearch-${version}`);
  const java = needsNewerJava ? newerJava() : systemJava();
  if (java === undefined)
    throw new RunError(
      'STACK_MISSING',
      `Elasticsearch ${version} needs a JDK 21 or newer`,
      'Name its folder in ISOBAR_TEST_JAVA_21.',
    );
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  try {
    await runProgram('python3', ['-m', 'zipfile', '-e', archive, root]);
    for (const name of readdirSync(join(home, 'bin'))) chmodSync(join(home, 'bin', name), 0o755);
    for (const name of ['logs', 'tmp', 'plugins', 'data']) mkdirSync(join(home, name), { recursive: true });
    writeFileSync(join(home, 'config', 'elasticsearch.yml'), settingsText(home, address, await freePort()));
    // A Java refuses to be told of two garbage collectors.
    const jvmOptions = join(home, 'config', 'jvm.options');
    writeFileSync(jvmOptions, readFileSync(jvmOptions, 'utf8').replaceAll(/^.*(GC$|G1|CMS).*$/gm, ''));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await runProgram('chown', ['-R', `${NOBODY}:${NOBODY}`, root]);
    const command = [join(home, 'bin', 'elasticsearch')];
    if (isRoot) command.unshift('setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups');
    const start = async (): Promise<ServerProcess> => {
      const server = await ServerProcess.start({
        name: `Elasticsearch ${version}`,
        command: command[0],
        args: command.slice(1),
        env: {
          PATH: process.env.PATH,
          HOME: home,
          JAVA_HOME: java,
          ES_JAVA_HOME: java,
          ES_JAVA_OPTS: JVM_OPTIONS,
          ES_TMPDIR: join(home, 'tmp'),
        },
        cwd: home,
        log: join(folder, `elasticsearch-${version}.log`),
        ready: /\bo\.e\.n\.Node *\] \[[^\]]*\] started\b/,
        timeoutMs: READY_WITHIN_MS,
      });
      await answers(`http://${address}/_cluster/health?wait_for_status=yellow&timeout=30s`);
      return server;
    };
    let server = await start();
    return {
      url: `http://${address}`,
      version,
      get pid() {
        return server.pid;
      },
      async restart() {
        await server.stop();
        server = await start();
      },
      async kill() {
        // From 8 on the process that was started is a launcher, and the server its child.
        const children = childrenOf(server.pid);
        await server.kill();
        for (const pid of children) killProcess(pid);
        while (await isListening(address)) await sleep(50);
      },
      async stop() {
        await server.stop();
        rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      },
    };
  } catch (error) {
    rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    throw error;
  }
}

function settingsText(home: string, address: string, transportPort: number): string {
  const [host, port] = address.split(':');
  const settings = {
    'cluster.name': 'isobar',
    'node.name': 'isobar',
    'network.host': host,
    'http.port': port,
    'transport.port': transportPort,
    'discovery.type': 'single-node',
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // Not all zips have it, and none takes a setting that it does not know.
    ...(existsSync(join(home, 'modules', 'x-pack-security')) && { 'xpack.security.enabled': false }),
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

function systemJava(): string {
  const { stdout, stderr } = spawnSync('java', ['-XshowSettings:properties', '-version'], { encoding: 'utf8' });
  const home = /java\.home = (.+)/.exec(`${stdout}${stderr}`);
  if (home === null)
    throw new RunError('STACK_MISSING', 'java is not installed', 'On Debian: apt-get install openjdk-17-jre-headless');
  return home[1].trim();
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    if (performance.now() > deadline) throw new RunError('SERVER_FAILED', `${url} gives no answer`);
    await sleep(100);
  }
}

async function isListening(address: string): Promise<boolean> {
  return fetch(`http://${address}/`).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );
}

/** On Linux; elsewhere the server notices by itself that its launcher is gone. */
function childrenOf(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
