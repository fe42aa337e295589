import { ByteBuffer } from '../../formats/byte-buffer.ts';

export interface BulkAction {
  readonly kind: 'index' | 'update' | 'delete';
  readonly index: string;
  readonly id: string;
}

/** Writes a document as JSON, without a line break, at the end of the buffer. */
type WriteDocument = (out: ByteBuffer) => void;

/** How often Elasticsearch itself repeats an update that met another one: a request of ours that was cut off may still run there. */
const RETRIES_ON_CONFLICT = 5;
const INITIAL_CAPACITY_BYTES = 64 * 1024;
const LINE_BREAK = 10;
const encoder = new TextEncoder();

/**
 * The body of a bulk request while it grows, lines of JSON, and what its actions are, in order. An upsert is, as with Flink, an
 * `update` that inserts the document where there is none: fields that the document does not name stay.
 */
export class BulkRequest {
  readonly #body = new ByteBuffer(INITIAL_CAPACITY_BYTES);
  readonly #actions: BulkAction[] = [];
  /** Where each action's lines begin. */
  readonly #starts: number[] = [];

  get actions(): readonly BulkAction[] {
    return this.#actions;
  }

  get bytes(): number {
    return this.#body.length;
  }

  /** Valid until the next action. */
  get body(): Uint8Array {
    return this.#body.written();
  }

  addIndex(index: string, id: string, writeDocument: WriteDocument): void {
    this.#begin('index', index, id);
    writeDocument(this.#body);
    this.#writeLine('');
  }

  addUpsert(index: string, id: string, writeDocument: WriteDocument): void {
    this.#begin('update', index, id);
    this.#write('{"doc":');
    writeDocument(this.#body);
    this.#writeLine(',"doc_as_upsert":true}');
  }

  addDelete(index: string, id: string): void {
    this.#begin('delete', index, id);
  }

  /** A request of some of its actions, in their order. */
  subset(positions: readonly number[]): BulkRequest {
    const subset = new BulkRequest();
    for (const position of positions) {
      const lines = this.#body.bytes.subarray(this.#starts[position], this.#starts[position + 1] ?? this.#body.length);
      subset.#actions.push(this.#actions[position]);
      subset.#starts.push(subset.#body.length);
      subset.#body.reserve(lines.length);
      subset.#body.bytes.set(lines, subset.#body.length);
      subset.#body.length += lines.length;
    }
    return subset;
  }

  #begin(kind: BulkAction['kind'], index: string, id: string): void {
    this.#actions.push({ kind, index, id });
    this.#starts.push(this.#body.length);
    const conflicts = kind === 'update' ? `,"retry_on_conflict":${RETRIES_ON_CONFLICT}` : '';
    this.#writeLine(`{"${kind}":{"_index":${JSON.stringify(index)},"_id":${JSON.stringify(id)}${conflicts}}}`);
  }

  #writeLine(text: string): void {
    this.#write(text);
    this.#body.reserve(1);
    this.#body.bytes[this.#body.length++] = LINE_BREAK;
  }

  #write(text: string): void {
    this.#body.reserve(text.length * 3);
    this.#body.length += encoder.encodeInto(text, this.#body.bytes.subarray(this.#body.length)).written;
  }
}
