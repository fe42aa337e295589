import type { SqlKind, SqlType } from '../../types/sql-type.ts';

const INTEGERS: readonly SqlKind[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];

/** From which kinds an INSERT converts by itself (Flink's LogicalTypeCasts, implicit casts). */
const IMPLICIT_FROM: Partial<Record<SqlKind, readonly SqlKind[]>> = {
  VARCHAR: ['CHAR', 'VARCHAR'],
  CHAR: ['CHAR'],
  VARBINARY: ['BINARY', 'VARBINARY'],
  BINARY: ['BINARY'],
  DECIMAL: [...INTEGERS, 'DECIMAL', 'FLOAT', 'DOUBLE'],
  TINYINT: INTEGERS.slice(0, 1),
  SMALLINT: INTEGERS.slice(0, 2),
  INTEGER: INTEGERS.slice(0, 3),
  BIGINT: INTEGERS,
  FLOAT: [...INTEGERS, 'DECIMAL', 'FLOAT'],
  DOUBLE: [...INTEGERS, 'DECIMAL', 'FLOAT', 'DOUBLE'],
  DATE: ['DATE', 'TIMESTAMP'],
  TIME: ['TIME', 'TIMESTAMP'],
  TIMESTAMP: ['TIMESTAMP', 'TIMESTAMP_LTZ'],
  TIMESTAMP_LTZ: ['TIMESTAMP', 'TIMESTAMP_LTZ'],
};

/** Whether INSERT INTO converts a value by itself; everything else needs a CAST. */
export function supportsImplicitCast(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true;
  switch (to.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return from.kind === to.kind && supportsImplicitCast(from.element, to.element);
    case 'MAP':
      return from.kind === 'MAP' && supportsImplicitCast(from.key, to.key) && supportsImplicitCast(from.value, to.value);
    case 'ROW':
      return (
        from.kind === 'ROW' &&
        from.fields.length === to.fields.length &&
        to.fields.every((field, i) => supportsImplicitCast(from.fields[i].type, field.type))
      );
    default:
      return IMPLICIT_FROM[to.kind]?.includes(from.kind) ?? from.kind === to.kind;
  }
}
