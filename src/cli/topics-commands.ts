import { existsSync } from 'node:fs';
import { ProblemsError } from '../base/problem.ts';
import { LocalStore } from '../connectors/local/store.ts';
import type { StoredRecords } from '../connectors/local/stored-records.ts';
import { commandMistake } from './command-mistake.ts';
import { say } from './diagnostics.ts';
import { kafkaOf, type KafkaFlags } from './kafka-flags.ts';
import { countText } from './live-view.ts';
import { printData } from './print-data.ts';
import { recordText, type RecordTextFlags } from './record-text.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { topicTable } from './topic-table.ts';

export interface StoreFlags extends KafkaFlags {
  readonly store: string;
}

export interface CreateFlags extends StoreFlags {
  readonly partitions: number;
  readonly retentionBytes?: number;
  readonly retentionMs?: number;
  readonly replicationFactor?: number;
}

export interface TailFlags extends StoreFlags, RecordTextFlags {
  readonly from?: string;
  readonly n?: number;
}

export async function createTopics(names: readonly string[], flags: CreateFlags): Promise<void> {
  if (flags.partitions < 1) {
    const message = `--partitions ${flags.partitions}: a topic has at least 1 partition`;
    throw new ProblemsError([{ code: 'COMMAND_INVALID_ARGUMENT', message, hint: 'Write for example --partitions 4.' }]);
  }
  const kafka = kafkaOf(flags);
  if (kafka !== undefined) return (await import('./kafka-topics-commands.ts')).createKafkaTopics(names, flags, kafka);
  withStore(flags.store, true, (store) => {
    for (const name of names) {
      const { partitions: count, retentionBytes, retentionMs } = flags;
      const isNew = commandMistake(() => store.topics.create(name, { partitions: count, retentionBytes, retentionMs }));
      const partitions = store.topics.partitionCount(name);
      say(
        `topic ${name} ${isNew ? 'created' : 'is there already'}, ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
      );
    }
  });
}

export async function listTopics(flags: StoreFlags): Promise<void> {
  const kafka = kafkaOf(flags);
  if (kafka !== undefined) return (await import('./kafka-topics-commands.ts')).listKafkaTopics(kafka);
  if (!existsSync(flags.store)) return say(`there is no local store ${flags.store} yet`);
  withStore(flags.store, false, ({ topics }) => {
    const rows = topics.names().map((name) => {
      const { partitions } = topics.describe(name);
      const records = partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
      const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
      return [name, String(partitions.length), countText(records), sizeText(bytes)];
    });
    process.stdout.write(topicTable(['topic', 'partitions', 'records', 'size'], rows));
  });
}

export async function deleteTopics(names: readonly string[], flags: StoreFlags): Promise<void> {
  const kafka = kafkaOf(flags);
  if (kafka !== undefined) return (await import('./kafka-topics-commands.ts')).deleteKafkaTopics(names, kafka);
  withStore(flags.store, false, (store) => {
    for (const name of names) {
      if (store.topics.delete(name)) say(`topic ${name} deleted`);
      else say(`there is no topic ${name}`);
    }
  });
}

/** How many of the last records are shown before those that come. */
export const TAIL_RECORDS = 10;

export async function tailTopic(name: string, flags: TailFlags): Promise<void> {
  const kafka = kafkaOf(flags);
  if (kafka !== undefined) return (await import('./kafka-topics-commands.ts')).tailKafkaTopic(name, flags, kafka);
  const store = openStore(flags.store, false);
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => abort.abort());
  try {
    const follows = flags.n === undefined || flags.from !== undefined;
    const limit = flags.n ?? Infinity;
    let shown = 0;
    const offsets = firstOffsets(store, name, flags.from, flags.n ?? TAIL_RECORDS);
    while (shown < limit && !abort.signal.aborted) {
      let text = '';
      const before = shown;
      // Between partitions there is no order but that of the clock.
      for (const { records, index } of nextRecords(store, name, offsets, limit - shown)) {
        text += recordText(records, index, flags);
        shown++;
      }
      if (text !== '') await printData(text);
      if (shown > before) continue;
      if (!follows) return;
      await store.waitForChange(1000, abort.signal);
    }
  } finally {
    unsubscribe();
    store.close();
  }
}

interface RecordPlace {
  readonly records: StoredRecords;
  readonly index: number;
}

/** Where to begin in each partition: at what `--from` says, or so that the last `count` records of all are to come. */
function firstOffsets(store: LocalStore, name: string, from: string | undefined, count: number): number[] {
  const { partitions } = commandMistake(() => store.topics.describe(name));
  if (from === undefined) {
    const last = partitions.flatMap(({ partition, startOffset, endOffset }) => {
      const offsets = [Math.max(startOffset, endOffset - count)];
      const places: { partition: number; offset: number; timestamp: number }[] = [];
      for (let records; (records = store.topics.read(name, partition, offsets[0])) !== undefined; offsets[0] += records.count) {
        for (let i = 0; i < records.count; i++)
          places.push({ partition, offset: records.offset(i), timestamp: records.timestamps[i] });
      }
      return places;
    });
    const shown = last.sort((a, b) => a.timestamp - b.timestamp).slice(Math.max(0, last.length - count));
    return partitions.map(({ partition, endOffset }) =>
      shown.reduce((first, place) => (place.partition === partition ? Math.min(first, place.offset) : first), endOffset),
    );
  }
  if (from === 'earliest') return partitions.map(({ startOffset }) => startOffset);
  if (from === 'latest') return partitions.map(({ endOffset }) => endOffset);
  if (/^\d+$/.test(from))
    return partitions.map(({ startOffset, endOffset }) => Math.min(endOffset, Math.max(startOffset, Number(from))));
  throw new ProblemsError([
    {
      code: 'COMMAND_INVALID_ARGUMENT',
      message: `--from ${from} is no place in a topic`,
      hint: 'Write earliest, latest, or an offset.',
    },
  ]);
}

/** What has come in all partitions, at most `limit` records, by timestamp; moves `offsets` on. */
function nextRecords(store: LocalStore, name: string, offsets: number[], limit: number): RecordPlace[] {
  const places: RecordPlace[] = [];
  offsets.forEach((offset, partition) => {
    const records = store.topics.read(name, partition, offset);
    for (let i = 0; records !== undefined && i < records.count; i++) places.push({ records, index: i });
  });
  if (offsets.length > 1) places.sort((a, b) => a.records.timestamps[a.index] - b.records.timestamps[b.index]);
  const given = places.slice(0, limit);
  for (const { records, index } of given) offsets[records.partition] = records.positionAfter(index);
  return given;
}

function openStore(path: string, create: boolean): LocalStore {
  if (!create && !existsSync(path)) {
    const hint =
      'It is made by isobar topics create, isobar generate, isobar dev or isobar run --local; another one is named by --store.';
    throw new ProblemsError([{ code: 'STORE_NOT_FOUND', message: `there is no local store ${path}`, hint }]);
  }
  return LocalStore.open(path);
}

function withStore(path: string, create: boolean, action: (store: LocalStore) => void): void {
  const store = openStore(path, create);
  try {
    action(store);
  } finally {
    store.close();
  }
}

function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size.toFixed(1)} ${units[unit]}`;
}
