import type { BoundFormat, TableDeclaration } from '../../connectors/connector.ts';
import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { typeName } from '../../types/sql-type.ts';
import type { Format } from '../format.ts';
import { FormatOptions } from '../format-options.ts';
import { createCsvDecoder } from './csv-decoder.ts';
import { createCsvEncoder } from './csv-encoder.ts';
import type { CsvOptions } from './csv-options.ts';

const OPTION_NAMES = [
  'field-delimiter',
  'disable-quote-character',
  'quote-character',
  'allow-comments',
  'ignore-parse-errors',
  'array-element-delimiter',
  'escape-character',
  'null-literal',
  'write-bigdecimal-in-scientific-notation',
];

const optionsOf = (bound: BoundFormat): CsvOptions => bound.settings as unknown as CsvOptions;

/** Flink's csv format: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/table/formats/csv/ */
export const csvFormat: Format = {
  name: 'csv',
  summary: 'One line of separated values per record.',

  bind(prefix, tableOptions, table, report) {
    const options = new FormatOptions(prefix, tableOptions, OPTION_NAMES, report);
    const disableQuote = options.boolean('disable-quote-character', false);
    if (disableQuote && options.has('quote-character')) {
      options.mistake('quote-character', `does not go with '${prefix}disable-quote-character'`, 'Remove one of the two options.');
    }
    const settings: CsvOptions = {
      fieldDelimiter: character(options, 'field-delimiter', ',', true) ?? ',',
      quoteCharacter: disableQuote ? null : character(options, 'quote-character', '"'),
      allowComments: options.boolean('allow-comments', false),
      ignoreParseErrors: options.boolean('ignore-parse-errors', false),
      arrayElementDelimiter: character(options, 'array-element-delimiter', ';') ?? ';',
      escapeCharacter: character(options, 'escape-character', null),
      nullLiteral: options.text('null-literal') ?? null,
      writeBigDecimalInScientificNotation: options.boolean('write-bigdecimal-in-scientific-notation', true),
      columns: columnsOfLine(prefix, table),
    };
    for (const field of table.physical) {
      const wrong = unsupportedType(field.type, true);
      if (wrong === undefined) continue;
      report('SQL_UNSUPPORTED_TYPE', `the csv format has no ${typeName(wrong)}: column "${field.name}"`, table.place);
    }
    return { format: 'csv', settings: { ...settings } };
  },

  createDecoder: (bound, schema, targets) => createCsvDecoder(schema, targets, optionsOf(bound)),
  createEncoder: (bound, schema, sources) => createCsvEncoder(schema, sources, optionsOf(bound)),
};

function character(options: FormatOptions, name: string, otherwise: string | null, unescape = false): string | null {
  const text = options.text(name);
  if (text === undefined) return otherwise;
  const value = unescape ? unescapeJava(text) : text;
  if (value.length === 1) return value;
  options.mistake(name, 'is not a single character');
  return otherwise;
}

const JAVA_ESCAPES: Readonly<Record<string, string>> = { b: '\b', n: '\n', t: '\t', f: '\f', r: '\r' };

/** Undoes Java's escapes, so that `\t` and `\u0001` can be written in SQL. */
function unescapeJava(text: string): string {
  return text.replace(
    /\\(?:u+([0-9a-fA-F]{4})|([0-3]?[0-7]{1,2})|(.)|$)/gs,
    (_all, hex?: string, octal?: string, char?: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return char === undefined ? '' : (JAVA_ESCAPES[char] ?? char);
    },
  );
}

/**
 * What a line holds. A line knows no names, so the places of the columns come from the declaration: all of them, those of the
 * key in the order of key.fields, or with EXCEPT_KEY those that are not in the key.
 */
function columnsOfLine(prefix: string, table: TableDeclaration): Schema {
  const keyFields = table.options.get('key.fields')?.value.split(';') ?? table.primaryKey;
  if (prefix.startsWith('key.')) {
    const keyPrefix = table.options.get('key.fields-prefix')?.value ?? '';
    return keyFields.flatMap((name) => {
      const field = table.physical.find((candidate) => candidate.name === name);
      return field === undefined ? [] : [{ name: name.slice(keyPrefix.length), type: field.type }];
    });
  }
  const exceptKey = prefix.startsWith('value.') && table.options.get('value.fields-include')?.value === 'EXCEPT_KEY';
  const columns = exceptKey ? table.physical.filter((field) => !keyFields.includes(field.name)) : table.physical;
  return columns.map(({ name, type }) => ({ name, type }));
}

/** The type, or the one inside it, that a line cannot hold: as Flink, arrays and rows of simple types only. */
function unsupportedType(type: SqlType, top: boolean): SqlType | undefined {
  switch (type.kind) {
    case 'MAP':
    case 'MULTISET':
      return type;
    case 'TIME':
      return type.precision > 3 ? type : undefined;
    case 'ARRAY':
      return top ? unsupportedType(type.element, false) : type;
    case 'ROW':
      return top ? type.fields.map((field) => unsupportedType(field.type, false)).find((wrong) => wrong !== undefined) : type;
    default:
      return undefined;
  }
}
