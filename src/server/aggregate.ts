import { RunError } from '../base/problem.ts';
import { nearest } from '../base/nearest.ts';
import type { Zone } from '../functions/time-zone.ts';
import type { Aggregation, AggregationGroup, FieldStatistics } from './api.ts';
import type { ColumnarIndex } from './columnar-index.ts';
import type { ColumnType, IndexColumn } from './index-column.ts';

/** What to aggregate; see GET /api/indexes/{index}/aggregate in api.ts. */
export interface AggregationRequest {
  readonly fields: readonly string[];
  readonly by: string | null;
  readonly timeField: string | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly interval: number | 'auto' | null;
  /** Buckets that `auto` aims at. */
  readonly buckets: number;
  readonly keys: readonly string[] | null;
  readonly limit: number;
}

const MOST_VALUES = 2_000_000;
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];
/** Widths that people read easily. */
const ROUND_INTERVALS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 28, 91, 364].map((count) => count * DAY),
];
const ALPHABET = new Intl.Collator('en', { numeric: true });

/**
 * Averages of number fields by a keyword, in a time range, over all of it and by bucket. Sums are made in order of insertion.
 * Fails with a RunError when a field is missing or of another type, or the answer would be too large.
 */
export function aggregate(index: ColumnarIndex, request: AggregationRequest, zone: Zone): Omit<Aggregation, 'tookMs'> {
  const values = request.fields.map((name) => columnOf(index, name, ['number', 'boolean'], 'number'));
  const by = request.by === null ? null : columnOf(index, request.by, ['keyword'], 'keyword');
  const time = request.timeField === null ? null : columnOf(index, request.timeField, ['date'], 'date');
  if (time === null && (request.from !== null || request.to !== null || request.interval !== null)) {
    throw new RunError('PARAMETER_MISSING', 'from, to and interval need a timeField', 'Name a date field of the index.');
  }
  const rows = selectRows(index, time, request);
  const groups = selectGroups(rows, by, request);
  const buckets = time === null ? null : selectBuckets(time, rows, request, zone);
  const size = groups.keys.length * Math.max(1, buckets?.starts.length ?? 1) * values.length;
  if (size > MOST_VALUES) {
    const hint = 'Ask for a wider interval, fewer fields, or only some keys.';
    throw new RunError('AGGREGATION_TOO_LARGE', `the answer would have ${size} values, more than ${MOST_VALUES}`, hint);
  }
  const statistics = values.map((column) => statisticsOf(column, rows, groups, by));
  return {
    index: index.name,
    fields: request.fields,
    by: request.by,
    timeField: request.timeField,
    from: request.from,
    to: request.to,
    interval: buckets?.interval ?? null,
    documents: groups.documents,
    groups: groups.keys.map((key, g): AggregationGroup => ({
      key,
      documents: groups.counts[g],
      values: statistics.map((field) => field[g]),
    })),
    isLimited: groups.isLimited,
    buckets: buckets?.starts ?? [],
    series: buckets === null || time === null ? [] : seriesOf(values, time, rows, groups, by, buckets),
  };
}

/** A column as long as the index has rows. */
function columnOf(index: ColumnarIndex, name: string, types: readonly ColumnType[], wanted: string): IndexColumn {
  const column = index.columns.get(name);
  if (column !== undefined && types.includes(column.type)) return column;
  const fitting = [...index.columns.values()].filter(({ type }) => types.includes(type)).map((each) => each.name);
  const hint = fitting.length === 0 ? undefined : `Its ${wanted} fields are: ${fitting.join(', ')}.`;
  if (column !== undefined) {
    throw new RunError('FIELD_TYPE', `field "${name}" of index "${index.name}" is a ${column.type}, not a ${wanted}`, hint);
  }
  const near = nearest(name, [...index.columns.keys()]);
  const message = `index "${index.name}" has no field "${name}"`;
  throw new RunError('FIELD_NOT_FOUND', message, near === undefined ? hint : `Did you mean "${near}"?`);
}

/** The rows of documents that are there and in the time range. */
function selectRows(index: ColumnarIndex, time: IndexColumn | null, { from, to }: AggregationRequest): Int32Array {
  const selected = new Int32Array(index.rows);
  const { live } = index;
  let count = 0;
  if (time === null) {
    for (let row = 0; row < index.rows; row++) if (live[row] === 1) selected[count++] = row;
    return selected.subarray(0, count);
  }
  const { numbers } = time;
  const low = from ?? -Infinity;
  const high = to ?? Infinity;
  const rows = Math.min(index.rows, numbers.length);
  for (let row = 0; row < rows; row++) {
    const at = numbers[row];
    // NaN is in no range.
    if (live[row] === 1 && at >= low && at < high) selected[count++] = row;
  }
  return selected.subarray(0, count);
}

interface Groups {
  readonly keys: readonly string[];
  /** Of the keyword's code; -1 for those left out. */
  readonly groupOfCode: Int32Array;
  readonly counts: Float64Array;
  readonly documents: number;
  readonly isLimited: boolean;
}

