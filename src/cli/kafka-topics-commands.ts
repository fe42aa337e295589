import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { nearest } from '../base/nearest.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import type { ConnectedTable, ConnectorContext } from '../connectors/connector.ts';
import { KafkaSource } from '../connectors/kafka/kafka-source.ts';
import { KafkaTopics, type KafkaTopicDescription } from '../connectors/kafka/kafka-topics.ts';
import type { KafkaSettings } from '../connectors/kafka/settings.ts';
import { say } from './diagnostics.ts';
import type { kafkaOf } from './kafka-flags.ts';
import { countText } from './live-view.ts';
import { printData } from './print-data.ts';
import { recordText } from './record-text.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { topicTable } from './topic-table.ts';
import { TAIL_RECORDS, type CreateFlags, type TailFlags } from './topics-commands.ts';

type Kafka = NonNullable<ReturnType<typeof kafkaOf>>;

export async function createKafkaTopics(names: readonly string[], flags: CreateFlags, kafka: Kafka): Promise<void> {
  await withTopics(kafka, async (topics) => {
    for (const name of names) {
      const isNew = await topics.create(name, flags);
      const [description] = isNew ? [] : await topics.describe([name]);
      const count = description?.partitions.length ?? flags.partitions;
      const how = isNew ? 'created' : 'is there already';
      say(`topic ${name} ${how}, ${count} ${count === 1 ? 'partition' : 'partitions'}`);
    }
  });
}

export async function listKafkaTopics(kafka: Kafka): Promise<void> {
  await withTopics(kafka, async (topics) => {
    const rows = (await topics.describe(null)).map(({ name, partitions }) => {
      const records = partitions.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
      return [name, String(partitions.length), countText(records)];
    });
    await printData(topicTable(['topic', 'partitions', 'records'], rows));
  });
}

export async function deleteKafkaTopics(names: readonly string[], kafka: Kafka): Promise<void> {
  await withTopics(kafka, async (topics) => {
    for (const name of names) say((await topics.delete(name)) ? `topic ${name} deleted` : `there is no topic ${name}`);
  });
}

interface Line {
  readonly partition: number;
  readonly timestamp: number;
  readonly text: string;
}

/** As for local topics: the last records there are, by timestamp, then those that come. */
export async function tailKafkaTopic(name: string, flags: TailFlags, kafka: Kafka): Promise<void> {
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => abort.abort());
  try {
    const topic = await describeTopic(name, kafka);
    const ends = topic.partitions.map(({ endOffset }) => endOffset);
    const follows = flags.n === undefined || flags.from !== undefined;
    let limit = flags.n ?? Infinity;
    let starts = ends;
    if (flags.from === undefined) {
      const count = flags.n ?? TAIL_RECORDS;
      const lines = (await lastLines(topic, count, flags, kafka, abort.signal)).slice(0, limit);
      if (lines.length > 0) await printData(lines.map(({ text }) => text).join(''));
      limit -= lines.length;
    } else starts = startsOf(topic, flags.from);
    if (!follows || limit === 0) return;
    for await (const lines of linesFrom(name, starts, { mode: 'unbounded' }, flags, kafka, abort.signal)) {
      const shown = lines.slice(0, limit);
      await printData(shown.map(({ text }) => text).join(''));
      limit -= shown.length;
      if (limit === 0) return;
    }
  } finally {
    unsubscribe();
  }
}

/** The last `count` records. Offsets of markers and compacted records hold none: then it begins further in front. */
async function lastLines(
  topic: KafkaTopicDescription,
  count: number,
  flags: TailFlags,
  kafka: Kafka,
  signal: AbortSignal,
): Promise<Line[]> {
  for (let reach = count; ; reach *= 4) {
    const starts = topic.partitions.map(({ startOffset, endOffset }) => Math.max(startOffset, endOffset - reach));
    const ends = Object.fromEntries(topic.partitions.map(({ partition, endOffset }) => [partition, endOffset]));
    const lines: Line[] = [];
    const end = { mode: 'specific-offsets', offsets: ends } as const;
    for await (const some of linesFrom(topic.name, starts, end, flags, kafka, signal)) lines.push(...some);
    const isWhole = topic.partitions.every(({ startOffset }, i) => starts[i] <= startOffset);
    if (lines.length >= count || isWhole || signal.aborted) {
      return lines.sort((a, b) => a.timestamp - b.timestamp).slice(Math.max(0, lines.length - count));
    }
  }
}

