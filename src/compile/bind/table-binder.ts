import type { MetadataColumn, TableDeclaration, TableOption } from '../../connectors/connector.ts';
import { isTimestamp, typeName, withNullable, type SqlType } from '../../types/sql-type.ts';
import type * as ast from '../parse/ast.ts';
import { toExpression, walk } from './bound.ts';
import type { CatalogColumn, CatalogTable } from './catalog.ts';
import { bindExpression, convert } from './expression-binder.ts';
import { FLINK_MAY, FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import type { RelationField } from './relation.ts';
import { suggestion, type Scope } from './scope.ts';
import { bindType } from './type-binder.ts';
import { MORE_FIELDS, unknownField, UNKNOWN_VALUE } from './unknown-relation.ts';

/**
 * CREATE TABLE → the table's columns, watermark and options; those with mistakes, which are reported, are unknown. The connector
 * is bound when the table is read or written.
 */
export function bindCreateTable(statement: ast.CreateTable, problems: Problems): CatalogTable {
  const unknown = new Set<'columns' | 'watermark' | 'primary key' | 'options'>(statement.unread);
  if (statement.like !== undefined) {
    problems.add(unsupported('LIKE in CREATE TABLE', statement.like.place, 'Write the columns out.'));
    unknown.add('watermark').add('primary key').add('options');
  }
  if (statement.asQuery !== undefined)
    problems.add(unsupported('CREATE TABLE … AS', statement.asQuery.place, 'Use CREATE TABLE and INSERT INTO.'));
  if (statement.partitionedBy.length > 0) problems.add(unsupported('PARTITIONED BY', statement.partitionedBy[0].place));
  const options = bindOptions(statement.options, problems);
  const primaryKey = problems.attempt(() => primaryKeyOf(statement, problems));
  if (primaryKey === undefined) unknown.add('primary key');
  const columns = bindColumns(statement, new Set(primaryKey?.map((column) => column.text)), problems);
  if (columns.some((column) => column.field.unknown !== undefined)) unknown.add('columns');
  const watermark = problems.attempt(() => bindWatermark(statement, columns, problems));
  if (watermark === undefined) unknown.add('watermark');
  const declaration: TableDeclaration = {
    name: statement.name.parts[statement.name.parts.length - 1].text,
    options,
    physical: columns.flatMap((column) =>
      column.kind === 'physical' ? [{ name: column.field.name, type: column.field.type }] : [],
    ),
    metadata: columns.flatMap((column) => (column.kind === 'metadata' ? [column.metadata] : [])),
    primaryKey: primaryKey?.map((column) => column.text) ?? [],
    place: statement.name.place,
  };
  const rowtime = statement.watermarks[0]?.column.parts[0].text;
  const isRowtime = ({ name, type }: RelationField): boolean =>
    name === rowtime || (unknown.has('watermark') && isTimestamp(type));
  return {
    kind: 'table',
    declaration,
    columns: columns.map((column) =>
      isRowtime(column.field) ? { ...column, field: { ...column.field, timeAttribute: 'rowtime' } } : column,
    ),
    watermark: watermark ?? null,
    unknown,
    connectors: new Map(),
  };
}

type Column =
  | Exclude<CatalogColumn, { kind: 'metadata' }>
  | (Extract<CatalogColumn, { kind: 'metadata' }> & { readonly metadata: MetadataColumn });

function bindColumns(statement: ast.CreateTable, primaryKey: ReadonlySet<string>, problems: Problems): Column[] {
  let physical = 0;
  let metadata = 0;
  const names = new Set<string>();
  // Of a column that is declared twice nothing is known but its name, nor how many columns there are.
  const twice = new Set<string>();
  const declarations: ast.ColumnDeclaration[] = [];
  for (const declared of statement.columns) {
    const name = declared.kind === 'unread' ? undefined : declared.name;
    if (name !== undefined && names.has(name.text)) {
      problems.report('SQL_COLUMN_EXISTS', `column "${name.text}" is declared twice`, name.place);
      twice.add(name.text);
      continue;
    }
    if (name !== undefined) names.add(name.text);
    declarations.push(declared);
  }
  // Computed columns may use any column that is not computed, wherever it stands.
  const plain = new Map<ast.ColumnDeclaration, Column>();
  for (const declared of declarations) {
    if (declared.kind === 'computed') continue;
    if (declared.kind === 'unread' || twice.has(declared.name.text)) {
      plain.set(declared, {
        kind: 'unread',
        field: declared.name === undefined ? MORE_FIELDS : unknownField(declared.name.text),
      });
      continue;
    }
    const { name } = declared;
    const field = fieldOf(name.text, () => bindType(declared.type), problems);
    const type = primaryKey.has(name.text) ? withNullable(field.type, false) : field.type;
    if (declared.kind === 'physical') {
      plain.set(declared, { kind: 'physical', field: { ...field, type }, index: physical++ });
      continue;
    }
    const key = declared.from?.value ?? name.text;
    plain.set(declared, {
      kind: 'metadata',
      field: { ...field, type },
      index: metadata++,
      metadata: { name: name.text, key, type, virtual: declared.virtual, place: declared.place },
    });
  }
  const scope = scopeOf(statement, [...plain.values(), ...likeColumns(statement)]);
  const columns = declarations.map((declared): Column => {
    if (declared.kind !== 'computed') return plain.get(declared)!;
    const bound = problems.attempt(() => bindExpression(declared.expression, { scope, problems, clause: 'computed column' }));
    const { text } = declared.name;
    if (bound === undefined || twice.has(text)) return { kind: 'computed', field: unknownField(text), expression: UNKNOWN_VALUE };
    const isProctime = bound.kind === 'call' && bound.function === 'PROCTIME';
    const field: RelationField = { name: text, type: bound.type, ...(isProctime ? { timeAttribute: 'proctime' as const } : {}) };
    return { kind: 'computed', field, expression: toExpression(bound) };
  });
  return [...columns, ...likeColumns(statement), ...(twice.size > 0 ? MORE_COLUMNS : [])];
}

function fieldOf(name: string, type: () => SqlType, problems: Problems): RelationField {
  const bound = problems.attempt(type);
  return bound === undefined ? unknownField(name) : { name, type: bound };
}

const MORE_COLUMNS: readonly Column[] = [{ kind: 'unread', field: MORE_FIELDS }];

/** LIKE and AS bring columns of other tables. */
function likeColumns({ like, asQuery }: ast.CreateTable): readonly Column[] {
  return like === undefined && asQuery === undefined ? [] : MORE_COLUMNS;
}

function scopeOf(statement: ast.CreateTable, columns: readonly Column[]): Scope {
  const description = `table "${statement.name.parts.at(-1)!.text}"`;
  return { tables: [{ name: undefined, fields: columns.map((column) => column.field), offset: 0, description }] };
}

function bindOptions(entries: readonly ast.OptionEntry[], problems: Problems): Map<string, TableOption> {
  const options = new Map<string, TableOption>();
  for (const { key, value } of entries) {
    if (options.has(key.value)) problems.report('SQL_OPTION_TWICE', `option '${key.value}' is given twice`, key.place);
    options.set(key.value, { value: value.value, keyPlace: key.place, valuePlace: value.place });
  }
  return options;
}

function primaryKeyOf(statement: ast.CreateTable, problems: Problems): readonly ast.Name[] {
  const inline = statement.columns.flatMap((column) =>
    column.kind === 'physical' && column.primaryKey !== undefined ? [column] : [],
  );
  const count = statement.primaryKeys.length + inline.length;
  if (count === 0) return [];
  const second = statement.primaryKeys[1]?.place ?? inline[1]?.primaryKey ?? inline[0]?.primaryKey;
  if (count > 1)
    throw new Mistake(
      'SQL_PRIMARY_KEY',
      'a table can have one primary key',
      second,
      'Name several columns as PRIMARY KEY (a, b) NOT ENFORCED.',
    );
  if (inline.length === 1) return [inline[0].name];
  const [key] = statement.primaryKeys;
  if (key.enforced) {
    throw new Mistake(
      'SQL_PRIMARY_KEY',
      'a primary key cannot be enforced on a stream',
      key.place,
      'Write PRIMARY KEY (…) NOT ENFORCED.',
    );
  }
  return problems.all(key.columns, (name) => {
    const column = statement.columns.find((declared) => declared.name?.text === name.text);
    if (column === undefined) throw missingColumn(statement, name);
    if (column.kind === 'unread') throw new FollowUp();
    if (column.kind !== 'physical')
      throw new Mistake('SQL_PRIMARY_KEY', `column "${name.text}" of the primary key is not a physical column`, name.place);
    return name;
  });
}

function missingColumn(statement: ast.CreateTable, name: ast.Name): Mistake | FollowUp {
  const names = statement.columns.map((declared) => declared.name?.text);
  if (names.includes(undefined) || likeColumns(statement).length > 0) return new FollowUp();
  return new Mistake(
    'SQL_COLUMN_NOT_FOUND',
    `column "${name.text}" does not exist in this table`,
    name.place,
    suggestion(
      name.text,
      names.map((known) => known!),
    ),
  );
}

function bindWatermark(statement: ast.CreateTable, columns: readonly Column[], problems: Problems): CatalogTable['watermark'] {
  const [declared, second] = statement.watermarks;
  if (declared === undefined) return null;
  if (second !== undefined) throw new Mistake('SQL_WATERMARK', 'a table can have one watermark', second.place);
  if (declared.column.parts.length > 1) {
    const path = declared.column.parts.map((part) => part.text).join('.');
    const hint = `Compute a column, as in ts AS ${path}, and write WATERMARK FOR ts.`;
    throw unsupported('a watermark on a nested column', declared.column.place, hint);
  }
  const column = problems.attempt(() => rowtimeColumn(statement, declared, columns));
  const [{ text }] = declared.column.parts;
  // A name that is missed once is not missed again in the expression.
  const missed: Column[] = column === undefined ? [{ kind: 'unread', field: unknownField(text) }] : [];
  const scope = scopeOf(statement, [...columns.filter(({ field }) => missed.length === 0 || field.name !== text), ...missed]);
  const bound = problems.attempt(() => bindExpression(declared.expression, { scope, problems, clause: 'watermark' }));
  if (column === undefined || bound === undefined) throw new FollowUp();
  if (!isTimestamp(bound.type)) {
    throw new Mistake(
      'SQL_WATERMARK',
      `the watermark must be a time, not ${typeName(bound.type)}`,
      declared.expression.place,
      `For example ${declared.column.parts[0].text} - INTERVAL '5' SECOND.`,
    );
  }
  walk(bound, (part) => {
    if (part.kind === 'call' && part.function === 'PROCTIME')
      throw unsupported('a watermark on processing time', declared.expression.place, FLINK_MAY);
  });
  const { type } = columns[column].field;
  return { column, expression: toExpression(convert(bound, withNullable(type, true), declared.expression.place)) };
}

function rowtimeColumn(statement: ast.CreateTable, declared: ast.WatermarkDeclaration, columns: readonly Column[]): number {
  const [name] = declared.column.parts;
  const column = columns.findIndex((candidate) => candidate.field.name === name.text);
  if (column === -1) throw missingColumn(statement, name);
  const { type, unknown } = columns[column].field;
  if (unknown !== undefined) throw new FollowUp();
  if (!isTimestamp(type) || !('precision' in type) || type.precision > 3) {
    throw new Mistake(
      'SQL_WATERMARK',
      `a watermark needs a column of type TIMESTAMP(3) or TIMESTAMP_LTZ(3), not ${typeName(type)}`,
      declared.column.place,
      'Declare the column with precision 0 to 3, or compute one with CAST.',
    );
  }
  return column;
}
