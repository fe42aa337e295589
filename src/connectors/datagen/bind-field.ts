import { isText, typeName, type SqlType } from '../../types/sql-type.ts';
import type { Field } from '../../types/schema.ts';
import type { OptionReader } from '../options.ts';

/** How to make up a field's values. */
export type FieldSettings = SequenceSettings | RandomSettings;

/** Counts from `start` to `end`, then the source ends. Whole numbers as text: a BIGINT may be larger than a double holds. */
export interface SequenceSettings {
  readonly kind: 'sequence';
  readonly start: string;
  readonly end: string;
}

export interface RandomSettings {
  readonly kind: 'random';
  /** Share of NULL, 0 … 1. */
  readonly nullRate: number;
  /** Numbers, both inclusive, as text; undefined is the type's own limit. */
  readonly min?: string;
  readonly max?: string;
  /** Characters, bytes or entries. With `varLen` the most, and at least 1. */
  readonly length?: number;
  readonly varLen?: boolean;
  /** Timestamps lie at most so long before now. */
  readonly maxPastMs?: number;
  /** What ARRAY, MULTISET (an element), MAP (key and value) and ROW (its fields) are made of. */
  readonly parts?: readonly RandomSettings[];
}

const TEXT_LENGTH = 100;
const COLLECTION_LENGTH = 3;

/** Reads `fields.NAME.*`. As in Flink, which options there are depends on the field's kind and type. */
export function bindField(reader: OptionReader, { name, type }: Field): FieldSettings {
  const prefix = `fields.${name}.`;
  if (reader.oneOf(`${prefix}kind`, ['random', 'sequence'], 'random') === 'random') return bindRandom(reader, prefix, type);
  if (!canCount(type)) {
    reader.invalid(`${prefix}kind`, `does not go with type ${typeName(type)}`, `Use 'random'.`);
    return { kind: 'sequence', start: '0', end: '0' };
  }
  return { kind: 'sequence', start: bindLimit(reader, `${prefix}start`), end: bindLimit(reader, `${prefix}end`) };
}

function bindLimit(reader: OptionReader, key: string): string {
  const text = reader.required(key, 'A sequence needs a start and an end.');
  if (text !== '' && !/^[+-]?\d{1,18}$/.test(text)) reader.invalid(key, 'is not a whole number');
  return text;
}

function canCount(type: SqlType): boolean {
  return isText(type) || numberLimits(type) !== undefined;
}

function bindRandom(reader: OptionReader, prefix: string, type: SqlType): RandomSettings {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
      return { kind: 'random', nullRate: bindNullRate(reader, prefix), ...bindRange(reader, prefix, type) };
    case 'BOOLEAN':
      return { kind: 'random', nullRate: bindNullRate(reader, prefix) };
    case 'CHAR':
    case 'BINARY':
      return { kind: 'random', nullRate: type.kind === 'CHAR' ? bindNullRate(reader, prefix) : 0, length: type.length };
    case 'VARCHAR':
    case 'VARBINARY': {
      const nullRate = bindNullRate(reader, prefix);
      const length = reader.integer(`${prefix}length`, { min: 1, max: type.length }) ?? Math.min(TEXT_LENGTH, type.length);
      return { kind: 'random', nullRate, length, varLen: reader.boolean(`${prefix}var-len`, false) };
    }
    case 'DATE':
    case 'TIME':
      return { kind: 'random', nullRate: 0 };
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return { kind: 'random', nullRate: bindNullRate(reader, prefix), maxPastMs: reader.durationMs(`${prefix}max-past`) ?? 0 };
    case 'ARRAY':
    case 'MULTISET':
      return bindCollection(reader, prefix, [bindRandom(reader, `${prefix}element.`, type.element)]);
    case 'MAP':
      return bindCollection(reader, prefix, [
        bindRandom(reader, `${prefix}key.`, type.key),
        bindRandom(reader, `${prefix}value.`, type.value),
      ]);
    case 'ROW': {
      const parts = type.fields.map((field) => bindRandom(reader, `${prefix}${field.name}.`, field.type));
      return { kind: 'random', nullRate: bindNullRate(reader, prefix), parts };
    }
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'NULL':
      reader.report('SQL_UNSUPPORTED_TYPE', `connector 'datagen' makes no values of type ${typeName(type)}`, reader.table.place);
      return { kind: 'random', nullRate: 1 };
  }
}

function bindCollection(reader: OptionReader, prefix: string, parts: readonly RandomSettings[]): RandomSettings {
  const length = reader.integer(`${prefix}length`, { min: 0 }) ?? COLLECTION_LENGTH;
  return { kind: 'random', nullRate: bindNullRate(reader, prefix), length, parts };
}

function bindNullRate(reader: OptionReader, prefix: string): number {
  const text = reader.text(`${prefix}null-rate`);
  const rate = text === undefined ? 0 : Number(text);
  if (text?.trim() !== '' && rate >= 0 && rate <= 1) return rate;
  reader.invalid(`${prefix}null-rate`, 'is not a number from 0 to 1');
  return 0;
}

/** The smallest and largest value of a number's type, as text; for those with a fraction Flink begins at 0. */
export function numberLimits(type: SqlType): readonly [min: string, max: string] | undefined {
  switch (type.kind) {
    case 'TINYINT':
      return ['-128', '127'];
    case 'SMALLINT':
      return ['-32768', '32767'];
    case 'INTEGER':
      return ['-2147483648', '2147483647'];
    case 'BIGINT':
      return ['-9223372036854775808', '9223372036854775807'];
    case 'FLOAT':
      return ['0', '3.4028234663852886e38'];
    case 'DOUBLE':
      return ['0', '1.7976931348623157e308'];
    case 'DECIMAL':
      return ['0', '9'.repeat(type.precision - type.scale) || '0'];
    default:
      return undefined;
  }
}

function bindRange(reader: OptionReader, prefix: string, type: SqlType): { min?: string; max?: string } {
  const isWhole = type.kind === 'TINYINT' || type.kind === 'SMALLINT' || type.kind === 'INTEGER' || type.kind === 'BIGINT';
  const [least, most] = numberLimits(type)!;
  const read = (name: string): string | undefined => {
    const key = prefix + name;
    const text = reader.text(key)?.trim();
    if (text === undefined) return undefined;
    const isNumber = isWhole ? /^[+-]?\d+$/.test(text) : text !== '' && Number.isFinite(Number(text));
    if (!isNumber) reader.invalid(key, isWhole ? 'is not a whole number' : 'is not a number');
    else if (isWhole && (BigInt(text) < BigInt(least) || BigInt(text) > BigInt(most)))
      reader.invalid(key, `is beyond ${typeName(type)}`);
    else return text;
    return undefined;
  };
  const min = read('min');
  const max = read('max');
  const isOrdered = isWhole ? BigInt(min ?? least) <= BigInt(max ?? most) : Number(min ?? least) <= Number(max ?? most);
  if (!isOrdered)
    reader.invalid(
      max === undefined ? `${prefix}min` : `${prefix}max`,
      `leaves nothing between ${min ?? least} and ${max ?? most}`,
    );
  return { min, max };
}
