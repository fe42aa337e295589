import type { UpsertMaterializeNode } from '../../plan/node.ts';
import type { Batch } from '../../types/batch.ts';
import type { Column } from '../../types/column.ts';
import { DELETE, INSERT, isRetraction, UPDATE_AFTER } from '../../types/row-kind.ts';
import { copyRange, isReplaced, sameValues } from '../state/columns.ts';
import { KeyedRowLists, type KeyedRowListsSnapshot } from '../state/keyed-row-lists.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';

/**
 * Gives a sink for each of its keys the row that came last among those that hold, as Flink's SinkUpsertMaterializer: `+I` or `+U`
 * for a row that comes; for one that goes `-D` when it was the only one, and when it was the last the one before it again as `+U`.
 * State: for each key its rows in order of arrival.
 */
export class UpsertMaterializeOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly writer: BatchWriter;
  private readonly byKey: KeyedRowLists;
  /** Columns by which rows are told apart, in the input and in the state. */
  private readonly identity: readonly number[];
  private readonly identityColumns: readonly Column[];
  /** A row that comes takes the place of the one that it is told apart from no more. */
  private readonly replaces: boolean;
  private readonly keys: readonly number[];
  private readonly ignoresUpdateBefore: boolean;

  constructor(node: UpsertMaterializeNode, output: Output, context: OperatorContext) {
    this.writer = new BatchWriter(node.schema, output, this.metrics, true);
    this.byKey = new KeyedRowLists(node.schema, node.keys, node.stateTtlMs, context.clock);
    this.identity = node.upsertKey ?? node.schema.map((_, i) => i);
    this.identityColumns = this.identity.map((column) => this.byKey.rows.columns[column]);
    this.replaces = node.upsertKey !== null;
    this.keys = node.keys;
    this.ignoresUpdateBefore = node.ignoresUpdateBefore;
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, kinds, watermarks } = batch;
    const { writer, byKey } = this;
    this.metrics.rowsIn += length;
    byKey.beginBatch(columns, length);
    writer.advance(batch.startWatermark);
    for (let i = 0; i < length; i++) {
      if (watermarks !== null) writer.advance(watermarks[i]);
      if (this.ignoresUpdateBefore && isReplaced(batch, this.keys, i)) continue;
      const list = byKey.listOf(i);
      const position = this.find(list, columns, i);
      if (kinds === null || !isRetraction(kinds[i])) this.put(list, position, columns, i);
      else if (position !== -1) this.takeBack(list, position, columns, i);
      byKey.settle();
    }
    this.advance(0, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.metrics.stateEntries = this.byKey.rows.size;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  snapshot(): unknown {
    return { watermark: this.metrics.watermark, ...this.byKey.snapshot() } satisfies UpsertMaterializeSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, ...byKey } = state as UpsertMaterializeSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.byKey.restore(byKey);
    this.metrics.stateEntries = this.byKey.rows.size;
  }

  private put(list: number[], position: number, columns: readonly Column[], row: number): void {
    const { rows } = this.byKey;
    this.write(columns, row, list.length === 0 ? INSERT : UPDATE_AFTER);
    const handle = rows.add(columns, row);
    if (position === -1 || !this.replaces) list.push(handle);
    else {
      rows.remove(list[position]);
      list[position] = handle;
    }
  }

  private takeBack(list: number[], position: number, columns: readonly Column[], row: number): void {
    const { rows } = this.byKey;
    const wasLast = position === list.length - 1;
    rows.remove(list[position]);
    list.splice(position, 1);
    if (list.length === 0) this.write(columns, row, DELETE);
    else if (wasLast) this.write(rows.columns, list[position - 1], UPDATE_AFTER);
  }

  /** The first row of the list that is the given one, or -1. */
  private find(list: readonly number[], columns: readonly Column[], row: number): number {
    const { identity } = this;
    const stored = this.identityColumns;
    const given = identity.map((column) => columns[column]);
    for (let i = 0; i < list.length; i++) if (sameValues(given, row, stored, list[i])) return i;
    return -1;
  }

  private write(columns: readonly Column[], row: number, kind: number): void {
    const { writer } = this;
    writer.room(1);
    for (let c = 0; c < writer.columns.length; c++) copyRange(columns[c], row, writer.columns[c], writer.batch.length, 1);
    writer.commitRow(kind);
  }
}

type UpsertMaterializeSnapshot = KeyedRowListsSnapshot & { readonly watermark: number };
