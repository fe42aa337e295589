import { assert } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import * as sql from '../../types/sql-type.ts';
import type { Field, Schema } from '../../types/schema.ts';
import type { Expression } from '../../plan/expression.ts';
import type { PlanNode } from '../../plan/node.ts';
import { calcCode } from '../generate/calc-code.ts';
import { memoColumn } from '../generate/memo-column.ts';
import { Mistake } from '../bind/mistake.ts';
import type { Relation } from '../bind/relation.ts';
import type { Needs } from './needed-columns.ts';
import { pipeOf, through, type Pipe, type PipeBase } from './pipe.ts';

/** Settings that become part of nodes. */
export interface PlanSettings {
  readonly stateTtlMs: number;
  readonly idleTimeoutMs: number;
  readonly advanceWhenIdleMs: number;
  readonly notNull: 'ERROR' | 'DROP';
  readonly upsertMaterialize: 'AUTO' | 'NONE' | 'FORCE';
  /** `isobar.dead-letter`: windows are given whole rows, to be kept where they are late. */
  readonly keepsLateRows: boolean;
}

type Draft = PlanNode extends infer Node ? (Node extends PlanNode ? Omit<Node, 'id'> : never) : never;

/** Columns of a node that hold what somebody asked for. */
export interface Columns {
  readonly node: number;
  readonly columns: readonly number[];
}

/** How relations, and pipes whose base is no node yet, are planned. */
export interface PlanSteps {
  build(builder: PlanBuilder, relation: Relation): Pipe;
  /** Makes a node of the base; the answer's projection gives the base's columns, those that `used` reads. */
  settle(builder: PlanBuilder, base: Exclude<PipeBase, { kind: 'node' }>, used: readonly Expression[]): Pipe;
}

/** The nodes planned so far, and the ways to add to them. */
export class PlanBuilder {
  readonly nodes: PlanNode[] = [];
  readonly needs: Needs;
  readonly settings: PlanSettings;
  readonly pipes = new Map<Relation, Pipe>();
  readonly #steps: PlanSteps;
  readonly #same = new Map<string, number>();

  constructor(needs: Needs, settings: PlanSettings, steps: PlanSteps) {
    this.needs = needs;
    this.settings = settings;
    this.#steps = steps;
  }

  pipe(relation: Relation): Pipe {
    let pipe = this.pipes.get(relation);
    if (pipe === undefined) {
      pipe = this.#steps.build(this, relation);
      if ((this.needs.readers.get(relation) ?? 0) > 1) pipe = this.#shared(relation, pipe);
      this.pipes.set(relation, pipe);
    }
    return pipe;
  }

