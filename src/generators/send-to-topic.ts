import type { LocalStore } from '../connectors/local/store.ts';
import type { MessageStream } from './message-stream.ts';
import { pace, type PaceOptions } from './pace.ts';

/**
 * Sends a stream to a local topic, which is made with one partition when it is not there. Answers how many messages were sent:
 * all of them are in the topic then.
 */
export async function sendToTopic(
  stream: MessageStream,
  store: LocalStore,
  topic: string,
  options: Omit<PaceOptions, 'write' | 'partitions'> = {},
): Promise<number> {
  store.topics.create(topic);
  return pace(stream, {
    clock: store.clock,
    ...options,
    partitions: store.topics.partitionCount(topic),
    write: (builders) =>
      store.transaction(() => {
        builders.forEach((builder, partition) => {
          if (builder.count > 0) store.topics.append(topic, partition, builder.finish());
        });
      }),
  });
}
