import type { Place } from '../../base/place.ts';
import { typeName, withNullable } from '../../types/sql-type.ts';
import type { Expression } from '../../plan/expression.ts';
import type * as ast from '../parse/ast.ts';
import { toExpression, type Bound } from './bound.ts';
import type { CatalogColumn, CatalogTable } from './catalog.ts';
import { convert } from './expression-binder.ts';
import { FLINK_MAY, FollowUp, Mistake, unsupported } from './mistake.ts';
import { bindQuery, type QueryContext } from './query-binder.ts';
import type { Relation, RelationField, SinkRelation } from './relation.ts';
import { suggestion } from './scope.ts';
import { supportsImplicitCast } from './sink-conversion.ts';
import type { TableConnectors } from './table-connector.ts';
import { hasMore, isPlannable, MORE_FIELDS, unknownField } from './unknown-relation.ts';

/** INSERT INTO → a sink. After mistakes in the target the sink is one that takes anything, so that the query is checked further. */
export function bindInsert(statement: ast.InsertInto, queries: QueryContext, connectors: TableConnectors): SinkRelation {
  const { problems } = queries;
  if (statement.partition !== undefined) problems.add(unsupported('INSERT INTO … PARTITION', statement.partition));
  if (statement.overwrite) problems.add(unsupported('INSERT OVERWRITE', statement.place, FLINK_MAY));
  const table = problems.attempt(() => targetOf(statement, queries));
  const query = bindQuery(statement.query, queries);
  const sink = { kind: 'sink' as const, place: statement.place };
  if (table === undefined) return { ...sink, input: query, table: null, fields: query.fields };

  const { declaration } = table;
  const bound = connectors.connect(table, 'sink');
  const writable = table.columns.filter(
    (column) =>
      column.kind === 'physical' ||
      column.kind === 'unread' ||
      (column.kind === 'metadata' && !declaration.metadata[column.index].virtual),
  );
  const targets = targetColumns(statement, writable, table, queries);
  const metadata = connectors.metadataOf(table);
  const fits = statement.partition === undefined && checkCount(statement, query, targets, declaration.name, queries);
  const isSure = fits && [...targets, ...query.fields].every((field) => field.unknown === undefined);
  // What depends on a primary key is not checked where its columns are not known.
  const connected =
    bound === undefined || table.unknown.has('primary key')
      ? null
      : {
          name: declaration.name,
          bound,
          physical: declaration.physical,
          metadata: metadata.filter((column) => !column.virtual),
          primaryKey: isSure ? declaration.primaryKey : [],
          place: declaration.place,
        };
  if (!fits) return { ...sink, input: query, table: connected, fields: query.fields };
  checkRowtimes(statement, query, queries);
  // The sink takes physical columns first, then metadata, whatever the order of the declaration.
  const order = [
    ...writable.filter((column) => column.kind === 'physical'),
    ...writable.filter((column) => column.kind === 'metadata'),
  ];
  const expressions = order.map((column): Expression => {
    const type = column.kind === 'metadata' ? metadata[column.index].type : column.field.type;
    const none: Expression = { kind: 'literal', value: null, type: withNullable(type, true) };
    const position = positionOf(column, targets, query);
    if (position === -1) return none;
    const assigned = problems.attempt(() => {
      const value = assign(query.fields[position], position, column.field, statement);
      return toExpression(convert(value, type, statement.query.place));
    });
    return assigned ?? none;
  });
  const fields = order.map((column, i): RelationField => ({ name: column.field.name, type: expressions[i].type }));
  return {
    ...sink,
    input: { kind: 'project', input: query, expressions, fields, place: statement.place },
    table: connected,
    fields: order.map((column) => ({
      name: column.field.name,
      // As in Flink, constraints are those of the physical columns: a connector takes NULL for what it then chooses itself.
      type: column.kind === 'metadata' ? withNullable(metadata[column.index].type, true) : column.field.type,
    })),
  };
}

function targetOf(statement: ast.InsertInto, { catalog }: QueryContext): CatalogTable {
  const entry = catalog.get(statement.table);
  if (entry.kind === 'broken') throw new FollowUp();
  if (entry.kind === 'table') return entry;
  throw new Mistake('SQL_INSERT', `"${catalog.key(statement.table)}" is a view`, statement.table.place, 'Insert into a table.');
}

