import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { RunError } from '../../base/problem.ts';
import { fileError } from './path.ts';

export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  /** Milliseconds since 1970 UTC. */
  readonly modified: number;
}

/**
 * The files at or below a path, nested folders included, sorted by path. As in Flink, files and folders whose names begin
 * with `.` or `_` are left out, the path itself included.
 */
export function listFiles(path: string): InputFile[] {
  const files: InputFile[] = [];
  try {
    addFiles(path, files);
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw fileError(error, 'read', (error as NodeJS.ErrnoException).path ?? path);
  }
  return files;
}

function addFiles(path: string, files: InputFile[]): void {
  const name = basename(path);
  if (name.startsWith('.') || name.startsWith('_')) return;
  const stat = statSync(path);
  if (stat.isDirectory()) {
    const names = readdirSync(path).sort((a, b) => (a < b ? -1 : 1));
    for (const child of names) addFiles(join(path, child), files);
  } else if (!stat.isFile()) {
    throw new RunError(
      'FILE_READ',
      `cannot read ${path}: it is neither a file nor a folder`,
      "Check the option 'path'; pipes and devices are not read.",
    );
  } else {
    files.push({ path, name, bytes: stat.size, modified: Math.floor(stat.mtimeMs) });
  }
}
