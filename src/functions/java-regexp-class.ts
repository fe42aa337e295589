import { JavaPatternError, type PatternReader } from './java-regexp-reader.ts';

/** Character classes of Java's regular expressions as JavaScript's, for the `v` flag. */

/** What `.` does not match, `$` may stand before, and `^` may stand behind. */
export const LINE_ENDS = '\\n\\r\\u0085\\u2028\\u2029';
const HORIZONTAL = ' \\t\\u00a0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000';
const VERTICAL = '\\n\\v\\f\\r\\u0085\\u2028\\u2029';
const SPACE = ' \\t\\n\\v\\f\\r';

/** Predefined classes: what stands between the brackets. Capitals negate. */
const PREDEFINED: Readonly<Record<string, string>> = {
  d: '0-9',
  w: 'a-zA-Z_0-9',
  s: SPACE,
  h: HORIZONTAL,
  v: VERTICAL,
};

/** Java's POSIX classes, for ASCII only, and those named after methods of java.lang.Character. */
const NAMED: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\0-\\x7f',
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  Graph: '\\x21-\\x7e',
  Print: '\\x20-\\x7e',
  Blank: ' \\t',
  Cntrl: '\\0-\\x1f\\x7f',
  XDigit: '0-9a-fA-F',
  Space: SPACE,
  javaLowerCase: '\\p{Lowercase}',
  javaUpperCase: '\\p{Uppercase}',
  javaTitleCase: '\\p{Lt}',
  javaAlphabetic: '\\p{Alphabetic}',
  javaIdeographic: '\\p{Ideographic}',
  javaDigit: '\\p{Nd}',
  javaLetter: '\\p{L}',
  javaLetterOrDigit: '\\p{L}\\p{Nd}',
  javaSpaceChar: '\\p{Z}',
  L1: '\\0-\\xff',
  all: '\\p{Any}',
};

/** Java's binary properties, written `\p{IsAlphabetic}`. */
const BINARY: Readonly<Record<string, string>> = {
  ALPHABETIC: 'Alphabetic',
  IDEOGRAPHIC: 'Ideographic',
  LETTER: 'L',
  LOWERCASE: 'Lowercase',
  UPPERCASE: 'Uppercase',
  TITLECASE: 'Lt',
  WHITE_SPACE: 'White_Space',
  CONTROL: 'Cc',
  PUNCTUATION: 'P',
  HEX_DIGIT: 'Hex_Digit',
  ASSIGNED: 'Assigned',
  DIGIT: 'Nd',
};

/** The class `\d`, `\W` … as it stands in a pattern; undefined for another letter. */
export function predefinedClass(letter: string): string | undefined {
  const body = PREDEFINED[letter.toLowerCase()];
  if (body === undefined) return undefined;
  return letter === letter.toLowerCase() ? `[${body}]` : `[^${body}]`;
}

/** The class of `\p` or `\P`, whose letter has just been read. */
export function propertyClass(reader: PatternReader, negated: boolean, ignoreCase: boolean): string {
  const name = reader.take() === '{' ? reader.takeUntil('}') : reader.taken();
  const body = propertyBody(name, ignoreCase);
  return negated ? `[^${body}]` : `[${body}]`;
}

function propertyBody(name: string, ignoreCase: boolean): string {
  if (ignoreCase && (name === 'Lower' || name === 'Upper')) return NAMED.Alpha;
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const equals = name.indexOf('=');
  if (equals >= 0) {
    const key = name.slice(0, equals).toLowerCase();
    const value = name.slice(equals + 1);
    if (key === 'gc' || key === 'general_category') return category(value, ignoreCase);
    if (key === 'sc' || key === 'script') return script(value);
    throw new JavaPatternError('unsupported', `\\p{${name}}`);
  }
  if (name.startsWith('In')) throw new JavaPatternError('unsupported', `\\p{${name}}`);
  if (name.startsWith('Is')) {
    const rest = name.slice(2);
    const binary = BINARY[rest.toUpperCase()];
    if (binary !== undefined) return `\\p{${binary}}`;
    return isProperty(rest) && rest.length <= 2 ? category(rest, ignoreCase) : script(rest);
  }
  return category(name, ignoreCase);
}

function category(name: string, ignoreCase: boolean): string {
  if (!/^(?:[A-Z][a-z]?|LC)$/.test(name) || !isProperty(name))
    throw new JavaPatternError('invalid', `unknown property {${name}}`);
  if (ignoreCase && (name === 'Lu' || name === 'Ll' || name === 'Lt')) return '\\p{LC}';
  return `\\p{${name}}`;
}

