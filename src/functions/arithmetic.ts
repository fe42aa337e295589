import { unreachable } from '../base/assert.ts';
import { asDecimal, commonType, decimalResult, widerInteger } from '../types/common-type.ts';
import { MAX_PRECISION, divideHalfUp, fitsPrecision, powerOfTen, rescale } from '../types/decimal.ts';
import { BIGINT, isInteger, isInterval, isNumeric, withNullable, type SqlType } from '../types/sql-type.ts';
import { EvaluationError, type Argument, type CallSite, type ScalarFunction, type Signature } from './function.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { isTimeArithmetic, timeMinus, timeMultiply, timePlus, type TimeOperator } from './time-arithmetic.ts';

/**
 * `+ - * / %` on numbers. Integers wrap around as Java's do and keep their type (TINYINT + TINYINT is TINYINT); decimals grow by
 * Flink's rules and are NULL on overflow; with FLOAT or DOUBLE the result is approximate.
 */

type Operator = '+' | '-' | '*' | '/' | '%';
type DecimalType = Extract<SqlType, { kind: 'DECIMAL' }>;

function inferNumeric(operator: Operator, args: readonly Argument[]): Signature {
  const [a, b] = args.map((arg) => arg.type);
  if (!isNumeric(a) || !isNumeric(b)) throw wrongTypes(operator, args, 'two numbers');
  if (operator === '%') return inferRemainder(args);
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') {
    const common = commonType([a, b])!;
    if (common.kind !== 'DECIMAL') return strict(args, [common, common], common);
    const [left, right] = [asDecimal(a), asDecimal(b)];
    const { args: targets, type } = strict(args, [left, right], decimalResult(operator, left, right));
    // What may overflow may be NULL.
    return { args: targets, type: withNullable(type, type.nullable || !isExact(operator, left, right)) };
  }
  const common = commonType([a, b])!;
  return strict(args, [common, common], common);
}

/** The remainder of integers has the type of the divisor, the remainder of approximate numbers does not exist. */
function inferRemainder(args: readonly Argument[]): Signature {
  const [a, b] = args.map((arg) => arg.type);
  const isWhole = (type: SqlType): boolean => isInteger(type) || (type.kind === 'DECIMAL' && type.scale === 0);
  if (isInteger(b) && isWhole(a)) {
    const common = isInteger(a) ? widerInteger(a, b) : BIGINT;
    return strict(args, [common, common], b);
  }
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') {
    const common = commonType([a, b])!;
    if (common.kind === 'DECIMAL') {
      const result = isWhole(a) && isWhole(b) ? b : decimalResult('%', asDecimal(a), asDecimal(b));
      return strict(args, [asDecimal(a), asDecimal(b)], result);
    }
  }
  if (isInteger(a) && isInteger(b)) return strict(args, [a, b], b);
  throw wrongTypes('%', args, 'two exact numbers');
}

// ---------------------------------------------------------------- integers and approximate numbers

const divisionByZero = (): never => {
  throw new EvaluationError('division by zero');
};

/** JavaScript that brings the exact result of an operation on `kind` back into its range. */
function wrapped(kind: SqlType['kind'], source: string): string {
  switch (kind) {
    case 'TINYINT':
      return `((${source}) << 24 >> 24)`;
    case 'SMALLINT':
      return `((${source}) << 16 >> 16)`;
    case 'INTEGER':
      return `((${source}) | 0)`;
    case 'BIGINT':
      return `BigInt.asIntN(64, ${source})`;
    case 'FLOAT':
      return `Math.fround(${source})`;
    default:
      return `(${source})`;
  }
}

function inlineNumeric(operator: Operator, args: readonly string[], site: CallSite): string | undefined {
  const [a, b] = args;
  const kind = site.args[0].kind;
  if (kind === 'DECIMAL') return inlineDecimal(operator, args, site);
  const isExact = isInteger(site.args[0]);
  if ((operator === '/' || operator === '%') && isExact) {
    // Only a divisor that is known not to be zero needs no check.
    const divisor = site.literals[1];
    if (divisor === undefined || divisor === null || Number(divisor) === 0) return undefined;
  }
  if (operator === '%') {
    if (kind === 'BIGINT' && site.type.kind !== 'BIGINT') return `Number(${a} % ${b})`;
    return wrapped(site.type.kind, `${a} % ${b}`);
  }
  if (operator === '*' && isExact && kind !== 'BIGINT') return wrapped(kind, `Math.imul(${a}, ${b})`);
  return wrapped(kind, `${a} ${operator} ${b}`);
}

