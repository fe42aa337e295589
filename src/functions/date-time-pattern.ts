import { DAY_NAMES, MONTH_NAMES, SHORT_DAY_NAMES, SHORT_MONTH_NAMES } from './calendar-names.ts';

/**
 * Patterns of java.time's DateTimeFormatter in English: DATE_FORMAT writes with them
 * (date-time-formatter.ts), TO_TIMESTAMP reads with them (date-time-parser.ts). A pattern is compiled to elements, in Java's own terms.
 */
export type Element =
  | { readonly kind: 'literal'; readonly text: string }
  | NumberElement
  | { readonly kind: 'fraction'; readonly digits: number; readonly reserved: number }
  | { readonly kind: 'text'; readonly field: Field; readonly names: readonly string[] }
  | { readonly kind: 'zone'; readonly letter: string; readonly count: number }
  | { readonly kind: 'optional'; readonly elements: readonly Element[] }
  | { readonly kind: 'padded'; readonly width: number; readonly element: Element };

export interface NumberElement {
  readonly kind: 'number';
  readonly field: Field;
  readonly minWidth: number;
  readonly maxWidth: number;
  /** `reduced`: the last two digits of a year from 2000 on. `exceeds`: a year longer than the pattern has a `+`. */
  readonly sign: 'none' | 'normal' | 'exceeds' | 'reduced';
  /** Digits that the fixed-width numbers directly behind it will need. */
  readonly reserved: number;
}

export type Field =
  | 'era'
  | 'year-of-era'
  | 'year'
  | 'week-based-year'
  | 'quarter'
  | 'month'
  | 'week-of-year'
  | 'week-of-month'
  | 'day-of-year'
  | 'day'
  | 'aligned-week'
  | 'modified-julian-day'
  | 'day-of-week'
  | 'local-day-of-week'
  | 'half-day'
  | 'day-period'
  | 'hour-of-half-day'
  | 'clock-hour-of-half-day'
  | 'hour'
  | 'clock-hour'
  | 'minute'
  | 'second'
  | 'nano'
  | 'milli-of-day'
  | 'nano-of-day';

/** Raised for a pattern that Java rejects too; the message says why. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const FIELDS: { readonly [letter: string]: Field } = {
  G: 'era',
  u: 'year',
  y: 'year-of-era',
  Y: 'week-based-year',
  Q: 'quarter',
  q: 'quarter',
  M: 'month',
  L: 'month',
  w: 'week-of-year',
  W: 'week-of-month',
  D: 'day-of-year',
  d: 'day',
  F: 'aligned-week',
  g: 'modified-julian-day',
  E: 'day-of-week',
  e: 'local-day-of-week',
  c: 'local-day-of-week',
  a: 'half-day',
  B: 'day-period',
  K: 'hour-of-half-day',
  h: 'clock-hour-of-half-day',
  H: 'hour',
  k: 'clock-hour',
  m: 'minute',
  s: 'second',
  S: 'nano',
  A: 'milli-of-day',
  n: 'nano',
  N: 'nano-of-day',
};

const QUARTERS = ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'];

/** The names of a field by the number of letters that stand for it (3 short, 4 full, 5 narrow). */
function namesOf(field: Field, letters: number): readonly string[] {
  const size = Math.max(letters, 3);
  const narrow = (names: readonly string[]): string[] => names.map((name) => name.slice(0, 1));
  switch (field) {
    case 'month':
      return size === 3 ? SHORT_MONTH_NAMES : size === 4 ? MONTH_NAMES : narrow(MONTH_NAMES);
    case 'day-of-week':
    case 'local-day-of-week':
      return size === 3 ? SHORT_DAY_NAMES : size === 4 ? DAY_NAMES : narrow(DAY_NAMES);
    case 'quarter':
      return size === 3 ? ['Q1', 'Q2', 'Q3', 'Q4'] : size === 4 ? QUARTERS : ['1', '2', '3', '4'];
    case 'era':
      return size === 3 ? ['BC', 'AD'] : size === 4 ? ['Before Christ', 'Anno Domini'] : ['B', 'A'];
    case 'half-day':
      return ['AM', 'PM'];
    default:
      return ['midnight', 'in the morning', 'noon', 'in the afternoon', 'in the evening', 'at night'];
  }
}

const number = (field: Field, minWidth: number, maxWidth: number, sign: NumberElement['sign'] = 'none'): NumberElement => ({
  kind: 'number',
  field,
  minWidth,
  maxWidth,
  sign,
  reserved: 0,
});

