import { unreachable } from '../../base/assert.ts';
import type { Place } from '../../base/place.ts';
import { commonType } from '../../types/common-type.ts';
import * as sql from '../../types/sql-type.ts';
import { typeName, withNullable } from '../../types/sql-type.ts';
import type { SortKey } from '../../plan/node.ts';
import type * as ast from '../parse/ast.ts';
import { keyOf, toExpression, walk, type Bound, type BoundOrder } from './bound.ts';
import type { Catalog } from './catalog.ts';
import { bindExpression, bindOrderItem, condition, convert, type ExpressionContext } from './expression-binder.ts';
import { bindGrouping } from './group-binder.ts';
import { project, withoutTime, type Item } from './item.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { bindOverWindows } from './over-binder.ts';
import type { Relation, RelationField } from './relation.ts';
import type { Scope, ScopeTable } from './scope.ts';
import { bindWindowTable } from './window-table-binder.ts';

/** What binding a query needs from around it. */
export interface QueryContext {
  readonly catalog: Catalog;
  readonly problems: Problems;
  /** Reads a table or view: its rows, one node for all readers. */
  readonly read: (name: ast.TableName) => Relation;
  /** Common table expressions in sight. */
  readonly ctes: ReadonlyMap<string, Relation>;
}

/** A query → a relation whose fields are the query's columns. */
export function bindQuery(query: ast.Query, context: QueryContext): Relation {
  switch (query.kind) {
    case 'select':
      return bindSelect(query, context, []).relation;
    case 'values':
      return bindValues(query, context);
    case 'set-operation':
      return bindSetOperation(query, context);
    case 'with': {
      const ctes = new Map(context.ctes);
      for (const { name, columns, query: cte } of query.ctes) {
        ctes.set(name.text, renamed(bindQuery(cte, { ...context, ctes }), columns, name.place));
      }
      return bindQuery(query.body, { ...context, ctes });
    }
    case 'ordered':
      return bindOrdered(query, context);
    default:
      return unreachable(query, 'query');
  }
}

/** The same relation with other column names, as in `AS t (a, b)` and `CREATE VIEW v (a, b)`. */
export function renamed(relation: Relation, names: readonly ast.Name[], place: Place): Relation {
  if (names.length === 0) return relation;
  if (names.length !== relation.fields.length) {
    throw new Mistake(
      'SQL_COLUMN_COUNT',
      `${names.length} column names for ${relation.fields.length} columns`,
      names[0]?.place ?? place,
    );
  }
  return {
    kind: 'project',
    input: relation,
    expressions: relation.fields.map((field, index) => ({ kind: 'column', index, type: field.type })),
    fields: relation.fields.map((field, i) => ({ ...field, name: names[i].text })),
    place,
  };
}

// ---------------------------------------------------------------- SELECT

interface BoundSelect {
  readonly relation: Relation;
  readonly order: readonly SortKey[];
}

function bindSelect(query: ast.SelectQuery, context: QueryContext, orderBy: readonly ast.OrderItem[]): BoundSelect {
  const { problems } = context;
  const from = bindFrom(query, context);
  const { scope } = from;
  let { relation } = from;
  if (query.qualify !== undefined)
    throw unsupported('QUALIFY', query.qualify.place, 'Number the rows in a subquery and filter by its column in WHERE.');
  const windows = new Map(query.windows.map(({ name, window }) => [name.text, window]));

  const grouping =
    query.groupBy === undefined ? undefined : problems.attempt(() => bindGrouping(query.groupBy, relation, scope, problems));
  // A GROUP BY TUMBLE(…) adds window columns behind those in scope: the indexes of the scope stay.
  if (grouping !== undefined) relation = grouping.relation;
  const base: Omit<ExpressionContext, 'clause'> = {
    scope,
    problems,
    windows,
    ...(grouping === undefined ? {} : { special: grouping.special }),
  };

  const where =
    query.where === undefined
      ? undefined
      : problems.attempt(() => condition(query.where!, { scope, problems, clause: 'where' }, 'WHERE'));
  const items = problems.attempt(() => bindItems(query.items, scope, { ...base, clause: 'select' }, problems));
  const having =
    query.having === undefined
      ? undefined
      : problems.attempt(() => condition(query.having!, { ...base, clause: 'having' }, 'HAVING'));
  const order =
    items === undefined ? undefined : problems.attempt(() => bindOrder(orderBy, items, { ...base, clause: 'order by' }));
  const failed =
    (query.groupBy !== undefined && grouping === undefined) ||
    (query.where !== undefined && where === undefined) ||
    items === undefined ||
    (query.having !== undefined && having === undefined) ||
    order === undefined;
  if (failed) throw new FollowUp();

  if (where !== undefined)
    relation = {
      kind: 'filter',
      input: relation,
      condition: toExpression(where),
      fields: relation.fields,
      place: query.where!.place,
    };
  let all: readonly Item[] = [...items, ...order.hidden];
  let kept: Bound | undefined = having;
  const isAggregation =
    grouping !== undefined || [...all.map((item) => item.bound), ...(having === undefined ? [] : [having])].some(hasAggregate);
  if (isAggregation) {
    const aggregation = (grouping ?? bindGrouping(undefined, relation, scope, problems)).aggregate(
      relation,
      all,
      having,
      query.place,
    );
    relation = aggregation.relation;
    all = aggregation.items;
    kept = aggregation.having;
  } else if (having !== undefined) {
    throw new Mistake('SQL_HAVING', 'HAVING needs GROUP BY or an aggregate', query.having!.place, 'Use WHERE.');
  }
  if (kept !== undefined)
    relation = {
      kind: 'filter',
      input: relation,
      condition: toExpression(kept),
      fields: relation.fields,
      place: query.having!.place,
    };
  const over = bindOverWindows(relation, all);
  relation = project(over.relation, over.items, query.place);

  if (query.distinct) {
    if (order.hidden.length > 0)
      throw new Mistake('SQL_ORDER_BY', 'with SELECT DISTINCT, ORDER BY takes columns of the result only', orderBy[0].place);
    relation = distinct(relation, query.place);
  }
  return { relation, order: order.keys };
}

