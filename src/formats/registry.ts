import { csvFormat } from './csv/csv-format.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json/json-format.ts';
import { rawFormat } from './raw.ts';

/** All formats. A new one is added here and nowhere else. */
const FORMATS: readonly Format[] = [csvFormat, jsonFormat, rawFormat];

/** The format of this name, as `'format' = '…'` gives it. */
export function findFormat(name: string): Format | undefined {
  return FORMATS.find((format) => format.name === name);
}

export function formatNames(): readonly string[] {
  return FORMATS.map((format) => format.name);
}
