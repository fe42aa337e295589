// Aggregations of an index equal a plain recomputation over its documents, whatever was written, changed and deleted meanwhile.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { zoneOf } from '../../src/functions/time-zone.ts';
import { aggregate, type AggregationRequest } from '../../src/server/aggregate.ts';
import { ColumnarIndex } from '../../src/server/columnar-index.ts';
import { parseDateText } from '../../src/server/date-text.ts';

const ZONE = zoneOf('Europe/Budapest');
const START = Date.UTC(2024, 4, 12);
const EVERYTHING: AggregationRequest = {
  ...{ fields: ['temp', 'hum'], by: 'client', timeField: 'time', from: null, to: null },
  ...{ interval: null, buckets: 120, keys: null, limit: 10_000 },
};

let folder: string;
let store: LocalStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-index-'));
  store = LocalStore.open(join(folder, 'store.db'));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

interface Reading {
  readonly client: string | null;
  readonly temp: number | null;
  readonly hum?: number;
  readonly time: string;
}

const timeText = (minute: number): string => new Date(START + minute * 60_000).toISOString().slice(0, 19).replace('T', ' ');
const aReading: fc.Arbitrary<Reading> = fc.record(
  {
    client: fc.option(fc.constantFrom('device1', 'device2', 'device10', 'Ünnep', 'constructor')),
    temp: fc.option(fc.double({ min: -50, max: 50, noNaN: true })),
    hum: fc.integer({ min: 0, max: 100 }),
    time: fc.integer({ min: 0, max: 300 }).map(timeText),
  },
  { requiredKeys: ['client', 'temp', 'time'] },
);
const anId = fc.integer({ min: 0, max: 30 }).map(String);
const aStep = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('put' as const), id: anId, reading: aReading }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: anId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('refresh' as const) }) },
);
const aRequest: fc.Arbitrary<AggregationRequest> = fc.record({
  fields: fc.constantFrom(['temp'], ['temp', 'hum'], ['hum']),
  by: fc.constantFrom('client', null),
  timeField: fc.constant('time'),
  from: fc.option(fc.integer({ min: 0, max: 300 }).map((minute) => START + minute * 60_000)),
  to: fc.option(fc.integer({ min: 0, max: 300 }).map((minute) => START + minute * 60_000)),
  interval: fc.constantFrom(null, 60_000, 300_000, 3_600_000),
  buckets: fc.constant(120),
  keys: fc.option(fc.subarray(['device1', 'device10', 'nobody'])),
  limit: fc.constantFrom(1, 10_000),
});

function refreshAll(index: ColumnarIndex): void {
  for (let turns = 0; !index.refresh(); turns++) expect(turns).toBeLessThan(100);
}

test('equal a recomputation, after any writes', () => {
  let run = 0;
  fc.assert(
    fc.property(fc.array(aStep, { maxLength: 80 }), aRequest, (steps, request) => {
      const name = `index_${++run}`;
      // A document of another index, and one that makes the fields known.
      store.index.put('other', 'x', '{"temp": 1}');
      const index = new ColumnarIndex(store, name, ZONE);
      for (const step of steps) {
        if (step.kind === 'put') store.index.put(name, step.id, JSON.stringify(step.reading));
        else if (step.kind === 'delete') store.index.delete(name, step.id);
        else if (step.kind === 'drop') store.index.drop(name);
        else refreshAll(index);
      }
      store.index.put(name, 'last', JSON.stringify({ client: 'device1', temp: 1, hum: 1, time: timeText(7) }));
      refreshAll(index);
      const documents = store.index.scan(name).map(({ json }) => JSON.parse(json) as Reading);
      expect(index.documents).toBe(documents.length);
      expect(aggregate(index, request, ZONE)).toMatchObject(recompute(documents, request));
    }),
    { numRuns: 100 },
  );
});

/** The same, the obvious way. */
function recompute(documents: readonly Reading[], request: AggregationRequest): object {
  const { from, to, by, fields, keys, limit } = request;
  const interval = request.interval as number | null;
  const timed = documents.map((reading) => ({ reading, at: ZONE.toInstant(Date.parse(`${reading.time.replace(' ', 'T')}Z`)) }));
  const inRange = timed.filter(({ at }) => at >= (from ?? -Infinity) && at < (to ?? Infinity));
  const keyOf = ({ client }: Reading): string | null => (by === null ? '' : client);
  const found = new Set(inRange.map(({ reading }) => keyOf(reading)).filter((key) => key !== null));
  const wanted = [...found].filter((key) => by === null || keys === null || keys.includes(key));
  const groups = (by === null ? [''] : wanted.sort(new Intl.Collator('en', { numeric: true }).compare)).slice(0, limit);
  const first = from ?? Math.min(...inRange.map(({ at }) => at));
  const end = to ?? Math.max(...inRange.map(({ at }) => at)) + 1;
  const buckets: number[] = [];
  if (interval !== null && Number.isFinite(first) && Number.isFinite(end)) {
    const offset = ZONE.offsetAt(first);
    const start = Math.floor((first + offset) / interval) * interval - offset;
    for (let bucket = start; bucket < end; bucket += interval) buckets.push(bucket);
  }
  const valuesOf = (key: string, field: string, low: number, high: number): number[] =>
    inRange
      .filter(({ reading, at }) => keyOf(reading) === key && at >= low && at < high)
      .map(({ reading }) => reading[field as 'temp'])
      .filter((value) => typeof value === 'number');
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const average = (values: readonly number[]): number | null => (values.length === 0 ? null : sum(values) / values.length);
  return {
    groups: groups.map((key) => ({
      key,
      documents: inRange.filter(({ reading }) => keyOf(reading) === key).length,
      values: fields.map((field) => {
        const values = valuesOf(key, field, -Infinity, Infinity);
        if (values.length === 0) return { count: 0, average: null, sum: null, min: null, max: null };
        return {
          count: values.length,
          average: average(values),
          sum: sum(values),
          min: Math.min(...values),
          max: Math.max(...values),
        };
      }),
    })),
    buckets,
    series:
      interval === null
        ? []
        : groups.map((key) =>
            fields.map((field) => buckets.map((bucket) => average(valuesOf(key, field, bucket, bucket + interval)))),
          ),
    isLimited: by !== null && wanted.length > limit,
  };
}

