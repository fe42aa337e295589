import type { Column } from '../../types/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { restoreAccumulators, snapshotAccumulators, type Accumulators, type AccumulatorState } from './accumulators.ts';
import { createKeyIndex } from './create-key-index.ts';
import type { KeyIndex, KeyIndexSnapshot } from './key-index.ts';

export interface KeyedAccumulatorsSnapshot {
  readonly keys: KeyIndexSnapshot;
  readonly accumulators: unknown;
}

/** Keys, and the accumulators of each. Slots without a key are clear. */
export class KeyedAccumulators {
  readonly index: KeyIndex;
  readonly state: AccumulatorState;
  private readonly accumulators: Accumulators;
  private capacity = 64;

  constructor(keyTypes: readonly SqlType[], accumulators: Accumulators) {
    this.index = createKeyIndex(keyTypes);
    this.accumulators = accumulators;
    this.state = accumulators.create(this.capacity);
  }

  /** As KeyIndex.resolve; every slot then has its accumulators. */
  resolve(keys: readonly Column[], from: number, to: number, slots: Int32Array): void {
    this.index.resolve(keys, from, to, slots);
    this.reserve();
  }

  /** As KeyIndex.resolveAll; every slot then has its accumulators. */
  resolveAll(other: KeyedAccumulators, slots: Int32Array): void {
    this.index.resolveAll(other.index, slots);
    this.reserve();
  }

  remove(slot: number): void {
    this.index.remove(slot);
    this.accumulators.clear(this.state, slot, slot + 1);
  }

  clear(): void {
    this.accumulators.clear(this.state, 0, this.index.limit);
    this.index.clear();
  }

  /** In the order of `index.liveSlots()`. */
  snapshot(): KeyedAccumulatorsSnapshot {
    return { keys: this.index.snapshot(), accumulators: snapshotAccumulators(this.state, this.index.liveSlots()) };
  }

  /** The keys get the slots 0, 1, … in the order of the snapshot. */
  restore(snapshot: KeyedAccumulatorsSnapshot): void {
    this.index.restore(snapshot.keys);
    this.reserve();
    restoreAccumulators(this.state, snapshot.accumulators);
  }

  /** Makes place for the accumulators of all slots. */
  private reserve(): void {
    const { limit } = this.index;
    if (limit <= this.capacity) return;
    this.capacity = Math.max(limit, this.capacity * 2);
    this.accumulators.reserve(this.state, this.capacity);
  }
}
