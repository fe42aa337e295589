import type {
  ColumnDeclaration,
  CreateTable,
  CreateView,
  LikeClause,
  Name,
  PrimaryKeyDeclaration,
  StringToken,
  TypeNode,
  WatermarkDeclaration,
} from './ast.ts';
import type { Place } from '../../base/place.ts';
import { ParseFailure, type Cursor } from './cursor.ts';
import { operatorWords, parseExpression } from './expression.ts';
import { parseOptionList } from './hint.ts';
import { isReserved } from './keywords.ts';
import { parseQuery } from './query.ts';
import type { Token } from './token.ts';
import { beginsType, parseType } from './type.ts';

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

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** What a CREATE TABLE says of its table, as far as it has been read. */
type TableParts = Draft<
  Pick<CreateTable, 'comment' | 'partitionedBy' | 'options' | 'like' | 'asQuery'> & {
    columns: ColumnDeclaration[];
    watermarks: WatermarkDeclaration[];
    primaryKeys: PrimaryKeyDeclaration[];
    unread: Set<'watermark' | 'primary key' | 'options'>;
  }
>;

/**
 * CREATE [TEMPORARY] TABLE [IF NOT EXISTS] name [(…)] [COMMENT '…'] [PARTITIONED BY (…)] [WITH (…)] [LIKE other (…)] [AS query]
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/create/#create-table
 */
export function parseCreateTable(cursor: Cursor, start: number, temporary: boolean): CreateTable {
  cursor.next();
  const ifNotExists = parseIfNotExists(cursor);
  const name = cursor.qualifiedName('a table name');
  const parts: TableParts = { columns: [], watermarks: [], primaryKeys: [], partitionedBy: [], options: [], unread: new Set() };
  const table = (): CreateTable => ({
    kind: 'create-table',
    place: cursor.placeFrom(start),
    name,
    temporary,
    ifNotExists,
    ...parts,
  });
  /** Only a word in front of WITH leaves no doubt that the columns end there. */
  let hasAllColumns = false;
  const rest = (): CreateTable => {
    if (!hasAllColumns || cursor.token.kind !== 'word') loseItems(cursor, parts);
    parts.unread.add('options');
    return table();
  };
  cursor.leaving(rest, () => {
    if (cursor.isSymbol('(')) {
      parseDeclarations(cursor, parts);
      hasAllColumns = true;
    }
    parseBehindColumns(cursor, parts);
    hasAllColumns = false;
    if (cursor.isWord('LIKE')) parts.like = parseLike(cursor);
    if (cursor.acceptWord('AS')) parts.asQuery = parseQuery(cursor);
  });
  return table();
}

function parseBehindColumns(cursor: Cursor, parts: TableParts): void {
  parts.comment = parseComment(cursor);
  parseDistribution(cursor);
  if (cursor.acceptWord('PARTITIONED')) parts.partitionedBy = parsePartitionedBy(cursor);
  if (cursor.acceptWord('WITH')) {
    const { entries, isWhole } = parseOptionList(cursor);
    parts.options = entries;
    if (!isWhole) parts.unread.add('options');
  }
  if (cursor.atEnd() || cursor.isWord('LIKE') || cursor.isWord('AS')) return;
  const words = parts.options.length > 0 ? ['LIKE', 'AS'] : ['COMMENT', 'PARTITIONED', 'WITH', 'LIKE', 'AS'];
  const expected = parts.options.length > 0 ? 'LIKE, AS or ";"' : "WITH and the table's options";
  if (!['CREATE', 'INSERT', 'SET', 'SELECT', 'EXECUTE', 'DROP', 'BEGIN', 'RESET', 'EXPLAIN'].includes(cursor.token.text))
    cursor.unexpected(expected, words);
}

/** After a mistake behind which the next declarations are not recognised. */
function loseItems(cursor: Cursor, { columns, unread }: TableParts): void {
  columns.push({ kind: 'unread', place: cursor.token });
  unread.add('watermark').add('primary key');
}

