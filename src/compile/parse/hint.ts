import { nearest } from '../../base/nearest.ts';
import type { OptionEntry } from './ast.ts';
import { ParseFailure, type Cursor } from './cursor.ts';

/** Hints that choose how a batch join runs: the answer stays the same, so they may be dropped. */
const harmlessHints = ['BROADCAST', 'SHUFFLE_HASH', 'SHUFFLE_MERGE', 'NEST_LOOP'];
const meaningfulHints = ['STATE_TTL', 'LOOKUP'];

/** Hints behind SELECT, which say nothing that counts. https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/queries/hints/ */
export function parseSelectHints(cursor: Cursor): void {
  const { start } = cursor.token;
  parseHints(cursor, () => {
    const hint = 'Write FROM name /*+ OPTIONS(…) */.';
    cursor.report('SQL_HINT_NOT_FOUND', "the hint OPTIONS belongs behind a table's name", cursor.placeFrom(start), hint);
  });
}

/** Hints behind a table's name, of which OPTIONS counts. */
export function parseTableHints(cursor: Cursor): OptionEntry[] {
  const options: OptionEntry[] = [];
  parseHints(cursor, (entries) => options.push(...entries));
  return options;
}

function parseHints(cursor: Cursor, takeOptions: (entries: OptionEntry[]) => unknown): void {
  if (!cursor.isSymbol('/*+')) return;
  const open = cursor.next();
  cursor.list(() => {
    const { token } = cursor;
    if (token.kind !== 'word' && token.kind !== 'name') cursor.unexpected('the name of a hint');
    cursor.next();
    const name = token.text.toUpperCase();
    const entries = name === 'OPTIONS' ? parseWholeOptionList(cursor) : parseHintArguments(cursor);
    if (name === 'OPTIONS') {
      takeOptions(entries);
    } else if (meaningfulHints.includes(name)) {
      cursor.unsupported(
        `the hint ${name}`,
        cursor.placeFrom(token.start),
        'Remove it: without it the query gives its exact answer.',
      );
    } else if (!harmlessHints.includes(name)) {
      const near = nearest(name, ['OPTIONS', ...meaningfulHints, ...harmlessHints]);
      const hint = near ? `Did you mean ${near}?` : "Hints are OPTIONS('key' = 'value') and those for joins.";
      cursor.report('SQL_HINT_NOT_FOUND', `the hint ${name} does not exist`, token, hint);
    }
  });
  cursor.expectClose('*/', open);
}

function parseHintArguments(cursor: Cursor): OptionEntry[] {
  if (!cursor.isSymbol('(')) return [];
  const open = cursor.next();
  if (!cursor.isSymbol(')')) {
    cursor.list(() => {
      if (cursor.token.kind === 'string') {
        cursor.next();
        if (cursor.acceptSymbol('=')) cursor.string('a value in single quotes');
      } else if (cursor.token.kind === 'number') {
        cursor.next();
      } else {
        cursor.qualifiedName('a table name');
      }
    });
  }
  cursor.expectClose(')', open);
  return [];
}

function parseWholeOptionList(cursor: Cursor): OptionEntry[] {
  const { entries, isWhole } = parseOptionList(cursor);
  if (!isWhole) throw new ParseFailure();
  return entries;
}

function parseOption(cursor: Cursor): OptionEntry {
  const key = cursor.string("an option's name in single quotes");
  if (!cursor.isSymbol('=')) cursor.unexpected(`"=" behind '${key.value}'`, [], `Write '${key.value}' = 'value'.`);
  cursor.next();
  return { key, value: cursor.string(`the value of '${key.value}' in single quotes`) };
}

/** ('key' = 'value', …); may be empty. Not whole after a mistake in an option, which is left out. */
export function parseOptionList(cursor: Cursor): { entries: OptionEntry[]; isWhole: boolean } {
  const open = cursor.expectSymbol('(', "in front of the options: ('key' = 'value')");
  const entries: OptionEntry[] = [];
  let isWhole = true;
  if (cursor.acceptSymbol(')')) return { entries, isWhole };
  cursor.readItems(
    () => {
      entries.push(parseOption(cursor));
      // Where another option follows, only the comma is missing.
      while (cursor.token.kind === 'string' && cursor.isSymbolAhead(1, '=')) {
        cursor.goOnBehind(() => cursor.expectClose(')', open));
        entries.push(parseOption(cursor));
      }
      if (!cursor.isSymbol(',') && !cursor.isSymbol(')')) cursor.expectClose(')', open);
    },
    () => (isWhole = false),
  );
  cursor.expectClose(')', open);
  return { entries, isWhole };
}
