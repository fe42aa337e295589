import { ByteBuffer } from '../formats/byte-buffer.ts';
import type { Clock } from '../base/clock.ts';
import type { KafkaProducer } from '../connectors/kafka/kafka-producer.ts';
import type { ProducedTopic } from '../connectors/kafka/produced-topic.ts';
import type { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import { StoredRecords } from '../connectors/local/stored-records.ts';
import type { MessageStream } from './message-stream.ts';
import { pace, type PaceOptions } from './pace.ts';

/** Sends a stream to a topic of Kafka. Answers how many messages were sent: all of them are in the topic then. */
export async function sendToKafka(
  stream: MessageStream,
  producer: KafkaProducer,
  topicName: string,
  options: Omit<PaceOptions, 'write' | 'partitions'> & { readonly clock: Clock },
): Promise<number> {
  const topic = producer.topic(topicName, false);
  await producer.known(topic);
  const sent = await pace(stream, {
    ...options,
    partitions: topic.queues.length,
    write: (builders) => {
      builders.forEach((builder, partition) => append(builder, producer, topic, partition));
      return producer.written();
    },
  });
  await producer.flush();
  return sent;
}

function append(builder: RecordBlobBuilder, producer: KafkaProducer, topic: ProducedTopic, partition: number): void {
  if (builder.count === 0) return;
  const records = new StoredRecords(builder.finish(), topic.name, partition, 0, 0, Infinity);
  const { bytes, keyStarts, keyEnds, valueStarts, valueEnds, timestamps, count } = records;
  const queue = topic.queues[partition];
  const key = new ByteBuffer(256);
  for (let i = 0; i < count; i++) {
    const hasKey = keyStarts !== null && keyEnds !== null && keyEnds[i] >= keyStarts[i];
    key.clear();
    if (hasKey) {
      const length = keyEnds[i] - keyStarts[i];
      key.reserve(length);
      key.bytes.set(bytes.subarray(keyStarts[i], keyEnds[i]));
      key.length = length;
    }
    const isNull = valueEnds[i] < valueStarts[i];
    queue.builder.begin(timestamps[i], hasKey ? key : null);
    if (!isNull) queue.builder.appendValue(bytes, valueStarts[i], valueEnds[i]);
    queue.builder.end(isNull, records.recordHeaders(i));
    producer.appended(topic, queue);
  }
}
