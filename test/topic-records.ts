import type { CaseSection } from './case-file.ts';

export interface TopicRecord {
  readonly partition: number;
  /** Milliseconds; undefined where the case does not say. */
  readonly timestamp: number | undefined;
  /** Null where records have no key. */
  readonly key: string | null;
  /** Null for a tombstone. */
  readonly value: string | null;
}

/** The records of a case's `-- topic` section (see case-file.ts). */
export function topicRecords({ words: [, ...flags], lines }: CaseSection): { partitions: number; records: TopicRecord[] } {
  const partitions = Number(/^partitions=(\d+)$/.exec(flags.find((flag) => flag.startsWith('partitions=')) ?? '')?.[1] ?? 1);
  const records = lines.map((line) => {
    let rest = line;
    const take = (pattern: RegExp): string => {
      const match = pattern.exec(rest);
      rest = rest.slice(match?.[0].length ?? 0);
      return match?.[1] ?? '';
    };
    const partition = partitions > 1 ? Number(take(/^(\d+): /)) : 0;
    const timestamp = flags.includes('timed') ? Number(take(/^@(\d+) ?/)) : undefined;
    const at = flags.includes('keyed') ? rest.indexOf(' => ') : -1;
    const key = flags.includes('keyed') ? (at === -1 ? rest : rest.slice(0, at)) : null;
    const value = at === -1 && key !== null ? null : rest.slice(at === -1 ? 0 : at + 4);
    return { partition, timestamp, key, value };
  });
  return { partitions, records };
}
