import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What Elasticsearch 9 needs. */
const OLDEST = 21;
const JVMS = '/usr/lib/jvm';

/** The folder of a JDK 21 or newer: the one that ISOBAR_TEST_JAVA_21 names, or one that is installed; undefined when there is none. */
export function newerJava(): string | undefined {
  const named = process.env.ISOBAR_TEST_JAVA_21;
  if (named !== undefined && named !== '') return named;
  const installed = existsSync(JVMS) ? readdirSync(JVMS).map((name) => join(JVMS, name)) : [];
  return installed.find((home) => {
    const release = join(home, 'release');
    const version = existsSync(release) ? /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8')) : null;
    return version !== null && Number(version[1]) >= OLDEST && existsSync(join(home, 'bin', 'javac'));
  });
}
