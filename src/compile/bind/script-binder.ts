import { assert, unreachable } from '../../base/assert.ts';
import type { BoundConnector } from '../../connectors/connector.ts';
import type { Expression } from '../../plan/expression.ts';
import type * as ast from '../parse/ast.ts';
import { rewrite, toExpression, type Bound } from './bound.ts';
import { Catalog, type CatalogColumn, type CatalogTable } from './catalog.ts';
import { convert } from './expression-binder.ts';
import { bindInsert } from './insert-binder.ts';
import { FLINK_MAY, Mistake, unsupported, type Problems } from './mistake.ts';
import { bindQuery, renamed, type QueryContext } from './query-binder.ts';
import type { Relation, RelationField, SinkRelation } from './relation.ts';
import { bindSetting } from './settings.ts';
import { bindCreateTable } from './table-binder.ts';
import { TableConnectors } from './table-connector.ts';
import { isPlannable, unknownRelation, UNKNOWN_VALUE } from './unknown-relation.ts';

export interface BoundScript {
  /** One for each INSERT and bare SELECT, also after mistakes, if a plan can tell more of them. */
  readonly sinks: readonly SinkRelation[];
  /** What SET said, by key; later ones win. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Resolves a whole file. Mistakes are noted in `problems`; all that does not depend on one is bound and checked all the same. */
export function bindScript(script: ast.Script, local: boolean, problems: Problems): BoundScript {
  const binder = new ScriptBinder(local, problems);
  for (const statement of script.statements) binder.bind(statement);
  binder.checkUnusedTables();
  const sinks = binder.sinks.filter((sink) => isPlannable(sink));
  assert(sinks.length === binder.sinks.length || problems.found.length > 0, 'something is unknown without a mistake');
  return { sinks, settings: binder.settings };
}

class ScriptBinder {
  readonly sinks: SinkRelation[] = [];
  readonly settings = new Map<string, string>();
  readonly #catalog: Catalog;
  readonly #tables: CatalogTable[] = [];
  readonly #connectors: TableConnectors;
  readonly #problems: Problems;
  readonly #queries: QueryContext;

  constructor(local: boolean, problems: Problems) {
    this.#problems = problems;
    this.#catalog = new Catalog(problems);
    this.#connectors = new TableConnectors(local, problems);
    this.#queries = { catalog: this.#catalog, problems, read: (table) => this.#read(table), ctes: new Map() };
  }

  bind(statement: ast.Statement): void {
    this.#problems.attempt(() => this.#bindStatement(statement));
  }

  /** Options of tables that nothing reads or writes are checked too. */
  checkUnusedTables(): void {
    for (const table of this.#tables) this.#connectors.check(table);
  }

  #bindStatement(statement: ast.Statement): void {
    switch (statement.kind) {
      case 'create-table': {
        const isFree = this.#problems.attempt(() => this.#catalog.checkFree(statement.name, statement.ifNotExists));
        if (isFree === false) return;
        if (statement.asQuery !== undefined) bindQuery(statement.asQuery, this.#queries);
        const table = bindCreateTable(statement, this.#problems);
        this.#tables.push(table);
        if (isFree) this.#catalog.add(statement.name, table);
        return;
      }
      case 'create-view': {
        const isFree = this.#problems.attempt(() => this.#catalog.checkFree(statement.name, statement.ifNotExists));
        if (isFree === false) return;
        const query = bindQuery(statement.query, this.#queries);
        const relation = renamed(query, statement.columns, statement.place, this.#problems);
        if (isFree) this.#catalog.add(statement.name, { kind: 'view', relation });
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
        if (statement.names.length > 0) this.#problems.leaveOpen(statement.names);
        for (const name of statement.names) this.#catalog.leaveOpen(name);
        throw unsupported(statement.what, statement.place, FLINK_MAY);
      case 'unread':
        this.#problems.leaveOpen(statement.names);
        return;
      default:
        unreachable(statement, 'statement');
    }
  }

  #bindInsert(statement: ast.InsertInto): void {
    this.sinks.push(bindInsert(statement, this.#queries, this.#connectors));
  }

  #bindDrop(statement: ast.DropStatement): void {
    const entry = this.#catalog.find(statement.name);
    const isKind = entry?.kind === 'broken' || entry?.kind === statement.what.toLowerCase();
    if (isKind) this.#catalog.drop(statement.name);
    else if (!statement.ifExists && !this.#problems.isOpen(this.#catalog.key(statement.name))) {
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
        return unknownRelation(reference.place);
      case 'view':
        if (reference.options.length > 0)
          this.#problems.report(
            'SQL_HINT',
            'OPTIONS apply to tables, not to views',
            reference.place,
            'Write them at the table in the view.',
          );
        return entry.relation;
      case 'table': {
        if (reference.options.length > 0) return this.#scan(withOptions(entry, reference.options), reference.place);
        entry.relation ??= this.#scan(entry);
        return entry.relation;
      }
    }
  }

  /** Records → declared columns, computed ones included → watermarks. What fails while reading is told at `blamed`. */
  #scan(table: CatalogTable, blamed = table.declaration.place): Relation {
    const { declaration, columns, watermark, unknown } = table;
    const bound = this.#connectors.connect(table, 'source') ?? NO_CONNECTOR;
    const place = declaration.place;
    const fields = columns.map((column): RelationField => column.field);
    const lacksKey = bound.emits === 'upsert' && declaration.primaryKey.length === 0;
    if (unknown.has('watermark') || lacksKey) return unknownRelation(place, fields);
    const metadata = this.#connectors.metadataOf(table);
    const physicalCount = declaration.physical.length;
    const scan: Relation = {
      kind: 'scan',
      table: {
        name: declaration.name,
        bound,
        physical: declaration.physical,
        metadata,
        primaryKey: declaration.primaryKey,
        place: blamed,
      },
      fields: [...declaration.physical, ...metadata.map(({ name, type }) => ({ name, type }))],
      place,
    };
    const read = (column: Exclude<CatalogColumn, { kind: 'computed' }>): Bound => {
      if (column.field.unknown !== undefined || column.kind === 'unread') return UNKNOWN_VALUE;
      if (column.kind === 'physical') return { kind: 'column', index: column.index, type: column.field.type };
      const { type } = metadata[column.index];
      const value: Bound = { kind: 'column', index: physicalCount + column.index, type };
      const { place: columnPlace } = declaration.metadata[column.index];
      return (
        this.#problems.attempt(() => convert(value, column.field.type, columnPlace)) ?? {
          ...UNKNOWN_VALUE,
          type: column.field.type,
        }
      );
    };
    const plain = columns.flatMap((column) => (column.kind === 'computed' ? [] : [read(column)]));
    const expressions = columns.map((column): Expression => {
      if (column.kind !== 'computed') return toExpression(read(column));
      return toExpression(rewrite(column.expression, (part) => (part.kind === 'column' ? plain[part.index] : undefined)));
    });
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
}

/** In place of a connector that is not known: as little as any can do. */
const NO_CONNECTOR: BoundConnector = { connector: '', settings: {}, accepts: 'changelog', emits: 'insert', bounded: false };

/** The table with the options of a hint in place of its own. */
function withOptions(table: CatalogTable, entries: readonly ast.OptionEntry[]): CatalogTable {
  const options = new Map(table.declaration.options);
  for (const { key, value } of entries)
    options.set(key.value, { value: value.value, keyPlace: key.place, valuePlace: value.place });
  const { relation: _, ...rest } = table;
  return { ...rest, declaration: { ...table.declaration, options }, connectors: new Map() };
}
