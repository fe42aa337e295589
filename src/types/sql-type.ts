import { unreachable } from '../base/assert.ts';

/**
 * SQL types, as Flink's "Data Types" page defines them. `nullable` belongs to every type.
 * STRING is VARCHAR(2147483647), BYTES is VARBINARY(2147483647).
 */
export type SqlType =
  | { readonly kind: SimpleKind; readonly nullable: boolean }
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number; readonly nullable: boolean }
  | { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number; readonly nullable: boolean }
  | { readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly precision: number; readonly nullable: boolean }
  | { readonly kind: 'ARRAY' | 'MULTISET'; readonly element: SqlType; readonly nullable: boolean }
  | { readonly kind: 'MAP'; readonly key: SqlType; readonly value: SqlType; readonly nullable: boolean }
  | { readonly kind: 'ROW'; readonly fields: readonly RowField[]; readonly nullable: boolean };

/** INTERVAL_YEAR_MONTH counts months, INTERVAL_DAY_TIME counts milliseconds. NULL is the type of an untyped NULL. */
export type SimpleKind =
  | 'BOOLEAN'
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'FLOAT'
  | 'DOUBLE'
  | 'DATE'
  | 'INTERVAL_YEAR_MONTH'
  | 'INTERVAL_DAY_TIME'
  | 'NULL';

export type SqlKind = SqlType['kind'];

export interface RowField {
  readonly name: string;
  readonly type: SqlType;
}

export const MAX_LENGTH = 2147483647;

export const BOOLEAN: SqlType = { kind: 'BOOLEAN', nullable: true };
export const TINYINT: SqlType = { kind: 'TINYINT', nullable: true };
export const SMALLINT: SqlType = { kind: 'SMALLINT', nullable: true };
export const INTEGER: SqlType = { kind: 'INTEGER', nullable: true };
export const BIGINT: SqlType = { kind: 'BIGINT', nullable: true };
export const FLOAT: SqlType = { kind: 'FLOAT', nullable: true };
export const DOUBLE: SqlType = { kind: 'DOUBLE', nullable: true };
export const DATE: SqlType = { kind: 'DATE', nullable: true };
export const STRING: SqlType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };
export const BYTES: SqlType = { kind: 'VARBINARY', length: MAX_LENGTH, nullable: true };
export const NULL: SqlType = { kind: 'NULL', nullable: true };
export const INTERVAL_YEAR_MONTH: SqlType = { kind: 'INTERVAL_YEAR_MONTH', nullable: true };
export const INTERVAL_DAY_TIME: SqlType = { kind: 'INTERVAL_DAY_TIME', nullable: true };
export const decimal = (precision: number, scale: number): SqlType => ({ kind: 'DECIMAL', precision, scale, nullable: true });
export const char = (length: number): SqlType => ({ kind: 'CHAR', length, nullable: true });
export const varchar = (length: number): SqlType => ({ kind: 'VARCHAR', length, nullable: true });
export const time = (precision: number): SqlType => ({ kind: 'TIME', precision, nullable: true });
export const timestamp = (precision: number): SqlType => ({ kind: 'TIMESTAMP', precision, nullable: true });
export const timestampLtz = (precision: number): SqlType => ({ kind: 'TIMESTAMP_LTZ', precision, nullable: true });
export const array = (element: SqlType): SqlType => ({ kind: 'ARRAY', element, nullable: true });
export const map = (key: SqlType, value: SqlType): SqlType => ({ kind: 'MAP', key, value, nullable: true });
export const row = (fields: readonly RowField[]): SqlType => ({ kind: 'ROW', fields, nullable: true });

/** The same type with another nullability. */
export function withNullable<T extends SqlType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

/** The type as Flink's `asSummaryString` writes it, for example `DECIMAL(10, 2) NOT NULL`. */
export function typeName(type: SqlType): string {
  return baseName(type) + (type.nullable ? '' : ' NOT NULL');
}

function baseName(type: SqlType): string {
  switch (type.kind) {
    case 'INTEGER':
      return 'INT';
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL YEAR TO MONTH';
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL DAY TO SECOND(3)';
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DATE':
    case 'NULL':
      return type.kind;
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    case 'VARCHAR':
      return type.length === MAX_LENGTH ? 'STRING' : `VARCHAR(${type.length})`;
    case 'VARBINARY':
      return type.length === MAX_LENGTH ? 'BYTES' : `VARBINARY(${type.length})`;
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`;
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.kind}(${type.precision})`;
    case 'ARRAY':
    case 'MULTISET':
      return `${type.kind}<${typeName(type.element)}>`;
    case 'MAP':
      return `MAP<${typeName(type.key)}, ${typeName(type.value)}>`;
    case 'ROW':
      return `ROW<${type.fields.map((field) => `\`${field.name}\` ${typeName(field.type)}`).join(', ')}>`;
    default:
      return unreachable(type);
  }
}

/** Equal in everything but, when `ignoreNullable` is set, nullability at the top. */
export function sameType(a: SqlType, b: SqlType, ignoreNullable = true): boolean {
  return ignoreNullable ? baseName(a) === baseName(b) : typeName(a) === typeName(b);
}

const NUMERIC = new Set<SqlKind>(['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE']);
export const isNumeric = (type: SqlType): boolean => NUMERIC.has(type.kind);
/** TINYINT, SMALLINT, INTEGER or BIGINT. */
export const isInteger = (type: SqlType): boolean =>
  type.kind === 'TINYINT' || type.kind === 'SMALLINT' || type.kind === 'INTEGER' || type.kind === 'BIGINT';
/** FLOAT or DOUBLE. */
export const isApproximate = (type: SqlType): boolean => type.kind === 'FLOAT' || type.kind === 'DOUBLE';
export const isText = (type: SqlType): boolean => type.kind === 'CHAR' || type.kind === 'VARCHAR';
export const isBinary = (type: SqlType): boolean => type.kind === 'BINARY' || type.kind === 'VARBINARY';
/** TIMESTAMP or TIMESTAMP_LTZ. */
export const isTimestamp = (type: SqlType): boolean => type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ';
export const isInterval = (type: SqlType): boolean => type.kind === 'INTERVAL_YEAR_MONTH' || type.kind === 'INTERVAL_DAY_TIME';
