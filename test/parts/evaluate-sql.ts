import { Cursor } from '../../src/compile/parse/cursor.ts';
import { parseExpression } from '../../src/compile/parse/expression.ts';
import { tokenize } from '../../src/compile/parse/lexer.ts';
import { bindExpression } from '../../src/compile/bind/expression-binder.ts';
import { Problems } from '../../src/compile/bind/mistake.ts';
import { toExpression } from '../../src/compile/bind/bound.ts';
import type { Expression } from '../../src/plan/expression.ts';
import type { CallSite, FunctionContext } from '../../src/functions/function.ts';
import { findFunction } from '../../src/functions/registry.ts';
import { printValue } from '../../src/types/format-value.ts';
import { typeName, type SqlType } from '../../src/types/sql-type.ts';
import {
  compareText,
  compareTimestamps,
  compareValues,
  millisOf,
  nanosOf,
  timestampOf,
  type Value,
} from '../../src/types/value.ts';
import type { Problem } from '../../src/base/problem.ts';

/** Evaluates expressions one at a time: slow and plain, to compare functions with what real Flink answered. */

export interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly value: Value;
}

export interface Answer {
  readonly type: string;
  readonly printed: string;
}

export function evaluateSql(sql: string, columns: readonly Column[], context: FunctionContext): Answer {
  const expression = bindSql(sql, columns);
  const value = evaluate(expression, columns, context);
  return { type: typeName(expression.type), printed: printValue(expression.type, value) };
}

/** The value of an expression without columns, to make a row with. */
export function constant(sql: string, context: FunctionContext): { readonly type: SqlType; readonly value: Value } {
  const expression = bindSql(sql, []);
  return { type: expression.type, value: evaluate(expression, [], context) };
}

function bindSql(sql: string, columns: readonly Column[]): Expression {
  const source = { name: 'expression', text: sql };
  const found: Problem[] = [];
  const cursor = new Cursor(source, tokenize(source, found), found);
  const node = parseExpression(cursor);
  if (found.length > 0) throw new Error(found[0].message);
  if (cursor.token.kind !== 'end') throw new Error(`unexpected text behind ${sql}`);
  const problems = new Problems();
  const fields = columns.map(({ name, type }) => ({ name, type }));
  const scope = { tables: [{ name: 't', fields, offset: 0, description: 'the row' }] };
  const bound = problems.attempt(() => bindExpression(node, { scope, problems, clause: 'select' } as never));
  if (bound === undefined || problems.found.length > 0) throw new Error(problems.found[0]?.message ?? 'cannot be bound');
  return toExpression(bound);
}

const SCOPE = { millisOf, nanosOf, timestampOf, compareTimestamps, compareText, compareValues };

function evaluate(expression: Expression, columns: readonly Column[], context: FunctionContext): Value {
  if (expression.kind === 'literal') return expression.value;
  if (expression.kind === 'column') return columns[expression.index].value;
  const { args } = expression;
  const of = (i: number): Value => evaluate(args[i], columns, context);
  switch (expression.function) {
    case 'AND':
    case 'OR': {
      const decisive = expression.function === 'OR';
      let isUnknown = false;
      for (let i = 0; i < args.length; i++) {
        const value = of(i);
        if (value === decisive) return decisive;
        if (value === null) isUnknown = true;
      }
      return isUnknown ? null : !decisive;
    }
    case 'CASE':
      for (let i = 0; i < args.length - 1; i += 2) if (of(i) === true) return of(i + 1);
      return of(args.length - 1);
    case 'COALESCE':
      for (let i = 0; i < args.length; i++) {
        const value = of(i);
        if (value !== null) return value;
      }
      return null;
    default:
  }
  const entry = findFunction(expression.function);
  if (entry === undefined) throw new Error(`${expression.function} is not registered`);
  const site: CallSite = {
    function: entry.name,
    args: args.map((arg) => arg.type),
    literals: args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined)),
    type: expression.type,
  };
  const values = args.map((_, i) => of(i));
  if (entry.nulls !== 'custom' && values.includes(null)) return null;
  const names = values.map((_, i) => `a${i}`);
  const code = entry.inline?.(names, site);
  const closure = entry.implement?.(site, context);
  const fromClosure = closure?.(...values);
  if (code === undefined) return fromClosure as Value;
  const inlined = new Function(...names, ...Object.keys(SCOPE), `return ${code};`)(...values, ...Object.values(SCOPE)) as Value;
  if (fromClosure !== undefined && printValue(expression.type, inlined) !== printValue(expression.type, fromClosure)) {
    throw new Error(`${expression.function}: inline gives ${String(inlined)}, implement ${String(fromClosure)}`);
  }
  return inlined;
}