function hasAggregate(bound: Bound): boolean {
  let found = false;
  walk(bound, (part) => {
    if (part.kind === 'aggregate') found = true;
    return part.kind !== 'over';
  });
  return found;
}

function bindItems(items: readonly ast.SelectItem[], scope: Scope, context: ExpressionContext, problems: Problems): Item[] {
  return problems
    .all(items, (item, position): Item[] => {
      if (item.kind === 'star') return starColumns(item, scope);
      const bound = bindExpression(item.expression, context);
      const written = item.expression.kind === 'column' ? item.expression.name.parts.at(-1)!.text : undefined;
      return [{ bound, name: item.alias?.text ?? written ?? `EXPR$${position}`, place: item.place }];
    })
    .flat();
}

function starColumns(item: ast.SelectItem & { kind: 'star' }, scope: Scope): Item[] {
  const tables =
    item.qualifier === undefined
      ? scope.tables
      : scope.tables.filter((table) => table.name === item.qualifier!.parts.at(-1)!.text);
  if (tables.length === 0) {
    throw item.qualifier === undefined
      ? new Mistake('SQL_STAR', '* needs a FROM', item.place)
      : new Mistake('SQL_TABLE_NOT_FOUND', `table "${item.qualifier.parts.at(-1)!.text}" is not in this query`, item.place);
  }
  return tables.flatMap((table) =>
    table.fields.map((field, i) => ({
      bound: { kind: 'column' as const, index: table.offset + i, type: field.type, place: item.place },
      name: field.name,
      place: item.place,
    })),
  );
}

/** ORDER BY names columns of the result first, then those of the tables; what is no column of the result is a hidden one. */
function bindOrder(
  orderBy: readonly ast.OrderItem[],
  items: readonly Item[],
  context: ExpressionContext,
): { keys: SortKey[]; hidden: Item[] } {
  const hidden: Item[] = [];
  const keys = context.problems.all(orderBy, (item): SortKey => {
    const alias =
      item.expression.kind === 'column' && item.expression.name.parts.length === 1
        ? item.expression.name.parts[0].text
        : undefined;
    let column = alias === undefined ? -1 : items.findIndex((candidate) => candidate.name === alias);
    if (item.expression.kind === 'literal' && item.expression.type === 'number') {
      column = Number(item.expression.text) - 1;
      if (!(column >= 0 && column < items.length))
        throw new Mistake('SQL_ORDER_BY', `there is no column ${item.expression.text} to order by`, item.place);
    }
    const order: Pick<BoundOrder, 'descending' | 'nullsFirst'> = {
      descending: item.descending,
      nullsFirst: item.nulls === undefined ? !item.descending : item.nulls === 'FIRST',
    };
    if (column === -1) {
      const { expression } = bindOrderItem(item, context);
      const same = items.findIndex((candidate) => keyOf(candidate.bound) === keyOf(expression));
      column =
        same !== -1
          ? same
          : items.length + hidden.push({ bound: expression, name: `$order${hidden.length}`, place: item.place }) - 1;
    }
    return { column, ...order };
  });
  return { keys, hidden };
}

function distinct(input: Relation, place: Place): Relation {
  return {
    kind: 'aggregate',
    input,
    keys: input.fields.map((_, i) => i),
    sets: null,
    aggregates: [],
    fields: input.fields.map((field) => withoutTime(field)),
    place,
  };
}

