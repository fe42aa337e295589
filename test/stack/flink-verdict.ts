import { assert } from '../../src/base/assert.ts';
import type { CaseFile, CaseSection } from '../case-file.ts';
import type { CaseOutcome } from '../run-case.ts';
import { FLINK_VERSION } from './flink-distribution.ts';
import type { FlinkOutcome } from './run-on-flink.ts';

/**
 * What the comment of a case says about Flink:
 * - `Confirmed by Flink 1.20.5.`: both print and write the same, in the same order where one source feeds one sink;
 * - `Confirmed by Flink 1.20.5 (as a set).`: the same in any order;
 * - `Confirmed by Flink 1.20.5 (the final rows).`: the same after all changes; Flink makes them in other steps;
 * - `Fails in Flink 1.20.5 too.`: Flink refuses the file, or its job fails;
 * - `Not for Flink: REASON`.
 */
export type FlinkVerdict = 'in order' | 'as a set' | 'the final rows' | 'fails too' | 'not for Flink';

const SENTENCES: Readonly<Record<Exclude<FlinkVerdict, 'not for Flink'>, string>> = {
  'in order': `Confirmed by Flink ${FLINK_VERSION}.`,
  'as a set': `Confirmed by Flink ${FLINK_VERSION} (as a set).`,
  'the final rows': `Confirmed by Flink ${FLINK_VERSION} (the final rows).`,
  'fails too': `Fails in Flink ${FLINK_VERSION} too.`,
};
const VERDICTS = Object.keys(SENTENCES) as (keyof typeof SENTENCES)[];

/** Undefined where the comment says nothing. */
export function verdictOf({ comment }: CaseFile): FlinkVerdict | undefined {
  if (/Not for Flink: \S/.test(comment)) return 'not for Flink';
  return VERDICTS.find((verdict) => comment.includes(SENTENCES[verdict]));
}

/** The case with the strictest verdict that holds; unchanged where none does. */
export function withVerdict(file: CaseFile, ours: CaseOutcome, theirs: FlinkOutcome): CaseFile {
  const holds = VERDICTS.find((verdict) => {
    const [a, b] = comparedBy(verdict, ours, theirs);
    return JSON.stringify(a) === JSON.stringify(b);
  });
  return holds === undefined ? file : { ...file, comment: `${file.comment.trimEnd()} ${SENTENCES[holds]}` };
}

/** Ours and theirs in a form in which they must be equal for the verdict to hold. */
export function comparedBy(verdict: keyof typeof SENTENCES, ours: CaseOutcome, theirs: FlinkOutcome): [object, object] {
  const isError = (error: string | undefined): string => (error === undefined ? 'no error' : 'an error');
  if (verdict === 'fails too')
    return [
      { has: 'an error', and: isError(ours.error) },
      { has: isError(theirs.error), and: 'an error' },
    ];
  const { printed, table } = linesOf(ours.stdout);
  const order = verdict === 'in order' && !ours.isOrdered ? asSet : ORDERS[verdict];
  const stored = [...ours.stored].filter(([section]) => !isOurOwn(section));
  const named = (lines: (section: CaseSection) => readonly string[]): object =>
    Object.fromEntries(
      stored.map(([section]) => [
        section.words.join(' '),
        order(lines(section).map(normalised), section.words.includes('keyed')),
      ]),
    );
  const theirRows = theirs.selected.map((cells) => cutAs(table, cells));
  return [
    { error: ours.error, printed: order(printed), selected: order(table), stored: named((section) => ours.stored.get(section)!) },
    {
      error: theirs.error,
      printed: order(theirs.printed),
      selected: order(theirRows),
      stored: named((section) => theirs.stored.get(section) ?? []),
    },
  ];
}

type Order = (lines: readonly string[], isKeyed?: boolean) => readonly string[];
const asSet: Order = (lines) => lines.toSorted();
const ORDERS: Readonly<Record<'in order' | 'as a set' | 'the final rows', Order>> = {
  'in order': (lines) => lines,
  'as a set': asSet,
  'the final rows': (lines, isKeyed = false) => (isKeyed ? lastOfEachKey(lines) : rowsLeft(lines)),
};

/** Dead letters are Isobar's. */
const isOurOwn = ({ words }: CaseSection): boolean => words[1].endsWith('.dead-letter');

function rowsLeft(lines: readonly string[]): string[] {
  const left: string[] = [];
  for (const line of lines) {
    const [, sink = '', kind = '+I', row] = /^([^[]*> )?([+-][IUD])?(.*)$/s.exec(line)!;
    if (kind.startsWith('+')) left.push(sink + row);
    else {
      const at = left.indexOf(sink + row);
      assert(at !== -1, `a row to take back: ${line}`);
      left.splice(at, 1);
    }
  }
  return left.sort();
}

function lastOfEachKey(lines: readonly string[]): string[] {
  const last = new Map(lines.map((line) => [line.split(' => ')[0], line]));
  return [...last.values()].filter((line) => line.includes(' => ')).sort();
}

/** What print sinks printed, and the rows of the tables that bare SELECTs printed: kind and cells, with ` | ` between them. */
function linesOf(stdout: string): { printed: readonly string[]; table: readonly string[] } {
  const lines = stdout.replace(/\n$/, '').split('\n');
  const isRow = (line: string): boolean => /^\| [+-][IUD] \|/.test(line);
  const cells = (line: string): string[] => line.slice(1, -1).split('|');
  const table = lines.filter(isRow).map((line) =>
    cells(line)
      .map((cell) => cell.trim())
      .join(' | '),
  );
  const printed = lines.filter((line) => line !== '' && !/^(\||\+-|Received a total of|Empty set)/.test(line));
  return { printed, table };
}

/** Flink's row, with its texts cut as in the row of the table that has been cut. */
function cutAs(table: readonly string[], cells: readonly string[]): string {
  const text = cells.join(' | ');
  const isCutOf = (row: string): boolean => {
    const parts = row.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return parts.length > 1 && new RegExp(`^${parts.join('.*')}$`).test(text);
  };
  return table.find(isCutOf) ?? text;
}

/** JSON objects with their fields in one order. */
function normalised(line: string): string {
  const parts = line.split(/ (=>) | (?=\{)/).filter((part) => part !== undefined);
  return parts.map((part) => (part.startsWith('{') ? JSON.stringify(sorted(part)) : part)).join(' ');
}

function sorted(json: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return json;
  }
  return Object.fromEntries(Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : 1)));
}
