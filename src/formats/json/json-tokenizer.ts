import { JsonError } from './json-error.ts';
import { JsonScanner, isDigit, isIdentifierStart, isSpace, shown } from './json-scanner.ts';

/** A kind of token. */
export type Token = number;

/** The kinds of token, as Jackson's JsonParser gives them. `END` stands for the end of the input. */
export const END: Token = 0;
export const START_OBJECT: Token = 1;
export const END_OBJECT: Token = 2;
export const START_ARRAY: Token = 3;
export const END_ARRAY: Token = 4;
export const FIELD_NAME: Token = 5;
export const STRING: Token = 6;
export const INT: Token = 7;
export const FLOAT: Token = 8;
export const TRUE: Token = 9;
export const FALSE: Token = 10;
export const NULL: Token = 11;

const TOKEN_TEXT = ['', '{', '}', '[', ']', '', '', '', '', 'true', 'false', 'null'];

const ROOT = 0;
const OBJECT = 1;
const ARRAY = 2;
/** As ROOT, but of a value that stands in an object: what may follow a number differs. */
const VALUE = 3;

const QUOTE = 0x22;

/**
 * Reads JSON token by token from bytes, exactly as the UTF8StreamJsonParser of Jackson 2.14 does with unescaped control
 * characters allowed, which is how Flink's json format sets it up. That includes what it does after an error: converters
 * of the format catch errors and read on, so where the reader stands then is part of what a broken message means.
 *
 * Strings are read lazily: `text()` decodes one, `next()` steps over one that nobody asked for with fewer checks.
 */
export class JsonTokenizer extends JsonScanner {
  token: Token = END;
  /** Where the value begins that was met last. */
  valueStart = 0;
  /** The value's token, already read when the token is FIELD_NAME. */
  private valueToken: Token = END;
  /** The token is a string of which only the opening quote has been read. */
  private incomplete = false;
  private value = '';
  private readonly kinds: number[] = [ROOT];
  private readonly counts: number[] = [0];
  private readonly names: string[] = [''];
  private depth = 0;

  /** Starts on bytes[start … end - 1]; the first token is not read yet. */
  reset(bytes: Uint8Array, start: number, end: number, inside = false): void {
    this.scan(bytes, start, end);
    this.token = END;
    this.valueToken = END;
    this.incomplete = false;
    this.value = '';
    this.depth = 0;
    this.counts[0] = 0;
    this.kinds[0] = inside ? VALUE : ROOT;
    if (!inside) this.readByteOrderMark();
  }

  /** Starts on a value in the middle of a message. */
  resetInside(bytes: Uint8Array, start: number, end: number): void {
    this.reset(bytes, start, end, true);
  }

  /** Moves on to the next token and returns it; END at the end of the input. */
  next(): Token {
    if (this.token === FIELD_NAME) return this.nextAfterName();
    if (this.incomplete) {
      this.incomplete = false;
      this.skipString();
    }
    let c = this.skipSpaceOrEnd();
    if (c < 0) return (this.token = END);
    if (c === 0x5d) {
      if (this.kinds[this.depth] !== ARRAY) throw new JsonError('unexpected "]"');
      this.depth--;
      return (this.token = END_ARRAY);
    }
    if (c === 0x7d) {
      if (this.kinds[this.depth] !== OBJECT) throw new JsonError('unexpected "}"');
      this.depth--;
      return (this.token = END_OBJECT);
    }
    if (this.depth > 0 && this.counts[this.depth]++ > 0) {
      if (c !== 0x2c) throw new JsonError(`expected a comma but found ${shown(c)}`);
      c = this.skipSpace();
    }
    if (this.kinds[this.depth] !== OBJECT) {
      if (c === 0x5b) this.open(ARRAY);
      else if (c === 0x7b) this.open(OBJECT);
      return (this.token = this.startOfValue(c));
    }
    this.names[this.depth] = this.readName(c);
    this.token = FIELD_NAME;
    this.valueToken = this.startOfValue(this.skipColon());
    return FIELD_NAME;
  }

  /**
   * As next, for who reads an array or object to its end: fails where there is nothing left at all. (A converter that lost
   * its place may miss the end, and Flink then reads on for ever.)
   */
  nextInside(): Token {
    const token = this.next();
    if (token === END && this.depth === 0) throw new JsonError('unexpected end of the message');
    return token;
  }

  /** The token's text: a name, a string, a number as it is written, or the token's own characters. */
  text(): string {
    switch (this.token) {
      case FIELD_NAME:
        return this.names[this.depth];
      case STRING:
        if (this.incomplete) {
          this.incomplete = false;
          this.value = this.readString();
        }
        return this.value;
      case INT:
      case FLOAT:
        return this.value;
      case END:
        throw new JsonError('unexpected end of the message');
      default:
        return TOKEN_TEXT[this.token];
    }
  }

  /** The bytes that a string holds in base 64 (MIME alphabet, padding required). */
  binary(): Uint8Array {
    if (this.token !== STRING) throw new JsonError('expected a string in base 64');
    // A string that fails to decode stays incomplete, so that next() can step over the rest of it.
    if (!this.incomplete) return decodeBase64(this.value);
    const bytes = this.readBase64();
    this.incomplete = false;
    return bytes;
  }

