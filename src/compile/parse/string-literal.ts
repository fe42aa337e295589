import type { LiteralNode } from './ast.ts';
import type { Cursor } from './cursor.ts';

/**
 * A string or binary literal, with U&'…' UESCAPE and with its continuations: literals that follow one another are one.
 */
export function parseStringLiteral(cursor: Cursor): LiteralNode {
  const { start, kind } = cursor.token;
  let text = parsePart(cursor);
  while (kind !== 'double-quoted' && (cursor.token.kind === 'string' || (kind === 'binary' && cursor.token.kind === 'binary'))) {
    text += parsePart(cursor);
  }
  const place = cursor.placeFrom(start);
  if (kind !== 'binary') return { kind: 'literal', type: 'string', text, place };
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) {
    const message = "a binary literal x'…' has two hexadecimal digits for each byte";
    cursor.fail({ code: 'SQL_BINARY_LITERAL', message, place, hint: "For example x'0AFF' for two bytes." });
  }
  return { kind: 'literal', type: 'binary', text, place };
}

function parsePart(cursor: Cursor): string {
  const token = cursor.next();
  if (token.kind !== 'unicode-string') return token.text;
  let escape = '\\';
  if (cursor.acceptWord('UESCAPE')) {
    const { value, place } = cursor.string('the escape character in quotes');
    if (value.length !== 1 || /[\s0-9a-fA-F+'"]/.test(value)) {
      const message = 'UESCAPE takes one character that is no hexadecimal digit, plus sign, quote or space';
      cursor.fail({ code: 'SQL_UNICODE_ESCAPE', message, place, hint: "For example UESCAPE '!'." });
    }
    escape = value;
  }
  return unescape(cursor, token.text, escape, token);
}

function unescape(cursor: Cursor, text: string, escape: string, place: { start: number; end: number }): string {
  let result = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== escape) {
      result += text[i];
    } else if (text[i + 1] === escape) {
      result += escape;
      i++;
    } else if (/^[0-9a-fA-F]{4}$/.test(text.slice(i + 1, i + 5))) {
      result += String.fromCharCode(Number.parseInt(text.slice(i + 1, i + 5), 16));
      i += 4;
    } else {
      const message = `"${text.slice(i, i + 5)}" is not a unicode escape`;
      cursor.fail({
        code: 'SQL_UNICODE_ESCAPE',
        message,
        place,
        hint: `Write ${escape} and four hexadecimal digits, or ${escape}${escape} for the character itself.`,
      });
    }
  }
  return result;
}
