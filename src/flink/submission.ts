import type { Place, SourceText } from '../base/place.ts';
import { tokenize } from '../compile/parse/lexer.ts';
import { splitStatements } from '../compile/parse/split-statements.ts';
import type { Token } from '../compile/parse/token.ts';
import type { TextRange } from './reduce-trace.ts';

/** A statement of a file as it is submitted. */
export interface Submission {
  readonly kind: 'set' | 'reset' | 'job' | 'query' | 'other';
  /** Its first words, for example `CREATE TABLE weather`; of SET only the key. */
  readonly title: string;
  /** The key of SET and RESET; undefined when they have none. */
  readonly key?: string;
  readonly text: string;
  /** Where it stands in the file. */
  readonly place: Place;
  /** What was put in the place of the file's text, in order. */
  readonly edits: readonly Edit[];
}

interface Edit extends Place {
  readonly text: string;
}

/** Addresses that take the place of those in the file. */
export interface Addresses {
  /** For `properties.bootstrap.servers` of kafka and upsert-kafka tables. */
  readonly kafka?: string;
  /** For `hosts` of elasticsearch tables. */
  readonly elasticsearch?: string;
}

/**
 * Cuts a file into what is submitted to Flink, with other addresses where wanted. It goes by the tokens alone, so that it works
 * for statements that only Flink can read.
 */
export function submissions(source: SourceText, addresses: Addresses): Submission[] {
  const tokens = tokenize(source, []);
  return splitStatements(source).map((place) => {
    const own = tokens.filter(({ start, end }) => start >= place.start && end <= place.end && end > start);
    const edits = [...addressEdits(own, addresses), ...statementSetEdits(own)].sort((a, b) => a.start - b.start);
    return { ...described(own, source), text: edited(source.text, place, edits), place, edits };
  });
}

