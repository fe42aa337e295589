import type { Place } from '../../base/place.ts';
import type { LiteralExpression } from '../../plan/expression.ts';
import { STRING } from '../../types/sql-type.ts';
import { inputsOf, type Relation, type RelationField, type UnknownRelation } from './relation.ts';

/**
 * After a mistake the rest of the file is checked all the same: what the mistake leaves open is there as an unknown relation, as
 * unknown fields, or as a NULL, and nothing that depends on it is a mistake. No such file runs.
 */
export function unknownRelation(place: Place, fields: readonly RelationField[] = [MORE_FIELDS]): UnknownRelation {
  return { kind: 'unknown', fields, place };
}

/** Stands for any number of fields of any name. */
export const MORE_FIELDS: RelationField = { name: '', type: STRING, unknown: 'more' };

/** A field of which only the name is known. */
export function unknownField(name: string): RelationField {
  return { name, type: STRING, unknown: 'type' };
}

/** In place of an expression with a mistake. */
export const UNKNOWN_VALUE: LiteralExpression = { kind: 'literal', value: null, type: STRING };

/** Whether the number of fields is not known. */
export function hasMore(fields: readonly RelationField[]): boolean {
  return fields.some((field) => field.unknown === 'more');
}

/** Whether there may be a field of any name. */
export function hasAnyName(fields: readonly RelationField[]): boolean {
  return fields.some((field) => field.unknown === 'name' || field.unknown === 'more');
}

/** Whether the rows are known in kind, so that a plan of them tells what else is wrong. */
export function isPlannable(relation: Relation, seen = new Set<Relation>()): boolean {
  if (relation.kind === 'unknown') return false;
  if (seen.has(relation)) return true;
  seen.add(relation);
  return inputsOf(relation).every((input) => isPlannable(input, seen));
}
