import { randomUUID } from 'node:crypto';
import { DOUBLE, INTEGER, char, isInteger, withNullable, type SqlType } from '../types/sql-type.ts';
import { EvaluationError, type Argument, type ScalarFunction, type Signature } from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';

/** RAND, RAND_INTEGER and UUID. With a seed the numbers are those of java.util.Random. */

const MULTIPLIER_HIGH = 0x5de;
const MULTIPLIER_LOW = 0xece66d;
const MASK = 0xffffff;

/** java.util.Random: a linear congruential generator of 48 bits, kept in two halves. */
export class JavaRandom {
  #high = 0;
  #low = 0;

  /** The seed is an INT. */
  constructor(seed: number) {
    const bits = (BigInt(seed) ^ 0x5deece66dn) & 0xffffffffffffn;
    this.#high = Number(bits >> 24n);
    this.#low = Number(bits & 0xffffffn);
  }

  #next(bits: number): number {
    const low = this.#low * MULTIPLIER_LOW + 0xb;
    const carry = Math.floor(low / 0x1000000);
    const high = this.#high * MULTIPLIER_LOW + this.#low * MULTIPLIER_HIGH + carry;
    this.#low = (low % 0x1000000) & MASK;
    this.#high = (high % 0x1000000) & MASK;
    return Math.floor((this.#high * 0x1000000 + this.#low) / 2 ** (48 - bits));
  }

  nextDouble(): number {
    const upper = this.#next(26);
    return (upper * 2 ** 27 + this.#next(27)) * 2 ** -53;
  }

  /** 0 … bound − 1. */
  nextInt(bound: number): number {
    let bits = this.#next(31);
    if ((bound & (bound - 1)) === 0) return Math.floor((bound * bits) / 2 ** 31);
    // The last, incomplete stretch of multiples would favour small numbers.
    let value = bits % bound;
    while (bits - value + (bound - 1) > 2147483647) {
      bits = this.#next(31);
      value = bits % bound;
    }
    return value;
  }
}

/** One generator for a constant seed, a new one for each value of a seed that varies. */
function seeded<T>(seed: unknown, draw: (random: JavaRandom) => T): (seed: number) => T {
  if (typeof seed !== 'number') return (value) => draw(new JavaRandom(value));
  const random = new JavaRandom(seed);
  return () => draw(random);
}

function inferIntegers(name: string, args: readonly Argument[], least: number, most: number, type: SqlType): Signature {
  expectCount(name, args, least, most);
  if (args.some((arg) => !isInteger(arg.type) || arg.type.kind === 'BIGINT')) throw wrongTypes(name, args, 'INT');
  return strict(
    args,
    args.map(() => INTEGER),
    type,
  );
}

function checkedBound(bound: number): number {
  if (bound <= 0) throw new EvaluationError(`the bound of RAND_INTEGER must be positive, not ${bound}`);
  return bound;
}

export const randomFunctions: readonly ScalarFunction[] = [
  {
    name: 'RAND',
    summary: 'A random number from 0 to below 1; the same sequence for the same seed.',
    deterministic: false,
    infer: (args) => inferIntegers('RAND', args, 0, 1, DOUBLE),
    implement(site) {
      return site.args.length === 0 ? () => Math.random() : seeded(site.literals[0], (random) => random.nextDouble());
    },
    examples: [['RAND(7)', '0.7306990420600421']],
  },
  {
    name: 'RAND_INTEGER',
    summary: 'A random whole number from 0 to below the bound: RAND_INTEGER(bound) or RAND_INTEGER(seed, bound).',
    deterministic: false,
    infer: (args) => inferIntegers('RAND_INTEGER', args, 1, 2, INTEGER),
    implement(site) {
      if (site.args.length === 1) return (bound: number) => Math.floor(Math.random() * checkedBound(bound));
      let bound = 1;
      const draw = seeded(site.literals[0], (random) => random.nextInt(bound));
      return (seed: number, below: number) => {
        bound = checkedBound(below);
        return draw(seed);
      };
    },
    examples: [['RAND_INTEGER(7, 100)', '36']],
  },
  {
    name: 'UUID',
    summary: 'A random UUID (version 4) as text.',
    deterministic: false,
    infer(args) {
      expectCount('UUID', args, 0);
      return { args: [], type: withNullable(char(36), false) };
    },
    implement: () => () => randomUUID(),
    examples: [['CHAR_LENGTH(UUID())', '36']],
  },
];
