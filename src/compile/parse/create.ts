import type {
  ColumnDeclaration,
  CreateTable,
  CreateView,
  LikeClause,
  PrimaryKeyDeclaration,
  StringToken,
  TypeNode,
  WatermarkDeclaration,
} from './ast.ts';
import type { Place } from '../../base/place.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseExpression } from './expression.ts';
import { parseOptionList } from './hint.ts';
import { isReserved } from './keywords.ts';
import { parseQuery } from './query.ts';
import { parseType } from './type.ts';

/**
 * CREATE [TEMPORARY] VIEW [IF NOT EXISTS] name [(columns)] [COMMENT '…'] AS query
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/create/#create-view
 */
export function parseCreateView(cursor: Cursor, start: number, temporary: boolean): CreateView {
  cursor.next();
  const ifNotExists = parseIfNotExists(cursor);
  const name = cursor.qualifiedName('a view name');
  const columns = cursor.isSymbol('(') ? cursor.nameList('a column name') : [];
  parseComment(cursor);
  cursor.expectWord('AS', 'and a query');
  const query = parseQuery(cursor);
  return { kind: 'create-view', place: cursor.placeFrom(start), name, temporary, ifNotExists, columns, query };
}

export function parseIfNotExists(cursor: Cursor): boolean {
  if (!cursor.isWord('IF') || !cursor.isWordAhead(1, 'NOT')) return false;
  cursor.next();
  cursor.expectWords('NOT', 'EXISTS');
  return true;
}

function parseComment(cursor: Cursor): StringToken | undefined {
  return cursor.acceptWord('COMMENT') ? cursor.string('a comment in single quotes') : undefined;
}

interface Declarations {
  readonly columns: ColumnDeclaration[];
  readonly watermarks: WatermarkDeclaration[];
  readonly primaryKeys: PrimaryKeyDeclaration[];
}

/**
 * CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name [(…)] [COMMENT '…'] [PARTITIONED BY (…)] [WITH (…)] [LIKE other (…)] [AS query]
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/create/#create-table
 */
export function parseCreateTable(cursor: Cursor, start: number, temporary: boolean): CreateTable {
  cursor.next();
  const ifNotExists = parseIfNotExists(cursor);
  const name = cursor.qualifiedName('a table name');
  const declarations: Declarations = { columns: [], watermarks: [], primaryKeys: [] };
  if (cursor.isSymbol('(')) parseDeclarations(cursor, declarations);
  const comment = parseComment(cursor);
  parseDistribution(cursor);
  const partitionedBy = cursor.acceptWord('PARTITIONED') ? parsePartitionedBy(cursor) : [];
  const options = cursor.acceptWord('WITH') ? parseOptionList(cursor) : [];
  const like = cursor.isWord('LIKE') ? parseLike(cursor) : undefined;
  const asQuery = cursor.acceptWord('AS') ? parseQuery(cursor) : undefined;
  if (!cursor.atEnd() && !like && !asQuery) {
    const words = options.length > 0 ? ['LIKE', 'AS'] : ['COMMENT', 'PARTITIONED', 'WITH', 'LIKE', 'AS'];
    const expected = options.length > 0 ? 'LIKE, AS or ";"' : "WITH and the table's options";
    if (!['CREATE', 'INSERT', 'SET', 'SELECT', 'EXECUTE', 'DROP', 'BEGIN', 'RESET', 'EXPLAIN'].includes(cursor.token.text))
      cursor.unexpected(expected, words);
  }
  return {
    kind: 'create-table',
    place: cursor.placeFrom(start),
    name,
    temporary,
    ifNotExists,
    ...declarations,
    ...(comment && { comment }),
    partitionedBy,
    options,
    ...(like && { like }),
    ...(asQuery && { asQuery }),
  };
}