  /** What several read is computed once: a pipe that has work to do becomes a node. */
  #shared(relation: Relation, pipe: Pipe): Pipe {
    const needed = pipe.projection.flatMap((expression, i) => (expression === undefined ? [] : [i]));
    const isPlain = pipe.condition === null && needed.every((i) => pipe.projection[i]!.kind === 'column');
    if (isPlain || pipe.base.kind === 'row-number' || pipe.base.kind === 'window-table') return pipe;
    const node = this.exactly(
      pipe,
      needed.map((i) => pipe.projection[i]!),
      needed.map((i) => planField(relation.fields[i])),
      relation.place,
    );
    const columns = relation.fields.map((field, i): Expression | undefined =>
      needed.includes(i) ? { kind: 'column', index: needed.indexOf(i), type: field.type } : undefined,
    );
    return pipeOf({ kind: 'node', node }, columns);
  }

  /** A node whose columns include what the expressions give: no new node where the base has them already. */
  columns(pipe: Pipe, expressions: readonly Expression[], fields: readonly Field[], place: Place): Columns {
    const base = this.base(pipe, expressions);
    if (base.condition === null && base.expressions.every((expression) => expression.kind === 'column')) {
      return { node: base.node, columns: base.expressions.map((expression) => (expression as { index: number }).index) };
    }
    // Equal expressions become one column.
    const keys = base.expressions.map((expression) => planKey(expression));
    const first = keys.map((key, i) => keys.indexOf(key) === i);
    const positions = keys.map((key) => keys.filter((_, i) => first[i]).indexOf(key));
    const distinct = <T>(items: readonly T[]): T[] => items.filter((_, i) => first[i]);
    return {
      node: this.calc(base.node, base.condition, distinct(base.expressions), distinct(fields), place),
      columns: positions,
    };
  }

  /** A node with exactly these columns. */
  exactly(pipe: Pipe, expressions: readonly Expression[], fields: readonly Field[], place: Place): number {
    const base = this.base(pipe, expressions);
    const { schema } = this.nodes[base.node];
    const isAll =
      schema.length === base.expressions.length &&
      base.expressions.every((expression, i) => expression.kind === 'column' && expression.index === i);
    if (
      base.condition === null &&
      isAll &&
      fields.every((field, i) => field.name === schema[i].name && sql.sameType(field.type, schema[i].type))
    )
      return base.node;
    return this.calc(base.node, base.condition, base.expressions, fields, place);
  }

  /** Makes the base a node, if it is still to be one, and brings condition and expressions down to it. */
  base(
    pipe: Pipe,
    expressions: readonly Expression[],
  ): { node: number; condition: Expression | null; expressions: readonly Expression[] } {
    if (pipe.base.kind === 'node') return { node: pipe.base.node, condition: pipe.condition, expressions };
    const used = pipe.condition === null ? expressions : [pipe.condition, ...expressions];
    const below = this.#steps.settle(this, pipe.base, used);
    assert(below.base.kind === 'node' && below.condition === null, 'a window or row number becomes a node');
    return {
      node: below.base.node,
      condition: pipe.condition && through(below, pipe.condition),
      expressions: expressions.map((expression) => through(below, expression)),
    };
  }

  calc(
    input: number,
    condition: Expression | null,
    projection: readonly Expression[],
    fields: readonly Field[],
    place: Place,
  ): number {
    const { schema, changelog } = this.nodes[input];
    const code = calcCode(schema, condition, projection);
    const memo = memoColumn(schema, condition, projection, code);
    return this.add({
      kind: 'calc',
      inputs: [input],
      schema: fields.map(planField),
      changelog,
      condition,
      projection,
      code,
      ...(memo === undefined ? {} : { memo }),
      place,
    });
  }

  /** Adds a node, unless the plan has the same already. */
  add(draft: Draft): number {
    const { place: _, ...meaning } = draft;
    const key = draft.kind === 'sink' ? `sink ${this.nodes.length}` : planKey(meaning);
    const same = this.#same.get(key);
    if (same !== undefined) return same;
    const id = this.nodes.length;
    this.nodes.push({ ...draft, id });
    this.#same.set(key, id);
    return id;
  }

  nodePipe(node: number, relation: Relation): Pipe {
    return pipeOf(
      { kind: 'node', node },
      relation.fields.map((field, index) => ({ kind: 'column', index, type: field.type })),
    );
  }

  /** Only rows that are never taken back may come in; `flinkToo`: Flink has the same limit. */
  insertOnly(node: number, what: string, place: Place, flinkToo = true): void {
    if (this.nodes[node].changelog === 'insert') return;
    throw new Mistake(
      'SQL_CHANGELOG',
      `${what} cannot take a query that updates and deletes rows${flinkToo ? '' : ' yet'}`,
      place,
      `Aggregate over windows below, so that rows are final.${flinkToo ? ' Flink refuses this too.' : ''}`,
    );
  }
}

/** A field as the plan keeps it: what the binder knows of windows stays behind. */
export function planField(field: Schema[number]): Field {
  return {
    name: field.name,
    type: field.type,
    ...(field.timeAttribute === undefined ? {} : { timeAttribute: field.timeAttribute }),
  };
}

export function withoutTime(field: Field): Field {
  return { name: field.name, type: field.type };
}

function planKey(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) =>
    key === 'place' || key === 'code'
      ? undefined
      : typeof part === 'bigint'
        ? `${part}n`
        : part === Infinity
          ? 'Infinity'
          : part instanceof Map
            ? [...part]
            : part,
  );
}
