import { isUtf8 } from 'node:buffer';
import { javaTrim } from '../../types/civil-parse.ts';
import { bufferOf } from '../text-decoder.ts';
import type { CsvOptions } from './csv-options.ts';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/**
 * Cuts a line into values as Jackson's CsvParser does: quotes count only at the very start of a value, in quotes a quote is
 * doubled, blanks belong to the value, and what comes behind the end of the first line is not read.
 *
 * A value is plain when its bytes are its text. Other values, and delimiters beyond ASCII, are put together as text.
 */
export class CsvLine {
  /** How many columns a line should have. */
  readonly columns: number;
  /** How many values the last line had. */
  count = 0;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  private readonly unescaped: (string | null)[];
  private readonly separator: Uint8Array;
  private readonly quote: Uint8Array | null;
  private readonly escape: Uint8Array | null;
  private readonly options: CsvOptions;
  private readonly nullBytes: Uint8Array | null;
  private readonly isArray: readonly boolean[];
  private bytes: Uint8Array = new Uint8Array(0);
  private failure = '';
  /** The byte at which a quoted value stopped, -1 at the end of the line. */
  private stop = -1;

  constructor(columns: number, options: CsvOptions) {
    this.columns = columns;
    this.options = options;
    this.starts = new Int32Array(columns + 2);
    this.ends = new Int32Array(columns + 2);
    this.unescaped = new Array<string | null>(columns + 2).fill(null);
    this.separator = Buffer.from(options.fieldDelimiter, 'utf8');
    this.quote = options.quoteCharacter === null ? null : Buffer.from(options.quoteCharacter, 'utf8');
    this.escape = options.escapeCharacter === null ? null : Buffer.from(options.escapeCharacter, 'utf8');
    this.nullBytes = options.nullLiteral === null ? null : Buffer.from(options.nullLiteral, 'utf8');
    this.isArray = options.columns.map(({ type }) => type.kind === 'ARRAY' || type.kind === 'ROW');
  }

  isPlain(place: number): boolean {
    return this.unescaped[place] === null;
  }

  /** True for the null literal, quoted or not. An array is never NULL itself: the literal is then its element. */
  isNull(place: number): boolean {
    const { nullBytes } = this;
    if (nullBytes === null || this.isArray[place]) return false;
    const text = this.unescaped[place];
    if (text !== null) return text === this.options.nullLiteral;
    const start = this.starts[place];
    if (this.ends[place] - start !== nullBytes.length) return false;
    for (let i = 0; i < nullBytes.length; i++) if (this.bytes[start + i] !== nullBytes[i]) return false;
    return true;
  }

  text(place: number): string {
    return this.unescaped[place] ?? bufferOf(this.bytes).toString('utf8', this.starts[place], this.ends[place]);
  }

  /** Finds the values; answers what is wrong with the line, or null. */
  split(bytes: Uint8Array, start: number, end: number): string | null {
    this.bytes = bytes;
    this.count = 0;
    let p = this.options.allowComments ? skipComments(bytes, start, end) : start;
    if (p >= end && this.options.emptyLineIsValue !== true) return 'the line is empty';
    const separator = this.separator.length === 1 ? this.separator[0] : -1;
    const quote = this.quote !== null && this.quote.length === 1 ? this.quote[0] : -1;
    const escape = this.escape !== null && this.escape.length === 1 ? this.escape[0] : -1;
    const special = separator < 0 || (this.quote !== null && quote < 0) || (this.escape !== null && escape < 0);
    if (special) return this.splitText(bytes, p, end);
    for (;;) {
      const place = this.count;
      if (place > this.columns) return this.tooMany();
      this.unescaped[place] = null;
      const from = p;
      let c = -1;
      if (p < end && bytes[p] === quote) {
        p = this.quoted(bytes, p + 1, end, quote, escape, separator, place);
        if (p < 0) return this.failure;
        this.count++;
        c = this.stop;
      } else {
        while (p < end && (c = bytes[p]) !== separator && c !== LF && c !== CR && c !== escape) p++;
        if (p < end && c === escape) return this.splitText(bytes, start, end);
        this.starts[place] = from;
        this.ends[place] = p;
        this.count++;
        if (p >= end) c = -1;
      }
      if (c !== separator) break;
      p++;
    }
    if (hasHighByte(bytes, start, p) && !isUtf8(bytes.subarray(start, p))) return 'invalid UTF-8';
    return this.endOfLine();
  }