function implementNumeric(operator: Operator, site: CallSite): (a: any, b: any) => number | bigint | null {
  const kind = site.args[0].kind;
  switch (kind) {
    case 'DECIMAL':
      return implementDecimal(operator, site);
    case 'BIGINT':
      return implementBigint(operator, site);
    case 'TINYINT':
      return integers(operator, (x) => (x << 24) >> 24);
    case 'SMALLINT':
      return integers(operator, (x) => (x << 16) >> 16);
    case 'INTEGER':
      return integers(operator, (x) => x | 0);
    case 'FLOAT':
      return approximate(operator, Math.fround);
    default:
      return approximate(operator, (x) => x);
  }
}

function implementBigint(operator: Operator, site: CallSite): (a: bigint, b: bigint) => number | bigint {
  const wrap = (x: bigint): bigint => BigInt.asIntN(64, x);
  switch (operator) {
    case '+':
      return (a, b) => wrap(a + b);
    case '-':
      return (a, b) => wrap(a - b);
    case '*':
      return (a, b) => wrap(a * b);
    case '/':
      return (a, b) => (b === 0n ? divisionByZero() : wrap(a / b));
    case '%':
      return site.type.kind === 'BIGINT'
        ? (a, b) => (b === 0n ? divisionByZero() : a % b)
        : (a, b) => (b === 0n ? divisionByZero() : Number(a % b));
    default:
      return unreachable(operator);
  }
}

function integers(operator: Operator, wrap: (x: number) => number): (a: number, b: number) => number {
  switch (operator) {
    case '+':
      return (a, b) => wrap(a + b);
    case '-':
      return (a, b) => wrap(a - b);
    case '*':
      return (a, b) => wrap(Math.imul(a, b));
    case '/':
      return (a, b) => (b === 0 ? divisionByZero() : wrap(a / b));
    case '%':
      return (a, b) => (b === 0 ? divisionByZero() : wrap(a % b));
    default:
      return unreachable(operator);
  }
}

function approximate(operator: Operator, round: (x: number) => number): (a: number, b: number) => number {
  switch (operator) {
    case '+':
      return (a, b) => round(a + b);
    case '-':
      return (a, b) => round(a - b);
    case '*':
      return (a, b) => round(a * b);
    case '/':
      return (a, b) => round(a / b);
    default:
      return (a, b) => round(a % b);
  }
}

// ---------------------------------------------------------------- decimals

/** The powers of ten that bring two operands to one scale. */
function factors(site: CallSite): [bigint, bigint, scale: number] {
  const [a, b] = site.args as readonly DecimalType[];
  const scale = Math.max(a.scale, b.scale);
  return [powerOfTen(scale - a.scale), powerOfTen(scale - b.scale), scale];
}

/** True when every result fits its type, because the rules did not have to cut it down to 38 digits. */
function isExact(operator: Operator, a: DecimalType, b: DecimalType): boolean {
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  switch (operator) {
    case '+':
    case '-':
      return whole + Math.max(a.scale, b.scale) + 1 <= MAX_PRECISION;
    case '*':
      return a.precision + b.precision + 1 <= MAX_PRECISION;
    case '/':
      return a.precision - a.scale + b.scale + Math.max(6, a.scale + b.precision + 1) <= MAX_PRECISION;
    case '%':
      return true;
    default:
      return unreachable(operator);
  }
}

/** Sums and products that are exact need no check and no rounding. */
function inlineDecimal(operator: Operator, args: readonly string[], site: CallSite): string | undefined {
  const [a, b] = site.args as readonly DecimalType[];
  if (operator === '/' || operator === '%' || !isExact(operator, a, b)) return undefined;
  if (operator === '*') return `(${args[0]} * ${args[1]})`;
  const [factorA, factorB] = factors(site);
  const scaled = (source: string, factor: bigint): string => (factor === 1n ? source : `${source} * ${factor}n`);
  return `(${scaled(args[0], factorA)} ${operator} ${scaled(args[1], factorB)})`;
}

