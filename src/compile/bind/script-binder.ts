import { unreachable } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import type { BoundConnector, MetadataColumn, TableDeclaration } from '../../connectors/connector.ts';
import { bindTable as bindConnector, findConnector } from '../../connectors/registry.ts';
import type { Expression } from '../../plan/expression.ts';
import { typeName, withNullable } from '../../types/sql-type.ts';
import type * as ast from '../parse/ast.ts';
import { rewrite, toExpression, type Bound } from './bound.ts';
import { Catalog, type CatalogColumn, type CatalogTable } from './catalog.ts';
import { convert } from './expression-binder.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { bindQuery, renamed, type QueryContext } from './query-binder.ts';
import type { Relation, RelationField, SinkRelation } from './relation.ts';
import { suggestion } from './scope.ts';
import { bindSetting } from './settings.ts';
import { supportsImplicitCast } from './sink-conversion.ts';
import { bindCreateTable } from './table-binder.ts';

export interface BoundScript {
  /** One for each INSERT and bare SELECT. */
  readonly sinks: readonly SinkRelation[];
  /** What SET said, by key; later ones win. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Resolves a whole file. Mistakes are noted in `problems`; statements that have none are bound all the same. */
export function bindScript(script: ast.Script, local: boolean, problems: Problems): BoundScript {
  const binder = new ScriptBinder(local, problems);
  for (const statement of script.statements) binder.bind(statement);
  binder.checkUnusedTables();
  return { sinks: binder.sinks, settings: binder.settings };
}

class ScriptBinder {
  readonly sinks: SinkRelation[] = [];
  readonly settings = new Map<string, string>();
  readonly #catalog = new Catalog();
  readonly #local: boolean;
  readonly #problems: Problems;
  readonly #queries: QueryContext;

  constructor(local: boolean, problems: Problems) {
    this.#local = local;
    this.#problems = problems;
    this.#queries = { catalog: this.#catalog, problems, read: (table) => this.#read(table), ctes: new Map() };
  }

  bind(statement: ast.Statement): void {
    this.#problems.attempt(() => this.#bindStatement(statement));
  }

  /** Options of tables that nothing reads or writes are checked too. */
  checkUnusedTables(): void {
    for (const table of this.#catalog.tables()) {
      if (table.connectors.size > 0) continue;
      const connector = findConnector(table.declaration.options.get('connector')?.value ?? '', { local: true });
      this.#problems.attempt(() =>
        this.#connect(table, connector?.createSource === undefined && connector?.createSink !== undefined ? 'sink' : 'source'),
      );
    }
  }

