import { expect, test } from 'vitest';
import type { WindowAggregateNode, WindowSpec } from '../../../src/plan/node.ts';
import type { Schema } from '../../../src/types/schema.ts';
import { timestamp, timestampLtz } from '../../../src/types/sql-type.ts';
import { generateAggregateCode, aggregates, lines, nodeBase, run, runAllWays, schemaOf, type RunOptions } from './stream.ts';

const weather = schemaOf('k STRING, v DOUBLE, ts TIMESTAMP');

function windowNode(
  input: Schema,
  window: WindowSpec,
  keys: readonly string[],
  calls: readonly string[],
  properties: WindowAggregateNode['properties'] = ['start', 'end'],
): WindowAggregateNode {
  const index = (name: string): number => input.findIndex((field) => field.name === name);
  const list = aggregates(calls, input);
  const timeColumn = index('ts');
  return {
    ...nodeBase,
    kind: 'window-aggregate',
    schema: [
      ...keys.map((key) => input[index(key)]),
      ...list.map((call, i) => ({ name: `a${i}`, type: call.type })),
      ...properties.map((name) => ({
        name,
        type: name === 'time' && input[timeColumn]?.type.kind === 'TIMESTAMP_LTZ' ? timestampLtz(3) : timestamp(3),
      })),
    ],
    window,
    timeColumn,
    keys: keys.map(index),
    aggregates: list,
    properties,
    twoPhase: false,
    code: generateAggregateCode(list, { retracting: false, merging: true, running: false }),
  };
}

function result(node: WindowAggregateNode, text: string, input = weather, options: RunOptions = {}): string[] {
  return runAllWays(node, [input], text, options);
}

const tumble = (size: number, offset = 0): WindowSpec => ({ kind: 'tumble', size, offset });

test('a tumbling window fires once the watermark reaches its last millisecond', () => {
  const node = windowNode(weather, tumble(10_000), ['k'], ['AVG(v)', 'COUNT(*)', 'SUM(v)', 'COUNT(v)', 'MIN(v)', 'MAX(v)']);
  const rows = `
    a, 1.5, 00:00:01
    b, null, 00:00:02
    a, 2.5, 00:00:09.999
    a, 7, 00:00:10
    ~ 00:00:09.998
    a, 0, 00:00:00
    ~ 00:00:09.999
    c, 1, 00:00:12
    ~ end
  `;
  expect(result(node, rows)).toEqual(
    lines(`
      ~ 00:00:09.998
      +I[a, 1.3333333333333333, 3, 4.0, 3, 0.0, 2.5, 2024-01-01T00:00, 2024-01-01T00:00:10]
      +I[b, null, 1, null, 0, null, null, 2024-01-01T00:00, 2024-01-01T00:00:10]
      ~ 00:00:09.999
      +I[a, 7.0, 1, 7.0, 1, 7.0, 7.0, 2024-01-01T00:00:10, 2024-01-01T00:00:20]
      +I[c, 1.0, 1, 1.0, 1, 1.0, 1.0, 2024-01-01T00:00:10, 2024-01-01T00:00:20]
      ~ end
    `),
  );
});

test('a row whose window has fired is late: dropped, counted and told of', () => {
  const late: string[] = [];
  const rows = `
    a, 1, 00:00:01
    ~ 00:00:09.999
    a, 2, 00:00:09.999
    a, 3, 00:00:10
    ~ end
  `;
  const node = windowNode(weather, tumble(10_000), ['k'], ['SUM(v)'], []);
  expect(result(node, rows, weather, { onLate: (row) => late.push(row) })).toEqual([
    '+I[a, 1.0]',
    '~ 00:00:09.999',
    '+I[a, 3.0]',
    '~ end',
  ]);
  expect(late).toEqual(['+I[a, 2.0, 2024-01-01T00:00:09.999]']);
});

test('windows fire in order of their ends, although their first rows came in another', () => {
  const rows = `
    a, 1, 00:00:21
    a, 2, 00:00:11
    a, 3, -00:00:01
    ~ 00:01
  `;
  expect(result(windowNode(weather, tumble(10_000), [], ['SUM(v)'], ['start', 'time']), rows)).toEqual(
    lines(`
      +I[3.0, 2023-12-31T23:59:50, 2023-12-31T23:59:59.999]
      +I[2.0, 2024-01-01T00:00:10, 2024-01-01T00:00:19.999]
      +I[1.0, 2024-01-01T00:00:20, 2024-01-01T00:00:29.999]
      ~ 00:01:00
    `),
  );
});