function parseDeclarations(cursor: Cursor, declarations: Declarations): void {
  const open = cursor.next();
  if (cursor.isSymbol(')')) cursor.unexpected('a column', [], 'Declare at least one column: name STRING.');
  cursor.list(() => parseDeclaration(cursor, declarations));
  const columnWords = ['NOT', 'NULL', 'METADATA', 'PRIMARY', 'COMMENT', 'AS'];
  const last = declarations.columns.at(-1);
  const words =
    last && last.place.end === cursor.lastEnd ? (last.kind === 'computed' ? operatorWords : columnWords) : operatorWords;
  cursor.expectClose(')', open, words);
}

function parseDeclaration(cursor: Cursor, { columns, watermarks, primaryKeys }: Declarations): void {
  const next = cursor.ahead(1);
  if (cursor.isWord('WATERMARK')) {
    if (next.kind === 'word' && next.text === 'FOR') {
      watermarks.push(parseWatermark(cursor));
      return;
    }
    if (next.kind === 'word' || next.kind === 'name') cursor.next();
    cursor.unexpected(
      'FOR behind WATERMARK',
      ['FOR'],
      "Write WATERMARK FOR ts AS ts - INTERVAL '5' SECOND. A column of this name needs backquotes.",
    );
  }
  if (cursor.isWord('PRIMARY') || cursor.isWord('CONSTRAINT') || cursor.isWord('UNIQUE')) {
    const key = parseTableConstraint(cursor);
    if (key) primaryKeys.push(key);
    return;
  }
  columns.push(parseColumn(cursor));
}

/** WATERMARK FOR column AS expression */
function parseWatermark(cursor: Cursor): WatermarkDeclaration {
  const { start } = cursor.next();
  cursor.next();
  const column = cursor.qualifiedName('a column name');
  cursor.expectWord('AS', "and the watermark's expression");
  const expression = parseExpression(cursor);
  return { column, expression, place: cursor.placeFrom(start) };
}

/** [CONSTRAINT name] PRIMARY KEY (columns) [NOT ENFORCED] */
function parseTableConstraint(cursor: Cursor): PrimaryKeyDeclaration | undefined {
  const { start } = cursor.token;
  if (cursor.acceptWord('CONSTRAINT')) cursor.name('a name for the constraint');
  const { token } = cursor;
  const word = cursor.expectOneOf('PRIMARY', 'UNIQUE');
  if (word === 'PRIMARY') cursor.expectWord('KEY', 'behind PRIMARY');
  const columns = cursor.nameList('a column name');
  const enforced = parseEnforced(cursor);
  if (word === 'PRIMARY') return { columns, enforced, place: cursor.placeFrom(start) };
  cursor.unsupported('UNIQUE', token, 'Use PRIMARY KEY (…) NOT ENFORCED.');
  return undefined;
}

/** NOT ENFORCED must be said: without it a constraint counts as enforced, and Flink refuses it. */
function parseEnforced(cursor: Cursor): boolean {
  if (cursor.acceptWord('ENFORCED')) return true;
  if (!cursor.acceptWord('NOT')) return true;
  cursor.expectWord('ENFORCED', 'behind NOT', 'Write PRIMARY KEY … NOT ENFORCED.');
  return false;
}

/**
 * name type [METADATA [FROM 'key'] [VIRTUAL]] [PRIMARY KEY NOT ENFORCED] [COMMENT '…'], or name AS expression [COMMENT '…']
 */
function parseColumn(cursor: Cursor): ColumnDeclaration {
  const { start } = cursor.token;
  if (!cursor.atName() && cursor.ahead(1).kind === 'word' && isReserved(cursor.token.text)) cursor.failReserved('a column name');
  const name = cursor.name('a column name');
  if (cursor.acceptWord('AS')) {
    const expression = parseExpression(cursor);
    parseComment(cursor);
    return { kind: 'computed', name, expression, place: cursor.placeFrom(start) };
  }
  if (cursor.isSymbol(',') || cursor.isSymbol(')') || cursor.isSymbol('.')) {
    cursor.unexpected(
      `the type of the column ${name.text}`,
      [],
      'Write a type behind the name, for example STRING, INT or TIMESTAMP(3).',
    );
  }
  const type = parseType(cursor);
  if (cursor.acceptWord('METADATA')) return parseMetadata(cursor, name, type, start);
  const primaryKey = parseColumnConstraint(cursor);
  parseComment(cursor);
  return { kind: 'physical', name, type, ...(primaryKey && { primaryKey }), place: cursor.placeFrom(start) };
}

