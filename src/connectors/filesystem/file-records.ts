import type { Value } from '../../types/value.ts';
import type { RecordBatch } from '../record-batch.ts';
import type { InputFile } from './file-list.ts';
import { countLines, type LineReader } from './line-reader.ts';

/** Lines of one file, as its reader has them: valid until that reads on. */
export class FileRecords implements RecordBatch {
  readonly file: InputFile;
  readonly #reader: LineReader;
  readonly #startPosition: number;
  /** How many lines come before the first one here; those before the position that reading started at are counted on demand. */
  #firstLine = 0;
  #linesSkipped: number | undefined;
  readonly keyStarts = null;
  readonly keyEnds = null;
  readonly timestamps = null;
  readonly partition = 0;

  constructor(file: InputFile, reader: LineReader, startPosition: number) {
    this.file = file;
    this.#reader = reader;
    this.#startPosition = startPosition;
  }

  /** Goes on to the next lines; false at the end of the file. */
  advance(): boolean {
    this.#firstLine += this.#reader.count;
    return this.#reader.read();
  }

  get count(): number {
    return this.#reader.count;
  }

  get bytes(): Uint8Array {
    return this.#reader.bytes;
  }

  get valueStarts(): Int32Array {
    return this.#reader.starts;
  }

  get valueEnds(): Int32Array {
    return this.#reader.ends;
  }

  get origin(): string {
    return this.file.path;
  }

  get split(): string {
    return this.file.path;
  }

  offset(i: number): number {
    this.#linesSkipped ??= countLines(this.file.path, this.#startPosition);
    return this.#linesSkipped + this.#firstLine + i;
  }

  positionAfter(i: number): number {
    return this.#reader.baseOffset + this.#reader.nextStarts[i];
  }

  metadata(key: string): Value {
    switch (key) {
      case 'file.path':
        return this.file.path;
      case 'file.name':
        return this.file.name;
      case 'file.size':
        return BigInt(this.file.bytes);
      case 'file.modification-time':
        return this.file.modified;
      default:
        return null;
    }
  }
}