function selectGroups(rows: Int32Array, by: IndexColumn | null, request: AggregationRequest): Groups {
  if (by === null) {
    const counts = Float64Array.of(rows.length);
    return { keys: [''], groupOfCode: new Int32Array(0), counts, documents: rows.length, isLimited: false };
  }
  const perCode = new Float64Array(by.keywords.length);
  const { codes } = by;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const code = row < codes.length ? codes[row] : -1;
    if (code !== -1) perCode[code]++;
  }
  const wanted = request.keys === null ? null : new Set(request.keys);
  const found: number[] = [];
  for (let code = 0; code < perCode.length; code++) {
    if (perCode[code] > 0 && (wanted === null || wanted.has(by.keywords[code]))) found.push(code);
  }
  found.sort((a, b) => ALPHABET.compare(by.keywords[a], by.keywords[b]) || (by.keywords[a] < by.keywords[b] ? -1 : 1));
  const kept = found.slice(0, request.limit);
  const groupOfCode = new Int32Array(by.keywords.length).fill(-1);
  kept.forEach((code, group) => (groupOfCode[code] = group));
  const counts = Float64Array.from(kept, (code) => perCode[code]);
  return {
    keys: kept.map((code) => by.keywords[code]),
    groupOfCode,
    counts,
    documents: counts.reduce((sum, count) => sum + count, 0),
    isLimited: kept.length < found.length,
  };
}

interface Buckets {
  readonly interval: number;
  readonly starts: number[];
}

function selectBuckets(time: IndexColumn, rows: Int32Array, request: AggregationRequest, zone: Zone): Buckets | null {
  if (request.interval === null) return null;
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < rows.length; i++) {
    const at = time.numbers[rows[i]];
    if (at < min) min = at;
    if (at > max) max = at;
  }
  if (min === Infinity && (request.from === null || request.to === null))
    return { interval: roundInterval(request, 0, 1), starts: [] };
  const first = request.from ?? min;
  const end = request.to ?? max + 1;
  const interval = roundInterval(request, end - first, granularity(time, rows, min));
  // Aligned to local time as it is at the beginning of the range.
  const offset = zone.offsetAt(first);
  const start = Math.floor((first + offset) / interval) * interval - offset;
  const count = Math.max(0, Math.ceil((end - start) / interval));
  if (count > MOST_VALUES) {
    throw new RunError('AGGREGATION_TOO_LARGE', `the answer would have ${count} buckets`, 'Ask for a wider interval.');
  }
  return { interval, starts: Array.from({ length: count }, (_, i) => start + i * interval) };
}

/** The largest stretch of which all times are multiples, from the first on; 1 for times without such. */
function granularity(time: IndexColumn, rows: Int32Array, min: number): number {
  let divisor = 0;
  let last = min;
  const { numbers } = time;
  for (let i = 0; i < rows.length && divisor !== 1; i++) {
    const at = numbers[rows[i]];
    // Documents of one window have the same times.
    if (at === last) continue;
    last = at;
    let rest = at - min;
    if (divisor !== 0 && rest % divisor === 0) continue;
    while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  }
  return Math.max(1, divisor);
}

/** `auto` is not finer than the data. */
function roundInterval({ interval, buckets }: AggregationRequest, range: number, finest: number): number {
  if (typeof interval === 'number') return interval;
  const wanted = Math.max(range / buckets, finest > DAY ? 1 : finest);
  return ROUND_INTERVALS.find((round) => round >= wanted) ?? Math.ceil(wanted / (364 * DAY)) * 364 * DAY;
}

function statisticsOf(column: IndexColumn, rows: Int32Array, groups: Groups, by: IndexColumn | null): FieldStatistics[] {
  const size = groups.keys.length;
  const counts = new Float64Array(size);
  const sums = new Float64Array(size);
  const mins = new Float64Array(size).fill(Infinity);
  const maxs = new Float64Array(size).fill(-Infinity);
  const { numbers } = column;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i];
    const value = row < numbers.length ? numbers[row] : NaN;
    const group = groupOf(row, groups, by);
    if (group === -1 || value !== value) continue;
    counts[group]++;
    sums[group] += value;
    if (value < mins[group]) mins[group] = value;
    if (value > maxs[group]) maxs[group] = value;
  }
  return Array.from(counts, (count, g) =>
    count === 0
      ? { count: 0, average: null, min: null, max: null, sum: null }
      : { count, average: sums[g] / count, min: mins[g], max: maxs[g], sum: sums[g] },
  );
}

function seriesOf(
  columns: readonly IndexColumn[],
  time: IndexColumn,
  rows: Int32Array,
  groups: Groups,
  by: IndexColumn | null,
  { interval, starts }: Buckets,
): (number | null)[][][] {
  const width = starts.length;
  const times = time.numbers;
  const perField = columns.map(({ numbers }) => {
    const sums = new Float64Array(groups.keys.length * width);
    const counts = new Uint32Array(groups.keys.length * width);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      const value = row < numbers.length ? numbers[row] : NaN;
      const group = groupOf(row, groups, by);
      if (group === -1 || value !== value) continue;
      const cell = group * width + Math.floor((times[row] - starts[0]) / interval);
      sums[cell] += value;
      counts[cell]++;
    }
    return { sums, counts };
  });
  return groups.keys.map((_, group) =>
    perField.map(({ sums, counts }) =>
      starts.map((_start, bucket) => {
        const cell = group * width + bucket;
        return counts[cell] === 0 ? null : sums[cell] / counts[cell];
      }),
    ),
  );
}

function groupOf(row: number, groups: Groups, by: IndexColumn | null): number {
  if (by === null) return 0;
  const code = row < by.codes.length ? by.codes[row] : -1;
  return code === -1 ? -1 : groups.groupOfCode[code];
}
