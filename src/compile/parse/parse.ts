import type { SourceText } from '../../base/place.ts';
import type { Problem } from '../../base/problem.ts';
import type { Script, Statement } from './ast.ts';
import { Cursor } from './cursor.ts';
import { tokenize } from './lexer.ts';
import { parseStatement } from './statement.ts';

/**
 * Parses a file of statements, each ended by a semicolon, which the last one may lack. Never throws for what the text holds: a
 * statement with a mistake gives a problem and is left out, and parsing goes on behind it. Problems come in the text's order.
 */
export function parse(source: SourceText): { script: Script; problems: Problem[] } {
  const problems: Problem[] = [];
  const cursor = new Cursor(source, tokenize(source, problems), problems);
  const statements: Statement[] = [];
  while (cursor.token.kind !== 'end') {
    if (cursor.acceptSymbol(';')) continue;
    const statement = parseStatement(cursor);
    if (statement) statements.push(statement);
  }
  problems.sort((a, b) => (a.place?.start ?? 0) - (b.place?.start ?? 0));
  return { script: { statements }, problems };
}