  /** Reads a value in quotes; answers the position of the separator or line end behind it, or -1. */
  private quoted(
    bytes: Uint8Array,
    start: number,
    end: number,
    quote: number,
    escape: number,
    separator: number,
    place: number,
  ): number {
    let p = start;
    let doubled = false;
    for (;;) {
      while (p < end && bytes[p] !== quote && bytes[p] !== escape) p++;
      if (p >= end) {
        this.failure = 'the closing quote is missing';
        return -1;
      }
      if (bytes[p] === quote) {
        if (p + 1 < end && bytes[p + 1] === quote) {
          doubled = true;
          p += 2;
          continue;
        }
        break;
      }
      doubled = true;
      p += 2;
    }
    this.starts[place] = start;
    this.ends[place] = p;
    if (doubled) this.unescaped[place] = this.unquote(bufferOf(bytes).toString('utf8', start, p));
    p++;
    for (; p < end; p++) {
      const c = bytes[p];
      if (c === separator || c === CR || c === LF) {
        this.stop = c;
        return p;
      }
      if (c > SPACE) {
        this.failure = 'expected a delimiter behind the closing quote';
        return -1;
      }
    }
    this.stop = -1;
    return p;
  }

  private unquote(text: string): string {
    const { quoteCharacter, escapeCharacter } = this.options;
    let out = '';
    for (let i = 0; i < text.length; i++) {
      if (text[i] === escapeCharacter) out += unescaped(text[++i]);
      else {
        if (text[i] === quoteCharacter) i++;
        out += text[i];
      }
    }
    return out;
  }

  /** The same for a line with escapes outside quotes or with delimiters beyond ASCII: slowly, character by character. */
  private splitText(bytes: Uint8Array, start: number, end: number): string | null {
    if (hasHighByte(bytes, start, end) && !isUtf8(bytes.subarray(start, end))) return 'invalid UTF-8';
    const line = bufferOf(bytes).toString('utf8', start, end);
    const { fieldDelimiter, quoteCharacter, escapeCharacter } = this.options;
    this.count = 0;
    let i = 0;
    if (this.options.allowComments) {
      const rest = Buffer.from(line, 'utf8');
      i = rest.toString('utf8', 0, skipComments(rest, 0, rest.length)).length;
    }
    for (;;) {
      if (this.count > this.columns) return this.tooMany();
      let text = '';
      let stopped = false;
      if (quoteCharacter !== null && line[i] === quoteCharacter) {
        i++;
        for (;;) {
          if (i >= line.length) return 'the closing quote is missing';
          const char = line[i++];
          if (char === quoteCharacter) {
            if (line[i] !== quoteCharacter) break;
            text += char;
            i++;
          } else if (char === escapeCharacter) {
            if (i >= line.length) return 'the line ends in an escape';
            text += unescaped(line[i++]);
          } else text += char;
        }
        while (i < line.length && !stopped) {
          const char = line[i];
          if (char === fieldDelimiter || char === '\r' || char === '\n') stopped = true;
          else if (char > ' ') return 'expected a delimiter behind the closing quote';
          else i++;
        }
      } else {
        while (i < line.length && line[i] !== fieldDelimiter && line[i] !== '\r' && line[i] !== '\n') {
          if (line[i] === escapeCharacter) {
            if (++i >= line.length) return 'the line ends in an escape';
            text += unescaped(line[i]);
          } else text += line[i];
          i++;
        }
      }
      this.unescaped[this.count++] = text;
      if (line[i] !== fieldDelimiter) break;
      i++;
    }
    return this.endOfLine();
  }

  /** One blank value behind the last column is allowed: a delimiter at the end of the line. */
  private endOfLine(): string | null {
    if (this.count <= this.columns) return null;
    const extra = this.text(this.columns);
    if (this.count > this.columns + 1 || javaTrim(extra) !== '') return this.tooMany();
    this.count = this.columns;
    return null;
  }

  private tooMany(): string {
    return `expected at most ${this.columns} columns`;
  }
}

function hasHighByte(bytes: Uint8Array, start: number, end: number): boolean {
  let high = 0;
  for (let i = start; i < end; i++) high |= bytes[i];
  return high >= 0x80;
}

function unescaped(char: string): string {
  switch (char) {
    case '0':
      return '\0';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return char;
  }
}

/** Behind lines that are blank or begin with `#`, and behind blanks. */
function skipComments(bytes: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end) {
    const c = bytes[p];
    if (c === 0x23) while (p < end && bytes[p] !== CR && bytes[p] !== LF) p++;
    else if (c !== CR && c !== LF && c !== SPACE) return p;
    else p++;
  }
  return p;
}
