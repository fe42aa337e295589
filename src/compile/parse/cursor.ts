import { nearest } from '../../base/nearest.ts';
import type { Place, SourceText } from '../../base/place.ts';
import type { Problem } from '../../base/problem.ts';
import type { ExpressionNode, Name, QualifiedName, Statement, StringToken } from './ast.ts';
import { isReserved, isStructural } from './keywords.ts';
import type { Token } from './token.ts';

/** Gives up the statement at hand; its problem is already in the list. Never leaves the parser. */
export class ParseFailure extends Error {
  /** What of the statement could be read all the same. */
  statement?: Statement;
}

const maximumDepth = 300;
const maximumChainLength = 1000;
const maximumMisspeltLength = 40;

/** Walks over the tokens, one ahead. All parse functions take it, move it forward, and fail through it. */
export class Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly problems: Problem[];
  /** The token at hand; never beyond the `end` token. */
  token: Token;
  /** Where the token before the one at hand ends. */
  lastEnd = 0;
  index = 0;
  private depth = 0;
  /** The line last asked for, and where it begins: the next one is searched from there. */
  private line = 1;
  private lineFrom = 0;

  constructor(source: SourceText, tokens: readonly Token[], problems: Problem[]) {
    this.text = source.text;
    this.tokens = tokens;
    this.problems = problems;
    this.token = tokens[0];
  }

  // ------------------------------------------------------------ looking and moving

  /** The token `distance` behind the one at hand. */
  ahead(distance: number): Token {
    return this.tokens[Math.min(this.index + distance, this.tokens.length - 1)];
  }

  get previous(): Token | undefined {
    return this.tokens[this.index - 1];
  }

  next(): Token {
    const token = this.token;
    if (token.kind === 'end') return token;
    this.lastEnd = token.end;
    this.token = this.tokens[++this.index];
    return token;
  }

  isWord(word: string): boolean {
    return this.token.text === word && this.token.kind === 'word';
  }

  isSymbol(symbol: string): boolean {
    return this.token.text === symbol && this.token.kind === 'symbol';
  }

  isWordAhead(distance: number, word: string): boolean {
    const token = this.ahead(distance);
    return token.text === word && token.kind === 'word';
  }

  isSymbolAhead(distance: number, symbol: string): boolean {
    const token = this.ahead(distance);
    return token.text === symbol && token.kind === 'symbol';
  }

  /** Whether these words follow one another from here. */
  areWords(first: string, ...others: string[]): boolean {
    return this.isWord(first) && others.every((word, i) => this.isWordAhead(i + 1, word));
  }

  acceptWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.next();
    return true;
  }

  acceptWords(first: string, ...others: string[]): boolean {
    if (!this.areWords(first, ...others)) return false;
    for (let i = 0; i <= others.length; i++) this.next();
    return true;
  }

  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.next();
    return true;
  }

  /** Takes the first of the words that stands here. */
  acceptOneOf<W extends string>(...words: W[]): W | undefined {
    const found = this.token.kind === 'word' ? words.find((word) => word === this.token.text) : undefined;
    if (found) this.next();
    return found;
  }

  expectWord(word: string, where = '', hint?: string): void {
    if (this.acceptWord(word)) return;
    this.unexpected(word + (where && ` ${where}`), [word], hint ?? `Write ${word} in front of ${this.describe(this.token)}.`);
  }

  expectWords(...words: string[]): void {
    for (const word of words) this.expectWord(word);
  }

  expectOneOf<W extends string>(...words: W[]): W {
    const found = this.acceptOneOf(...words);
    return found ?? this.unexpected(orList(words), words);
  }

  expectSymbol(symbol: string, where = '', hint?: string): Token {
    if (!this.isSymbol(symbol)) {
      const expected = `"${symbol}"${where && ` ${where}`}`;
      this.unexpected(expected, [], hint ?? `Write "${symbol}" in front of ${this.describe(this.token)}.`);
    }
    return this.next();
  }

  /** Expects what closes `open`. `keywords` are those that could have gone on inside. */
  expectClose(symbol: ')' | ']' | '>' | '*/' | '}', open: Token, keywords: readonly string[] = []): void {
    if (this.acceptSymbol(symbol)) return;
    this.rejectTrailingComma();
    const comma = ')]>'.includes(symbol) && !this.isSymbol(',') ? '"," or ' : '';
    const { kind, text } = this.token;
    const ends = kind === 'symbol' || kind === 'end' || (kind === 'word' && isStructural(text));
    const hint = `${ends ? `Close the "${open.text}" with "${symbol}"` : 'A comma may be missing'} in front of ${this.describe(this.token)}.`;
    this.unexpected(`${comma}"${symbol}" to close the "${open.text}" of ${this.lineOf(open)}`, keywords, hint);
  }

  /** The place from `start` to the last token taken. */
  placeFrom(start: number): Place {
    return { start, end: Math.max(start, this.lastEnd) };
  }

  atEnd(): boolean {
    return this.token.kind === 'end' || this.isSymbol(';');
  }

  // ------------------------------------------------------------ names and strings

  /** Whether the token at hand can be a name as it stands. */
  atName(): boolean {
    const { kind, text } = this.token;
    return kind === 'name' || kind === 'double-quoted' || (kind === 'word' && !isReserved(text));
  }

  name(what: string): Name {
    if (!this.atName()) this.failName(what);
    const { kind, text, start, end } = this.next();
    return { text: kind === 'word' ? this.text.slice(start, end) : text, place: { start, end } };
  }

  qualifiedName(what: string): QualifiedName {
    const { start } = this.token;
    const parts = [this.name(what)];
    while (this.acceptSymbol('.')) parts.push(this.name(what));
    return { parts, place: this.placeFrom(start) };
  }

  /** `(a, b, c)` */
  nameList(what: string): Name[] {
    return this.parenthesised(() => this.name(what));
  }

  string(what: string): StringToken {
    const { kind, start } = this.token;
    if (kind !== 'string' && kind !== 'double-quoted') {
      const written = kind === 'word' || kind === 'number' ? this.text.slice(start, this.token.end) : undefined;
      this.unexpected(what, [], written === undefined ? undefined : `Put it in single quotes: '${written}'.`);
    }
    return { value: this.next().text, place: this.placeFrom(start) };
  }

  /** A whole number without a sign. */
  integer(what: string): number {
    const { kind, text } = this.token;
    if (kind !== 'number' || !/^\d{1,9}$/.test(text)) this.unexpected(what);
    this.next();
    return Number(text);
  }

  /** Items between commas, one at least. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(',')) items.push(item());
    return items;
  }

  /** Items between commas inside parentheses, one at least. */
  parenthesised<T>(item: () => T): T[] {
    const open = this.expectSymbol('(');
    const items = this.list(item);
    this.expectClose(')', open);
    return items;
  }

  // ------------------------------------------------------------ going on behind mistakes

  /**
   * Reads the items of a list in parentheses, one at least, up to what closes it. After a failure in an item it goes on behind the
   * item: `lose` learns where that began, and whether more than it may be lost. Then later failures in the list are likely to
   * follow from this one and are not reported. Where no comma or parenthesis ends the item, the statement is given up.
   */
  readItems(readItem: () => void, lose: (first: Token, isMore: boolean) => void): void {
    let isLost = false;
    do {
      const { token: first, index: from, depth } = this;
      const problems = this.problems.length;
      try {
        readItem();
      } catch (error) {
        if (!(error instanceof ParseFailure)) throw error;
        if (isLost) this.problems.length = problems;
        const end = this.itemEnd(from);
        if (end === undefined) throw error;
        isLost ||= end.passesMore;
        lose(first, isLost);
        this.depth = depth;
        this.goTo(end.index);
      }
    } while (this.acceptSymbol(','));
  }

  private goTo(index: number): void {
    if (index === this.index) return;
    this.index = index;
    this.token = this.tokens[index];
    this.lastEnd = this.tokens[index - 1].end;
  }

  /** Runs `parse`; a failure in it takes along what `statement` answers of what has been read so far. */
  leaving<T>(statement: () => Statement, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (error instanceof ParseFailure) error.statement ??= statement();
      throw error;
    }
  }

  /**
   * The comma or parenthesis that ends the list's item which begins at token `from` and goes beyond the one at hand, and whether
   * what is passed over on the way there may be more than the end of a bracket in that item.
   */
  private itemEnd(from: number): { index: number; passesMore: boolean } | undefined {
    const open: string[] = [];
    let passesMore = false;
    for (let i = from; i < this.tokens.length; i++) {
      const { kind, text } = this.tokens[i];
      if (kind === 'end' || text === ';' || (i > from && this.beginsStatementLine(i))) return undefined;
      // A "<" may never be closed: a parenthesis around it ends it as well.
      const ends = (text === ',' && open.length === 0) || (text === ')' && !open.includes('('));
      if (i >= this.index && kind === 'symbol' && ends) return { index: i, passesMore };
      if (i >= this.index) passesMore ||= open.length === 0 || kind === 'word' || kind === 'name' || text === ',';
      if (kind !== 'symbol') continue;
      if (text === '(' || (text === '<' && isCollection(this.tokens[i - 1]))) open.push(text);
      else if (text === ')') open.length = Math.max(0, open.lastIndexOf('('));
      else if (text === '>' && open.at(-1) === '<') open.pop();
    }
    return undefined;
  }

  /** Runs `parse`, whose failure is reported and leaves no doubt of what follows. */
  goOnBehind(parse: () => void): void {
    try {
      parse();
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
    }
  }

  /** Goes to the word WITH in front of options, if it still belongs to the statement at hand. */
  skipToOptions(): boolean {
    for (let i = this.index; ; i++) {
      const { kind, text } = this.tokens[i];
      if (kind === 'end' || (kind === 'symbol' && text === ';') || this.beginsStatementLine(i)) return false;
      if (kind !== 'word' || text !== 'WITH' || this.tokens[i + 1].text !== '(') continue;
      this.goTo(i);
      return true;
    }
  }

  /** Whether a line begins with this token that can only begin a statement. */
  beginsStatementLine(index: number): boolean {
    const { kind, text: word, start } = this.tokens[index];
    if (kind !== 'word') return false;
    const next = this.tokens[index + 1];
    const begins =
      word === 'INSERT' ||
      word === 'EXECUTE' ||
      word === 'DROP' ||
      (word === 'CREATE' && ['TABLE', 'VIEW', 'TEMPORARY', 'FUNCTION', 'CATALOG', 'DATABASE', 'OR'].includes(next.text)) ||
      (word === 'SET' && next.kind === 'string');
    return begins && this.text.slice(this.text.lastIndexOf('\n', start - 1) + 1, start).trim() === '';
  }

  // ------------------------------------------------------------ depth

  /** Called on entering a construct that can hold itself; `leave` on leaving it. Keeps everybody's recursion within the stack. */
  enter(): void {
    if (++this.depth > maximumDepth) {
      this.fail({
        code: 'SQL_TOO_DEEP',
        message: `this is nested more than ${maximumDepth} levels deep`,
        place: this.token,
        hint: 'Move inner parts to views.',
      });
    }
  }

  leave(): void {
    this.depth--;
  }

  /** Checks the length of `a + b + c …`, whose tree is as deep as it is long. */
  checkChain(length: number): void {
    if (length > maximumChainLength) {
      this.fail({
        code: 'SQL_TOO_DEEP',
        message: `more than ${maximumChainLength} operators in a row`,
        place: this.token,
        hint: 'Group parts with parentheses; a long chain of OR over one column is shorter as IN (…).',
      });
    }
  }

  // ------------------------------------------------------------ problems

  report(code: string, message: string, place: Place, hint?: string): void {
    this.problems.push({ code, message, place: { start: place.start, end: place.end }, ...(hint && { hint }) });
  }

  /** Reports what Flink knows and Isobar refuses; parsing goes on. */
  unsupported(what: string, place: Place, hint?: string): void {
    this.report('SQL_UNSUPPORTED', `${what} is not supported`, place, hint);
  }

  fail(problem: Problem & { place: Place }): never {
    this.report(problem.code, problem.message, problem.place, problem.hint);
    throw new ParseFailure();
  }

  /** The token at hand does not fit. `keywords` are those that would: a misspelt one is recognised. */
  unexpected(expected: string, keywords: readonly string[] = [], hint?: string): never {
    const { token } = this;
    if (token.kind === 'broken') throw new ParseFailure();
    this.rejectTrailingComma();
    if (token.kind === 'symbol' && token.text === '==') this.fail(doubledEquals(token));
    const misspelt = this.misspelt(keywords);
    this.fail({
      code: 'SQL_SYNTAX',
      message: `expected ${expected}, found ${this.describe(misspelt?.token ?? token)}`,
      place: misspelt?.token ?? this.visiblePlace(token),
      hint: misspelt ? `Did you mean ${misspelt.keyword}?` : (hint ?? this.hintFor(token)),
    });
  }

  /** A name is missing, or it is a reserved word. */
  failName(what: string): never {
    const { kind, text, start, end } = this.token;
    if (kind === 'word' && isReserved(text) && !isStructural(text)) this.failReserved(what);
    if (kind === 'word' && isStructural(text) && this.looksLikeName()) this.failReserved(what);
    const written = this.text.slice(start, end);
    if (kind === 'string')
      this.unexpected(what, [], `Single quotes make a string. Write \`${text}\` for a name, not ${written}.`);
    this.unexpected(what, [], kind === 'number' ? 'A name begins with a letter; any other needs backquotes.' : undefined);
  }

  failReserved(what: string): never {
    this.reportReserved(what);
    throw new ParseFailure();
  }

  reportReserved(what: string): void {
    const written = this.text.slice(this.token.start, this.token.end);
    const hint = `Put it in backquotes to use it as a name: \`${written}\`.`;
    this.report('SQL_RESERVED_WORD', `expected ${what}, found the reserved word ${written}`, this.token, hint);
  }

  /** Fails if the token at hand follows a comma that should not be there. */
  rejectTrailingComma(): void {
    const { previous, token } = this;
    if (previous?.kind !== 'symbol' || previous.text !== ',') return;
    const closes = this.atEnd() || (token.kind === 'symbol' && ')]>}'.includes(token.text));
    if (!closes && !(token.kind === 'word' && isStructural(token.text) && !this.looksLikeName())) return;
    this.fail({
      code: 'SQL_SYNTAX',
      message: `nothing follows this comma: found ${this.describe(token)}`,
      place: previous,
      hint: 'Remove the comma, or write what is missing behind it.',
    });
  }

  describe(token: Token): string {
    const written = this.text.slice(token.start, token.end);
    if (token.kind === 'end') return 'the end of the file';
    if (token.kind === 'symbol' && token.text === ';') return 'the end of the statement';
    if (token.kind === 'string' || token.kind === 'unicode-string') return `the string ${shorten(written)}`;
    if (token.kind === 'number') return `the number ${shorten(written)}`;
    return token.kind === 'name' ? shorten(written) : `"${shorten(written)}"`;
  }

  /** Whether what follows the structural word at hand only follows a name: `order, end`, `group = 1`. */
  private looksLikeName(): boolean {
    const { kind, text } = this.ahead(1);
    if (kind === 'word') return text === 'FROM' || text === 'AS';
    return kind === 'symbol' && [',', ')', '.', '=', '<>', '<', '>', '<=', '>='].includes(text);
  }

  /** A word near one of the keywords: at hand, or taken just before as an alias. */
  private misspelt(keywords: readonly string[]): { token: Token; keyword: string } | undefined {
    if (keywords.length === 0) return undefined;
    for (const token of [this.token, this.previous]) {
      if (token?.kind !== 'word' || isReserved(token.text)) continue;
      if (token.text.length < 3 || token.text.length > maximumMisspeltLength) continue;
      const keyword = nearest(token.text, keywords);
      if (keyword !== undefined && keyword !== token.text) return { token, keyword };
    }
    return undefined;
  }

  private hintFor(token: Token): string {
    if (token.kind === 'symbol' && token.text === ')')
      return 'There is one ")" too many, or something is missing in front of it.';
    if (this.atEnd()) return 'The statement stops too early: write the rest.';
    return `Something is missing or too much in front of ${this.describe(token)}.`;
  }

  /** At the end of the file there is nothing to point at: the last token is shown instead. */
  private visiblePlace(token: Token): Place {
    const last = this.previous;
    return token.kind === 'end' && last ? { start: last.end - 1, end: last.end } : token;
  }

  private lineOf(token: Token): string {
    if (token.start < this.lineFrom) {
      this.line = 1;
      this.lineFrom = 0;
    }
    for (
      let end = this.text.indexOf('\n', this.lineFrom);
      end !== -1 && end < token.start;
      end = this.text.indexOf('\n', end + 1)
    ) {
      this.line++;
      this.lineFrom = end + 1;
    }
    return `line ${this.line}`;
  }

  /** Starts anew at a statement's beginning. */
  resetDepth(): void {
    this.depth = 0;
  }
}

const isCollection = ({ kind, text }: Token): boolean =>
  kind === 'word' && (text === 'ARRAY' || text === 'MAP' || text === 'MULTISET' || text === 'ROW');

export function orList(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

function shorten(text: string): string {
  const line = text.split('\n', 1)[0];
  return line.length > 40 || line.length < text.length ? `${line.slice(0, 37)}…` : line;
}

function doubledEquals(token: Token): Problem & { place: Place } {
  return { code: 'SQL_SYNTAX', message: '"==" is not an operator', place: token, hint: 'Write a single "=" to compare.' };
}

/** A string literal standing for a word. */
export function wordLiteral(text: string, place: Place): ExpressionNode {
  return { kind: 'literal', type: 'string', text, place };
}

export function nullLiteral(place: Place): ExpressionNode {
  return { kind: 'literal', type: 'null', place };
}
