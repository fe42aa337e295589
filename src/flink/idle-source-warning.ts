import { tokenize } from '../compile/parse/lexer.ts';
import type { SourceText } from '../base/place.ts';
import type { JobDetails } from './cluster-client.ts';

/**
 * A reader without a partition of its own holds back the watermark of all: a job with more readers than its topic has partitions
 * then gives no output at all, and no error. Answers the warning where that can happen.
 */
export function idleSourceWarning(
  { text, name }: SourceText,
  vertices: JobDetails['vertices'],
  settings: ReadonlyMap<string, string>,
): string | undefined {
  const timeout = settings.get('table.exec.source.idle-timeout') ?? '0';
  if (!/^0\s*\w*$/.test(timeout.trim())) return undefined;
  const tokens = tokenize({ text, name }, []);
  const has = (kind: string, ...texts: string[]): boolean =>
    tokens.some((token) => token.kind === kind && texts.includes(token.text));
  const waits = has('word', 'WATERMARK') && has('string', 'kafka') && !has('string', 'scan.watermark.idle-timeout');
  const parallelism = Math.max(0, ...vertices.filter((vertex) => vertex.name.startsWith('Source:')).map((v) => v.parallelism));
  if (!waits || parallelism < 2) return undefined;
  return `${parallelism} tasks read the source: if its topic has fewer partitions than that, no window ever closes. SET 'table.exec.source.idle-timeout' = '10 s' prevents it.`;
}
