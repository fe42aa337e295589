// Every file of test/cases: run straight, with one row at a time, and stopped and gone on with at several records. All must agree.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatCaseFile, parseCaseFile, type CaseFile, type CaseSection } from './case-file.ts';
import { runCase, type CaseOutcome } from './run-case.ts';

const folder = join(import.meta.dirname, 'cases');
const updates = process.env.ISOBAR_UPDATE_CASES === '1';
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.txt'))
  .sort();

describe.each(files)('%s', (name) => {
  const path = join(folder, name);
  const file = parseCaseFile(readFileSync(path, 'utf8'));

  test('gives what it says', async () => {
    const outcome = await runCase(file);
    const actual = formatCaseFile(withOutcome(file, outcome));
    if (updates) writeFileSync(path, actual);
    else expect(actual).toBe(formatCaseFile(file));
  });

  test('gives the same row by row, and stopped and gone on with', async () => {
    const straight = await runCase(file);
    if (straight.error !== undefined || straight.status === undefined) return;
    const records = straight.status.recordsIn;
    expect(comparable(await runCase(file, { maxBatchRows: 1 }))).toEqual(comparable(straight));
    // A bare SELECT starts anew each time.
    if (straight.status.sinks.every(({ table }) => table === 'SELECT')) return;
    for (const stops of [[1], [Math.floor(records / 2)], [records - 1], [1, 1, 2]]) {
      if (stops[0] < 1 || stops[0] >= records) continue;
      expect(comparable(await runCase(file, { stops })), `stopped after ${stops.join(', then ')} of ${records} records`).toEqual(
        comparable(straight),
      );
    }
  });
});

/** Between several sources, and between several sinks, there is no order. */
function comparable({ stdout, error, stored, status, isOrdered }: CaseOutcome): object {
  const ordered = (lines: readonly string[]): readonly string[] => (isOrdered ? lines : lines.toSorted());
  return {
    stdout: ordered(stdout.split('\n')),
    error,
    stored: [...stored.values()].map(ordered),
    counts: status && countLines(status),
  };
}

function countLines({ sources, late }: NonNullable<CaseOutcome['status']>): string[] {
  const malformed = sources.filter((source) => source.malformed > 0).map((source) => `${source.table} ${source.malformed}`);
  return late > 0 ? [...malformed, `late ${late}`] : malformed;
}

/** The case with what came of it in place of what it expected; sections that are missing come at the end. */
function withOutcome(file: CaseFile, outcome: CaseOutcome): CaseFile {
  const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  const actual = new Map<string, readonly string[]>([
    ['expect', lines(outcome.stdout)],
    ['error', lines(outcome.error ?? '')],
    ['malformed', outcome.status === undefined ? [] : countLines(outcome.status)],
  ]);
  const sections: CaseSection[] = [];
  for (const section of file.sections) {
    const stored = outcome.stored.get(section);
    const found = stored ?? (section.words.length === 0 ? actual.get(section.kind) : undefined);
    if (section.words.length === 0) actual.delete(section.kind);
    sections.push({ ...section, lines: found ?? section.lines });
  }
  for (const [kind, missing] of actual) if (missing.length > 0) sections.push({ kind, words: [], lines: missing });
  return { comment: file.comment, sections };
}
