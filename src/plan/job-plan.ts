import type { SourceText } from '../base/place.ts';
import type { PlanNode } from './node.ts';

/** Everything that is needed to run a file: what compile gives and run takes. */
export interface JobPlan {
  readonly name: string;
  readonly source: SourceText;
  readonly nodes: readonly PlanNode[];
  /** What SET statements said, by key. */
  readonly settings: ReadonlyMap<string, string>;
  readonly timeZone: string;
  /** `execution.checkpointing.interval`; 0 when the file sets none. */
  readonly checkpointIntervalMs: number;
  /** `isobar.dead-letter`. */
  readonly deadLetter: boolean;
  /** Identifies nodes and schemas: state of another plan is not restored. */
  readonly fingerprint: string;
}

/** The file reads a topic, whether of Kafka or a local one. */
export const readsTopics = (plan: JobPlan): boolean =>
  plan.nodes.some((node) => node.kind === 'scan' && /^(upsert-)?kafka$/.test(node.table.bound.connector));
