import { assert } from '../base/assert.ts';
import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import { CAPITALS } from './capitals.ts';
import { MALFORMED_CITIES } from './malformed.ts';
import type { MessageStream } from './message-stream.ts';
import { Random } from '../base/random.ts';

/** Times are milliseconds since 1970 UTC; shares are from 0 to 1. */
export interface CitiesOptions {
  /** Messages per second; default 100. */
  readonly rate?: number;
  /** The same seed gives the same messages; default 1. */
  readonly seed?: number;
  /** When the first message is sent: in the past for a back-fill. */
  readonly start: number;
  /** No message is sent at this time or later; default never. */
  readonly end?: number;
  /** At most so many messages; default no limit. */
  readonly count?: number;
  /** Share of messages that are broken, in turn in each of several ways. */
  readonly malformed?: number;
  /** Names as their countries write them: `København`, `București`, `Αθήνα`. */
  readonly nativeNames?: boolean;
}

const TEXT = new TextEncoder();
const MEAN = 20;
const DEVIATION = 5;
const MINUS = 45;
const ZERO = 48;

/**
 * Temperatures of European capitals, as text: `Budapest, 30`, without a key. The city is chosen evenly; its temperature is
 * normal around a mean of its own, deviation 5, in whole degrees; that mean is itself normal, mean 20, deviation 5.
 */
export class CitiesStream implements MessageStream {
  readonly #random: Random;
  readonly #names: readonly string[];
  /** `Budapest, ` as bytes. */
  readonly #beginnings: readonly Uint8Array[];
  readonly #means: Float64Array;
  readonly #start: number;
  readonly #periodMs: number;
  readonly #end: number;
  readonly #count: number;
  readonly #malformed: number;
  #sent = 0;
  #malformedSent = 0;

  constructor(options: CitiesOptions) {
    const { rate = 100, seed = 1, malformed = 0, nativeNames = false } = options;
    assert(rate > 0, 'the rate is positive');
    this.#random = new Random(seed);
    this.#names = CAPITALS.map(([english, native]) => (nativeNames ? native : english));
    this.#beginnings = this.#names.map((name) => TEXT.encode(`${name}, `));
    const means = new Random(seed, 1);
    this.#means = Float64Array.from(this.#names, () => means.normal(MEAN, DEVIATION));
    this.#start = options.start;
    this.#periodMs = 1000 / rate;
    this.#end = options.end ?? Infinity;
    this.#count = options.count ?? Infinity;
    this.#malformed = malformed;
  }

  nextTime(): number {
    const time = this.#start + this.#sent * this.#periodMs;
    return this.#sent < this.#count && time < this.#end ? time : Infinity;
  }

  fill(partitions: readonly RecordBlobBuilder[], until: number, limit: number): number {
    let filled = 0;
    for (; filled < limit; filled++) {
      const time = this.nextTime();
      const builder = partitions[this.#sent % partitions.length];
      if (time > until || time === Infinity || builder.isFull) break;
      this.#append(builder);
      builder.end(Math.floor(time), true, false);
      this.#sent++;
    }
    return filled;
  }

  #append(builder: RecordBlobBuilder): void {
    const random = this.#random;
    const city = Math.floor(random.double() * this.#names.length);
    if (this.#malformed > 0 && random.double() < this.#malformed) {
      const malformed = MALFORMED_CITIES[this.#malformedSent++ % MALFORMED_CITIES.length];
      builder.appendValue(TEXT.encode(malformed(this.#names[city])));
      return;
    }
    const beginning = this.#beginnings[city];
    const temperature = Math.round(random.normal(this.#means[city], DEVIATION));
    builder.reserve(beginning.length + 16);
    const { bytes } = builder;
    let at = builder.length;
    for (let i = 0; i < beginning.length; i++) bytes[at++] = beginning[i];
    builder.length = writeInteger(temperature, bytes, at);
  }
}

function writeInteger(value: number, to: Uint8Array, at: number): number {
  let size = value;
  if (size < 0) {
    to[at++] = MINUS;
    size = -size;
  }
  if (size >= 100) to[at++] = ZERO + ((size / 100) | 0);
  if (size >= 10) to[at++] = ZERO + (((size / 10) | 0) % 10);
  to[at++] = ZERO + (size % 10);
  return at;
}
