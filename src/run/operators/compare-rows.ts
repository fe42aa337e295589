import type { SortKey } from '../../plan/node.ts';
import type { Column } from '../../types/column.ts';
import { storageOf } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { compareValues } from '../../types/value.ts';

/** Order of row `a` of some columns and row `b` of others, by the sort keys: negative, 0 or positive. */
export type CompareRows = (columnsA: readonly Column[], a: number, columnsB: readonly Column[], b: number) => number;

export function rowComparison(order: readonly SortKey[], schema: Schema): CompareRows {
  const comparisons = order.map((key) => columnComparison(key, schema[key.column].type));
  const columns = order.map((key) => key.column);
  return (columnsA, a, columnsB, b) => {
    for (let k = 0; k < comparisons.length; k++) {
      const result = comparisons[k](columnsA[columns[k]], a, columnsB[columns[k]], b);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function columnComparison(
  { descending, nullsFirst }: SortKey,
  type: SqlType,
): (columnA: Column, a: number, columnB: Column, b: number) => number {
  const sign = descending ? -1 : 1;
  const nullSign = nullsFirst ? -1 : 1;
  const isPlain = ['int', 'boolean', 'bigint'].includes(storageOf(type));
  return (columnA, a, columnB, b) => {
    const isNullA = columnA.nulls[a] !== 0;
    const isNullB = columnB.nulls[b] !== 0;
    if (isNullA || isNullB) return isNullA === isNullB ? 0 : isNullA ? nullSign : -nullSign;
    if (isPlain) {
      const x = columnA.values[a] as number;
      const y = columnB.values[b] as number;
      return x < y ? -sign : x > y ? sign : 0;
    }
    return sign * compareValues(type, columnA.get(a), columnB.get(b));
  };
}
