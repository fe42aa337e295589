import { nearest } from '../base/nearest.ts';
import { findFormat, formatNames } from '../formats/registry.ts';
import type { Schema } from '../types/schema.ts';
import type { BoundFormat } from './connector.ts';
import type { OptionReader } from './options.ts';

/**
 * Binds the format that option `key` names (`format`, `value.format` or `key.format`), or undefined when the option is not
 * set. As in Flink, the format's own options begin with its name, behind `value.` or `key.` where the option's key does.
 * `fields` are those that the format reads or writes; `fallback` is the format when the option is not set.
 */
export function bindFormat(reader: OptionReader, key: string, fields: Schema, fallback?: string): BoundFormat | undefined {
  const name = reader.text(key) ?? fallback;
  if (name === undefined) return undefined;
  const format = findFormat(name);
  if (format === undefined) {
    const near = nearest(name, formatNames());
    const known = formatNames().join(', ');
    reader.report(
      'SQL_UNKNOWN_FORMAT',
      `there is no format '${name}'`,
      reader.valuePlace(key),
      near === undefined ? `The formats are: ${known}.` : `Did you mean '${near}'?`,
    );
    return undefined;
  }
  const prefix = `${key.slice(0, key.length - 'format'.length)}${name}.`;
  reader.claimPrefix(prefix);
  if (name === 'raw' && key !== 'format' && fields.length !== 1) {
    reader.invalid(key, `needs exactly one column, and here there are ${fields.length}`);
  }
  return format.bind(prefix, reader.table.options, { ...reader.table, physical: fields }, reader.report);
}