  /** Steps over the current value and stands on its last token. */
  skipInside(): void {
    if (this.token === STRING) this.text();
    for (let open = isOpening(this.token) ? 1 : 0; open > 0;) {
      const token = this.next();
      if (isOpening(token)) open++;
      else if (token === END_ARRAY || token === END_OBJECT) open--;
    }
  }

  /** Steps over the current value, as Flink's skipToNextField: to the token after it. */
  skipValue(): void {
    if (this.token === END) throw new JsonError('unexpected end of the message');
    if (this.token === START_OBJECT || this.token === START_ARRAY) {
      let open = 1;
      while (open > 0) {
        const token = this.next();
        if (token === END_ARRAY || token === END_OBJECT) open--;
        else if (token === START_ARRAY || token === START_OBJECT) open++;
      }
    }
    this.next();
  }

  private nextAfterName(): Token {
    const token = this.valueToken;
    this.valueToken = END;
    if (token === START_ARRAY) this.open(ARRAY);
    else if (token === START_OBJECT) this.open(OBJECT);
    return (this.token = token);
  }

  private open(kind: number): void {
    const depth = ++this.depth;
    this.kinds[depth] = kind;
    this.counts[depth] = 0;
    this.names[depth] = '';
  }

  private skipSpaceOrEnd(): number {
    while (this.position < this.end) {
      const c = this.bytes[this.position++];
      if (c > 0x20) {
        if (c === 0x2f) throw new JsonError('unexpected "/"');
        return c;
      }
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) throw new JsonError(`unexpected ${shown(c)}`);
    }
    if (this.depth > 0) throw new JsonError('unexpected end of the message');
    return -1;
  }

  private skipSpace(): number {
    const c = this.skipSpaceOrEnd();
    if (c < 0) throw new JsonError('unexpected end of the message');
    return c;
  }

  private skipColon(): number {
    const c = this.skipSpace();
    if (c !== 0x3a) throw new JsonError(`expected a colon but found ${shown(c)}`);
    return this.skipSpace();
  }

  /** The token that starts with c. Numbers and literals are read whole; of a string only the quote. */
  private startOfValue(c: number): Token {
    this.valueStart = this.position - 1;
    switch (c) {
      case QUOTE:
        this.incomplete = true;
        return STRING;
      case 0x5b:
        return START_ARRAY;
      case 0x7b:
        return START_OBJECT;
      case 0x74:
        this.matchLiteral('true');
        return TRUE;
      case 0x66:
        this.matchLiteral('false');
        return FALSE;
      case 0x6e:
        this.matchLiteral('null');
        return NULL;
      case 0x2d:
        return this.readNumber(this.byteOrFail(), true);
      default:
        if (c >= 0x30 && c <= 0x39) return this.readNumber(c, false);
        throw this.unexpectedValue(c);
    }
  }

  private unexpectedValue(c: number): JsonError {
    if (isIdentifierStart(c)) {
      this.skipIdentifier();
      return new JsonError(`unexpected word that starts with ${shown(c)}`);
    }
    return new JsonError(`expected a value but found ${shown(c)}`);
  }

  private readNumber(first: number, negative: boolean): Token {
    const { bytes, end } = this;
    const start = this.position - (negative ? 2 : 1);
    if (first < 0x30 || first > 0x39) throw new JsonError(`expected a digit but found ${shown(first)}`);
    if (first === 0x30 && this.position < end && isDigit(bytes[this.position])) {
      throw new JsonError('a number has a leading zero');
    }
    let position = this.position;
    while (position < end && isDigit(bytes[position])) position++;
    let token = INT;
    if (position < end && bytes[position] === 0x2e) {
      token = FLOAT;
      const fraction = ++position;
      while (position < end && isDigit(bytes[position])) position++;
      if (position === fraction) {
        this.position = Math.min(end, position + 1);
        throw new JsonError('expected a digit after the decimal point');
      }
    }
    if (position < end && (bytes[position] === 0x65 || bytes[position] === 0x45)) {
      token = FLOAT;
      position++;
      if (position < end && (bytes[position] === 0x2b || bytes[position] === 0x2d)) position++;
      const exponent = position;
      while (position < end && isDigit(bytes[position])) position++;
      if (position === exponent) {
        this.position = Math.min(end, position + 1);
        throw new JsonError('expected a digit in the exponent');
      }
    }
    this.position = position;
    this.value = bytes.toString('latin1', start, position);
    if (this.kinds[this.depth] === ROOT && position < end && !isSpace(bytes[position])) {
      this.position++;
      throw new JsonError('expected white space after the number');
    }
    return token;
  }
}

/** Base 64 as Jackson reads it from a text: white space between groups, padding required. */
export function decodeBase64(text: string): Uint8Array {
  const quoted = Buffer.from(`"${text.replace(/["\\]/g, '!')}"`, 'utf8');
  const tokenizer = new JsonTokenizer();
  tokenizer.reset(quoted, 0, quoted.length);
  tokenizer.next();
  return tokenizer.binary();
}

const isOpening = (token: Token): boolean => token === START_OBJECT || token === START_ARRAY;