/** What has come in all partitions, some at a time. Between partitions there is no order but that of the clock. */
async function* linesFrom(
  topic: string,
  starts: readonly number[],
  end: KafkaSettings['end'],
  flags: TailFlags,
  kafka: Kafka,
  signal: AbortSignal,
): AsyncGenerator<Line[]> {
  const source = openedSource(topic, starts, end, kafka, signal);
  try {
    await source.open();
    while (!signal.aborted) {
      const lines: Line[] = [];
      let batch = source.poll();
      for (; typeof batch !== 'string' && lines.length < 10_000; batch = source.poll()) {
        const { count, partition, timestamps } = batch;
        for (let i = 0; i < count; i++)
          lines.push({ partition, timestamp: timestamps?.[i] ?? 0, text: recordText(batch, i, flags) });
      }
      if (starts.length > 1) lines.sort((a, b) => a.timestamp - b.timestamp);
      if (lines.length > 0) yield lines;
      if (batch === 'end') return;
      if (batch === 'pending') await Promise.race([source.wait(1000), aborted(signal)]);
    }
  } finally {
    await source.close();
  }
}

function openedSource(
  topic: string,
  starts: readonly number[],
  end: KafkaSettings['end'],
  kafka: Kafka,
  signal: AbortSignal,
): KafkaSource {
  const { settings } = kafka;
  const offsets = Object.fromEntries(starts.map((offset, partition) => [partition, offset]));
  const read: KafkaSettings = {
    ...settings,
    topics: [topic],
    // What a transaction has not committed is not there yet.
    properties: { 'isolation.level': 'read_committed', ...settings.properties },
    start: { mode: 'specific-offsets', offsets },
    end,
  };
  const table: ConnectedTable = {
    name: topic,
    bound: { connector: 'kafka', settings: { ...read }, accepts: 'insert', emits: 'insert', bounded: end.mode !== 'unbounded' },
    physical: [],
    metadata: [],
    primaryKey: [],
  };
  const context: ConnectorContext = {
    clock: systemClock,
    timeZone: 'UTC',
    print: () => {},
    store: () => {
      throw new RunError('STORE_NOT_FOUND', 'there is no local store');
    },
    local: false,
    kafka: kafka.address,
    signal,
    say,
  };
  return new KafkaSource(table, context);
}

/** Where `--from` says, in each partition. */
function startsOf({ partitions }: KafkaTopicDescription, from: string): number[] {
  if (from === 'earliest') return partitions.map(({ startOffset }) => startOffset);
  if (from === 'latest') return partitions.map(({ endOffset }) => endOffset);
  if (/^\d+$/.test(from))
    return partitions.map(({ startOffset, endOffset }) => Math.min(endOffset, Math.max(startOffset, Number(from))));
  const hint = 'Write earliest, latest, or an offset.';
  throw new ProblemsError([{ code: 'COMMAND_INVALID_ARGUMENT', message: `--from ${from} is no place in a topic`, hint }]);
}

async function describeTopic(name: string, kafka: Kafka): Promise<KafkaTopicDescription> {
  return withTopics(kafka, async (topics) => {
    const [found] = await topics.describe([name]);
    if (found !== undefined) return found;
    const near = nearest(
      name,
      (await topics.describe(null)).map((topic) => topic.name),
    );
    const hint =
      near === undefined ? `Make it first: isobar topics create ${name} --kafka ${kafka.address}` : `Did you mean "${near}"?`;
    const message = `topic "${name}" is not there on Kafka at ${kafka.address}`;
    throw new ProblemsError([{ code: 'KAFKA_NO_SUCH_TOPIC', message, hint }]);
  });
}

async function withTopics<T>({ address, settings }: Kafka, action: (topics: KafkaTopics) => Promise<T>): Promise<T> {
  const topics = await KafkaTopics.connect(settings, address);
  try {
    return await action(topics);
  } finally {
    await topics.close();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  await delay(1_000_000, undefined, { signal, ref: false }).catch(() => undefined);
}