test('windows may be shifted by an offset', () => {
  const rows = `
    a, 1, 00:00:02
    a, 2, 00:00:03
    ~ end
  `;
  expect(result(windowNode(weather, tumble(10_000, -7_000), ['k'], ['SUM(v)'], ['start']), rows)).toEqual(
    lines(`
      +I[a, 1.0, 2023-12-31T23:59:53]
      +I[a, 2.0, 2024-01-01T00:00:03]
      ~ end
    `),
  );
});

test('hopping windows share their panes', () => {
  const rows = `
    a, 1, 00:00:01
    b, 2, 00:00:06
    a, 4, 00:00:07
    ~ 00:00:04.999
    a, 8, 00:00:02
    ~ 00:00:21
    a, 16, 00:00:22
    ~ end
  `;
  const hop: WindowSpec = { kind: 'hop', size: 15_000, slide: 5_000, offset: 0 };
  expect(
    result(windowNode(weather, hop, ['k'], ['SUM(v)', 'COUNT(DISTINCT v)', 'FIRST_VALUE(v)', 'LISTAGG(k)'], ['start']), rows),
  ).toEqual(
    lines(`
      +I[a, 1.0, 1, 1.0, a, 2023-12-31T23:59:50]
      ~ 00:00:04.999
      +I[a, 13.0, 3, 1.0, a,a,a, 2023-12-31T23:59:55]
      +I[b, 2.0, 1, 2.0, b, 2023-12-31T23:59:55]
      +I[a, 13.0, 3, 1.0, a,a,a, 2024-01-01T00:00]
      +I[b, 2.0, 1, 2.0, b, 2024-01-01T00:00]
      +I[b, 2.0, 1, 2.0, b, 2024-01-01T00:00:05]
      +I[a, 4.0, 1, 4.0, a, 2024-01-01T00:00:05]
      ~ 00:00:21
      +I[a, 16.0, 1, 16.0, a, 2024-01-01T00:00:10]
      +I[a, 16.0, 1, 16.0, a, 2024-01-01T00:00:15]
      +I[a, 16.0, 1, 16.0, a, 2024-01-01T00:00:20]
      ~ end
    `),
  );
});

test('rows between hopping windows with gaps belong to none', () => {
  const hop: WindowSpec = { kind: 'hop', size: 4_000, slide: 10_000, offset: 0 };
  const rows = `
    a, 1, 00:00:03.999
    a, 2, 00:00:04
    a, 4, 00:00:10
    ~ end
  `;
  expect(result(windowNode(weather, hop, ['k'], ['SUM(v)'], ['start', 'end']), rows)).toEqual(
    lines(`
      +I[a, 1.0, 2024-01-01T00:00, 2024-01-01T00:00:04]
      +I[a, 4.0, 2024-01-01T00:00:10, 2024-01-01T00:00:14]
      ~ end
    `),
  );
});

test('cumulating windows grow by steps, and a late row counts in those that have not fired', () => {
  const cumulate: WindowSpec = { kind: 'cumulate', maxSize: 15_000, step: 5_000, offset: 0 };
  const rows = `
    a, 1, 00:00:01
    ~ 00:00:05
    b, 2, 00:00:06
    a, 4, 00:00:02
    ~ 00:00:15
    b, 8, 00:00:14
    c, 8, 00:00:26
    ~ end
  `;
  expect(result(windowNode(weather, cumulate, ['k'], ['SUM(v)']), rows)).toEqual(
    lines(`
      +I[a, 1.0, 2024-01-01T00:00, 2024-01-01T00:00:05]
      ~ 00:00:05
      +I[a, 5.0, 2024-01-01T00:00, 2024-01-01T00:00:10]
      +I[b, 2.0, 2024-01-01T00:00, 2024-01-01T00:00:10]
      +I[a, 5.0, 2024-01-01T00:00, 2024-01-01T00:00:15]
      +I[b, 2.0, 2024-01-01T00:00, 2024-01-01T00:00:15]
      ~ 00:00:15
      +I[c, 8.0, 2024-01-01T00:00:15, 2024-01-01T00:00:30]
      ~ end
    `),
  );
});

