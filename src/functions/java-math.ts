/**
 * `sin cos tan exp log log10 pow` as Java computes them; V8's results differ in the last digit in some of a hundred cases.
 * Java's are almost always the nearest double, so these are computed with pairs of doubles, about 106 bits, and rounded; sine
 * and cosine follow Java in the rare other cases too. Infinities, zeros and NaN, and angles so large that their reduction would
 * need more bits, are left to V8, as are all other functions: those agree.
 */

/** high + low, where |low| is at most half a unit in the last place of high. */
class Pair {
  readonly high: number;
  readonly low: number;

  constructor(high: number, low: number) {
    this.high = high;
    this.low = low;
  }
}

/** a + b, exactly. */
function sum(a: number, b: number): Pair {
  const high = a + b;
  const part = high - a;
  return new Pair(high, a - (high - part) + (b - part));
}

const SPLITTER = 2 ** 27 + 1;

/** a · b, exactly. */
function product(a: number, b: number): Pair {
  const high = a * b;
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return new Pair(high, aLow * bLow - (high - aHigh * bHigh - aLow * bHigh - aHigh * bLow));
}

function plus(a: Pair, b: Pair): Pair {
  const high = sum(a.high, b.high);
  const low = sum(a.low, b.low);
  const first = sum(high.high, high.low + low.high);
  return sum(first.high, first.low + low.low);
}

function times(a: Pair, b: Pair): Pair {
  const high = product(a.high, b.high);
  return sum(high.high, high.low + (a.high * b.low + a.low * b.high));
}

const negated = (a: Pair): Pair => new Pair(-a.high, -a.low);
const scaled = (a: Pair, powerOfTwo: number): Pair => new Pair(a.high * powerOfTwo, a.low * powerOfTwo);
const rounded = (a: Pair): number => a.high + a.low;

function quotient(a: Pair, b: Pair): Pair {
  const first = a.high / b.high;
  const rest = plus(a, negated(times(b, new Pair(first, 0))));
  return sum(first, rest.high / b.high);
}

const ONE = new Pair(1, 0);

/** 1 / n! for n = 0, 1, 2 … */
const INVERSE_FACTORIALS: Pair[] = [ONE];
for (let n = 1; n <= 27; n++) INVERSE_FACTORIALS.push(quotient(INVERSE_FACTORIALS[n - 1], new Pair(n, 0)));

const LN2 = new Pair(0.6931471805599453, 2.3190468138462996e-17);
const LN2_REST = 5.707708438416212e-34;
const LN10 = new Pair(2.302585092994046, -2.1707562233822494e-16);
const HALF_PI = new Pair(1.5707963267948966, 6.123233995736766e-17);
const HALF_PI_REST = -1.4973849048591833e-33;

/** x − k · constant, where the constant has three parts. */
function reduced(x: Pair, k: number, constant: Pair, rest: number): Pair {
  const multiple = product(k, constant.high);
  const less = plus(x, negated(multiple));
  return plus(less, negated(plus(product(k, constant.low), new Pair(k * rest, 0))));
}

// The argument is divided by 2^HALVINGS before the series, and the result squared as often.
const HALVINGS = 9;

/** e^x; x is between −745 and 710. The result is scaled by 2 to the exponent that is answered with it. */
function exponential(x: Pair): { readonly value: Pair; readonly exponent: number } {
  const exponent = Math.round(x.high / LN2.high);
  const r = scaled(reduced(x, exponent, LN2, LN2_REST), 2 ** -HALVINGS);
  // e^r − 1, by Horner's rule: |r| < 0.0007.
  let series = INVERSE_FACTORIALS[8];
  for (let n = 7; n >= 1; n--) series = plus(times(series, r), INVERSE_FACTORIALS[n]);
  let value = times(series, r);
  for (let i = 0; i < HALVINGS; i++) value = plus(scaled(value, 2), times(value, value));
  return { value: plus(ONE, value), exponent };
}

/** value · 2^exponent, rounded once unless the result is subnormal. */
function withExponent(value: Pair, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return rounded(value) * 2 ** half * 2 ** (exponent - half);
}

