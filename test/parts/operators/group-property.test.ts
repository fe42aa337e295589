import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupAggregateNode } from '../../../src/plan/node.ts';
import { aggregates, generateAggregateCode, nodeBase, run, schemaOf } from './stream.ts';

const input = schemaOf('k STRING, v INT');
const calls = aggregates(
  ['COUNT(*)', 'COUNT(v)', 'SUM(v)', 'AVG(v)', 'MIN(v)', 'MAX(v)', 'COUNT(DISTINCT v)', 'SUM(DISTINCT v)', 'VAR_POP(v)'],
  input,
);
const node: GroupAggregateNode = {
  ...nodeBase,
  kind: 'group-aggregate',
  changelog: 'retract',
  schema: [input[0], ...calls.map((call, i) => ({ name: `a${i}`, type: call.type }))],
  keys: [0],
  aggregates: calls,
  stateTtlMs: 0,
  retracting: true,
  code: generateAggregateCode(calls, { retracting: true, merging: false, running: false }),
};

function recompute(rows: readonly string[]): string[] {
  const groups = new Map<string, (number | null)[]>();
  for (const row of rows) {
    const [key, value] = row.split(', ');
    groups.set(key, [...(groups.get(key) ?? []), value === 'null' ? null : Number(value)]);
  }
  return [...groups].map(([key, all]) => {
    const values = all.filter((value) => value !== null);
    const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
    const n = values.length;
    const distinct = [...new Set(values)];
    const variance = Math.trunc((sum(values.map((v) => v * v)) - Math.trunc(sum(values) ** 2 / n)) / n);
    const results =
      n === 0 ? [null, null, null, null] : [sum(values), Math.trunc(sum(values) / n), Math.min(...values), Math.max(...values)];
    const rest = n === 0 ? [null, null] : [sum(distinct), variance];
    return `[${[key, all.length, n, ...results, distinct.length, ...rest].map((v) => (Object.is(v, -0) ? 0 : String(v))).join(', ')}]`;
  });
}

test('the changelog leaves what a recomputation over the rows that are left gives', () => {
  const row = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer({ min: -4, max: 4 }), { nil: null }));
  const action = fc.record({ row, takeBack: fc.boolean(), nth: fc.nat(50) });
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      (actions, batchRows, restarts) => {
        const rows: string[] = [];
        const text = actions.map(({ row: [key, value], takeBack, nth }) => {
          if (takeBack && rows.length > 0) return `-D ${rows.splice(nth % rows.length, 1)[0]}`;
          rows.push(`${key}, ${value}`);
          return `+I ${rows.at(-1)}`;
        });
        const left = new Map<string, number>();
        for (const line of run(node, [input], text.join('\n'), { batchRows, restarts })) {
          const content = line.slice(2);
          const count = (left.get(content) ?? 0) + (line.startsWith('+') ? 1 : -1);
          expect(count, `${line} takes back a row that is not there`).toBeGreaterThanOrEqual(0);
          if (count === 0) left.delete(content);
          else left.set(content, count);
        }
        expect([...left.keys()].sort()).toEqual(recompute(rows).sort());
      },
    ),
    { numRuns: 100 },
  );
});
