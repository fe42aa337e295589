import type { Place, SourceText } from '../../base/place.ts';
import { tokenize } from './lexer.ts';

/**
 * The places of a file's statements, in order and without the semicolons behind them, for submitting them one by one.
 * A statement set, EXECUTE STATEMENT SET BEGIN … END or BEGIN STATEMENT SET; … END, is one. The text need not be correct.
 */
export function splitStatements(source: SourceText): Place[] {
  const places: Place[] = [];
  const tokens = tokenize(source, []);
  let start = -1;
  let end = -1;
  let inSet = false;
  tokens.forEach((token, i) => {
    const separates = token.kind === 'end' || (token.kind === 'symbol' && token.text === ';');
    if (!separates) {
      if (start === -1) start = token.start;
      end = token.end;
      const word = token.kind === 'word' ? token.text : '';
      const before = tokens[i - 1];
      const next = tokens[i + 1];
      const beginsSet = word === 'SET' && before?.text === 'STATEMENT' && (next.text === 'BEGIN' || next.text === ';');
      if (beginsSet) inSet = true;
      if (inSet && word === 'END' && before?.kind === 'symbol' && before.text === ';') inSet = false;
    } else if (start !== -1 && (!inSet || token.kind === 'end')) {
      places.push({ start, end });
      start = -1;
      inSet = false;
    }
  });
  return places;
}
