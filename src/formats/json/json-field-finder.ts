import { reasonOf } from './json-row-reader.ts';
import { JsonTokenizer } from './json-tokenizer.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** In place of a field: something needs a closer look. */
export const UNCLEAR = -1;
/** In place of a field: one that the table does not have. */
export const UNKNOWN = -2;

/**
 * Finds the fields of a table in plain JSON objects, whatever their order and whatever stands between them. It gives up on
 * escapes and on text that might be no UTF-8, and all its loops end at the object's closing brace, which must be the last byte.
 */
export class JsonFieldFinder {
  /** Where the value of the field that was found begins. */
  position = 0;
  readonly #names: readonly Buffer[];
  readonly #json = new JsonTokenizer();

  constructor(names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(name, 'utf8'));
  }

  /**
   * The first field of the table from `at` on, which is behind a value or, with `isStart`, where the object begins. The number
   * of fields when the object closes before there is one; else UNCLEAR.
   */
  nextField(bytes: Uint8Array, at: number, end: number, isStart: boolean): number {
    let field = this.next(bytes, at, end, isStart);
    while (field === UNKNOWN) {
      const behind = this.skipValue(bytes, this.position, end);
      field = behind < 0 ? UNCLEAR : this.next(bytes, behind, end, false);
    }
    return field;
  }

  /** As `nextField`, but stops at a field that the table does not have, too: UNKNOWN. */
  next(bytes: Uint8Array, at: number, end: number, isStart: boolean): number {
    let p = skipSpace(bytes, at);
    if (bytes[p] !== (isStart ? OPEN : COMMA)) return bytes[p] === CLOSE && !isStart ? this.#closedAt(p, end) : UNCLEAR;
    p = skipSpace(bytes, p + 1);
    if (isStart && bytes[p] === CLOSE) return this.#closedAt(p, end);
    if (bytes[p] !== QUOTE) return UNCLEAR;
    const start = p + 1;
    let high = 0;
    for (p = start; p < end && bytes[p] !== QUOTE; p++) {
      if (bytes[p] === BACKSLASH) return UNCLEAR;
      high |= bytes[p];
    }
    if (p >= end) return UNCLEAR;
    const field = this.#fieldNamed(bytes, start, p);
    // Bytes above 0x7f might be no valid UTF-8, or another form of a known name.
    if (field === UNKNOWN && high >= 0x80) return UNCLEAR;
    p = skipSpace(bytes, p + 1);
    if (bytes[p] !== COLON) return UNCLEAR;
    this.position = skipSpace(bytes, p + 1);
    return field;
  }

  /** The position behind the value at `at`, whatever it is, or -1. */
  behindValue(bytes: Uint8Array, at: number, end: number): number {
    const json = this.#json;
    try {
      json.resetInside(bytes, at, end);
      json.next();
      json.skipInside();
      return json.position < end ? json.position : -1;
    } catch (error) {
      reasonOf(error);
      return -1;
    }
  }

  /** The position behind a value, or -1 for one that needs a closer look. */
  skipValue(bytes: Uint8Array, at: number, end: number): number {
    if (bytes[at] !== QUOTE) {
      const behind = bytes[at] > 0x60 ? behindLiteral(bytes, at) : behindPlainNumber(bytes, at);
      return behind > 0 ? behind : this.behindValue(bytes, at, end);
    }
    let p = at + 1;
    for (; p < end && bytes[p] !== QUOTE; p++) if (bytes[p] === BACKSLASH || bytes[p] >= 0x80) return -1;
    return p + 1 < end ? p + 1 : -1;
  }

  #closedAt(p: number, end: number): number {
    return p + 1 === end ? this.#names.length : UNCLEAR;
  }

  #fieldNamed(bytes: Uint8Array, start: number, end: number): number {
    const names = this.#names;
    search: for (let k = 0; k < names.length; k++) {
      const name = names[k];
      if (name.length !== end - start) continue;
      for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) continue search;
      return k;
    }
    return UNKNOWN;
  }
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let p = at;
  let c = bytes[p];
  while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++p];
  return p;
}

/** The position behind a number without exponent, or -1. */
function behindPlainNumber(bytes: Uint8Array, at: number): number {
  let p = bytes[at] === 0x2d ? at + 1 : at;
  if (!isDigit(bytes[p]) || (bytes[p] === 0x30 && isDigit(bytes[p + 1]))) return -1;
  do p++;
  while (isDigit(bytes[p]));
  if (bytes[p] === 0x2e) {
    if (!isDigit(bytes[++p])) return -1;
    do p++;
    while (isDigit(bytes[p]));
  }
  return endsValue(bytes[p]) ? p : -1;
}

/** The position behind true, false or null, or -1. */
function behindLiteral(bytes: Uint8Array, at: number): number {
  const literal = LITERALS.find((word) => word[0] === bytes[at]);
  if (literal === undefined) return -1;
  for (let i = 1; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return -1;
  return endsValue(bytes[at + literal.length]) ? at + literal.length : -1;
}

const LITERALS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

const endsValue = (c: number): boolean => c === COMMA || c === CLOSE || c === 0x20;
const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