  #bindStatement(statement: ast.Statement): void {
    switch (statement.kind) {
      case 'create-table': {
        if (!this.#catalog.checkFree(statement.name, statement.ifNotExists)) return;
        const table = this.#problems.attempt(() => bindCreateTable(statement, this.#problems));
        this.#catalog.add(statement.name, table ?? { kind: 'broken' });
        return;
      }
      case 'create-view': {
        if (!this.#catalog.checkFree(statement.name, statement.ifNotExists)) return;
        const relation = this.#problems.attempt(() =>
          renamed(bindQuery(statement.query, this.#queries), statement.columns, statement.place),
        );
        this.#catalog.add(statement.name, relation === undefined ? { kind: 'broken' } : { kind: 'view', relation });
        return;
      }
      case 'insert':
        this.#bindInsert(statement);
        return;
      case 'statement-set':
        for (const insert of statement.inserts) this.#problems.attempt(() => this.#bindInsert(insert));
        return;
      case 'select-statement': {
        const input = bindQuery(statement.query, this.#queries);
        this.sinks.push({ kind: 'sink', input, table: null, fields: input.fields, place: statement.place });
        return;
      }
      case 'set':
        if (statement.key !== undefined && statement.value !== undefined)
          bindSetting(this.settings, statement.key, statement.value);
        return;
      case 'reset':
        if (statement.key === undefined) this.settings.clear();
        else this.settings.delete(statement.key.value);
        return;
      case 'drop':
        this.#bindDrop(statement);
        return;
      case 'explain':
        throw unsupported('EXPLAIN in a file', statement.place, 'Use the command `isobar explain FILE`.');
      case 'unsupported':
        throw unsupported(statement.what, statement.place);
      default:
        unreachable(statement, 'statement');
    }
  }

  #bindDrop(statement: ast.DropStatement): void {
    const entry = this.#catalog.find(statement.name);
    const isKind = entry?.kind === 'broken' || entry?.kind === statement.what.toLowerCase();
    if (isKind) this.#catalog.drop(statement.name);
    else if (!statement.ifExists) {
      throw new Mistake(
        'SQL_TABLE_NOT_FOUND',
        `${statement.what.toLowerCase()} "${this.#catalog.key(statement.name)}" does not exist`,
        statement.name.place,
        'Write IF EXISTS when it may be missing.',
      );
    }
  }

  // ---------------------------------------------------------------- reading

  #read(reference: ast.TableName): Relation {
    const entry = this.#catalog.get(reference.name);
    switch (entry.kind) {
      case 'broken':
        throw new FollowUp();
      case 'view':
        if (reference.options.length > 0) throw new Mistake('SQL_HINT', 'OPTIONS apply to tables, not to views', reference.place);
        return entry.relation;
      case 'table': {
        if (reference.options.length > 0) return this.#scan(withOptions(entry, reference.options));
        entry.relation ??= this.#scan(entry);
        return entry.relation;
      }
    }
  }

  /** Records → declared columns, computed ones included → watermarks. */
  #scan(table: CatalogTable): Relation {
    const { declaration, columns, watermark } = table;
    const bound = this.#connect(table, 'source');
    const place = declaration.place;
    const metadata = this.#metadataOf(declaration, declaration.metadata);
    const physicalCount = declaration.physical.length;
    const scan: Relation = {
      kind: 'scan',
      table: { name: declaration.name, bound, physical: declaration.physical, metadata, primaryKey: declaration.primaryKey },
      fields: [...declaration.physical, ...metadata.map(({ name, type }) => ({ name, type }))],
      place,
    };
    const read = (column: CatalogColumn & { index: number }): Bound => {
      if (column.kind === 'physical') return { kind: 'column', index: column.index, type: column.field.type };
      const { type } = metadata[column.index];
      return convert(
        { kind: 'column', index: physicalCount + column.index, type },
        column.field.type,
        declaration.metadata[column.index].place,
      );
    };
    const plain = columns.flatMap((column) => (column.kind === 'computed' ? [] : [read(column)]));
    const expressions = columns.map((column): Expression => {
      if (column.kind !== 'computed') return toExpression(read(column));
      return toExpression(rewrite(column.expression, (part) => (part.kind === 'column' ? plain[part.index] : undefined)));
    });
    const fields = columns.map((column): RelationField => column.field);
    const declared: Relation = { kind: 'project', input: scan, expressions, fields, place };
    if (watermark === null) return declared;
    const { idleTimeoutMs } = bound.settings as { readonly idleTimeoutMs?: number };
    return {
      kind: 'watermark',
      input: declared,
      rowtime: watermark.column,
      expression: watermark.expression,
      idleTimeoutMs,
      fields,
      place,
    };
  }

