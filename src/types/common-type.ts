import {
  BIGINT,
  DOUBLE,
  INTEGER,
  SMALLINT,
  TINYINT,
  decimal,
  isApproximate,
  isBinary,
  isInteger,
  isNumeric,
  isText,
  isTimestamp,
  sameType,
  withNullable,
  type SqlType,
} from './sql-type.ts';

/**
 * Types that several expressions have in common. Flink has two sets of rules, and both are here: the planner's
 * (`commonType`: CASE, UNION, VALUES, IN, IF) and that of its own functions (`mergedType`: COALESCE, IFNULL, GREATEST, LEAST).
 */

const MAX_DECIMAL_PRECISION = 38;

type DecimalType = Extract<SqlType, { kind: 'DECIMAL' }>;
type TimeType = Extract<SqlType, { kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ' }>;
type LengthType = Extract<SqlType, { length: number }>;

/**
 * The type to which CASE, UNION, VALUES and IN bring their members, or undefined when they do not fit together. An untyped
 * NULL fits anything; NULLs alone have no type. The result is nullable when a member is. The order of the members counts:
 * FLOAT with DOUBLE is FLOAT, as in Flink.
 */
export function commonType(types: readonly SqlType[]): SqlType | undefined {
  return combine(types, commonOfTwo);
}

/** As commonType, by the rules of COALESCE, IFNULL, GREATEST and LEAST (Flink's LogicalTypeMerging). */
export function mergedType(types: readonly SqlType[]): SqlType | undefined {
  return combine(types, mergedOfTwo);
}

type Rule = (a: SqlType, b: SqlType) => SqlType | undefined;

/** Folds the members that are not NULL from left to right; rules need not mind nullability. */
function combine(types: readonly SqlType[], rule: Rule): SqlType | undefined {
  let result: SqlType | undefined;
  for (const type of types) {
    if (type.kind === 'NULL') continue;
    result = result === undefined || sameType(result, type) ? (result ?? type) : nested(result, type, rule);
    if (result === undefined) return undefined;
  }
  if (result === undefined) return undefined;
  return withNullable(
    result,
    types.some((type) => type.nullable),
  );
}

/** ARRAY, MULTISET, MAP and ROW are combined member by member; everything else by the rule. */
function nested(a: SqlType, b: SqlType, rule: Rule): SqlType | undefined {
  if ((a.kind === 'ARRAY' || a.kind === 'MULTISET') && b.kind === a.kind) {
    const element = combine([a.element, b.element], rule);
    return element && { ...a, element };
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const key = combine([a.key, b.key], rule);
    const value = combine([a.value, b.value], rule);
    return key && value && { ...a, key, value };
  }
  if (a.kind === 'ROW' && b.kind === 'ROW') {
    if (a.fields.length !== b.fields.length) return undefined;
    const fields = [];
    for (let i = 0; i < a.fields.length; i++) {
      const type = combine([a.fields[i].type, b.fields[i].type], rule);
      if (type === undefined) return undefined;
      fields.push({ name: a.fields[i].name, type });
    }
    return { ...a, fields };
  }
  return rule(a, b);
}

function commonOfTwo(a: SqlType, b: SqlType): SqlType | undefined {
  if (isNumeric(a) && isNumeric(b)) {
    if (!isApproximate(a) && !isApproximate(b)) return commonExact(a, b);
    if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') return DOUBLE;
    return isApproximate(a) ? a : b;
  }
  if (isTimestamp(a) && isTimestamp(b)) {
    const left = a as TimeType;
    const right = b as TimeType;
    if (left.precision === right.precision) return a;
    return { ...right, precision: Math.max(left.precision, right.precision) };
  }
  return commonOfOneFamily(a, b);
}

function mergedOfTwo(a: SqlType, b: SqlType): SqlType | undefined {
  if (isNumeric(a) && isNumeric(b)) {
    if (!isApproximate(a) && !isApproximate(b)) return commonExact(a, b);
    if (!isApproximate(a)) return b;
    if (!isApproximate(b)) return b.kind === 'DECIMAL' ? DOUBLE : a;
    return DOUBLE;
  }
  if (isTimestamp(a) && isTimestamp(b)) {
    const precision = Math.max((a as TimeType).precision, (b as TimeType).precision);
    return { kind: a.kind === 'TIMESTAMP_LTZ' ? a.kind : b.kind, precision, nullable: true } as SqlType;
  }
  if (a.kind === 'TIMESTAMP' && (b.kind === 'DATE' || b.kind === 'TIME')) return b;
  if (b.kind === 'TIMESTAMP' && (a.kind === 'DATE' || a.kind === 'TIME')) return a;
  return commonOfOneFamily(a, b);
}

/** Text, bytes and times: the longer one; CHAR(n) with another length becomes VARCHAR. */
function commonOfOneFamily(a: SqlType, b: SqlType): SqlType | undefined {
  if ((isText(a) && isText(b)) || (isBinary(a) && isBinary(b))) {
    const length = Math.max((a as LengthType).length, (b as LengthType).length);
    return { kind: isText(a) ? 'VARCHAR' : 'VARBINARY', length, nullable: true };
  }
  if (a.kind === 'TIME' && b.kind === 'TIME') return a.precision >= b.precision ? a : b;
  return undefined;
}

function commonExact(a: SqlType, b: SqlType): SqlType {
  if (isInteger(a) && isInteger(b)) return widerInteger(a, b);
  const left = asDecimal(a);
  const right = asDecimal(b);
  const whole = Math.min(MAX_DECIMAL_PRECISION, Math.max(left.precision - left.scale, right.precision - right.scale));
  const scale = Math.min(Math.max(left.scale, right.scale), MAX_DECIMAL_PRECISION - whole);
  return decimal(whole + scale, scale);
}

const INTEGER_KINDS = [TINYINT, SMALLINT, INTEGER, BIGINT].map((type) => type.kind);

/** The larger of two of TINYINT, SMALLINT, INTEGER, BIGINT. */
export function widerInteger(a: SqlType, b: SqlType): SqlType {
  return INTEGER_KINDS.indexOf(a.kind) >= INTEGER_KINDS.indexOf(b.kind) ? a : b;
}

const INTEGER_DIGITS = new Map<string, number>([
  ['TINYINT', 3],
  ['SMALLINT', 5],
  ['INTEGER', 10],
  ['BIGINT', 19],
]);

/** The DECIMAL that holds every value of an exact numeric type, for example DECIMAL(10, 0) for INTEGER. */
export function asDecimal(type: SqlType): DecimalType {
  if (type.kind === 'DECIMAL') return type;
  return {
    kind: 'DECIMAL',
    precision: INTEGER_DIGITS.get(type.kind) ?? MAX_DECIMAL_PRECISION,
    scale: 0,
    nullable: type.nullable,
  };
}

export type DecimalOperator = '+' | '-' | '*' | '/' | '%';

/**
 * The result of an operation on decimals, as Flink's "Data Types" page and LogicalTypeMerging define it. When more than 38
 * digits would be needed the scale gives way, down to 6 (or the full scale if that is less).
 */
export function decimalResult(operator: DecimalOperator, a: DecimalType, b: DecimalType): DecimalType {
  switch (operator) {
    case '+':
    case '-': {
      const scale = Math.max(a.scale, b.scale);
      return cappedDecimal(Math.max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
    }
    case '*':
      return cappedDecimal(a.precision + b.precision + 1, a.scale + b.scale);
    case '/': {
      const scale = Math.max(6, a.scale + b.precision + 1);
      return cappedDecimal(a.precision - a.scale + b.scale + scale, scale);
    }
    case '%': {
      const scale = Math.max(a.scale, b.scale);
      return cappedDecimal(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    }
  }
}

function cappedDecimal(precision: number, scale: number): DecimalType {
  if (precision <= MAX_DECIMAL_PRECISION) return { kind: 'DECIMAL', precision, scale, nullable: true };
  const reduced = Math.max(MAX_DECIMAL_PRECISION - (precision - scale), Math.min(scale, 6));
  return { kind: 'DECIMAL', precision: MAX_DECIMAL_PRECISION, scale: reduced, nullable: true };
}

/**
 * The type to which both sides of `=` (and of equality joins) are converted, or undefined where Flink refuses to compare them:
 * text with numbers, for instance. `orderingType` says what `<` and its kind allow beyond that.
 */
export function comparisonType(a: SqlType, b: SqlType): SqlType | undefined {
  const nullable = a.nullable || b.nullable;
  if (a.kind === 'NULL') return b;
  if (b.kind === 'NULL') return a;
  if (isApproximate(a) && isApproximate(b)) return withNullable(a.kind === b.kind ? a : DOUBLE, nullable);
  if (a.kind === 'TIMESTAMP' && b.kind === 'TIMESTAMP_LTZ') return comparisonType(a, { ...b, kind: 'TIMESTAMP' });
  if (a.kind === 'TIMESTAMP_LTZ' && b.kind === 'TIMESTAMP') return comparisonType(a, { ...b, kind: 'TIMESTAMP_LTZ' });
  const common = commonType([a, b]);
  if (common !== undefined) return common;
  if (isText(a) && isTimeOfDayOrDate(b)) return withNullable(b, nullable);
  if (isText(b) && isTimeOfDayOrDate(a)) return withNullable(a, nullable);
  return undefined;
}

/** As comparisonType, for `<`, `<=`, `>`, `>=` and BETWEEN, where Flink also reads text as a number or a truth value. */
export function orderingType(a: SqlType, b: SqlType): SqlType | undefined {
  if (isText(a) !== isText(b)) {
    const other = isText(a) ? b : a;
    const nullable = a.nullable || b.nullable;
    if (isInteger(other)) return withNullable(BIGINT, nullable);
    if (other.kind === 'DECIMAL') return withNullable(commonExact(BIGINT, other), nullable);
    if (isApproximate(other) || other.kind === 'BOOLEAN') return withNullable(other, nullable);
  }
  return comparisonType(a, b);
}

/**
 * What a member of an IN list is converted to before it is compared with the operand by `=`: beside text the operand's type
 * counts, so `1 IN ('1')` and `'1' IN (1)` are true. Undefined where Flink refuses.
 */
export function memberType(operand: SqlType, member: SqlType): SqlType | undefined {
  const isTextWithOther = isText(operand) !== isText(member) && operand.kind !== 'NULL' && member.kind !== 'NULL';
  if (!isTextWithOther) return comparisonType(operand, member) && member;
  const other = isText(operand) ? member : operand;
  const converts = isNumeric(other) || other.kind === 'BOOLEAN' || isTimeOfDayOrDate(other);
  return converts ? withNullable(operand, member.nullable) : undefined;
}

const isTimeOfDayOrDate = (type: SqlType): boolean => type.kind === 'DATE' || type.kind === 'TIME' || isTimestamp(type);