function parseMetadata(cursor: Cursor, name: ColumnDeclaration['name'], type: TypeNode, start: number): ColumnDeclaration {
  const from = cursor.acceptWord('FROM') ? cursor.string("the metadata's key in single quotes") : undefined;
  const virtual = cursor.acceptWord('VIRTUAL');
  const constraint = parseColumnConstraint(cursor);
  if (constraint) {
    cursor.report(
      'SQL_UNSUPPORTED',
      'a metadata column cannot be a primary key',
      constraint,
      'Declare the key on an ordinary column.',
    );
  }
  parseComment(cursor);
  return { kind: 'metadata', name, type, ...(from && { from }), virtual, place: cursor.placeFrom(start) };
}

function parseColumnConstraint(cursor: Cursor): Place | undefined {
  const { start } = cursor.token;
  if (cursor.acceptWord('CONSTRAINT')) cursor.name('a name for the constraint');
  if (cursor.isWord('UNIQUE')) {
    cursor.unsupported('UNIQUE', cursor.next(), 'Use PRIMARY KEY NOT ENFORCED.');
    parseEnforced(cursor);
    return undefined;
  }
  if (!cursor.acceptWord('PRIMARY')) return undefined;
  cursor.expectWord('KEY', 'behind PRIMARY');
  const enforced = parseEnforced(cursor);
  const place = cursor.placeFrom(start);
  if (enforced) {
    const message = 'a primary key must be declared NOT ENFORCED';
    cursor.report(
      'SQL_PRIMARY_KEY_ENFORCED',
      message,
      place,
      'Write PRIMARY KEY NOT ENFORCED: nothing checks that a key is unique.',
    );
  }
  return place;
}

/** DISTRIBUTED [BY [HASH | RANGE] (columns)] [INTO n BUCKETS] */
function parseDistribution(cursor: Cursor): void {
  const { start } = cursor.token;
  if (!cursor.acceptWord('DISTRIBUTED')) return;
  if (cursor.acceptWord('BY')) {
    if (!cursor.isSymbol('(')) cursor.next();
    cursor.nameList('a column name');
  }
  if (cursor.acceptWord('INTO')) {
    cursor.integer('a number of buckets');
    cursor.expectWord('BUCKETS');
  }
  cursor.unsupported('DISTRIBUTED BY', cursor.placeFrom(start), 'Remove it: no connector has buckets.');
}

function parsePartitionedBy(cursor: Cursor) {
  cursor.expectWord('BY', 'behind PARTITIONED');
  return cursor.nameList('a column name');
}

const likeParts = ['ALL', 'CONSTRAINTS', 'DISTRIBUTION', 'GENERATED', 'METADATA', 'OPTIONS', 'PARTITIONS', 'WATERMARKS'];

/** LIKE table [( { INCLUDING | EXCLUDING | OVERWRITING } part … )] */
function parseLike(cursor: Cursor): LikeClause {
  const { start } = cursor.next();
  const table = cursor.qualifiedName('a table name');
  const options: LikeClause['options'][number][] = [];
  if (cursor.isSymbol('(')) {
    const open = cursor.next();
    while (!cursor.isSymbol(')')) {
      if (cursor.isSymbol(','))
        cursor.unexpected('")" or another option of LIKE', [], 'The options of LIKE stand without commas.');
      const mode = cursor.expectOneOf('INCLUDING', 'EXCLUDING', 'OVERWRITING');
      options.push({ mode, what: cursor.expectOneOf(...likeParts) });
    }
    cursor.expectClose(')', open);
  }
  return { table, options, place: cursor.placeFrom(start) };
}
