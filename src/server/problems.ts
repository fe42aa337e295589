import type { DeadLetter } from '../run/dead-letter.ts';
import { LeftOutLog, type LeftOut } from '../run/left-out-log.ts';
import type { Problems, ProblemView } from './api.ts';
import type { JobMonitor } from './job-monitor.ts';
import type { KnownTable } from './known-tables.ts';
import { shownText } from './topic-reader.ts';

export type ProblemKind = ProblemView['kind'];

/** Below the numbers of this run. */
const EARLIER = -(2 ** 40);

/** What the jobs have left out, newest first; `stored` is what the local store holds of it besides. */
export function problemsOf(
  monitors: readonly JobMonitor[],
  stored: readonly ProblemView[],
  limit: number,
  kind: ProblemKind | null = null,
): Problems {
  const most = kind === null ? limit : LeftOutLog.MOST_KEPT;
  const kept = monitors.flatMap(({ name, leftOut }) => leftOut.newest(most).map((each) => problemView(name, each)));
  const all = [...kept, ...stored]
    .filter((problem) => kind === null || problem.kind === kind)
    .sort((a, b) => b.at - a.at || b.id - a.id);
  const statuses = monitors.map((monitor) => monitor.status());
  const sum = (key: 'malformed' | 'late' | 'rejected'): number => statuses.reduce((total, status) => total + status[key], 0);
  return {
    problems: all.slice(0, limit),
    malformed: sum('malformed'),
    late: sum('late'),
    rejected: sum('rejected'),
    keptPerJob: LeftOutLog.MOST_KEPT,
  };
}

/** The letters of a dead-letter topic. */
export function deadLetterProblems(
  { job, name }: KnownTable,
  values: readonly { readonly offset: number; readonly text: string }[],
): ProblemView[] {
  return values.flatMap(({ offset, text }) => {
    const letter = parseLetter(text);
    if (letter === undefined) return [];
    const kind = letter.row === undefined ? 'malformed' : 'late';
    return [problemView(job, { id: EARLIER + offset, kind, table: name, letter })];
  });
}

/** Undefined for what somebody else has written there. */
function parseLetter(text: string): DeadLetter | undefined {
  try {
    const letter = JSON.parse(text) as Partial<DeadLetter> | null;
    return typeof letter?.reason === 'string' && typeof letter.at === 'string' ? (letter as DeadLetter) : undefined;
  } catch {
    return undefined;
  }
}

function problemView(job: string, { id, kind, table, letter }: LeftOut): ProblemView {
  const { topic, partition, offset, file, line, field, found, also, message, messageBase64, row, reason, at } = letter;
  return {
    id,
    job,
    kind,
    at: Date.parse(at),
    reason,
    table,
    topic: topic ?? null,
    partition: partition ?? null,
    offset: offset ?? null,
    file: file ?? null,
    line: line ?? null,
    field: field ?? null,
    found: found ?? null,
    also: also ?? [],
    message: message === undefined ? null : shownText(message),
    messageBase64: messageBase64 === undefined ? null : shownText(messageBase64),
    row: row === undefined ? null : Object.entries(row).map(([name, value]) => ({ name, value })),
  };
}
