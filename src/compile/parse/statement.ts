import type { DropStatement, InsertInto, Name, ResetOption, SetOption, Statement, StatementSet } from './ast.ts';
import { parseCreateTable, parseCreateView } from './create.ts';
import { ParseFailure, type Cursor } from './cursor.ts';
import { parseTableHints } from './hint.ts';
import { isReserved } from './keywords.ts';
import { parseQuery, startsQuery } from './query.ts';

/** The words with which Flink's statements begin. */
const statementWords = [
  ...[
    'CREATE',
    'INSERT',
    'EXECUTE',
    'BEGIN',
    'SET',
    'RESET',
    'SELECT',
    'WITH',
    'VALUES',
    'DROP',
    'EXPLAIN',
    'SHOW',
    'DESCRIBE',
    'DESC',
  ],
  ...[
    'USE',
    'ALTER',
    'ANALYZE',
    'LOAD',
    'UNLOAD',
    'ADD',
    'REMOVE',
    'TRUNCATE',
    'CALL',
    'DELETE',
    'UPDATE',
    'UPSERT',
    'COMPILE',
    'STOP',
  ],
];

/** Those of them that Isobar leaves to Flink. */
const foreignStatements = new Set(
  statementWords.slice(statementWords.indexOf('SHOW')).concat('QUIT', 'EXIT', 'HELP', 'CLEAR', 'MERGE'),
);

/** Words of which one can follow an unsupported statement's first, to name it: ADD JAR, CREATE TEMPORARY FUNCTION. */
const objectWords = new Set(
  ...[
    [
      'CATALOG',
      'DATABASE',
      'FUNCTION',
      'TABLE',
      'TABLES',
      'VIEW',
      'VIEWS',
      'MODULE',
      'MODULES',
      'JAR',
      'JARS',
      'PLAN',
      'JOB',
      'JOBS',
      'TEMPORARY',
      'SYSTEM',
      'MATERIALIZED',
      'INTO',
      'FROM',
      'CATALOGS',
      'DATABASES',
      'FUNCTIONS',
      'COLUMNS',
      'CURRENT',
      'FULL',
      'USER',
      'MODEL',
      'PROCEDURES',
      'PARTITIONS',
      'CREATE',
    ],
  ],
);

/**
 * One statement, up to the semicolon behind it. After a failure, what of it could be read, if anything; then the cursor stands
 * where the next one begins.
 */
export function parseStatement(cursor: Cursor): Statement | undefined {
  cursor.resetDepth();
  const { index } = cursor;
  const parsed = recovering(cursor, () => {
    const statement = parseBareStatement(cursor);
    expectStatementEnd(cursor);
    return statement;
  });
  return parsed instanceof ParseFailure ? (parsed.statement ?? unreadDeclaration(cursor, index)) : parsed;
}

/** Runs `parse`; after a failure goes to the next statement and returns the failure. */
function recovering<T>(cursor: Cursor, parse: () => T): T | ParseFailure {
  const { index } = cursor;
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ParseFailure)) throw error;
    if (cursor.index === index && !cursor.atEnd()) cursor.next();
    skipStatement(cursor);
    return error;
  }
}

/** A statement of the tokens from `from` on that is likely to declare a table or view: CREATE TABL t (…), CRAETE TABLE t (…). */
function unreadDeclaration(cursor: Cursor, from: number): Statement | undefined {
  const head = cursor.tokens.slice(from, Math.min(from + 5, cursor.index));
  const [{ text: first }] = head;
  const isMisspelt = !statementWords.includes(first) && head.some(({ text }) => text === 'TABLE' || text === 'VIEW');
  return first === 'CREATE' || isMisspelt
    ? { kind: 'unread', place: cursor.placeFrom(head[0].start), names: declaredNames(cursor, from) }
    : undefined;
}

/** The words of a declaration's head from token `from` on that may be the name of what is declared. */
function declaredNames(cursor: Cursor, from: number): string[] {
  const names: string[] = [];
  for (let i = from; i < cursor.index; i++) {
    const { kind, text, start, end } = cursor.tokens[i];
    if (text === '(' || text === ';' || text === 'AS' || text === 'WITH') break;
    const before = cursor.tokens[i - 1]?.text;
    // A reserved word may have been meant for a name where one has to be.
    const isWord = !isReserved(text) || before === 'TABLE' || before === 'VIEW' || before === 'EXISTS';
    if (kind === 'name') names.push(text);
    else if (kind === 'word' && isWord && !['IF', 'TEMPORARY', 'REPLACE', 'VIEW'].includes(text))
      names.push(cursor.text.slice(start, end));
  }
  return names;
}

