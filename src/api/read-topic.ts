import { systemClock } from '../base/clock.ts';
import { ProblemsError, type Problem } from '../base/problem.ts';
import type { ConnectorContext, Source, TableDeclaration } from '../connectors/connector.ts';
import { LocalStore } from '../connectors/local/store.ts';
import type { RecordBatch } from '../connectors/record-batch.ts';
import { bindTable, findConnector } from '../connectors/registry.ts';
import { BYTES } from '../types/sql-type.ts';

export interface ReadTopicOptions {
  /** `host:port` of a Kafka; without it the topic is one of the local store. */
  readonly kafka?: string;
  /** Properties of Kafka's client, for example `security.protocol`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** The local store's file. Default `.isobar/isobar.db`. */
  readonly store?: string;
  /** Where to begin. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
  /** Goes on with what comes, until the loop is left. Default false: ends with what is there when reading begins. */
  readonly follow?: boolean;
}

/** A record of a topic. */
export interface TopicMessage {
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970 UTC. */
  readonly timestamp: number;
  /** As UTF-8 text; null without a key. */
  readonly key: string | null;
  /** As UTF-8 text; null for a tombstone. */
  readonly value: string | null;
  readonly valueBytes: Uint8Array | null;
  readonly headers: ReadonlyMap<string, Uint8Array | null>;
}

/** How long to wait at a time. */
const WAIT_MS = 1000;

/**
 * The records of a topic, local or Kafka's, in the order of each partition.
 *
 *     for await (const { value } of readTopic('output_avg')) console.log(value);
 *
 * Fails with a ProblemsError when the options are wrong, with a RunError when the topic cannot be read.
 */
export async function* readTopic(topic: string, options: ReadTopicOptions = {}): AsyncGenerator<TopicMessage, void, undefined> {
  const local = options.kafka === undefined;
  const store = local ? LocalStore.open(options.store ?? '.isobar/isobar.db') : undefined;
  const abort = new AbortController();
  const source = createSource(topic, options, {
    clock: systemClock,
    timeZone: 'UTC',
    print: () => {},
    store: () => store!,
    local,
    kafka: options.kafka,
    signal: abort.signal,
  });
  try {
    await source.open();
    for (;;) {
      const records = source.poll();
      if (records === 'end') return;
      if (records === 'pending') await source.wait(WAIT_MS);
      else for (let i = 0; i < records.count; i++) yield messageOf(records, i);
    }
  } finally {
    abort.abort();
    await source.close();
    store?.close();
  }
}

/** The source of a table that the options describe as a CREATE TABLE would. */
function createSource(topic: string, options: ReadTopicOptions, context: ConnectorContext): Source {
  const { kafka = 'localhost:9092', properties = {}, from = 'earliest', follow = false } = options;
  const place = { start: 0, end: 0 };
  const settings: Record<string, string> = {
    connector: 'kafka',
    topic,
    format: 'raw',
    'scan.startup.mode': `${from}-offset`,
    'properties.bootstrap.servers': kafka,
    ...(follow ? {} : { 'scan.bounded.mode': 'latest-offset' }),
    ...Object.fromEntries(Object.entries(properties).map(([key, value]) => [`properties.${key}`, value])),
  };
  const table: TableDeclaration = {
    name: topic,
    options: new Map(Object.entries(settings).map(([key, value]) => [key, { value, keyPlace: place, valuePlace: place }])),
    physical: [{ name: 'value', type: BYTES }],
    metadata: [],
    primaryKey: [],
    place,
  };
  const problems: Problem[] = [];
  const bound = bindTable(table, 'source', context.local, (code, message, _, hint) => problems.push({ code, message, hint }));
  if (bound === undefined) throw new ProblemsError(problems);
  const connector = findConnector('kafka', { local: context.local });
  return connector!.createSource!(
    { name: topic, bound, physical: table.physical, metadata: [], primaryKey: [] },
    context,
  ) as Source;
}

function messageOf(records: RecordBatch, i: number): TopicMessage {
  const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, timestamps } = records;
  const key = keyStarts === null || keyEnds === null ? null : part(bytes, keyStarts[i], keyEnds[i]);
  const value = part(bytes, valueStarts[i], valueEnds[i]);
  return {
    partition: records.partition,
    offset: records.offset(i),
    timestamp: timestamps === null ? NaN : timestamps[i],
    key: key === null ? null : text(key),
    value: value === null ? null : text(value),
    valueBytes: value === null ? null : Uint8Array.from(value),
    headers: records.headers?.(i) ?? new Map(),
  };
}

function part(bytes: Uint8Array, start: number, end: number): Uint8Array | null {
  return end < start ? null : bytes.subarray(start, end);
}

const decoder = new TextDecoder();
const text = (bytes: Uint8Array): string => decoder.decode(bytes);