function fieldElement(letter: string, count: number): Element {
  const field = FIELDS[letter];
  const tooMany = (): PatternError => new PatternError(`too many pattern letters: ${letter}`);
  const text = (): Element => ({ kind: 'text', field, names: namesOf(field, count) });
  switch (letter) {
    case 'u':
    case 'y':
    case 'Y':
      if (count === 2) return number(field, 2, 2, 'reduced');
      return number(field, count, 19, count < 4 ? 'normal' : 'exceeds');
    case 'M':
    case 'L':
    case 'Q':
    case 'q':
      if (count > 5) throw tooMany();
      if (count >= 3) return text();
      return count === 1 ? number(field, 1, 19, 'normal') : number(field, 2, 2);
    case 'e':
    case 'c':
      if (count > 5 || (letter === 'c' && count === 2)) throw tooMany();
      return count <= 2 ? number(field, count, 2) : text();
    case 'E':
    case 'G':
      if (count > 5) throw tooMany();
      return text();
    case 'a':
      if (count > 1) throw tooMany();
      return text();
    case 'B':
      if (count !== 1 && count !== 4 && count !== 5) throw new PatternError('wrong number of pattern letters: B');
      return text();
    case 'S':
      if (count > 9) throw tooMany();
      return { kind: 'fraction', digits: count, reserved: 0 };
    case 'F':
    case 'W':
      if (count > 1) throw tooMany();
      return number(field, 1, letter === 'W' ? 1 : 19, letter === 'W' ? 'none' : 'normal');
    case 'w':
      if (count > 2) throw tooMany();
      return number(field, count, 2);
    case 'D':
      if (count > 3) throw tooMany();
      return count === 1 ? number(field, 1, 19, 'normal') : number(field, count, 3);
    case 'A':
    case 'n':
    case 'N':
      return number(field, count, 19);
    case 'g':
      return number(field, count, 19, 'normal');
    default:
      if (count > 2) throw tooMany();
      return count === 1 ? number(field, 1, 19, 'normal') : number(field, 2, 2);
  }
}

const ZONE_LETTERS = 'VvzOXxZ';

function zoneElement(letter: string, count: number): Element {
  if (letter === 'V' && count !== 2) throw new PatternError('pattern letter count must be 2: V');
  if (count > (letter === 'X' || letter === 'x' || letter === 'Z' ? 5 : 4))
    throw new PatternError(`too many pattern letters: ${letter}`);
  return { kind: 'zone', letter, count };
}

/** Compiles a pattern. Throws a PatternError where Java does. */
export function compilePattern(pattern: string): readonly Element[] {
  const stack: Element[][] = [[]];
  let i = 0;
  const letters = (): [letter: string, count: number] => {
    const start = i;
    while (i < pattern.length && pattern[i] === pattern[start]) i++;
    return [pattern[start], i - start];
  };
  const letterElement = (letter: string, count: number): Element => {
    if (letter in FIELDS) return fieldElement(letter, count);
    if (ZONE_LETTERS.includes(letter)) return zoneElement(letter, count);
    throw new PatternError(`unknown pattern letter: ${letter}`);
  };
  while (i < pattern.length) {
    const target = stack[stack.length - 1];
    const at = pattern[i];
    if (/[A-Za-z]/.test(at)) {
      const [letter, count] = letters();
      if (letter !== 'p') {
        target.push(letterElement(letter, count));
        continue;
      }
      if (i >= pattern.length || !/[A-Za-z]/.test(pattern[i])) {
        throw new PatternError(`pad letter 'p' must be followed by valid pad pattern: ${pattern}`);
      }
      target.push({ kind: 'padded', width: count, element: letterElement(...letters()) });
    } else if (at === "'") {
      const [text, end] = quoted(pattern, i);
      target.push({ kind: 'literal', text });
      i = end;
    } else if (at === '[') {
      stack.push([]);
      i++;
    } else if (at === ']') {
      if (stack.length === 1) throw new PatternError('pattern invalid as it contains ] without previous [');
      const elements = joined(stack.pop()!);
      stack[stack.length - 1].push({ kind: 'optional', elements });
      i++;
    } else if (at === '{' || at === '}' || at === '#') {
      throw new PatternError(`pattern includes reserved character: '${at}'`);
    } else {
      target.push({ kind: 'literal', text: at });
      i++;
    }
  }
  while (stack.length > 1) {
    const elements = joined(stack.pop()!);
    stack[stack.length - 1].push({ kind: 'optional', elements });
  }
  return joined(stack[0]);
}

/** The text between quotes from `start`, where two quotes stand for one, and the position behind it. */
function quoted(pattern: string, start: number): [text: string, end: number] {
  let text = '';
  for (let i = start + 1; i < pattern.length; i++) {
    if (pattern[i] !== "'") text += pattern[i];
    else if (pattern[i + 1] === "'") text += pattern[i++];
    else return [text === '' ? "'" : text, i + 1];
  }
  throw new PatternError(`pattern ends with an incomplete string literal: ${pattern}`);
}

/** Lets a number of variable width leave the digits to the fixed-width numbers that follow it directly (`yyyyMMdd`). */
function joined(elements: readonly Element[]): readonly Element[] {
  const result: Element[] = [];
  let open = -1;
  for (const element of elements) {
    const isNumber = element.kind === 'number' || element.kind === 'fraction';
    const width = element.kind === 'fraction' ? element.digits : element.kind === 'number' ? element.minWidth : 0;
    const isFixed =
      element.kind === 'fraction' ||
      (element.kind === 'number' &&
        element.sign !== 'normal' &&
        element.sign !== 'exceeds' &&
        element.minWidth === element.maxWidth);
    if (open >= 0 && isFixed) {
      const first = result[open];
      if (first.kind === 'number' || first.kind === 'fraction') result[open] = { ...first, reserved: first.reserved + width };
    } else {
      open = isNumber ? result.length : -1;
    }
    result.push(element);
  }
  return result;
}
