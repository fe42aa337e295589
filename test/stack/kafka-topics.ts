import { Admin, Producer } from '@platformatic/kafka';
import type { LocalStore } from '../../src/connectors/local/store.ts';
import { runProgram } from './run-program.ts';
import type { TopicRecord } from '../topic-records.ts';

/** A broker takes batches of up to a megabyte. */
const MAX_BATCH_RECORDS = 5000;

/** Creates topics of a real broker, which keep records of any age. */
export async function createTopics(bootstrap: string, topics: readonly { name: string; partitions: number }[]): Promise<void> {
  const configs = [{ name: 'retention.ms', value: '-1' }];
  const admin = new Admin({ clientId: 'isobar-test', bootstrapBrokers: [bootstrap] });
  try {
    for (const { name, partitions } of topics) await admin.createTopics({ topics: [name], partitions, replicas: 1, configs });
  } finally {
    await admin.close();
  }
}

/** Writes records, in order. */
export async function writeRecords(bootstrap: string, topic: string, records: readonly TopicRecord[]): Promise<void> {
  if (records.length === 0) return;
  const producer = new Producer({ clientId: 'isobar-test', bootstrapBrokers: [bootstrap] });
  const bytes = (text: string | null): Buffer | undefined => (text === null ? undefined : Buffer.from(text));
  try {
    // One by one: the client cannot put a record before an older one into the same batch.
    for (const { partition, timestamp, key, value } of records) {
      const message = { topic, partition, timestamp: BigInt(timestamp ?? Date.now()), key: bytes(key), value: bytes(value) };
      await producer.send({ messages: [message], acks: -1 });
    }
  } finally {
    await producer.close();
  }
}

/** Copies partition 0 of a local topic, with the records' timestamps, which must not go back. */
export async function copyTopic(bootstrap: string, store: LocalStore, from: string, to: string): Promise<void> {
  const producer = new Producer({ clientId: 'isobar-test', bootstrapBrokers: [bootstrap] });
  try {
    for (let offset = 0, records; (records = store.topics.read(from, 0, offset)) !== undefined; offset += records.count) {
      const { bytes, valueStarts, valueEnds, timestamps } = records;
      for (let start = 0; start < records.count; start += MAX_BATCH_RECORDS) {
        const count = Math.min(MAX_BATCH_RECORDS, records.count - start);
        const messages = Array.from({ length: count }, (_, i) => ({
          topic: to,
          partition: 0,
          timestamp: BigInt(timestamps[start + i]),
          value: Buffer.from(bytes.subarray(valueStarts[start + i], valueEnds[start + i])),
        }));
        await producer.send({ messages, acks: -1 });
      }
    }
  } finally {
    await producer.close();
  }
}

/** A record as kcat read it. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly payload: string | null;
}

/** Everything that a topic holds, read by kcat: partition by partition, in order, what was committed only. Nothing where there is no such topic. */
export async function readTopic(bootstrap: string, topic: string): Promise<ReadRecord[]> {
  const options = [
    '-b',
    bootstrap,
    '-C',
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-q',
    '-J',
    '-X',
    'isolation.level=read_committed',
  ];
  const lines = await runProgram('kcat', options).catch((error: Error) => {
    if (/Unknown topic/.test(error.message)) return '';
    throw error;
  });
  const records = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReadRecord);
  return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}