/** To behind the next semicolon, or to a line that can only begin a statement: then a semicolon was forgotten. */
function skipStatement(cursor: Cursor): void {
  while (cursor.token.kind !== 'end') {
    if (cursor.acceptSymbol(';')) return;
    if (cursor.beginsStatementLine(cursor.index)) return;
    cursor.next();
  }
}

function expectStatementEnd(cursor: Cursor): void {
  if (cursor.acceptSymbol(';') || cursor.token.kind === 'end') return;
  const { token } = cursor;
  if (token.kind === 'word' && statementWords.includes(token.text) && cursor.previous) {
    const { end } = cursor.previous;
    cursor.report(
      'SQL_SYNTAX',
      `expected ";" in front of "${token.text}"`,
      { start: end - 1, end },
      'Put a semicolon behind each statement.',
    );
    return;
  }
  if (token.kind === 'symbol' && token.text === ')') {
    cursor.unexpected('";" behind the statement', [], 'There is one ")" too many.');
  }
  cursor.unexpected('";" behind the statement');
}

function parseBareStatement(cursor: Cursor): Statement {
  const { token } = cursor;
  const { start } = token;
  if (token.kind === 'word') {
    switch (token.text) {
      case 'CREATE':
        return parseCreate(cursor);
      case 'INSERT':
        return parseInsert(cursor);
      case 'EXECUTE':
        return parseExecute(cursor);
      case 'BEGIN':
        return parseStatementSet(cursor, start);
      case 'SET':
        return parseSet(cursor);
      case 'RESET':
        return parseReset(cursor);
      case 'DROP':
        return parseDrop(cursor);
      case 'EXPLAIN':
        skipToEnd(cursor);
        return { kind: 'explain', place: cursor.placeFrom(start) };
      case 'END':
        // Of a statement set that was not recognised.
        if (cursor.problems.length > 0) throw new ParseFailure();
        break;
      default:
        if (foreignStatements.has(token.text)) return parseForeign(cursor);
    }
  }
  if (startsQuery(cursor) || cursor.isSymbol('(')) {
    const query = parseQuery(cursor);
    return { kind: 'select-statement', place: cursor.placeFrom(start), query };
  }
  return cursor.unexpected(
    'a statement',
    statementWords,
    'Statements begin with CREATE, INSERT, SELECT, SET, EXECUTE STATEMENT SET …',
  );
}

function parseForeign(cursor: Cursor): Statement {
  const { index } = cursor;
  const { start } = cursor.token;
  let what = cursor.next().text;
  while (cursor.token.kind === 'word' && objectWords.has(cursor.token.text)) what += ` ${cursor.next().text}`;
  skipToEnd(cursor);
  const names = what.startsWith('ALTER') ? declaredNames(cursor, index) : [];
  return { kind: 'unsupported', place: cursor.placeFrom(start), what, names };
}

/** Over a statement whose inside does not count; semicolons inside STATEMENT SET BEGIN … END belong to it. */
function skipToEnd(cursor: Cursor): void {
  let inSet = false;
  while (cursor.token.kind !== 'end') {
    if (cursor.areWords('SET', 'BEGIN')) inSet = true;
    if (cursor.isSymbol(';') && !(inSet && !cursor.isWordAhead(1, 'END'))) {
      if (!inSet) return;
      cursor.next();
      inSet = false;
    }
    cursor.next();
  }
}

function parseCreate(cursor: Cursor): Statement {
  const { index } = cursor;
  const { start } = cursor.next();
  const replaceStart = cursor.token.start;
  if (cursor.acceptWords('OR', 'REPLACE')) {
    cursor.unsupported(
      'CREATE OR REPLACE',
      cursor.placeFrom(replaceStart),
      'Write CREATE alone: each run of a file starts with no tables.',
    );
  }
  const temporary = cursor.acceptWord('TEMPORARY');
  if (cursor.isWord('TABLE')) return parseCreateTable(cursor, start, temporary);
  if (cursor.isWord('VIEW')) return parseCreateView(cursor, start, temporary);
  if (cursor.token.kind === 'word' && objectWords.has(cursor.token.text)) {
    let what = temporary ? 'CREATE TEMPORARY' : 'CREATE';
    while (cursor.token.kind === 'word' && objectWords.has(cursor.token.text)) what += ` ${cursor.next().text}`;
    skipToEnd(cursor);
    return { kind: 'unsupported', place: cursor.placeFrom(start), what, names: declaredNames(cursor, index) };
  }
  return cursor.unexpected('TABLE or VIEW behind CREATE', ['TABLE', 'VIEW', 'TEMPORARY']);
}

