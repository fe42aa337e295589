import { parseDateText, parseTimestampText, parseTimeText } from '../../types/civil-parse.ts';
import * as sql from '../../types/sql-type.ts';
import type { LiteralExpression } from '../../plan/expression.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import type { LiteralNode } from '../parse/ast.ts';
import { Mistake } from './mistake.ts';

/** A literal as written → its value and type, by Calcite's rules: 1 is INT, 1.50 is DECIMAL(3, 2), 1E3 is DOUBLE, 'ab' is CHAR(2). */
export function bindLiteral(node: LiteralNode): LiteralExpression {
  switch (node.type) {
    case 'null':
      return { kind: 'literal', value: null, type: sql.NULL };
    case 'boolean':
      return literal(node.value, sql.BOOLEAN);
    case 'number':
      return bindNumber(node.text, node);
    case 'string':
      return literal(node.text, sql.char([...node.text].length));
    case 'binary':
      return bindBinary(node.text, node);
    case 'date':
      return literal(required(parseDateText(node.text), node, "DATE '2024-05-12'"), sql.DATE);
    case 'time':
      return literal(required(parseTimeText(node.text), node, "TIME '02:11:37'"), sql.time(0));
    case 'timestamp': {
      const fraction = /\.(\d+)\s*$/.exec(node.text)?.[1] ?? '';
      return literal(
        required(parseTimestampText(node.text), node, "TIMESTAMP '2024-05-12 02:11:37'"),
        sql.timestamp(Math.min(9, fraction.length)),
      );
    }
  }
}

function literal(value: Value, type: SqlType): LiteralExpression {
  return { kind: 'literal', value, type: sql.withNullable(type, false) };
}

const INT_MAX = 2147483647n;
const BIGINT_MAX = 9223372036854775807n;

function bindNumber(text: string, node: LiteralNode): LiteralExpression {
  if (/[eE]/.test(text)) return literal(Number(text), sql.DOUBLE);
  const [whole, fraction] = text.split('.');
  if (fraction === undefined) {
    const value = BigInt(whole);
    if (value <= INT_MAX) return literal(Number(value), sql.INTEGER);
    if (value <= BIGINT_MAX) return literal(value, sql.BIGINT);
  }
  const unscaled = BigInt(whole + (fraction ?? ''));
  const scale = fraction?.length ?? 0;
  // Calcite counts the digits as written: 0.7 is DECIMAL(2, 1).
  const precision = whole.length + scale;
  if (precision > 38)
    throw new Mistake(
      'SQL_NUMBER',
      'a number may have at most 38 digits',
      node.place,
      'Write it with an exponent, as in 1E50, for a DOUBLE.',
    );
  return literal(unscaled, sql.decimal(precision, scale));
}

function bindBinary(text: string, node: LiteralNode): LiteralExpression {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new Mistake(
      'SQL_BINARY',
      'a binary literal holds pairs of hexadecimal digits',
      node.place,
      "For example X'48656C6C6F'.",
    );
  }
  return literal(new Uint8Array(Buffer.from(text, 'hex')), {
    kind: 'BINARY',
    length: Math.max(1, text.length / 2),
    nullable: false,
  });
}

function required<T extends Value>(value: T | null | undefined, node: LiteralNode, example: string): T {
  if (value === null || value === undefined) {
    throw new Mistake(
      'SQL_LITERAL',
      `'${'text' in node ? node.text : ''}' is not a ${node.type}`,
      node.place,
      `For example ${example}.`,
    );
  }
  return value;
}
