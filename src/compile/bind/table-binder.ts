import type { MetadataColumn, TableDeclaration, TableOption } from '../../connectors/connector.ts';
import { isTimestamp, typeName, withNullable } from '../../types/sql-type.ts';
import type * as ast from '../parse/ast.ts';
import { toExpression, walk } from './bound.ts';
import type { CatalogColumn, CatalogTable } from './catalog.ts';
import { bindExpression, convert } from './expression-binder.ts';
import { Mistake, unsupported, type Problems } from './mistake.ts';
import type { RelationField } from './relation.ts';
import { suggestion, type Scope } from './scope.ts';
import { bindType } from './type-binder.ts';

/** CREATE TABLE → the table's columns, watermark and options. The connector is bound when the table is read or written. */
export function bindCreateTable(statement: ast.CreateTable, problems: Problems): CatalogTable {
  if (statement.like !== undefined) throw unsupported('LIKE in CREATE TABLE', statement.like.place, 'Write the columns out.');
  if (statement.asQuery !== undefined)
    throw unsupported('CREATE TABLE … AS', statement.asQuery.place, 'Use CREATE TABLE and INSERT INTO.');
  if (statement.partitionedBy.length > 0) throw unsupported('PARTITIONED BY', statement.partitionedBy[0].place);
  const name = statement.name.parts[statement.name.parts.length - 1].text;
  const options = bindOptions(statement.options, problems);
  const primaryKey = primaryKeyOf(statement, problems);
  const columns = bindColumns(statement, new Set(primaryKey.map((column) => column.text)), problems);
  const declaration: TableDeclaration = {
    name,
    options,
    physical: columns.flatMap((column) =>
      column.kind === 'physical' ? [{ name: column.field.name, type: column.field.type }] : [],
    ),
    metadata: columns.flatMap((column) => (column.kind === 'metadata' ? [column.metadata] : [])),
    primaryKey: primaryKey.map((column) => column.text),
    place: statement.name.place,
  };
  return {
    kind: 'table',
    declaration,
    columns: columns.map((column, index) => withTimeAttribute(column, index, statement, columns)),
    watermark: bindWatermark(statement, columns, problems),
    connectors: new Map(),
  };
}

type Column =
  | Exclude<CatalogColumn, { kind: 'metadata' }>
  | (Extract<CatalogColumn, { kind: 'metadata' }> & { readonly metadata: MetadataColumn });

function bindColumns(statement: ast.CreateTable, primaryKey: ReadonlySet<string>, problems: Problems): Column[] {
  const columns: Column[] = [];
  const names = new Set<string>();
  let physical = 0;
  let metadata = 0;
  for (const declared of statement.columns) {
    const name = declared.name.text;
    if (names.has(name)) problems.report('SQL_COLUMN_EXISTS', `column "${name}" is declared twice`, declared.name.place);
    names.add(name);
  }
  // Computed columns may use any column that is not computed, wherever it stands.
  const plain = problems.all(
    statement.columns.filter((declared) => declared.kind !== 'computed'),
    (declared): Column => {
      const bound = bindType(declared.type);
      const type = primaryKey.has(declared.name.text) ? withNullable(bound, false) : bound;
      const field: RelationField = { name: declared.name.text, type };
      if (declared.kind === 'physical') return { kind: 'physical', field, index: physical++ };
      const key = declared.from?.value ?? declared.name.text;
      return {
        kind: 'metadata',
        field,
        index: metadata++,
        metadata: { name: declared.name.text, key, type, virtual: declared.virtual, place: declared.place },
      };
    },
  );
  const scope: Scope = {
    tables: [
      {
        name: undefined,
        fields: plain.map((column) => column.field),
        offset: 0,
        description: `table "${statement.name.parts.at(-1)!.text}"`,
      },
    ],
  };
  const byName = new Map(plain.map((column) => [column.field.name, column]));
  const all = problems.all(statement.columns, (declared): Column => {
    if (declared.kind !== 'computed') return byName.get(declared.name.text)!;
    const bound = bindExpression(declared.expression, { scope, problems, clause: 'computed column' });
    const isProctime = bound.kind === 'call' && bound.function === 'PROCTIME';
    const field: RelationField = {
      name: declared.name.text,
      type: bound.type,
      ...(isProctime ? { timeAttribute: 'proctime' as const } : {}),
    };
    return { kind: 'computed', field, expression: toExpression(bound) };
  });
  columns.push(...all);
  return columns;
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
  for (const name of key.columns) {
    const column = statement.columns.find((declared) => declared.name.text === name.text);
    if (column === undefined) {
      problems.report(
        'SQL_COLUMN_NOT_FOUND',
        `column "${name.text}" does not exist in this table`,
        name.place,
        suggestion(
          name.text,
          statement.columns.map((declared) => declared.name.text),
        ),
      );
    } else if (column.kind !== 'physical') {
      problems.report('SQL_PRIMARY_KEY', `column "${name.text}" of the primary key is not a physical column`, name.place);
    }
  }
  return key.columns;
}

function bindWatermark(statement: ast.CreateTable, columns: readonly Column[], problems: Problems): CatalogTable['watermark'] {
  const [declared, second] = statement.watermarks;
  if (declared === undefined) return null;
  if (second !== undefined) throw new Mistake('SQL_WATERMARK', 'a table can have one watermark', second.place);
  if (declared.column.parts.length > 1) throw unsupported('a watermark on a nested column', declared.column.place);
  const column = columns.findIndex((candidate) => candidate.field.name === declared.column.parts[0].text);
  if (column === -1) {
    throw new Mistake(
      'SQL_COLUMN_NOT_FOUND',
      `column "${declared.column.parts[0].text}" does not exist in this table`,
      declared.column.place,
      suggestion(
        declared.column.parts[0].text,
        columns.map((candidate) => candidate.field.name),
      ),
    );
  }
  const { type } = columns[column].field;
  if (!isTimestamp(type) || !('precision' in type) || type.precision > 3) {
    throw new Mistake(
      'SQL_WATERMARK',
      `a watermark needs a column of type TIMESTAMP(3) or TIMESTAMP_LTZ(3), not ${typeName(type)}`,
      declared.column.place,
      'Declare the column with precision 0 to 3, or compute one with CAST.',
    );
  }
  const scope: Scope = {
    tables: [
      {
        name: undefined,
        fields: columns.map((candidate) => candidate.field),
        offset: 0,
        description: `table "${statement.name.parts.at(-1)!.text}"`,
      },
    ],
  };
  const bound = bindExpression(declared.expression, { scope, problems, clause: 'watermark' });
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
      throw unsupported('a watermark on processing time', declared.expression.place);
  });
  return { column, expression: toExpression(convert(bound, withNullable(type, true), declared.expression.place)) };
}

function withTimeAttribute(column: Column, index: number, statement: ast.CreateTable, columns: readonly Column[]): CatalogColumn {
  const rowtime = statement.watermarks[0]?.column.parts[0].text;
  if (rowtime === undefined || columns[index].field.name !== rowtime) return column;
  return { ...column, field: { ...column.field, timeAttribute: 'rowtime' } };
}
