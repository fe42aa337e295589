import { zoneOf, type Zone } from '../../functions/time-zone.ts';
import type { SqlType } from '../../types/sql-type.ts';

const HOUR_MS = 3_600_000;

/**
 * The time in which windows lie: that of the column, or for TIMESTAMP_LTZ that of the clocks of the session's time zone.
 * Watermarks are always instants of the column's own time.
 */
export class WindowClock {
  private readonly zone: Zone | null;

  constructor(isLocal: boolean, timeZone: string) {
    this.zone = isLocal && timeZone !== 'UTC' ? zoneOf(timeZone) : null;
  }

  static of(type: SqlType, timeZone: string): WindowClock {
    return new WindowClock(type.kind === 'TIMESTAMP_LTZ', timeZone);
  }

  /** The first `count` times as windows see them: the array itself, or `scratch`, which is long enough. */
  localTimes(times: Float64Array, nulls: Uint8Array, count: number, scratch: Float64Array): Float64Array {
    const { zone } = this;
    if (zone === null) return times;
    for (let i = 0; i < count; i++) scratch[i] = nulls[i] === 0 ? times[i] + zone.offsetAt(times[i]) : 0;
    return scratch;
  }

  /** The watermark that a window which ends at `end` (exclusive) waits for. */
  fireTime(end: number): number {
    const last = end - 1;
    if (this.zone === null) return last;
    // Flink: where clocks are put back the later instant counts, where they are put forward the full hour.
    const instant = this.zone.toInstant(last);
    const hourLater = this.zone.toInstant(last + HOUR_MS);
    if (instant === hourLater) return instant - (((instant % HOUR_MS) + HOUR_MS) % HOUR_MS);
    return hourLater - instant > HOUR_MS ? instant + HOUR_MS : instant;
  }

  /** The first watermark above `watermark` at which a pane of this length, from a multiple of it on, is complete. */
  nextPaneEnd(watermark: number, size: number): number {
    const local = this.zone === null ? watermark : watermark + this.zone.offsetAt(watermark);
    const end = (Math.floor(local / size) + 1) * size;
    const trigger = this.fireTime(end);
    return trigger > watermark ? trigger : this.fireTime(end + size);
  }

  /** The window's last millisecond as an instant of the column's time. */
  timeOf(end: number): number {
    return this.zone === null ? end - 1 : this.zone.toInstant(end - 1);
  }
}
