import { spawnSync } from 'node:child_process';

interface Need {
  readonly what: string;
  readonly debianPackages: string;
  readonly isThere: () => boolean;
}

const NEEDS: readonly Need[] = [
  {
    what: 'Java 17, as java (for Kafka, Elasticsearch and Flink)',
    debianPackages: 'openjdk-17-jre-headless',
    isThere: () => /version "17\b/.test(answer('java', '-version')),
  },
  {
    what: 'Maven, as mvn (fetches Kafka, Elasticsearch and connectors)',
    debianPackages: 'maven',
    isThere: () => /Apache Maven/.test(answer('mvn', '--version')),
  },
  {
    what: 'Python 3.9 or newer with venv, as python3 (fetches Flink)',
    debianPackages: 'python3-venv',
    isThere: () =>
      answer('python3', '-c', 'import sys, venv, ensurepip; print("ok" if sys.version_info >= (3, 9) else "old")').startsWith(
        'ok',
      ),
  },
  {
    what: 'kcat (reads and writes topics independently of us)',
    debianPackages: 'kcat',
    isThere: () => /kcat|librdkafka/.test(answer('kcat', '-V')),
  },
];

/** What the stack needs and this machine does not have, and how to install it, as text; empty where nothing is missing. */
export function missingPrograms(): string {
  const missing = NEEDS.filter(({ isThere }) => !isThere());
  if (missing.length === 0) return '';
  return [
    'The tests with real servers need programs that are missing here:',
    ...missing.map(({ what }) => `- ${what}`),
    `On Debian: apt-get install ${missing.map(({ debianPackages }) => debianPackages).join(' ')}`,
  ].join('\n');
}

function answer(command: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`;
}
