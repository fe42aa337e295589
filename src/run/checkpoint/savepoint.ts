import { existsSync } from 'node:fs';
import { RunError } from '../../base/problem.ts';
import { LocalStore } from '../../connectors/local/store.ts';
import { partsOf, readCheckpoint, type Checkpoint } from './checkpoint.ts';

/**
 * A savepoint is a local store that holds one checkpoint and nothing else. Fails with a RunError when the file is there already
 * or cannot be written.
 */
export function writeSavepoint(file: string, job: string, checkpoint: Checkpoint<() => unknown>): void {
  if (existsSync(file)) {
    throw new RunError('SAVEPOINT_EXISTS', `${file} is there already`, 'Choose another name: a savepoint is never overwritten.');
  }
  const store = LocalStore.open(file);
  try {
    const { fingerprint, takenAt } = checkpoint;
    store.checkpoints.save({ job, id: 1, fingerprint, time: takenAt }, partsOf(checkpoint));
  } finally {
    store.close();
  }
}

/** Fails with a RunError when the file is not there or is no savepoint. */
export function readSavepoint(file: string): Checkpoint {
  if (!existsSync(file)) throw new RunError('SAVEPOINT_NOT_FOUND', `there is no savepoint ${file}`);
  const store = LocalStore.open(file);
  try {
    const [description] = store.checkpoints.list();
    const stored = description === undefined ? undefined : store.checkpoints.load(description.job);
    if (stored === undefined) throw new RunError('SAVEPOINT_NOT_FOUND', `${file} is a local store without a checkpoint`);
    return readCheckpoint(stored);
  } finally {
    store.close();
  }
}
