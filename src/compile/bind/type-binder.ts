import * as sql from '../../types/sql-type.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { nearest } from '../../base/nearest.ts';
import type { TypeNode } from '../parse/ast.ts';
import { FLINK_MAY, FollowUp, Mistake, unsupported } from './mistake.ts';

const SIMPLE: Record<string, SqlType> = {
  BOOLEAN: sql.BOOLEAN,
  TINYINT: sql.TINYINT,
  SMALLINT: sql.SMALLINT,
  INT: sql.INTEGER,
  INTEGER: sql.INTEGER,
  BIGINT: sql.BIGINT,
  FLOAT: sql.FLOAT,
  DOUBLE: sql.DOUBLE,
  'DOUBLE PRECISION': sql.DOUBLE,
  DATE: sql.DATE,
  STRING: sql.STRING,
  BYTES: sql.BYTES,
};

/** A type as written → a type. Defaults and bounds are those of Flink's "Data Types" page. */
export function bindType(node: TypeNode): SqlType {
  return sql.withNullable(bindNullableType(node), node.nullable);
}

function bindNullableType(node: TypeNode): SqlType {
  if (node.name === '') throw new FollowUp();
  const simple = SIMPLE[node.name];
  if (simple !== undefined) return simple;
  switch (node.name) {
    case 'DECIMAL':
    case 'DEC':
    case 'NUMERIC': {
      const precision = bounded(node, 0, 10, 1, 38, 'precision');
      return sql.decimal(precision, bounded(node, 1, 0, 0, precision, 'scale'));
    }
    case 'CHAR':
      return sql.char(bounded(node, 0, 1, 1, sql.MAX_LENGTH, 'length'));
    case 'VARCHAR':
      // Flink's SQL parser makes VARCHAR without a length a STRING, as its type mapping says.
      return sql.varchar(bounded(node, 0, sql.MAX_LENGTH, 1, sql.MAX_LENGTH, 'length'));
    case 'BINARY':
      return { kind: 'BINARY', length: bounded(node, 0, 1, 1, sql.MAX_LENGTH, 'length'), nullable: true };
    case 'VARBINARY':
      return { kind: 'VARBINARY', length: bounded(node, 0, sql.MAX_LENGTH, 1, sql.MAX_LENGTH, 'length'), nullable: true };
    case 'TIME':
    case 'TIME WITHOUT TIME ZONE':
      // Flink's SQL takes a precision and keeps none.
      bounded(node, 0, 0, 0, 9, 'precision');
      return sql.time(0);
    case 'TIMESTAMP':
    case 'TIMESTAMP WITHOUT TIME ZONE':
      return sql.timestamp(bounded(node, 0, 6, 0, 9, 'precision'));
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP WITH LOCAL TIME ZONE':
      return sql.timestampLtz(bounded(node, 0, 6, 0, 9, 'precision'));
    case 'ARRAY':
      return sql.array(bindType(node.elements[0]));
    case 'MULTISET':
      return { kind: 'MULTISET', element: bindType(node.elements[0]), nullable: true };
    case 'MAP':
      return sql.map(bindType(node.elements[0]), bindType(node.elements[1]));
    case 'ROW':
      return sql.row(node.fields.map((field) => ({ name: field.name.text, type: bindType(field.type) })));
  }
  if (node.name.startsWith('INTERVAL')) {
    return /YEAR|MONTH/.test(node.name) ? sql.INTERVAL_YEAR_MONTH : sql.INTERVAL_DAY_TIME;
  }
  if (['TIMESTAMP WITH TIME ZONE', 'RAW', 'SYMBOL', 'NULL'].includes(node.name))
    throw unsupported(`type ${node.name}`, node.place, FLINK_MAY);
  const near = nearest(node.name, [
    ...Object.keys(SIMPLE),
    'DECIMAL',
    'VARCHAR',
    'TIMESTAMP',
    'TIMESTAMP_LTZ',
    'TIME',
    'ARRAY',
    'MAP',
    'ROW',
  ]);
  throw new Mistake(
    'SQL_TYPE_NOT_FOUND',
    `type "${node.name}" does not exist`,
    node.place,
    near === undefined ? 'See "Data Types" in Flink\'s documentation for the names of types.' : `Did you mean ${near}?`,
  );
}

function bounded(node: TypeNode, index: number, otherwise: number, low: number, high: number, what: string): number {
  const value = node.arguments[index];
  if (value === undefined) return otherwise;
  if (value >= low && value <= high) return value;
  throw new Mistake(
    'SQL_TYPE_BOUNDS',
    `the ${what} of ${node.name} must be between ${low} and ${high}, not ${value}`,
    node.place,
  );
}
