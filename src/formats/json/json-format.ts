import type { BoundFormat } from '../../connectors/connector.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { Format } from '../format.ts';
import { FormatOptions } from '../format-options.ts';
import { createJsonDecoder, jsonDecoderCode } from './json-decoder.ts';
import { createJsonEncoder } from './json-encoder.ts';
import type { JsonOptions } from './json-options.ts';

const OPTION_NAMES = [
  'fail-on-missing-field',
  'ignore-parse-errors',
  'timestamp-format.standard',
  'map-null-key.mode',
  'map-null-key.literal',
  'encode.decimal-as-plain-number',
  'encode.ignore-null-fields',
  'decode.json-parser.enabled',
];

const optionsOf = (bound: BoundFormat): JsonOptions => bound.settings as unknown as JsonOptions;

/** Flink's json format: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/connectors/table/formats/json/ */
export const jsonFormat: Format = {
  name: 'json',
  summary: 'One JSON object per record, a field for each column.',

  bind(prefix, tableOptions, table, report) {
    const options = new FormatOptions(prefix, tableOptions, OPTION_NAMES, report);
    const settings: JsonOptions = {
      failOnMissingField: options.boolean('fail-on-missing-field', false),
      ignoreParseErrors: options.boolean('ignore-parse-errors', false),
      timestampStandard: options.oneOf('timestamp-format.standard', ['SQL', 'ISO-8601'], 'SQL'),
      mapNullKeyMode: options.oneOf('map-null-key.mode', ['FAIL', 'DROP', 'LITERAL'], 'FAIL', true),
      mapNullKeyLiteral: options.text('map-null-key.literal') ?? 'null',
      encodeDecimalAsPlainNumber: options.boolean('encode.decimal-as-plain-number', false),
      encodeIgnoreNullFields: options.boolean('encode.ignore-null-fields', false),
      parserEnabled: options.boolean('decode.json-parser.enabled', true),
    };
    if (settings.failOnMissingField && settings.ignoreParseErrors) {
      options.mistake(
        'ignore-parse-errors',
        `does not go with '${prefix}fail-on-missing-field'`,
        'Set only one of the two to true.',
      );
    }
    for (const field of table.physical) {
      const map = mapWithoutTextKey(field.type);
      if (map === undefined) continue;
      report('SQL_UNSUPPORTED_TYPE', `the json format needs text as keys of a map: column "${field.name}"`, table.place);
    }
    return { format: 'json', settings: { ...settings } };
  },

  createDecoder: (bound, schema, targets) => createJsonDecoder(schema, targets, optionsOf(bound)),
  createEncoder: (bound, schema, sources) => createJsonEncoder(schema, sources, optionsOf(bound)),
  decoderCode: (bound, schema) => jsonDecoderCode(schema, optionsOf(bound)),
};

function mapWithoutTextKey(type: SqlType): SqlType | undefined {
  switch (type.kind) {
    case 'MAP':
      return isText(type.key) ? mapWithoutTextKey(type.value) : type;
    case 'MULTISET':
      return isText(type.element) ? undefined : type;
    case 'ARRAY':
      return mapWithoutTextKey(type.element);
    case 'ROW':
      return type.fields.map((field) => mapWithoutTextKey(field.type)).find((found) => found !== undefined);
    default:
      return undefined;
  }
}

const isText = (type: SqlType): boolean => type.kind === 'CHAR' || type.kind === 'VARCHAR';
