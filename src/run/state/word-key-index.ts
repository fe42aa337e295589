import { unreachable } from '../../base/assert.ts';
import type { BigintColumn, Column, DoubleColumn, Storage, TimestampColumn } from '../../types/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { canonicalText } from '../../types/canonical-text.ts';
import { Interner } from './interner.ts';
import { grownInts } from '../../base/grown-ints.ts';
import { KeyIndex } from './key-index.ts';

/** 32-bit words that a value of each storage takes in a key. */
const WORDS: Readonly<Record<Storage, number>> = { boolean: 1, int: 1, text: 1, object: 1, bigint: 2, double: 2, timestamp: 3 };

/**
 * Keys of any columns, as words of 32 bits: numbers by their bits, texts and objects by an interned id, and a word that says
 * which columns are NULL. Open addressing with linear probing.
 */
export class WordKeyIndex extends KeyIndex {
  /** For each column the first of its words. */
  private readonly offsets: readonly number[];
  private readonly interners: readonly (Interner | null)[];
  /** Words of a key, the NULL words included. */
  private readonly width: number;
  /** Slot + 1, or 0; the length is a power of two, at least twice the number of keys. */
  private table = new Int32Array(128);
  private words = new Int32Array(0);
  private hashes = new Int32Array(0);
  private rowWords = new Int32Array(0);

  constructor(types: readonly SqlType[]) {
    super(types);
    const offsets: number[] = [];
    let width = Math.ceil(types.length / 32);
    for (const column of this.columns) {
      offsets.push(width);
      width += WORDS[column.storage];
    }
    this.offsets = offsets;
    this.width = width;
    this.interners = this.columns.map(({ storage }) => (storage === 'text' || storage === 'object' ? new Interner() : null));
  }

  resolve(columns: readonly Column[], from: number, to: number, slots: Int32Array): void {
    this.createdCount = 0;
    this.readWords(columns, from, to);
    const { rowWords, width } = this;
    for (let i = from, at = 0; i < to; i++, at += width) {
      let hash = 0;
      for (let w = 0; w < width; w++) {
        hash = Math.imul(hash ^ rowWords[at + w], 0x9e3779b1);
        hash ^= hash >>> 15;
      }
      slots[i] = this.slotOf(columns, i, at, hash);
    }
  }

  private slotOf(columns: readonly Column[], row: number, at: number, hash: number): number {
    const { table, words, hashes, rowWords, width } = this;
    const mask = table.length - 1;
    let position = hash & mask;
    probe: for (; table[position] !== 0; position = (position + 1) & mask) {
      const slot = table[position] - 1;
      if (hashes[slot] !== hash) continue;
      const start = slot * width;
      for (let w = 0; w < width; w++) if (words[start + w] !== rowWords[at + w]) continue probe;
      return slot;
    }
    return this.add(columns, row, at, hash);
  }

  private add(columns: readonly Column[], row: number, at: number, hash: number): number {
    const slot = this.allocate(columns, row);
    const { width, words, rowWords, interners, offsets } = this;
    for (let w = 0; w < width; w++) words[slot * width + w] = rowWords[at + w];
    this.hashes[slot] = hash;
    for (let c = 0; c < interners.length; c++) {
      if (this.columns[c].nulls[slot] === 0) interners[c]?.retain(rowWords[at + offsets[c]]);
    }
    if (this.size * 2 > this.table.length) this.rebuild(this.table.length * 2);
    else this.enter(slot);
    return slot;
  }

  private enter(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let position = this.hashes[slot] & mask;
    while (table[position] !== 0) position = (position + 1) & mask;
    table[position] = slot + 1;
  }

  private rebuild(length: number): void {
    this.table = new Int32Array(length);
    for (let slot = 0; slot < this.limit; slot++) if (this.isLive(slot)) this.enter(slot);
  }

