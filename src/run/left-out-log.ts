import type { DeadLetter } from './dead-letter.ts';

/** Records and rows that are kept. */
const MOST_KEPT = 1000;
/** A flood of them must not slow the job down: of each second so many are kept. */
const MOST_PER_SECOND = 200;

/** A malformed record or a late row of a running job. */
export interface LeftOut {
  /** Counts up from 1. */
  readonly id: number;
  readonly kind: 'malformed' | 'late';
  readonly table: string;
  readonly letter: DeadLetter;
}

/** Keeps in memory what a job has left out lately, for people to look at. The counts are elsewhere; dead letters keep all. */
export class LeftOutLog {
  static readonly MOST_KEPT = MOST_KEPT;
  readonly #kept: LeftOut[] = [];
  #next = 0;
  #count = 0;
  #second = NaN;
  #inSecond = 0;

  /** Whether to make a letter for one more at `now`. */
  accepts(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    return this.#inSecond++ < MOST_PER_SECOND;
  }

  add(kind: LeftOut['kind'], table: string, letter: DeadLetter): void {
    this.#kept[this.#next] = { id: ++this.#count, kind, table, letter };
    this.#next = (this.#next + 1) % MOST_KEPT;
  }

  /** Newest first. */
  newest(limit: number): LeftOut[] {
    const found: LeftOut[] = [];
    for (let back = 1; back <= Math.min(limit, this.#kept.length); back++) {
      found.push(this.#kept[(this.#next - back + MOST_KEPT) % MOST_KEPT]);
    }
    return found;
  }
}
