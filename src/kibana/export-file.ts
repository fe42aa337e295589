import { ProblemsError } from '../base/problem.ts';
import type { SourceText } from '../base/place.ts';

/** A saved object of Kibana, as far as loading it needs to know it. */
export interface SavedObject {
  readonly type: string;
  readonly id: string;
  /** What the user calls it; the id where it has no title. */
  readonly title: string;
}

/** What Kibana's "Export" writes: one saved object a line, as JSON. */
export interface ExportFile {
  readonly name: string;
  readonly text: string;
  readonly objects: readonly SavedObject[];
}

/** Reads an export. Fails with a ProblemsError at the first line that is no saved object: another file has many. */
export function parseExportFile(source: SourceText): ExportFile {
  const objects: SavedObject[] = [];
  let start = 0;
  for (const line of source.text.split('\n')) {
    const found = line.trim() === '' ? undefined : parseLine(line);
    if (typeof found === 'string') {
      const place = { start, end: start + line.trimEnd().length };
      throw new ProblemsError([{ code: 'KIBANA_EXPORT_INVALID', message: found, place, hint: HINT }], source);
    }
    if (found !== undefined) objects.push(...found);
    start += line.length + 1;
  }
  if (objects.length === 0) {
    const message = 'the file holds no saved objects';
    throw new ProblemsError([{ code: 'KIBANA_EXPORT_INVALID', message, hint: HINT }], source);
  }
  return { name: source.name, text: source.text, objects };
}

const HINT = 'Take a file that Kibana exported: Stack Management, Saved Objects, Export.';

/** What is wrong with the line, or its object; none for the summary that Kibana writes last. */
function parseLine(line: string): string | SavedObject[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'the line is no JSON';
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'the line is no JSON object';
  if ('exportedCount' in value) return [];
  const { type, id, attributes } = value as Record<string, unknown>;
  if (typeof type !== 'string' || type === '') return 'the object has no "type"';
  if (typeof id !== 'string' || id === '') return 'the object has no "id"';
  if (attributes === null || typeof attributes !== 'object') return 'the object has no "attributes"';
  const { title } = attributes as { title?: unknown };
  return [{ type, id, title: typeof title === 'string' ? title : id }];
}
