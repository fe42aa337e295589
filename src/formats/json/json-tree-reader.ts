import { javaTrim } from '../../types/civil-parse.ts';
import { bigDecimalToDecimal } from '../../types/decimal.ts';
import type { RowField, SqlType } from '../../types/sql-type.ts';
import type { Value } from '../../types/value.ts';
import { parseJavaDouble, parseJavaFloat } from '../java-parse.ts';
import type { JsonOptions } from './json-options.ts';
import type { RowReader, FieldFailure } from './json-row-reader.ts';
import { FieldError, found, qualified, reasonOf } from './json-row-reader.ts';
import { JsonError } from './json-error.ts';
import { decodeBase64, END, type JsonTokenizer } from './json-tokenizer.ts';
import { DecimalNode, DoubleNode, numberText, readTree, treeText, type JsonTree } from './json-tree.ts';
import {
  bigDecimalOfText,
  booleanOfText,
  dateOfText,
  hasDecimal,
  integerOfText,
  storedText,
  timeOfText,
  timestampOfText,
  type IntegerKind,
} from './json-values.ts';

/**
 * Reads a message as a tree first and then field by field, as Flink's JsonToRowDataConverters do where
 * json.decode.json-parser.enabled is false. Here the last of equal keys counts, and broken JSON anywhere loses the record.
 */
export class JsonTreeReader implements RowReader {
  readonly failures: FieldFailure[] = [];
  private readonly json: JsonTokenizer;
  private readonly options: JsonOptions;
  private readonly exactFractions: boolean;
  private readonly convertRow: Converter;

  constructor(fields: readonly RowField[], options: JsonOptions, json: JsonTokenizer) {
    this.json = json;
    this.options = options;
    this.exactFractions = fields.some((field) => hasDecimal(field.type));
    this.convertRow = this.rowConverter(fields);
  }

  read(bytes: Uint8Array, start: number, end: number): readonly Value[] | null {
    this.failures.length = 0;
    const { json } = this;
    json.reset(bytes, start, end);
    if (json.next() === END) return null;
    const tree = readTree(json, this.exactFractions);
    return tree === null ? null : (this.convertRow(tree) as readonly Value[]);
  }

  private converter(type: SqlType): Converter {
    const convert = this.notNullConverter(type);
    const { failures } = this;
    const ignore = this.options.ignoreParseErrors;
    return (tree) => {
      if (tree === null) return null;
      if (!ignore) return convert(tree);
      try {
        return convert(tree);
      } catch (error) {
        failures.push({ field: undefined, reason: reasonOf(error), found: treeText(tree).slice(0, 60) });
        return null;
      }
    };
  }

  private notNullConverter(type: SqlType): Converter {
    const { timestampStandard } = this.options;
    switch (type.kind) {
      case 'NULL':
        return () => null;
      case 'BOOLEAN':
        return (tree) => (typeof tree === 'boolean' ? tree : booleanOfText(asText(tree)));
      case 'TINYINT':
      case 'SMALLINT':
        return (tree) => Number(integerOfText(asText(tree), type.kind as IntegerKind));
      case 'INTEGER':
      case 'INTERVAL_YEAR_MONTH':
        return (tree) => Number(integer(tree, 'INTEGER', -2147483648, 2147483647));
      case 'BIGINT':
        return (tree) => integer(tree, 'BIGINT', -(2 ** 63), 2 ** 63);
      case 'INTERVAL_DAY_TIME':
        return (tree) => Number(integer(tree, 'BIGINT', -(2 ** 63), 2 ** 63));
      case 'DATE':
        return (tree) => dateOfText(asText(tree));
      case 'TIME':
        return (tree) => timeOfText(asText(tree));
      case 'TIMESTAMP':
        return (tree) => timestampOfText(asText(tree), timestampStandard, false);
      case 'TIMESTAMP_LTZ':
        return (tree) => timestampOfText(asText(tree), timestampStandard, true);
      case 'FLOAT':
        return (tree) => {
          if (tree instanceof DoubleNode) return Math.fround(tree.value);
          return found(parseJavaFloat(asText(tree)), 'expected a number of type FLOAT');
        };
      case 'DOUBLE':
        return (tree) => {
          if (tree instanceof DoubleNode) return tree.value;
          return found(parseJavaDouble(asText(tree)), 'expected a number of type DOUBLE');
        };
      case 'CHAR':
      case 'VARCHAR':
        return (tree) => storedText(Array.isArray(tree) || tree instanceof Map ? treeText(tree) : asText(tree));
      case 'BINARY':
      case 'VARBINARY':
        // What is no string has no bytes: NULL, and no error.
        return (tree) => (typeof tree === 'string' ? decodeBase64(javaTrim(tree)) : null);
      case 'DECIMAL':
        return (tree) => {
          const value = tree instanceof DecimalNode ? tree.value : bigDecimalOfText(asText(tree));
          return bigDecimalToDecimal(value, type.precision, type.scale);
        };
      case 'ARRAY': {
        const element = this.converter(type.element);
        return (tree) => {
          if (!Array.isArray(tree)) throw new JsonError('expected a JSON array');
          return tree.map(element);
        };
      }
      case 'MAP':
        return this.mapConverter(type.value);
      case 'MULTISET':
        return this.mapConverter({ kind: 'INTEGER', nullable: true });
      case 'ROW':
        return this.rowConverter(type.fields);
    }
  }

  private mapConverter(valueType: SqlType): Converter {
    const convert = this.converter(valueType);
    return (tree) => {
      const entries = new Map<Value, Value>();
      if (tree instanceof Map) for (const [name, value] of tree) entries.set(storedText(name), convert(value));
      return entries;
    };
  }

  private rowConverter(fields: readonly RowField[]): Converter {
    const converters = fields.map((field) => this.converter(field.type));
    const { failures } = this;
    const { failOnMissingField } = this.options;
    return (tree) => {
      if (!(tree instanceof Map)) throw new JsonError('expected a JSON object');
      return fields.map(({ name }, i) => {
        const value = tree.get(name);
        if (value === undefined) {
          if (failOnMissingField) throw new FieldError('the field is missing', name, undefined);
          return null;
        }
        const failed = failures.length;
        try {
          const converted = converters[i](value);
          for (let k = failed; k < failures.length; k++)
            failures[k] = { ...failures[k], field: qualified(name, failures[k].field) };
          return converted;
        } catch (error) {
          throw new FieldError(reasonOf(error), name, error);
        }
      });
    };
  }
}

type Converter = (tree: JsonTree) => Value;

/** `JsonNode.asText`: empty for arrays and objects. */
function asText(tree: JsonTree): string {
  if (typeof tree === 'string') return tree;
  return typeof tree === 'boolean' ? String(tree) : (numberText(tree) ?? '');
}

/** A number within the range is cut to an integer; anything else goes by its text. */
function integer(tree: JsonTree, kind: IntegerKind, min: number, max: number): bigint {
  if (tree instanceof DoubleNode && tree.value >= min && tree.value <= max) {
    const value = BigInt(Math.trunc(tree.value));
    return value === 9223372036854775808n ? 9223372036854775807n : value;
  }
  if (tree instanceof DecimalNode) {
    const { unscaled, scale } = tree.value;
    if (scale >= 0 && scale < 2000) return integerOfText(String(unscaled / 10n ** BigInt(scale)), kind);
  }
  return integerOfText(asText(tree), kind);
}