function described(tokens: readonly Token[], { text }: SourceText): Pick<Submission, 'kind' | 'title' | 'key'> {
  const [first, second, third] = tokens;
  const words = tokens.slice(0, 4).map((token) => (token.kind === 'word' ? token.text : ''));
  if (words[0] === 'SET' || words[0] === 'RESET') {
    const key = second?.kind === 'string' ? second.text : undefined;
    return { kind: words[0] === 'SET' ? 'set' : 'reset', title: key === undefined ? words[0] : `${words[0]} '${key}'`, key };
  }
  if (['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(words[0]) || first.text === '(') return { kind: 'query', title: 'SELECT' };
  if (words.slice(0, 2).join(' ') === 'BEGIN STATEMENT' || words.slice(0, 2).join(' ') === 'EXECUTE STATEMENT') {
    const inserts = tokens.filter((token) => token.kind === 'word' && token.text === 'INSERT').length;
    return { kind: 'job', title: `STATEMENT SET of ${inserts} ${inserts === 1 ? 'INSERT' : 'INSERTs'}` };
  }
  const isJob = words[0] === 'INSERT' || (words[0] === 'EXECUTE' && (third?.text === 'INTO' || words[1] === 'INSERT'));
  return { kind: isJob ? 'job' : 'other', title: leadingWords(tokens, text) };
}

/** `CREATE TEMPORARY VIEW reading`, `INSERT INTO es_sink`: up to where the definition begins. */
function leadingWords(tokens: readonly Token[], text: string): string {
  const end = tokens.findIndex(
    (token, i) => i > 0 && (token.text === '(' || /^(AS|SELECT|WITH|VALUES|SET|FROM)$/.test(token.text)),
  );
  const shown = tokens.slice(0, Math.min(end === -1 ? tokens.length : end, 9));
  return text.slice(shown[0].start, shown.at(-1)!.end).replace(/\s+/g, ' ');
}

/** In every list of options: WITH (…), SET (…) of ALTER TABLE, and the hint OPTIONS(…). */
function addressEdits(tokens: readonly Token[], { kafka, elasticsearch }: Addresses): Edit[] {
  const edits: Edit[] = [];
  for (const options of optionLists(tokens)) {
    // A list without a connector adds to one that has it.
    const connector = options.find(({ key }) => key.text === 'connector')?.value.text;
    for (const { key, value } of options) {
      const isKafka = key.text === 'properties.bootstrap.servers' && /^$|kafka$/.test(connector ?? '');
      const isElasticsearch = key.text === 'hosts' && /^$|^elasticsearch/.test(connector ?? '');
      const address = isKafka ? kafka : isElasticsearch ? elasticsearch : undefined;
      if (address !== undefined) edits.push({ start: value.start, end: value.end, text: quoted(address) });
    }
  }
  return edits;
}

function optionLists(tokens: readonly Token[]): { key: Token; value: Token }[][] {
  const lists: { key: Token; value: Token }[][] = [];
  tokens.forEach((key, i) => {
    const [before, equals, value] = [tokens[i - 1], tokens[i + 1], tokens[i + 2]];
    if (key.kind !== 'string' || equals?.text !== '=' || equals.kind !== 'symbol' || value?.kind !== 'string') return;
    if (before?.kind !== 'symbol' || (before.text !== '(' && before.text !== ',')) return;
    if (before.text === '(') lists.push([]);
    lists.at(-1)?.push({ key, value });
  });
  return lists;
}

/** BEGIN STATEMENT SET; … END is several statements to the gateway; EXECUTE STATEMENT SET BEGIN … END, which means the same, is one. */
function statementSetEdits(tokens: readonly Token[]): Edit[] {
  const [begin, statement, set, semicolon] = tokens;
  if (begin?.text !== 'BEGIN' || statement?.text !== 'STATEMENT' || set?.text !== 'SET' || semicolon?.text !== ';') return [];
  return [{ start: begin.start, end: semicolon.end, text: 'EXECUTE STATEMENT SET BEGIN' }];
}

export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function edited(text: string, place: Place, edits: readonly Edit[]): string {
  let result = '';
  let position = place.start;
  for (const edit of edits) {
    result += text.slice(position, edit.start) + edit.text;
    position = edit.end;
  }
  return result + text.slice(position, place.end);
}

/**
 * Where in the file something stands that Flink found at a line and column of the submitted statement: the token there, or from
 * the first to the last position. Undefined when the statement has no such position.
 */
export function placeInFile(source: SourceText, submission: Submission, range: TextRange): Place | undefined {
  const { text } = submission;
  const from = offsetAt(text, range.line, range.column);
  if (from === undefined) return undefined;
  const start = fileOffset(submission, from);
  const last = range.endLine === undefined ? undefined : offsetAt(text, range.endLine, range.endColumn!);
  if (last !== undefined && last > from) return { start, end: fileOffset(submission, last) + 1 };
  const token = tokenize(source, []).find((candidate) => candidate.start <= start && candidate.end > start);
  return { start, end: token?.end ?? start + 1 };
}

function offsetAt(text: string, line: number, column: number): number | undefined {
  let lineStart = 0;
  for (let i = 1; i < line; i++) {
    // A carriage return alone ends a line to Flink's parser too, but no editor has written one for decades.
    const lineEnd = text.indexOf('\n', lineStart);
    if (lineEnd === -1) return undefined;
    lineStart = lineEnd + 1;
  }
  const offset = lineStart + column - 1;
  return offset <= text.length ? offset : undefined;
}

function fileOffset({ place, edits }: Submission, offset: number): number {
  let shift = place.start;
  for (const { start, end, text } of edits) {
    const editStart = start - shift;
    if (offset < editStart) break;
    if (offset < editStart + text.length) return start;
    shift += end - start - text.length;
  }
  return offset + shift;
}

/** The first token that one of the texts names: in the statement, or as an option anywhere in the file. */
export function mentionedPlace(source: SourceText, submission: Submission, mentions: readonly string[]): Place | undefined {
  const tokens = tokenize(source, []);
  for (const mention of mentions) {
    const named = tokens.filter(({ start, end, kind, text }) => {
      if (kind === 'string') return text === mention;
      return (kind === 'word' || kind === 'name') && source.text.slice(start, end).replaceAll('`', '') === mention;
    });
    const within = named.find(({ start, end }) => start >= submission.place.start && end <= submission.place.end);
    const found = within ?? named.find(({ kind }) => kind === 'string');
    if (found !== undefined) return { start: found.start, end: found.end };
  }
  return undefined;
}
