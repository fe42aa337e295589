// Every case of test/conformance, which real Flink has answered: the rows left after replaying each print sink's changelog must be
// Flink's. Cases that need what Isobar does not do yet must be refused with a place, never answered wrongly.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ProblemsError } from '../src/base/problem.ts';
import { systemClock } from '../src/base/clock.ts';
import { compile } from '../src/compile/compile.ts';
import { Job } from '../src/run/job.ts';

interface Meta {
  readonly features: readonly string[];
  readonly appendOnlyPlan?: Readonly<Record<string, boolean>>;
  readonly ordered?: boolean;
}

/** What a case is called or says of itself when it needs joins, sessions, continuous Top-N, patterns, set operations or nested values. */
const LATER_NAMES = /^(join|intervaljoin|windowjoin|temporaljoin|setop|match|nested|rank|dedup)-|-session-|-collections$/;
const LATER_FEATURES = new Set([
  ...[
    'left-join',
    'right-join',
    'inner-join',
    'semi-join',
    'anti-join',
    'interval-join',
    'window-join',
    'temporal-join',
    'window-over-join',
  ],
  ...[
    'tvf-session',
    'match-recognize',
    'except',
    'intersect',
    'top-n',
    'dedup-last',
    'dedup-first',
    'dedup-last-row',
    'order-by',
  ],
  ...['row-constructor', 'array-constructor', 'map-constructor', 'array-index', 'map-lookup', 'array-functions'],
]);

const folder = join(import.meta.dirname, 'conformance/cases');
const cases = readdirSync(folder).sort();
const read = <T>(name: string, file: string): T => JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as T;
const isLater = (name: string): boolean =>
  LATER_NAMES.test(name) || read<Meta>(name, 'meta.json').features.some((feature) => LATER_FEATURES.has(feature));

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'isobar-conformance-'));
});
afterAll(() => rmSync(temporary, { recursive: true }));

test.each(cases.filter((name) => !isLater(name)))('%s', async (name) => {
  const { changelog: _, ...rows } = read<Record<string, string[][]>>(name, 'expected.json');
  const { appendOnlyPlan = {}, ordered } = read<Meta>(name, 'meta.json');
  const sinks = replay(await run(name), Object.keys(rows));
  for (const [sink, expected] of Object.entries(rows)) {
    const { left, kinds, order } = sinks.get(sink)!;
    const bodies = expected.map((cells) => cells.join(', '));
    expect([...left].sort(), `rows of ${sink}`).toEqual([...bodies].sort());
    if (ordered) expect(order, `order of ${sink}`).toEqual(bodies);
    if (appendOnlyPlan[sink])
      expect(
        [...kinds].filter((kind) => kind !== '+I'),
        `kinds of ${sink}`,
      ).toEqual([]);
  }
});

test.each(cases.filter(isLater))('%s is right or refused with a place', async (name) => {
  let plan;
  try {
    plan = compileCase(name);
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemsError);
    const { problems } = error as ProblemsError;
    expect(problems.filter(({ place }) => place === undefined)).toEqual([]);
    return;
  }
  const { changelog: _, ...rows } = read<Record<string, string[][]>>(name, 'expected.json');
  const sinks = replay(await run(name, plan), Object.keys(rows));
  for (const [sink, expected] of Object.entries(rows)) {
    expect([...sinks.get(sink)!.left].sort()).toEqual(expected.map((cells) => cells.join(', ')).sort());
  }
});

function compileCase(name: string): ReturnType<typeof compile> {
  const text = readFileSync(join(folder, name, 'query.sql'), 'utf8').replaceAll('${DIR}', join(folder, name));
  return compile({ name: 'query.sql', text }, { local: false });
}

async function run(name: string, plan = compileCase(name)): Promise<string> {
  let stdout = '';
  const job = new Job(plan, {
    clock: systemClock,
    name,
    local: false,
    store: join(temporary, `${name}.db`),
    print: (text) => {
      stdout += text;
    },
  });
  expect(await job.run()).toBe('finished');
  return stdout;
}

interface Replayed {
  /** The rows that are left, each as often as it is there. */
  readonly left: string[];
  readonly kinds: Set<string>;
  /** The rows in the order in which they were added. */
  readonly order: string[];
}

/** Reads print lines, `sink> +I[a, b]` (without the name where there is one sink), as test/conformance/run.py does. */
function replay(stdout: string, names: readonly string[]): Map<string, Replayed> {
  const sinks = new Map<string, Replayed>(names.map((name) => [name, { left: [], kinds: new Set(), order: [] }]));
  for (const line of stdout.split('\n')) {
    const match = /^(?:([^\s>]*?)(?::\d+)?> )?([+-][IUD])\[(.*)\]$/.exec(line);
    if (!match) continue;
    const [, name = names[0], kind, body] = match;
    const sink = sinks.get(name);
    expect(sink, `a sink of the case: ${line}`).toBeDefined();
    if (sink === undefined) continue;
    sink.kinds.add(kind);
    if (kind === '+I' || kind === '+U') {
      sink.left.push(body);
      sink.order.push(body);
    } else {
      const at = sink.left.indexOf(body);
      expect(at, `a row to take back: ${line}`).not.toBe(-1);
      sink.left.splice(at, 1);
    }
  }
  return sinks;
}
