import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../base/problem.ts';

/** The file that a `path` option means: relative to the current directory, or a `file:` URI (`file:/a`, `file:///a`). */
export function resolvePath(path: string): string {
  if (!path.startsWith('file:')) return resolve(path);
  const rest = path.slice('file:'.length);
  if (!rest.startsWith('//') && !isAbsolute(rest)) return resolve(rest);
  try {
    return fileURLToPath(path);
  } catch (error) {
    throw new RunError('PATH_INVALID', `'${path}' names no file on this machine`, `Write file:///FOLDER or a plain path.`, {
      cause: error,
    });
  }
}

/** The RunError for a failed file operation, naming the file and what to do. */
export function fileError(error: unknown, what: string, path: string): RunError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const [reason, hint] = REASONS[code] ?? [(error as Error).message, undefined];
  return new RunError(`FILE_${what === 'write' ? 'WRITE' : 'READ'}`, `cannot ${what} ${path}: ${reason}`, hint, { cause: error });
}

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['there is no such file or folder', `Check the option 'path'; relative paths start at the current directory.`],
  EACCES: ['permission denied', `Check who may read and write it.`],
  EPERM: ['permission denied', `Check who may read and write it.`],
  ENOTDIR: ['a part of the path is a file, not a folder', `Check the option 'path'.`],
  EISDIR: ['it is a folder', `Check the option 'path'.`],
  EEXIST: ['it exists and is not a folder', `Choose another folder with the option 'path'.`],
  ENOSPC: ['the disk is full', `Make room, or choose another folder with the option 'path'.`],
  EMFILE: ['too many open files', `Raise the limit with ulimit -n.`],
};
