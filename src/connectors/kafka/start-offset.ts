import { RunError } from '../../base/problem.ts';
import type { KafkaSettings } from './settings.ts';

/** What is known of a partition when it is decided where reading it begins and ends. */
export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  /** The first record that is still there. */
  readonly earliest: number;
  /** Behind the last record. */
  readonly latest: number;
  /** What the group has committed; asked for only where the settings name the group's offsets. */
  readonly group?: number;
  /** The first record at or after the time that the settings name, if there is one. */
  readonly atStartTime?: number;
  readonly atEndTime?: number;
}

/**
 * The offsets `from` … `to - 1` of a partition are read; `to` is Infinity when reading never ends. A bounded source that begins at
 * or behind its end reads nothing; otherwise an offset behind the last record counts as one that is lost, as in Flink.
 */
export function readingRange(
  settings: KafkaSettings,
  offsets: PartitionOffsets,
  restored: number | undefined,
  appearedLater: boolean,
): { readonly from: number; readonly to: number } {
  const to = endOffset(settings, offsets);
  const from = startOffset(settings, offsets, restored, appearedLater);
  if (from >= to) return { from: restored ?? to, to };
  return { from: from > offsets.latest ? offsetInstead(settings, offsets, from) : from, to };
}

/**
 * Where reading a partition begins. `restored` is what a checkpoint says; a partition that appears while the job runs (also
 * between two runs of it) is read from its beginning, as Flink does.
 */
function startOffset(
  settings: KafkaSettings,
  offsets: PartitionOffsets,
  restored: number | undefined,
  appearedLater: boolean,
): number {
  const { topic, partition, earliest, latest, group } = offsets;
  if (restored !== undefined) {
    if (restored <= latest) return restored;
    throw new RunError(
      'TOPIC_OFFSET',
      `the checkpoint goes on at offset ${restored} of topic "${topic}" partition ${partition}, which ends at ${latest}: the topic was made anew`,
      'Start the job without its checkpoint, or from the store that the checkpoint belongs to.',
    );
  }
  if (appearedLater) return earliest;
  const { start } = settings;
  switch (start.mode) {
    case 'earliest-offset':
      return earliest;
    case 'latest-offset':
      return latest;
    case 'group-offsets':
      return group ?? resetOffset(settings, offsets);
    case 'timestamp':
      return offsets.atStartTime ?? latest;
    case 'specific-offsets':
      // Flink: of partitions that are not named, the group's offset counts, then the earliest.
      return start.offsets[partition] ?? group ?? earliest;
  }
}

function endOffset(settings: KafkaSettings, offsets: PartitionOffsets): number {
  const { end } = settings;
  switch (end.mode) {
    case 'unbounded':
      return Infinity;
    case 'latest-offset':
      return offsets.latest;
    case 'group-offsets':
      if (offsets.group === undefined) throw noGroupOffset(settings, offsets);
      return offsets.group;
    case 'timestamp':
      return offsets.atEndTime ?? offsets.latest;
    case 'specific-offsets':
      // Flink: "If an offset for a partition is not provided it will not consume from that partition."
      return end.offsets[offsets.partition] ?? 0;
  }
}

/** True when the start or the end of the settings may be the group's offsets. */
export function needsGroupOffsets({ start, end }: KafkaSettings): boolean {
  return start.mode === 'group-offsets' || start.mode === 'specific-offsets' || end.mode === 'group-offsets';
}

/**
 * Where to read a partition instead of at `lost`, which retention has deleted or which was never there: what Kafka's
 * `auto.offset.reset` says, which Flink sets by the start mode: `earliest-offset` and `specific-offsets` mean earliest,
 * `latest-offset` latest, `timestamp` none.
 */
export function offsetInstead(settings: KafkaSettings, offsets: PartitionOffsets, lost: number): number {
  switch (settings.start.mode) {
    case 'earliest-offset':
    case 'specific-offsets':
      return offsets.earliest;
    case 'latest-offset':
      return offsets.latest;
    case 'group-offsets':
      if (settings.autoOffsetReset !== 'none') return resetOffset(settings, offsets);
      break;
    case 'timestamp':
      break;
  }
  if (lost > offsets.latest) {
    throw new RunError(
      'TOPIC_OFFSET',
      `group "${settings.groupId}" goes on at offset ${lost} of topic "${offsets.topic}" partition ${offsets.partition}, which ends at ${offsets.latest}: the topic was made anew`,
      `To begin where the topic does, set 'properties.auto.offset.reset' = 'earliest', or 'scan.startup.mode' = 'earliest-offset'.`,
    );
  }
  throw new RunError(
    'TOPIC_RECORDS_GONE',
    `topic "${offsets.topic}" partition ${offsets.partition} begins at offset ${offsets.earliest}: retention deleted the records from ${lost} on before they were read`,
    `To go on at the first record that is left, set 'properties.auto.offset.reset' = 'earliest' with 'group-offsets', or 'scan.startup.mode' = 'earliest-offset'.`,
  );
}

function resetOffset(settings: KafkaSettings, offsets: PartitionOffsets): number {
  switch (settings.autoOffsetReset) {
    case 'earliest':
      return offsets.earliest;
    case 'latest':
      return offsets.latest;
    case 'none':
      throw noGroupOffset(settings, offsets);
  }
}

function noGroupOffset({ groupId }: KafkaSettings, { topic, partition }: PartitionOffsets): RunError {
  return new RunError(
    'TOPIC_NO_GROUP_OFFSET',
    `group "${groupId}" has no offset for topic "${topic}" partition ${partition}, and 'group-offsets' begins there`,
    `Set 'scan.startup.mode' = 'earliest-offset' (group-offsets is Flink's default), or 'properties.auto.offset.reset' = 'earliest'.`,
  );
}
