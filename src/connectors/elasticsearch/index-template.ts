import { isText, type SqlType } from '../../types/sql-type.ts';
import type { ConnectedTable } from '../connector.ts';
import type { ElasticsearchSettings } from './bind.ts';

/** A composable index template (Elasticsearch 7.8 or newer). */
export interface IndexTemplate {
  readonly name: string;
  /** The index, or for a dynamic index the pattern of all its names. */
  readonly pattern: string;
  /** The body of `PUT _index_template/NAME`. */
  readonly body: Readonly<Record<string, unknown>>;
}

type Mapping = Readonly<Record<string, unknown>>;

/** Who made the template: one with these words may be replaced when the table changes. */
export const MADE_BY = 'isobar';

/**
 * The template for a table's index: times become dates in the form in which the JSON format writes them, text of the primary
 * key becomes keywords, numbers keep their precision. What is not named is left to Elasticsearch (text with a keyword below).
 * Undefined when the index may have any name at all.
 */
export function indexTemplateOf(table: ConnectedTable): IndexTemplate | undefined {
  const { index } = table.bound.settings as unknown as ElasticsearchSettings;
  const pattern = index.replace(/\{.*\}/s, '*');
  const isDynamic = pattern !== index;
  if (pattern === '*') return undefined;
  const isIso = table.bound.format?.settings.timestampStandard === 'ISO-8601';
  const properties: Record<string, Mapping> = {};
  for (const { name, type } of table.physical) {
    const isKeyText = table.primaryKey.includes(name) && isText(type);
    const mapping = isKeyText ? { type: 'keyword' } : mappingOf(type, isIso);
    if (mapping !== undefined) properties[name] = mapping;
  }
  return {
    name: `isobar-${isDynamic ? pattern.replace('*', 'dynamic') : index}`,
    pattern,
    body: { index_patterns: [pattern], priority: 0, template: { mappings: { properties } }, _meta: { made_by: MADE_BY } },
  };
}

/** A long keeps this many digits whole. */
const LONG_DIGITS = 18;

function mappingOf(type: SqlType, isIso: boolean): Mapping | undefined {
  switch (type.kind) {
    case 'DATE':
      return { type: 'date', format: 'yyyy-MM-dd' };
    case 'TIME':
      return { type: 'date', format: 'HH:mm:ss||hour_minute_second_fraction' };
    case 'TIMESTAMP':
      return { type: 'date', format: isIso ? ISO : sqlTimestamps('') };
    case 'TIMESTAMP_LTZ':
      return { type: 'date', format: isIso ? ISO : sqlTimestamps(`'Z'`) };
    case 'BOOLEAN':
      return { type: 'boolean' };
    case 'TINYINT':
      return { type: 'byte' };
    case 'SMALLINT':
      return { type: 'short' };
    case 'INTEGER':
      return { type: 'integer' };
    case 'BIGINT':
      return { type: 'long' };
    case 'FLOAT':
      return { type: 'float' };
    case 'DOUBLE':
      return { type: 'double' };
    case 'DECIMAL':
      return { type: type.scale === 0 && type.precision <= LONG_DIGITS ? 'long' : 'double' };
    case 'BINARY':
    case 'VARBINARY':
      return { type: 'binary' };
    case 'ARRAY':
      return mappingOf(type.element, isIso);
    case 'ROW': {
      const fields = type.fields.flatMap((field) => {
        const mapping = mappingOf(field.type, isIso);
        return mapping === undefined ? [] : [[field.name, mapping] as const];
      });
      return { properties: Object.fromEntries(fields) };
    }
    default:
      return undefined;
  }
}

/** Takes any number of digits behind the second, and a Z. */
const ISO = 'strict_date_optional_time';

/**
 * Forms of a timestamp as the standard `SQL` writes it, with up to nine digits behind the second and no closing zeros. The first
 * is the one in which Elasticsearch writes the field.
 */
function sqlTimestamps(zone: string): string {
  const digits = Array.from({ length: 9 }, (_, i) => `[.${'S'.repeat(9 - i)}]`).join('');
  return ['.SSS', '', digits].map((fraction) => `yyyy-MM-dd HH:mm:ss${fraction}${zone}`).join('||');
}
