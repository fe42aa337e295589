import type { Column } from '../../types/column.ts';
import { KeyIndex } from './key-index.ts';

/** No key columns: all rows belong to the one slot 0. */
export class GlobalKeyIndex extends KeyIndex {
  constructor() {
    super([]);
  }

  resolve(columns: readonly Column[], from: number, to: number, slots: Int32Array): void {
    this.createdCount = 0;
    if (from === to) return;
    if (this.size === 0) this.allocate(columns, from);
    slots.fill(0, from, to);
  }

  protected forget(): void {}

  protected forgetAll(): void {}
}
