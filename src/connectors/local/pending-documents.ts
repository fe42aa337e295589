import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Encoder } from '../../formats/format.ts';
import { putUtf8 } from '../../formats/text-bytes.ts';
import { bufferOf } from '../../formats/text-decoder.ts';
import type { Batch } from '../../types/batch.ts';
import type { LocalIndex } from './local-index.ts';

/** A block with so many bytes takes no more; it seldom has to grow beyond the second number for its last document. */
const FULL_BYTES = 240 << 10;
const BLOCK_BYTES = 256 << 10;
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
  size = 0;

  put(id: string, encoder: Encoder, batch: Batch, row: number): void {
    this.size += this.#block().put(id, encoder, batch, row);
  }

  delete(id: string): void {
    this.size += this.#block().delete(id);
  }

  /**
   * Writes the documents in their order. Where one may have come often (`updates`), or may be deleted, only the last of each id
   * counts, at the place of the first.
   */
  commit(index: LocalIndex, name: string, updates: boolean): void {
    if (updates) {
      const last = new Map<string, DocumentBytes>();
      for (const document of this.#documents()) last.set(bufferOf(document.id).toString(), document);
      index.putAll(
        name,
        [...last.values()].filter(({ json }) => json.length > 0),
      );
      for (const [id, { json }] of last) if (json.length === 0) index.delete(name, id);
    } else {
      index.putAll(name, this.#documents());
    }
    this.#blocks.length = Math.min(this.#blocks.length, KEPT_BLOCKS);
    for (const block of this.#blocks) block.clear();
    this.#current = 0;
    this.size = 0;
  }

  #block(): DocumentBlock {
    const block = this.#blocks[this.#current];
    if (block?.hasRoom) return block;
    if (block !== undefined) this.#current++;
    return (this.#blocks[this.#current] ??= new DocumentBlock());
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

  /** Answers how many bytes there are to be written for it, about. */
  put(id: string, encoder: Encoder, batch: Batch, row: number): number {
    const idEnd = this.#appendId(id);
    encoder.encode(batch, row, this.#bytes);
    return this.#end(idEnd);
  }

  delete(id: string): number {
    return this.#end(this.#appendId(id));
  }

  document(i: number): DocumentBytes {
    const { bytes } = this.#bytes;
    const start = i === 0 ? 0 : this.#ends[2 * i - 1];
    const idEnd = this.#ends[2 * i];
    return { id: bytes.subarray(start, idEnd), json: bytes.subarray(idEnd, this.#ends[2 * i + 1]) };
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

  #end(idEnd: number): number {
    const at = 2 * this.count++;
    if (at === this.#ends.length) {
      const ends = new Int32Array(2 * at);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    const start = at === 0 ? 0 : this.#ends[at - 1];
    this.#ends[at] = idEnd;
    this.#ends[at + 1] = this.#bytes.length;
    return this.#bytes.length - start + 64;
  }
}
