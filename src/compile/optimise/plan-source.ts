import type { Expression } from '../../plan/expression.ts';
import type { ScanRelation, WatermarkRelation } from '../bind/relation.ts';
import { watermarkCode } from '../generate/watermark-code.ts';
import { neededOf, prunes } from './needed-columns.ts';
import { pipeOf, through, type Pipe } from './pipe.ts';
import { planField, type PlanBuilder } from './plan-builder.ts';

export function planScan(builder: PlanBuilder, relation: ScanRelation, needed: ReadonlySet<number>): Pipe {
  const { table } = relation;
  const isWhole = !prunes(table);
  const keep = (index: number): boolean => isWhole || needed.has(index);
  const physical = table.physical.filter((_, i) => keep(i));
  const metadata = table.metadata.filter((_, i) => isWhole || needed.has(table.physical.length + i));
  const positions: number[] = [];
  relation.fields.forEach((_, i) => {
    if (keep(i)) positions.push(i);
  });
  const schema = positions.map((i) => planField(relation.fields[i]));
  const node = builder.add({
    kind: 'scan',
    inputs: [],
    schema,
    changelog: 'insert',
    table: { ...table, physical, metadata },
    place: relation.place,
  });
  const columns = relation.fields.map((field, i): Expression | undefined =>
    positions.includes(i) ? { kind: 'column', index: positions.indexOf(i), type: field.type } : undefined,
  );
  const pipe = pipeOf({ kind: 'node', node }, columns);
  return table.bound.emits === 'upsert' ? planNormalize(builder, relation, pipe, needed) : pipe;
}

/** Of the columns only those that are needed, and the key: an update of others is none, as in Flink. */
function planNormalize(builder: PlanBuilder, relation: ScanRelation, pipe: Pipe, needed: ReadonlySet<number>): Pipe {
  const { primaryKey } = relation.table;
  const keep = relation.fields.flatMap((field, i) => (needed.has(i) || primaryKey.includes(field.name) ? [i] : []));
  const schema = keep.map((i) => planField(relation.fields[i]));
  const input = builder.exactly(
    pipe,
    keep.map((i) => pipe.projection[i]!),
    schema,
    relation.place,
  );
  const node = builder.add({
    kind: 'normalize',
    inputs: [input],
    schema,
    changelog: 'retract',
    keys: primaryKey.map((name) => schema.findIndex((field) => field.name === name)),
    stateTtlMs: builder.settings.stateTtlMs,
    place: relation.place,
  });
  return pipeOf(
    { kind: 'node', node },
    relation.fields.map((field, i) =>
      keep.includes(i) ? { kind: 'column', index: keep.indexOf(i), type: field.type } : undefined,
    ),
  );
}

export function planWatermark(builder: PlanBuilder, relation: WatermarkRelation, needed: ReadonlySet<number>): Pipe {
  const pipe = builder.pipe(relation.input);
  const keep = [...new Set(neededOf(relation, needed, builder.settings.keepsLateRows))].sort((a, b) => a - b);
  const fields = keep.map((i) => planField(relation.fields[i]));
  const input = builder.exactly(
    pipe,
    keep.map((i) => pipe.projection[i]!),
    fields,
    relation.place,
  );
  const position = pipeOf(
    { kind: 'node', node: input },
    relation.fields.map((field, i) =>
      keep.includes(i) ? { kind: 'column', index: keep.indexOf(i), type: field.type } : undefined,
    ),
  );
  const expression = through(position, relation.expression);
  const node = builder.add({
    kind: 'watermark',
    inputs: [input],
    schema: fields,
    changelog: builder.nodes[input].changelog,
    rowtime: keep.indexOf(relation.rowtime),
    expression,
    idleTimeoutMs: relation.idleTimeoutMs ?? builder.settings.idleTimeoutMs,
    advanceWhenIdleMs: builder.settings.advanceWhenIdleMs,
    code: watermarkCode(fields, expression),
    place: relation.place,
  });
  return { ...position, base: { kind: 'node', node } };
}
