/**
 * Flink counts text by code point: 😀 is one character, although a JavaScript string holds it as two. Text without
 * surrogates, which is nearly all text, is handled by plain string operations.
 */

const SURROGATE = /[\ud800-\udfff]/;

/** True when positions in the string are positions of code points. */
export const isPlain = (text: string): boolean => !SURROGATE.test(text);

const NOT_ASCII = /[^\0-\x7f]/;

export const isAscii = (text: string): boolean => !NOT_ASCII.test(text);

export function codePointLength(text: string): number {
  let length = text.length;
  if (isPlain(text)) return length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isPairAt(text, i)) {
      length--;
      i++;
    }
  }
  return length;
}

function isPairAt(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(i + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}

/** Where code point `count` begins in the string; its length when there are not so many. */
export function indexOfCodePoint(text: string, count: number): number {
  let i = 0;
  for (let n = 0; n < count && i < text.length; n++) i += isPairAt(text, i) ? 2 : 1;
  return i;
}

/** The first `count` code points. */
export function takeCodePoints(text: string, count: number): string {
  if (text.length <= count) return text;
  return isPlain(text) ? text.slice(0, count) : text.slice(0, indexOfCodePoint(text, count));
}

/** Code points `start` … `end - 1`, counted from 0. */
export function sliceCodePoints(text: string, start: number, end: number): string {
  if (isPlain(text)) return text.slice(start, end);
  const from = indexOfCodePoint(text, start);
  return text.slice(from, from + indexOfCodePoint(text.slice(from), end - start));
}

/** The number of code points before an index of the string. */
export function codePointsBefore(text: string, index: number): number {
  return codePointLength(text.slice(0, index));
}

/** Half a character, which Java's functions may leave, becomes `?` when Java writes it as UTF-8. */
export function wellFormed(text: string): string {
  return text.isWellFormed()
    ? text
    : text.toWellFormed().replaceAll('\ufffd', (_, i: number) => (text[i] === '\ufffd' ? '\ufffd' : '?'));
}