// ---------------------------------------------------------------- FROM

function bindFrom(query: ast.SelectQuery, context: QueryContext): { relation: Relation; scope: Scope } {
  if (query.from === undefined) {
    return { relation: { kind: 'values', rows: [[]], fields: [], place: query.place }, scope: { tables: [] } };
  }
  const { relation, table } = bindTable(query.from, context);
  return { relation, scope: { tables: [table] } };
}

/** One table of FROM, with the name under which its columns can be reached. */
function bindTable(reference: ast.TableReference, context: QueryContext): { relation: Relation; table: ScopeTable } {
  switch (reference.kind) {
    case 'table': {
      if (reference.asOf !== undefined) throw unsupported('FOR SYSTEM_TIME AS OF', reference.asOf.place);
      const own = reference.name.parts.at(-1)!.text;
      const cte = reference.name.parts.length === 1 ? context.ctes.get(own) : undefined;
      return named(cte ?? context.read(reference), reference.alias, own, `table "${own}"`, reference.place);
    }
    case 'derived':
      return named(bindQuery(reference.query, context), reference.alias, undefined, 'the subquery', reference.place);
    case 'table-function': {
      const relation = bindWindowTable(reference, (table) => bindTable(table, context).relation, context.problems);
      return named(relation, reference.alias, undefined, `the windows of ${reference.name.text.toUpperCase()}`, reference.place);
    }
    case 'join':
      throw unsupported(
        reference.type === 'COMMA' ? 'a join' : `${reference.type === 'INNER' ? '' : `${reference.type} `}JOIN`,
        reference.operatorPlace,
      );
    case 'lateral':
      throw unsupported('LATERAL', reference.place);
    case 'unnest':
      throw unsupported('UNNEST', reference.place);
    case 'match-recognize':
      throw unsupported('MATCH_RECOGNIZE', reference.place);
    default:
      return unreachable(reference, 'table');
  }
}

function named(
  relation: Relation,
  alias: ast.Alias | undefined,
  own: string | undefined,
  description: string,
  place: Place,
): { relation: Relation; table: ScopeTable } {
  const columns = renamed(relation, alias?.columns ?? [], place);
  const name = alias?.name.text ?? own;
  return {
    relation: columns,
    table: { name, fields: columns.fields, offset: 0, description: alias === undefined ? description : `"${alias.name.text}"` },
  };
}

// ---------------------------------------------------------------- VALUES, UNION, ORDER BY

function bindValues(query: ast.ValuesQuery, context: QueryContext): Relation {
  const rows = context.problems.all(query.rows, (row) =>
    row.map((node) => bindExpression(node, { scope: { tables: [] }, problems: context.problems, clause: 'values' })),
  );
  const width = rows[0].length;
  rows.forEach((row, i) => {
    if (row.length !== width)
      throw new Mistake('SQL_COLUMN_COUNT', `this row has ${row.length} values, the first has ${width}`, query.rows[i][0].place);
  });
  const types = rows[0].map((_, column) =>
    unifiedType(
      rows.map((row) => row[column]),
      query.rows.map((row) => row[column].place),
    ),
  );
  const fields = types.map((type, i) => ({ name: `EXPR$${i}`, type }));
  const converted = rows.map((row, r) => row.map((value, i) => convert(value, types[i], query.rows[r][i].place)));
  const literals = converted.map((row) => row.flatMap((value) => (value.kind === 'literal' ? [value.value] : [])));
  if (literals.every((row) => row.length === types.length)) return { kind: 'values', rows: literals, fields, place: query.place };
  const one: Relation = { kind: 'values', rows: [[]], fields: [], place: query.place };
  const inputs = converted.map((row): Relation => ({
    kind: 'project',
    input: one,
    expressions: row.map(toExpression),
    fields,
    place: query.place,
  }));
  return inputs.length === 1 ? inputs[0] : { kind: 'union', inputs, fields, place: query.place };
}

function unifiedType(values: readonly Bound[], places: readonly Place[]): sql.SqlType {
  const type = commonType(values.map((value) => value.type));
  if (type === undefined) {
    const other = values.findIndex((value) => commonType([values[0].type, value.type]) === undefined);
    throw new Mistake(
      'SQL_TYPE',
      `a value of type ${typeName(values[Math.max(0, other)].type)} and one of ${typeName(values[0].type)} cannot be in one column`,
      places[Math.max(0, other)],
      'Use CAST to bring them to one type.',
    );
  }
  return withNullable(
    type,
    values.some((value) => value.type.nullable),
  );
}

