import { closeSync, openSync, readSync } from 'node:fs';
import { RunError } from '../../base/problem.ts';
import type { EndOfRecord, IsNoRecord } from './csv-records.ts';
import { fileError } from './path.ts';

const CHUNK_BYTES = 1 << 20;
/** As much as a text can take in, and not all memory where a file has no line ends. */
const MAX_LINE_BYTES = 1 << 28;
/** Lines at a time, at most. */
const LINES = 16384;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Reads a file line by line, some at a time. A line ends with \n or \r\n, the last one also with the file. After `read` has
 * answered true, line i of `count` is `starts[i]` … `ends[i] - 1` of `bytes`, and the next one begins at `nextStarts[i]`;
 * `bytes[0]` is the file's byte `baseOffset`. A line that holds no record ends in front of its start. The arrays and `bytes` are used again by the next `read`.
 */
export class LineReader {
  path = '';
  count = 0;
  readonly starts = new Int32Array(LINES);
  readonly ends = new Int32Array(LINES);
  readonly nextStarts = new Int32Array(LINES);
  /** Bytes `#start` … `#end - 1` are read from the file and not yet given away. */
  bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  baseOffset = 0;
  #start = 0;
  #end = 0;
  /** No line ends in `#start` … `#searched - 1`. */
  #searched = 0;
  #atEndOfFile = false;
  #handle = -1;
  readonly #endOfRecord: EndOfRecord | null;
  readonly #isNoRecord: IsNoRecord | null;

  constructor(endOfRecord: EndOfRecord | null = null, isNoRecord: IsNoRecord | null = null) {
    this.#endOfRecord = endOfRecord;
    this.#isNoRecord = isNoRecord;
  }

  /** Begins a file at byte `position`, where a line must begin. */
  open(path: string, position: number): void {
    this.close();
    this.path = path;
    this.count = 0;
    this.baseOffset = position;
    this.#start = this.#end = this.#searched = 0;
    this.#atEndOfFile = false;
    try {
      this.#handle = openSync(path, 'r');
    } catch (error) {
      throw fileError(error, 'read', path);
    }
  }

  /** False at the end of the file. */
  read(): boolean {
    for (;;) {
      if (!this.#awaitsMore() && this.#findLines()) return true;
      if (this.#atEndOfFile) return false;
      this.#readChunk();
    }
  }

  /** The end of a record that may go over several lines is looked for from its start: again only when there is twice as much of it. */
  #awaitsMore(): boolean {
    const searched = this.#searched - this.#start;
    return this.#endOfRecord !== null && !this.#atEndOfFile && searched > 0 && this.#end - this.#start < 2 * searched;
  }

  close(): void {
    if (this.#handle !== -1) closeSync(this.#handle);
    this.#handle = -1;
  }

  /** Reads on behind `#end`, making room first: the bytes not given away move to the front. */
  #readChunk(): void {
    const left = this.#end - this.#start;
    if (left > MAX_LINE_BYTES) {
      throw new RunError(
        'FILE_LINE_TOO_LONG',
        `cannot read ${this.path}: the line that begins at byte ${this.baseOffset + this.#start} has more than ${MAX_LINE_BYTES >> 20} MiB`,
        'Is it a text file, with a line for each record?',
      );
    }
    const isLargeEnough = left + CHUNK_BYTES / 2 <= this.bytes.length;
    const bytes = isLargeEnough ? this.bytes : Buffer.allocUnsafeSlow(2 * this.bytes.length);
    if (this.#start > 0 || bytes !== this.bytes) {
      this.bytes.copy(bytes, 0, this.#start, this.#end);
      this.baseOffset += this.#start;
      this.#searched -= this.#start;
      this.#start = 0;
      this.#end = left;
      this.bytes = bytes;
    }
    try {
      const room = Math.min(CHUNK_BYTES, bytes.length - left);
      const count = readSync(this.#handle, bytes, left, room, this.baseOffset + left);
      this.#end += count;
      this.#atEndOfFile = count === 0;
    } catch (error) {
      throw fileError(error, 'read', this.path);
    }
  }

  /** Notes the whole lines in the buffer; false when there is none. */
  #findLines(): boolean {
    const { starts, ends, nextStarts, bytes } = this;
    const end = this.#end;
    let count = 0;
    let start = this.#start;
    let searched = this.#searched;
    while (count < LINES && start < end) {
      let lineEnd = this.#endOfRecord === null ? bytes.indexOf(LINE_FEED, searched) : this.#endOfRecord(bytes, start, end);
      let next = lineEnd + 1;
      if (lineEnd === -1 || lineEnd >= end) {
        searched = end;
        if (!this.#atEndOfFile) break;
        lineEnd = next = end;
      }
      starts[count] = start;
      ends[count] = next > lineEnd && lineEnd > start && bytes[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
      if (this.#isNoRecord?.(bytes, start, ends[count]) === true) ends[count] = start - 1;
      nextStarts[count] = next;
      count++;
      start = searched = next;
    }
    this.#start = start;
    this.#searched = searched;
    this.count = count;
    return count > 0;
  }
}

/** How many lines there are in the first `bytes` bytes of a file. */
export function countLines(path: string, bytes: number): number {
  const handle = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let lines = 0;
    for (let position = 0; position < bytes;) {
      const count = readSync(handle, chunk, 0, Math.min(chunk.length, bytes - position), position);
      if (count === 0) break;
      const read = chunk.subarray(0, count);
      for (let at = read.indexOf(LINE_FEED); at !== -1; at = read.indexOf(LINE_FEED, at + 1)) lines++;
      position += count;
    }
    return lines;
  } finally {
    closeSync(handle);
  }
}
