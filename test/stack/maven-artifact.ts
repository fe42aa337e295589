import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

/**
 * The path of an artifact, `group:name:version`, or `group:name:version:type`, fetched by Maven on its first use into
 * `<cache>/maven`. Which registry Maven asks is the machine's own matter.
 */
export async function mavenArtifact(cache: string, artifact: string): Promise<string> {
  const [, name, version, type = 'jar'] = artifact.split(':');
  const folder = join(cache, 'maven');
  const path = join(folder, `${name}-${version}.${type}`);
  if (isFile(path)) return path;
  mkdirSync(folder, { recursive: true });
  // Others may see only whole files, so it is loaded elsewhere first.
  const unfinished = mkdtempSync(join(folder, 'unfinished-'));
  try {
    const args = ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${unfinished}`];
    await runProgram('mvn', args, { cwd: unfinished });
    renameSync(join(unfinished, readdirSync(unfinished)[0]), path);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