  /** METADATA columns with the types that the connector gives and takes; the declared ones are casts of them. */
  #metadataOf(declaration: TableDeclaration, columns: readonly MetadataColumn[]): MetadataColumn[] {
    const connector = findConnector(declaration.options.get('connector')?.value ?? '', { local: this.#local });
    return columns.map((column) => ({ ...column, type: connector?.metadata.get(column.key)?.type ?? column.type }));
  }

  #connect(table: CatalogTable, use: 'source' | 'sink'): BoundConnector {
    const known = table.connectors.get(use);
    if (known === 'broken') throw new FollowUp();
    if (known !== undefined) return known;
    table.connectors.set(use, 'broken');
    const before = this.#problems.found.length;
    const bound = bindConnector(table.declaration, use, this.#local, this.#problems.report);
    if (bound === undefined || this.#problems.found.length > before) throw new FollowUp();
    table.connectors.set(use, bound);
    return bound;
  }

  // ---------------------------------------------------------------- writing

  #bindInsert(statement: ast.InsertInto): void {
    if (statement.partition !== undefined) throw unsupported('INSERT INTO … PARTITION', statement.partition);
    if (statement.overwrite) throw unsupported('INSERT OVERWRITE', statement.place);
    const [entry, query] = this.#problems.all<() => unknown, unknown>(
      [() => this.#catalog.get(statement.table), () => bindQuery(statement.query, this.#queries)],
      (work) => work(),
    ) as [ReturnType<Catalog['get']>, Relation];
    if (entry.kind === 'broken') throw new FollowUp();
    if (entry.kind === 'view')
      throw new Mistake(
        'SQL_INSERT',
        `"${this.#catalog.key(statement.table)}" is a view`,
        statement.table.place,
        'Insert into a table.',
      );
    const bound = this.#connect(entry, 'sink');
    const { declaration } = entry;
    const writable = entry.columns.filter(
      (column) => column.kind === 'physical' || (column.kind === 'metadata' && !declaration.metadata[column.index].virtual),
    );
    const targets =
      statement.columns.length === 0
        ? writable.map((column) => column.field)
        : this.#insertColumns(
            statement,
            writable.map((column) => column.field),
            declaration,
          );
    if (targets.length !== query.fields.length) {
      throw new Mistake(
        'SQL_COLUMN_COUNT',
        `the query gives ${count(query.fields.length)}, but ${declaration.name} takes ${targets.length}`,
        statement.query.place,
        `query: ${query.fields.map((field) => `${field.name} ${typeName(field.type)}`).join(', ')}; sink: ${targets.map((field) => `${field.name} ${typeName(field.type)}`).join(', ')}`,
      );
    }
    const rowtimes = query.fields.filter((field) => field.timeAttribute === 'rowtime');
    if (rowtimes.length > 1) {
      throw new Mistake(
        'SQL_INSERT',
        `the query has several rowtime columns: ${rowtimes.map((field) => field.name).join(', ')}`,
        statement.query.place,
        'Cast all but one of them, as in CAST(ts AS TIMESTAMP(3)).',
      );
    }
    // The sink takes physical columns first, then metadata, whatever the order of the declaration.
    const order = [
      ...writable.filter((column) => column.kind === 'physical'),
      ...writable.filter((column) => column.kind === 'metadata'),
    ];
    const metadata = this.#metadataOf(declaration, declaration.metadata);
    const expressions = this.#problems.all(order, (column): Expression => {
      const position = targets.findIndex((target) => target.name === column.field.name);
      const type = column.kind === 'metadata' ? metadata[column.index].type : column.field.type;
      if (position === -1) return { kind: 'literal', value: null, type: withNullable(type, true) };
      const assigned = this.#assign(query.fields[position], position, column.field, statement);
      return toExpression(convert(assigned, type, statement.query.place));
    });
    const fields = order.map((column, i): RelationField => ({ name: column.field.name, type: expressions[i].type }));
    this.sinks.push({
      kind: 'sink',
      input: { kind: 'project', input: query, expressions, fields, place: statement.place },
      table: {
        name: declaration.name,
        bound,
        physical: declaration.physical,
        metadata: metadata.filter((column) => !column.virtual),
        primaryKey: declaration.primaryKey,
      },
      fields: order.map((column) => ({
        name: column.field.name,
        // As in Flink, constraints are those of the physical columns: a connector takes NULL for what it then chooses itself.
        type: column.kind === 'metadata' ? withNullable(metadata[column.index].type, true) : column.field.type,
      })),
      place: statement.place,
    });
  }

  #insertColumns(statement: ast.InsertInto, writable: readonly RelationField[], declaration: TableDeclaration): RelationField[] {
    const targets = this.#problems.all(statement.columns, (name) => {
      const column = writable.find((field) => field.name === name.text);
      if (column === undefined) {
        throw new Mistake(
          'SQL_COLUMN_NOT_FOUND',
          `column "${name.text}" does not exist in table "${declaration.name}"`,
          name.place,
          suggestion(
            name.text,
            writable.map((field) => field.name),
          ),
        );
      }
      return column;
    });
    const missing = writable.find((field) => !field.type.nullable && !targets.includes(field));
    if (missing !== undefined)
      throw new Mistake(
        'SQL_INSERT',
        `column "${missing.name}" is NOT NULL and gets no value`,
        statement.place,
        'Add it to the list of columns.',
      );
    return targets;
  }

  #assign(from: RelationField, index: number, to: RelationField, statement: ast.InsertInto): Bound {
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
}

/** Where the query's column stands, when that can be said. */
function itemPlace(query: ast.Query, index: number): Place | undefined {
  if (query.kind !== 'select') return undefined;
  return query.items.some((item) => item.kind === 'star') ? undefined : query.items[index].place;
}

function count(columns: number): string {
  return columns === 1 ? '1 column' : `${columns} columns`;
}

/** The table with the options of a hint in place of its own. */
function withOptions(table: CatalogTable, entries: readonly ast.OptionEntry[]): CatalogTable {
  const options = new Map(table.declaration.options);
  for (const { key, value } of entries)
    options.set(key.value, { value: value.value, keyPlace: key.place, valuePlace: value.place });
  const { relation: _, ...rest } = table;
  return { ...rest, declaration: { ...table.declaration, options }, connectors: new Map() };
}