/** INSERT { INTO | OVERWRITE } table [PARTITION (…)] [(columns)] query */
function parseInsert(cursor: Cursor): InsertInto {
  const { start } = cursor.next();
  const overwrite = cursor.acceptWord('OVERWRITE');
  if (!overwrite) cursor.expectWord('INTO', 'behind INSERT');
  const table = cursor.qualifiedName('a table name');
  if (cursor.isSymbol('/*+')) {
    const { start: hintStart } = cursor.token;
    if (parseTableHints(cursor).length > 0) {
      cursor.unsupported(
        'the hint OPTIONS behind INSERT INTO',
        cursor.placeFrom(hintStart),
        'Give the options in CREATE TABLE … WITH.',
      );
    }
  }
  const partition = cursor.isWord('PARTITION') ? parsePartition(cursor) : undefined;
  const next = cursor.ahead(1);
  const hasColumns = cursor.isSymbol('(') && !['SELECT', 'WITH', 'VALUES', 'TABLE', '('].includes(next.text);
  const columns = hasColumns ? cursor.parenthesised(() => parseTargetColumn(cursor)) : [];
  const query = parseQuery(cursor);
  return { kind: 'insert', place: cursor.placeFrom(start), table, columns, ...(partition && { partition }), overwrite, query };
}

function parseTargetColumn(cursor: Cursor): Name {
  const name = cursor.name('a column name');
  if (cursor.isSymbol('.')) {
    const message = 'inserting into a field of a row is not supported';
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message,
      place: name.place,
      hint: `Name the column ${name.text} alone and insert a whole ROW(…).`,
    });
  }
  return name;
}

function parsePartition(cursor: Cursor) {
  const { start } = cursor.next();
  cursor.parenthesised(() => {
    cursor.name('a column name');
    if (cursor.acceptSymbol('=')) {
      if (!['string', 'number'].includes(cursor.token.kind)) cursor.unexpected("the partition's value");
      cursor.next();
    }
  });
  return cursor.placeFrom(start);
}

function parseExecute(cursor: Cursor): Statement {
  const { start } = cursor.next();
  if (cursor.isWord('STATEMENT')) return parseStatementSet(cursor, start);
  if (cursor.isWord('INSERT')) return { ...parseInsert(cursor), place: cursor.placeFrom(start) };
  if (cursor.isWord('PLAN')) {
    skipToEnd(cursor);
    return { kind: 'unsupported', place: cursor.placeFrom(start), what: 'EXECUTE PLAN', names: [] };
  }
  if (startsQuery(cursor)) {
    const query = parseQuery(cursor);
    return { kind: 'select-statement', place: cursor.placeFrom(start), query };
  }
  return cursor.unexpected('STATEMENT SET behind EXECUTE', ['STATEMENT', 'INSERT', 'SELECT']);
}

/**
 * EXECUTE STATEMENT SET BEGIN insert; … END, or BEGIN STATEMENT SET; insert; … END
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/insert/#insert-into-multiple-tables
 */
function parseStatementSet(cursor: Cursor, start: number): StatementSet {
  const clientForm = cursor.acceptWord('BEGIN');
  cursor.expectWords('STATEMENT', 'SET');
  if (clientForm) cursor.expectSymbol(';', 'behind BEGIN STATEMENT SET');
  else expectBegin(cursor);
  const inserts: InsertInto[] = [];
  let failed = false;
  while (!atSetEnd(cursor) && cursor.token.kind !== 'end') {
    cursor.resetDepth();
    const insert = recovering(cursor, () => parseSetMember(cursor));
    if (insert instanceof ParseFailure) failed = true;
    else inserts.push(insert);
  }
  if (!cursor.acceptWord('END')) {
    cursor.leaving(
      () => ({ kind: 'statement-set', place: cursor.placeFrom(start), inserts }),
      () => {
        // What was passed over may have held it.
        if (failed) throw new ParseFailure();
        cursor.unexpected('END', ['END', 'INSERT'], 'Close the statement set with END;.');
      },
    );
  }
  const place = cursor.placeFrom(start);
  if (inserts.length === 0 && !failed) {
    cursor.report('SQL_SYNTAX', 'this statement set is empty', place, 'Write at least one INSERT INTO … between BEGIN and END.');
  }
  return { kind: 'statement-set', place, inserts };
}

