import { findAggregate } from '../../functions/aggregates/registry.ts';
import type { Accumulator, AccumulatorField, Elements } from '../../functions/aggregates/aggregate-function.ts';
import { assert } from '../../base/assert.ts';
import type { AggregateCall, AggregateCode } from '../../plan/node.ts';
import { storageOf } from '../../types/column.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';

/** What a node does with its accumulators beyond accumulating. */
export interface AggregateUse {
  /** Rows are taken back: a retracting input, or a bounded OVER frame. */
  readonly retracting: boolean;
  /** Panes are merged: HOP and CUMULATE windows. */
  readonly merging: boolean;
  /** Every row is answered by the results that hold after it: OVER. */
  readonly running: boolean;
}

/** The accumulators of an operator's aggregates as JavaScript; see Accumulators in run/state/accumulators.ts. */
export function generateAggregateCode(aggregates: readonly AggregateCall[], use: AggregateUse): AggregateCode {
  const constants: Value[] = [];
  const parts = aggregates.map((call, index) => new Part(call, index, use, constants));
  const functions = [
    createFunction(parts),
    reserveFunction(parts),
    clearFunction(parts),
    rowsFunction('accumulate', parts, (part) => part.accumulate()),
    ...(use.retracting ? [rowsFunction('retract', parts, (part) => part.retract())] : []),
    ...(use.merging ? [mergeFunction(parts)] : []),
    emitFunction(parts),
    ...(use.running ? [runFunction(parts)] : []),
  ];
  const source = `return {\n${functions.map((text) => indent(text, 1)).join(',\n')},\n};`;
  return { accumulators: { name: 'aggregates', parameters: [], source, constants, calls: [] } };
}

/** One aggregate of the operator: its accumulator with DISTINCT and NULL taken care of. */
class Part {
  readonly call: AggregateCall;
  readonly index: number;
  /** Name of the array in the state → its kind. */
  readonly fields: ReadonlyMap<string, AccumulatorField>;
  readonly result: ReturnType<Accumulator['result']>;
  private readonly accumulator: Accumulator;
  private readonly isDistinct: boolean;
  private readonly use: AggregateUse;
  private readonly state: Elements;

  constructor(call: AggregateCall, index: number, use: AggregateUse, constants: Value[]) {
    const aggregate = findAggregate(call.function);
    assert(aggregate !== undefined, `no aggregate function ${call.function}`);
    this.call = call;
    this.index = index;
    this.use = use;
    this.accumulator = aggregate.generate({
      args: columnArgs(call).map(({ type }) => type),
      literal: (at) => call.literals[at],
      type: call.type,
      retracting: use.retracting,
      constant: (value) => `k[${constants.push(value) - 1}]`,
    });
    this.isDistinct = call.distinct && aggregate.ignoresDistinct !== true;
    const fields = Object.entries(this.accumulator.fields).map(([name, kind]) => [`${name}_${index}`, kind] as const);
    this.fields = new Map(this.isDistinct ? [...fields, [`seen_${index}`, 'Array']] : fields);
    this.state = this.elements('', 'slot');
    this.result = this.accumulator.result(this.state);
  }

  /** JavaScript for the elements of this aggregate's fields at a slot, by the names the accumulator knows. */
  elements(prefix: string, slot: string): Elements {
    return Object.fromEntries(
      Object.keys(this.accumulator.fields).map((name) => [name, `${prefix}${name}_${this.index}[${slot}]`]),
    );
  }

  /** When row i counts, or undefined: always. */
  get condition(): string | undefined {
    const { filter } = this.call;
    const conditions: string[] = [];
    if (filter >= 0) conditions.push(`values${filter}[i] === 1 && nulls${filter}[i] === 0`);
    if (this.accumulator.nulls === 'skip')
      for (const { column } of columnArgs(this.call)) conditions.push(`nulls${column}[i] === 0`);
    return conditions.length === 0 ? undefined : conditions.join(' && ');
  }

  /** The columns whose values row i is read from; FILTER's aside. */
  get readColumns(): readonly { readonly column: number; readonly type: SqlType; readonly seesNull: boolean }[] {
    // COUNT looks at no value, unless values have to be told apart.
    if (this.accumulator.accumulate(this.state, ['\0', '\0']).includes('\0') || this.isDistinct) {
      return columnArgs(this.call).map((arg) => ({ ...arg, seesNull: this.accumulator.nulls === 'see' }));
    }
    return [];
  }

