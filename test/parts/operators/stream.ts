import { deserialize, serialize } from 'node:v8';
import { expect } from 'vitest';
import { generateAggregateCode } from '../../../src/compile/generate/aggregate-code.ts';
import { inferAggregate } from '../../../src/functions/aggregates/registry.ts';
import type { AggregateCall, PlanNode } from '../../../src/plan/node.ts';
import { createOperator } from '../../../src/run/operators/create-operator.ts';
import type { Operator, OperatorContext, OperatorMetrics } from '../../../src/run/operators/operator.ts';
import { createBatch, MIN_WATERMARK, type Batch } from '../../../src/types/batch.ts';
import { TextDictionary } from '../../../src/types/column.ts';
import { printValue } from '../../../src/types/format-value.ts';
import { ROW_KIND_TEXT } from '../../../src/types/row-kind.ts';
import type { Field, Schema } from '../../../src/types/schema.ts';
import * as sql from '../../../src/types/sql-type.ts';
import { timestampOf, type Value } from '../../../src/types/value.ts';

/**
 * Streams as text, for tests of single operators. A line is a row, `a, 1.5, 00:00:03` or `-U a, 1.5, 00:00:03` (`+I` when it
 * says nothing), or a watermark, `~ 00:00:05` (`~ end` is the last one), which holds for the rows after it. Times are on
 * 2024-01-01, `null` is NULL; `2>` in front of a line means the second input. Output lines are the same, as a print sink shows rows.
 */

const DAY = Date.UTC(2024, 0, 1);

const TYPES: Readonly<Record<string, sql.SqlType>> = {
  BOOLEAN: sql.BOOLEAN,
  TINYINT: sql.TINYINT,
  INT: sql.INTEGER,
  BIGINT: sql.BIGINT,
  FLOAT: sql.FLOAT,
  DOUBLE: sql.DOUBLE,
  STRING: sql.STRING,
  DATE: sql.DATE,
  DECIMAL: sql.decimal(10, 2),
  TIMESTAMP: sql.timestamp(3),
  FINE: sql.timestamp(9),
  LTZ: sql.timestampLtz(3),
};

/** `k STRING, v DOUBLE, ts TIMESTAMP`. */
export function schemaOf(text: string): Schema {
  return text.split(',').map((part): Field => {
    const [name, type] = part.trim().split(' ');
    return { name, type: TYPES[type] };
  });
}

/** `00:00:01`, `00:00:01.5`, `-00:00:01` or `+24:00:00` relative to midnight, in milliseconds. */
export function timeOf(text: string): number {
  const match = /^([+-]?)(\d+):(\d\d)(?::(\d\d)(\.\d+)?)?$/.exec(text);
  if (match === null) throw new Error(`no time: ${text}`);
  const [, sign, hours, minutes, seconds = '0', fraction = '0'] = match;
  const millis = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Math.floor(Number(fraction) * 1000);
  return DAY + (sign === '-' ? -millis : millis);
}

function valueOf(type: sql.SqlType, text: string): Value {
  if (text === 'null') return null;
  switch (type.kind) {
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      return text === 'true';
    case 'BIGINT':
      return BigInt(text);
    case 'DECIMAL':
      return BigInt(Math.round(Number(text) * 100));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const nanos = /\.\d{3}(\d{1,6})$/.exec(text)?.[1] ?? '0';
      return timestampOf(timeOf(text), Number(nanos.padEnd(6, '0')));
    }
    default:
      return Number(text);
  }
}

interface Event {
  readonly input: number;
  readonly kind: number;
  readonly row: readonly Value[] | null;
  readonly watermark: number;
}

