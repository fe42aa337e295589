import { expect, test } from 'vitest';
import type { OverFrame, OverNode } from '../../../src/plan/node.ts';
import type { Schema } from '../../../src/types/schema.ts';
import { aggregates, generateAggregateCode, lines, nodeBase, run, runAllWays, schemaOf } from './stream.ts';

const input = schemaOf('k STRING, v INT, ts TIMESTAMP');

function overNode(
  time: OverNode['time'],
  frame: OverFrame,
  calls: readonly string[],
  schema: Schema = input,
  partition: readonly number[] = [0],
): OverNode {
  const list = aggregates(calls, schema);
  return {
    ...nodeBase,
    kind: 'over',
    schema: [...schema, ...list.map((call, i) => ({ name: `a${i}`, type: call.type }))],
    partition,
    orderColumn: time === 'rowtime' ? schema.findIndex((field) => field.name === 'ts') : -1,
    time,
    frame,
    aggregates: list,
    stateTtlMs: 0,
    code: generateAggregateCode(list, { retracting: frame.preceding !== Infinity, merging: false, running: true }),
  };
}

const short = (output: readonly string[]): string[] => output.map((line) => line.replace('2024-01-01T', ''));

test('by processing time every row is answered at once', () => {
  const rows = `
    a, 1, 00:00:01
    b, null, 00:00:01
    ~ 00:00:01
    a, 3, 00:00:00
  `;
  const node = overNode('proctime', { unit: 'rows', preceding: Infinity }, [
    'AVG(v)',
    'COUNT(*)',
    'SUM(v)',
    'MAX(v)',
    'LISTAGG(k)',
  ]);
  expect(short(runAllWays(node, [input], rows))).toEqual(
    lines(`
      +I[a, 1, 00:00:01, 1, 1, 1, 1, a]
      +I[b, null, 00:00:01, null, 1, null, null, b]
      ~ 00:00:01
      +I[a, 3, 00:00, 2, 2, 4, 3, a,a]
    `),
  );
});

test('by processing time, frames of some rows', () => {
  const rows = Array.from({ length: 6 }, (_, i) => `a, ${i}, null`).join('\n');
  const node = overNode('proctime', { unit: 'rows', preceding: 2 }, ['SUM(v)', 'MIN(v)', 'FIRST_VALUE(v)']);
  expect(runAllWays(node, [input], rows)).toEqual(
    lines(`
      +I[a, 0, null, 0, 0, 0]
      +I[a, 1, null, 1, 0, 0]
      +I[a, 2, null, 3, 0, 0]
      +I[a, 3, null, 6, 1, 1]
      +I[a, 4, null, 9, 2, 2]
      +I[a, 5, null, 12, 3, 3]
    `),
  );
});

test('by event time rows wait for the watermark and come out in order', () => {
  const rows = `
    a, 1, 00:00:03
    b, 2, 00:00:01
    a, 4, 00:00:01
    ~ 00:00:02
    a, 8, 00:00:02
    a, 16, 00:00:02.001
    ~ end
  `;
  const late: string[] = [];
  const node = overNode('rowtime', { unit: 'rows', preceding: Infinity }, ['SUM(v)', 'COUNT(*)']);
  expect(short(runAllWays(node, [input], rows, { onLate: (row) => late.push(row) }))).toEqual(
    lines(`
      +I[b, 2, 00:00:01, 2, 1]
      +I[a, 4, 00:00:01, 4, 1]
      ~ 00:00:02
      +I[a, 16, 00:00:02.001, 20, 2]
      +I[a, 1, 00:00:03, 21, 3]
      ~ end
    `),
  );
  expect(short(late)).toEqual(['+I[a, 8, 00:00:02]']);
});

test('peers see each other in RANGE frames, not in ROWS frames', () => {
  const rows = `
    a, 1, 00:00:01
    a, 2, 00:00:01
    b, 4, 00:00:01
    a, 8, 00:00:02
    ~ end
  `;
  const sums = (unit: OverFrame['unit']): string[] =>
    runAllWays(overNode('rowtime', { unit, preceding: Infinity }, ['SUM(v)']), [input], rows).map((line) =>
      line.split(', ').at(-1)!,
    );
  expect(sums('range')).toEqual(['3]', '3]', '4]', '11]', '~ end']);
  expect(sums('rows')).toEqual(['1]', '3]', '4]', '11]', '~ end']);
});

test('frames of time let rows leave by their age', () => {
  const rows = `
    a, 1, 00:00:01
    a, 2, 00:00:03
    a, 4, 00:00:05
    a, 8, 00:00:05.001
    b, 16, 00:00:05
    ~ 00:00:04
    ~ 00:01
    a, 32, 00:01:02
    ~ end
  `;
  const node = overNode('rowtime', { unit: 'range', preceding: 2000 }, ['SUM(v)', 'COUNT(*)', 'MAX(v)', 'COLLECT(v)']);
  expect(short(runAllWays(node, [input], rows))).toEqual(
    lines(`
      +I[a, 1, 00:00:01, 1, 1, 1, {1=1}]
      +I[a, 2, 00:00:03, 3, 2, 2, {1=1, 2=1}]
      +I[a, 4, 00:00:05, 6, 2, 4, {2=1, 4=1}]
      +I[b, 16, 00:00:05, 16, 1, 16, {16=1}]
      +I[a, 8, 00:00:05.001, 12, 2, 8, {4=1, 8=1}]
      ~ 00:01:00
      +I[a, 32, 00:01:02, 32, 1, 32, {32=1}]
      ~ end
    `),
  );
});

// Flink 1.20.5: with a bounded frame a row is late only when a row of its partition that is not older has come out.
test('with a bounded frame a row behind the watermark still counts in a partition that has not got so far', () => {
  const rows = `
    a, 1, 00:00:01
    a, 2, 00:00:20
    ~ 00:00:18
    a, 4, 00:00:18
    b, 8, 00:00:17
    b, 16, 00:00:16
    ~ 00:00:22
    a, 32, 00:00:20
    ~ end
  `;
  const node = overNode('rowtime', { unit: 'rows', preceding: 1 }, ['SUM(v)']);
  expect(short(runAllWays(node, [input], rows))).toEqual(
    lines(`
      +I[a, 1, 00:00:01, 1]
      ~ 00:00:18
      +I[b, 16, 00:00:16, 16]
      +I[b, 8, 00:00:17, 24]
      +I[a, 4, 00:00:18, 5]
      +I[a, 2, 00:00:20, 6]
      ~ end
    `),
  );
});

test('a partition of a RANGE frame is forgotten in the end', () => {
  const time = (i: number): string => `00:${String(Math.floor(i / 60)).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}`;
  const rows = Array.from({ length: 2000 }, (_, i) => `k${i}, ${i}, ${time(i)}\n~ ${time(i)}`).join('\n');
  const node = overNode('rowtime', { unit: 'range', preceding: 2000 }, ['SUM(v)']);
  let entries = 0;
  expect(
    run(node, [input], rows, { batchRows: 50, onEnd: (metrics) => (entries = metrics.stateEntries) }).filter((line) =>
      line.startsWith('+I'),
    ).length,
  ).toBe(2000);
  expect(entries).toBeLessThan(20);
});

test('without PARTITION BY there is one partition', () => {
  const node = overNode('rowtime', { unit: 'range', preceding: Infinity }, ['COUNT(*)'], input, []);
  expect(runAllWays(node, [input], 'a, 1, 00:00:01\nb, 2, 00:00:02\n~ end').map((line) => line.split(', ').at(-1))).toEqual([
    '1]',
    '2]',
    '~ end',
  ]);
});
