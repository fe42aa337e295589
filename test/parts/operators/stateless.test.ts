import { expect, test } from 'vitest';
import type { CalcNode, ExpandNode, UnionNode, WatermarkNode, WindowAssignNode } from '../../../src/plan/node.ts';
import type { GeneratedCode } from '../../../src/plan/code.ts';
import { WatermarkOperator } from '../../../src/run/watermark/watermark-operator.ts';
import { createBatch } from '../../../src/types/batch.ts';
import { BIGINT, INTEGER, timestamp } from '../../../src/types/sql-type.ts';
import { lines, nodeBase, runAllWays, schemaOf } from './stream.ts';

const input = schemaOf('k STRING, v INT, ts TIMESTAMP');
const code = (name: string, parameters: readonly string[], source: string): GeneratedCode => ({
  name,
  parameters,
  source,
  constants: [],
  calls: [],
});

test('calc shares plain columns, copies them where rows are filtered, and keeps kinds and watermarks', () => {
  const node = (condition: CalcNode['condition'], source: string): CalcNode => ({
    ...nodeBase,
    kind: 'calc',
    changelog: 'retract',
    schema: [input[0], { name: 'twice', type: INTEGER }],
    condition,
    projection: [
      { kind: 'column', index: 0, type: input[0].type },
      { kind: 'literal', value: 0, type: INTEGER },
    ],
    code: code('calc', ['input', 'output', 'rows'], source),
  });
  const rows = `
    a, 1, null
    ~ 00:00:01
    -D b, 2, null
    null, 3, null
    ~ 00:00:02
    c, 4, null
    ~ 00:00:03
  `;
  const all =
    'for (let i = 0; i < input.length; i++) output.columns[1].set(i, 2 * input.columns[1].values[i]); return input.length;';
  expect(runAllWays(node(null, all), [input], rows)).toEqual(
    lines(`
      +I[a, 2]
      ~ 00:00:01
      -D[b, 4]
      +I[null, 6]
      ~ 00:00:02
      +I[c, 8]
      ~ 00:00:03
    `),
  );
  const even = `let n = 0;
    for (let i = 0; i < input.length; i++) {
      if (input.columns[1].values[i] % 2 === 0) { output.columns[1].set(n, 2 * input.columns[1].values[i]); rows[n++] = i; }
    }
    return n;`;
  expect(
    runAllWays(node({ kind: 'literal', value: true, type: { kind: 'BOOLEAN', nullable: false } }, even), [input], rows),
  ).toEqual(
    lines(`
      ~ 00:00:01
      -D[b, 4]
      ~ 00:00:02
      +I[c, 8]
      ~ 00:00:03
    `),
  );
});

test('the watermark of a union is the smallest of its inputs', () => {
  const node: UnionNode = { ...nodeBase, kind: 'union', inputs: [0, 1], schema: input };
  const rows = `
    a, 1, null
    ~ 00:00:05
    b, 2, null
    2> c, 3, null
    2> ~ 00:00:03
    2> d, 4, null
    a, 5, null
    2> ~ 00:00:09
    2> e, 6, null
    2> ~ end
    a, 7, null
    ~ end
  `;
  expect(runAllWays(node, [input, input], rows)).toEqual(
    lines(`
      +I[a, 1, null]
      +I[b, 2, null]
      +I[c, 3, null]
      ~ 00:00:03
      +I[d, 4, null]
      +I[a, 5, null]
      ~ 00:00:05
      +I[e, 6, null]
      +I[a, 7, null]
      ~ end
    `),
  );
});

test('grouping sets give every row once for each', () => {
  const node: ExpandNode = {
    ...nodeBase,
    kind: 'expand',
    schema: [...input.slice(0, 2), { name: 'id', type: BIGINT }],
    sets: [
      { nulls: [], id: 0n },
      { nulls: [0, 1], id: 3n },
    ],
  };
  expect(runAllWays(node, [input.slice(0, 2)], 'a, 1\n~ 00:00:01\nb, 2')).toEqual(
    lines(`
      +I[a, 1, 0]
      +I[null, null, 3]
      ~ 00:00:01
      +I[b, 2, 0]
      +I[null, null, 3]
    `),
  );
});

test('a row is given once for each of its windows', () => {
  const time = { name: 't', type: timestamp(3) };
  const node: WindowAssignNode = {
    ...nodeBase,
    kind: 'window-assign',
    schema: [...input, time, time, time],
    window: { kind: 'hop', size: 10_000, slide: 5_000, offset: 0 },
    timeColumn: 2,
  };
  expect(runAllWays(node, [input], 'a, 1, 00:00:07\nb, 2, null').map((line) => line.replaceAll('2024-01-01T', ''))).toEqual(
    lines(`
      +I[a, 1, 00:00:07, 00:00, 00:00:10, 00:00:09.999]
      +I[a, 1, 00:00:07, 00:00:05, 00:00:15, 00:00:14.999]
    `),
  );
});

