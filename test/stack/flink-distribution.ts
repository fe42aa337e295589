import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mavenArtifact } from './maven-artifact.ts';
import { provideFolder } from './provide-folder.ts';
import { runProgram } from './run-program.ts';

export const FLINK_VERSION = '1.20.5';

/** The newest gateway that is published for Flink 1.20. */
const GATEWAY = 'org.apache.flink:flink-sql-gateway:1.20.3';

/** The only builds of the connectors that work with Flink 1.20 and an Elasticsearch 7. */
const CONNECTORS = {
  kafka: 'org.apache.flink:flink-sql-connector-kafka:3.2.0-1.19',
  elasticsearch: 'org.apache.flink:flink-sql-connector-elasticsearch7:3.0.1-1.17',
} as const;

export type FlinkConnector = keyof typeof CONNECTORS;

export interface FlinkDistribution {
  /** The jars of Flink and of the connectors: the class path of all its processes. */
  readonly jars: readonly string[];
  /** The jar that the SQL Gateway needs besides. */
  readonly gatewayJar: string;
}

/** Flink as PyPI and Maven hold it, fetched on first use (about 300 MB). Needs Java 17, Maven and Python 3 with venv. */
export async function provideFlink(cache: string, connectors: readonly FlinkConnector[]): Promise<FlinkDistribution> {
  const folder = await provideFolder(join(cache, 'flink', FLINK_VERSION), (unfinished) => unpackLibraries(cache, unfinished));
  const connectorJars: string[] = [];
  for (const connector of connectors) connectorJars.push(await mavenArtifact(cache, CONNECTORS[connector]));
  const own = readdirSync(join(folder, 'lib')).map((name) => join(folder, 'lib', name));
  return { jars: [...own.sort(), ...connectorJars], gatewayJar: await mavenArtifact(cache, GATEWAY) };
}

async function unpackLibraries(cache: string, folder: string): Promise<void> {
  const root = `apache_flink_libraries-${FLINK_VERSION}`;
  await runProgram('tar', ['-xzf', await provideLibraries(cache), '-C', folder, '--strip-components=2', `${root}/deps/lib`]);
}

/** PyPI's source distribution of apache-flink-libraries: the one public package with the jars of Flink itself. */
async function provideLibraries(cache: string): Promise<string> {
  const downloads = join(cache, 'dl');
  const name = `apache_flink_libraries-${FLINK_VERSION}.tar.gz`;
  if (existsSync(join(downloads, name))) return join(downloads, name);
  mkdirSync(downloads, { recursive: true });
  const unfinished = mkdtempSync(join(downloads, 'unfinished-'));
  try {
    // pip looks into the package to name it, with what the environment holds: setuptools and wheel.
    const environment = join(unfinished, 'venv');
    await runProgram('python3', ['-m', 'venv', environment]);
    const python = join(environment, 'bin', 'python');
    await runProgram(python, ['-m', 'pip', 'install', '-q', 'setuptools', 'wheel']);
    const source = ['--no-deps', '--no-binary', ':all:', '--no-build-isolation', '--no-cache-dir'];
    const wanted = `apache-flink-libraries==${FLINK_VERSION}`;
    await runProgram(python, ['-m', 'pip', 'download', '-q', ...source, '-d', unfinished, wanted], { cwd: unfinished });
    renameSync(join(unfinished, name), join(downloads, name));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return join(downloads, name);
}
