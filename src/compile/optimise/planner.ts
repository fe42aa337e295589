import { AssertionError, unreachable } from '../../base/assert.ts';
import type { Field } from '../../types/schema.ts';
import type { Expression } from '../../plan/expression.ts';
import type { PlanNode } from '../../plan/node.ts';
import { Mistake, unsupported, type Problems } from '../bind/mistake.ts';
import type { Relation, SinkRelation, UnionRelation } from '../bind/relation.ts';
import { columnsOf, neededColumns } from './needed-columns.ts';
import { pipeOf, through, type Pipe } from './pipe.ts';
import { planAggregate } from './plan-aggregate.ts';
import { PlanBuilder, planField, type PlanSettings, type PlanSteps } from './plan-builder.ts';
import { numberRows, planOver } from './plan-over.ts';
import { planFilter, planSortLimit } from './plan-rank.ts';
import { planScan, planWatermark } from './plan-source.ts';
import { assignWindows } from './plan-window-table.ts';
import { upsertKeysOf } from './upsert-keys.ts';

/** Turns bound relations into the plan's nodes, inputs before readers. Notes in `problems` what cannot be planned. */
export function planNodes(sinks: readonly SinkRelation[], settings: PlanSettings, problems: Problems): readonly PlanNode[] {
  const builder = new PlanBuilder(neededColumns(sinks, settings.keepsLateRows), settings, STEPS);
  for (const sink of sinks) problems.attempt(() => planSink(builder, sink));
  return withSingleChanges(builder.nodes);
}

/**
 * An upsert sink passes over -U, so the filters below it must tell a row that they no longer let through by -D. (A print sink
 * shows what is left of an update as Flink's does.)
 */
function withSingleChanges(nodes: readonly PlanNode[]): readonly PlanNode[] {
  const marked = new Set<number>();
  const mark = (id: number): void => {
    const node = nodes[id];
    if (node.kind === 'calc' && node.condition !== null && node.changelog === 'retract') marked.add(id);
    if (node.kind === 'calc' || node.kind === 'union') node.inputs.forEach(mark);
  };
  for (const node of nodes) if (node.kind === 'sink' && node.table?.bound.accepts === 'upsert') node.inputs.forEach(mark);
  return nodes.map((node) => (node.kind === 'calc' && marked.has(node.id) ? { ...node, singleChanges: true } : node));
}

const STEPS: PlanSteps = {
  build,
  settle: (builder, base, used) =>
    base.kind === 'window-table'
      ? assignWindows(builder, base.relation, base.input, columnsOf(...used))
      : numberRows(builder, base.relation, base.input, used),
};

function planSink(builder: PlanBuilder, relation: SinkRelation): void {
  const pipe = builder.pipe(relation.input);
  const fields: Field[] = relation.fields.map(({ name, type }) => ({ name, type }));
  const input = builder.exactly(pipe, pipe.projection as Expression[], fields, relation.place);
  const { changelog } = builder.nodes[input];
  if (relation.table?.bound.accepts === 'insert' && changelog === 'retract') {
    throw new Mistake(
      'SQL_CHANGELOG',
      `table "${relation.table.name}" takes new rows only, but the query updates and deletes rows`,
      relation.place,
      relation.table.bound.connector === 'kafka'
        ? 'Use the connector upsert-kafka with a PRIMARY KEY, or aggregate over windows.'
        : 'Declare a PRIMARY KEY (…) NOT ENFORCED, or aggregate over windows.',
    );
  }
  const primaryKey = (relation.table?.primaryKey ?? []).map((name) => relation.fields.findIndex((field) => field.name === name));
  const written = materialized(builder, relation, input, primaryKey);
  builder.add({
    kind: 'sink',
    inputs: [written],
    schema: fields,
    changelog: builder.nodes[written].changelog,
    table: relation.table,
    primaryKey,
    notNull: builder.settings.notNull,
    place: relation.place,
  });
}

