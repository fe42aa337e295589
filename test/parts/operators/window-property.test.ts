import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WindowAggregateNode, WindowSpec } from '../../../src/plan/node.ts';
import { timestamp } from '../../../src/types/sql-type.ts';
import { aggregates, generateAggregateCode, nodeBase, run, schemaOf } from './stream.ts';

const BOUND_MS = 7_000;
const input = schemaOf('k STRING, v INT, ts TIMESTAMP');
const calls = aggregates(['COUNT(*)', 'SUM(v)', 'MIN(v)', 'COUNT(DISTINCT v)'], input);

interface Row {
  readonly key: string;
  readonly value: number;
  /** Milliseconds since midnight, 2024-01-01. */
  readonly time: number;
}

const windows: readonly WindowSpec[] = [
  { kind: 'tumble', size: 5_000, offset: 0 },
  { kind: 'tumble', size: 4_000, offset: -1_500 },
  { kind: 'hop', size: 6_000, slide: 4_000, offset: 500 },
  { kind: 'hop', size: 3_000, slide: 5_000, offset: 0 },
  { kind: 'cumulate', maxSize: 9_000, step: 3_000, offset: 1_000 },
];

/** The windows of a time, straight from their definitions. */
function windowsOf(window: WindowSpec, time: number): [start: number, end: number][] {
  const found: [number, number][] = [];
  if (window.kind === 'cumulate') {
    const start = Math.floor((time - window.offset) / window.maxSize) * window.maxSize + window.offset;
    for (let end = start + window.step; end <= start + window.maxSize; end += window.step)
      if (time < end) found.push([start, end]);
  } else if (window.kind !== 'attached') {
    const slide = window.kind === 'hop' ? window.slide : window.size;
    for (let start = window.offset - 40 * slide; start <= time; start += slide) {
      if (start <= time && time < start + window.size && (start - window.offset) % slide === 0)
        found.push([start, start + window.size]);
    }
  }
  return found;
}

function recompute(window: WindowSpec, rows: readonly Row[]): string[] {
  const groups = new Map<string, number[]>();
  for (const { key, value, time } of rows) {
    for (const [start, end] of windowsOf(window, time)) {
      const group = JSON.stringify([key, start, end]);
      groups.set(group, [...(groups.get(group) ?? []), value]);
    }
  }
  return [...groups].map(([group, values]) => {
    const [key, start, end] = JSON.parse(group) as [string, number, number];
    const sum = values.reduce((a, b) => a + b, 0);
    return `+I[${[key, values.length, sum, Math.min(...values), new Set(values).size, clock(start), clock(end)].join(', ')}]`;
  });
}

function clock(time: number): string {
  return new Date(Date.UTC(2024, 0, 1) + time)
    .toISOString()
    .replace(/\.000Z|Z/, '')
    .replace(/:00$/, '');
}

/** The rows in an order that the bound allows: each row delayed by less than the bound; with the watermarks it makes. */
function stream(rows: readonly Row[], delays: readonly number[]): string {
  const arrivals = rows.map((row, i) => ({ row, at: row.time + (delays[i] % BOUND_MS) })).sort((a, b) => a.at - b.at);
  let watermark = -Infinity;
  const text = arrivals.map(({ row }) => {
    watermark = Math.max(watermark, row.time - BOUND_MS);
    const time = (millis: number): string =>
      `${millis < 0 ? '-' : ''}00:00:00.000`.replace('00:00:00.000', new Date(Math.abs(millis)).toISOString().slice(11, 23));
    return `${row.key}, ${row.value}, ${time(row.time)}\n~ ${time(watermark)}`;
  });
  return [...text, '~ end'].join('\n');
}

const rows = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.integer({ min: -5, max: 5 }),
    time: fc.integer({ min: -20_000, max: 40_000 }),
  }),
  { maxLength: 40 },
);

test.each(windows.map((window) => [JSON.stringify(window), window] as const))(
  'any order of arrival within the bound gives what a recomputation over all rows gives: %s',
  (_, window) => {
    const node: WindowAggregateNode = {
      ...nodeBase,
      kind: 'window-aggregate',
      schema: [
        input[0],
        ...calls.map((call, i) => ({ name: `a${i}`, type: call.type })),
        { name: 'start', type: timestamp(3) },
        { name: 'end', type: timestamp(3) },
      ],
      window,
      timeColumn: 2,
      keys: [0],
      aggregates: calls,
      twoPhase: false,
      properties: ['start', 'end'],
      code: generateAggregateCode(calls, { retracting: false, merging: true, running: false }),
    };
    fc.assert(
      fc.property(
        rows,
        fc.array(fc.nat(BOUND_MS - 1), { minLength: 40, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (list, delays, batchRows, restarts) => {
          const output = run(node, [input], stream(list, delays), { batchRows, restarts });
          expect(output.filter((line) => !line.startsWith('~')).sort()).toEqual(recompute(window, list).sort());
        },
      ),
      { numRuns: 60 },
    );
  },
);
