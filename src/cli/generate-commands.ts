import { systemClock } from '../base/clock.ts';
import { ProblemsError } from '../base/problem.ts';
import { LocalStore } from '../connectors/local/store.ts';
import { parseDurationMs } from '../connectors/parse-quantity.ts';
import { CitiesStream } from '../generators/cities.ts';
import type { MessageStream } from '../generators/message-stream.ts';
import { ReplayStream } from '../generators/replay.ts';
import { sendToTopic } from '../generators/send-to-topic.ts';
import { WeatherStream } from '../generators/weather.ts';
import { KafkaTopics } from '../connectors/kafka/kafka-topics.ts';
import { withProducer } from '../connectors/kafka/with-producer.ts';
import { sendToKafka } from '../generators/send-to-kafka.ts';
import { commandMistake } from './command-mistake.ts';
import { say } from './diagnostics.ts';
import { kafkaOf } from './kafka-flags.ts';
import { countText } from './live-view.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import type { StoreFlags } from './topics-commands.ts';

interface StreamFlags extends StoreFlags {
  readonly topic: string;
  readonly count?: number;
}

interface GeneratorFlags extends StreamFlags {
  readonly fast?: boolean;
  readonly seed?: number;
  readonly malformed: number;
  readonly start?: string;
  readonly backfill?: string;
}

export interface WeatherFlags extends GeneratorFlags {
  readonly devices: number;
  readonly rate?: number;
  readonly outOfOrder: number;
  readonly late: number;
}

export interface CitiesFlags extends GeneratorFlags {
  readonly rate: number;
  readonly nativeNames?: boolean;
}

export interface ReplayFlags extends StreamFlags {
  readonly speed?: number;
  readonly timeField: string;
  readonly keyField?: string;
}

/** How old records may be, by their timestamps, in a topic that says nothing else. */
const KAFKA_RETENTION_MS = 7 * 24 * 3_600_000;

/** Messages per second of one round of three devices, which send every 2, 5 and 10 seconds. */
const WEATHER_RATES = [1 / 2, 1 / 5, 1 / 10];

export async function generateWeather(flags: WeatherFlags): Promise<void> {
  const { devices, malformed, late, outOfOrder, count } = flags;
  if (devices < 1) throw invalid('there must be at least 1 device');
  if (malformed + late + outOfOrder > 1) throw invalid('--malformed, --late and --out-of-order add up to more than 1');
  const rate = flags.rate ?? Array.from({ length: devices }, (_, i) => WEATHER_RATES[i % 3]).reduce((sum, own) => sum + own);
  await send(
    flags,
    flags.fast,
    () =>
      new WeatherStream({
        devices,
        rate: flags.rate,
        seed: seedOf(flags),
        start: startOf(flags, rate),
        count,
        malformed,
        late,
        outOfOrder,
      }),
  );
}

export async function generateCities(flags: CitiesFlags): Promise<void> {
  const { rate, malformed, nativeNames, count } = flags;
  await send(
    flags,
    flags.fast,
    () => new CitiesStream({ rate, seed: seedOf(flags), start: startOf(flags, rate), count, malformed, nativeNames }),
  );
}

export async function replayFile(file: string, flags: ReplayFlags): Promise<void> {
  const { speed, timeField, keyField, count } = flags;
  const options = { path: file, start: systemClock.now(), speed, timeField, keyField, count };
  const hint = `Check the name of the file; relative names start at ${process.cwd()}.`;
  await send(flags, speed === undefined, () => commandMistake(() => new ReplayStream(options), hint));
}

const seedOf = ({ seed }: GeneratorFlags): number => seed ?? systemClock.now();

/** When the first message is sent. With --fast and --count the last one is to be sent about now. */
function startOf({ start, backfill, fast, count }: GeneratorFlags, rate: number): number {
  const now = systemClock.now();
  if (start !== undefined && backfill !== undefined) throw invalid('--start and --backfill exclude each other');
  if (start !== undefined) {
    const time = Date.parse(start.trim().replace(' ', 'T'));
    if (Number.isNaN(time)) throw invalid(`--start ${start} is no timestamp`, "Write for example '2024-05-12 02:00:00'.");
    return time;
  }
  if (backfill !== undefined) {
    const duration = parseDurationMs(backfill);
    if (duration === undefined) throw invalid(`--backfill ${backfill} is no duration`, 'Write for example 1h, 30min or 90s.');
    return now - duration;
  }
  return fast && count !== undefined ? Math.floor(now - (count * 1000) / rate) : now;
}

/** Sends the stream to a topic until it ends or a signal comes. */
async function send(flags: StreamFlags, asFastAsPossible: boolean | undefined, createStream: () => MessageStream): Promise<void> {
  const kafka = kafkaOf(flags);
  const stream = createStream();
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => abort.abort());
  const startedAt = systemClock.now();
  const isLive = process.stderr.isTTY;
  let shownAt = startedAt;
  const options = {
    clock: systemClock,
    signal: abort.signal,
    asFastAsPossible,
    onSent: (count: number) => {
      const now = systemClock.now();
      if (!isLive || now - shownAt < 250) return;
      shownAt = now;
      process.stderr.write(`\r${progressText(count, now - startedAt)} in topic ${flags.topic} \x1b[K`);
    },
  };
  try {
    const sent =
      kafka === undefined
        ? await sendToStore(stream, flags, options)
        : await sendToTopicOfKafka(stream, flags.topic, kafka, options);
    if (isLive) process.stderr.write('\r\x1b[K');
    say(`${progressText(sent, systemClock.now() - startedAt)} in topic ${flags.topic}`);
  } finally {
    unsubscribe();
  }
}

/** The topic is made when it is not there. Fails when Kafka does not answer at first; later it is waited for. */
async function sendToTopicOfKafka(
  stream: MessageStream,
  topic: string,
  { settings, address }: NonNullable<ReturnType<typeof kafkaOf>>,
  options: Parameters<typeof sendToKafka>[3] & { readonly signal: AbortSignal },
): Promise<number> {
  const topics = await KafkaTopics.connect(settings, address);
  try {
    const isThere = (await topics.describe([topic])).length > 0;
    const isOld = stream.nextTime() < systemClock.now() - KAFKA_RETENTION_MS;
    if (!isThere && (await topics.create(topic, isOld ? { retentionMs: -1 } : {})))
      say(`topic ${topic} created${isOld ? ', keeping records of any age' : ''}`);
    if (isThere && isOld) say(`Kafka deletes messages of more than 7 days ago unless topic ${topic} has another retention.ms`);
  } finally {
    await topics.close();
  }
  return withProducer(settings, address, { ...options, say }, (producer) => sendToKafka(stream, producer, topic, options));
}

async function sendToStore(
  stream: MessageStream,
  flags: StreamFlags,
  options: Parameters<typeof sendToTopic>[3],
): Promise<number> {
  const store = LocalStore.open(flags.store);
  try {
    commandMistake(() => store.topics.create(flags.topic));
    return await sendToTopic(stream, store, flags.topic, options);
  } finally {
    store.close();
  }
}

function progressText(count: number, elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  return `${countText(count)} ${count === 1 ? 'message' : 'messages'} in ${seconds.toFixed(1)} s (${countText(Math.round(count / Math.max(seconds, 0.001)))}/s)`;
}

function invalid(message: string, hint?: string): ProblemsError {
  return new ProblemsError([{ code: 'COMMAND_INVALID_ARGUMENT', message, hint }]);
}
