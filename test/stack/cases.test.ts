// Every case file on real Flink: the same rows, the same topics, the same documents, or both fail. A case says in its comment what
// holds for Flink (see flink-verdict.ts); ISOBAR_UPDATE_CASES=1 lets Flink answer for those that do not.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { formatCaseFile, parseCaseFile } from '../case-file.ts';
import { runCase } from '../run-case.ts';
import { comparedBy, verdictOf, withVerdict } from './flink-verdict.ts';
import { runOnFlink, type FlinkOutcome } from './run-on-flink.ts';

const folder = join(import.meta.dirname, '../cases');
const updates = process.env.ISOBAR_UPDATE_CASES === '1';
const cases = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt'))
  .sort()
  .map((name) => ({ name, file: parseCaseFile(readFileSync(join(folder, name), 'utf8')) }))
  .map(({ name, file }) => ({ name, file, verdict: verdictOf(file) }));
const runs = cases.filter(({ verdict }) =>
  updates ? verdict === undefined : verdict !== undefined && verdict !== 'not for Flink',
);
const outcomes = new Map<string, FlinkOutcome>();

beforeAll(async () => {
  const found = await runOnFlink(
    runs.map(({ file }) => file),
    (done) => done % 50 === 0 && process.stderr.write(`stack: ${done} of ${runs.length} cases have run on Flink\n`),
  );
  runs.forEach(({ name }, i) => outcomes.set(name, found[i]));
}, 900_000);

test.skipIf(updates)('each case says what holds for Flink', () => {
  const silent = cases.filter(({ verdict }) => verdict === undefined).map(({ name }) => name);
  expect(silent, 'run them with ISOBAR_UPDATE_CASES=1, or write "Not for Flink: REASON" into the comment').toEqual([]);
});

describe.each(runs)('$name', ({ name, file, verdict }) => {
  test('is the same in both', async () => {
    const ours = await runCase(file);
    const theirs = outcomes.get(name)!;
    if (updates) {
      writeFileSync(join(folder, name), formatCaseFile(withVerdict(file, ours, theirs)));
    } else if (verdict !== undefined && verdict !== 'not for Flink') {
      const [our, their] = comparedBy(verdict, ours, theirs);
      expect(our).toEqual(their);
    }
  });
});
