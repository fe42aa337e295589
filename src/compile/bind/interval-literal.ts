import * as sql from '../../types/sql-type.ts';
import type { LiteralExpression } from '../../plan/expression.ts';
import type { IntervalNode } from '../parse/ast.ts';
import { Mistake } from './mistake.ts';

const UNITS = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND'] as const;
/** Milliseconds, or months for YEAR and MONTH. */
const SIZE: Record<string, number> = {
  YEAR: 12,
  QUARTER: 3,
  MONTH: 1,
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
};
/** The largest value of a field behind the first. */
const LAST: Record<string, number> = { MONTH: 11, HOUR: 23, MINUTE: 59, SECOND: 59 };
const SEPARATOR: Record<string, string> = { MONTH: '-', HOUR: ' ', MINUTE: ':', SECOND: ':' };

/** INTERVAL '1 02:03:04.005' DAY TO SECOND → its months or milliseconds. Digits below the millisecond are cut off, as Calcite does. */
export function bindInterval(node: IntervalNode): LiteralExpression {
  const isMonths = node.from === 'YEAR' || node.from === 'QUARTER' || node.from === 'MONTH';
  const type = sql.withNullable(isMonths ? sql.INTERVAL_YEAR_MONTH : sql.INTERVAL_DAY_TIME, false);
  const fields = fieldsOf(node);
  const pattern = fields
    .map(
      (unit, i) =>
        (i === 0 ? '' : escapeSeparator(SEPARATOR[unit])) + (unit === 'SECOND' ? '(\\d+)(?:\\.(\\d{1,9}))?' : '(\\d+)'),
    )
    .join('');
  const match = new RegExp(`^\\s*([+-]?)${pattern}\\s*$`).exec(node.text);
  if (match === null) throw malformed(node, fields);
  let amount = 0;
  fields.forEach((unit, i) => {
    const value = Number(match[2 + i]);
    if (i > 0 && value > LAST[unit]) throw malformed(node, fields);
    amount += value * SIZE[unit];
    if (unit === 'SECOND') amount += Number(`${match[3 + i] ?? ''}000`.slice(0, 3));
  });
  if (match[1] === '-') amount = -amount;
  if (node.negative) amount = -amount;
  return { kind: 'literal', value: amount === 0 ? 0 : amount, type };
}

function fieldsOf(node: IntervalNode): readonly string[] {
  if (node.to === undefined) return [node.from];
  const from = UNITS.indexOf(node.from as (typeof UNITS)[number]);
  const to = UNITS.indexOf(node.to as (typeof UNITS)[number]);
  if (from === -1 || to <= from || (from < 2 && to > 1)) {
    throw new Mistake(
      'SQL_INTERVAL',
      `there is no interval from ${node.from} to ${node.to}`,
      node.place,
      "For example INTERVAL '1-6' YEAR TO MONTH or INTERVAL '1 12:30:00' DAY TO SECOND.",
    );
  }
  return UNITS.slice(from, to + 1);
}

function escapeSeparator(separator: string): string {
  return separator === ' ' ? '\\s+' : separator;
}

function malformed(node: IntervalNode, fields: readonly string[]): Mistake {
  const example: Record<string, string> = { YEAR: '1', MONTH: '6', DAY: '1', HOUR: '12', MINUTE: '30', SECOND: '05.5' };
  const text = fields.map((unit, i) => (i === 0 ? '' : SEPARATOR[unit]) + (example[unit] ?? '1')).join('');
  const range = fields.length > 1 ? `${node.from} TO ${node.to}` : node.from;
  return new Mistake(
    'SQL_INTERVAL',
    `'${node.text}' is not an interval of ${range}`,
    node.textPlace,
    `Write it like INTERVAL '${text}' ${range}.`,
  );
}
