import { assert } from '../../base/assert.ts';
import { RunError } from '../../base/problem.ts';
import type { Batch } from '../../types/batch.ts';
import { decimalText } from '../../types/decimal.ts';
import { printerOf, type Printer } from '../../types/format-value.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { timestampText } from '../../types/civil.ts';
import type { TimestampValue, Value } from '../../types/value.ts';
import type { ConnectedTable } from '../connector.ts';

/** The id of a row's document: the primary key's values as Java writes them, joined by `document-id.key-delimiter`. */
export type DocumentId = (batch: Batch, row: number) => string;

export function documentIdOf(table: ConnectedTable, delimiter: string): DocumentId {
  const columns = table.primaryKey.map((name) => table.physical.findIndex((field) => field.name === name));
  assert(columns.length > 0 && !columns.includes(-1), 'the primary key is made of physical columns');
  const printers = columns.map((i) => remembering(keyPrinter(table.physical[i].type)));
  return (batch, row) => {
    let id = '';
    for (let i = 0; i < columns.length; i++) {
      const value = batch.columns[columns[i]].get(row);
      if (value === null) {
        const name = table.physical[columns[i]].name;
        throw new RunError(
          'NULL_IN_PRIMARY_KEY',
          `column "${name}" of table "${table.name}" is in the PRIMARY KEY and must not be NULL`,
        );
      }
      id += (i === 0 ? '' : delimiter) + printers[i](value);
    }
    return id;
  };
}

/** Neighbours often have the same window, or the same device. */
function remembering(print: Printer): Printer {
  let last: Value;
  let text: string | undefined;
  return (value) => {
    if (text === undefined || !Object.is(value, last)) {
      text = print(value);
      last = value;
    }
    return text;
  };
}

/** As a print sink, but Flink takes its internal values here: TIMESTAMP_LTZ without its Z. */
function keyPrinter(type: SqlType): Printer {
  if (type.kind === 'TIMESTAMP_LTZ') return (value) => timestampText(value as TimestampValue);
  if (type.kind === 'DECIMAL') return (value) => decimalText(value as bigint, type.scale);
  return printerOf(type);
}
