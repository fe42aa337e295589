import type { TextColumn, TextDictionary } from '../../types/column.ts';
import { grownInts } from '../../base/grown-ints.ts';

/**
 * Small integers for texts. An id holds as long as somebody retains it; `release` by the last one frees it. An id that
 * nobody has retained yet is freed only by `clear`.
 */
export class Interner {
  private readonly ids = new Map<string, number>();
  private readonly texts: string[] = [];
  private references = new Int32Array(0);
  private readonly free: number[] = [];
  private dictionary: TextDictionary | null = null;
  /** Id by code of `dictionary`, or -1. */
  private idsByCode = new Int32Array(0);
  /** By id: the code that leads to it in `idsByCode`, or -1. */
  private codes = new Int32Array(0);

  idOf(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.free.length > 0 ? this.free.pop()! : this.texts.length;
      this.ids.set(text, id);
      this.texts[id] = text;
      if (id >= this.references.length) {
        this.references = grownInts(this.references);
        this.codes = grownInts(this.codes, this.references.length);
      }
      this.references[id] = 0;
      this.codes[id] = -1;
    }
    return id;
  }

  /** Puts the ids of the rows `from` … `to - 1` into `words[offset]`, `words[offset + stride]` …; 0 for NULL. */
  idsOf(column: TextColumn, from: number, to: number, words: Int32Array, offset: number, stride: number): void {
    const { nulls, codes, dictionary } = column;
    if (dictionary === null) {
      for (let i = from, at = offset; i < to; i++, at += stride) words[at] = nulls[i] !== 0 ? 0 : this.idOf(column.textAt(i));
      return;
    }
    if (this.dictionary !== dictionary) this.useDictionary(dictionary);
    if (this.idsByCode.length < dictionary.values.length) this.growCodes(dictionary.values.length);
    const idsByCode = this.idsByCode;
    for (let i = from, at = offset; i < to; i++, at += stride) {
      if (nulls[i] !== 0) {
        words[at] = 0;
        continue;
      }
      let id = idsByCode[codes[i]];
      if (id < 0) {
        id = this.idOf(column.textAt(i));
        idsByCode[codes[i]] = id;
        this.codes[id] = codes[i];
      }
      words[at] = id;
    }
  }

  retain(id: number): void {
    this.references[id]++;
  }

  release(id: number): void {
    if (--this.references[id] > 0) return;
    if (this.codes[id] >= 0) this.idsByCode[this.codes[id]] = -1;
    this.ids.delete(this.texts[id]);
    this.texts[id] = '';
    this.free.push(id);
  }

  clear(): void {
    this.forgetCodes();
    this.ids.clear();
    this.texts.length = 0;
    this.free.length = 0;
  }

  private useDictionary(dictionary: TextDictionary): void {
    this.forgetCodes();
    this.dictionary = dictionary;
  }

  private growCodes(count: number): void {
    const before = this.idsByCode.length;
    this.idsByCode = grownInts(this.idsByCode, Math.max(256, count + (count >> 1)));
    this.idsByCode.fill(-1, before);
  }

  private forgetCodes(): void {
    for (let id = 0; id < this.texts.length; id++) {
      if (this.codes[id] >= 0) this.idsByCode[this.codes[id]] = -1;
      this.codes[id] = -1;
    }
  }
}
