import { unreachable } from '../../base/assert.ts';
import type { Expression } from '../../plan/expression.ts';
import type { ConnectedTable } from '../../connectors/connector.ts';
import { findConnector } from '../../connectors/registry.ts';
import { inputsOf, type Relation, type SinkRelation } from '../bind/relation.ts';

export interface Needs {
  /** Which of a relation's columns somebody reads. */
  readonly columns: ReadonlyMap<Relation, ReadonlySet<number>>;
  /** How many relations read it. */
  readonly readers: ReadonlyMap<Relation, number>;
}

/** Walks the graph from the sinks down: what nobody reads is neither decoded nor computed. */
export function neededColumns(sinks: readonly SinkRelation[], keepsLateRows: boolean): Needs {
  const columns = new Map<Relation, Set<number>>();
  const readers = new Map<Relation, number>();
  for (const relation of readersFirst(sinks)) {
    const mine = columns.get(relation) ?? new Set(relation.fields.map((_, i) => i));
    columns.set(relation, mine);
    inputsOf(relation).forEach((input) => {
      readers.set(input, (readers.get(input) ?? 0) + 1);
      const needed = columns.get(input) ?? new Set<number>();
      for (const column of neededOf(relation, mine, keepsLateRows)) needed.add(column);
      columns.set(input, needed);
    });
  }
  return { columns, readers };
}

/** All relations, each before those that it reads. */
function readersFirst(sinks: readonly SinkRelation[]): Relation[] {
  const seen = new Set<Relation>();
  const inputsFirst: Relation[] = [];
  const visit = (relation: Relation): void => {
    if (seen.has(relation)) return;
    seen.add(relation);
    inputsOf(relation).forEach(visit);
    inputsFirst.push(relation);
  };
  sinks.forEach(visit);
  return inputsFirst.reverse();
}

/** The columns of its input (or inputs) that a relation reads to give the columns `mine`. */
export function neededOf(relation: Relation, mine: ReadonlySet<number>, keepsLateRows: boolean): Iterable<number> {
  switch (relation.kind) {
    case 'scan':
    case 'values':
    case 'unknown':
      return [];
    case 'sink':
      return relation.input.fields.map((_, i) => i);
    case 'union':
      return mine;
    case 'project':
      return columnsOf(...[...mine].map((i) => relation.expressions[i]));
    case 'filter':
      return [...mine, ...columnsOf(relation.condition)];
    case 'watermark':
      return [
        ...mine,
        relation.rowtime,
        ...columnsOf(relation.expression),
        ...(keepsLateRows ? readColumns(relation.input) : []),
      ];
    case 'window-table':
      return [...upTo(mine, relation.input.fields.length), relation.timeColumn];
    case 'aggregate': {
      const first = relation.keys.length + (relation.sets === null ? 0 : 1);
      const used = relation.aggregates.filter((_, i) => mine.has(first + i));
      return [...relation.keys, ...used.flatMap((call) => [...call.args, call.filter]).filter((column) => column >= 0)];
    }
    case 'over': {
      const args = relation.aggregates.flatMap((call) => [...call.args, call.filter]).filter((column) => column >= 0);
      const order = relation.time === 'rowtime' ? relation.order.map((key) => key.column) : [];
      return [...upTo(mine, relation.input.fields.length), ...relation.partition, ...order, ...args];
    }
    case 'row-number':
      return [...upTo(mine, relation.input.fields.length), ...relation.partition, ...relation.order.map((key) => key.column)];
    case 'sort-limit':
      return [...mine, ...relation.order.map((key) => key.column)];
    default:
      return unreachable(relation, 'relation');
  }
}

/** The columns that are read of each message anyway, whether somebody needs them or not. */
function readColumns(relation: Relation): readonly number[] {
  if (relation.kind === 'project') {
    const below = readColumns(relation.input);
    return relation.expressions.flatMap((expression, i) =>
      expression.kind === 'column' && below.includes(expression.index) ? [i] : [],
    );
  }
  return relation.kind === 'scan' && !prunes(relation.table) ? relation.fields.map((_, i) => i) : [];
}

function upTo(columns: ReadonlySet<number>, end: number): number[] {
  return [...columns].filter((column) => column < end);
}

/** The connector reads only what is needed of a table. */
export function prunes({ bound }: ConnectedTable): boolean {
  const pushesDown = findConnector(bound.connector, { local: true })?.projectionPushDown === true;
  return pushesDown && bound.emits === 'insert' && bound.keyFormat === undefined;
}

/** The columns that expressions read. */
export function columnsOf(...expressions: readonly Expression[]): Set<number> {
  const columns = new Set<number>();
  const visit = (expression: Expression): void => {
    if (expression.kind === 'column') columns.add(expression.index);
    else if (expression.kind === 'call') expression.args.forEach(visit);
  };
  expressions.forEach(visit);
  return columns;
}
