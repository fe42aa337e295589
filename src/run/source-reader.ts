import { RunError } from '../base/problem.ts';
import { assert } from '../base/assert.ts';
import type { ConnectedTable, ConnectorContext, RowSource, Source } from '../connectors/connector.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import { findConnector } from '../connectors/registry.ts';
import { MalformedRecordError, type MalformedRecord } from '../formats/format.ts';
import type { ScanNode, ValuesNode } from '../plan/node.ts';
import { BATCH_ROWS, createBatch, type Batch } from '../types/batch.ts';
import { ValuesReader } from './values-reader.ts';
import { createRecordDecoder, type RecordDecoder } from './record-decoder.ts';

/** A malformed record that the job goes on after; `records` and `record` are valid only during the call. */
export type OnMalformed = (records: RecordBatch, malformed: MalformedRecord) => void;

/** One table being read: takes records from its connector and gives batches of rows. */
export interface SourceReader {
  readonly node: ScanNode | ValuesNode;
  /** The rows that the last `read` gave, all of one split. */
  readonly batch: Batch;
  readonly split: string;
  /** Records read so far, malformed ones included; kept over restarts. */
  records: number;
  /** Rows given since the job was made. */
  rows: number;
  restore(positions: ReadonlyMap<string, number>): void;
  open(): Promise<void>;
  /** Reads at most `limit` records into `batch`, which may stay without rows. */
  read(limit: number): 'rows' | 'pending' | 'end';
  /** Resolves when there may be more, at the latest after `timeoutMs`; never fails. */
  wait(timeoutMs: number): Promise<void>;
  splits(): readonly string[];
  /** Where to go on, by split: all that `read` gave lies before. */
  positions(): ReadonlyMap<string, number>;
  lag(): number | undefined;
  committed(): Promise<void>;
  close(): Promise<void>;
}

export function createSourceReader(
  node: ScanNode | ValuesNode,
  context: ConnectorContext,
  onMalformed: OnMalformed,
): SourceReader {
  if (node.kind === 'values') return new ValuesReader(node);
  const connector = context.replace?.(node.table) ?? findConnector(node.table.bound.connector, { local: context.local });
  assert(connector?.createSource !== undefined, `connector ${node.table.bound.connector} has no source`);
  const source = connector.createSource(node.table, context);
  return source.kind === 'rows' ? new RowReader(node, source) : new RecordReader(node, source, context, onMalformed);
}

class RecordReader implements SourceReader {
  readonly node: ScanNode;
  readonly batch: Batch;
  split = '';
  records = 0;
  rows = 0;
  readonly #source: Source;
  readonly #decoder: RecordDecoder;
  readonly #positions = new Map<string, number>();
  readonly #onMalformed: OnMalformed;
  #current: RecordBatch | null = null;
  /** The first record of `#current` that has not been decoded. */
  #next = 0;

  constructor(node: ScanNode, source: Source, context: ConnectorContext, onMalformed: OnMalformed) {
    this.node = node;
    this.batch = createBatch(node.schema, BATCH_ROWS);
    this.#source = source;
    this.#decoder = createRecordDecoder(node.table, this.batch, { timeZone: context.timeZone });
    this.#onMalformed = onMalformed;
  }

  restore(positions: ReadonlyMap<string, number>): void {
    for (const [split, position] of positions) this.#positions.set(split, position);
    this.#source.restore(positions);
  }

  open(): Promise<void> {
    return this.#source.open();
  }

  read(limit: number): 'rows' | 'pending' | 'end' {
    if (this.#current === null) {
      const polled = this.#source.poll();
      if (typeof polled === 'string') return polled;
      if (polled.count === 0) return 'pending';
      this.#current = polled;
      this.#next = 0;
    }
    const records = this.#current;
    const from = this.#next;
    const to = Math.min(records.count, from + limit, from + BATCH_ROWS);
    this.split = records.split;
    this.batch.length = 0;
    try {
      this.#decoder.decode(records, from, to, this.batch, (malformed) => this.#onMalformed(records, malformed));
    } catch (error) {
      if (error instanceof MalformedRecordError) throw malformedError(this.node.table, records, error);
      throw error;
    }
    this.records += to - from;
    this.rows += this.batch.length;
    this.#positions.set(records.split, records.positionAfter(to - 1));
    this.#next = to;
    if (to === records.count) this.#current = null;
    return 'rows';
  }

  wait(timeoutMs: number): Promise<void> {
    return this.#source.wait(timeoutMs);
  }

  splits(): readonly string[] {
    return this.#source.splits();
  }

  positions(): ReadonlyMap<string, number> {
    return new Map([...(this.#source.startPositions?.() ?? []), ...this.#positions]);
  }

  lag(): number | undefined {
    const lag = this.#source.lag?.();
    return lag === undefined ? undefined : lag + (this.#current === null ? 0 : this.#current.count - this.#next);
  }

  async committed(): Promise<void> {
    await this.#source.committed?.(this.positions());
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** Where a record lies, for people: `topic weather_data, partition 0, offset 17` or `file data.json, line 3`. */
export function recordPlace(connector: string, records: RecordBatch, record: number): string {
  if (connector === 'filesystem') return `file ${records.origin}, line ${records.offset(record) + 1}`;
  return `topic ${records.origin}, partition ${records.partition}, offset ${records.offset(record)}`;
}

function malformedError(table: ConnectedTable, records: RecordBatch, error: MalformedRecordError): RunError {
  const { record, reason, field, found } = error.malformed;
  const where = recordPlace(table.bound.connector, records, record);
  const what = `${field === undefined ? '' : `field "${field}": `}${reason}${found === undefined ? '' : `, found ${found}`}`;
  return new RunError(
    'MALFORMED_RECORD',
    `malformed record for table "${table.name}" (${where}): ${what}`,
    "To count such records and go on, set the format's option ignore-parse-errors to true.",
    { cause: error },
  );
}

/** Reads a source that fills the columns itself. It has one split, without a name. */
class RowReader implements SourceReader {
  readonly node: ScanNode;
  readonly batch: Batch;
  readonly split = '';
  records = 0;
  rows = 0;
  readonly #source: RowSource;

  constructor(node: ScanNode, source: RowSource) {
    this.node = node;
    this.batch = createBatch(node.schema, BATCH_ROWS);
    this.#source = source;
  }

  restore(positions: ReadonlyMap<string, number>): void {
    this.#source.restore(positions.get('') ?? 0);
  }

  open(): Promise<void> {
    return this.#source.open();
  }

  read(limit: number): 'rows' | 'pending' | 'end' {
    this.batch.length = 0;
    const filled = this.#source.fill(this.batch, Math.min(limit, BATCH_ROWS));
    if (typeof filled === 'string') return filled;
    this.batch.length = filled;
    this.records += filled;
    this.rows += filled;
    return 'rows';
  }

  wait(timeoutMs: number): Promise<void> {
    return this.#source.wait(timeoutMs);
  }

  splits(): readonly string[] {
    return [''];
  }

  positions(): ReadonlyMap<string, number> {
    return new Map([['', this.#source.position()]]);
  }

  lag(): undefined {
    return undefined;
  }

  async committed(): Promise<void> {}

  close(): Promise<void> {
    return this.#source.close();
  }
}
