import { expect, test } from 'vitest';
import type { NormalizeNode, RankNode, WindowRankNode } from '../../../src/plan/node.ts';
import { BIGINT } from '../../../src/types/sql-type.ts';
import { lines, nodeBase, run, runAllWays, schemaOf } from './stream.ts';

const input = schemaOf('k STRING, v INT, s STRING');

function rankNode(options: Partial<RankNode> = {}): RankNode {
  return {
    ...nodeBase,
    kind: 'rank',
    changelog: 'retract',
    schema: options.withRank === true ? [...input, { name: 'row_number', type: BIGINT }] : input,
    partition: [0],
    order: [{ column: 1, descending: true, nullsFirst: false }],
    start: 1,
    end: 2,
    withRank: false,
    laterWins: false,
    retracting: false,
    stateTtlMs: 0,
    ...options,
  };
}

test('the best rows of each partition: one leaves when a better one comes', () => {
  const rows = `
    a, 1, x
    a, 2, y
    b, 1, x
    a, null, z
    ~ 00:00:01
    a, 1, late
    a, 3, w
  `;
  expect(runAllWays(rankNode(), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x]
      +I[a, 2, y]
      +I[b, 1, x]
      ~ 00:00:01
      -D[a, 1, x]
      +I[a, 3, w]
    `),
  );
});

test('with the rank in the output every rank that has another row is told', () => {
  const rows = `
    a, 1, x
    a, 2, y
    a, 3, z
  `;
  expect(runAllWays(rankNode({ withRank: true }), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x, 1]
      -U[a, 1, x, 1]
      +U[a, 2, y, 1]
      +I[a, 1, x, 2]
      -U[a, 2, y, 1]
      +U[a, 3, z, 1]
      -U[a, 1, x, 2]
      +U[a, 2, y, 2]
    `),
  );
});

