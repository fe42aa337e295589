import type { ConnectorContext, Sink } from '../connectors/connector.ts';
import { findFunction } from '../functions/registry.ts';
import type { Batch } from '../types/batch.ts';
import { ROW_KIND_TEXT } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';
import type { Value } from '../types/value.ts';
import { STRING, type SqlType } from '../types/sql-type.ts';
import { printerOf } from '../types/format-value.ts';
import { Tableau } from './tableau.ts';

/** The result of a bare SELECT: its changelog as a table, row by row. */
export class TableauSink implements Sink {
  readonly #tableau: Tableau;
  readonly #texts: readonly ((value: Value) => string)[];
  readonly #print: ConnectorContext['print'];

  constructor(schema: Schema, context: ConnectorContext) {
    this.#tableau = new Tableau(schema);
    this.#texts = schema.map((field) => castText(field.type, context));
    this.#print = context.print;
  }

  async open(): Promise<void> {}

  write(batch: Batch): void | Promise<void> {
    let text = '';
    for (let row = 0; row < batch.length; row++) {
      const values = batch.columns.map((column, i) => {
        const value = column.get(row);
        return value === null ? null : this.#texts[i](value);
      });
      text += this.#tableau.row(ROW_KIND_TEXT[batch.kinds === null ? 0 : batch.kinds[row]], values);
    }
    return this.#print(text);
  }

  /** The last line, once there will be no more rows. */
  async end(): Promise<void> {
    await this.#print(this.#tableau.end());
  }

  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

/** The text of CAST AS STRING where there is one. */
function castText(type: SqlType, context: ConnectorContext): (value: Value) => string {
  const site = { function: 'CAST', args: [type], literals: [undefined], type: STRING };
  const cast = findFunction('CAST')?.implement?.(site, context);
  return cast === undefined ? printerOf(type) : (value) => String(cast(value));
}
