import { powerOfTen } from '../types/decimal.ts';
import { BIGINT, DOUBLE, STRING, isInteger, isNumeric, isText, withNullable } from '../types/sql-type.ts';
import type { Argument, CallSite, ScalarFunction, Signature } from './function.ts';
import { cos, cosh, exp, log, log10, pow, sin, tan } from './java-math.ts';
import { randomFunctions } from './random.ts';
import { roundingFunctions } from './rounding.ts';
import { expectCount, strict, wrongTypes } from './signature.ts';
import { ceilTime, floorTime, type TimeRounding } from './time-floor.ts';

/** The functions of Flink's page "System Functions", section "Arithmetic Functions". */

function inferDoubles(name: string, args: readonly Argument[], least: number, most = least): Signature {
  expectCount(name, args, least, most);
  if (!args.every((arg) => isNumeric(arg.type))) throw wrongTypes(name, args, 'numbers');
  return strict(
    args,
    args.map(() => DOUBLE),
    DOUBLE,
  );
}

/** A function of DOUBLE arguments; `script` is its JavaScript where there is a plain one, for example `Math.sqrt`. */
function doubleFunction(
  name: string,
  summary: string,
  compute: (...args: number[]) => number,
  examples: ScalarFunction['examples'],
  options: { readonly script?: string; readonly arguments?: readonly [least: number, most: number] } = {},
): ScalarFunction {
  const [least, most] = options.arguments ?? [1, 1];
  return {
    name,
    summary,
    infer: (args) => inferDoubles(name, args, least, most),
    ...(options.script === undefined ? {} : { inline: (args: readonly string[]) => `${options.script}(${args.join(', ')})` }),
    implement: () => compute,
    examples,
  };
}

function constant(name: string, summary: string, value: number, printed: string): ScalarFunction {
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, 0);
      return { args: [], type: withNullable(DOUBLE, false) };
    },
    inline: () => String(value),
    implement: () => () => value,
    examples: [[`${name}()`, printed]],
  };
}

// ---------------------------------------------------------------- functions that keep the type of their argument

function inferSame(name: string, args: readonly Argument[]): Signature {
  expectCount(name, args, 1);
  if (!isNumeric(args[0].type)) throw wrongTypes(name, args, 'a number');
  return strict(args, [args[0].type], args[0].type);
}

const abs: ScalarFunction = {
  name: 'ABS',
  summary: 'The number without its sign.',
  infer: (args) => inferSame('ABS', args),
  inline([x], site) {
    switch (site.type.kind) {
      case 'TINYINT':
        return `(Math.abs(${x}) << 24 >> 24)`;
      case 'SMALLINT':
        return `(Math.abs(${x}) << 16 >> 16)`;
      case 'INTEGER':
        return `(Math.abs(${x}) | 0)`;
      case 'BIGINT':
        return `BigInt.asIntN(64, ${x} < 0n ? - ${x} : ${x})`;
      case 'DECIMAL':
        return `(${x} < 0n ? - ${x} : ${x})`;
      default:
        return `Math.abs(${x})`;
    }
  },
  examples: [
    ['ABS(-5.25)', '5.25'],
    ['ABS(CAST(-128 AS TINYINT))', '-128'],
  ],
};

const sign: ScalarFunction = {
  name: 'SIGN',
  summary: '-1, 0 or 1, in the type of the number.',
  infer: (args) => inferSame('SIGN', args),
  inline([x], site) {
    const { type } = site;
    if (type.kind !== 'BIGINT' && type.kind !== 'DECIMAL') return `Math.sign(${x})`;
    const one = type.kind === 'DECIMAL' ? powerOfTen(type.scale) : 1n;
    return `(${x} > 0n ? ${one}n : ${x} < 0n ? -${one}n : 0n)`;
  },
  examples: [
    ['SIGN(-5.25)', '-1.00'],
    ['SIGN(7)', '1'],
  ],
};

/** FLOOR and CEIL of a number, or of a point in time to a unit. */
function wholeNumber(
  name: 'FLOOR' | 'CEIL',
  time: TimeRounding,
  summary: string,
  examples: ScalarFunction['examples'],
): ScalarFunction {
  const isFloor = name === 'FLOOR';
  const isNumber = (site: CallSite): boolean => site.args.length === 1;
  return {
    name,
    ...(name === 'CEIL' ? { aliases: ['CEILING'] } : {}),
    summary,
    infer(args) {
      expectCount(name, args, 1, 2);
      if (args.length === 2) return time.infer(args);
      const { args: targets, type } = inferSame(name, args);
      return { args: targets, type: type.kind === 'DECIMAL' ? { ...type, scale: 0 } : type };
    },
    inline(args, site) {
      if (!isNumber(site)) return time.inline(args, site);
      if (isInteger(site.type)) return args[0];
      return site.type.kind === 'DECIMAL' ? undefined : `Math.${isFloor ? 'floor' : 'ceil'}(${args[0]})`;
    },
    implement(site, context) {
      if (!isNumber(site)) return time.implement(site, context);
      const type = site.args[0];
      if (isInteger(type)) return (x: number | bigint) => x;
      if (type.kind !== 'DECIMAL') return isFloor ? Math.floor : Math.ceil;
      const unit = powerOfTen(type.scale);
      if (isFloor) return (x: bigint) => (x % unit < 0n ? x / unit - 1n : x / unit);
      return (x: bigint) => (x % unit > 0n ? x / unit + 1n : x / unit);
    },
    examples,
  };
}

