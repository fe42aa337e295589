import type { Place } from '../../base/place.ts';
import { toExpression, type Bound } from './bound.ts';
import type { ProjectRelation, Relation, RelationField } from './relation.ts';

/** A select item, or an ORDER BY expression that is no item (`hidden`). */
export interface Item {
  readonly bound: Bound;
  readonly name: string;
  readonly place: Place;
  /** There was a mistake in it: `bound` is a stand-in. */
  readonly unknown?: RelationField['unknown'];
}

/** Puts the items on top of a relation. */
export function project(input: Relation, items: readonly Item[], place: Place): ProjectRelation {
  return {
    kind: 'project',
    input,
    expressions: items.map((item) => toExpression(item.bound)),
    fields: itemFields(items, input),
    place,
  };
}

/** The items as fields; they are bound over `input`. */
export function itemFields(items: readonly Item[], input: Relation): RelationField[] {
  return items.map(({ bound, name, unknown }) =>
    unknown === undefined ? fieldOf(bound, name, input) : { name, type: bound.type, unknown },
  );
}

/** A column passed on keeps what is known of it: time attribute and window. */
export function fieldOf(bound: Bound, name: string, input: Relation): RelationField {
  if (bound.kind === 'column') return { ...input.fields[bound.index], name, type: bound.type };
  if (bound.kind === 'call' && bound.function === 'PROCTIME') return { name, type: bound.type, timeAttribute: 'proctime' };
  return { name, type: bound.type };
}

/** What an operator that keeps no order of time makes of a field. */
export function withoutTime(field: RelationField): RelationField {
  const { timeAttribute: _, ...rest } = field;
  return rest;
}
