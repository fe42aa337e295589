import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Encoder } from '../../formats/format.ts';
import { putUtf8 } from '../../formats/text-bytes.ts';
import { bufferOf } from '../../formats/text-decoder.ts';
import type { Batch } from '../../types/batch.ts';
import type { DocumentText, LocalIndex } from './local-index.ts';

/** What the buffer may keep from one commit to the next. */
const KEPT_BYTES = 8 << 20;

/**
 * The documents of one index between two commits: id and JSON text of each, one behind the other, a deletion with an empty text.
 * They are kept as bytes, and written as such: strings that live until the next commit would gather in the heap.
 */
export class PendingDocuments {
  #bytes = new ByteBuffer();
  /** For document i: where its id ends, at 2 i, and its text, at 2 i + 1. */
  #ends = new Int32Array(256);
  #count = 0;

  /** Bytes to be written, about. */
  get size(): number {
    return this.#bytes.length + 64 * this.#count;
  }

  put(id: string, encoder: Encoder, batch: Batch, row: number): void {
    const idEnd = this.#appendId(id);
    encoder.encode(batch, row, this.#bytes);
    this.#end(idEnd);
  }

  delete(id: string): void {
    this.#end(this.#appendId(id));
  }

  /**
   * Writes the documents in their order. Where one may have come often (`updates`), or may be deleted, only the last of each id
   * counts, at the place of the first.
   */
  commit(index: LocalIndex, name: string, updates: boolean): void {
    if (updates) {
      const last = new Map<string, number>();
      for (let i = 0; i < this.#count; i++) last.set(this.#id(i).toString(), i);
      index.putAll(name, this.#documents(last.values()));
      for (const [id, i] of last) if (this.#isDeletion(i)) index.delete(name, id);
    } else {
      index.putAll(name, this.#documents(Array(this.#count).keys()));
    }
    this.#count = 0;
    this.#bytes.clear();
    if (this.#bytes.bytes.length > KEPT_BYTES) this.#bytes = new ByteBuffer();
  }

  *#documents(numbers: Iterable<number>): Iterable<readonly [id: DocumentText, json: DocumentText]> {
    for (const i of numbers) {
      if (!this.#isDeletion(i)) yield [this.#id(i), this.#bytes.bytes.subarray(this.#ends[2 * i], this.#ends[2 * i + 1])];
    }
  }

  #id(i: number): Buffer {
    return bufferOf(this.#bytes.bytes).subarray(i === 0 ? 0 : this.#ends[2 * i - 1], this.#ends[2 * i]);
  }

  #isDeletion(i: number): boolean {
    return this.#ends[2 * i] === this.#ends[2 * i + 1];
  }

  #appendId(id: string): number {
    const bytes = this.#bytes;
    bytes.reserve(3 * id.length);
    return (bytes.length = putUtf8(bytes.bytes, bytes.length, id));
  }

  #end(idEnd: number): void {
    const at = 2 * this.#count++;
    if (at === this.#ends.length) {
      const ends = new Int32Array(2 * at);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[at] = idEnd;
    this.#ends[at + 1] = this.#bytes.length;
  }
}
