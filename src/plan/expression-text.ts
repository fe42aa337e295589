import { decimalText } from '../types/decimal.ts';
import { typeName, type SqlType } from '../types/sql-type.ts';
import { millisOf, nanosOf, type TimestampValue, type Value } from '../types/value.ts';
import type { Expression } from './expression.ts';

const INFIX = new Set(['+', '-', '*', '/', '%', '||', '=', '<>', '<', '<=', '>', '>=', 'AND', 'OR', 'LIKE', 'SIMILAR TO']);
const POSTFIX = /^IS (NOT )?(NULL|TRUE|FALSE|UNKNOWN)$/;

/** A bound expression as SQL, for people: columns by name, conversions and calls as they would be written. */
export function expressionText(expression: Expression, columns: readonly string[]): string {
  switch (expression.kind) {
    case 'column':
      return nameText(columns[expression.index]);
    case 'literal':
      return literalText(expression.value, expression.type);
    case 'call':
      return callText(
        expression.function,
        expression.args.map((arg) => operandText(arg, columns)),
        expression.type,
      );
  }
}

function callText(name: string, args: readonly string[], type: SqlType): string {
  const plain = args.map(withoutParentheses);
  if (INFIX.has(name) && args.length > 1) return args.join(` ${name} `);
  if (POSTFIX.test(name) && args.length === 1) return `${args[0]} ${name}`;
  if ((name === '-' || name === 'NOT') && args.length === 1) return name === 'NOT' ? `NOT ${args[0]}` : `-${args[0]}`;
  if (name === 'CAST' || name === 'TRY_CAST') return `${name}(${plain[0]} AS ${typeName({ ...type, nullable: true })})`;
  if (name === 'CASE') return caseText(plain);
  if (args.length === 0 && /^(CURRENT|LOCAL)/.test(name)) return name;
  return `${name}(${plain.join(', ')})`;
}

function caseText(args: readonly string[]): string {
  let text = 'CASE';
  for (let i = 0; i + 1 < args.length; i += 2) text += ` WHEN ${args[i]} THEN ${args[i + 1]}`;
  return `${text} ELSE ${args[args.length - 1]} END`;
}

/** Operators within operators stand in parentheses. */
function operandText(expression: Expression, columns: readonly string[]): string {
  const text = expressionText(expression, columns);
  const isOperator =
    expression.kind === 'call' &&
    (INFIX.has(expression.function) || POSTFIX.test(expression.function) || expression.function === 'NOT');
  return isOperator ? `(${text})` : text;
}

/** Undoes what operandText put around an argument of a call, which needs none. */
function withoutParentheses(text: string): string {
  if (!text.startsWith('(') || !text.endsWith(')')) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    if (depth === 0) return text;
  }
  return text.slice(1, -1);
}

/** A column's name, in backquotes where SQL would need them. */
export function nameText(name: string): string {
  return /^[A-Za-z_][A-Za-z_0-9$]*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** A value as a SQL literal. */
export function literalText(value: Value, type: SqlType): string {
  if (value === null) return 'NULL';
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return `'${(value as string).replaceAll("'", "''")}'`;
    case 'BINARY':
    case 'VARBINARY':
      return `X'${Buffer.from(value as Uint8Array).toString('hex')}'`;
    case 'BOOLEAN':
      return value === true ? 'TRUE' : 'FALSE';
    case 'DECIMAL':
      return decimalText(value as bigint, type.scale);
    case 'DATE':
      return `DATE '${isoText((value as number) * 86_400_000).slice(0, 10)}'`;
    case 'TIME':
      return `TIME '${isoText(value as number).slice(11)}'`;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const nanos = nanosOf(value as TimestampValue);
      const digits = nanos === 0 ? '' : String(nanos).padStart(6, '0');
      return `${type.kind} '${isoText(millisOf(value as TimestampValue)).replace('T', ' ')}${digits}'`;
    }
    case 'INTERVAL_YEAR_MONTH':
      return `INTERVAL '${value as number}' MONTH`;
    case 'INTERVAL_DAY_TIME':
      return `INTERVAL '${(value as number) / 1000}' SECOND`;
    case 'ARRAY':
      return `ARRAY[${(value as readonly Value[]).map((element) => literalText(element, type.element)).join(', ')}]`;
    case 'ROW':
      return `ROW(${(value as readonly Value[]).map((field, i) => literalText(field, type.fields[i].type)).join(', ')})`;
    case 'MAP': {
      const entries = [...(value as ReadonlyMap<Value, Value>)];
      return `MAP[${entries.flatMap(([k, v]) => [literalText(k, type.key), literalText(v, type.value)]).join(', ')}]`;
    }
    default:
      return String(value);
  }
}

const isoText = (millis: number): string => new Date(millis).toISOString().slice(0, -1);

/** `90000` → `1 min 30 s`: a length of time for people. */
export function durationText(millis: number): string {
  if (millis === Infinity) return 'unbounded';
  const parts: string[] = [];
  let rest = Math.abs(millis);
  for (const [unit, size] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
    ['ms', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return (millis < 0 ? '-' : '') + (parts.join(' ') || '0 s');
}
