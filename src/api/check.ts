import { ProblemsError, type Problem } from '../base/problem.ts';
import { compile } from '../compile/compile.ts';
import { sourceText, type SqlSource } from './sql-source.ts';

/**
 * Every mistake in a pipeline, with its place, without running it; none when it would start.
 *
 *     for (const { code, message } of check({ file: 'pipelines/weather.sql' })) console.error(code, message);
 */
export function check(source: SqlSource, options: { readonly local?: boolean } = {}): readonly Problem[] {
  try {
    compile(sourceText(source), { local: options.local ?? true });
    return [];
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems;
    throw error;
  }
}
