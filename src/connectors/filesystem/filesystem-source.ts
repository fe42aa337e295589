import { setTimeout as delay } from 'node:timers/promises';
import { RunError } from '../../base/problem.ts';
import type { ConnectedTable, ConnectorContext, Source } from '../connector.ts';
import type { RecordBatch } from '../record-batch.ts';
import { csvLineWithoutRecord, endOfCsvRecord } from './csv-records.ts';
import { listFiles, type InputFile } from './file-list.ts';
import { FileRecords } from './file-records.ts';
import type { FilesystemSettings } from './filesystem.ts';
import { LineReader } from './line-reader.ts';
import { resolvePath } from './path.ts';

const COMPRESSED = /\.(gz|gzip|deflate|bz2|xz|zst)$/;

/**
 * Reads the lines of files, one file after the other. A split is a file, its position the byte where the next line begins.
 * Only the file being read is a split at any time, so that the watermark follows all files as one stream, as in Flink.
 */
export class FilesystemSource implements Source {
  readonly kind = 'records';
  readonly #settings: FilesystemSettings;
  readonly #context: ConnectorContext;
  readonly #reader: LineReader;
  #positions: ReadonlyMap<string, number> = new Map();
  #root = '';
  #waiting: InputFile[] = [];
  readonly #seen = new Set<string>();
  #nextScan = 0;
  /** Of the file being read, or of the last one. */
  #records: FileRecords | null = null;
  #isReading = false;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    this.#settings = table.bound.settings as unknown as FilesystemSettings;
    this.#context = context;
    this.#reader = new LineReader(endOfCsvRecord(table.bound.format), csvLineWithoutRecord(table.bound.format));
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#positions = positions;
  }

  async open(): Promise<void> {
    this.#root = resolvePath(this.#settings.path);
    this.#scan();
  }

  poll(): RecordBatch | 'pending' | 'end' {
    for (;;) {
      if (!this.#isReading && !this.#openNext()) return this.#settings.monitorIntervalMs > 0 ? 'pending' : 'end';
      if (this.#records?.advance() === true) return this.#records;
      this.#isReading = false;
    }
  }

  async wait(timeoutMs: number): Promise<void> {
    const untilScan = Math.max(0, this.#nextScan - this.#context.clock.now());
    await delay(Math.min(timeoutMs, untilScan), undefined, { signal: this.#context.signal }).catch(() => undefined);
  }

  splits(): readonly string[] {
    return this.#records === null ? [] : [this.#records.split];
  }

  async close(): Promise<void> {
    this.#reader.close();
  }

  /** Puts files not seen before into `#waiting`. */
  #scan(): void {
    const { monitorIntervalMs } = this.#settings;
    this.#nextScan = monitorIntervalMs > 0 ? this.#context.clock.now() + monitorIntervalMs : Infinity;
    for (const file of listFiles(this.#root)) {
      if (this.#seen.has(file.path)) continue;
      this.#seen.add(file.path);
      this.#waiting.push(file);
    }
  }

  #openNext(): boolean {
    if (this.#waiting.length === 0 && this.#context.clock.now() >= this.#nextScan) this.#scan();
    const file = this.#waiting.shift();
    if (file === undefined) return false;
    const compression = COMPRESSED.exec(file.name)?.[1];
    if (compression !== undefined) {
      const message = `cannot read ${file.path}: ${compression} files are not supported`;
      throw new RunError('FILE_COMPRESSED', message, 'Decompress the file first.');
    }
    const position = this.#positions.get(file.path) ?? 0;
    this.#reader.open(file.path, position);
    this.#isReading = true;
    this.#records = new FileRecords(file, this.#reader, position);
    return true;
  }
}
