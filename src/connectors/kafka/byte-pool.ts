/** Smaller pieces are not worth keeping. */
const LEAST_BYTES = 64 * 1024;
/** Larger ones, which huge records need, do not stay. */
const MOST_BYTES = 8 * 1024 * 1024;
/** So many may lie unused. */
const MOST_FREE = 8;

/**
 * Memory for what fetches bring, used again: a megabyte for each of thousands of fetches would keep the garbage collector busy.
 * What is given back must not be read any more.
 */
export class BytePool {
  readonly #free: Uint8Array[] = [];

  /** A stretch of exactly `length` bytes, with anything in it. */
  take(length: number): Uint8Array {
    if (length < LEAST_BYTES || length > MOST_BYTES) return new Uint8Array(length);
    const index = this.#free.findIndex((free) => free.length >= length);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    return (found ?? new Uint8Array(2 ** Math.ceil(Math.log2(length)))).subarray(0, length);
  }

  giveBack(bytes: Uint8Array): void {
    const whole = new Uint8Array(bytes.buffer);
    const isWorthKeeping = whole.length >= LEAST_BYTES && whole.length <= MOST_BYTES;
    if (isWorthKeeping && this.#free.length < MOST_FREE) this.#free.push(whole);
  }
}
