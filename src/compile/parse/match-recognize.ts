import type { ExpressionNode, MatchRecognize, Name, PatternNode, TableReference } from './ast.ts';
import type { Cursor } from './cursor.ts';
import { operatorWords, parseExpression } from './expression.ts';
import { parseInterval } from './interval.ts';
import { parseOrderItems } from './query.ts';

/**
 * table MATCH_RECOGNIZE ( [PARTITION BY …] [ORDER BY …] [MEASURES …] [ONE ROW PER MATCH | ALL ROWS PER MATCH]
 *     [AFTER MATCH SKIP …] PATTERN ( … ) [WITHIN INTERVAL …] DEFINE … )
 * https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/queries/match_recognize/
 */
export function parseMatchRecognize(cursor: Cursor, table: TableReference, start: number): MatchRecognize {
  cursor.next();
  const open = cursor.expectSymbol('(', 'behind MATCH_RECOGNIZE');
  const partitionBy = cursor.acceptWords('PARTITION', 'BY') ? cursor.list(() => parseExpression(cursor)) : [];
  const orderBy = cursor.acceptWords('ORDER', 'BY') ? parseOrderItems(cursor) : [];
  const measures = cursor.acceptWord('MEASURES') ? cursor.list(() => parseMeasure(cursor)) : [];
  const rowsPerMatch = parseRowsPerMatch(cursor);
  const afterMatch = parseAfterMatch(cursor);
  if (!cursor.isWord('PATTERN')) {
    const keywords = ['PATTERN', 'PARTITION', 'ORDER', 'MEASURES', 'ONE', 'AFTER', 'DEFINE', ...operatorWords];
    cursor.unexpected(
      'PATTERN',
      keywords,
      'The order is PARTITION BY, ORDER BY, MEASURES, ONE ROW PER MATCH, AFTER MATCH SKIP, PATTERN, DEFINE.',
    );
  }
  cursor.next();
  const patternOpen = cursor.expectSymbol('(', 'behind PATTERN');
  const pattern = parseAlternation(cursor);
  cursor.expectClose(')', patternOpen);
  const within = cursor.acceptWord('WITHIN') ? parseWithin(cursor) : undefined;
  if (cursor.isWord('SUBSET')) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: 'SUBSET is not supported',
      place: cursor.token,
      hint: 'Flink does not support it either: name the variables one by one.',
    });
  }
  if (!cursor.isWord('DEFINE'))
    cursor.unexpected('DEFINE', ['DEFINE', 'WITHIN'], 'Say when a row is which variable: DEFINE A AS A.price > 10.');
  cursor.next();
  const define = cursor.list(() => parseDefinition(cursor));
  cursor.expectClose(')', open, operatorWords);
  return {
    kind: 'match-recognize',
    place: cursor.placeFrom(start),
    table,
    partitionBy,
    orderBy,
    measures,
    rowsPerMatch,
    ...(afterMatch && { afterMatch }),
    pattern,
    ...(within && { within }),
    define,
  };
}

function parseMeasure(cursor: Cursor): { expression: ExpressionNode; alias: Name } {
  if (cursor.isWord('RUNNING') && cursor.ahead(1).kind === 'word') {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: `${cursor.token.text} is not supported`,
      place: cursor.token,
      hint: 'Leave it out: measures are computed at the last row of the match.',
    });
  }
  const expression = parseExpression(cursor);
  if (!cursor.acceptWord('AS')) cursor.unexpected('AS and a name for the measure', ['AS', ...operatorWords]);
  return { expression, alias: cursor.name('a name for the measure') };
}

function parseDefinition(cursor: Cursor): { variable: Name; condition: ExpressionNode } {
  const variable = cursor.name('a pattern variable');
  cursor.expectWord('AS', `and a condition behind ${variable.text}`);
  return { variable, condition: parseExpression(cursor) };
}

function parseRowsPerMatch(cursor: Cursor): 'ONE' | 'ALL' {
  if (cursor.acceptWord('ONE')) {
    cursor.expectWords('ROW', 'PER', 'MATCH');
    return 'ONE';
  }
  if (!cursor.acceptWord('ALL')) return 'ONE';
  cursor.expectWords('ROWS', 'PER', 'MATCH');
  return 'ALL';
}

