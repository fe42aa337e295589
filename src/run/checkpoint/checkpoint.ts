import { deserialize, serialize } from 'node:v8';
import { RunError } from '../../base/problem.ts';
import type { StoredCheckpoint } from '../../connectors/local/local-checkpoints.ts';

// The first call makes the engine give up all the code that it has optimised so far: better now than at the first checkpoint.
serialize(null);

/** Everything a job needs to go on as if nothing had happened, at a moment between two batches. */
export interface Checkpoint<State = unknown> {
  /** The plan that took it; the state of another plan does not fit. */
  readonly fingerprint: string;
  /** Milliseconds since 1970 UTC. */
  readonly takenAt: number;
  /** Where each source goes on, by node and split. */
  readonly positions: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** What each operator says of its state, by node. */
  readonly operators: ReadonlyMap<number, State>;
  /** What each sink needs to finish what it had made ready, by node. */
  readonly sinks: ReadonlyMap<number, unknown>;
  /** Counts that go on, by name. */
  readonly counts: ReadonlyMap<string, number>;
}

/** A checkpoint's bytes by name: one operator's state at a time, so that all together need not be in memory twice. */
export function* partsOf(checkpoint: Checkpoint<() => unknown>): Iterable<readonly [string, Uint8Array]> {
  const { positions, counts, sinks } = checkpoint;
  yield ['progress', serialize({ positions, counts, sinks })];
  for (const [node, snapshot] of checkpoint.operators) yield [`operator-${node}`, serialize(snapshot())];
}

/** Fails with a RunError when the bytes are not what `partsOf` gave. */
export function readCheckpoint(stored: StoredCheckpoint): Checkpoint {
  const read = (name: string): unknown => {
    try {
      return deserialize(stored.part(name) as Uint8Array);
    } catch (cause) {
      const hint = 'Use --fresh to forget it and start anew, or copy the store from a backup.';
      throw new RunError('CHECKPOINT_DAMAGED', `the checkpoint of job "${stored.job}" is damaged`, hint, { cause });
    }
  };
  const operators = new Map<number, unknown>();
  for (const name of stored.parts()) {
    const match = /^operator-(\d+)$/.exec(name);
    if (match) operators.set(Number(match[1]), read(name));
  }
  const progress = read('progress') as Pick<Checkpoint, 'positions' | 'counts' | 'sinks'>;
  return { fingerprint: stored.fingerprint, takenAt: stored.time, ...progress, operators };
}
