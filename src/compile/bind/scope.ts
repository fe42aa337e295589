import { nearest } from '../../base/nearest.ts';
import type { ColumnExpression } from '../../plan/expression.ts';
import type { Name, QualifiedName } from '../parse/ast.ts';
import { FollowUp, Mistake } from './mistake.ts';
import type { RelationField } from './relation.ts';
import { hasAnyName } from './unknown-relation.ts';

/** The columns that expressions can name: those of the tables in FROM, one behind the other. */
export interface Scope {
  readonly tables: readonly ScopeTable[];
}

export interface ScopeTable {
  /** The alias, or the table's own name; undefined for a subquery without alias. */
  readonly name: string | undefined;
  readonly fields: readonly RelationField[];
  /** Index of the first field among the columns of the input. */
  readonly offset: number;
  /** How messages call it: `table "iot_msg"`. */
  readonly description: string;
}

/** Finds the column that a name means. Names are case-sensitive, as in Flink. One that a mistake left open is a FollowUp. */
export function resolveColumn(scope: Scope, name: QualifiedName): ColumnExpression & { readonly field: RelationField } {
  const column = name.parts[name.parts.length - 1];
  if (name.parts.length > 1) {
    const qualifier = name.parts[name.parts.length - 2];
    const table = scope.tables.find((candidate) => candidate.name === qualifier.text);
    if (table !== undefined) return columnOf([table], column, name);
    if (mayBeColumn(scope, qualifier.text)) throw new FollowUp();
    throw new Mistake(
      'SQL_TABLE_NOT_FOUND',
      `table "${qualifier.text}" is not in this query`,
      qualifier.place,
      suggestion(qualifier.text, tableNames(scope)),
    );
  }
  return columnOf(scope.tables, column, name);
}

function columnOf(
  tables: readonly ScopeTable[],
  column: Name,
  name: QualifiedName,
): ColumnExpression & { readonly field: RelationField } {
  const found = tables.flatMap((table) =>
    table.fields.flatMap((field, i) => (field.name === column.text ? [{ table, field, index: table.offset + i }] : [])),
  );
  if (found.length === 1) {
    const { field, index } = found[0];
    if (field.unknown !== undefined) throw new FollowUp();
    return { kind: 'column', index, type: field.type, place: name.place, field };
  }
  if (found.length > 1) {
    throw new Mistake(
      'SQL_COLUMN_AMBIGUOUS',
      `column "${column.text}" is in several tables of this query`,
      name.place,
      'Write the table in front, as in t.column.',
    );
  }
  if (tables.some((table) => hasAnyName(table.fields))) throw new FollowUp();
  const where =
    tables.length === 1
      ? ` in ${tables[0].description}`
      : tables.length === 0
        ? ': this query has no FROM'
        : ' in the tables of this query';
  throw new Mistake(
    'SQL_COLUMN_NOT_FOUND',
    `column "${column.text}" does not exist${where}`,
    column.place,
    suggestion(
      column.text,
      tables.flatMap((table) => table.fields.map((field) => field.name)),
    ),
  );
}

/** Whether a name may be that of a column, possibly a ROW, that a mistake left open. */
function mayBeColumn(scope: Scope, name: string): boolean {
  return scope.tables.some(
    ({ fields }) => hasAnyName(fields) || fields.some((field) => field.unknown === 'type' && field.name === name),
  );
}

export function suggestion(word: string, candidates: readonly string[]): string | undefined {
  const near = nearest(word, candidates);
  if (near !== undefined) return `Did you mean "${near}"?`;
  const shown = candidates.slice(0, 12).map((candidate) => `"${candidate}"`);
  if (shown.length === 0) return undefined;
  return `There are: ${shown.join(', ')}${candidates.length > shown.length ? ' …' : ''}.`;
}

function tableNames(scope: Scope): string[] {
  return scope.tables.flatMap((table) => (table.name === undefined ? [] : [table.name]));
}
