import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../base/problem.ts';
import { ByteBuffer } from '../../formats/byte-buffer.ts';
import type { Encoder } from '../../formats/format.ts';
import type { Batch } from '../../types/batch.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import { encoderOf } from '../encode.ts';
import type { FilesystemSettings } from './filesystem.ts';
import { fileError, resolvePath } from './path.ts';

const BUFFER_BYTES = 1 << 20;
const LINE_FEED = 10;

/**
 * Writes rows as lines to files in a folder, named as Flink names them. A part is written under a hidden name
 * (`.part-….inprogress.…`, which readers of the folder skip) and gets its own, `part-JOB-0-N`, at the next checkpoint or at
 * the end: whatever has a visible name is whole and never changes. After a crash, rows since the last checkpoint are written
 * again, and what was in progress stays hidden: each row is in a visible part at least once.
 */
export class FilesystemSink implements Sink {
  readonly #settings: FilesystemSettings;
  readonly #encoder: Encoder;
  readonly #isRaw: boolean;
  readonly #buffer = new ByteBuffer(BUFFER_BYTES + BUFFER_BYTES / 4);
  readonly #name = `part-${randomUUID()}-0`;
  #folder = '';
  #parts = 0;
  #handle = -1;
  #hiddenPath = '';
  #bytesInPart = 0;
  /** Closed parts that still have their hidden names. */
  #closed: { readonly hidden: string; readonly visible: string }[] = [];

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#settings = table.bound.settings as unknown as FilesystemSettings;
    this.#isRaw = table.bound.format?.format === 'raw';
    this.#encoder = encoderOf(
      table.bound.format!,
      table.physical,
      table.physical.map((_, i) => i),
      context.timeZone,
    );
  }

  async open(): Promise<void> {
    this.#folder = resolvePath(this.#settings.path);
    this.#attempt(() => mkdirSync(this.#folder, { recursive: true }));
  }

  write(batch: Batch): void {
    const buffer = this.#buffer;
    const { partBytes } = this.#settings;
    for (let row = 0; row < batch.length; row++) {
      if (this.#isRaw && batch.columns[0].nulls[row] === 1) throw nullLine(this.#folder);
      this.#encoder.encode(batch, row, buffer);
      buffer.reserve(1);
      buffer.bytes[buffer.length++] = LINE_FEED;
      if (this.#bytesInPart + buffer.length >= partBytes) this.#closePart();
      else if (buffer.length >= BUFFER_BYTES) this.#writeOut();
    }
  }

  async flush(): Promise<void> {
    this.#closePart();
    for (const { hidden, visible } of this.#closed) this.#attempt(() => renameSync(hidden, visible));
    this.#closed = [];
  }

  async close(): Promise<void> {
    if (this.#handle !== -1) closeSync(this.#handle);
    this.#handle = -1;
  }

  #writeOut(): void {
    this.#attempt(() => {
      if (this.#handle === -1) {
        this.#hiddenPath = join(this.#folder, `.${this.#name}-${this.#parts}.inprogress.${randomUUID()}`);
        this.#handle = openSync(this.#hiddenPath, 'wx');
      }
      const bytes = this.#buffer.written();
      for (let written = 0; written < bytes.length;) written += writeSync(this.#handle, bytes, written);
    });
    this.#bytesInPart += this.#buffer.length;
    this.#buffer.clear();
  }

  #closePart(): void {
    if (this.#buffer.length > 0) this.#writeOut();
    if (this.#handle === -1) return;
    this.#attempt(() => {
      fsyncSync(this.#handle);
      closeSync(this.#handle);
    });
    this.#handle = -1;
    this.#bytesInPart = 0;
    this.#closed.push({ hidden: this.#hiddenPath, visible: join(this.#folder, `${this.#name}-${this.#parts}`) });
    this.#parts++;
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      throw fileError(error, 'write', this.#folder);
    }
  }
}

/** An empty line would be another value. */
function nullLine(folder: string): RunError {
  return new RunError(
    'FILE_NULL',
    `the raw format has no way to write NULL to a file in ${folder}`,
    'Filter such rows, or COALESCE the column.',
  );
}