function parseDeclarations(cursor: Cursor, parts: TableParts): void {
  const open = cursor.next();
  const { columns, watermarks, primaryKeys } = parts;
  let read = [0, 0, 0];
  let isWhole = true;
  const parseNext = (): void => {
    read = [columns.length, watermarks.length, primaryKeys.length];
    parseDeclaration(cursor, parts);
  };
  cursor.readItems(
    () => {
      if (columns.length === 0 && cursor.isSymbol(')'))
        cursor.unexpected('a column', [], 'Declare at least one column: name STRING.');
      parseNext();
      while (beginsDeclaration(cursor)) {
        cursor.goOnBehind(() => cursor.expectClose(')', open));
        parseNext();
      }
      if (!cursor.isSymbol(',') && !cursor.isSymbol(')')) cursor.expectClose(')', open, wordsBehind(cursor, parts));
    },
    (first, isMore) => {
      isWhole = false;
      [columns.length, watermarks.length, primaryKeys.length] = read;
      loseItem(cursor, first, parts);
      if (isMore) loseItems(cursor, parts);
    },
  );
  cursor.expectClose(')', open);
  // The parenthesis may have been another one.
  if (isWhole || cursor.atEnd() || behindColumns.includes(cursor.token.text)) return;
  loseItems(cursor, parts);
  if (!cursor.skipToOptions()) throw new ParseFailure();
}

const behindColumns = ['COMMENT', 'DISTRIBUTED', 'PARTITIONED', 'WITH', 'LIKE', 'AS'];

/** Whether another declaration clearly begins here: behind one, only a comma is missing. */
function beginsDeclaration(cursor: Cursor): boolean {
  return (cursor.atName() && beginsType(cursor.ahead(1))) || cursor.areWords('WATERMARK', 'FOR') || beginsPrimaryKey(cursor);
}

/** Columns in parentheses are named in a declaration of its own. */
function beginsPrimaryKey(cursor: Cursor): boolean {
  return cursor.areWords('PRIMARY', 'KEY') && cursor.isSymbolAhead(2, '(');
}

/** The words that could go on where a declaration has been read. */
function wordsBehind(cursor: Cursor, { columns }: TableParts): readonly string[] {
  const last = columns.at(-1);
  const isColumn = last !== undefined && last.place.end === cursor.lastEnd && last.kind !== 'computed';
  return isColumn ? ['NOT', 'NULL', 'METADATA', 'PRIMARY', 'COMMENT', 'AS'] : operatorWords;
}

/** After a mistake in the declaration that begins with `first`. */
function loseItem(cursor: Cursor, first: Token, { columns, unread }: TableParts): void {
  if (first.kind === 'word' && first.text === 'WATERMARK') unread.add('watermark');
  else if (first.kind === 'word' && constraintWords.includes(first.text)) unread.add('primary key');
  else if (first.kind === 'word' || first.kind === 'name') {
    const text = first.kind === 'word' ? cursor.text.slice(first.start, first.end) : first.text;
    columns.push({ kind: 'unread', name: { text, place: first }, place: first });
  } else columns.push({ kind: 'unread', place: first });
}

const constraintWords = ['PRIMARY', 'CONSTRAINT', 'UNIQUE'];

function parseDeclaration(cursor: Cursor, { columns, watermarks, primaryKeys }: TableParts): void {
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
  if (cursor.token.kind === 'word' && constraintWords.includes(cursor.token.text)) {
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
  const name = parseColumnName(cursor);
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

/** A reserved word in front of a type is meant as a name: its mistake is told, and the column is read. */
function parseColumnName(cursor: Cursor): Name {
  const { token } = cursor;
  if (cursor.atName() || token.kind !== 'word' || !isReserved(token.text) || cursor.ahead(1).kind !== 'word')
    return cursor.name('a column name');
  if (!beginsType(cursor.ahead(1))) return cursor.failReserved('a column name');
  cursor.reportReserved('a column name');
  cursor.next();
  return { text: cursor.text.slice(token.start, token.end), place: { start: token.start, end: token.end } };
}

function parseMetadata(cursor: Cursor, name: Name, type: TypeNode, start: number): ColumnDeclaration {
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
  if (beginsPrimaryKey(cursor) || !cursor.acceptWord('PRIMARY')) return undefined;
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
