import type { Place } from '../../base/place.ts';

export type TokenKind =
  /** An unquoted word, keyword or name. `text` is in upper case; a name keeps what the source has. */
  | 'word'
  /** A name in backquotes. `text` is the name. */
  | 'name'
  /** `text` is the value. */
  | 'string'
  /** U&'…': `text` is the value before its escapes are resolved, since UESCAPE stands behind it. */
  | 'unicode-string'
  /** x'…': `text` is the hexadecimal digits. */
  | 'binary'
  /** "…": already reported; it passes as a name and as a string, so that one mistake gives one problem. */
  | 'double-quoted'
  /** `text` is as written. */
  | 'number'
  | 'symbol'
  /** Already reported: the statement that holds it is given up in silence. */
  | 'broken'
  /** Behind the last token; its place is empty, at the end of the text. */
  | 'end';

export interface Token extends Place {
  readonly kind: TokenKind;
  readonly text: string;
}
