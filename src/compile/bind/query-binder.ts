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
import { bindFrom } from './from-binder.ts';
import { bindGrouping, openGroupSpecial, type Grouping } from './group-binder.ts';
import { itemFields, project, withoutTime, type Item } from './item.ts';
import { FollowUp, Mistake, unsupported, type Problems } from './mistake.ts';
import { bindOverWindows } from './over-binder.ts';
import type { Relation, RelationField } from './relation.ts';
import type { Scope } from './scope.ts';
import { hasMore, unknownField, unknownRelation, UNKNOWN_VALUE } from './unknown-relation.ts';

/** What binding a query needs from around it. */
export interface QueryContext {
  readonly catalog: Catalog;
  readonly problems: Problems;
  /** Reads a table or view: its rows, one node for all readers. */
  readonly read: (name: ast.TableName) => Relation;
  /** Common table expressions in sight. */
  readonly ctes: ReadonlyMap<string, Relation>;
}

/** A query → a relation whose fields are the query's columns. Of what has a mistake it answers as much as is known. */
export function bindQuery(query: ast.Query, context: QueryContext): Relation {
  return context.problems.attempt(() => bindQueryOfAnyKind(query, context)) ?? unknownRelation(query.place);
}

function bindQueryOfAnyKind(query: ast.Query, context: QueryContext): Relation {
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
        ctes.set(name.text, renamed(bindQuery(cte, { ...context, ctes }), columns, name.place, context.problems));
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
export function renamed(relation: Relation, names: readonly ast.Name[], place: Place, problems: Problems): Relation {
  if (names.length === 0) return relation;
  const isOpen = hasMore(relation.fields);
  if (isOpen || names.length !== relation.fields.length) {
    if (!isOpen) {
      problems.report(
        'SQL_COLUMN_COUNT',
        `${names.length} column names for ${relation.fields.length} columns`,
        names[0]?.place ?? place,
      );
    }
    return unknownRelation(
      place,
      names.map((name) => unknownField(name.text)),
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
  const { relation: from, scope } = bindFrom(query, context);
  if (query.qualify !== undefined) {
    problems.add(unsupported('QUALIFY', query.qualify.place, 'Number the rows in a subquery and filter by its column in WHERE.'));
  }
  const windows = new Map(query.windows.map(({ name, window }) => [name.text, window]));
  const grouping =
    query.groupBy === undefined ? undefined : problems.attempt(() => bindGrouping(query.groupBy, from, scope, problems));
  const isGroupingOpen = query.groupBy !== undefined && grouping === undefined;
  // A GROUP BY TUMBLE(…) adds window columns behind those in scope: the indexes of the scope stay.
  const relation = grouping?.relation ?? from;
  const special = isGroupingOpen ? openGroupSpecial : grouping?.special;
  const base: Omit<ExpressionContext, 'clause'> = { scope, problems, windows, ...(special === undefined ? {} : { special }) };

  const where = bindCondition(query.where, { scope, problems, clause: 'where' }, 'WHERE');
  const items = bindItems(query.items, scope, { ...base, clause: 'select' });
  const having = bindCondition(query.having, { ...base, clause: 'having' }, 'HAVING');
  const order = problems.attempt(() => bindOrder(orderBy, items, { ...base, clause: 'order by' })) ?? { keys: [], hidden: [] };
  const parts: SelectParts = { query, relation, scope, grouping, where, items, having, order };

  const selected = isGroupingOpen ? undefined : problems.attempt(() => selectFrom(parts, orderBy, problems));
  // Which rows there are is not known without all conditions, and may be what a bound of ROW_NUMBER hangs on.
  const isOpen = isGroupingOpen || query.qualify !== undefined || where === 'unknown' || having === 'unknown';
  if (selected !== undefined && !isOpen) return { relation: selected, order: order.keys };
  const fields = selected?.fields ?? itemFields([...items, ...order.hidden], relation);
  return { relation: unknownRelation(query.place, fields), order: order.keys };
}

type Condition = Bound | 'unknown' | undefined;

function bindCondition(node: ast.ExpressionNode | undefined, context: ExpressionContext, clause: string): Condition {
  if (node === undefined) return undefined;
  return context.problems.attempt(() => condition(node, context, clause)) ?? 'unknown';
}

interface SelectParts {
  readonly query: ast.SelectQuery;
  readonly relation: Relation;
  readonly scope: Scope;
  readonly grouping: Grouping | undefined;
  readonly where: Condition;
  readonly items: readonly Item[];
  readonly having: Condition;
  readonly order: { readonly keys: readonly SortKey[]; readonly hidden: readonly Item[] };
}

/** The operators of a SELECT, one on the other. Unknown conditions are left out. */
function selectFrom(parts: SelectParts, orderBy: readonly ast.OrderItem[], problems: Problems): Relation {
  const { query, scope, grouping, where, items, having, order } = parts;
  let { relation } = parts;
  if (where !== undefined && where !== 'unknown')
    relation = {
      kind: 'filter',
      input: relation,
      condition: toExpression(where),
      fields: relation.fields,
      place: query.where!.place,
    };
  let all: readonly Item[] = [...items, ...order.hidden];
  let kept: Bound | undefined = having === 'unknown' ? undefined : having;
  const isAggregation =
    grouping !== undefined || [...all.map((item) => item.bound), ...(kept === undefined ? [] : [kept])].some(hasAggregate);
  if (isAggregation) {
    const aggregation = (grouping ?? bindGrouping(undefined, relation, scope, problems)).aggregate(
      relation,
      all,
      kept,
      query.place,
    );
    relation = aggregation.relation;
    all = aggregation.items;
    if (kept !== undefined && aggregation.having === undefined) return unknownRelation(query.place, itemFields(all, relation));
    kept = aggregation.having;
  } else if (kept !== undefined && items.every((item) => item.unknown === undefined)) {
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
  const over = bindOverWindows(relation, all, problems);
  relation = project(over.relation, over.items, query.place);

  if (query.distinct) {
    if (order.hidden.length > 0)
      throw new Mistake('SQL_ORDER_BY', 'with SELECT DISTINCT, ORDER BY takes columns of the result only', orderBy[0].place);
    relation = distinct(relation, query.place);
  }
  return relation;
}

function hasAggregate(bound: Bound): boolean {
  let found = false;
  walk(bound, (part) => {
    if (part.kind === 'aggregate') found = true;
    return part.kind !== 'over';
  });
  return found;
}

function bindItems(items: readonly ast.SelectItem[], scope: Scope, context: ExpressionContext): Item[] {
  const { problems } = context;
  return items.flatMap((item, position): Item[] => {
    const { place } = item;
    if (item.kind === 'star') {
      const columns = problems.attempt(() => starColumns(item, scope));
      return columns ?? [{ bound: UNKNOWN_VALUE, name: '', place, unknown: 'more' }];
    }
    const written = item.expression.kind === 'column' ? item.expression.name.parts.at(-1)!.text : undefined;
    const name = item.alias?.text ?? written ?? `EXPR$${position}`;
    const bound = problems.attempt(() => bindExpression(item.expression, context));
    if (bound !== undefined) return [{ bound, name, place }];
    // Where the mistake may be in the name itself, what is meant has another one.
    const isName = item.alias === undefined && written !== undefined && !isField(scope, written);
    return [{ bound: UNKNOWN_VALUE, name, place, unknown: isName ? 'name' : 'type' }];
  });
}

function isField(scope: Scope, name: string): boolean {
  return scope.tables.some(({ fields }) => fields.some((field) => field.name === name));
}

function starColumns(item: ast.SelectItem & { kind: 'star' }, scope: Scope): Item[] {
  const qualifier = item.qualifier?.parts.at(-1)!.text;
  const tables = qualifier === undefined ? scope.tables : scope.tables.filter((table) => table.name === qualifier);
  if (tables.length === 0) {
    throw qualifier === undefined
      ? new Mistake('SQL_STAR', '* needs a FROM', item.place)
      : new Mistake('SQL_TABLE_NOT_FOUND', `table "${qualifier}" is not in this query`, item.place);
  }
  const { place } = item;
  return tables.flatMap((table) =>
    table.fields.map(({ name, type, unknown }, i): Item => {
      if (unknown !== undefined) return { bound: UNKNOWN_VALUE, name, place, unknown };
      return { bound: { kind: 'column', index: table.offset + i, type, place }, name, place };
    }),
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
      if (items.some((candidate) => candidate.unknown === 'more')) throw new FollowUp();
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

// ---------------------------------------------------------------- VALUES, UNION, ORDER BY

function bindValues(query: ast.ValuesQuery, context: QueryContext): Relation {
  const { problems } = context;
  const width = query.rows[0].length;
  for (const row of query.rows) {
    if (row.length !== width)
      problems.report('SQL_COLUMN_COUNT', `this row has ${row.length} values, the first has ${width}`, row[0].place);
  }
  const rows = query.rows.map((row) =>
    row.map((node) => problems.attempt(() => bindExpression(node, { scope: { tables: [] }, problems, clause: 'values' }))),
  );
  const types = query.rows[0].map((_, column) =>
    problems.attempt(() => {
      const values = rows.flatMap((row) => (column < row.length ? [row[column]] : []));
      if (values.includes(undefined)) throw new FollowUp();
      const places = query.rows.flatMap((row) => (column < row.length ? [row[column].place] : []));
      return unifiedType(values as Bound[], places);
    }),
  );
  const fields = types.map((type, i): RelationField =>
    type === undefined ? unknownField(`EXPR$${i}`) : { name: `EXPR$${i}`, type },
  );
  if (types.includes(undefined) || rows.some((row) => row.length !== width)) return unknownRelation(query.place, fields);
  const converted = rows.map((row, r) => row.map((value, i) => convert(value!, types[i], query.rows[r][i].place)));
  const literals = converted.map((row) => row.flatMap((value) => (value.kind === 'literal' ? [value.value] : [])));
  if (literals.every((row) => row.length === width)) return { kind: 'values', rows: literals, fields, place: query.place };
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
  const { problems } = context;
  const { operator, place } = query;
  if (operator !== 'UNION') problems.add(unsupportedSetOperation(query));
  const parts: ast.Query[] = [];
  const collect = (part: ast.Query): void => {
    // UNION ALL of UNION ALL is one union; a UNION in it must remove duplicates of its own part.
    if (part.kind === 'set-operation' && part.operator === 'UNION' && part.all && operator === 'UNION' && query.all) {
      collect(part.left);
      collect(part.right);
    } else parts.push(part);
  };
  collect(query.left);
  collect(query.right);
  const inputs = parts.map((part) => bindQuery(part, context));
  const [first] = inputs;
  const isOpen = inputs.some((input) => hasMore(input.fields));
  if (!isOpen) {
    problems.all(inputs, (input, i) => {
      if (input.fields.length !== first.fields.length)
        throw new Mistake(
          'SQL_COLUMN_COUNT',
          `${operator} of ${first.fields.length} and ${input.fields.length} columns`,
          parts[i].place,
          'All parts must have the same number of columns.',
        );
    });
  }
  const fields = first.fields.map((field, column): RelationField => {
    const columns = inputs.map((input) => input.fields[column]);
    if (isOpen || columns.some((each) => each.unknown !== undefined))
      return { ...unknownField(field.name), unknown: field.unknown ?? 'type' };
    const type = problems.attempt(() =>
      unifiedType(
        columns.map((each) => ({ kind: 'column', index: column, type: each.type })),
        parts.map((part) => part.place),
      ),
    );
    if (type === undefined) return unknownField(field.name);
    const isTime = field.timeAttribute !== undefined && columns.every((each) => each.timeAttribute === field.timeAttribute);
    return { name: field.name, type, ...(isTime ? { timeAttribute: field.timeAttribute } : {}) };
  });
  if (operator !== 'UNION' || fields.some((field) => field.unknown !== undefined)) return unknownRelation(place, fields);
  const converted = inputs.map((input, i): Relation => ({
    kind: 'project',
    input,
    expressions: fields.map((field, index) =>
      toExpression(convert({ kind: 'column', index, type: input.fields[index].type }, field.type, parts[i].place)),
    ),
    fields,
    place: parts[i].place,
  }));
  const union: Relation = { kind: 'union', inputs: converted, fields, place };
  return query.all ? union : distinct(union, place);
}

/** Without ALL, both are groups of a UNION ALL in which each row says from which side it comes. */
function unsupportedSetOperation({ operator, operatorPlace, all }: ast.SetOperation): Mistake {
  if (all) return unsupported(`${operator} ALL`, operatorPlace);
  const condition = operator === 'INTERSECT' ? 'MAX(side) > MIN(side)' : 'MAX(side) = 1';
  return unsupported(
    operator,
    operatorPlace,
    `UNION ALL both, with 1 AS side in the first and 2 AS side in the second, and GROUP BY the columns HAVING ${condition}.`,
  );
}

function bindOrdered(query: ast.OrderedQuery, context: QueryContext): Relation {
  const { problems } = context;
  const offset = query.offset === undefined ? 0 : constantCount(query.offset, 'OFFSET', problems);
  const limit = query.limit === undefined ? Infinity : constantCount(query.limit, 'LIMIT', problems);
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
      unknown: field.unknown,
    }));
    const bound = problems.attempt(() => bindOrder(query.orderBy, items, { scope, problems, clause: 'order by' }));
    if (bound !== undefined && bound.hidden.length > 0)
      problems.report('SQL_ORDER_BY', 'ORDER BY takes columns of the result only here', query.orderBy[0].place);
    order = bound === undefined || bound.hidden.length > 0 ? [] : bound.keys;
    width = items.length;
  }
  if (order.length > 0 && limit === Infinity && offset === 0) {
    const first = relation.fields[order[0].column];
    if (first.unknown === undefined && (first.timeAttribute === undefined || order[0].descending)) {
      problems.report(
        'SQL_ORDER_BY',
        'a stream can be sorted without end only by a time attribute, ascending',
        query.orderBy[0].place,
        'Add a LIMIT, or order by a rowtime column.',
      );
    } else if (order.length > 1) {
      problems.add(unsupported('ORDER BY a time attribute and further columns', query.orderBy[1].place));
    }
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

/** The number behind LIMIT or OFFSET; after a mistake any number. */
function constantCount(node: ast.ExpressionNode, clause: string, problems: Problems): number {
  const bound = problems.attempt(() => bindExpression(node, { scope: { tables: [] }, problems, clause: 'values' }));
  if (bound === undefined) return 1;
  if (
    bound.kind === 'literal' &&
    (typeof bound.value === 'number' || typeof bound.value === 'bigint') &&
    sql.isInteger(bound.type) &&
    bound.value >= 0
  ) {
    return Number(bound.value);
  }
  problems.report('SQL_LIMIT', `${clause} takes a whole number`, node.place, `For example ${clause} 10.`);
  return 1;
}