function parse(text: string, inputs: readonly Schema[]): Event[] {
  const events: Event[] = [];
  for (const line of text.split('\n').map((part) => part.trim())) {
    if (line === '') continue;
    const [, second, kind, rest] = /^(2>)?\s*(\+I|-U|\+U|-D|~)?\s*(.*)$/.exec(line)!;
    const input = second === undefined ? 0 : 1;
    if (kind === '~') {
      events.push({ input, kind: 0, row: null, watermark: rest === 'end' ? Infinity : timeOf(rest) });
    } else {
      const cells = rest.split(',').map((cell) => cell.trim());
      const row = inputs[input].map((field, i) => valueOf(field.type, cells[i]));
      events.push({ input, kind: kind === undefined ? 0 : ROW_KIND_TEXT.indexOf(kind as '+I'), row, watermark: 0 });
    }
  }
  return events;
}

export interface RunOptions {
  /** At most so many rows in a batch. */
  readonly batchRows?: number;
  /** After every batch the operator is thrown away and started from its snapshot. */
  readonly restarts?: boolean;
  /** Texts come with dictionary codes. */
  readonly coded?: boolean;
  readonly timeZone?: string;
  readonly onLate?: (row: string) => void;
  readonly clock?: { now(): number };
  readonly onEnd?: (metrics: OperatorMetrics) => void;
}

/** What a node's operator gives for the rows. */
export function run(node: PlanNode, inputs: readonly Schema[], text: string, options: RunOptions = {}): string[] {
  const { batchRows = 1000, restarts = false, coded = false } = options;
  const lines: string[] = [];
  let told = MIN_WATERMARK;
  let heard = MIN_WATERMARK;
  const hear = (watermark: number): void => {
    expect(watermark, 'watermarks never go back').toBeGreaterThanOrEqual(heard);
    heard = watermark;
  };
  const tell = (): void => {
    if (heard > told) lines.push(`~ ${heard === Infinity ? 'end' : clockText(heard)}`);
    told = heard;
  };
  const output = {
    collect(batch: Batch): void {
      expect(batch.length).toBeGreaterThan(0);
      hear(batch.startWatermark);
      for (let i = 0; i < batch.length; i++) {
        hear(batch.watermarks === null ? batch.startWatermark : batch.watermarks[i]);
        tell();
        lines.push(rowText(node.schema, batch, i));
      }
      hear(batch.watermark);
    },
    advance: hear,
  };
  const context: OperatorContext = {
    clock: options.clock ?? { now: () => 0 },
    timeZone: options.timeZone ?? 'UTC',
    onLate: (_node, batch, row) => options.onLate?.(rowText(inputs[0], batch, row)),
  };
  const create = (): Operator => createOperator(node as never, inputs, output, context);
  let operator = create();
  for (const call of batches(parse(text, inputs), inputs, batchRows, coded)) {
    call(operator);
    if (!restarts) continue;
    const state: unknown = deserialize(serialize(operator.snapshot()));
    operator = create();
    operator.restore(state);
  }
  tell();
  options.onEnd?.(operator.metrics);
  return lines;
}

function rowText(schema: Schema, batch: Batch, row: number): string {
  const values = schema.map((field, i) => {
    const value = batch.columns[i].get(row);
    return value === null ? 'null' : printValue(field.type, value);
  });
  return `${ROW_KIND_TEXT[batch.kinds === null ? 0 : (batch.kinds[row] as 0)]}[${values.join(', ')}]`;
}

function clockText(millis: number): string {
  const text = new Date(millis).toISOString();
  return text.startsWith('2024-01-01T') ? text.slice(11, 23).replace('.000', '') : text.replace('.000Z', '');
}

