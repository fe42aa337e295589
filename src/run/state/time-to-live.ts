import type { Clock } from '../../base/clock.ts';

/** Slots that one batch looks at, at least, in search of expired ones. */
const SWEPT_PER_BATCH = 256;

/**
 * `table.exec.state.ttl`: what has not been written to for so long, by the wall clock, is gone. Expired slots are no longer
 * used from the moment they expire; a sweep that goes over a few of them with every batch frees them.
 */
export class TimeToLive {
  private readonly ttlMs: number;
  private readonly clock: Clock;
  private now = 0;
  /** By slot: when it was last written to; NaN when it is not in use. */
  private usedAt = new Float64Array(0);
  private cursor = 0;

  /** 0 is for ever. */
  constructor(ttlMs: number, clock: Clock) {
    this.ttlMs = ttlMs;
    this.clock = clock;
  }

  get isOn(): boolean {
    return this.ttlMs !== 0;
  }

  /** Reads the clock, for all rows of a batch, and gives some slots that have expired to `remove`. */
  beginBatch(remove: (slot: number) => void): void {
    if (this.ttlMs === 0) return;
    this.now = this.clock.now();
    const { usedAt } = this;
    const count = Math.min(usedAt.length, Math.max(SWEPT_PER_BATCH, usedAt.length >> 6));
    for (let n = 0; n < count; n++) {
      const slot = this.cursor;
      this.cursor = slot + 1 < usedAt.length ? slot + 1 : 0;
      if (!(this.now - usedAt[slot] >= this.ttlMs)) continue;
      usedAt[slot] = NaN;
      remove(slot);
    }
  }

  reserve(limit: number): void {
    if (this.ttlMs === 0 || limit <= this.usedAt.length) return;
    const before = this.usedAt;
    this.usedAt = new Float64Array(Math.max(limit, before.length * 2)).fill(NaN);
    this.usedAt.set(before);
  }

  isExpired(slot: number): boolean {
    return this.ttlMs !== 0 && this.now - this.usedAt[slot] >= this.ttlMs;
  }

  touch(slot: number): void {
    if (this.ttlMs !== 0) this.usedAt[slot] = this.now;
  }

  /** The slot is no longer in use. */
  release(slot: number): void {
    if (this.ttlMs !== 0) this.usedAt[slot] = NaN;
  }

  snapshot(slots: Int32Array): Float64Array {
    return this.ttlMs === 0 ? new Float64Array(0) : Float64Array.from(slots, (slot) => this.usedAt[slot]);
  }

  restore(usedAt: Float64Array): void {
    if (this.ttlMs === 0) return;
    this.reserve(usedAt.length);
    this.usedAt.set(usedAt);
  }
}
