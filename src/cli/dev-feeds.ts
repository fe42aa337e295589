import type { Clock } from '../base/clock.ts';
import type { LocalStore } from '../connectors/local/store.ts';
import { CitiesStream } from '../generators/cities.ts';
import type { MessageStream } from '../generators/message-stream.ts';
import { sendToTopic } from '../generators/send-to-topic.ts';
import { WeatherStream } from '../generators/weather.ts';

/** What is missing in the topics is made up for, but for no more than this. */
const BACKFILL_MS = 3_600_000;

/** The generators of the demonstrations, by the topic that they write to. Cities have no past: their averages are of what comes. */
const GENERATORS: Readonly<Record<string, { backfillMs: number; create: (start: number, seed: number) => MessageStream }>> = {
  weather_data: { backfillMs: BACKFILL_MS, create: (start, seed) => new WeatherStream({ start, seed }) },
  input: { backfillMs: 60_000, create: (start, seed) => new CitiesStream({ start, seed }) },
};

/** Feeds those of the topics that have a generator until the signal comes, each from where its last record left off. */
export async function feedTopics(
  topics: Iterable<string>,
  store: LocalStore,
  clock: Clock,
  seed: number,
  signal: AbortSignal,
): Promise<void> {
  const feeds = [...topics].flatMap((topic) => {
    const generator = Object.hasOwn(GENERATORS, topic) ? GENERATORS[topic] : undefined;
    if (generator === undefined) return [];
    const now = clock.now();
    const start = Math.min(now, Math.max(now - generator.backfillMs, lastTimestamp(store, topic) + 1));
    return [sendToTopic(generator.create(start, seed), store, topic, { clock, signal })];
  });
  await Promise.all(feeds);
}

/** The time of the newest record, or -Infinity in an empty topic. */
function lastTimestamp(store: LocalStore, topic: string): number {
  if (!store.topics.has(topic)) return -Infinity;
  let last = -Infinity;
  for (const { partition, startOffset, endOffset } of store.topics.describe(topic).partitions) {
    if (endOffset === startOffset) continue;
    const records = store.topics.read(topic, partition, endOffset - 1);
    if (records !== undefined) last = Math.max(last, records.timestamps[0]);
  }
  return last;
}