/** What the sink is to write of `input`: where that updates rows by other columns than the sink's primary key, their last row by key. */
function materialized(builder: PlanBuilder, relation: SinkRelation, input: number, primaryKey: readonly number[]): number {
  const { upsertMaterialize, notNull, stateTtlMs } = builder.settings;
  const { schema, changelog } = builder.nodes[input];
  const accepts = relation.table?.bound.accepts ?? 'insert';
  // Flink materializes no rows that are only inserted, whatever the setting says (CommonExecSink).
  if (primaryKey.length === 0 || accepts === 'insert' || changelog === 'insert' || upsertMaterialize === 'NONE') return input;
  const keys = upsertKeysOf(builder.nodes, input, accepts === 'changelog');
  const isWithin = (key: readonly number[]): boolean => key.every((column) => primaryKey.includes(column));
  if (keys.some(isWithin) && upsertMaterialize === 'AUTO') return input;
  if (notNull === 'DROP')
    throw unsupported(
      "a PRIMARY KEY that is not the query's own, with 'table.exec.sink.not-null-enforcer' = 'DROP',",
      relation.place,
      'Filter the NULLs in the query and leave the setting at ERROR.',
    );
  return builder.add({
    kind: 'upsert-materialize',
    inputs: [input],
    schema,
    changelog: 'retract',
    keys: primaryKey,
    upsertKey: keys.toSorted((a, b) => a.length - b.length)[0] ?? null,
    ignoresUpdateBefore:
      accepts === 'upsert' &&
      keys.some((key) => key.length === primaryKey.length && isWithin(key)) &&
      !isFiltered(builder.nodes, input),
    stateTtlMs,
    place: relation.place,
  });
}

/** Below a filter an update may lose one of its sides, so that Flink asks for both (FlinkChangelogModeInferenceProgram). */
function isFiltered(nodes: readonly PlanNode[], id: number): boolean {
  const node = nodes[id];
  if (node.kind === 'calc' && node.condition !== null) return true;
  return (node.kind === 'calc' || node.kind === 'union') && node.inputs.some((input) => isFiltered(nodes, input));
}

function build(builder: PlanBuilder, relation: Relation): Pipe {
  const needed = builder.needs.columns.get(relation)!;
  switch (relation.kind) {
    case 'scan':
      return planScan(builder, relation, needed);
    case 'values':
      return builder.nodePipe(
        builder.add({
          kind: 'values',
          inputs: [],
          schema: relation.fields.map(planField),
          changelog: 'insert',
          rows: relation.rows,
          place: relation.place,
        }),
        relation,
      );
    case 'project': {
      const input = builder.pipe(relation.input);
      return {
        ...input,
        projection: relation.expressions.map((expression, i) => (needed.has(i) ? through(input, expression) : undefined)),
      };
    }
    case 'filter':
      return planFilter(builder, relation);
    case 'watermark':
      return planWatermark(builder, relation, needed);
    case 'window-table': {
      const input = builder.pipe(relation.input);
      const columns = relation.fields.map((field, i): Expression | undefined =>
        needed.has(i) ? { kind: 'column', index: i, type: field.type } : undefined,
      );
      return pipeOf({ kind: 'window-table', relation, input }, columns);
    }
    case 'row-number': {
      const input = builder.pipe(relation.input);
      const columns = relation.fields.map((field, i): Expression | undefined =>
        needed.has(i) ? { kind: 'column', index: i, type: field.type } : undefined,
      );
      return pipeOf({ kind: 'row-number', relation, input }, columns);
    }
    case 'aggregate':
      return planAggregate(builder, relation, needed);
    case 'over':
      return planOver(builder, relation, needed);
    case 'union':
      return planUnion(builder, relation, needed);
    case 'sort-limit':
      return planSortLimit(builder, relation, needed);
    case 'sink':
      throw new AssertionError("bug in isobar: a sink is nobody's input");
    case 'unknown':
      throw new AssertionError('bug in isobar: a relation with a mistake is planned');
    default:
      return unreachable(relation, 'relation');
  }
}

function planUnion(builder: PlanBuilder, relation: UnionRelation, needed: ReadonlySet<number>): Pipe {
  const keep = [...needed].sort((a, b) => a - b);
  const fields = keep.map((i) => planField(relation.fields[i]));
  const inputs = relation.inputs.map((input) => {
    const pipe = builder.pipe(input);
    return builder.exactly(
      pipe,
      keep.map((i) => pipe.projection[i]!),
      fields,
      input.place,
    );
  });
  const changelog = inputs.some((input) => builder.nodes[input].changelog === 'retract') ? 'retract' : 'insert';
  const node = builder.add({ kind: 'union', inputs, schema: fields, changelog, place: relation.place });
  return pipeOf(
    { kind: 'node', node },
    relation.fields.map((field, i) =>
      keep.includes(i) ? { kind: 'column', index: keep.indexOf(i), type: field.type } : undefined,
    ),
  );
}
