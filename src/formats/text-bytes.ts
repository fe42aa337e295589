/** Writes a string in UTF-8, half a character as a question mark, and returns the position behind it. Takes up to three bytes a unit. */
export function putUtf8(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes[at++] = unit;
    else {
      at = putUnit(bytes, at, text, i);
      if (isPair(text, i)) i++;
    }
  }
  return at;
}

/** Writes the character above 0x7f that begins at unit i: a pair of surrogates as one. */
export function putUnit(bytes: Uint8Array, at: number, text: string, i: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0x800) {
    bytes[at] = 0xc0 | (unit >> 6);
    bytes[at + 1] = 0x80 | (unit & 0x3f);
    return at + 2;
  }
  if (unit < 0xd800 || unit > 0xdfff) {
    bytes[at] = 0xe0 | (unit >> 12);
    bytes[at + 1] = 0x80 | ((unit >> 6) & 0x3f);
    bytes[at + 2] = 0x80 | (unit & 0x3f);
    return at + 3;
  }
  if (!isPair(text, i)) {
    bytes[at] = 0x3f;
    return at + 1;
  }
  const point = ((unit & 0x3ff) << 10) + (text.charCodeAt(i + 1) & 0x3ff) + 0x10000;
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 0x3f);
  bytes[at + 2] = 0x80 | ((point >> 6) & 0x3f);
  bytes[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** True when a surrogate pair begins at unit i. */
export function isPair(text: string, i: number): boolean {
  if (i + 1 >= text.length) return false;
  return (text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
}
