import { isUtf8 } from 'node:buffer';
import { TextDictionary, type TextColumn } from '../types/column.ts';

/** A dictionary with more entries, or more bytes of text, is given up for a new one. */
const MAX_ENTRIES = 65_536;
const MAX_BYTES = 8 * 1024 * 1024;
/** A column of longer texts is not worth a dictionary. */
const LONG_BYTES = 64;
/** Rows after which the worth of the dictionary is judged, and batches without one before it is tried again. */
const JUDGED_ROWS = 4096;
const PLAIN_BATCHES = 256;

/**
 * The table of a dictionary: eight words for each slot, all -1 in a free one. Two words from either end of a text, which overlap
 * in a short one, tell texts of up to 16 bytes apart; of longer ones the middle lies in the arena. Texts of less than four bytes
 * are one number, FIRST. A text's slot is the one that its hash names in its highest bits, or the next free one behind it.
 */
const LENGTH = 0;
const FIRST = 1;
const LAST = 2;
const SECOND = 3;
const SECOND_LAST = 4;
const CODE = 5;
const HASH = 6;
const ARENA = 7;
const SLOT_WORDS = 8;
const FIRST_SLOTS = 1024;
/** 32 less the bits that number FIRST_SLOTS. */
const FIRST_SHIFT = 22;

/** 2^32 divided by the golden ratio: every bit of a word counts in the highest bits of its product. */
const HASH_MULTIPLIER = -1640531535;

/**
 * Puts the texts of one column into a TextColumn: by a dictionary while the same ones come back, plain otherwise. Which of the
 * two may change where a batch begins, and so may the dictionary.
 *
 * Invariant: the dictionary holds each string once, so that equal strings of a batch have equal codes.
 */
export class TextDecoder {
  /** For the code of `findCode`. A table that has been replaced since only lacks what came later. */
  table = freeSlots(FIRST_SLOTS);
  shift = FIRST_SHIFT;
  private dictionary: TextDictionary = new TextDictionary();
  private usesCodes = false;
  private arena = new Uint8Array(1024);
  private arenaLength = 0;
  /** The bytes that were looked at last, and a view of them. */
  private viewed: Uint8Array = this.arena;
  private view = new DataView(this.arena.buffer);
  private textBytes = 0;
  private rows = 0;
  private misses = 0;
  private longs = 0;
  private plainBatches = 0;
  private worthwhile = true;

  /** Call before the first row that a decoder adds to a batch; `empty` when the column holds no rows yet. */
  begin(column: TextColumn, empty: boolean): void {
    if (empty) {
      this.judge();
      column.begin(this.worthwhile ? this.dictionary : null);
    } else if (column.dictionary !== this.dictionary) {
      column.keepAsStrings();
    }
    this.usesCodes = column.dictionary !== null;
  }

  /** Tells how many rows were added since `begin`, and how many the column has now. */
  end(column: TextColumn, added: number, rows: number): void {
    this.rows += added;
    if (this.usesCodes) column.useCodes(rows);
  }

  private judge(): void {
    if (!this.worthwhile) {
      if (++this.plainBatches < PLAIN_BATCHES) return;
      this.plainBatches = 0;
      this.rows = 0;
      this.worthwhile = true;
    } else if (this.rows >= JUDGED_ROWS) {
      this.worthwhile = this.misses * 2 <= this.rows && this.longs * 2 <= this.rows;
      this.rows = 0;
    } else if (this.dictionary.values.length <= MAX_ENTRIES && this.textBytes <= MAX_BYTES) {
      return;
    }
    if (this.rows === 0) this.misses = this.longs = 0;
    if (!this.worthwhile || this.dictionary.values.length > MAX_ENTRIES || this.textBytes > MAX_BYTES) this.startAfresh();
  }

  private startAfresh(): void {
    this.dictionary = new TextDictionary();
    this.table = freeSlots(FIRST_SLOTS);
    this.shift = FIRST_SHIFT;
    this.arena = new Uint8Array(1024);
    this.arenaLength = 0;
    this.textBytes = 0;
  }

  /** The code of the string in UTF-8 at [start, end), or -1 when it is not valid UTF-8. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0;
    if (end - start < 4) {
      hash = Math.imul(shortText(bytes, start, end), HASH_MULTIPLIER);
    } else {
      const view = this.viewOf(bytes);
      for (let i = start; i + 4 <= end; i += 4) hash = Math.imul(hash ^ view.getInt32(i, true), HASH_MULTIPLIER);
      hash = Math.imul(((hash << 7) | (hash >>> 25)) ^ view.getInt32(end - 4, true), HASH_MULTIPLIER);
    }
    return this.findHashed(bytes, start, end, hash);
  }

  /** As `find`, for a string whose hash is known. */
  findHashed(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const view = this.viewOf(bytes);
    const { table } = this;
    const length = end - start;
    const first = length < 4 ? shortText(bytes, start, end) : view.getInt32(start, true);
    const last = length < 4 ? 0 : view.getInt32(end - 4, true);
    let at = (hash >>> this.shift) * SLOT_WORDS;
    while (table[at + LENGTH] >= 0) {
      if (
        table[at + HASH] === hash &&
        table[at + LENGTH] === length &&
        table[at + FIRST] === first &&
        table[at + LAST] === last
      ) {
        if (length <= 8) return table[at + CODE];
        if (table[at + SECOND] === view.getInt32(start + 4, true) && table[at + SECOND_LAST] === view.getInt32(end - 8, true)) {
          if (length <= 16) return table[at + CODE];
          if (this.hasMiddle(table[at + ARENA], bytes, start + 8, end - 8)) {
            if (length > LONG_BYTES) this.longs++;
            return table[at + CODE];
          }
        }
      }
      at = (at + SLOT_WORDS) & (table.length - 1);
    }
    const code = this.add(bytes, start, end);
    if (code < 0) return -1;
    table[at + LENGTH] = length;
    table[at + FIRST] = first;
    table[at + LAST] = last;
    table[at + CODE] = code;
    table[at + HASH] = hash;
    if (length > 8) {
      table[at + SECOND] = view.getInt32(start + 4, true);
      table[at + SECOND_LAST] = view.getInt32(end - 8, true);
    }
    if (length > 16) table[at + ARENA] = this.keepMiddle(bytes.subarray(start + 8, end - 8));
    if (2 * SLOT_WORDS * (code + 1) > table.length) this.grow();
    return code;
  }

