/**
 * A repeatable stream of random numbers (sfc32). Streams of one seed with different numbers are independent of each other.
 */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #spareNormal = NaN;

  constructor(seed: number, stream = 0) {
    let state =
      Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul((seed / 0x100000000) | 0, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35);
    const mix = (): number => {
      // splitmix32
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    this.#a = mix();
    this.#b = mix() ^ seed;
    this.#c = mix() ^ stream;
    for (let i = 0; i < 12; i++) this.int32();
  }

  /** Any 32-bit integer, signed. */
  int32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum;
  }

  /** 0 ≤ x < 1. */
  double(): number {
    return (this.int32() >>> 0) / 0x100000000;
  }

  /** A whole number, `min` ≤ n ≤ `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.double() * (max - min + 1));
  }

  /** Normally distributed (Marsaglia's polar method). */
  normal(mean: number, deviation: number): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = NaN;
      return mean + deviation * spare;
    }
    for (;;) {
      const x = 2 * this.double() - 1;
      const y = 2 * this.double() - 1;
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = y * factor;
      return mean + deviation * x * factor;
    }
  }
}