test('a field of several types becomes one of keywords; nested values are left out', () => {
  store.index.put('mixed', '1', '{"a": 1, "b": "2024-05-12 00:00:00", "c": {"d": 1}, "e": true}');
  store.index.put('mixed', '2', '{"a": "one", "b": "no time", "c": [1], "e": null}');
  const index = new ColumnarIndex(store, 'mixed', ZONE);
  refreshAll(index);
  expect([...index.columns.values()].map(({ name, type }) => [name, type])).toEqual([
    ['a', 'keyword'],
    ['b', 'keyword'],
    ['e', 'boolean'],
  ]);
  expect(index.columns.get('a')?.keywords).toEqual(['1', 'one']);
});

test('a number that is none of JSON leaves its field one of numbers', () => {
  for (const [id, temp] of ['"NaN"', '20.5', '"Infinity"', '22.5', '"-Infinity"'].entries())
    store.index.put('doubles', String(id), `{"temp": ${temp}, "time": "${timeText(id)}"}`);
  const index = new ColumnarIndex(store, 'doubles', ZONE);
  refreshAll(index);
  expect(index.columns.get('temp')?.type).toBe('number');
  expect(Array.from(index.columns.get('temp')!.numbers.subarray(0, 5))).toEqual([NaN, 20.5, NaN, 22.5, NaN]);
});

test('the oldest documents go when memory is short', () => {
  for (let i = 0; i < 1000; i++) {
    store.index.put('large', String(i), JSON.stringify({ client: 'a', temp: i, time: timeText(i) }));
  }
  const index = new ColumnarIndex(store, 'large', ZONE, 20_000);
  refreshAll(index);
  expect(index.isTruncated).toBe(true);
  expect(index.documents).toBe(750);
  const { groups } = aggregate(index, { ...EVERYTHING, fields: ['temp'] }, ZONE);
  expect(groups).toMatchObject([{ key: 'a', documents: 750, values: [{ min: 250, max: 999 }] }]);
  store.index.delete('large', '0');
  store.index.put('large', '999', JSON.stringify({ client: 'a', temp: -1, time: timeText(999) }));
  refreshAll(index);
  expect(aggregate(index, { ...EVERYTHING, fields: ['temp'] }, ZONE).groups[0].values[0]).toMatchObject({ min: -1, max: 998 });
});

test('auto intervals are round, and not finer than the data', () => {
  for (let i = 0; i < 100; i++) store.index.put('minutes', String(i), JSON.stringify({ temp: i, time: timeText(i) }));
  const index = new ColumnarIndex(store, 'minutes', ZONE);
  refreshAll(index);
  const intervalFor = (buckets: number): number | null =>
    aggregate(index, { ...EVERYTHING, fields: ['temp'], by: null, interval: 'auto', buckets }, ZONE).interval;
  expect([1000, 100, 50, 10].map(intervalFor)).toEqual([60_000, 60_000, 120_000, 600_000]);
});

test('times of a zone are read as such', () => {
  const parse = (text: string): string | null => {
    const time = parseDateText(text, ZONE);
    return Number.isNaN(time) ? null : new Date(time).toISOString();
  };
  expect(parse('2024-05-12 02:11:00')).toBe('2024-05-12T00:11:00.000Z');
  expect(parse('2024-01-12T02:11:00.5')).toBe('2024-01-12T01:11:00.500Z');
  expect(parse('2024-05-12 02:11:00.123456Z')).toBe('2024-05-12T02:11:00.123Z');
  expect(parse('2024-05-12T02:11:00+05:30')).toBe('2024-05-11T20:41:00.000Z');
  expect(parse('2024-05-12')).toBe('2024-05-11T22:00:00.000Z');
  for (const text of ['02:11:00', '2024-13-12', '2024-05-12 25:00:00', 'device1', '']) expect(parse(text), text).toBeNull();
});
