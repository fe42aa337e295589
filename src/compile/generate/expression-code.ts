import { assert } from '../../base/assert.ts';
import { findFunction } from '../../functions/registry.ts';
import { mayBeNull, type CallSite } from '../../functions/function.ts';
import { isDeterministic } from './memo-column.ts';
import { storageOf, type Storage } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import type { CallExpression, Expression } from '../../plan/expression.ts';

/** JavaScript for a value: both are simple variables or constants. Where `isNull` is true, `value` is anything. */
export interface Operand {
  readonly value: string;
  /** `'false'` when the value cannot be NULL. */
  readonly isNull: string;
}

/** What a variable of this storage starts as, so that its type never changes: with 0 instead of NaN, V8 would keep doubles in the heap. */
const INITIAL: Record<Storage, string> = {
  boolean: 'false',
  int: '0',
  bigint: '0n',
  double: 'NaN',
  timestamp: 'NaN',
  text: "''",
  object: 'null',
};

/**
 * Writes JavaScript statements that evaluate expressions over row `i` of a batch. What they read of its columns is at hand, by the
 * prologue, as `v3` (values), `n3` (nulls) and, for timestamps, `nanos3` (within the millisecond, or null). What was computed once
 * in a scope is not computed again.
 */
export class ExpressionWriter {
  readonly lines: string[] = [];
  readonly constants: Value[] = [];
  readonly calls: CallSite[] = [];
  /** Columns whose values, and whose nulls, were read, for the prologue. */
  readonly valueColumns = new Set<number>();
  readonly #nullColumns = new Set<number>();
  /** What is written now runs only where no timestamp has digits below the millisecond. */
  wholeMillis = false;
  readonly #schema: Schema;
  #variables = 0;
  #indent = '    ';
  /** Known operands by expression, innermost block last: a branch's are forgotten when it ends. */
  #scopes: Map<string, Operand>[] = [new Map()];

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Declarations of the columns that were read. */
  prologue(): string[] {
    return this.#schema.flatMap(({ type }, column) => {
      const arrays: string[] = [];
      if (this.valueColumns.has(column)) arrays.push(`v${column} = input.columns[${column}].values`);
      if (this.#nullColumns.has(column)) arrays.push(`n${column} = input.columns[${column}].nulls`);
      if (this.valueColumns.has(column) && storageOf(type) === 'timestamp')
        arrays.push(`nanos${column} = input.columns[${column}].nanos`);
      return arrays.length === 0 ? [] : [`const ${arrays.join(', ')};`];
    });
  }

  line(text: string): void {
    this.lines.push(this.#indent + text);
  }

  /** Writes a block: `head {`, the body, `}`. What the body computes is known only in it. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`);
    this.#indent += '  ';
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
    this.#indent = this.#indent.slice(2);
    this.line('}');
  }

  /** Evaluates an expression here. */
  write(expression: Expression): Operand {
    if (expression.kind === 'literal') return this.#literal(expression.value, expression.type);
    const key = expression.kind === 'column' ? `#${expression.index}` : expressionKey(expression);
    const known = this.#known(key);
    if (known !== undefined) return known;
    const operand = expression.kind === 'column' ? this.#column(expression.index, expression.type) : this.#call(expression);
    const isShareable = expression.kind === 'column' || isDeterministic(expression);
    if (isShareable) this.#scopes[this.#scopes.length - 1].set(key, operand);
    return operand;
  }

  /** What an enclosing block has computed already. */
  #known(key: string): Operand | undefined {
    for (const scope of this.#scopes) {
      const known = scope.get(key);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  #literal(value: Value, type: SqlType): Operand {
    if (value === null) return { value: INITIAL[storageOf(type)], isNull: 'true' };
    if (typeof value === 'boolean') return { value: String(value), isNull: 'false' };
    if (typeof value === 'number')
      return { value: Object.is(value, -0) ? '-0' : value < 0 ? `(${value})` : String(value), isNull: 'false' };
    if (typeof value === 'bigint') return { value: value < 0n ? `(${value}n)` : `${value}n`, isNull: 'false' };
    const index = this.constants.push(value) - 1;
    return { value: `k[${index}]`, isNull: 'false' };
  }

  #column(index: number, type: SqlType): Operand {
    this.valueColumns.add(index);
    const isNull = this.#isNullColumn(index, type);
    switch (storageOf(this.#schema[index].type)) {
      case 'boolean':
        return { value: this.#constant('v', `v${index}[i] === 1`), isNull };
      case 'timestamp':
        return {
          value: this.#constant(
            'v',
            this.wholeMillis
              ? `v${index}[i]`
              : `nanos${index} === null ? v${index}[i] : timestampOf(v${index}[i], nanos${index}[i])`,
          ),
          isNull,
        };
      default:
        return { value: this.#constant('v', `v${index}[i]`), isNull };
    }
  }

  #call(call: CallExpression): Operand {
    switch (call.function) {
      case 'AND':
        return this.#connective(call, 'false');
      case 'OR':
        return this.#connective(call, 'true');
      case 'CASE':
        return this.#case(call);
      case 'COALESCE':
        return this.#coalesce(call);
      case 'IS NULL':
        return { value: this.#nullTest(call.args[0]), isNull: 'false' };
      case 'IS NOT NULL':
        return { value: this.#constant('v', `!${this.#nullTest(call.args[0])}`), isNull: 'false' };
      default:
        return this.#function(call);
    }
  }

  #isNullColumn(index: number, type: SqlType): string {
    if (!type.nullable) return 'false';
    this.#nullColumns.add(index);
    const key = `null #${index}`;
    const known = this.#known(key);
    if (known !== undefined) return known.isNull;
    const isNull = this.#constant('n', `n${index}[i] === 1`);
    this.#scopes[this.#scopes.length - 1].set(key, { value: '', isNull });
    return isNull;
  }

  // ---------------------------------------------------------------- functions

  #function(call: CallExpression): Operand {
    const entry = findFunction(call.function);
    assert(entry !== undefined, `function ${call.function} is registered`);
    const site: CallSite = {
      function: entry.name,
      args: call.args.map((arg) => arg.type),
      literals: call.args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined)),
      type: call.type,
    };
    const args = call.args.map((arg) => this.write(arg));
    if (entry.nulls === 'custom') {
      const boxed = args.map((arg) =>
        arg.isNull === 'false' ? arg.value : arg.isNull === 'true' ? 'null' : `(${arg.isNull} ? null : ${arg.value})`,
      );
      const inline = entry.inline?.(boxed, site);
      return this.#nullableResult(inline ?? `${this.#closure(site)}(${boxed.join(', ')})`, 'false', call);
    }
    const isNull = anyNull(args);
    if (isNull === 'true') return { value: INITIAL[storageOf(call.type)], isNull };
    const values = args.map((arg) => arg.value);
    const code = entry.inline?.(values, site) ?? `${this.#closure(site)}(${values.join(', ')})`;
    if (mayBeNull(entry, site)) return this.#nullableResult(code, isNull, call);
    if (isNull === 'false') return { value: this.#constant('v', code), isNull };
    const flag = this.#constant('n', isNull);
    const value = this.#variable('v', INITIAL[storageOf(call.type)]);
    this.line(`if (!${flag}) ${value} = ${code};`);
    return { value, isNull: flag };
  }

  /** A call whose result may be null although nothing that goes in is. */
  #nullableResult(code: string, isNull: string, call: CallExpression): Operand {
    if (isNull === 'false' && !call.type.nullable) return { value: this.#constant('v', code), isNull: 'false' };
    const flag = this.#variable('n', 'true');
    const value = this.#variable('v', INITIAL[storageOf(call.type)]);
    const evaluate = (): void => {
      const result = this.#constant('r', code);
      this.line(`if (${result} !== null) { ${value} = ${result}; ${flag} = false; }`);
    };
    if (isNull === 'false') evaluate();
    else this.block(`if (!(${isNull}))`, evaluate);
    return { value, isNull: flag };
  }

  #closure(site: CallSite): string {
    return `f${this.calls.push(site) - 1}`;
  }

  // ---------------------------------------------------------------- special forms

  /**
   * AND and OR of any number of conditions: `decisive` is the value that settles it. Later conditions are evaluated only while
   * nothing has settled it; NULL among them makes the result NULL unless something does.
   */
  #connective(call: CallExpression, decisive: 'true' | 'false'): Operand {
    const other = decisive === 'true' ? 'false' : 'true';
    const value = this.#variable('v', other);
    const isNull = call.type.nullable ? this.#variable('n', 'false') : 'false';
    const settles = (operand: string): string => (decisive === 'true' ? operand : `!${operand}`);
    const settle = isNull === 'false' ? `${value} = ${decisive};` : `${value} = ${decisive}; ${isNull} = false;`;
    const next = (index: number): void => {
      const operand = this.write(call.args[index]);
      const test = operand.isNull === 'false' ? settles(operand.value) : `!${operand.isNull} && ${settles(operand.value)}`;
      const isLast = index === call.args.length - 1;
      if (operand.isNull === 'false') this.line(`if (${test}) { ${settle} }`);
      else
        this.line(`if (${test}) { ${settle} } else if (${operand.isNull}) { ${isNull === 'false' ? '' : `${isNull} = true; `}}`);
      if (!isLast) this.block(`if (${value} === ${other})`, () => next(index + 1));
    };
    next(0);
    return { value, isNull };
  }

  /** Whether a value is NULL, without looking at the value. */
  #nullTest(expression: Expression): string {
    return expression.kind === 'column' ? this.#isNullColumn(expression.index, expression.type) : this.write(expression).isNull;
  }

  #case(call: CallExpression): Operand {
    const value = this.#variable('v', INITIAL[storageOf(call.type)]);
    const isNull = call.type.nullable ? this.#variable('n', 'false') : 'false';
    const assign = (expression: Expression): void => {
      const operand = this.write(expression);
      if (operand.isNull === 'true') this.line(`${isNull} = true;`);
      else this.line(`${value} = ${operand.value};${isNull === 'false' ? '' : ` ${isNull} = ${operand.isNull};`}`);
    };
    const branch = (index: number): void => {
      if (index === call.args.length - 1) return assign(call.args[index]);
      const condition = this.write(call.args[index]);
      this.block(`if (${isTrue(condition)})`, () => assign(call.args[index + 1]));
      this.block('else', () => branch(index + 2));
    };
    branch(0);
    return { value, isNull };
  }

  #coalesce(call: CallExpression): Operand {
    const value = this.#variable('v', INITIAL[storageOf(call.type)]);
    const isNull = this.#variable('n', 'true');
    const next = (index: number): void => {
      const operand = this.write(call.args[index]);
      if (operand.isNull === 'false') return this.line(`${value} = ${operand.value}; ${isNull} = false;`);
      if (operand.isNull !== 'true') this.line(`if (!${operand.isNull}) { ${value} = ${operand.value}; ${isNull} = false; }`);
      if (index + 1 < call.args.length) this.block(`if (${isNull})`, () => next(index + 1));
    };
    next(0);
    return { value, isNull: call.type.nullable ? isNull : 'false' };
  }

  // ---------------------------------------------------------------- variables

  #constant(prefix: string, code: string): string {
    if (/^(?:[vnr]_\d+|true|false)$/.test(code)) return code;
    const name = `${prefix}_${this.#variables++}`;
    this.line(`const ${name} = ${code};`);
    return name;
  }

  #variable(prefix: string, initial: string): string {
    const name = `${prefix}_${this.#variables++}`;
    this.line(`let ${name} = ${initial};`);
    return name;
  }
}

/** JavaScript for "is TRUE": neither false nor NULL. */
export function isTrue(operand: Operand): string {
  if (operand.isNull === 'true') return 'false';
  return operand.isNull === 'false' ? operand.value : `!${operand.isNull} && ${operand.value}`;
}

function anyNull(args: readonly Operand[]): string {
  if (args.some((arg) => arg.isNull === 'true')) return 'true';
  const nulls = [...new Set(args.map((arg) => arg.isNull).filter((isNull) => isNull !== 'false'))];
  return nulls.length === 0 ? 'false' : nulls.join(' || ');
}

function expressionKey(expression: Expression): string {
  return JSON.stringify(expression, (key, part: unknown) =>
    key === 'place' ? undefined : typeof part === 'bigint' ? `${part}n` : Object.is(part, -0) ? '-0' : part,
  );
}