function implementDecimal(operator: Operator, site: CallSite): (a: bigint, b: bigint) => bigint | number | null {
  const [left, right] = site.args as readonly DecimalType[];
  const { precision, scale } = asDecimal(site.type);
  const [factorA, factorB, common] = factors(site);
  const fitted = (x: bigint): bigint | null => (fitsPrecision(x, precision) ? x : null);
  switch (operator) {
    case '+':
      return (a, b) => fitted(rescale(a * factorA + b * factorB, common, scale));
    case '-':
      return (a, b) => fitted(rescale(a * factorA - b * factorB, common, scale));
    case '*':
      return (a, b) => fitted(rescale(a * b, left.scale + right.scale, scale));
    case '/': {
      // (a / 10^s1) / (b / 10^s2), at the result's scale.
      const shift = scale - left.scale + right.scale;
      const up = powerOfTen(Math.max(0, shift));
      const down = powerOfTen(Math.max(0, -shift));
      return (a, b) => (b === 0n ? divisionByZero() : fitted(divideHalfUp(a * up, b * down)));
    }
    case '%':
      return (a, b) => (b === 0n ? divisionByZero() : fitted(rescale((a * factorA) % (b * factorB), common, scale)));
    default:
      return unreachable(operator);
  }
}

// ---------------------------------------------------------------- entries

function binary(
  name: Operator,
  summary: string,
  time: TimeOperator | undefined,
  examples: ScalarFunction['examples'],
  aliases?: readonly string[],
): ScalarFunction {
  return {
    name,
    ...(aliases === undefined ? {} : { aliases }),
    summary,
    infer(args) {
      expectCount(name, args, 2);
      return time?.infer(args) ?? inferNumeric(name, args);
    },
    inline: (args, site) => (isTimeArithmetic(site) ? time!.inline!(args, site) : inlineNumeric(name, args, site)),
    implement: (site, context) => (isTimeArithmetic(site) ? time!.implement!(site, context) : implementNumeric(name, site)),
    examples,
  };
}

const negate: ScalarFunction = {
  name: 'NEGATE',
  summary: '-x: the negative of a number or an interval.',
  infer(args) {
    expectCount('-', args, 1);
    const { type } = args[0];
    if (!isNumeric(type) && !isInterval(type)) throw wrongTypes('-', args, 'a number or an interval');
    return strict(args, [type], type);
  },
  inline(args, site) {
    if (isInterval(site.type)) return `(0 - ${args[0]})`;
    return wrapped(site.type.kind, `- ${args[0]}`);
  },
  examples: [
    ['-(CAST(-128 AS TINYINT))', '-128'],
    ['-(1.5)', '-1.5'],
  ],
};

export const arithmeticFunctions: readonly ScalarFunction[] = [
  binary('+', 'The sum of two numbers or intervals, or a point in time moved by an interval.', timePlus, [
    ['1 + 2', '3'],
    ['2147483647 + 1', '-2147483648'],
    ['1.5 + 2', '3.5'],
    ["TIMESTAMP '2024-01-31 00:00:00' + INTERVAL '1' MONTH", '2024-02-29T00:00'],
  ]),
  binary('-', 'The difference of two numbers or intervals, or a point in time moved back by an interval.', timeMinus, [
    ['1 - 2', '-1'],
    ["DATE '2024-03-01' - INTERVAL '1' DAY", '2024-02-29'],
  ]),
  binary('*', 'The product of two numbers, or of an interval and a whole number.', timeMultiply, [
    ['3 * 4', '12'],
    ['1.50 * 2.5', '3.750'],
    ["INTERVAL '1' DAY * 2", 'PT48H'],
  ]),
  binary('/', 'The quotient of two numbers; of integers without its fraction.', undefined, [
    ['10 / 4', '2'],
    ['10.0 / 4', '2.500000000000'],
    ['1E0 / 3', '0.3333333333333333'],
  ]),
  binary(
    '%',
    'The remainder of a division; it has the sign of the dividend.',
    undefined,
    [
      ['MOD(-7, 3)', '-1'],
      ['7 % -3', '1'],
      ['5.25 % 2', '1.25'],
    ],
    ['MOD'],
  ),
  negate,
];
