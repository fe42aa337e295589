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

/** 2^32 divided by the golden ratio: every bit of a word counts in the highest bits of its product. */
export const TEXT_HASH_MULTIPLIER = -1640531535;

/**
 * The hash that `TextDecoder.find` wants, of four bytes at a time and the rest one by one; generated decoders compute it while
 * they look for the end of a string.
 */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    hash = Math.imul(hash ^ word, TEXT_HASH_MULTIPLIER);
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i], TEXT_HASH_MULTIPLIER);
  return hash;
}

/**
 * Puts the texts of one column into a TextColumn: by a dictionary while the same ones come back, plain otherwise. Which of the
 * two may change where a batch begins, and so may the dictionary.
 *
 * Invariant: the dictionary holds each string once, so that equal strings of a batch have equal codes.
 */
export class TextDecoder {
  /** The strings of the dictionary by code, or null while strings are stored plainly. */
  strings: string[] | null = null;
  private dictionary: TextDictionary = new TextDictionary();
  private slots = new Int32Array(1024);
  /** The highest bits of a hash, `32 - shift` of them, say where in `slots` to begin. */
  private shift = 22;
  private hashes = new Int32Array(512);
  private starts = new Int32Array(512);
  private lengths = new Int32Array(512);
  private arena = new Uint8Array(8192);
  private arenaView = new DataView(this.arena.buffer);
  /** The bytes that `find` was last called for, and a view of them. */
  private viewed: Uint8Array = this.arena;
  private view: DataView = this.arenaView;
  private used = 0;
  private rows = 0;
  private misses = 0;
  private longs = 0;
  private plainBatches = 0;
  private worthwhile = true;

  /** Call before the first row that a decoder adds to a batch; `empty` when the column holds no rows yet. */
  begin(column: TextColumn, empty: boolean): void {
    if (empty) {
      this.judge();
      column.useDictionary(this.worthwhile ? this.dictionary : null);
    } else if (column.dictionary !== this.dictionary) {
      column.useDictionary(null);
    }
    this.strings = column.dictionary === null ? null : this.dictionary.values;
  }

  /** Tells how many rows were added since `begin`. */
  end(rows: number): void {
    this.rows += rows;
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
    } else if (this.dictionary.values.length <= MAX_ENTRIES && this.used <= MAX_BYTES) {
      return;
    }
    if (this.rows === 0) this.misses = this.longs = 0;
    if (!this.worthwhile || this.dictionary.values.length > MAX_ENTRIES || this.used > MAX_BYTES) this.startAfresh();
  }

  private startAfresh(): void {
    this.dictionary = new TextDictionary();
    this.slots = new Int32Array(1024);
    this.shift = 22;
    this.hashes = new Int32Array(512);
    this.starts = new Int32Array(512);
    this.lengths = new Int32Array(512);
    this.arena = new Uint8Array(8192);
    this.arenaView = new DataView(this.arena.buffer);
    this.used = 0;
  }

  /** The code of the string in UTF-8 at [start, end), or -1 when it is not valid UTF-8. Only while `strings` is not null. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const { slots, hashes, lengths } = this;
    const mask = slots.length - 1;
    const length = end - start;
    let slot = hash >>> this.shift;
    for (;;) {
      const code = slots[slot] - 1;
      if (code < 0) return this.add(bytes, start, end, hash, slot);
      if (hashes[code] === hash && lengths[code] === length) {
        const { arena, arenaView } = this;
        const view = bytes === this.viewed ? this.view : this.viewOf(bytes);
        const offset = this.starts[code] - start;
        let i = start;
        while (i + 4 <= end && view.getInt32(i) === arenaView.getInt32(i + offset)) i += 4;
        while (i < end && bytes[i] === arena[i + offset]) i++;
        if (i === end) {
          if (length > LONG_BYTES) this.longs++;
          return code;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  private viewOf(bytes: Uint8Array): DataView {
    this.viewed = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.view;
  }

  private add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const text = decodeUtf8(bytes, start, end);
    if (text === undefined) return -1;
    const length = end - start;
    this.misses++;
    if (length > LONG_BYTES) this.longs++;
    if (this.used + length > this.arena.length) {
      const arena = new Uint8Array(Math.max(this.used + length, this.arena.length * 2));
      arena.set(this.arena.subarray(0, this.used));
      this.arena = arena;
      this.arenaView = new DataView(arena.buffer);
    }
    const { values } = this.dictionary;
    const code = values.length;
    if (code === this.hashes.length) {
      this.hashes = doubled(this.hashes);
      this.starts = doubled(this.starts);
      this.lengths = doubled(this.lengths);
    }
    values.push(text);
    this.arena.set(bytes.subarray(start, end), this.used);
    this.hashes[code] = hash;
    this.starts[code] = this.used;
    this.lengths[code] = length;
    this.used += length;
    this.slots[slot] = code + 1;
    if ((code + 1) * 2 > this.slots.length) this.rehash();
    return code;
  }

  private rehash(): void {
    const slots = new Int32Array(this.slots.length * 2);
    const mask = slots.length - 1;
    this.shift--;
    for (let code = 0; code < this.dictionary.values.length; code++) {
      let slot = this.hashes[code] >>> this.shift;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.slots = slots;
  }

  /** Sets a row to the string in UTF-8 at [start, end). False when it is not valid UTF-8. */
  putBytes(column: TextColumn, row: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.strings === null) {
      const text = decodeUtf8(bytes, start, end);
      if (text === undefined) return false;
      column.values[row] = text;
    } else {
      const code = this.find(bytes, start, end, hashBytes(bytes, start, end));
      if (code < 0) return false;
      column.codes[row] = code;
      column.values[row] = this.strings[code];
    }
    column.nulls[row] = 0;
    return true;
  }

  /** Sets a row to a string without lone surrogates, or to NULL. */
  put(column: TextColumn, row: number, text: string | null): void {
    if (text === null) {
      column.nulls[row] = 1;
      return;
    }
    if (this.strings === null) {
      column.set(row, text);
      return;
    }
    const bytes = Buffer.from(text, 'utf8');
    this.putBytes(column, row, bytes, 0, bytes.length);
  }
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

function doubled(from: Int32Array): Int32Array<ArrayBuffer> {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
