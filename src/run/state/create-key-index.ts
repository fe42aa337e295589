import { isText, type SqlType } from '../../types/sql-type.ts';
import { GlobalKeyIndex } from './global-key-index.ts';
import type { KeyIndex } from './key-index.ts';
import { TextKeyIndex } from './text-key-index.ts';
import { WordKeyIndex } from './word-key-index.ts';

/** The index for key columns of these types. */
export function createKeyIndex(types: readonly SqlType[]): KeyIndex {
  if (types.length === 0) return new GlobalKeyIndex();
  if (types.length === 1 && isText(types[0])) return new TextKeyIndex(types[0]);
  return new WordKeyIndex(types);
}
