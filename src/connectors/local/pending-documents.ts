import { grownInts } from '../../base/grown-ints.ts';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Encoder } from '../../formats/format.ts';
import { putUtf8 } from '../../formats/text-bytes.ts';
import { bufferOf } from '../../formats/text-decoder.ts';
import type { Batch } from '../../types/batch.ts';
import type { LocalIndex } from './local-index.ts';

/** A block with so many bytes is full. */
const FULL_BYTES = 240 << 10;
/** What a block may keep from one commit to the next: room for a last document of the usual size. */
const BLOCK_BYTES = 256 << 10;
/** More than fit into a block: each has a byte at least. */
const MOST_DOCUMENTS = 1 << 20;
/** Blocks that are kept for the documents after a commit. */
const KEPT_BLOCKS = 32;

/**
 * The documents of one index between two commits. They are kept as bytes, and written as such: strings that live until the next
 * commit would gather in the heap.
 */
export class PendingDocuments {
  #blocks: DocumentBlock[] = [];
  /** The blocks before this one are full. */
  #current = 0;
  /** Bytes to be written, about. */
  get size(): number {
    let size = 0;
    for (let i = 0; i <= this.#current && i < this.#blocks.length; i++) size += this.#blocks[i].size;
    return size;
  }

  put(id: string, encoder: Encoder, batch: Batch, row: number): void {
    this.#block().put(id, encoder, batch, row);
  }

  delete(id: string): void {
    this.#block().delete(id);
  }

  /**
   * Writes the documents in their order. Where one may have come often (`updates`), or may be deleted, only the last of each id
   * counts, at the place of the first.
   */
  commit(index: LocalIndex, name: string, updates: boolean): void {
    if (updates) {
      const last = new Map<string, number>();
      this.#blocks.forEach((block, b) => {
        for (let i = 0; i < block.count; i++) last.set(block.id(i).toString(), b * MOST_DOCUMENTS + i);
      });
      index.putAll(name, this.#written(last.values()));
      for (const [id, place] of last) if (this.#at(place).json.length === 0) index.delete(name, id);
    } else {
      index.putAll(name, this.#documents());
    }
    this.#blocks.length = Math.min(this.#blocks.length, KEPT_BLOCKS);
    for (const block of this.#blocks) block.clear();
    this.#current = 0;
  }

  #block(): DocumentBlock {
    const block = this.#blocks[this.#current];
    if (block?.hasRoom) return block;
    if (block !== undefined) this.#current++;
    return (this.#blocks[this.#current] ??= new DocumentBlock());
  }

  /** Those at the places given, but for deletions. */
  *#written(places: Iterable<number>): Iterable<DocumentBytes> {
    for (const place of places) {
      const document = this.#at(place);
      if (document.json.length > 0) yield document;
    }
  }

  /** The document at a place: the number of its block, times MOST_DOCUMENTS, and its number there. */
  #at(place: number): DocumentBytes {
    return this.#blocks[Math.floor(place / MOST_DOCUMENTS)].document(place % MOST_DOCUMENTS);
  }

  *#documents(): Iterable<DocumentBytes> {
    for (const block of this.#blocks) for (let i = 0; i < block.count; i++) yield block.document(i);
  }
}

/** In UTF-8. */
interface DocumentBytes {
  readonly id: Uint8Array;
  /** Empty for a deletion. */
  readonly json: Uint8Array;
}

/** Id and JSON text of some documents, one behind the other, and where they end. */
class DocumentBlock {
  count = 0;
  #bytes = new ByteBuffer();
  /** For document i: where its id ends, at 2 i, and its text, at 2 i + 1. */
  #ends = new Int32Array(64);

  get hasRoom(): boolean {
    return this.#bytes.length < FULL_BYTES;
  }

  /** Bytes to be written, about. */
  get size(): number {
    return this.#bytes.length + 64 * this.count;
  }

  put(id: string, encoder: Encoder, batch: Batch, row: number): void {
    const idEnd = this.#appendId(id);
    encoder.encode(batch, row, this.#bytes);
    this.#end(idEnd);
  }

  delete(id: string): void {
    this.#end(this.#appendId(id));
  }

  document(i: number): DocumentBytes {
    return { id: this.id(i), json: this.#bytes.bytes.subarray(this.#ends[2 * i], this.#ends[2 * i + 1]) };
  }

  id(i: number): Buffer {
    return bufferOf(this.#bytes.bytes).subarray(i === 0 ? 0 : this.#ends[2 * i - 1], this.#ends[2 * i]);
  }

  clear(): void {
    this.count = 0;
    this.#bytes.clear();
    // One that a long document has made larger is not kept.
    if (this.#bytes.bytes.length > BLOCK_BYTES) this.#bytes = new ByteBuffer();
  }

  #appendId(id: string): number {
    const bytes = this.#bytes;
    bytes.reserve(3 * id.length);
    return (bytes.length = putUtf8(bytes.bytes, bytes.length, id));
  }

  #end(idEnd: number): void {
    const at = 2 * this.count++;
    if (at === this.#ends.length) this.#ends = grownInts(this.#ends);
    this.#ends[at] = idEnd;
    this.#ends[at + 1] = this.#bytes.length;
  }
}
