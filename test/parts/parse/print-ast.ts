import type {
  Alias,
  ExpressionNode,
  FrameBound,
  GroupItem,
  InsertInto,
  Name,
  OrderItem,
  PatternNode,
  QualifiedName,
  Query,
  SelectItem,
  Statement,
  TableReference,
  TypeNode,
  WindowNode,
} from '../../../src/compile/parse/ast.ts';

/** The tree in brackets, operators in front: for tests to compare. Names are as they are, strings in quotes. */
export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'create-table':
      return form(
        'create-table',
        flag(statement.temporary, 'temporary'),
        flag(statement.ifNotExists, 'if-not-exists'),
        path(statement.name),
        ...statement.columns.map((column) => {
          if (column.kind === 'unread') return form('unread', column.name?.text);
          if (column.kind === 'computed') return form(column.name.text, 'as', print(column.expression));
          const rest =
            column.kind === 'metadata'
              ? ['metadata', column.from && quote(column.from.value), flag(column.virtual, 'virtual')]
              : [flag(column.primaryKey !== undefined, 'primary-key')];
          return form(column.name.text, printType(column.type), ...rest);
        }),
        ...statement.watermarks.map(({ column, expression }) => form('watermark', path(column), print(expression))),
        ...statement.primaryKeys.map(({ columns, enforced }) =>
          form('primary-key', ...names(columns), flag(enforced, 'enforced')),
        ),
        statement.comment && form('comment', quote(statement.comment.value)),
        list('partitioned-by', names(statement.partitionedBy)),
        list('with', options(statement.options)),
        statement.like && form('like', path(statement.like.table), ...statement.like.options.map((o) => `${o.mode} ${o.what}`)),
        statement.asQuery && form('as', printQuery(statement.asQuery)),
        list('unread', [...statement.unread]),
      );
    case 'create-view':
      return form(
        'create-view',
        flag(statement.temporary, 'temporary'),
        flag(statement.ifNotExists, 'if-not-exists'),
        path(statement.name),
        list('columns', names(statement.columns)),
        printQuery(statement.query),
      );
    case 'insert':
      return printInsert(statement);
    case 'statement-set':
      return form('set-of', ...statement.inserts.map(printInsert));
    case 'set':
      return form('set', statement.key && quote(statement.key.value), statement.value && quote(statement.value.value));
    case 'reset':
      return form('reset', statement.key && quote(statement.key.value));
    case 'select-statement':
      return printQuery(statement.query);
    case 'drop':
      return form(
        `drop-${statement.what.toLowerCase()}`,
        flag(statement.temporary, 'temporary'),
        flag(statement.ifExists, 'if-exists'),
        path(statement.name),
      );
    case 'explain':
      return '(explain)';
    case 'unsupported':
      return form('unsupported', quote(statement.what), ...statement.names);
    case 'unread':
      return form('unread', ...statement.names);
  }
}

function printInsert(insert: InsertInto): string {
  return form(
    insert.overwrite ? 'insert-overwrite' : 'insert',
    path(insert.table),
    flag(insert.partition !== undefined, 'partition'),
    list('columns', names(insert.columns)),
    printQuery(insert.query),
  );
}

export function printQuery(query: Query): string {
  switch (query.kind) {
    case 'with': {
      const ctes = query.ctes.map((cte) => form(cte.name.text, list('columns', names(cte.columns)), printQuery(cte.query)));
      return form('with', ...ctes, printQuery(query.body));
    }
    case 'ordered':
      return form(
        'ordered',
        printQuery(query.query),
        list('by', query.orderBy.map(order)),
        query.limit && form('limit', print(query.limit)),
        query.offset && form('offset', print(query.offset)),
      );
    case 'set-operation':
      return form(query.operator.toLowerCase(), flag(query.all, 'all'), printQuery(query.left), printQuery(query.right));
    case 'values':
      return form('values', ...query.rows.map((row) => `[${row.map(print).join(' ')}]`));
    case 'select':
      return form(
        query.distinct ? 'select-distinct' : 'select',
        ...query.items.map(item),
        query.from && form('from', table(query.from)),
        query.where && form('where', print(query.where)),
        query.groupBy && form('group-by', ...query.groupBy.items.map(groupItem)),
        query.having && form('having', print(query.having)),
        ...query.windows.map(({ name, window }) => form('window', name.text, printWindow(window))),
        query.qualify && form('qualify', print(query.qualify)),
      );
  }
}

