import type { Column, TextColumn, TextDictionary } from '../../types/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { grownInts } from '../../base/grown-ints.ts';
import { KeyIndex } from './key-index.ts';

/**
 * Keys of one text column. While the texts come with codes of one dictionary, a key is found by one look into a typed
 * array; otherwise by the text, in a map that is made when the first such text comes.
 */
export class TextKeyIndex extends KeyIndex {
  /** Null while every key has come with a code of `dictionary`, which holds each text once: the codes alone tell them apart. */
  private slotsByText: Map<string, number> | null = null;
  private nullSlot = -1;
  private dictionary: TextDictionary | null = null;
  /** Slot by code of `dictionary`, or -1. */
  private slotsByCode = new Int32Array(0);
  /** By slot: the code that leads to it in `slotsByCode`, or -1. */
  private codes = new Int32Array(0);

  constructor(type: SqlType) {
    super([type]);
  }

  resolve(columns: readonly Column[], from: number, to: number, slots: Int32Array): void {
    this.createdCount = 0;
    const column = columns[0] as TextColumn;
    if (column.dictionary === null) this.resolveTexts(columns, column, from, to, slots);
    else this.resolveCodes(columns, column, column.codes, column.dictionary, from, to, slots);
  }

  override resolveAll(other: KeyIndex, slots: Int32Array): void {
    const { columns, dictionary } = other as TextKeyIndex;
    const isCoded = dictionary !== null && (other as TextKeyIndex).slotsByText === null;
    if (!isCoded) return this.resolve(columns, 0, other.size, slots);
    this.createdCount = 0;
    this.resolveCodes(columns, columns[0] as TextColumn, (other as TextKeyIndex).codes, dictionary, 0, other.size, slots);
  }

  private resolveCodes(
    columns: readonly Column[],
    column: TextColumn,
    codes: Int32Array,
    dictionary: TextDictionary,
    from: number,
    to: number,
    slots: Int32Array,
  ): void {
    if (this.dictionary !== dictionary) this.useDictionary(dictionary);
    const { nulls } = column;
    if (this.slotsByCode.length < dictionary.values.length) this.growCodes(dictionary.values.length);
    const slotsByCode = this.slotsByCode;
    for (let i = from; i < to; i++) {
      if (nulls[i] !== 0) {
        slots[i] = this.slotOfNull(columns, i);
        continue;
      }
      const code = codes[i];
      let slot = slotsByCode[code];
      if (slot < 0) {
        slot = this.slotOfText(columns, column, i);
        slotsByCode[code] = slot;
        this.codes[slot] = code;
      }
      slots[i] = slot;
    }
  }

  private resolveTexts(columns: readonly Column[], column: TextColumn, from: number, to: number, slots: Int32Array): void {
    this.slotsByText ??= this.findTexts();
    const { nulls } = column;
    for (let i = from; i < to; i++) {
      slots[i] = nulls[i] !== 0 ? this.slotOfNull(columns, i) : this.slotOfText(columns, column, i);
    }
  }

  /** The slot of a text whose code, if it has one, is new: without a map, the text is new then, too. */
  private slotOfText(columns: readonly Column[], column: TextColumn, row: number): number {
    const text = column.textAt(row);
    let slot = this.slotsByText?.get(text);
    if (slot === undefined) {
      slot = this.allocate(columns, row);
      this.slotsByText?.set(text, slot);
      this.codes[slot] = -1;
    }
    return slot;
  }

  private slotOfNull(columns: readonly Column[], row: number): number {
    if (this.nullSlot < 0) {
      this.nullSlot = this.allocate(columns, row);
      this.codes[this.nullSlot] = -1;
    }
    return this.nullSlot;
  }

  private findTexts(): Map<string, number> {
    const slots = new Map<string, number>();
    const { values, nulls } = this.columns[0] as TextColumn;
    for (let slot = 0; slot < this.limit; slot++) if (this.isLive(slot) && nulls[slot] === 0) slots.set(values[slot], slot);
    return slots;
  }

  private useDictionary(dictionary: TextDictionary): void {
    if (this.size > 0) this.slotsByText ??= this.findTexts();
    this.forgetCodes();
    this.codes.fill(-1);
    this.dictionary = dictionary;
  }

  private growCodes(count: number): void {
    const before = this.slotsByCode.length;
    this.slotsByCode = grownInts(this.slotsByCode, Math.max(256, count + (count >> 1)));
    this.slotsByCode.fill(-1, before);
  }

  private forgetCodes(): void {
    const { codes, slotsByCode } = this;
    for (let slot = 0; slot < this.limit; slot++) if (codes[slot] >= 0) slotsByCode[codes[slot]] = -1;
  }

  protected override grow(capacity: number): void {
    super.grow(capacity);
    const before = this.codes.length;
    this.codes = grownInts(this.codes, capacity);
    this.codes.fill(-1, before);
  }

  protected forget(slot: number): void {
    const column = this.columns[0] as TextColumn;
    if (column.nulls[slot] !== 0) this.nullSlot = -1;
    else this.slotsByText?.delete(column.values[slot]);
    if (this.codes[slot] >= 0) this.slotsByCode[this.codes[slot]] = -1;
    this.codes[slot] = -1;
    // The text would otherwise live on until the slot is used again.
    column.values[slot] = '';
  }

  protected forgetAll(): void {
    this.forgetCodes();
    this.slotsByText = null;
    this.nullSlot = -1;
  }
}