  /** The words of the rows, into `rowWords`. */
  private readWords(columns: readonly Column[], from: number, to: number): void {
    const { width, offsets, interners } = this;
    const needed = (to - from) * width;
    if (this.rowWords.length < needed) this.rowWords = new Int32Array(needed * 2);
    const words = this.rowWords;
    const nullWords = Math.ceil(columns.length / 32);
    for (let at = 0; at < needed; at += width) for (let w = 0; w < nullWords; w++) words[at + w] = 0;
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c];
      const { nulls } = column;
      const word = c >> 5;
      const bit = 1 << (c & 31);
      for (let i = from, at = word; i < to; i++, at += width) if (nulls[i] !== 0) words[at] |= bit;
      readColumn(column, interners[c], from, to, words, offsets[c], width);
    }
  }

  protected override grow(capacity: number): void {
    super.grow(capacity);
    this.words = grownInts(this.words, capacity * this.width);
    this.hashes = grownInts(this.hashes, capacity);
  }

  protected forget(slot: number): void {
    const { table, hashes, width, words, interners, offsets } = this;
    const mask = table.length - 1;
    let hole = hashes[slot] & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Whoever would be found no more because of the hole moves into it.
    for (let next = (hole + 1) & mask; table[next] !== 0; next = (next + 1) & mask) {
      const home = hashes[table[next] - 1] & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      table[hole] = table[next];
      hole = next;
    }
    table[hole] = 0;
    for (let c = 0; c < interners.length; c++) {
      const column = this.columns[c];
      if (interners[c] === null) continue;
      if (column.nulls[slot] === 0) interners[c]!.release(words[slot * width + offsets[c]]);
      if (column.storage === 'text') column.values[slot] = '';
      else if (column.storage === 'object') column.values[slot] = null;
    }
  }

  protected forgetAll(): void {
    const { table, hashes } = this;
    if (this.size * 8 > table.length) table.fill(0);
    else {
      // Nothing stays, so that from each key's home on everything up to the next gap can go.
      const mask = table.length - 1;
      for (let slot = 0; slot < this.limit; slot++) {
        for (let position = hashes[slot] & mask; table[position] !== 0; position = (position + 1) & mask) table[position] = 0;
      }
    }
    for (const interner of this.interners) interner?.clear();
  }
}

/** The words of one column; those of NULL are 0. */
function readColumn(
  column: Column,
  interner: Interner | null,
  from: number,
  to: number,
  words: Int32Array,
  offset: number,
  stride: number,
): void {
  switch (column.storage) {
    case 'boolean':
    case 'int': {
      const { values, nulls } = column;
      for (let i = from, at = offset; i < to; i++, at += stride) words[at] = nulls[i] !== 0 ? 0 : values[i];
      return;
    }
    case 'bigint':
    case 'double':
      return readWide(column, from, to, words, offset, stride);
    case 'timestamp': {
      readWide(column, from, to, words, offset, stride);
      const { nanos, nulls } = column;
      for (let i = from, at = offset + 2; i < to; i++, at += stride) words[at] = nanos === null || nulls[i] !== 0 ? 0 : nanos[i];
      return;
    }
    case 'text':
      return interner!.idsOf(column, from, to, words, offset, stride);
    case 'object': {
      const { values, nulls } = column;
      for (let i = from, at = offset; i < to; i++, at += stride) {
        words[at] = nulls[i] !== 0 ? 0 : interner!.idOf(canonicalText(values[i]));
      }
      return;
    }
    default:
      unreachable(column);
  }
}

function readWide(
  column: BigintColumn | DoubleColumn | TimestampColumn,
  from: number,
  to: number,
  words: Int32Array,
  offset: number,
  stride: number,
): void {
  const { values, nulls } = column;
  const halves = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let i = from, at = offset; i < to; i++, at += stride) {
    const isNull = nulls[i] !== 0;
    words[at] = isNull ? 0 : halves[2 * i];
    words[at + 1] = isNull ? 0 : halves[2 * i + 1];
  }
  if (column.storage !== 'double') return;
  // NaN has many bit patterns.
  const doubles = column.values;
  for (let i = from, at = offset; i < to; i++, at += stride) {
    if (doubles[i] === doubles[i] || nulls[i] !== 0) continue;
    words[at] = 0;
    words[at + 1] = 0x7ff80000;
  }
}