/** The table's columns that the query's go to, one by one. */
function targetColumns(
  statement: ast.InsertInto,
  columns: readonly CatalogColumn[],
  { declaration }: CatalogTable,
  { problems }: QueryContext,
): RelationField[] {
  // What could not be read may as well be a column that cannot be written, and names of the list may be any of them.
  const writable = columns.map((column) => (column.kind === 'unread' ? MORE_FIELDS : column.field));
  if (statement.columns.length === 0) return writable;
  const targets = statement.columns.map((name): RelationField => {
    const column = writable.find((field) => field.name === name.text);
    if (column !== undefined) return column;
    if (!hasMore(writable)) {
      problems.report(
        'SQL_COLUMN_NOT_FOUND',
        `column "${name.text}" does not exist in table "${declaration.name}"`,
        name.place,
        suggestion(
          name.text,
          writable.map((field) => field.name),
        ),
      );
    }
    return unknownField(name.text);
  });
  const isKnown = targets.every((field) => writable.includes(field));
  const missing = writable.find((field) => !field.type.nullable && !targets.includes(field));
  if (isKnown && missing !== undefined) {
    problems.report(
      'SQL_INSERT',
      `column "${missing.name}" is NOT NULL and gets no value`,
      statement.place,
      'Add it to the list of columns.',
    );
  }
  return targets;
}

function checkCount(
  statement: ast.InsertInto,
  query: Relation,
  targets: readonly RelationField[],
  table: string,
  { problems }: QueryContext,
): boolean {
  if (hasMore(query.fields) || hasMore(targets) || targets.length === query.fields.length) return true;
  const shown = (fields: readonly RelationField[]): string =>
    fields.map(({ name, type, unknown }) => (unknown === undefined ? `${name} ${typeName(type)}` : name)).join(', ');
  problems.report(
    'SQL_COLUMN_COUNT',
    `the query gives ${count(query.fields.length)}, but ${table} takes ${targets.length}`,
    statement.query.place,
    `query: ${shown(query.fields)}; sink: ${shown(targets)}`,
  );
  return false;
}

function checkRowtimes(statement: ast.InsertInto, query: Relation, { problems }: QueryContext): void {
  const rowtimes = query.fields.filter((field) => field.timeAttribute === 'rowtime');
  if (rowtimes.length <= 1 || !isPlannable(query)) return;
  problems.report(
    'SQL_INSERT',
    `the query has several rowtime columns: ${rowtimes.map((field) => field.name).join(', ')}`,
    statement.query.place,
    'Cast all but one of them, as in CAST(ts AS TIMESTAMP(3)).',
  );
}

/** Which of the query's columns goes to a column; -1 when none does, or when that or its type is not known. */
function positionOf(column: CatalogColumn, targets: readonly RelationField[], query: Relation): number {
  const position = targets.findIndex((target) => target.name === column.field.name);
  if (position === -1) return -1;
  const isKnown =
    column.field.unknown === undefined &&
    query.fields[position]?.unknown === undefined &&
    !hasMore(targets.slice(0, position)) &&
    !hasMore(query.fields.slice(0, position));
  return isKnown && position < query.fields.length ? position : -1;
}

function assign(from: RelationField, index: number, to: RelationField, statement: ast.InsertInto): Bound {
  const place = itemPlace(statement.query, index) ?? statement.query.place;
  if (!supportsImplicitCast(from.type, to.type)) {
    throw new Mistake(
      'SQL_TYPE',
      `column "${to.name}" of ${statement.table.parts.at(-1)!.text} is ${typeName(to.type)}, the query gives ${typeName(from.type)}`,
      place,
      `Use CAST(… AS ${typeName(withNullable(to.type, true))}).`,
    );
  }
  return convert({ kind: 'column', index, type: from.type }, to.type, place);
}

/** Where the query's column stands, when that can be said. */
function itemPlace(query: ast.Query, index: number): Place | undefined {
  if (query.kind !== 'select') return undefined;
  return query.items.some((item) => item.kind === 'star') ? undefined : query.items[index].place;
}

function count(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`;
}