test('ranks from the second on', () => {
  const rows = `
    a, 1, x
    a, 3, y
    a, 2, z
    a, 4, w
  `;
  expect(runAllWays(rankNode({ start: 2, end: 2 }), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x]
      -U[a, 1, x]
      +U[a, 2, z]
      -U[a, 2, z]
      +U[a, 3, y]
    `),
  );
});

test('keeping the first or the last row of equals', () => {
  const rows = `
    a, 1, x
    a, 1, y
    a, 0, z
  `;
  expect(runAllWays(rankNode({ end: 1 }), [input], rows)).toEqual(['+I[a, 1, x]']);
  expect(runAllWays(rankNode({ end: 1, laterWins: true }), [input], rows)).toEqual(['+I[a, 1, x]', '-U[a, 1, x]', '+U[a, 1, y]']);
  expect(runAllWays(rankNode({ end: 1, order: [], laterWins: true }), [input], rows).at(-1)).toBe('+U[a, 0, z]');
});

test('rows that are taken back make place for those behind', () => {
  const rows = `
    +I a, 1, x
    +I a, 3, y
    +I a, 2, z
    -D a, 3, y
    -D a, 2, z
    -D a, 1, x
    -D a, 9, unknown
    +I a, 5, w
  `;
  expect(runAllWays(rankNode({ retracting: true }), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x]
      +I[a, 3, y]
      -D[a, 1, x]
      +I[a, 2, z]
      -D[a, 3, y]
      +I[a, 1, x]
      -D[a, 2, z]
      -D[a, 1, x]
      +I[a, 5, w]
    `),
  );
  expect(runAllWays(rankNode({ retracting: true, withRank: true, end: 1 }), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x, 1]
      -U[a, 1, x, 1]
      +U[a, 3, y, 1]
      -U[a, 3, y, 1]
      +U[a, 2, z, 1]
      -U[a, 2, z, 1]
      +U[a, 1, x, 1]
      -D[a, 1, x, 1]
      +I[a, 5, w, 1]
    `),
  );
});

test('a partition that is not written to for the time to live starts afresh', () => {
  let now = 0;
  const clock = { now: () => (now += 600) };
  const rows = 'a, 5, x\nb, 1, x\na, 1, y';
  expect(run(rankNode({ end: 1, stateTtlMs: 1000 }), [input], rows, { batchRows: 1, clock })).toEqual([
    '+I[a, 5, x]',
    '+I[b, 1, x]',
    '+I[a, 1, y]',
  ]);
});

const windowed = schemaOf('k STRING, v INT, e TIMESTAMP');

function windowRankNode(options: Partial<WindowRankNode> = {}): WindowRankNode {
  return {
    ...nodeBase,
    kind: 'window-rank',
    schema: options.withRank === true ? [...windowed, { name: 'row_number', type: BIGINT }] : windowed,
    partition: [0],
    windowEnd: 2,
    local: false,
    order: [{ column: 1, descending: true, nullsFirst: false }],
    start: 1,
    end: 2,
    withRank: false,
    laterWins: false,
    ...options,
  };
}

test('Top-N within windows comes out when the window has passed', () => {
  const rows = `
    a, 1, 00:00:20
    b, 1, 00:00:10
    a, 2, 00:00:10
    a, 3, 00:00:10
    a, 1, 00:00:10
    ~ 00:00:09.999
    b, 9, 00:00:10
    a, 2, 00:00:20
    ~ end
  `;
  const late: string[] = [];
  expect(runAllWays(windowRankNode({ withRank: true }), [windowed], rows, { onLate: (row) => late.push(row) })).toEqual(
    lines(`
      +I[b, 1, 2024-01-01T00:00:10, 1]
      +I[a, 3, 2024-01-01T00:00:10, 1]
      +I[a, 2, 2024-01-01T00:00:10, 2]
      ~ 00:00:09.999
      +I[a, 2, 2024-01-01T00:00:20, 1]
      +I[a, 1, 2024-01-01T00:00:20, 2]
      ~ end
    `),
  );
  expect(late).toEqual(['+I[b, 9, 2024-01-01T00:00:10]']);
});

test('de-duplication within windows: who wins among equals', () => {
  const ordered = schemaOf('k STRING, v INT, e TIMESTAMP');
  const rows = 'a, 1, 00:00:10\nb, 1, 00:00:10\nb, 2, 00:00:10\n~ end';
  const order = [{ column: 2, descending: true, nullsFirst: false }];
  expect(runAllWays(windowRankNode({ end: 1, order }), [ordered], rows)[1]).toBe('+I[b, 1, 2024-01-01T00:00:10]');
  expect(runAllWays(windowRankNode({ end: 1, order, laterWins: true }), [ordered], rows)[1]).toBe(
    '+I[b, 2, 2024-01-01T00:00:10]',
  );
});

test('upserts become a full changelog', () => {
  const node: NormalizeNode = { ...nodeBase, kind: 'normalize', changelog: 'retract', schema: input, keys: [0], stateTtlMs: 0 };
  const rows = `
    a, 1, x
    b, 1, x
    a, 1, x
    +U a, 2, y
    -D a, null, null
    -D c, null, null
    a, 3, z
  `;
  expect(runAllWays(node, [input], rows)).toEqual(
    lines(`
      +I[a, 1, x]
      +I[b, 1, x]
      -U[a, 1, x]
      +U[a, 2, y]
      -D[a, 2, y]
      +I[a, 3, z]
    `),
  );
});

test('with an offset rows move up and down rank by rank', () => {
  const rows = `
    +I a, 1, x
    +I a, 2, y
    +I a, 3, z
    -D a, 2, y
  `;
  expect(runAllWays(rankNode({ start: 2, end: 3, retracting: true }), [input], rows)).toEqual(
    lines(`
      +I[a, 1, x]
      -U[a, 1, x]
      +U[a, 2, y]
      +I[a, 1, x]
      -U[a, 2, y]
      +U[a, 1, x]
      -D[a, 1, x]
    `),
  );
});