// ---------------------------------------------------------------- watermarks

interface Split {
  rows(split: string, times: readonly (number | null)[], now: number): (number | string)[];
}

function watermarks(idleTimeoutMs: number, advanceWhenIdleMs = 0): { operator: WatermarkOperator; told: number[] } & Split {
  const schema = schemaOf('ts TIMESTAMP');
  const node: WatermarkNode = {
    ...nodeBase,
    kind: 'watermark',
    schema,
    rowtime: 0,
    expression: { kind: 'column', index: 0, type: schema[0].type },
    idleTimeoutMs,
    advanceWhenIdleMs,
    code: code(
      'watermark',
      ['input', 'target'],
      'const { values, nulls } = input.columns[0]; for (let i = 0; i < input.length; i++) target[i] = nulls[i] ? NaN : values[i] - 10;',
    ),
  };
  const told: number[] = [];
  let before: number[] = [];
  const output = {
    collect: (batch: { watermarks: Float64Array | null; length: number }): void => {
      before = [...batch.watermarks!.subarray(0, batch.length)];
    },
    advance: (watermark: number): void => void told.push(watermark),
  };
  const operator = new WatermarkOperator(node, output, { clock: { now: () => 0 }, timeZone: 'UTC' });
  return {
    operator,
    told,
    rows(split, times, now) {
      const batch = createBatch(schema, times.length);
      times.forEach((time, i) => batch.columns[0].set(i, time));
      batch.length = times.length;
      operator.beginBatch(split, ['p', 'q'], now);
      operator.process(0, batch);
      return [...before, operator.metrics.watermark];
    },
  };
}

test('the watermark advances with every row, as far as the slowest split', () => {
  const stream = watermarks(0);
  expect(stream.rows('p', [100, 120, null, 110], 0)).toEqual([-Infinity, -Infinity, -Infinity, -Infinity, -Infinity]);
  expect(stream.rows('q', [50.5, 70, 200, 60], 0)).toEqual([-Infinity, 40, 60, 110, 110]);
  expect(stream.rows('p', [90, 150], 0)).toEqual([110, 110, 140]);
});

test('a silent split holds the watermark back only until it counts as idle', () => {
  const stream = watermarks(1000);
  stream.rows('p', [100], 0);
  expect(stream.operator.idleInMs(0)).toBe(1000);
  expect(stream.operator.advanceIdle(['p', 'q'], 900)).toBe(false);
  stream.rows('p', [150], 900);
  expect(stream.operator.advanceIdle(['p', 'q'], 1000)).toBe(true);
  expect(stream.told).toEqual([140]);
  expect(stream.rows('p', [180], 1100)).toEqual([140, 170]);
  expect(stream.rows('q', [20], 1200)).toEqual([170, 170]);
});

test('a split without rows falls silent before the others, and all together leave the watermark where the last of them were', () => {
  const stream = watermarks(1000);
  stream.rows('p', [100], 0);
  // Both are idle by now, but q has been for longer.
  expect(stream.operator.advanceIdle(['p', 'q'], 1000)).toBe(true);
  stream.rows('q', [500], 5000);
  stream.rows('p', [300], 5100);
  expect(stream.operator.advanceIdle(['p', 'q'], 7000)).toBe(false);
  stream.rows('q', [700], 8000);
  expect(stream.operator.advanceIdle(['p', 'q'], 10_000)).toBe(false);
  expect(stream.told).toEqual([90]);
  expect(stream.operator.metrics.watermark).toBe(690);
});

test('when all splits are silent the watermark can go on with the clock', () => {
  const stream = watermarks(0, 500);
  stream.rows('p', [100], 0);
  stream.rows('q', [100], 1000);
  expect(stream.operator.advanceIdle(['p', 'q'], 1400)).toBe(false);
  expect(stream.operator.advanceIdle(['p', 'q'], 1500)).toBe(true);
  expect(stream.operator.advanceIdle(['p', 'q'], 1700)).toBe(true);
  expect(stream.told).toEqual([590, 790]);
  expect(stream.rows('p', [800], 1700)).toEqual([790, 790]);
});

test('watermarks of splits are part of the state', () => {
  const stream = watermarks(0);
  stream.rows('p', [100], 0);
  stream.rows('q', [50], 0);
  const restored = watermarks(0);
  restored.operator.restore(structuredClone(stream.operator.snapshot()));
  expect(restored.rows('q', [80], 0)).toEqual([40, 70]);
  expect(restored.rows('q', [300], 0)).toEqual([70, 90]);
});
