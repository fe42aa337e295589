import type { Expression } from '../../plan/expression.ts';
import type { WindowTableRelation } from '../bind/relation.ts';
import { pipeOf, type Pipe } from './pipe.ts';
import { planField, type PlanBuilder } from './plan-builder.ts';

/** Appends window columns to the rows of `input`, keeping `used` columns only. */
export function assignWindows(builder: PlanBuilder, relation: WindowTableRelation, input: Pipe, used: ReadonlySet<number>): Pipe {
  const width = relation.input.fields.length;
  const keep = [...new Set([...[...used].filter((column) => column < width), relation.timeColumn])].sort((a, b) => a - b);
  const fields = keep.map((i) => planField(relation.input.fields[i]));
  const below = builder.exactly(
    input,
    keep.map((i) => input.projection[i]!),
    fields,
    relation.place,
  );
  builder.insertOnly(below, 'a window', relation.place, false);
  const windows = relation.fields.slice(width).map(planField);
  const node = builder.add({
    kind: 'window-assign',
    inputs: [below],
    schema: [...keep.map((i) => planField(relation.fields[i])), ...windows],
    changelog: 'insert',
    window: relation.window,
    timeColumn: keep.indexOf(relation.timeColumn),
    place: relation.place,
  });
  const columns = relation.fields.map((field, i): Expression | undefined => {
    if (i >= width) return { kind: 'column', index: keep.length + i - width, type: field.type };
    return keep.includes(i) ? { kind: 'column', index: keep.indexOf(i), type: field.type } : undefined;
  });
  return pipeOf({ kind: 'node', node }, columns);
}
