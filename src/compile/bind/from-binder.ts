import { unreachable } from '../../base/assert.ts';
import type * as ast from '../parse/ast.ts';
import { bindExpression, condition } from './expression-binder.ts';
import { unsupported } from './mistake.ts';
import { bindQuery, renamed, type QueryContext } from './query-binder.ts';
import type { Relation, RelationField } from './relation.ts';
import { resolveColumn, type Scope, type ScopeTable } from './scope.ts';
import { MORE_FIELDS, unknownRelation } from './unknown-relation.ts';
import { bindWindowTable } from './window-table-binder.ts';

/** What stands in FROM, with the names under which its columns can be reached. */
interface BoundTables {
  readonly relation: Relation;
  readonly tables: readonly ScopeTable[];
}

export function bindFrom(query: ast.SelectQuery, context: QueryContext): { relation: Relation; scope: Scope } {
  if (query.from === undefined) {
    return { relation: { kind: 'values', rows: [[]], fields: [], place: query.place }, scope: { tables: [] } };
  }
  const { relation, tables } = bindTable(query.from, context);
  return { relation, scope: { tables } };
}

/** `beside` are the tables in front of it in a join, which UNNEST can name. */
function bindTable(reference: ast.TableReference, context: QueryContext, beside?: readonly ScopeTable[]): BoundTables {
  const { problems } = context;
  const { place } = reference;
  const named = (relation: Relation, alias: ast.Alias | undefined, own: string | undefined, description: string): BoundTables => {
    const columns = renamed(relation, alias?.columns ?? [], place, problems);
    const shown = alias === undefined ? description : `"${alias.name.text}"`;
    return {
      relation: columns,
      tables: [{ name: alias?.name.text ?? own, fields: columns.fields, offset: 0, description: shown }],
    };
  };
  switch (reference.kind) {
    case 'table': {
      if (reference.asOf !== undefined && beside === undefined)
        problems.add(unsupported('FOR SYSTEM_TIME AS OF', reference.asOf.place));
      const own = reference.name.parts.at(-1)!.text;
      const cte = reference.name.parts.length === 1 ? context.ctes.get(own) : undefined;
      const relation = cte ?? problems.attempt(() => context.read(reference)) ?? unknownRelation(place);
      return named(relation, reference.alias, own, `table "${own}"`);
    }
    case 'derived':
      return named(bindQuery(reference.query, context), reference.alias, undefined, 'the subquery');
    case 'table-function': {
      const bindInput = (table: ast.TableReference): Relation => bindTable(table, context).relation;
      const relation = problems.attempt(() => bindWindowTable(reference, bindInput, problems)) ?? unknownRelation(place);
      return named(relation, reference.alias, undefined, `the windows of ${reference.name.text.toUpperCase()}`);
    }
    case 'join':
      return bindJoin(reference, context);
    case 'lateral': {
      problems.add(unsupported('LATERAL', place));
      const alias = 'alias' in reference.table ? reference.table.alias : undefined;
      return named(unknownRelation(place), alias, undefined, 'the lateral table');
    }
    case 'unnest':
      problems.add(unsupported('UNNEST', place));
      for (const expression of reference.expressions)
        problems.attempt(() => bindExpression(expression, { scope: { tables: beside ?? [] }, problems, clause: 'on' }));
      return named(unknownRelation(place), reference.alias, undefined, 'the result of UNNEST');
    case 'match-recognize':
      problems.add(unsupported('MATCH_RECOGNIZE', place));
      bindTable(reference.table, context);
      return named(unknownRelation(place), reference.alias, undefined, 'the result of MATCH_RECOGNIZE');
    default:
      return unreachable(reference, 'table');
  }
}

/** Both sides and the condition are checked, and so can be what stands on top. */
function bindJoin(join: ast.Join, context: QueryContext): BoundTables {
  const { problems } = context;
  const left = bindTable(join.left, context);
  // Of several joins the first is told, and what can only stand in one tells itself.
  const tellsItself = join.right.kind === 'unnest' || join.right.kind === 'lateral';
  if (join.left.kind !== 'join' && !tellsItself) {
    const what = join.type === 'COMMA' ? 'a join' : `${join.type === 'INNER' ? '' : `${join.type} `}JOIN`;
    problems.add(unsupported(what, join.operatorPlace));
  }
  const right = bindTable(join.right, context, left.tables);
  for (const name of join.using) {
    for (const { tables } of [left, right])
      problems.attempt(() => resolveColumn({ tables }, { parts: [name], place: name.place }));
  }
  const leftNames = left.relation.fields.map((field) => field.name);
  const isMerged = ({ name }: RelationField): boolean =>
    join.using.some((used) => used.text === name) || (join.natural && leftNames.includes(name));
  // USING and NATURAL make one column of two: of the right one nothing is known.
  const visible = (fields: readonly RelationField[]): RelationField[] =>
    fields.map((field) => (isMerged(field) ? MORE_FIELDS : field));
  const offset = left.relation.fields.length;
  const tables = [
    ...left.tables,
    ...right.tables.map((table) => ({ ...table, fields: visible(table.fields), offset: table.offset + offset })),
  ];
  if (join.on !== undefined) {
    const { on } = join;
    problems.attempt(() => condition(on, { scope: { tables }, problems, clause: 'on' }, 'ON'));
  }
  return { relation: unknownRelation(join.place, [...left.relation.fields, ...visible(right.relation.fields)]), tables };
}