function item(node: SelectItem): string {
  if (node.kind === 'star') return node.qualifier ? `${path(node.qualifier)}.*` : '*';
  return node.alias ? form('as', print(node.expression), node.alias.text) : print(node.expression);
}

function groupItem(node: GroupItem): string {
  return node.kind === 'expression'
    ? print(node.expression)
    : form(node.kind, ...node.sets.map((set) => `[${set.map(print).join(' ')}]`));
}

function order(node: OrderItem): string {
  return [print(node.expression), flag(node.descending, 'desc'), node.nulls && `nulls-${node.nulls.toLowerCase()}`]
    .filter(Boolean)
    .join(' ');
}

export function table(node: TableReference): string {
  switch (node.kind) {
    case 'table':
      return aliased(
        node.options.length + (node.asOf ? 1 : 0) === 0
          ? path(node.name)
          : form(path(node.name), node.asOf && form('as-of', print(node.asOf)), list('options', options(node.options))),
        node.alias,
      );
    case 'derived':
      return aliased(printQuery(node.query), node.alias);
    case 'table-function':
      return aliased(
        form(
          node.name.text,
          ...node.args.map(({ name, value }) => {
            const text =
              value.kind === 'descriptor'
                ? list('descriptor', names(value.columns))
                : value.kind === 'expression'
                  ? print(value.expression)
                  : form(
                      'table',
                      table(value.table),
                      list('partition-by', value.partitionBy.map(print)),
                      list('order-by', value.orderBy.map(order)),
                    );
            return name ? `${name.text}=>${text}` : text;
          }),
        ),
        node.alias,
      );
    case 'join':
      return form(
        `${node.natural ? 'natural-' : ''}${node.type.toLowerCase()}-join`,
        table(node.left),
        table(node.right),
        node.on && form('on', print(node.on)),
        list('using', names(node.using)),
      );
    case 'lateral':
      return form('lateral', table(node.table));
    case 'unnest':
      return aliased(form('unnest', ...node.expressions.map(print), flag(node.withOrdinality, 'with-ordinality')), node.alias);
    case 'match-recognize':
      return aliased(
        form(
          'match',
          table(node.table),
          list('partition-by', node.partitionBy.map(print)),
          list('order-by', node.orderBy.map(order)),
          ...node.measures.map((measure) => form('measure', measure.alias.text, print(measure.expression))),
          node.rowsPerMatch.toLowerCase(),
          node.afterMatch &&
            form('skip', node.afterMatch.skip.toLowerCase().replaceAll(' ', '-'), node.afterMatch.variable?.text),
          form('pattern', pattern(node.pattern)),
          node.within && form('within', print(node.within)),
          ...node.define.map(({ variable, condition }) => form('define', variable.text, print(condition))),
        ),
        node.alias,
      );
  }
}

function aliased(text: string, alias: Alias | undefined): string {
  return alias ? form('as', text, alias.name.text, ...names(alias.columns)) : text;
}

function pattern(node: PatternNode): string {
  if (node.kind === 'variable') return node.name.text;
  if (node.kind === 'quantified') return `${pattern(node.part)}{${node.min},${node.max}}${node.reluctant ? '?' : ''}`;
  return `(${node.parts.map(pattern).join(node.kind === 'sequence' ? ' ' : ' | ')})`;
}