  accumulate(): string {
    const statements = this.accumulator.accumulate(this.state, this.argNames());
    if (!this.isDistinct) return statements;
    const seen = `seen_${this.index}[slot]`;
    const [arg] = this.argNames();
    if (this.use.retracting) return `if (countDistinct(${seen} ??= new Map(), keyOf(${arg}))) { ${statements} }`;
    return `if (isFirst(${seen} ??= new Map(), ${arg})) { ${statements} }`;
  }

  retract(): string {
    assert(this.accumulator.retract !== undefined, `${this.call.function} cannot take rows back`);
    const statements = this.accumulator.retract(this.state, this.argNames());
    if (!this.isDistinct) return statements;
    return `if (uncountDistinct(seen_${this.index}[slot], keyOf(${this.argNames()[0]}))) { ${statements} }`;
  }

  merge(): string {
    if (!this.isDistinct) return this.accumulator.merge(this.state, this.elements('other.', 'otherSlot'));
    const seen = `seen_${this.index}`;
    return `if (other.${seen}[otherSlot] !== null) {
  for (const value of other.${seen}[otherSlot].values()) {
    if (isFirst(${seen}[slot] ??= new Map(), value)) { ${this.accumulator.accumulate(this.state, ['value'])} }
  }
}`;
  }

  /** Writes the result for `slot` to `row`. */
  emit(): string {
    const out = `output${this.index}`;
    const { value, isNull, isCount } = this.result;
    switch (storageOf(this.call.type)) {
      case 'bigint':
        if (isCount === true) {
          const low = `low${this.index}`;
          return `${low}[2 * row] = ${value}; ${low}[2 * row + 1] = Math.floor(${value} / 4294967296); nulls_${out}[row] = 0;`;
        }
        break;
      case 'boolean':
      case 'int':
      case 'double':
        break;
      default:
        return `${out}.set(row, ${isNull === undefined ? value : `${isNull} ? null : ${value}`});`;
    }
    const write = `nulls_${out}[row] = 0; values_${out}[row] = ${value};`;
    return isNull === undefined ? write : `if (${isNull}) nulls_${out}[row] = 1; else { ${write} }`;
  }

  /** Declares what `emit` uses. */
  emitNames(): string {
    const out = `output${this.index}`;
    const column = `const ${out} = output[${this.index}];`;
    switch (storageOf(this.call.type)) {
      case 'bigint':
        if (this.result.isCount === true) {
          const { index } = this;
          return `${column} const nulls_${out} = ${out}.nulls, low${index} = new Int32Array(${out}.values.buffer, ${out}.values.byteOffset, 2 * ${out}.values.length);`;
        }
        return `${column} const nulls_${out} = ${out}.nulls, values_${out} = ${out}.values;`;
      case 'boolean':
      case 'int':
      case 'double':
        return `${column} const nulls_${out} = ${out}.nulls, values_${out} = ${out}.values;`;
      default:
        return column;
    }
  }

  private argNames(): string[] {
    return columnArgs(this.call).map(({ column }) => (this.accumulator.nulls === 'see' ? `any${column}` : `x${column}`));
  }
}

/** The arguments that are columns of the input. */
function columnArgs(call: AggregateCall): { column: number; type: SqlType }[] {
  return call.args.map((column, i) => ({ column, type: call.argTypes[i] })).filter((_, i) => call.literals[i] === undefined);
}

// ---------------------------------------------------------------- the functions

function createFunction(parts: readonly Part[]): string {
  const fields = allFields(parts).map(
    ([name, kind]) => `${name}: ${kind === 'Array' ? 'new Array(capacity).fill(null)' : `new ${kind}(capacity)`},`,
  );
  return `create(capacity) {\n  return {\n${lines(fields, 2)}\n  };\n}`;
}

function reserveFunction(parts: readonly Part[]): string {
  const statements = allFields(parts).map(([name, kind]) =>
    kind === 'Array'
      ? `while (state.${name}.length < capacity) state.${name}.push(null);`
      : `if (state.${name}.length < capacity) state.${name} = resized(state.${name}, capacity);`,
  );
  return `reserve(state, capacity) {\n${lines(statements, 1)}\n}`;
}

