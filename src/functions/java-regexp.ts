import { bracketClass, LINE_ENDS, literalAtom, predefinedClass, propertyClass } from './java-regexp-class.ts';
import { JavaPatternError, PatternReader } from './java-regexp-reader.ts';

/** A regular expression of Java's, ready to be used. */
export interface JavaPattern {
  /** Has the flags `v` and `g`. Set `lastIndex` before every use. */
  readonly regExp: RegExp;
  /** `groups[n]` is the number that Java's group n has in `regExp`. */
  readonly groups: readonly number[];
}

/**
 * Translates a pattern of `java.util.regex` into one of JavaScript's with the same meaning. Throws a JavaPatternError.
 *
 * `usesGroups` says that the caller reads groups. JavaScript forgets what a group matched when the loop around it starts
 * anew, Java remembers: patterns where that could be seen are unsupported.
 */
export function translateJavaPattern(pattern: string, usesGroups: boolean): JavaPattern {
  const translation = new Translation(pattern);
  const source = translation.translate();
  if ((usesGroups || translation.hasReferences) && translation.forgets) {
    throw new JavaPatternError('unsupported', 'a group that may be skipped in a repetition');
  }
  try {
    return { regExp: new RegExp(source, 'vg'), groups: groupNumbers(source) };
  } catch {
    throw new JavaPatternError('unsupported', `the regular expression ${pattern}`);
  }
}

/** The same, for a pattern that has to match the whole text (`Matcher.matches`). */
export function translateWholeJavaPattern(pattern: string): JavaPattern {
  const translation = new Translation(pattern);
  const source = translation.translate();
  if (translation.hasReferences && translation.forgets) {
    throw new JavaPatternError('unsupported', 'a group that may be skipped in a repetition');
  }
  return { regExp: new RegExp(`^(?:${source})$`, 'vg'), groups: groupNumbers(source) };
}