function parseAfterMatch(cursor: Cursor): MatchRecognize['afterMatch'] {
  const { start } = cursor.token;
  if (!cursor.acceptWord('AFTER')) return undefined;
  cursor.expectWords('MATCH', 'SKIP');
  if (cursor.acceptWord('PAST')) {
    cursor.expectWords('LAST', 'ROW');
    return { skip: 'PAST LAST ROW', place: cursor.placeFrom(start) };
  }
  if (!cursor.acceptWord('TO')) cursor.unexpected('PAST LAST ROW or TO', ['PAST', 'TO']);
  if (cursor.acceptWords('NEXT', 'ROW')) return { skip: 'TO NEXT ROW', place: cursor.placeFrom(start) };
  const skip = cursor.acceptWord('FIRST') ? 'TO FIRST' : 'TO LAST';
  if (skip === 'TO LAST') cursor.acceptWord('LAST');
  const variable = cursor.name('NEXT ROW, FIRST, LAST or a pattern variable');
  return { skip, variable, place: cursor.placeFrom(start) };
}

function parseWithin(cursor: Cursor): ExpressionNode {
  const { start } = cursor.token;
  cursor.expectWord('INTERVAL', 'behind WITHIN');
  return parseInterval(cursor, start);
}

// ---------------------------------------------------------------- PATTERN

function parseAlternation(cursor: Cursor): PatternNode {
  cursor.enter();
  const { start } = cursor.token;
  const parts = [parseSequence(cursor)];
  while (cursor.acceptSymbol('|')) parts.push(parseSequence(cursor));
  cursor.leave();
  return parts.length === 1 ? parts[0] : { kind: 'alternation', parts, place: cursor.placeFrom(start) };
}

function parseSequence(cursor: Cursor): PatternNode {
  const { start } = cursor.token;
  const parts = [parseQuantified(cursor)];
  while (cursor.atName() || cursor.isSymbol('(') || cursor.isSymbol('{') || cursor.isWord('PERMUTE') || cursor.isSymbol('^')) {
    parts.push(parseQuantified(cursor));
  }
  return parts.length === 1 ? parts[0] : { kind: 'sequence', parts, place: cursor.placeFrom(start) };
}

function parseQuantified(cursor: Cursor): PatternNode {
  const { start } = cursor.token;
  const part = parsePatternPart(cursor);
  const bounds = parseQuantifier(cursor);
  if (!bounds) return part;
  const reluctant = cursor.acceptSymbol('?');
  return { kind: 'quantified', part, ...bounds, reluctant, place: cursor.placeFrom(start) };
}

function parsePatternPart(cursor: Cursor): PatternNode {
  const { token } = cursor;
  if (cursor.isSymbol('(')) {
    const open = cursor.next();
    const pattern = parseAlternation(cursor);
    cursor.expectClose(')', open);
    return pattern;
  }
  const refused = cursor.isWord('PERMUTE')
    ? 'PERMUTE'
    : cursor.isSymbol('{')
      ? 'an exclusion {- … -}'
      : cursor.isSymbol('^')
        ? 'the anchor ^'
        : undefined;
  if (refused) {
    cursor.fail({
      code: 'SQL_UNSUPPORTED',
      message: `${refused} in a pattern is not supported`,
      place: token,
      hint: 'Flink does not support it either.',
    });
  }
  return { kind: 'variable', name: cursor.name('a pattern variable') };
}

/** *, +, ?, {n}, {n,}, {n,m}, {,m} */
function parseQuantifier(cursor: Cursor): { min: number; max: number } | undefined {
  if (cursor.acceptSymbol('*')) return { min: 0, max: Infinity };
  if (cursor.acceptSymbol('+')) return { min: 1, max: Infinity };
  if (cursor.acceptSymbol('?')) return { min: 0, max: 1 };
  if (!cursor.isSymbol('{') || cursor.isSymbolAhead(1, '-')) return undefined;
  const open = cursor.next();
  const min = cursor.isSymbol(',') ? 0 : cursor.integer('a number of repetitions');
  let max = min;
  if (cursor.acceptSymbol(',')) max = cursor.isSymbol('}') ? Infinity : cursor.integer('a number of repetitions');
  cursor.expectClose('}', open);
  if (max < min || max === 0) {
    cursor.fail({
      code: 'SQL_SYNTAX',
      message: max === 0 ? 'a pattern variable must be able to occur' : `{${min},${max}} ends below its beginning`,
      place: cursor.placeFrom(open.start),
      hint: 'Write {least,most} with most at least 1 and not below least.',
    });
  }
  return { min, max };
}