  private hasMiddle(arenaStart: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { arena } = this;
    for (let i = start, j = arenaStart; i < end; i++, j++) if (bytes[i] !== arena[j]) return false;
    return true;
  }

  private viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
    if (bytes === this.viewed) return this.view;
    this.viewed = bytes;
    this.view = new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    return this.view;
  }

  /** A new string's code, or -1 when it is not valid UTF-8. */
  private add(bytes: Uint8Array, start: number, end: number): number {
    const text = decodeUtf8(bytes, start, end);
    if (text === undefined) return -1;
    this.misses++;
    this.textBytes += end - start;
    if (end - start > LONG_BYTES) this.longs++;
    return this.dictionary.values.push(text) - 1;
  }

  private keepMiddle(middle: Uint8Array): number {
    const start = this.arenaLength;
    if (start + middle.length > this.arena.length) {
      const arena = new Uint8Array(Math.max(start + middle.length, 2 * this.arena.length));
      arena.set(this.arena.subarray(0, start));
      this.arena = arena;
    }
    this.arena.set(middle, start);
    this.arenaLength = start + middle.length;
    return start;
  }

  private grow(): void {
    const old = this.table;
    const table = freeSlots((2 * old.length) / SLOT_WORDS);
    this.shift--;
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + LENGTH] < 0) continue;
      let at = (old[from + HASH] >>> this.shift) * SLOT_WORDS;
      while (table[at + LENGTH] >= 0) at = (at + SLOT_WORDS) & (table.length - 1);
      for (let word = 0; word < SLOT_WORDS; word++) table[at + word] = old[from + word];
    }
    this.table = table;
  }

  /** Sets a row to the string in UTF-8 at [start, end). False when it is not valid UTF-8. */
  putBytes(column: TextColumn, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.usesCodes) {
      const code = this.find(bytes, start, end);
      if (code < 0) return false;
      column.codes[row] = code;
      column.nulls[row] = 0;
    } else {
      const text = decodeUtf8(bytes, start, end);
      if (text === undefined) return false;
      column.set(row, text);
    }
    return true;
  }

  /** Sets a row to a string without lone surrogates, or to NULL. */
  put(column: TextColumn, row: number, text: string | null): void {
    if (text === null) {
      column.nulls[row] = 1;
      return;
    }
    if (!this.usesCodes) {
      column.set(row, text);
      return;
    }
    const bytes = Buffer.from(text, 'utf8');
    this.putBytes(column, row, bytes, 0, bytes.length);
  }
}

/** The bytes of a text of less than four as one number. */
function shortText(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let i = start; i < end; i++) number = (number << 8) | bytes[i];
  return number;
}

/** The hash of a text so far with one more of its words, as generated code. */
export const hashWordCode = (hash: string, word: string): string => `Math.imul(${hash} ^ ${word}, ${HASH_MULTIPLIER})`;

/**
 * Generated code that sets `code` to what `find` would answer: the first look is its own, `findHashed` does the rest. At hand
 * are the names `table` and `shift` (what the decoder has under these names), `decoder`, the bytes `b` with their view `v`, the
 * text's place `s` to `p`, and `h`, to which `hashWordCode` has added all its whole words.
 */
export function findCode(table: string, shift: string, decoder: string): string {
  return `const l = p - s; let code = -1;
if (l >= 4) {
  const last = v.getInt32(p - 4, true);
  h = ${hashWordCode('((h << 7) | (h >>> 25))', 'last')};
  const e = (h >>> ${shift}) * ${SLOT_WORDS};
  if (${table}[e + ${LENGTH}] === l && ${table}[e + ${FIRST}] === v.getInt32(s, true) && ${table}[e + ${LAST}] === last) {
    if (l <= 8 || (l <= 16 && ${table}[e + ${SECOND}] === v.getInt32(s + 4, true) && ${table}[e + ${SECOND_LAST}] === v.getInt32(p - 8, true)))
      code = ${table}[e + ${CODE}];
  }
}
if (code < 0) {
  code = l >= 4 ? ${decoder}.findHashed(b, s, p, h) : ${decoder}.find(b, s, p);
  ${table} = ${decoder}.table;
  ${shift} = ${decoder}.shift;
}`;
}

function freeSlots(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(count * SLOT_WORDS).fill(-1);
}

/** Valid UTF-8 as a string, or undefined. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  let high = 0;
  for (let i = start; i < end; i++) high |= bytes[i];
  const buffer = bufferOf(bytes);
  if (high < 0x80) return buffer.toString('latin1', start, end);
  return isUtf8(buffer.subarray(start, end)) ? buffer.toString('utf8', start, end) : undefined;
}

/** The same bytes as a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
