import type { SourceText } from '../base/place.ts';
import { readSource } from '../compile/read-source.ts';

/** Flink SQL: its text, or the file that holds it. */
export type SqlSource = string | { readonly file: string };

/** Fails with a ProblemsError when the file cannot be read. */
export function sourceText(source: SqlSource): SourceText {
  return typeof source === 'string' ? { name: 'sql', text: source } : readSource(source.file);
}
