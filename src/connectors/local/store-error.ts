import { RunError } from '../../base/problem.ts';

/**
 * What a failure of SQLite means for the user, by its primary result code (https://sqlite.org/rescode.html). Anything else
 * is not the user's to mend and is passed on as it is.
 */
export function storeError(error: unknown, path: string): unknown {
  const { code, errcode, message } = error as { code?: unknown; errcode?: unknown; message?: string };
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return error;
  const options = { cause: error };
  switch (errcode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return new RunError(
        'STORE_LOCKED',
        `the local store ${path} is locked: another process has been writing to it for too long`,
        `End the other process, or use another store with --store FILE.`,
        options,
      );
    case 8: // SQLITE_READONLY
      return new RunError(
        'STORE_READ_ONLY',
        `the local store ${path} cannot be written`,
        `Check who owns the file and its folder.`,
        options,
      );
    case 13: // SQLITE_FULL
      return new RunError(
        'STORE_FULL',
        `the disk is full: the local store ${path} cannot grow`,
        `Make room, delete topics that are no longer needed, or give them a retention. Nothing that was committed is lost.`,
        options,
      );
    case 10: // SQLITE_IOERR
      return new RunError(
        'STORE_IO',
        `the local store ${path} cannot be read or written: ${message}`,
        `Check the disk.`,
        options,
      );
    case 11: // SQLITE_CORRUPT
      return damagedStore(path, message ?? '', options);
    case 14: // SQLITE_CANTOPEN
      return new RunError(
        'STORE_OPEN',
        `the local store ${path} cannot be opened`,
        `Check that the folder exists and may be written.`,
        options,
      );
    case 26: // SQLITE_NOTADB
      return new RunError(
        'STORE_NOT_A_DATABASE',
        `${path} is not a local store`,
        `Choose another file with --store FILE.`,
        options,
      );
    default:
      return error;
  }
}

export function damagedStore(path: string, what: string, options?: ErrorOptions): RunError {
  return new RunError(
    'STORE_DAMAGED',
    `the local store ${path} is damaged: ${what}`,
    `Copy it from a backup, or save what can be read with: sqlite3 ${path} .recover | sqlite3 recovered.db. ` +
      `To start afresh move it away together with its -wal and -shm files.`,
    options,
  );
}