/** The events as calls of an operator. */
function batches(
  events: readonly Event[],
  inputs: readonly Schema[],
  batchRows: number,
  coded: boolean,
): ((operator: Operator) => void)[] {
  const calls: ((operator: Operator) => void)[] = [];
  const watermarks = inputs.map(() => MIN_WATERMARK);
  const dictionaries = inputs.map((schema) => schema.map(() => new TextDictionary()));
  for (let at = 0; at < events.length;) {
    const { input } = events[at];
    const from = at;
    let rows = 0;
    while (at < events.length && events[at].input === input && (events[at].row === null || rows < batchRows)) {
      if (events[at].row !== null) rows++;
      at++;
    }
    const part = events.slice(from, at);
    if (rows === 0) {
      for (const { watermark } of part) calls.push((operator) => operator.advance(input, watermark));
      watermarks[input] = part.at(-1)!.watermark;
      continue;
    }
    const batch = createBatch(inputs[input], rows);
    batch.startWatermark = watermarks[input];
    const kinds = new Uint8Array(rows);
    const rowWatermarks = new Float64Array(rows);
    let watermark = watermarks[input];
    for (const event of part) {
      if (event.row === null) {
        watermark = event.watermark;
        continue;
      }
      const i = batch.length++;
      rowWatermarks[i] = watermark;
      kinds[i] = event.kind;
      event.row.forEach((value, c) => {
        const column = batch.columns[c];
        if (!coded || column.storage !== 'text') return column.set(i, value);
        const dictionary = dictionaries[input][c];
        if (i === 0) column.begin(dictionary);
        column.nulls[i] = value === null ? 1 : 0;
        if (value === null) return;
        let code = dictionary.values.indexOf(value as string);
        if (code === -1) code = dictionary.values.push(value as string) - 1;
        column.codes[i] = code;
      });
    }
    if (coded) for (const column of batch.columns) if (column.storage === 'text') column.useCodes(batch.length);
    batch.watermark = watermark;
    if (kinds.some((kind) => kind !== 0)) batch.kinds = kinds;
    if (rowWatermarks.some((w) => w !== batch.startWatermark)) batch.watermarks = rowWatermarks;
    watermarks[input] = watermark;
    calls.push((operator) => operator.process(input, batch));
  }
  return calls;
}

/** Runs in one batch, in batches of 1 and 3 rows, with dictionary codes, and restarted after every batch: all must agree. */
export function runAllWays(node: PlanNode, inputs: readonly Schema[], text: string, options: RunOptions = {}): string[] {
  const straight = run(node, inputs, text, options);
  for (const batchRows of [1, 3, 1000]) {
    for (const restarts of [false, true]) {
      for (const coded of [false, true]) {
        const { onLate: _onLate, onEnd: _onEnd, ...quiet } = options;
        const way = `batches of ${batchRows} rows${restarts ? ', restarted' : ''}${coded ? ', with codes' : ''}`;
        expect(run(node, inputs, text, { ...quiet, batchRows, restarts, coded }), way).toEqual(straight);
      }
    }
  }
  return straight;
}

/** `SUM(v)`, `COUNT(*)`, `COUNT(DISTINCT v)`, `LISTAGG(v, ';')`, each possibly with `FILTER f`. */
export function aggregate(text: string, input: Schema): AggregateCall {
  const match = /^(\$?\w+)\((DISTINCT )?([^)]*)\)(?: FILTER (\w+))?$/.exec(text);
  if (match === null) throw new Error(`no aggregate: ${text}`);
  const [, name, distinct, list, filter] = match;
  const column = (field: string): number => input.findIndex((candidate) => candidate.name === field);
  const args = list === '*' ? [] : list.split(', ');
  const literals = args.map((arg) => (arg.startsWith("'") ? arg.slice(1, -1) : undefined));
  const columns = args.map((arg, i) => (literals[i] === undefined ? column(arg) : -1));
  const known = args.map((_, i) =>
    literals[i] === undefined ? { type: input[columns[i]].type } : { type: sql.STRING, literal: literals[i] },
  );
  const { args: argTypes, type } = inferAggregate(name, known, distinct !== undefined);
  return {
    function: name,
    args: columns,
    argTypes,
    literals,
    distinct: distinct !== undefined,
    filter: filter === undefined ? -1 : column(filter),
    type,
  };
}

export function aggregates(texts: readonly string[], input: Schema): AggregateCall[] {
  return texts.map((text) => aggregate(text, input));
}

export { generateAggregateCode };

export const nodeBase = { id: 1, inputs: [0], changelog: 'insert' } as const;

/** A block of expected lines. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
