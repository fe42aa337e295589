import { EvaluationError } from './function.ts';
import { JavaPatternError } from './java-regexp-reader.ts';
import { translateJavaPattern } from './java-regexp.ts';

/**
 * Java's `text.split(pattern, limit)`: at most `limit` parts, or as many as there are when it is 0; empty parts at the end
 * are then left out. A match of no characters at the start separates nothing.
 */
export function javaSplit(text: string, pattern: string, limit: number): string[] {
  const regExp = separatorOf(pattern);
  const parts: string[] = [];
  let start = 0;
  regExp.lastIndex = 0;
  for (let match = regExp.exec(text); match !== null; match = regExp.exec(text)) {
    if (match[0] === '') regExp.lastIndex++;
    if (limit > 0 && parts.length === limit - 1) break;
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && match.index >= text.length)) continue;
    parts.push(text.slice(start, match.index));
    start = end;
  }
  parts.push(text.slice(start));
  if (limit === 0) while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}

const separators = new Map<string, RegExp>();
const MAX_CACHED = 1000;

function separatorOf(pattern: string): RegExp {
  let regExp = separators.get(pattern);
  if (regExp === undefined) {
    try {
      ({ regExp } = translateJavaPattern(pattern, false));
    } catch (error) {
      if (error instanceof JavaPatternError) throw new EvaluationError(`'${pattern}' cannot separate text: ${error.message}`);
      throw error;
    }
    if (separators.size >= MAX_CACHED) separators.clear();
    separators.set(pattern, regExp);
  }
  return regExp;
}