test('rows that carry their window are grouped by it', () => {
  const input = schemaOf('k STRING, v INT, s TIMESTAMP, e TIMESTAMP');
  const node = windowNode(
    input,
    { kind: 'attached', startColumn: 2, endColumn: 3, local: false },
    ['k'],
    ['SUM(v)'],
    ['start', 'end', 'time'],
  );
  const rows = `
    a, 1, 00:00:00, 00:00:10
    a, 2, 00:00:05, 00:00:10
    a, 4, 00:00:00, 00:00:10
    b, 8, 00:00:00, 00:00:05
    ~ 00:00:04.999
    b, 16, 00:00:00, 00:00:05
    ~ end
  `;
  expect(result(node, rows, input)).toEqual(
    lines(`
      +I[b, 8, 2024-01-01T00:00, 2024-01-01T00:00:05, 2024-01-01T00:00:04.999]
      ~ 00:00:04.999
      +I[a, 5, 2024-01-01T00:00, 2024-01-01T00:00:10, 2024-01-01T00:00:09.999]
      +I[a, 2, 2024-01-01T00:00:05, 2024-01-01T00:00:10, 2024-01-01T00:00:09.999]
      ~ end
    `),
  );
});

test('windows over TIMESTAMP_LTZ are those of the local clocks', () => {
  const input = schemaOf('k STRING, v INT, ts LTZ');
  const rows = `
    a, 1, 10:59:59
    a, 2, 11:00:00
    ~ 12:59:59.998
    a, 4, 12:00:00
    ~ end
  `;
  const node = windowNode(input, tumble(86_400_000), ['k'], ['SUM(v)'], ['start', 'end', 'time']);
  expect(result(node, rows, input, { timeZone: 'Pacific/Auckland' })).toEqual(
    lines(`
      +I[a, 1, 2024-01-01T00:00, 2024-01-02T00:00, 2024-01-01T10:59:59.999Z]
      ~ 12:59:59.998
      +I[a, 6, 2024-01-02T00:00, 2024-01-03T00:00, 2024-01-02T10:59:59.999Z]
      ~ end
    `),
  );
});

test('several key columns, of any types, NULL among them', () => {
  const input = schemaOf('a STRING, b INT, c DECIMAL, d DOUBLE, e BIGINT, f BOOLEAN, ts TIMESTAMP');
  const rows = `
    x, 1, 1.5, 0, 5, true, 00:00:01
    x, null, 1.5, 0, 5, true, 00:00:01
    null, null, null, null, null, null, 00:00:01
    x, 1, 1.50, -0, 5, true, 00:00:01
    x, 1, 1.5, NaN, 5, false, 00:00:01
    x, 1, 1.5, NaN, 5, false, 00:00:01
    null, null, null, null, null, null, 00:00:01
    x, 1, 1.5, 0, 5, true, 00:00:01
    ~ end
  `;
  expect(result(windowNode(input, tumble(10_000), ['a', 'b', 'c', 'd', 'e', 'f'], ['COUNT(*)'], []), rows, input)).toEqual(
    lines(`
      +I[x, 1, 1.50, 0.0, 5, true, 2]
      +I[x, null, 1.50, 0.0, 5, true, 1]
      +I[null, null, null, null, null, null, 2]
      +I[x, 1, 1.50, -0.0, 5, true, 1]
      +I[x, 1, 1.50, NaN, 5, false, 2]
      ~ end
    `),
  );
});

test('a row without time fails the job', () => {
  const node = windowNode(weather, tumble(10_000), ['k'], ['SUM(v)'], []);
  expect(() => run(node, [weather], 'a, 1, null')).toThrow('time attribute is NULL');
});

test('more keys than fit into one batch of output', () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `k${i % 9_000}, ${i}, 00:00:01`).join('\n') + '\n~ end';
  const node = windowNode(weather, tumble(10_000), ['k'], ['COUNT(*)'], []);
  for (const coded of [false, true]) {
    const output = run(node, [weather], rows, { batchRows: 3000, coded });
    expect(output.length).toBe(9_001);
    expect(output[0]).toBe('+I[k0, 2]');
    expect(output[8_999]).toBe('+I[k8999, 1]');
  }
});
