import { bufferOf } from '../text-decoder.ts';
import { JsonError } from './json-error.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A cursor over a message's bytes, and how names, strings and words are read at it: what JsonTokenizer is made of. Every
 * method leaves the cursor where Jackson's parser would, also when it throws.
 */
export abstract class JsonScanner {
  position = 0;
  protected bytes: Buffer = Buffer.alloc(0);
  protected end = 0;

  protected scan(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bufferOf(bytes);
    this.position = start;
    this.end = end;
  }

  /** Up to 60 characters of the value that begins at `start`, for messages. */
  excerpt(start: number): string {
    const { bytes, end } = this;
    const limit = Math.min(end, start + 60);
    let stop = start + 1;
    if (bytes[start] === QUOTE) {
      while (stop < limit && bytes[stop] !== QUOTE) stop += bytes[stop] === BACKSLASH ? 2 : 1;
      stop = Math.min(stop + 1, limit);
    } else if (bytes[start] === 0x7b || bytes[start] === 0x5b) {
      stop = limit;
    } else {
      while (stop < limit && bytes[stop] !== 0x2c && bytes[stop] !== 0x7d && bytes[stop] !== 0x5d && bytes[stop] > 0x20) stop++;
    }
    return bytes.toString('utf8', start, stop);
  }

  /** Jackson takes a byte order mark, and guesses UTF-16 and UTF-32 from zero bytes, as RFC 4627 proposed. */
  protected readByteOrderMark(): void {
    const { bytes, position } = this;
    const length = this.end - position;
    if (length >= 3 && bytes[position] === 0xef && bytes[position + 1] === 0xbb && bytes[position + 2] === 0xbf) {
      this.position += 3;
      return;
    }
    if (length < 2) return;
    const first = bytes[position];
    const second = bytes[position + 1];
    const little = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
    const big = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
    if (!little && !big) return;
    const units = Buffer.from(bytes.subarray(position, this.end - (length % 2)));
    if (big) units.swap16();
    const text = units.toString('utf16le');
    this.bytes = Buffer.from(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, 'utf8');
    this.position = 0;
    this.end = this.bytes.length;
  }

  protected byteOrFail(): number {
    if (this.position >= this.end) throw new JsonError('unexpected end of the message');
    return this.bytes[this.position++];
  }

  /** Reads on to behind the first character that cannot stand in an identifier, as Jackson does to quote a wrong word. */
  protected skipIdentifier(): void {
    for (let length = 0; this.position < this.end && length < 256; length++) {
      if (!isIdentifierPart(this.decodeForError(this.bytes[this.position++]))) return;
    }
  }

  protected matchLiteral(word: string): void {
    for (let i = 1; i < word.length; i++) {
      if (this.position >= this.end || this.bytes[this.position] !== word.charCodeAt(i)) {
        this.skipIdentifier();
        throw new JsonError(`expected ${word}`);
      }
      this.position++;
    }
    if (this.position >= this.end) return;
    const c = this.bytes[this.position];
    if (c < 0x30 || c === 0x5d || c === 0x7d) return;
    if (isIdentifierPart(this.decodeForError(c))) {
      this.skipIdentifier();
      throw new JsonError(`expected ${word}`);
    }
  }

  protected readName(c: number): string {
    if (c !== QUOTE) {
      this.decodeForError(c);
      throw new JsonError(`expected a field name but found ${shown(c)}`);
    }
    const { bytes, end } = this;
    let position = this.position;
    let high = 0;
    while (position < end && bytes[position] !== QUOTE && bytes[position] !== BACKSLASH) high |= bytes[position++];
    if (position < end && bytes[position] === QUOTE && high < 0x80) {
      const name = bytes.toString('latin1', this.position, position);
      this.position = position + 1;
      return name;
    }
    return this.readUnusualName();
  }

