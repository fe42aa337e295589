import type { ConnectedTable } from '../connectors/connector.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import { deadLetterTopic } from '../run/dead-letter.ts';
import { holdsErrors } from './holds-errors.ts';

/** A table of a running pipeline that lies in the local store, or the topic of its dead letters. Plain data. */
export interface KnownTable {
  readonly job: string;
  /** The table's name. */
  readonly name: string;
  readonly use: 'source' | 'sink' | 'dead-letter';
  readonly topics: readonly string[];
  readonly index: string | null;
  /** Null for dead letters. */
  readonly table: ConnectedTable | null;
  readonly timeZone: string;
  readonly holdsErrors: boolean;
}

/** The tables that a job reads and writes, with their topics and indexes. */
export function knownTables(job: string, plan: JobPlan): KnownTable[] {
  const { timeZone } = plan;
  return plan.nodes.flatMap((node): KnownTable[] => {
    if ((node.kind !== 'scan' && node.kind !== 'sink') || node.table === null) return [];
    const { table } = node;
    const use = node.kind === 'scan' ? 'source' : 'sink';
    const found: KnownTable = {
      job,
      name: table.name,
      use,
      ...placesOf(table),
      table,
      timeZone,
      holdsErrors: holdsErrors(table.name),
    };
    if (node.kind !== 'scan' || !plan.deadLetter) return [found];
    const topics = [deadLetterTopic(table.name)];
    return [found, { job, name: table.name, use: 'dead-letter', topics, index: null, table: null, timeZone, holdsErrors: true }];
  });
}

/** The local topics and the index of a table. */
export function placesOf(table: ConnectedTable): { topics: readonly string[]; index: string | null } {
  const { topics, index } = table.bound.settings as { topics?: readonly string[] | null; index?: string };
  return { topics: topics ?? [], index: index ?? null };
}
