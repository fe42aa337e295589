import { createColumn, storageOf, type Column } from './column.ts';
import type { SqlType } from './sql-type.ts';

/** A column that carries event time (`rowtime`) or processing time (`proctime`) through the plan, as Flink's time attributes. */
export type TimeAttribute = 'rowtime' | 'proctime';

export interface Field {
  readonly name: string;
  readonly type: SqlType;
  readonly timeAttribute?: TimeAttribute;
}

export type Schema = readonly Field[];

export function createColumns(schema: Schema, capacity: number): Column[] {
  return schema.map((field) => createColumn(storageOf(field.type), capacity));
}
