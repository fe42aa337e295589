import { civilOfDays, DAY_MS, dayOfMillis } from '../types/civil.ts';

/** How far a zone's local time is ahead of UTC at an instant, in milliseconds. */
export interface Zone {
  offsetAt(epochMillis: number): number;
}

/** The zone that this process runs in. */
export const systemZone: Zone = { offsetAt: (epochMillis) => -60_000 * new Date(epochMillis).getTimezoneOffset() };

/** Bytes of `2024-05-12 02:11:37`. */
export const TIME_BYTES = 19;
/** Offsets change at most this often, and at multiples of it. */
const QUARTER_HOUR_MS = 900_000;
const ZERO = 48;

/** Writes instants as local wall time, `2024-05-12 02:11:37`. */
export class LocalTimeBytes {
  readonly #zone: Zone;
  #quarterHour = NaN;
  #offset = 0;
  #day = NaN;
  readonly #date = new Uint8Array(11);

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  write(epochMillis: number, to: Uint8Array, at: number): void {
    const quarterHour = Math.floor(epochMillis / QUARTER_HOUR_MS);
    if (quarterHour !== this.#quarterHour) {
      this.#quarterHour = quarterHour;
      this.#offset = this.#zone.offsetAt(quarterHour * QUARTER_HOUR_MS);
    }
    const local = epochMillis + this.#offset;
    const day = dayOfMillis(local);
    if (day !== this.#day) this.#writeDate(day);
    const date = this.#date;
    for (let i = 0; i < 11; i++) to[at + i] = date[i];
    const second = ((local - day * DAY_MS) / 1000) | 0;
    const minute = (second / 60) | 0;
    const hour = (minute / 60) | 0;
    twoDigits(hour, to, at + 11);
    to[at + 13] = 58;
    twoDigits(minute - 60 * hour, to, at + 14);
    to[at + 16] = 58;
    twoDigits(second - 60 * minute, to, at + 17);
  }

  text(epochMillis: number): string {
    const bytes = Buffer.alloc(TIME_BYTES);
    this.write(epochMillis, bytes, 0);
    return bytes.toString('latin1');
  }

  #writeDate(day: number): void {
    this.#day = day;
    const { year, month, day: dayOfMonth } = civilOfDays(day);
    const date = this.#date;
    twoDigits((year / 100) | 0, date, 0);
    twoDigits(year % 100, date, 2);
    date[4] = 45;
    twoDigits(month, date, 5);
    date[7] = 45;
    twoDigits(dayOfMonth, date, 8);
    date[10] = 32;
  }
}

function twoDigits(number: number, to: Uint8Array, at: number): void {
  const tens = (number / 10) | 0;
  to[at] = ZERO + tens;
  to[at + 1] = ZERO + number - 10 * tens;
}
