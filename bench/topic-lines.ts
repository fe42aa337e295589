import type { LocalStore } from '../src/connectors/local/store.ts';

/** A record of a local topic as text. */
export interface TopicLine {
  readonly text: string;
  readonly timestamp: number;
}

/** The records of a local topic's partition 0, from the oldest on. */
export function* topicLines(store: LocalStore, topic: string): Generator<TopicLine> {
  for (let offset = 0; ;) {
    const records = store.topics.read(topic, 0, offset);
    if (records === undefined) return;
    const bytes = Buffer.from(records.bytes.buffer, records.bytes.byteOffset, records.bytes.byteLength);
    for (let i = 0; i < records.count; i++) {
      yield { text: bytes.toString('utf8', records.valueStarts[i], records.valueEnds[i]), timestamp: records.timestamps[i] };
    }
    offset += records.count;
  }
}
