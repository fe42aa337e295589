import type { Batch } from '../types/batch.ts';
import { ROW_KIND_TEXT } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';
import { toJs, type JsRow } from './js-value.ts';

/** A row of a changelog: `+I` inserted, `-U` and `+U` the row before and after an update, `-D` deleted. */
export interface Change<Row = JsRow> {
  readonly kind: '+I' | '-U' | '+U' | '-D';
  readonly row: Row;
}

/** The function that takes a batch's rows out, as a user's program sees them. */
export function changesOf(schema: Schema): (batch: Batch) => Change[] {
  const columns = schema.map(({ name, type }) => [name, toJs(type)] as const);
  return ({ length, kinds, columns: values }) =>
    Array.from({ length }, (_, i) => ({
      kind: ROW_KIND_TEXT[kinds === null ? 0 : kinds[i]],
      row: Object.fromEntries(columns.map(([name, convert], c) => [name, convert(values[c].get(i))])),
    }));
}
