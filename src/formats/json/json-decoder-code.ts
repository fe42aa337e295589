import type { Schema } from '../../types/schema.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { findCode, hashWordCode } from '../text-decoder.ts';
import type { JsonLayout } from './json-layout.ts';
import type { JsonOptions } from './json-options.ts';

/**
 * The source of a decoder for a schema: `new Function(...JSON_DECODER_PARAMETERS, source)` answers it when called with the
 * runtime parts. Records that are written as the layout says are read straight into the columns. Where one departs from it,
 * `finder.nextField` finds the next field that the table has; everything unusual is given up, and `help.slow` then reads the record.
 *
 * The layout comes in as numbers: `w` holds the bytes in front of each value as little-endian words, the last overlapping the
 * one before. The cursor `p` and everything that changes is a local variable.
 */
export const JSON_DECODER_PARAMETERS = ['w', 'help', 'finder'] as const;

/** So many columns of text look for their codes in generated code. V8 does not optimise functions beyond a certain size. */
const MAX_INLINE_TEXTS = 16;

/** What a decoder of this layout is to be called with as `w`. */
export function layoutWords(layout: JsonLayout): Int32Array {
  return Int32Array.from(layout.flatMap(({ lead }) => wordOffsets(lead.length).map((at) => lead.readInt32LE(at))));
}

function wordOffsets(length: number): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset + 4 < length; offset += 4) offsets.push(offset);
  offsets.push(length - 4);
  return offsets;
}