function script(name: string): string {
  const words = name.split(/[_ ]/).map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase());
  const value = `Script=${words.join('_')}`;
  if (!isProperty(value)) throw new JavaPatternError('invalid', `unknown script {${name}}`);
  return `\\p{${value}}`;
}

function isProperty(name: string): boolean {
  try {
    new RegExp(`\\p{${name}}`, 'v');
    return true;
  } catch {
    return false;
  }
}

/** A code point as it stands in a class or outside. */
export function escaped(codePoint: number): string {
  const isWord =
    (codePoint >= 48 && codePoint <= 57) || (codePoint >= 65 && codePoint <= 90) || (codePoint >= 97 && codePoint <= 122);
  return isWord ? String.fromCharCode(codePoint) : `\\u{${codePoint.toString(16)}}`;
}

/** A single code point as an atom; without regard to the case of ASCII letters when asked. */
export function literalAtom(codePoint: number, ignoreCase: boolean): string {
  const other = ignoreCase ? otherCase(codePoint) : undefined;
  return other === undefined ? escaped(codePoint) : `[${escaped(codePoint)}${escaped(other)}]`;
}

function otherCase(codePoint: number): number | undefined {
  if (codePoint >= 65 && codePoint <= 90) return codePoint + 32;
  return codePoint >= 97 && codePoint <= 122 ? codePoint - 32 : undefined;
}

/** The members from one code point to another, with their other cases when asked. */
function range(from: number, to: number, ignoreCase: boolean): string {
  if (to < from) throw new JavaPatternError('invalid', 'illegal character range');
  const part = (a: number, b: number): string => (a === b ? escaped(a) : `${escaped(a)}-${escaped(b)}`);
  let members = part(from, to);
  if (ignoreCase) {
    for (const [first, last, shift] of [
      [65, 90, 32],
      [97, 122, -32],
    ]) {
      const low = Math.max(from, first);
      const high = Math.min(to, last);
      if (low <= high) members += part(low + shift, high + shift);
    }
  }
  return members;
}

/** The class whose `[` has just been read, up to its `]`. */
export function bracketClass(reader: PatternReader, ignoreCase: boolean, comments: boolean): string {
  const negated = reader.accept('^');
  const operands: string[] = [];
  let members = '';
  let isFirst = true;
  for (;;) {
    if (comments) reader.skipBlanks();
    if (reader.atEnd()) throw new JavaPatternError('invalid', 'unclosed character class');
    if (reader.peek() === ']' && !isFirst) {
      reader.take();
      break;
    }
    isFirst = false;
    if (reader.acceptAll('&&')) {
      while (reader.acceptAll('&')) continue;
      if (members === '') {
        if (operands.length === 0) throw new JavaPatternError('unsupported', 'a class that begins with &&');
      } else operands.push(members);
      members = '';
      continue;
    }
    if (reader.accept('[')) {
      members += bracketClass(reader, ignoreCase, comments);
      continue;
    }
    const member = classMember(reader, ignoreCase);
    if (typeof member === 'string') {
      members += member;
      continue;
    }
    if (comments) reader.skipBlanks();
    if (reader.peek() === '-' && reader.peek(1) !== ']' && reader.peek(1) !== '[' && reader.peek(1) !== '') {
      reader.take();
      if (comments) reader.skipBlanks();
      const end = classMember(reader, ignoreCase);
      if (typeof end === 'string') throw new JavaPatternError('invalid', 'illegal character range');
      members += range(member, end, ignoreCase);
    } else {
      members += range(member, member, ignoreCase);
    }
  }
  if (members !== '') operands.push(members);
  const body = operands.length === 1 ? operands[0] : operands.map((operand) => `[${operand}]`).join('&&');
  return `[${negated ? '^' : ''}${body}]`;
}

/** A code point, or a class as text. */
function classMember(reader: PatternReader, ignoreCase: boolean): number | string {
  if (!reader.accept('\\')) return reader.takeCodePoint();
  if (reader.accept('Q')) {
    const quoted = Array.from(reader.takeQuoted(), (character) => character.codePointAt(0)!);
    return quoted.map((codePoint) => range(codePoint, codePoint, ignoreCase)).join('');
  }
  const letter = reader.peek();
  if (letter === 'p' || letter === 'P') {
    reader.take();
    return propertyClass(reader, letter === 'P', ignoreCase);
  }
  const predefined = predefinedClass(letter);
  if (predefined !== undefined) {
    reader.take();
    return predefined;
  }
  return reader.takeEscape();
}