// ---------------------------------------------------------------- text of numbers

function bitText(name: string, summary: string, radix: 2 | 16, examples: ScalarFunction['examples']): ScalarFunction {
  return {
    name,
    summary,
    infer(args) {
      expectCount(name, args, 1);
      const { type } = args[0];
      if (isInteger(type)) return strict(args, [BIGINT], STRING);
      if (radix === 16 && isText(type)) return strict(args, [type], STRING);
      throw wrongTypes(name, args, radix === 16 ? 'a whole number or text' : 'a whole number');
    },
    implement(site) {
      if (isText(site.args[0])) return (text: string) => Buffer.from(text, 'utf8').toString('hex').toUpperCase();
      return (x: bigint) => BigInt.asUintN(64, x).toString(radix).toUpperCase();
    },
    examples,
  };
}

export const mathFunctions: readonly ScalarFunction[] = [
  abs,
  sign,
  wholeNumber(
    'FLOOR',
    floorTime,
    'The largest whole number that is not larger, or the start of a unit of time: FLOOR(t TO HOUR).',
    [
      ['FLOOR(-5.25)', '-6'],
      ["FLOOR(TIMESTAMP '2024-05-06 07:08:09' TO HOUR)", '2024-05-06T07:00'],
    ],
  ),
  wholeNumber('CEIL', ceilTime, 'The smallest whole number that is not smaller, or the end of a unit of time: CEIL(t TO HOUR).', [
    ['CEIL(-5.25)', '-5'],
    ["CEIL(TIMESTAMP '2024-05-06 07:08:09' TO HOUR)", '2024-05-06T08:00'],
  ]),
  doubleFunction('POWER', 'The first number to the power of the second.', pow, [['POWER(2, 10)', '1024.0']], {
    arguments: [2, 2],
  }),
  doubleFunction('SQRT', 'The square root.', Math.sqrt, [['SQRT(2)', '1.4142135623730951']], { script: 'Math.sqrt' }),
  doubleFunction('EXP', 'e to the power of the number.', exp, [['EXP(1)', '2.718281828459045']]),
  doubleFunction('LN', 'The natural logarithm.', log, [['LN(10)', '2.302585092994046']]),
  doubleFunction('LOG10', 'The logarithm to base 10.', log10, [['LOG10(1000)', '3.0']]),
  doubleFunction('LOG2', 'The logarithm to base 2.', (x) => log(x) / log(2), [['LOG2(8)', '3.0']]),
  doubleFunction(
    'LOG',
    'The natural logarithm, or with two arguments the logarithm of the second to the base of the first.',
    (base, x) => (x === undefined ? log(base) : log(x) / log(base)),
    [['LOG(2, 8)', '3.0']],
    { arguments: [1, 2] },
  ),
  doubleFunction('SIN', 'The sine of an angle in radians.', sin, [['SIN(1)', '0.8414709848078965']]),
  doubleFunction('COS', 'The cosine of an angle in radians.', cos, [['COS(0)', '1.0']]),
  doubleFunction('TAN', 'The tangent of an angle in radians.', tan, [['TAN(1)', '1.5574077246549023']]),
  doubleFunction('COT', 'The cotangent of an angle in radians.', (x) => 1 / tan(x), [['COT(1)', '0.6420926159343306']]),
  doubleFunction('SINH', 'The hyperbolic sine.', Math.sinh, [['SINH(1)', '1.1752011936438014']], { script: 'Math.sinh' }),
  doubleFunction('COSH', 'The hyperbolic cosine.', cosh, [['COSH(1)', '1.543080634815244']]),
  doubleFunction('TANH', 'The hyperbolic tangent.', Math.tanh, [['TANH(1)', '0.7615941559557649']], { script: 'Math.tanh' }),
  doubleFunction('ASIN', 'The angle in radians whose sine it is.', Math.asin, [['ASIN(1)', '1.5707963267948966']], {
    script: 'Math.asin',
  }),
  doubleFunction('ACOS', 'The angle in radians whose cosine it is.', Math.acos, [['ACOS(0.5)', '1.0471975511965979']], {
    script: 'Math.acos',
  }),
  doubleFunction('ATAN', 'The angle in radians whose tangent it is.', Math.atan, [['ATAN(1)', '0.7853981633974483']], {
    script: 'Math.atan',
  }),
  doubleFunction(
    'ATAN2',
    'The angle in radians of the point (x, y): ATAN2(y, x).',
    Math.atan2,
    [['ATAN2(1, 1)', '0.7853981633974483']],
    {
      script: 'Math.atan2',
      arguments: [2, 2],
    },
  ),
  doubleFunction('DEGREES', 'Radians in degrees.', (x) => x * (180 / Math.PI), [['DEGREES(1)', '57.29577951308232']]),
  doubleFunction('RADIANS', 'Degrees in radians.', (x) => x * (Math.PI / 180), [['RADIANS(180)', '3.141592653589793']]),
  constant('PI', 'The ratio of a circle to its diameter.', Math.PI, '3.141592653589793'),
  constant('E', "Euler's number.", Math.E, '2.718281828459045'),
  bitText('BIN', 'A whole number in binary; a negative one in 64 bits.', 2, [['BIN(4)', '100']]),
  bitText('HEX', 'A whole number, or the UTF-8 bytes of text, in hexadecimal.', 16, [
    ['HEX(255)', 'FF'],
    ["HEX('é')", 'C3A9'],
  ]),
  ...roundingFunctions,
  ...randomFunctions,
];