export function print(node: ExpressionNode): string {
  switch (node.kind) {
    case 'literal':
      if (node.type === 'null') return 'NULL';
      if (node.type === 'boolean') return String(node.value).toUpperCase();
      if (node.type === 'number') return node.text;
      return `${node.type === 'string' ? '' : node.type}${quote(node.text)}`;
    case 'interval':
      return form('interval', flag(node.negative, '-'), quote(node.text), node.from, node.to);
    case 'column':
      return path(node.name);
    case 'unary':
      return form(node.operator, print(node.operand));
    case 'binary':
      return form(node.operator, print(node.left), print(node.right));
    case 'between':
      return form(
        `${not(node)}between`,
        flag(node.symmetric, 'symmetric'),
        print(node.operand),
        print(node.low),
        print(node.high),
      );
    case 'in':
      return form(`${not(node)}in`, print(node.operand), listOrQuery(node.list));
    case 'like':
      return form(
        `${not(node)}${node.operator.toLowerCase()}`,
        print(node.operand),
        print(node.pattern),
        node.escape && print(node.escape),
      );
    case 'is':
      return form(
        `is-${not(node)}${node.what.toLowerCase().replace(' ', '-')}`,
        print(node.operand),
        node.right && print(node.right),
      );
    case 'case':
      return form(
        'case',
        node.operand && print(node.operand),
        ...node.branches.map((branch) => form('when', print(branch.when), print(branch.then))),
        node.otherwise && form('else', print(node.otherwise)),
      );
    case 'cast':
      return form(node.lenient ? 'try-cast' : 'cast', print(node.operand), printType(node.type));
    case 'call':
      return form(
        node.name.text,
        flag(node.distinct, 'distinct'),
        flag(node.star, '*'),
        ...node.args.map(print),
        list('order-by', node.orderBy.map(order)),
        node.filter && form('filter', print(node.filter)),
        node.nulls && `${node.nulls.toLowerCase()}-nulls`,
        node.over && form('over', 'kind' in node.over ? printWindow(node.over) : node.over.text),
      );
    case 'row':
    case 'array':
    case 'map':
      return form(node.kind, ...node.items.map(print));
    case 'element':
      return form('element', print(node.operand), print(node.index));
    case 'field':
      return form('field', print(node.operand), node.name.text);
    case 'subquery':
    case 'exists':
      return form(node.kind, printQuery(node.query));
    case 'quantified':
      return form(`${node.operator}-${node.quantifier.toLowerCase()}`, print(node.operand), listOrQuery(node.list));
  }
}

function listOrQuery(content: readonly ExpressionNode[] | Query): string {
  return 'kind' in content ? printQuery(content) : `[${content.map(print).join(' ')}]`;
}

function printWindow(node: WindowNode): string {
  const frame = node.frame && form(node.frame.unit.toLowerCase(), bound(node.frame.start), bound(node.frame.end));
  return form(
    '',
    node.base?.text,
    list('partition-by', node.partitionBy.map(print)),
    list('order-by', node.orderBy.map(order)),
    frame,
  );
}

function bound(node: FrameBound): string {
  return 'value' in node ? form(node.kind, print(node.value)) : node.kind;
}

export function printType(type: TypeNode): string {
  const fields = type.fields.map(({ name, type: field }) => `${name.text} ${printType(field)}`);
  const inner = [...type.elements.map(printType), ...fields].join(', ');
  const numbers = type.arguments.length > 0 ? `(${type.arguments.join(', ')})` : '';
  return `${type.name}${numbers}${inner && `<${inner}>`}${type.nullable ? '' : ' NOT NULL'}`;
}

const path = (name: QualifiedName): string => names(name.parts).join('.');
const names = (parts: readonly Name[]): string[] => parts.map((part) => part.text);
const options = (entries: readonly { key: { value: string }; value: { value: string } }[]): string[] =>
  entries.map(({ key, value }) => `${quote(key.value)}=${quote(value.value)}`);
const quote = (text: string): string => `'${text}'`;
const not = (node: { negated: boolean }): string => (node.negated ? 'not-' : '');
const flag = (on: boolean, text: string): string | undefined => (on ? text : undefined);
const list = (name: string, items: readonly string[]): string | undefined =>
  items.length > 0 ? form(name, ...items) : undefined;
const form = (...parts: (string | undefined)[]): string => `(${parts.filter(Boolean).join(' ')})`;
