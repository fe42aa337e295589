import { assert } from '../base/assert.ts';
import { RunError } from '../base/problem.ts';
import type { ConnectorContext, Sink } from '../connectors/connector.ts';
import { findConnector } from '../connectors/registry.ts';
import type { SinkNode } from '../plan/node.ts';
import { createBatch, type Batch } from '../types/batch.ts';
import { copyValue, type Column } from '../types/column.ts';
import { DELETE, INSERT, isRetraction, UPDATE_BEFORE } from '../types/row-kind.ts';
import { isReplaced } from './state/columns.ts';
import { TableauSink } from './tableau-sink.ts';

/**
 * What stands between the plan and a connector's sink: gives it only the kinds of change that it accepts, and sees to it that
 * no NULL reaches a NOT NULL column (`table.exec.sink.not-null-enforcer`).
 */
export class SinkWriter {
  readonly node: SinkNode;
  readonly sink: Sink;
  readonly name: string;
  /** Rows given to the sink; kept over restarts. */
  rows = 0;
  /** Rows dropped because of NULL in a NOT NULL column; kept over restarts. */
  dropped = 0;
  readonly #accepts: 'changelog' | 'upsert' | 'insert';
  readonly #required: readonly number[];
  #kept: Batch | null = null;
  readonly #rowsToKeep: number[] = [];

  constructor(node: SinkNode, context: ConnectorContext) {
    this.node = node;
    this.name = node.table?.name ?? 'SELECT';
    if (node.table === null) {
      this.sink = context.selectSink?.(node.schema) ?? new TableauSink(node.schema, context);
      this.#accepts = 'changelog';
      this.#required = [];
      return;
    }
    const { bound } = node.table;
    const connector = context.replace?.(node.table) ?? findConnector(bound.connector, { local: context.local });
    assert(connector?.createSink !== undefined, `connector ${bound.connector} has no sink`);
    this.sink = connector.createSink(node.table, context);
    this.#accepts = bound.accepts;
    this.#required = node.schema.flatMap((field, i) => (field.type.nullable ? [] : [i]));
  }

  write(batch: Batch): void | Promise<void> {
    if (batch.length === 0) return;
    const given = this.#keepsAll(batch) ? batch : this.#compact(batch);
    if (given.length === 0) return;
    this.rows += given.length;
    return this.sink.write(given);
  }

  /** There will be no more rows. */
  async end(): Promise<void> {
    if (this.sink instanceof TableauSink) await this.sink.end();
  }

  /** True when the sink takes the batch as it is; otherwise `#rowsToKeep` says which rows. */
  #keepsAll(batch: Batch): boolean {
    const { kinds, length } = batch;
    const checksKinds = kinds !== null && this.#accepts !== 'changelog';
    const checked = this.#required.map((i) => batch.columns[i]).filter((column) => hasNull(column, length));
    if (!checksKinds && checked.length === 0) return true;
    const keep = this.#rowsToKeep;
    keep.length = 0;
    for (let row = 0; row < length; row++) {
      if (checksKinds && (this.#accepts === 'upsert' ? isReplaced(batch, this.node.primaryKey, row) : kinds[row] !== INSERT))
        continue;
      const isNull = checked.find((column) => column.nulls[row] === 1);
      if (isNull !== undefined && (kinds === null || !isRetraction(kinds[row]) || this.#accepts !== 'upsert')) {
        if (this.node.notNull === 'ERROR') throw this.#notNullError(batch.columns.indexOf(isNull));
        this.dropped++;
        continue;
      }
      keep.push(row);
    }
    return keep.length === length && !(checksKinds && kinds.subarray(0, length).includes(UPDATE_BEFORE));
  }

  #compact(batch: Batch): Batch {
    const keep = this.#rowsToKeep;
    const kept = (this.#kept ??= createBatch(this.node.schema));
    kept.kinds = batch.kinds === null ? null : reserveKinds(kept.kinds, keep.length);
    batch.columns.forEach((from, i) => {
      const to = kept.columns[i];
      to.reserve(keep.length);
      for (let row = 0; row < keep.length; row++) copyValue(from, keep[row], to, row);
    });
    if (batch.kinds !== null && kept.kinds !== null)
      for (let row = 0; row < keep.length; row++) kept.kinds[row] = this.#kindOf(batch.kinds[keep[row]]);
    kept.length = keep.length;
    kept.startWatermark = batch.startWatermark;
    kept.watermark = batch.watermark;
    return kept;
  }

  #kindOf(kind: number): number {
    return kind === UPDATE_BEFORE && this.#accepts === 'upsert' ? DELETE : kind;
  }

  #notNullError(column: number): RunError {
    return new RunError(
      'NULL_IN_NOT_NULL_COLUMN',
      `column "${this.node.schema[column].name}" of table "${this.name}" is NOT NULL, but a row with NULL in it was to be written`,
      `Filter such rows, or SET 'table.exec.sink.not-null-enforcer' = 'DROP' to leave them out.`,
    );
  }
}

function hasNull(column: Column, length: number): boolean {
  const at = column.nulls.indexOf(1);
  return at !== -1 && at < length;
}

function reserveKinds(kinds: Uint8Array | null, length: number): Uint8Array {
  return kinds !== null && kinds.length >= length ? kinds : new Uint8Array(Math.max(length, 4096));
}