/** The natural logarithm of a positive, finite number: one step of Newton's method, which doubles the digits of V8's. */
function logarithm(x: number): Pair {
  const exponent = Math.round(Math.log2(x));
  const half = Math.trunc(exponent / 2);
  const mantissa = x * 2 ** -half * 2 ** (half - exponent);
  // Near 1 the step would lose the digits of a tiny logarithm; there the series of log(1 + z) has them all.
  const z = mantissa - 1;
  const ofMantissa = Math.abs(z) < 2 ** -12 ? logarithmNearOne(z) : refinedLogarithm(mantissa);
  if (exponent === 0) return ofMantissa;
  return plus(plus(product(exponent, LN2.high), product(exponent, LN2.low)), ofMantissa);
}

function refinedLogarithm(x: number): Pair {
  const guess = Math.log(x);
  const { value, exponent } = exponential(new Pair(-guess, 0));
  // x · e^−guess − 1 is tiny: the square of it, halved, is all that matters beyond it.
  const error = plus(times(new Pair(x, 0), scaled(value, 2 ** exponent)), new Pair(-1, 0));
  return plus(new Pair(guess, 0), plus(error, new Pair((-error.high * error.high) / 2, 0)));
}

/** log(1 + z) = z − z²/2 + z³/3 − …, for |z| < 2^-12. */
function logarithmNearOne(z: number): Pair {
  const argument = new Pair(z, 0);
  let series = new Pair(0, 0);
  for (let n = 10; n >= 1; n--)
    series = plus(times(series, argument), quotient(new Pair(n % 2 === 0 ? -1 : 1, 0), new Pair(n, 0)));
  return times(series, argument);
}

export function exp(x: number): number {
  if (!(x > -745 && x < 709.7) || x === 0) return Math.exp(x);
  const { value, exponent } = exponential(new Pair(x, 0));
  return withExponent(value, exponent);
}

export function log(x: number): number {
  return x > 0 && x < Infinity && x !== 1 ? rounded(logarithm(x)) : Math.log(x);
}

export function log10(x: number): number {
  return x > 0 && x < Infinity && x !== 1 ? rounded(quotient(logarithm(x), LN10)) : Math.log10(x);
}

export function pow(base: number, exponent: number): number {
  const guess = Math.pow(base, exponent);
  const size = Math.abs(base);
  if (!Number.isFinite(guess) || guess === 0 || size === 1 || exponent === 1 || exponent === 0) return guess;
  // Subnormal results would be rounded twice.
  if (Math.abs(guess) < 1e-290) return guess;
  const { value, exponent: power } = exponential(times(logarithm(size), new Pair(exponent, 0)));
  const result = withExponent(value, power);
  return guess < 0 ? -result : result;
}

// ---------------------------------------------------------------- angles

const LARGEST_ANGLE = 2 ** 30;

/** x − quadrant · π/2, at most π/4 in size. */
function reducedAngle(x: number): { readonly angle: Pair; readonly quadrant: number } {
  const k = Math.round(x / HALF_PI.high);
  return { angle: reduced(new Pair(x, 0), k, HALF_PI, HALF_PI_REST), quadrant: k & 3 };
}

/** The series of sine (first = 1) or cosine (first = 0) for a small angle. */
function series(angle: Pair, first: 0 | 1): Pair {
  const square = negated(times(angle, angle));
  let value = INVERSE_FACTORIALS[24 + first];
  for (let n = 22 + first; n >= 0; n -= 2) value = plus(times(value, square), INVERSE_FACTORIALS[n]);
  return first === 1 ? times(value, angle) : value;
}

/** Sine of an angle that is moved on by `quarters` right angles. */
function sineOf(x: number, quarters: 0 | 1): Pair {
  const { angle, quadrant } = reducedAngle(x);
  const turned = (quadrant + quarters) & 3;
  const value = series(angle, turned % 2 === 0 ? 1 : 0);
  return turned >= 2 ? negated(value) : value;
}

