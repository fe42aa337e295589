import { RecordBlobBuilder } from '../../src/connectors/local/record-blob.ts';
import type { LocalStore } from '../../src/connectors/local/store.ts';

/** Appends messages to a local topic, as of now. */
export function send(store: LocalStore, topic: string, ...messages: string[]): void {
  const builder = new RecordBlobBuilder();
  for (const message of messages) {
    const bytes = new TextEncoder().encode(message);
    builder.reserve(bytes.length);
    builder.bytes.set(bytes, builder.length);
    builder.length += bytes.length;
    builder.end(Date.now(), true, false);
  }
  store.topics.append(topic, 0, builder.take());
}
