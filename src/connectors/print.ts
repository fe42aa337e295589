import { ROW_KIND_TEXT } from '../types/row-kind.ts';
import type { Batch } from '../types/batch.ts';
import type { Value } from '../types/value.ts';
import { printerOf } from '../types/format-value.ts';
import type { ConnectedTable, Connector, ConnectorContext, Sink } from './connector.ts';
import { OptionReader } from './options.ts';
import { bindWatermarkOptions } from './watermark-options.ts';

interface PrintSettings {
  readonly identifier: string;
  readonly standardError: boolean;
}

/** Writes every row as a line, `identifier> +I[a, b]`. Flink's page: connectors/table/print. */
export const print: Connector = {
  name: 'print',
  summary: 'Writes every row as a line to standard output.',
  metadata: new Map(),
  bind(table, _use, report) {
    const reader = new OptionReader(table, report);
    const settings: PrintSettings = {
      identifier: reader.text('print-identifier') ?? '',
      standardError: reader.boolean('standard-error', false),
    };
    reader.integer('sink.parallelism', { min: 1 });
    bindWatermarkOptions(reader);
    reader.finish();
    return { connector: 'print', settings: { ...settings }, accepts: 'changelog', emits: 'insert', bounded: true };
  },
  createSink: (table, context) => new PrintSink(table, context),
};

class PrintSink implements Sink {
  readonly #write: (text: string) => void | Promise<void>;
  readonly #prefixes: readonly string[];
  readonly #printers: readonly ((value: Value) => string)[];

  constructor(table: ConnectedTable, context: ConnectorContext) {
    const { identifier, standardError } = table.bound.settings as unknown as PrintSettings;
    this.#write = standardError ? writeStandardError : context.print;
    this.#prefixes = ROW_KIND_TEXT.map((kind) => `${identifier === '' ? '' : identifier + '> '}${kind}[`);
    this.#printers = table.physical.map((field) => printerOf(field.type));
  }

  async open(): Promise<void> {}

  write(batch: Batch): void | Promise<void> {
    if (batch.length === 0) return;
    const { columns, kinds } = batch;
    const printers = this.#printers;
    let text = '';
    for (let row = 0; row < batch.length; row++) {
      text += this.#prefixes[kinds === null ? 0 : kinds[row]];
      for (let i = 0; i < printers.length; i++) {
        if (i > 0) text += ', ';
        const value = columns[i].get(row);
        text += value === null ? 'null' : printers[i](value);
      }
      text += ']\n';
    }
    return this.#write(text);
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

function writeStandardError(text: string): Promise<void> | void {
  if (!process.stderr.write(text)) return new Promise((resolve) => process.stderr.once('drain', () => resolve()));
}