/** A forgotten BEGIN leaves no doubt about what follows. */
function expectBegin(cursor: Cursor): void {
  if (!cursor.isWord('INSERT')) return cursor.expectWord('BEGIN', 'behind EXECUTE STATEMENT SET');
  const hint = 'Write EXECUTE STATEMENT SET BEGIN … END;.';
  cursor.report('SQL_SYNTAX', 'expected BEGIN behind EXECUTE STATEMENT SET, found "INSERT"', cursor.token, hint);
}

function atSetEnd(cursor: Cursor): boolean {
  return cursor.isWord('END');
}

function parseSetMember(cursor: Cursor): InsertInto {
  if (!cursor.isWord('INSERT')) {
    const other = cursor.token.kind === 'word' && statementWords.includes(cursor.token.text);
    cursor.unexpected(
      'INSERT INTO or END',
      ['INSERT', 'END'],
      other ? 'A statement set holds INSERT statements only: put this one in front of it.' : undefined,
    );
  }
  const insert = parseInsert(cursor);
  if (cursor.acceptSymbol(';')) return insert;
  if ((cursor.isWord('END') || cursor.isWord('INSERT')) && cursor.previous) {
    const { end } = cursor.previous;
    cursor.report(
      'SQL_SYNTAX',
      `expected ";" in front of "${cursor.token.text}"`,
      { start: end - 1, end },
      'Put a semicolon behind each INSERT of the set.',
    );
    return insert;
  }
  return cursor.unexpected('";" behind the statement');
}

/** SET, or SET 'key' = 'value' */
function parseSet(cursor: Cursor): SetOption {
  const { start } = cursor.next();
  if (cursor.atEnd()) return { kind: 'set', place: cursor.placeFrom(start) };
  const key = parseOptionKey(cursor, 'SET');
  if (!cursor.isSymbol('=')) cursor.unexpected(`"=" behind '${key.value}'`, [], `Write SET '${key.value}' = 'value';`);
  cursor.next();
  const value = cursor.string(`the value of '${key.value}' in single quotes`);
  return { kind: 'set', place: cursor.placeFrom(start), key, value };
}

function parseReset(cursor: Cursor): ResetOption {
  const { start } = cursor.next();
  if (cursor.atEnd()) return { kind: 'reset', place: cursor.placeFrom(start) };
  const key = parseOptionKey(cursor, 'RESET');
  return { kind: 'reset', place: cursor.placeFrom(start), key };
}

function parseOptionKey(cursor: Cursor, statement: string) {
  if (cursor.token.kind === 'word') {
    const { start } = cursor.token;
    let end = cursor.token.end;
    for (let i = 1; ['.', '-'].includes(cursor.ahead(i).text) && cursor.ahead(i).start === end; i += 2)
      end = cursor.ahead(i + 1).end;
    const place = { start, end };
    cursor.fail({
      code: 'SQL_SYNTAX',
      message: "expected an option's name in single quotes",
      place,
      hint: `Write ${statement} '${cursor.text.slice(start, end)}'${statement === 'SET' ? " = 'value'" : ''};`,
    });
  }
  return cursor.string("an option's name in single quotes");
}

function parseDrop(cursor: Cursor): DropStatement | Statement {
  const { start } = cursor.token;
  const { index } = cursor;
  cursor.next();
  const temporary = cursor.acceptWord('TEMPORARY');
  const what = cursor.acceptOneOf('TABLE', 'VIEW');
  if (what === undefined) {
    if (cursor.token.kind !== 'word' || !objectWords.has(cursor.token.text))
      cursor.unexpected('TABLE or VIEW behind DROP', ['TABLE', 'VIEW']);
    let words = cursor.tokens[index].text + (temporary ? ' TEMPORARY' : '');
    while (cursor.token.kind === 'word' && objectWords.has(cursor.token.text)) words += ` ${cursor.next().text}`;
    skipToEnd(cursor);
    return { kind: 'unsupported', place: cursor.placeFrom(start), what: words, names: [] };
  }
  const ifExists = cursor.isWord('IF') && cursor.isWordAhead(1, 'EXISTS') ? cursor.acceptWords('IF', 'EXISTS') : false;
  const name = cursor.qualifiedName(what === 'TABLE' ? 'a table name' : 'a view name');
  return { kind: 'drop', place: cursor.placeFrom(start), what, temporary, ifExists, name };
}