  /** Escapes are undone into UTF-8 first; then everything is decoded. */
  protected readUnusualName(): string {
    const out: number[] = [];
    for (;;) {
      const c = this.byteOrFail();
      if (c === QUOTE) break;
      if (c !== BACKSLASH) {
        out.push(c);
        continue;
      }
      const char = this.readEscape();
      if (char < 0x80) out.push(char);
      else if (char < 0x800) out.push(0xc0 | (char >> 6), 0x80 | (char & 0x3f));
      else out.push(0xe0 | (char >> 12), 0x80 | ((char >> 6) & 0x3f), 0x80 | (char & 0x3f));
    }
    let name = '';
    for (let i = 0; i < out.length;) {
      const c = out[i++];
      if (c < 0x80) {
        name += String.fromCharCode(c);
        continue;
      }
      const needed = followers(c);
      if (needed === 0) throw new JsonError('invalid UTF-8 in a field name');
      let point = c & (0x3f >> needed);
      for (let k = 0; k < needed; k++) {
        if (i >= out.length || (out[i] & 0xc0) !== 0x80) throw new JsonError('invalid UTF-8 in a field name');
        point = (point << 6) | (out[i++] & 0x3f);
      }
      name += needed === 3 ? surrogates(point - 0x10000) : String.fromCharCode(point);
    }
    return name;
  }

  protected readString(): string {
    const { bytes, end } = this;
    let position = this.position;
    let high = 0;
    while (position < end && bytes[position] !== QUOTE && bytes[position] !== BACKSLASH) high |= bytes[position++];
    if (position < end && bytes[position] === QUOTE && high < 0x80) {
      const text = bytes.toString('latin1', this.position, position);
      this.position = position + 1;
      return text;
    }
    let text = '';
    let plain = this.position;
    for (;;) {
      const c = this.byteOrFail();
      if (c !== QUOTE && c !== BACKSLASH && c < 0x80) continue;
      text += bytes.toString('latin1', plain, this.position - 1);
      if (c === QUOTE) return text;
      if (c === BACKSLASH) text += String.fromCharCode(this.readEscape());
      else text += this.decodeCharacter(c);
      plain = this.position;
    }
  }

  protected skipString(): void {
    for (;;) {
      const c = this.byteOrFail();
      if (c === QUOTE) return;
      if (c === BACKSLASH) this.readEscape();
      else if (c >= 0x80) this.decodeCharacter(c);
    }
  }

  /** A character of two to four bytes. Jackson checks the form of the bytes only: surrogates and long forms pass. */
  protected decodeCharacter(c: number): string {
    const needed = followers(c);
    if (needed === 0) throw new JsonError('invalid UTF-8');
    let point = c & (0x3f >> needed);
    for (let k = 0; k < needed; k++) {
      const d = this.byteOrFail();
      if ((d & 0xc0) !== 0x80) throw new JsonError('invalid UTF-8');
      point = (point << 6) | (d & 0x3f);
    }
    return needed === 3 ? surrogates(point - 0x10000) : String.fromCharCode(point);
  }

  protected decodeForError(c: number): number {
    if (c < 0x80) return c;
    const needed = followers(c);
    if (needed === 0) throw new JsonError('invalid UTF-8');
    let point = c & (0x3f >> needed);
    for (let k = 0; k < needed; k++) {
      const d = this.byteOrFail();
      if ((d & 0xc0) !== 0x80) throw new JsonError('invalid UTF-8');
      point = (point << 6) | (d & 0x3f);
    }
    return point & 0xffff;
  }