function bindSetOperation(query: ast.SetOperation, context: QueryContext): Relation {
  if (query.operator !== 'UNION') throw unsupported(query.operator, query.operatorPlace);
  const parts: ast.Query[] = [];
  const collect = (part: ast.Query): void => {
    // UNION ALL of UNION ALL is one union; a UNION in it must remove duplicates of its own part.
    if (part.kind === 'set-operation' && part.operator === 'UNION' && part.all && query.all) {
      collect(part.left);
      collect(part.right);
    } else parts.push(part);
  };
  collect(query.left);
  collect(query.right);
  const inputs = context.problems.all(parts, (part) => bindQuery(part, context));
  const width = inputs[0].fields.length;
  inputs.forEach((input, i) => {
    if (input.fields.length !== width)
      throw new Mistake(
        'SQL_COLUMN_COUNT',
        `UNION of ${width} and ${input.fields.length} columns`,
        parts[i].place,
        'All parts must have the same number of columns.',
      );
  });
  const fields = inputs[0].fields.map((field, column): RelationField => {
    const columns = inputs.map((input) => input.fields[column]);
    const type = unifiedType(
      columns.map((each) => ({ kind: 'column', index: column, type: each.type })),
      parts.map((part) => part.place),
    );
    const isTime = field.timeAttribute !== undefined && columns.every((each) => each.timeAttribute === field.timeAttribute);
    return { name: field.name, type, ...(isTime ? { timeAttribute: field.timeAttribute } : {}) };
  });
  const converted = inputs.map((input, i): Relation => ({
    kind: 'project',
    input,
    expressions: fields.map((field, index) =>
      toExpression(convert({ kind: 'column', index, type: input.fields[index].type }, field.type, parts[i].place)),
    ),
    fields,
    place: parts[i].place,
  }));
  const union: Relation = { kind: 'union', inputs: converted, fields, place: query.place };
  return query.all ? union : distinct(union, query.place);
}

function bindOrdered(query: ast.OrderedQuery, context: QueryContext): Relation {
  const offset = query.offset === undefined ? 0 : constantCount(query.offset, 'OFFSET', context);
  const limit = query.limit === undefined ? Infinity : constantCount(query.limit, 'LIMIT', context);
  let relation: Relation;
  let order: readonly SortKey[];
  let width: number;
  if (query.query.kind === 'select') {
    ({ relation, order } = bindSelect(query.query, context, query.orderBy));
    width = relation.fields.filter((field) => !field.name.startsWith('$order')).length;
  } else {
    relation = bindQuery(query.query, context);
    const scope: Scope = { tables: [{ name: undefined, fields: relation.fields, offset: 0, description: 'the result' }] };
    const items = relation.fields.map((field, index): Item => ({
      bound: { kind: 'column', index, type: field.type },
      name: field.name,
      place: query.place,
    }));
    const bound = bindOrder(query.orderBy, items, { scope, problems: context.problems, clause: 'order by' });
    if (bound.hidden.length > 0)
      throw new Mistake('SQL_ORDER_BY', 'ORDER BY takes columns of the result only here', query.orderBy[0].place);
    order = bound.keys;
    width = items.length;
  }
  if (order.length > 0 && limit === Infinity && offset === 0) {
    const first = relation.fields[order[0].column];
    if (first.timeAttribute === undefined || order[0].descending) {
      throw new Mistake(
        'SQL_ORDER_BY',
        'a stream can be sorted without end only by a time attribute, ascending',
        query.orderBy[0].place,
        'Add a LIMIT, or order by a rowtime column.',
      );
    }
    if (order.length > 1) throw unsupported('ORDER BY a time attribute and further columns', query.orderBy[1].place);
  }
  const sorted: Relation =
    order.length === 0 && limit === Infinity && offset === 0
      ? relation
      : {
          kind: 'sort-limit',
          input: relation,
          order,
          offset,
          limit,
          fields: limit === Infinity ? relation.fields : relation.fields.map(withoutTime),
          place: query.place,
        };
  if (sorted.fields.length === width) return sorted;
  const visible = sorted.fields.slice(0, width);
  return {
    kind: 'project',
    input: sorted,
    expressions: visible.map((field, index) => ({ kind: 'column', index, type: field.type })),
    fields: visible,
    place: query.place,
  };
}

function constantCount(node: ast.ExpressionNode, clause: string, context: QueryContext): number {
  const bound = bindExpression(node, { scope: { tables: [] }, problems: context.problems, clause: 'values' });
  if (
    bound.kind === 'literal' &&
    (typeof bound.value === 'number' || typeof bound.value === 'bigint') &&
    sql.isInteger(bound.type) &&
    bound.value >= 0
  ) {
    return Number(bound.value);
  }
  throw new Mistake('SQL_LIMIT', `${clause} takes a whole number`, node.place);
}