/** True when a name can stand in a message as it is, without escapes. */
export function isPlainName(name: string): boolean {
  return name.isWellFormed() && !/["\\\u0000-\u001f]/.test(name);
}

/** The body of the function that answers the decoder. */
export function jsonDecoderSource(schema: Schema, options: JsonOptions, layout: JsonLayout): string {
  const inlinesTexts = schema.filter(({ type }) => type.kind === 'CHAR' || type.kind === 'VARCHAR').length <= MAX_INLINE_TEXTS;
  const fields = schema.map(({ type }, k) => new FieldCode(type, k, options, inlinesTexts));
  const steps = layout.map(({ field, lead }, step) =>
    field >= 0 ? fields[field].caseCode(leadCode(step, lead.length)) : skipCode(leadCode(step, lead.length)),
  );
  const count = fields.length;
  const masks = Math.ceil(count / 31);
  const seen = Array.from({ length: masks }, (_, m) => `seen${m}`);
  const all = Array.from({ length: masks }, (_, m) => 2 ** Math.min(31, count - 31 * m) - 1);
  return `'use strict';
${layout
  .flatMap(({ lead }, step) => wordOffsets(lead.length).map((_, i) => `w${step}_${i}`))
  .map((name, i) => `const ${name} = w[${i}];`)
  .join('\n')}
const powers = help.powers;
return function decode(records, from, to, batch, columns, texts, recordOfRow) {
  const b = records.bytes;
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  const starts = records.valueStarts;
  const ends = records.valueEnds;
${fields.map((field) => field.declarations()).join('\n')}
  let row = batch.length;
${fields.map(({ k }) => `  n${k}.fill(0, row, row + to - from);`).join('\n')}
  for (let i = from; i < to; i++) {
    let p = starts[i];
    let end = ends[i];
    if (end < p) continue;
    fast: {
      while (end > p && b[end - 1] <= 32) end--;
      if (end - p < 2 || b[end - 1] !== 125) break fast;
      ${seen.map((name) => `let ${name} = 0;`).join(' ')}
      let f = -1, c = 0, found = false;
      fields: for (;;) {
        switch (f) {
          case -1:
${steps.map((step) => indented(step, 10)).join('\n')}
            // Here nearly all records end: no call for them.
            if (b[p] === 125 && p + 1 === end) break fields;
            f = finder.nextField(b, p, end, false);
            if (f < 0) break fast;
            p = finder.position;
            found = true;
            continue fields;
          default:
            break fields;
        }
      }
      if (${seen.map((name, m) => `${name} !== ${all[m]}`).join(' || ')}) {
${
  options.failOnMissingField
    ? '        break fast;'
    : fields.map((field) => `        if ((${field.seen} & ${field.bit}) === 0) n${field.k}[row] = 1;`).join('\n')
}
      }
      recordOfRow[row++] = i;
      continue;
    }
    batch.length = row;
    if (help.slow(records, i, row)) recordOfRow[row++] = i;
    else ${fields.map(({ k }) => `n${k}[row] = `).join('')}0;
  }
  batch.length = row;
};
`;
}

/** What stands in front of a value: how long it is, and whether it is there at p. */
interface LeadCode {
  readonly length: number;
  readonly isThere: string;
}

function leadCode(step: number, length: number): LeadCode {
  const words = wordOffsets(length).map((at, i) => `v.getInt32(p${at === 0 ? '' : ` + ${at}`}, true) === w${step}_${i}`);
  return { length, isThere: `p + ${length} <= end && ${words.join(' && ')}` };
}

/** Passes over a field that the table does not have, where it is the next one. */
function skipCode({ length, isThere }: LeadCode): string {
  return `if (${isThere}) {
  p = finder.skipValue(b, p + ${length}, end);
  if (p < 0) break fast;
}`;
}

/** The code of one field: of finding it and of reading its value. */
class FieldCode {
  readonly k: number;
  readonly seen: string;
  readonly bit: number;
  private readonly type: SqlType;
  private readonly options: JsonOptions;
  private readonly inlinesTexts: boolean;

  constructor(type: SqlType, k: number, options: JsonOptions, inlinesTexts: boolean) {
    this.type = type;
    this.k = k;
    this.options = options;
    this.inlinesTexts = inlinesTexts;
    this.seen = `seen${Math.floor(k / 31)}`;
    this.bit = 2 ** (k % 31);
  }

  /** The column's arrays as local variables. */
  declarations(): string {
    const { k } = this;
    const lines = [`  const col${k} = columns[${k}], n${k} = col${k}.nulls;`];
    switch (this.type.kind) {
      case 'BIGINT':
        lines.push(
          `  const x${k} = new Int32Array(col${k}.values.buffer, col${k}.values.byteOffset, col${k}.values.length * 2);`,
        );
        break;
      case 'CHAR':
      case 'VARCHAR':
        lines.push(
          `  const t${k} = texts[${k}], codes${k} = col${k}.codes, coded${k} = col${k}.dictionary !== null;`,
          ...(this.inlinesTexts ? [`  let table${k} = t${k}.table, shift${k} = t${k}.shift;`] : []),
        );
        break;
      case 'DATE':
        lines.push(`  const v${k} = col${k}.values;`, `  let ${this.firstDay()};`);
        break;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        lines.push(`  const v${k} = col${k}.values;`, `  let ${this.firstDay()}, dd${k} = ${wordOf('0:00')}, minute${k} = 0;`);
        break;
      default:
        if (hasValueCode(this.type)) lines.push(`  const v${k} = col${k}.values;`);
    }
    return lines.join('\n');
  }

  /** The day that is remembered first, and its text as words, with the separator and the first digit of a time behind it. */
  private firstDay(): string {
    const { k } = this;
    const behind = this.type.kind === 'DATE' ? '\0\0' : `${this.options.timestampStandard === 'SQL' ? ' ' : 'T'}0`;
    return `da${k} = ${wordOf('1970')}, db${k} = ${wordOf('-01-')}, dc${k} = ${wordOf(`01${behind}`)}, day${k} = 0`;
  }

  /** Reads the field where it is the next one; the code of the field behind it in the layout follows. */
  caseCode({ length, isThere }: LeadCode): string {
    const { k } = this;
    return `case ${k}: {
  if (found) found = false;
  else if (${isThere}) p += ${length};
  else {
    f = finder.nextField(b, p, end, p === starts[i]);
    if (f < 0) break fast;
    p = finder.position;
    if (f !== ${k}) {
      found = true;
      continue fields;
    }
  }
  if ((${this.seen} & ${this.bit}) !== 0) break fast;
  ${this.seen} |= ${this.bit};
  c = b[p];
  if (c === 110) {
    if (b[p + 1] !== 117 || b[p + 2] !== 108 || b[p + 3] !== 108 || p + 4 >= end) break fast;
    p += 4;
    n${k}[row] = 1;
  } else {
${indented(this.valueCode(), 4)}
  }
}`;
  }

  private valueCode(): string {
    const { k } = this;
    switch (this.type.kind) {
      case 'BOOLEAN':
        return `if (c === 116) {
  if (b[p + 1] !== 114 || b[p + 2] !== 117 || b[p + 3] !== 101) break fast;
  v${k}[row] = 1;
  p += 4;
} else if (c === 102) {
  if (b[p + 1] !== 97 || b[p + 2] !== 108 || b[p + 3] !== 115 || b[p + 4] !== 101) break fast;
  v${k}[row] = 0;
  p += 5;
} else break fast;`;
      case 'TINYINT':
        return integerCode(k, 'value < -128 || value > 127');
      case 'SMALLINT':
        return integerCode(k, 'value < -32768 || value > 32767');
      case 'INTEGER':
        return integerCode(k, 'value < -2147483648 || value > 2147483647');
      case 'BIGINT':
        return `${DIGITS}
if (c === 46 || c === 101 || c === 69) break fast;
if (p - s <= 9) {
  if (minus) m = -m;
  x${k}[2 * row] = m;
  x${k}[2 * row + 1] = m >> 31;
} else if (!help.putBigint(b, s, p, minus, x${k}, row)) break fast;`;
      case 'FLOAT':
        return `${DIGITS}
${FRACTION}
${END_OF_NUMBER}
if (digits <= 7) value = Math.fround(m / powers[fraction]);
else value = help.float(b, s, p);
v${k}[row] = minus ? -value : value;`;
      case 'DOUBLE':
        return `${DIGITS}
${FRACTION}
${END_OF_NUMBER}
if (digits <= 9) value = m / powers[fraction];
else value = help.double(b, s, p, fraction);
v${k}[row] = minus ? -value : value;`;
      case 'DECIMAL': {
        const { precision, scale } = this.type;
        return `${DIGITS}
${FRACTION}
${END_OF_NUMBER}
if (fraction > ${scale} || digits - fraction > ${precision - scale} || digits > 15) break fast;
const unscaled = (digits <= 9 ? m : help.digits(b, s, p)) * powers[${scale} - fraction];
if (unscaled > 9007199254740991) break fast;
v${k}[row] = BigInt(minus ? -unscaled : unscaled);`;
      }
      case 'CHAR':
      case 'VARCHAR':
        return `if (c !== 34) break fast;
const s = ++p;
let h = 0, x = 0, stop = 0;
while (p + 4 <= end) {
  x = v.getInt32(p, true);
  stop = ${STOPS};
  if (stop !== 0) break;
  h = ${hashWordCode('h', 'x')};
  p += 4;
}
if (stop !== 0) p += (31 - Math.clz32(stop & -stop)) >> 3;
else while (p < end && b[p] !== 34 && b[p] !== 92) p++;
if (p >= end || b[p] !== 34) break fast;
if (coded${k}) {
${indented(this.inlinesTexts ? findCode(`table${k}`, `shift${k}`, `t${k}`) : `const code = t${k}.find(b, s, p);`, 2)}
  if (code < 0) break fast;
  codes${k}[row] = code;
} else if (!t${k}.putBytes(col${k}, row, b, s, p)) break fast;
p++;`;
      case 'DATE':
        return `if (c !== 34 || p + 11 >= end) break fast;
const s = p + 1;
${this.dateCode()}
if (b[p + 11] !== 34) break fast;
p += 12;
v${k}[row] = day${k};`;
      case 'TIME':
        return `if (c !== 34 || p + 9 >= end || b[p + 9] !== 34) break fast;
${this.timeCode('p + 1')}
p += 10;
v${k}[row] = (hours * 3600 + minutes * 60 + seconds) * 1000;`;
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return this.timestampCode();
      default:
        return `p = help.readValue(${k}, row, b, p, end);
if (p < 0) break fast;`;
    }
  }

  /** Ten characters at s into day: remembered, for the next one is often the same. */
  private dateCode(): string {
    const { k } = this;
    return `const da = v.getInt32(s, true), db = v.getInt32(s + 4, true), dc = v.getInt16(s + 8, true);
if (da !== da${k} || db !== db${k} || dc !== dc${k}) {
  const day = help.day(b, s);
  if (day !== day) break fast;
  da${k} = da;
  db${k} = db;
  dc${k} = dc;
  day${k} = day;
}`;
  }

  /** Sixteen characters, a date and HH:MM, at s into the milliseconds of that minute: remembered as the day is. */
  private minuteCode(separator: number): string {
    const { k } = this;
    return `const da = v.getInt32(s, true), db = v.getInt32(s + 4, true), dc = v.getInt32(s + 8, true), dd = v.getInt32(s + 12, true);
if (dd !== dd${k} || dc !== dc${k} || db !== db${k} || da !== da${k}) {
  const h1 = b[s + 11] - 48, h0 = b[s + 12] - 48, m1 = b[s + 14] - 48, m0 = b[s + 15] - 48;
  if (h1 >>> 0 > 2 || h0 >>> 0 > 9 || m1 >>> 0 > 5 || m0 >>> 0 > 9) break fast;
  const hours = h1 * 10 + h0;
  if (hours > 23 || b[s + 10] !== ${separator} || b[s + 13] !== 58) break fast;
  if (((da ^ da${k}) | (db ^ db${k}) | ((dc ^ dc${k}) << 16)) !== 0) {
    const day = help.day(b, s);
    if (day !== day) break fast;
    day${k} = day;
  }
  da${k} = da;
  db${k} = db;
  dc${k} = dc;
  dd${k} = dd;
  minute${k} = day${k} * 86400000 + (hours * 60 + m1 * 10 + m0) * 60000;
}`;
  }

  /** Eight characters HH:MM:SS into hours, minutes and seconds. */
  private timeCode(at: string): string {
    return `const q = ${at};
const h1 = b[q] - 48, h0 = b[q + 1] - 48, m1 = b[q + 3] - 48, m0 = b[q + 4] - 48, s1 = b[q + 6] - 48, s0 = b[q + 7] - 48;
if (h1 >>> 0 > 2 || h0 >>> 0 > 9 || m1 >>> 0 > 5 || m0 >>> 0 > 9 || s1 >>> 0 > 5 || s0 >>> 0 > 9) break fast;
const hours = h1 * 10 + h0, minutes = m1 * 10 + m0, seconds = s1 * 10 + s0;
if (hours > 23 || b[q + 2] !== 58 || b[q + 5] !== 58) break fast;`;
  }

  private timestampCode(): string {
    const { k } = this;
    const separator = this.options.timestampStandard === 'SQL' ? 32 : 84;
    const zone = this.type.kind === 'TIMESTAMP_LTZ' ? `if (c !== 90) break fast;\nc = b[++p];\n` : '';
    return `if (c !== 34 || p + 20 >= end) break fast;
const s = p + 1;
${this.minuteCode(separator)}
const rest = v.getInt32(s + 16, true);
const s1 = ((rest >> 8) & 255) - 48, s0 = ((rest >> 16) & 255) - 48;
if (s1 >>> 0 > 5 || s0 >>> 0 > 9 || (rest & 255) !== 58) break fast;
let millis = minute${k} + (s1 * 10 + s0) * 1000;
let nanos = 0;
p += 20;
c = rest >>> 24;
if (c === 46) {
  const first = p + 1;
  let d = 0;
  let fraction = 0;
  while ((d = (c = b[++p]) - 48) >>> 0 <= 9) {
    if (p - first >= 9) break fast;
    fraction = fraction * 10 + d;
  }
  fraction *= powers[9 - (p - first)];
  const whole = (fraction / 1000000) | 0;
  millis += whole;
  nanos = fraction - whole * 1000000;
}
${zone}if (c !== 34) break fast;
p++;
v${k}[row] = millis;
if (nanos !== 0 || col${k}.nanos !== null) col${k}.setNanos(row, nanos);`;
  }
}

/** The highest bit of the first of the four bytes in x that is a quote or a backslash, among others above it; 0 where none is. */
const STOPS = `(${[0x22222222, 0x5c5c5c5c]
  .map((sought) => `((x ^ ${sought}) - 16843009 & ~(x ^ ${sought}))`)
  .join(' | ')}) & -2139062144`;

/**
 * An optional minus and the digits before the point: m is their number while there are at most nine, s where they begin and
 * c the character behind. A zero before other digits is an error.
 */
const DIGITS = `let minus = false;
if (c === 45) {
  minus = true;
  c = b[++p];
}
const s = p;
let m = c - 48, d = 0;
if (m >>> 0 > 9) break fast;
c = b[++p];
if (m === 0) {
  if ((c - 48) >>> 0 <= 9) break fast;
} else while ((d = c - 48) >>> 0 <= 9) {
  m = (Math.imul(m, 10) + d) | 0;
  c = b[++p];
}`;

/** The digits behind a point go on with m; then \`digits\` counts all and \`fraction\` these. */
const FRACTION = `let digits = p - s, fraction = 0, value = 0;
if (c === 46) {
  const point = p;
  c = b[++p];
  if ((c - 48) >>> 0 > 9) break fast;
  while ((d = c - 48) >>> 0 <= 9) {
    m = (Math.imul(m, 10) + d) | 0;
    c = b[++p];
  }
  fraction = p - point - 1;
  digits += fraction;
}`;

const END_OF_NUMBER = `if (c === 101 || c === 69) break fast;`;

function integerCode(k: number, outOfRange: string): string {
  return `${DIGITS}
if (c === 46 || c === 101 || c === 69 || p - s > 15) break fast;
const size = p - s <= 9 ? m : help.digits(b, s, p);
const value = minus ? -size : size;
if (${outOfRange}) break fast;
v${k}[row] = value;`;
}

const indented = (code: string, by: number): string => code.replace(/^(?=.)/gm, ' '.repeat(by));

const wordOf = (text: string): number => Buffer.from(text, 'latin1').readInt32LE(0);

/** The value is read by generated code; others are put into their columns by `help.readValue`. */
function hasValueCode({ kind }: SqlType): boolean {
  return !['BINARY', 'VARBINARY', 'ARRAY', 'MULTISET', 'MAP', 'ROW', 'NULL'].includes(kind);
}