  /** The UTF-16 unit that the escape sequence behind a backslash stands for. */
  protected readEscape(): number {
    const c = this.byteOrFail();
    switch (c) {
      case 0x62:
        return 8;
      case 0x74:
        return 9;
      case 0x6e:
        return 10;
      case 0x66:
        return 12;
      case 0x72:
        return 13;
      case QUOTE:
      case 0x2f:
      case BACKSLASH:
        return c;
      case 0x75:
        break;
      default:
        this.decodeForError(c);
        throw new JsonError(`unknown escape sequence: a backslash and ${shown(c)}`);
    }
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const digit = hexDigit(this.byteOrFail());
      if (digit < 0) throw new JsonError('expected four hexadecimal digits after \\u');
      unit = unit * 16 + digit;
    }
    return unit;
  }

  protected readBase64(): Uint8Array {
    const out: number[] = [];
    for (;;) {
      let c = this.byteOrFail();
      if (c <= 0x20) continue;
      if (c === QUOTE) return Uint8Array.from(out);
      let bits = base64Digit(c);
      if (bits < 0) bits = this.base64Escape(c, 0);
      if (bits < 0) continue;
      let data = bits;
      c = this.byteOrFail();
      bits = base64Digit(c);
      if (bits < 0) bits = this.base64Escape(c, 1);
      data = (data << 6) | bits;
      c = this.byteOrFail();
      bits = base64Digit(c);
      if (bits < 0) {
        if (c === QUOTE) throw this.missingPadding();
        if (bits !== BASE64_PADDING) bits = this.base64Escape(c, 2);
        if (bits === BASE64_PADDING) {
          c = this.byteOrFail();
          if (c !== 0x3d) throw new JsonError('invalid base 64: expected padding');
          out.push((data >> 4) & 0xff);
          continue;
        }
      }
      data = (data << 6) | bits;
      c = this.byteOrFail();
      bits = base64Digit(c);
      if (bits < 0) {
        if (c === QUOTE) throw this.missingPadding();
        if (bits !== BASE64_PADDING) bits = this.base64Escape(c, 3);
        if (bits === BASE64_PADDING) {
          data >>= 2;
          out.push((data >> 8) & 0xff, data & 0xff);
          continue;
        }
      }
      data = (data << 6) | bits;
      out.push((data >> 16) & 0xff, (data >> 8) & 0xff, data & 0xff);
    }
  }

  protected base64Escape(c: number, index: number): number {
    if (c !== BACKSLASH) throw new JsonError(`invalid base 64: ${shown(c)}`);
    const unescaped = this.readEscape();
    if (unescaped <= 0x20 && index === 0) return BASE64_INVALID;
    const bits = base64Digit(unescaped);
    if (bits < 0 && !(bits === BASE64_PADDING && index >= 2)) throw new JsonError('invalid base 64');
    return bits;
  }

  protected missingPadding(): JsonError {
    this.position--;
    return new JsonError('invalid base 64: padding is missing');
  }
}

const BASE64_INVALID = -1;
const BASE64_PADDING = -2;

function base64Digit(c: number): number {
  if (c >= 0x41 && c <= 0x5a) return c - 0x41;
  if (c >= 0x61 && c <= 0x7a) return c - 0x61 + 26;
  if (c >= 0x30 && c <= 0x39) return c - 0x30 + 52;
  if (c === 0x2b) return 62;
  if (c === 0x2f) return 63;
  return c === 0x3d ? BASE64_PADDING : BASE64_INVALID;
}

/** How many bytes follow the first byte of a character; 0 when none can start with it. */
function followers(c: number): number {
  if ((c & 0xe0) === 0xc0) return 1;
  if ((c & 0xf0) === 0xe0) return 2;
  return (c & 0xf8) === 0xf0 ? 3 : 0;
}

const surrogates = (offset: number): string => String.fromCharCode((0xd800 | (offset >> 10)) & 0xffff, 0xdc00 | (offset & 0x3ff));

export const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
export const isSpace = (c: number): boolean => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d;

function hexDigit(c: number): number {
  if (isDigit(c)) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const IDENTIFIER_PART = /[\p{L}\p{Nl}\p{Nd}\p{Sc}\p{Pc}\p{Mn}\p{Mc}\u0000-\u0008\u000e-\u001b\u007f-\u009f\p{Cf}]/u;

const IDENTIFIER_START = /[\p{L}\p{Nl}\p{Sc}\p{Pc}]/u;

export const isIdentifierStart = (c: number): boolean => IDENTIFIER_START.test(String.fromCharCode(c));
const isIdentifierPart = (c: number): boolean => IDENTIFIER_PART.test(String.fromCharCode(c));

export const shown = (c: number): string =>
  c > 0x20 && c < 0x7f ? JSON.stringify(String.fromCharCode(c)) : `byte 0x${c.toString(16).padStart(2, '0')}`;
