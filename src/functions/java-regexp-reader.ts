/**
 * Why a pattern has no JavaScript form: `invalid` means that Java refuses it as well, `unsupported` that Java accepts it but
 * JavaScript has nothing of the same meaning.
 */
export class JavaPatternError extends Error {
  override readonly name = 'JavaPatternError';
  readonly reason: 'invalid' | 'unsupported';

  constructor(reason: 'invalid' | 'unsupported', message: string) {
    super(message);
    this.reason = reason;
  }
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };

/** Reads a pattern of Java's from left to right. */
export class PatternReader {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  atEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  /** The next unit, or one behind it; empty at the end. */
  peek(ahead = 0): string {
    return this.#pattern.charAt(this.#at + ahead);
  }

  take(): string {
    if (this.atEnd()) throw new JavaPatternError('invalid', 'the pattern ends too early');
    return this.#pattern.charAt(this.#at++);
  }

  /** The unit that was taken last. */
  taken(): string {
    return this.#pattern.charAt(this.#at - 1);
  }

  accept(unit: string): boolean {
    if (this.peek() !== unit) return false;
    this.#at++;
    return true;
  }

  acceptAll(text: string): boolean {
    if (!this.#pattern.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  takeUntil(end: string): string {
    const index = this.#pattern.indexOf(end, this.#at);
    if (index < 0) throw new JavaPatternError('invalid', `"${end}" is missing`);
    const text = this.#pattern.slice(this.#at, index);
    this.#at = index + end.length;
    return text;
  }

  /** The rest of `\Q … \E`, or to the pattern's end. */
  takeQuoted(): string {
    const index = this.#pattern.indexOf('\\E', this.#at);
    const end = index < 0 ? this.#pattern.length : index;
    const text = this.#pattern.slice(this.#at, end);
    this.#at = index < 0 ? end : end + 2;
    return text;
  }

  takeMatch(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#pattern);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  takeCodePoint(): number {
    if (this.atEnd()) throw new JavaPatternError('invalid', 'the pattern ends too early');
    const codePoint = this.#pattern.codePointAt(this.#at)!;
    this.#at += codePoint > 0xffff ? 2 : 1;
    return codePoint;
  }

  /** Blanks and comments, which the flag x makes meaningless. */
  skipBlanks(): void {
    this.takeMatch(/(?:[ \t\n\v\f\r]|#[^\n\r\u0085\u2028\u2029]*)*/y);
  }

  /** The code point that an escape stands for, whose backslash has been read. */
  takeEscape(): number {
    const letter = this.take();
    if (Object.hasOwn(SIMPLE_ESCAPES, letter)) return SIMPLE_ESCAPES[letter];
    switch (letter) {
      case '0': {
        const octal = this.takeMatch(/[0-3][0-7]{2}|[0-7]{1,2}/y);
        if (octal === null) throw new JavaPatternError('invalid', 'illegal octal escape');
        return parseInt(octal[0], 8);
      }
      case 'x': {
        const hex = this.takeMatch(/\{([0-9a-fA-F]{1,8})\}|([0-9a-fA-F]{2})/y);
        const code = hex === null ? NaN : parseInt(hex[1] ?? hex[2], 16);
        if (!(code <= 0x10ffff)) throw new JavaPatternError('invalid', 'illegal hexadecimal escape');
        return code;
      }
      case 'u': {
        const hex = this.takeMatch(/([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?/y);
        if (hex === null) throw new JavaPatternError('invalid', 'illegal Unicode escape');
        const high = parseInt(hex[1], 16);
        if (hex[2] === undefined) return high;
        if (high < 0xd800 || high > 0xdbff) {
          this.#at -= 6;
          return high;
        }
        return (high - 0xd800) * 0x400 + parseInt(hex[2], 16) - 0xdc00 + 0x10000;
      }
      case 'c':
        return this.take().charCodeAt(0) ^ 64;
      case 'N':
        throw new JavaPatternError('unsupported', 'a character by its name, \\N{…}');
      default:
        if (/[a-zA-Z]/.test(letter)) throw new JavaPatternError('invalid', `illegal escape \\${letter}`);
        this.#at--;
        return this.takeCodePoint();
    }
  }
}