function clearFunction(parts: readonly Part[]): string {
  const statements = allFields(parts).map(([name, kind]) => {
    const zero = kind === 'Array' ? 'null' : kind === 'BigInt64Array' ? '0n' : '0';
    return `state.${name}.fill(${zero}, from, to);`;
  });
  return `clear(state, from, to) {\n${lines(statements, 1)}\n}`;
}

function rowsFunction(name: string, parts: readonly Part[], statementOf: (part: Part) => string): string {
  return `${name}(state, columns, slots, from, to) {
${lines([...stateNames(parts), ...columnNames(parts)], 1)}
  for (let i = from; i < to; i++) {
    const slot = slots[i];
${lines(rowStatements(parts, statementOf), 2)}
  }
}`;
}

function mergeFunction(parts: readonly Part[]): string {
  return `merge(state, slot, other, otherSlot) {
${lines([...stateNames(parts), ...parts.map((part) => part.merge())], 1)}
}`;
}

function emitFunction(parts: readonly Part[]): string {
  return `emit(state, from, to, output, row) {
${lines([...stateNames(parts), ...parts.map((part) => part.emitNames())], 1)}
  for (let slot = from; slot < to; slot++, row++) {
${lines(
  parts.map((part) => part.emit()),
  2,
)}
  }
}`;
}

function runFunction(parts: readonly Part[]): string {
  return `run(state, columns, slots, from, to, output) {
${lines([...stateNames(parts), ...columnNames(parts), ...parts.map((part) => part.emitNames())], 1)}
  for (let row = from; row < to; row++) {
    const i = row, slot = slots[row];
${lines([...rowStatements(parts, (part) => part.accumulate()), ...parts.map((part) => part.emit())], 2)}
  }
}`;
}

/** The statements of all aggregates for row i; those with the same condition, and those that read the same value, share it. */
function rowStatements(parts: readonly Part[], statementOf: (part: Part) => string): string[] {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const condition = part.condition ?? '';
    const group = groups.get(condition);
    if (group === undefined) groups.set(condition, [part]);
    else group.push(part);
  }
  return [...groups].flatMap(([condition, group]) => {
    const reads = new Map<string, string>();
    for (const { column, type, seesNull } of group.flatMap((part) => part.readColumns)) {
      const value = readValue(column, type);
      if (seesNull) reads.set(`any${column}`, `const any${column} = nulls${column}[i] === 0 ? ${value} : null;`);
      else reads.set(`x${column}`, `const x${column} = ${value};`);
    }
    const statements = [...reads.values(), ...group.map(statementOf)];
    if (condition === '' && reads.size === 0) return statements;
    return [`${condition === '' ? '' : `if (${condition}) `}{\n${lines(statements, 1)}\n}`];
  });
}

function readValue(column: number, type: SqlType): string {
  return storageOf(type) === 'timestamp' ? `timestampAt(column${column}, i)` : `values${column}[i]`;
}

function stateNames(parts: readonly Part[]): string[] {
  const names = allFields(parts).map(([name]) => name);
  return names.length === 0 ? [] : [`const { ${names.join(', ')} } = state;`];
}

function columnNames(parts: readonly Part[]): string[] {
  const used = new Set<number>();
  // Values that nobody reads are not asked for: those of a text column may have to be looked up first.
  const read = new Set<number>();
  for (const { call, readColumns } of parts) {
    for (const { column } of columnArgs(call)) used.add(column);
    for (const { column } of readColumns) read.add(column);
    if (call.filter < 0) continue;
    used.add(call.filter);
    read.add(call.filter);
  }
  return [...used]
    .sort((a, b) => a - b)
    .map(
      (n) =>
        `const column${n} = columns[${n}],${read.has(n) ? ` values${n} = column${n}.values,` : ''} nulls${n} = column${n}.nulls;`,
    );
}

function allFields(parts: readonly Part[]): [string, AccumulatorField][] {
  return parts.flatMap((part) => [...part.fields]);
}

// ---------------------------------------------------------------- text

function lines(statements: readonly string[], depth: number): string {
  return statements.map((text) => indent(text, depth)).join('\n');
}

function indent(text: string, depth: number): string {
  return text.replace(/^(?=.)/gm, '  '.repeat(depth));
}
