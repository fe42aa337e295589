import type { TableDeclaration, BoundConnector } from '../../connectors/connector.ts';
import type { Expression } from '../../plan/expression.ts';
import type { Relation, RelationField } from './relation.ts';
import type * as ast from '../parse/ast.ts';
import { Mistake, type Problems } from './mistake.ts';
import { suggestion } from './scope.ts';

/** A table as CREATE TABLE declared it, with all columns in the order of the declaration. */
export interface CatalogTable {
  readonly kind: 'table';
  readonly declaration: TableDeclaration;
  readonly columns: readonly CatalogColumn[];
  readonly watermark: { readonly column: number; readonly expression: Expression } | null;
  /** What of the declaration is not known because of mistakes, which have been reported. */
  readonly unknown: ReadonlySet<'columns' | 'watermark' | 'primary key' | 'options'>;
  /** How the table is bound as a source or a sink, once it was asked for; undefined without a connector. */
  readonly connectors: Map<'source' | 'sink', BoundConnector | undefined>;
  /** What reading it gives: one node for all its readers. */
  relation?: Relation;
}

export type CatalogColumn =
  | { readonly kind: 'physical'; readonly field: RelationField; readonly index: number }
  | { readonly kind: 'metadata'; readonly field: RelationField; readonly index: number }
  | { readonly kind: 'computed'; readonly field: RelationField; readonly expression: Expression }
  /** One, or several, of which a mistake leaves nothing but a name. */
  | { readonly kind: 'unread'; readonly field: RelationField };

export interface CatalogView {
  readonly kind: 'view';
  readonly relation: Relation;
}

/** A name of whose declaration nothing is known: it may have any columns. */
export interface BrokenEntry {
  readonly kind: 'broken';
}

export type CatalogEntry = CatalogTable | CatalogView | BrokenEntry;

/** The tables and views of a file. */
export class Catalog {
  readonly #entries = new Map<string, CatalogEntry>();
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Answers false when the name is taken and IF NOT EXISTS lets that pass. */
  checkFree(name: ast.QualifiedName, ifNotExists: boolean): boolean {
    const key = this.key(name);
    if (!this.#entries.has(key)) return true;
    if (ifNotExists) return false;
    throw new Mistake(
      'SQL_TABLE_EXISTS',
      `table or view "${key}" exists already`,
      name.place,
      'Choose another name, or drop the first one before.',
    );
  }

  add(name: ast.QualifiedName, entry: CatalogEntry): void {
    this.#entries.set(this.key(name), entry);
  }

  drop(name: ast.QualifiedName): boolean {
    return this.#entries.delete(this.key(name));
  }

  /** After a statement that may change it, nothing is known of a table or view. */
  leaveOpen(key: string): void {
    if (this.#entries.has(key)) this.#entries.set(key, { kind: 'broken' });
  }

  find(name: ast.QualifiedName): CatalogEntry | undefined {
    return this.#entries.get(this.key(name));
  }

  get(name: ast.QualifiedName): CatalogEntry {
    const entry = this.find(name);
    if (entry !== undefined) return entry;
    if (this.#problems.isOpen(this.key(name))) return { kind: 'broken' };
    const text = name.parts.map((part) => part.text).join('.');
    throw new Mistake(
      'SQL_TABLE_NOT_FOUND',
      `table "${text}" does not exist`,
      name.place,
      suggestion(text, [...this.#entries.keys()]) ?? 'Declare it with CREATE TABLE.',
    );
  }

  /** The default catalog and database may be written out. */
  key(name: ast.QualifiedName): string {
    const parts = name.parts.map((part) => part.text);
    if (parts.length === 3 && parts[0] === 'default_catalog' && parts[1] === 'default_database') return parts[2];
    if (parts.length === 2 && parts[0] === 'default_database') return parts[1];
    if (parts.length > 1) {
      throw new Mistake(
        'SQL_UNSUPPORTED',
        'catalogs and databases are not supported yet',
        name.place,
        "Write the table's own name alone.",
      );
    }
    return parts[0];
  }
}
