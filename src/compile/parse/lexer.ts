import type { SourceText } from '../../base/place.ts';
import type { Problem } from '../../base/problem.ts';
import type { Token, TokenKind } from './token.ts';

const twoCharacterSymbols = new Set(['<>', '<=', '>=', '!=', '==', '||', '&&', '=>', '->', '::']);
const oneCharacterSymbols = '()[]{},;.:+-*/%=<>?|^@!&~';
const curlyQuotes = '‘’“”„‚´';

/**
 * Cuts the text into tokens; the last one is of kind `end`. Comments and white space fall away, hints stay: their opening is
 * the symbol slash-star-plus. Mistakes are added to `problems`. Time is linear in the text.
 */
export function tokenize(source: SourceText, problems: Problem[]): Token[] {
  const { text } = source;
  // A forgotten quote turns all following strings inside out and shows only at the end of the file. The culprit is then likely
  // the first string that spans lines and has a letter directly behind it: where a string would begin if it were not inside
  // out. A second pass ends it at its line, and gets everything behind it right.
  const lexer = new Lexer(text, -1);
  lexer.run();
  if (lexer.firstUnterminated === -1) {
    problems.push(...lexer.problems);
    return lexer.tokens;
  }
  const culprit = [lexer.firstInsideOut, lexer.firstMultiLine, lexer.firstUnterminated].find((start) => start !== -1)!;
  const again = new Lexer(text, culprit);
  again.run();
  problems.push(...again.problems);
  return again.tokens;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly problems: Problem[] = [];
  /** Where the quoted token begins that the text's end cut off, or -1. */
  firstUnterminated = -1;
  /** Where the first quoted token begins that spans lines, or -1. */
  firstMultiLine = -1;
  /** As above, and a letter follows directly. */
  firstInsideOut = -1;
  private readonly text: string;
  /** From here on, the first quoted token that spans lines is unterminated. */
  private readonly culprit: number;
  private position = 0;
  private inHint = false;
  /** The last hint's opening in `tokens`. */
  private hintIndex = 0;
  private lineEndFrom = 0;
  private lineEndFound = -1;

  constructor(text: string, culprit: number) {
    this.text = text;
    this.culprit = culprit;
  }

  run(): void {
    const { text } = this;
    while (this.position < text.length) this.step(text.charCodeAt(this.position));
    if (this.inHint) {
      this.unterminated('SQL_UNTERMINATED_COMMENT', 'hint', this.tokens[this.hintIndex].start, 'Close the hint with */.');
      this.tokens[this.hintIndex] = { ...this.tokens[this.hintIndex], kind: 'broken' };
    }
    this.add('end', '', text.length);
  }

  private step(code: number): void {
    const { text, position: start } = this;
    if (code === 32 || (code >= 9 && code <= 13) || code === 0xfeff) {
      this.position++;
    } else if (isLetter(code)) {
      this.word(start);
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(start + 1)))) {
      this.number(start);
    } else if (code === 39) {
      this.quoted('string', start, start, "'");
    } else if (code === 96) {
      this.quoted('name', start, start, '`');
    } else if (code === 34) {
      this.doubleQuoted(start);
    } else if ((code === 45 || code === 47) && text.charCodeAt(start + 1) === code) {
      this.position = this.lineEnd(start);
    } else if (code === 47 && text.charCodeAt(start + 1) === 42) {
      this.comment(start);
    } else {
      this.symbol(start, code);
    }
  }

  private word(start: number): void {
    const { text } = this;
    let end = start + 1;
    for (let code = text.charCodeAt(end); isLetter(code) || isDigit(code); code = text.charCodeAt(++end));
    const next = text.charCodeAt(end);
    if (next === 39 && end - start === 1) {
      const prefix = text[start];
      if (prefix === 'x' || prefix === 'X') return this.quoted('binary', start, end, "'");
      if (prefix === 'n' || prefix === 'N') return this.quoted('string', start, end, "'");
    }
    if (next === 39 && text[start] === '_') return this.quoted('string', start, end, "'");
    if (next === 38 && end - start === 1 && (text[start] === 'u' || text[start] === 'U') && text[end + 1] === "'") {
      return this.quoted('unicode-string', start, end + 1, "'");
    }
    this.position = end;
    this.add('word', text.slice(start, end).toUpperCase(), start);
  }

  private number(start: number): void {
    const { text } = this;
    let end = this.digits(start);
    if (text[end] === '.') end = this.digits(end + 1);
    if (text[end] === 'e' || text[end] === 'E') {
      const sign = text[end + 1] === '+' || text[end + 1] === '-' ? 1 : 0;
      if (isDigit(text.charCodeAt(end + 1 + sign))) end = this.digits(end + 1 + sign);
    }
    this.position = end;
    this.add('number', text.slice(start, end), start);
  }

  private digits(from: number): number {
    let end = from;
    while (isDigit(this.text.charCodeAt(end))) end++;
    return end;
  }

  /** `open` is where the opening quote stands; a doubled quote stands for one. */
  private quoted(kind: TokenKind, start: number, open: number, quote: string): void {
    const { text } = this;
    let value = '';
    let from = open + 1;
    for (;;) {
      const close = text.indexOf(quote, from);
      if (close !== -1 && text[close + 1] === quote) {
        value += text.slice(from, close + 1);
        from = close + 2;
        continue;
      }
      const lineEnd = this.lineEnd(open);
      const multiLine = close === -1 || close > lineEnd;
      if (multiLine && close !== -1) this.noteMultiLine(start, close);
      if (close === -1 || (multiLine && start === this.culprit)) return this.unterminatedQuote(kind, start, lineEnd, quote);
      this.position = close + 1;
      return this.add(kind, value + text.slice(from, close), start);
    }
  }

  private noteMultiLine(start: number, close: number): void {
    if (this.firstMultiLine === -1) this.firstMultiLine = start;
    const follower = this.text.charCodeAt(close + 1);
    if (this.firstInsideOut === -1 && (isLetter(follower) || isDigit(follower))) this.firstInsideOut = start;
  }

  private unterminatedQuote(kind: TokenKind, start: number, lineEnd: number, quote: string): void {
    if (this.firstUnterminated === -1) this.firstUnterminated = start;
    const place = { start, end: this.trimmedLineEnd(start, lineEnd) };
    const name = kind === 'name';
    this.problems.push({
      code: name ? 'SQL_UNTERMINATED_NAME' : 'SQL_UNTERMINATED_STRING',
      message: name ? 'this name in backquotes has no closing backquote' : 'this string has no closing quote',
      place,
      hint: name
        ? 'Close the name with `. A backquote inside a name is written twice.'
        : "Close the string with '. A quote inside a string is written twice: 'it''s'.",
    });
    this.position = place.end;
    this.add('broken', quote, start);
    this.position = lineEnd;
  }

  private doubleQuoted(start: number): void {
    const { text } = this;
    const lineEnd = this.lineEnd(start);
    const close = text.indexOf('"', start + 1);
    const closed = close !== -1 && close < lineEnd;
    this.position = closed ? close + 1 : start + 1;
    const value = text.slice(start + 1, closed ? close : start + 1);
    this.problems.push({
      code: 'SQL_DOUBLE_QUOTES',
      message: 'double quotes have no meaning in flink sql',
      place: { start, end: this.position },
      hint: closed
        ? `Write '${value.replaceAll("'", "''")}' for a string, or \`${value.replaceAll('`', '``')}\` for a name.`
        : "Write single quotes ' around a string and backquotes ` around a name.",
    });
    this.add(closed ? 'double-quoted' : 'broken', value, start);
  }

  private comment(start: number): void {
    const { text } = this;
    if (text[start + 2] === '+') {
      this.position = start + 3;
      this.inHint = true;
      this.hintIndex = this.tokens.length;
      return this.add('symbol', '/*+', start);
    }
    const close = text.indexOf('*/', start + 2);
    if (close !== -1) {
      this.position = close + 2;
      return;
    }
    this.unterminated('SQL_UNTERMINATED_COMMENT', 'comment', start, 'Close the comment with */.');
    this.position = text.length;
    this.add('broken', '', text.length);
  }

  private unterminated(code: string, what: string, start: number, hint: string): void {
    const place = { start, end: this.trimmedLineEnd(start, this.lineEnd(start)) };
    this.problems.push({ code, message: `this ${what} is never closed`, place, hint });
  }

  private symbol(start: number, code: number): void {
    const { text } = this;
    if (this.inHint && code === 42 && text[start + 1] === '/') {
      this.inHint = false;
      this.position = start + 2;
      return this.add('symbol', '*/', start);
    }
    const two = text.slice(start, start + 2);
    const one = text[start];
    if (twoCharacterSymbols.has(two)) {
      this.position = start + 2;
      this.add('symbol', two, start);
    } else if (oneCharacterSymbols.includes(one)) {
      this.position = start + 1;
      this.add('symbol', one, start);
    } else {
      this.strange(start);
    }
  }

  /** A run of characters that no token begins with. */
  private strange(start: number): void {
    const { text } = this;
    const character = String.fromCodePoint(text.codePointAt(start)!);
    this.position = start + character.length;
    const place = { start, end: this.position };
    const code = character.codePointAt(0)!;
    const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    if (/\s/u.test(character)) {
      const message = `a special space character (${shown}) stands here`;
      this.problems.push({ code: 'SQL_CHARACTER', message, place, hint: 'Replace it with an ordinary space.' });
      return;
    }
    if (curlyQuotes.includes(character)) {
      const hint = "Write straight quotes: ' around a string, ` around a name.";
      this.problems.push({ code: 'SQL_CHARACTER', message: `the typographic quote ${character} is not a quote`, place, hint });
    } else {
      const message = `the character ${code < 32 ? shown : `"${character}"`} has no meaning here`;
      this.problems.push({ code: 'SQL_CHARACTER', message, place, hint: 'Remove it, or put it in quotes.' });
    }
    this.add('broken', character, start);
  }

  /** Remembers the last answer: a very long line is not searched again for each of its strings. */
  private lineEnd(from: number): number {
    if (from < this.lineEndFrom || from > this.lineEndFound) {
      const end = this.text.indexOf('\n', from);
      this.lineEndFrom = from;
      this.lineEndFound = end === -1 ? this.text.length : end;
    }
    return this.lineEndFound;
  }

  private trimmedLineEnd(start: number, lineEnd: number): number {
    let end = lineEnd;
    while (end > start + 1 && this.text.charCodeAt(end - 1) <= 32) end--;
    return end;
  }

  private add(kind: TokenKind, text: string, start: number): void {
    this.tokens.push({ kind, text, start, end: this.position });
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Letters as Calcite's lexer has them: with _ and $, and the letters of other scripts. */
function isLetter(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
  return (
    (code >= 0xc0 && code <= 0x1fff && code !== 0xd7 && code !== 0xf7) ||
    (code >= 0x3040 && code <= 0x318f) ||
    (code >= 0x3300 && code <= 0x3d2d) ||
    (code >= 0x4e00 && code <= 0x9fff) ||
    (code >= 0xf900 && code <= 0xfaff)
  );
}