/**
 * Sine and cosine have their last digit from the way in which Java's processor intrinsics compute them: a table of the sine and
 * cosine of M · π/32, and short polynomials for the rest, summed up in a certain order. The results differ from the nearest
 * double in a few of a thousand cases. Row M holds a power of two near the cosine, the rest of the cosine, and the sine in two parts.
 */
const ANGLES = new Float64Array(64 * 4);
for (let m = 0; m < 64; m++) {
  const right = Math.round(m / 16);
  const rest = times(HALF_PI, new Pair((m - 16 * right) / 16, 0));
  const [sine, cosine] = [series(rest, 1), series(rest, 0)];
  const isSwapped = right % 2 === 1;
  const s = signed(isSwapped ? cosine : sine, right === 2 || right === 3);
  const c = signed(isSwapped ? sine : cosine, right === 1 || right === 2);
  const near = c.high === 0 ? 0 : Math.sign(c.high) * nearestPowerOfTwo(Math.abs(c.high));
  ANGLES.set([near, c.high - near + c.low, s.high, s.low], m * 4);
}

function signed(value: Pair, isNegative: boolean): Pair {
  return isNegative ? new Pair(0 - value.high, 0 - value.low) : value;
}

function nearestPowerOfTwo(x: number): number {
  const below = 2 ** Math.floor(Math.log2(x));
  return x - below <= 2 * below - x ? below : 2 * below;
}

// π/32 in three parts: a multiple of the first two by a number of up to 20 bits is exact.
const STEP = [0.09817477042088285, 3.798187816439979e-12, 1.2639164054974691e-22] as const;
const STEPS_PER_RADIAN = 32 / Math.PI;

/** Sine of x moved on by a number of steps of π/32, for x up to 90112. */
function tableSine(x: number, steps: number): number {
  const n = Math.round(x * STEPS_PER_RADIAN);
  const r1 = x - n * STEP[0];
  const second = n * STEP[1];
  const r = r1 - second;
  const rest = n * STEP[2] - (r1 - r - second);
  const row = ((n + steps) & 63) * 4;
  const near = ANGLES[row];
  const cosineRest = ANGLES[row + 1];
  const sine = ANGLES[row + 2];
  const cosine = cosineRest + near;
  const r2 = r * r;
  const r4 = r2 * r2;
  const ofSine = (-1 / 2 + (1 / 24) * r2 + r4 * (-1 / 720 + (1 / 40320) * r * r)) * (sine * r2);
  const ofCosine = (-1 / 6 + (1 / 120) * r2 + r4 * (-1 / 5040 + (1 / 362880) * r * r)) * (cosine * r * r2);
  const correction = rest * (sine * r - cosine) + ANGLES[row + 3];
  const step = near * r;
  const first = sine + step;
  const lost = sine - first + step;
  const medium = cosineRest * r;
  const high = first + medium;
  return high + (ofSine + ofCosine + correction + lost + (first - high + medium));
}

const LARGEST_TABLE_ANGLE = 90112;
const isOrdinaryAngle = (x: number): boolean => Math.abs(x) > 1e-8 && Math.abs(x) < LARGEST_ANGLE;

export function sin(x: number): number {
  const size = Math.abs(x);
  if (size < LARGEST_TABLE_ANGLE && size > 1e-70) return tableSine(x, 0);
  return isOrdinaryAngle(x) ? rounded(sineOf(x, 0)) : Math.sin(x);
}

export function cos(x: number): number {
  if (Math.abs(x) < LARGEST_TABLE_ANGLE) return tableSine(x, 16);
  return isOrdinaryAngle(x) ? rounded(sineOf(x, 1)) : Math.cos(x);
}

export function tan(x: number): number {
  return isOrdinaryAngle(x) ? rounded(quotient(sineOf(x, 0), sineOf(x, 1))) : Math.tan(x);
}

// V8 answers e itself for exp(1); Java's cosh has the last digit that fdlibm's exp gives there.
const FDLIBM_EXP_OF_1 = 2.7182818284590455;

export function cosh(x: number): number {
  return Math.abs(x) === 1 ? FDLIBM_EXP_OF_1 / 2 + 0.5 / FDLIBM_EXP_OF_1 : Math.cosh(x);
}