/** Java's group n is named `gn`; between them stand the groups, named `an`, that atomic groups are made with. */
function groupNumbers(source: string): number[] {
  const numbers = [0];
  let number = 0;
  for (const [, group] of source.matchAll(/\(\?<(?:g(\d+)|a\d+)>/g)) {
    number++;
    if (group !== undefined) numbers[Number(group)] = number;
  }
  return numbers;
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly unicodeCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly unixLines: boolean;
  readonly comments: boolean;
}

const NO_FLAGS: Flags = {
  ignoreCase: false,
  unicodeCase: false,
  multiline: false,
  dotAll: false,
  unixLines: false,
  comments: false,
};

const FLAG_OF_LETTER: Readonly<Record<string, keyof Flags>> = {
  i: 'ignoreCase',
  u: 'unicodeCase',
  m: 'multiline',
  s: 'dotAll',
  d: 'unixLines',
  x: 'comments',
};

/** Java 17 takes letters and digits of every script for parts of words where it looks for their ends. */
const WORD = '[_\\p{L}\\p{Nd}]';
const WORD_END = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`;
const NO_WORD_END = `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`;
const LINE_BREAK = '(?:\\r\\n|[\\n\\v\\f\\r\\u0085\\u2028\\u2029])';
/** Repeated, a line break never ends between the two halves of `\r\n`. */
const ATOMIC_LINE_BREAK = '(?:\\r\\n|(?!\\r\\n)[\\n\\v\\f\\r\\u0085\\u2028\\u2029])';
const WITHIN_CRLF = '(?<=\\r)(?=\\n)';
const INPUT_END = `(?:$|(?=(?:\\r\\n|[${LINE_ENDS}])$)(?!${WITHIN_CRLF}))`;
const UNIX_INPUT_END = '(?=\\n?$)';
const LINE_START = `(?:^|(?<=[${LINE_ENDS}])(?!${WITHIN_CRLF})(?!$))`;
const LINE_END = `(?:(?=[${LINE_ENDS}]|$)(?!${WITHIN_CRLF}))`;
const UNIX_LINE_START = '(?:^|(?<=\\n)(?!$))';
const UNIX_LINE_END = '(?=\\n|$)';

/** A part of a pattern in JavaScript. */
interface Part {
  readonly source: string;
  /** The numbers of the groups in it. */
  readonly groups: readonly number[];
  readonly mayBeEmpty: boolean;
  /** True when it may have several matches at one place and prefer a shorter one. */
  readonly hasChoice: boolean;
}

class Translation {
  readonly #reader: PatternReader;
  #groups = 0;
  readonly #groupByName = new Map<string, number>();
  /** Groups that are certain to have matched where the reader stands. */
  #certain = new Set<number>();
  #atomics = 0;
  #depth = 0;
  #inLookbehind = false;
  hasReferences = false;
  forgets = false;

  constructor(pattern: string) {
    this.#reader = new PatternReader(pattern);
  }

  translate(): string {
    const part = this.#alternatives(NO_FLAGS);
    if (!this.#reader.atEnd()) throw new JavaPatternError('invalid', 'unmatched closing ")"');
    return part.source;
  }

  /** `a|b|c`, up to a closing bracket or the end. Flags set in one alternative hold in the following ones too. */
  #alternatives(flags: Flags): Part {
    if (++this.#depth > 200) throw new JavaPatternError('unsupported', 'a pattern nested so deeply');
    const before = this.#certain;
    const sources: string[] = [];
    const groups: number[] = [];
    let mayBeEmpty = false;
    let hasChoice = false;
    let certain: readonly number[] | undefined;
    let current = flags;
    do {
      this.#certain = new Set(before);
      let source = '';
      let isEmpty = true;
      for (;;) {
        if (current.comments) this.#reader.skipBlanks();
        const next = this.#reader.peek();
        if (next === '' || next === '|' || next === ')') break;
        const changed = this.#inlineFlags(current);
        if (changed !== undefined) {
          current = changed;
          continue;
        }
        const part = this.#quantified(current);
        source += part.source;
        groups.push(...part.groups);
        isEmpty &&= part.mayBeEmpty;
        hasChoice ||= part.hasChoice;
      }
      sources.push(source);
      mayBeEmpty ||= isEmpty;
      certain = certain === undefined ? [...this.#certain] : certain.filter((group) => this.#certain.has(group));
    } while (this.#reader.accept('|'));
    this.#certain = new Set(certain);
    this.#depth--;
    return { source: sources.join('|'), groups, mayBeEmpty, hasChoice: hasChoice || sources.length > 1 };
  }

  /** `(?i)`: flags for the rest of the group. Undefined where none are set. */
  #inlineFlags(flags: Flags): Flags | undefined {
    const match = this.#reader.takeMatch(/\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?\)/y);
    return match === null ? undefined : changedFlags(flags, match[1], match[2]);
  }

  #quantified(flags: Flags): Part {
    const before = this.#certain;
    const certainBefore = new Set(before);
    const atom = this.#atom(flags);
    if (flags.comments) this.#reader.skipBlanks();
    const match = this.#reader.takeMatch(/(?:[*+?]|\{(\d+)(,?)(\d*)\})([?+]?)/y);
    if (match === null) return atom;
    const [whole, least, comma, most, mode] = match;
    if (comma === '' && most !== '') throw new JavaPatternError('invalid', 'illegal repetition range');
    const symbol = whole[0];
    const minimum = symbol === '{' ? Number(least) : symbol === '+' ? 1 : 0;
    const isUnlimited = symbol === '*' || symbol === '+' || (comma === ',' && most === '');
    const maximum = isUnlimited ? Infinity : symbol === '?' ? 1 : Number(most === '' ? least : most);
    if (maximum < minimum || minimum > 2147483647) throw new JavaPatternError('invalid', 'illegal repetition range');
    // Java matches a look-behind forwards, JavaScript backwards: where there is a choice they could choose differently.
    if (this.#inLookbehind && (isUnlimited || mode !== '' || !SINGLE.test(atom.source))) {
      throw new JavaPatternError('unsupported', 'such a repetition in a look-behind');
    }
    // Java keeps what groups matched in a repetition that then failed.
    if (mode !== '' && atom.groups.length > 0) this.forgets = true;
    if (maximum > 1 && atom.groups.some((group) => !this.#certain.has(group))) this.forgets = true;
    if (minimum === 0) this.#certain = certainBefore;
    const part = {
      groups: atom.groups,
      mayBeEmpty: atom.mayBeEmpty || minimum === 0,
      hasChoice: atom.hasChoice || mode === '?',
    };
    const body = quantifiable(atom.source);
    let source = body + (mode === '+' ? whole.slice(0, -1) : whole);
    if (atom.mayBeEmpty && maximum > 1 && atom.hasChoice) {
      throw new JavaPatternError('unsupported', 'a repetition of what may be empty');
    }
    if (atom.mayBeEmpty && maximum !== minimum) {
      // Java takes what the body matches first. JavaScript insists on a repetition that is not empty, and tries further.
      if (minimum === 0 && maximum === 1) source = mode === '?' ? `(?:|${body})` : `(?:${body}|)`;
      else if (atom.groups.length > 0) this.forgets = true;
    }
    return { ...part, source: mode === '+' ? this.#atomic(source) : source };
  }

  /** JavaScript has no atomic groups; a look-ahead is one, and a reference takes what it saw. */
  #atomic(source: string): string {
    const number = ++this.#atomics;
    return `(?:(?=(?<a${number}>${source}))\\k<a${number}>)`;
  }

  #atom(flags: Flags): Part {
    const reader = this.#reader;
    const { ignoreCase } = flags;
    const asciiCase = ignoreCase && !flags.unicodeCase;
    const cased = (source: string): Part => character(ignoreCase && flags.unicodeCase ? `(?i:${source})` : source);
    switch (reader.peek()) {
      case '(':
        reader.take();
        return this.#group(flags);
      case '[':
        reader.take();
        return cased(bracketClass(reader, asciiCase, flags.comments));
      case '.':
        reader.take();
        if (flags.dotAll) return character('[\\s\\S]');
        return character(flags.unixLines ? '[^\\n]' : `[^${LINE_ENDS}]`);
      case '^':
        reader.take();
        return place(!flags.multiline ? '^' : flags.unixLines ? UNIX_LINE_START : LINE_START);
      case '$':
        reader.take();
        if (flags.multiline) return place(flags.unixLines ? UNIX_LINE_END : LINE_END);
        return place(flags.unixLines ? UNIX_INPUT_END : INPUT_END);
      case '*':
      case '+':
      case '?':
        throw new JavaPatternError('invalid', `dangling "${reader.peek()}"`);
      case '{':
        // Java takes it for a repetition of nothing in some places, and for a mistake in others.
        throw new JavaPatternError('unsupported', 'a "{" that repeats nothing');
      case '\\':
        reader.take();
        return this.#escape(flags, cased);
      default:
        return cased(literalAtom(reader.takeCodePoint(), asciiCase));
    }
  }

  #escape(flags: Flags, cased: (source: string) => Part): Part {
    const reader = this.#reader;
    const asciiCase = flags.ignoreCase && !flags.unicodeCase;
    const letter = reader.peek();
    const predefined = predefinedClass(letter);
    if (predefined !== undefined) {
      reader.take();
      return character(predefined);
    }
    if (letter >= '1' && letter <= '9') return this.#reference(flags, this.#takeGroupNumber());
    switch (letter) {
      case 'b':
        reader.take();
        if (reader.peek() === '{') throw new JavaPatternError('unsupported', '\\b{g}');
        return place(WORD_END);
      case 'B':
        reader.take();
        return place(NO_WORD_END);
      case 'A':
        reader.take();
        return place('^');
      case 'Z':
        reader.take();
        return place(flags.unixLines ? UNIX_INPUT_END : INPUT_END);
      case 'z':
        reader.take();
        return place('$');
      case 'R':
        reader.take();
        return character(LINE_BREAK);
      case 'G':
      case 'X':
        throw new JavaPatternError('unsupported', `\\${letter}`);
      case 'p':
      case 'P':
        reader.take();
        return cased(propertyClass(reader, letter === 'P', flags.ignoreCase));
      case 'Q': {
        reader.take();
        const characters = Array.from(reader.takeQuoted());
        // A quantifier behind \E belongs to the last character.
        return cased(
          characters.length === 1
            ? literalAtom(characters[0].codePointAt(0)!, asciiCase)
            : this.#quotedBeforeQuantifier(characters, asciiCase),
        );
      }
      case 'k': {
        reader.take();
        if (!reader.accept('<')) throw new JavaPatternError('invalid', '\\k is not followed by "<"');
        const name = reader.takeUntil('>');
        const group = this.#groupByName.get(name);
        if (group === undefined) throw new JavaPatternError('invalid', `there is no group <${name}>`);
        return this.#reference(flags, group);
      }
      default:
        return cased(literalAtom(reader.takeEscape(), asciiCase));
    }
  }

  #quotedBeforeQuantifier(characters: readonly string[], asciiCase: boolean): string {
    if (characters.length > 1 && /[*+?{]/.test(this.#reader.peek())) {
      throw new JavaPatternError('unsupported', 'a repetition of \\Q…\\E');
    }
    return characters.map((character) => literalAtom(character.codePointAt(0)!, asciiCase)).join('');
  }

  /** As many digits as still name a group. */
  #takeGroupNumber(): number {
    let number = Number(this.#reader.take());
    while (/\d/.test(this.#reader.peek()) && number * 10 + Number(this.#reader.peek()) <= this.#groups) {
      number = number * 10 + Number(this.#reader.take());
    }
    return number;
  }

  #reference(flags: Flags, group: number): Part {
    if (this.#inLookbehind) throw new JavaPatternError('unsupported', 'a back-reference in a look-behind');
    if (flags.ignoreCase) throw new JavaPatternError('unsupported', 'a back-reference without regard to case');
    if (group > this.#groups) return character('(?!)');
    // A group that has not matched fails Java's reference, but not JavaScript's.
    if (!this.#certain.has(group))
      throw new JavaPatternError('unsupported', 'a back-reference to a group that may not have matched');
    this.hasReferences = true;
    return place(`\\k<g${group}>`);
  }

  /** The group whose `(` has just been read. */
  #group(flags: Flags): Part {
    const reader = this.#reader;
    if (!reader.accept('?')) return this.#capture(flags, undefined);
    if (reader.accept(':')) return this.#enclosed('(?:', flags);
    if (reader.accept('=')) return this.#enclosed('(?=', flags);
    if (reader.accept('!')) return this.#negative('(?!', flags);
    if (reader.accept('>')) {
      if (this.#inLookbehind) throw new JavaPatternError('unsupported', 'an atomic group in a look-behind');
      const inner = this.#enclosed('(?:', flags);
      return { ...inner, source: this.#atomic(inner.source) };
    }
    if (reader.acceptAll('<=')) return this.#behind('(?<=', flags);
    if (reader.acceptAll('<!')) return this.#behind('(?<!', flags);
    if (reader.accept('<')) {
      const name = reader.takeUntil('>');
      if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name)) throw new JavaPatternError('invalid', `"${name}" is no name of a group`);
      if (this.#groupByName.has(name)) throw new JavaPatternError('invalid', `group <${name}> is already defined`);
      return this.#capture(flags, name);
    }
    const match = reader.takeMatch(/([a-zA-Z]*)(?:-([a-zA-Z]*))?:/y);
    if (match === null) throw new JavaPatternError('invalid', 'unknown group');
    return this.#enclosed('(?:', changedFlags(flags, match[1], match[2]));
  }

  #capture(flags: Flags, name: string | undefined): Part {
    const number = ++this.#groups;
    if (name !== undefined) this.#groupByName.set(name, number);
    const inner = this.#enclosed(`(?<g${number}>`, flags);
    this.#certain.add(number);
    return { ...inner, groups: [number, ...inner.groups] };
  }

  #enclosed(open: string, flags: Flags): Part {
    const inner = this.#alternatives(flags);
    if (!this.#reader.accept(')')) throw new JavaPatternError('invalid', 'unclosed group');
    const isLookaround = /^\(\?<?[=!]/.test(open);
    return { ...inner, source: `${open}${inner.source})`, mayBeEmpty: inner.mayBeEmpty || isLookaround };
  }

  #negative(open: string, flags: Flags): Part {
    const certain = new Set(this.#certain);
    const part = this.#enclosed(open, flags);
    this.#certain = certain;
    // Java may keep what groups matched in it, JavaScript never does.
    if (part.groups.length > 0) this.forgets = true;
    return part;
  }

  #behind(open: string, flags: Flags): Part {
    const outer = this.#inLookbehind;
    this.#inLookbehind = true;
    const part = open === '(?<!' ? this.#negative(open, flags) : this.#enclosed(open, flags);
    this.#inLookbehind = outer;
    if (part.groups.length > 0) throw new JavaPatternError('unsupported', 'a group inside a look-behind');
    return part;
  }
}

/** One character, literally or by a class. */
const SINGLE = /^(?:[a-zA-Z0-9]|\\u\{[0-9a-f]+\}|\[(?:[^[\]\\]|\\.)*\])$/;

/** JavaScript lets no quantifier follow an assertion, and a literal may be more than one atom. */
function quantifiable(source: string): string {
  if (source === LINE_BREAK) return ATOMIC_LINE_BREAK;
  return SINGLE.test(source) ? source : `(?:${source})`;
}

/** One character. */
function character(source: string): Part {
  return { source, groups: [], mayBeEmpty: false, hasChoice: false };
}

/** A place between characters, or text that may be empty. */
function place(source: string): Part {
  return { source, groups: [], mayBeEmpty: true, hasChoice: false };
}

function changedFlags(flags: Flags, on: string, off = ''): Flags {
  const changed: Record<keyof Flags, boolean> = { ...flags };
  for (const [letters, value] of [
    [on, true],
    [off, false],
  ] as const) {
    for (const letter of letters) {
      if (letter === 'U') throw new JavaPatternError('unsupported', 'the flag U');
      if (!Object.hasOwn(FLAG_OF_LETTER, letter)) throw new JavaPatternError('invalid', `unknown flag "${letter}"`);
      changed[FLAG_OF_LETTER[letter]] = value;
    }
  }
  return changed;
}
