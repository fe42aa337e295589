import type { Clock } from '../../base/clock.ts';
import { IdempotentAuthor } from './idempotent-author.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { Outages } from './outages.ts';
import { producerOptions } from './producer-options.ts';
import { ProducerRequests } from './producer-requests.ts';
import type { KafkaSettings } from './settings.ts';

/** Writes to Kafka outside of a job: at least once, and each record once as long as the process lives. */
export async function withProducer<T>(
  settings: KafkaSettings,
  kafka: string,
  { clock, signal, say }: { readonly clock: Clock; readonly signal: AbortSignal; readonly say: (line: string) => void },
  action: (producer: KafkaProducer) => Promise<T>,
): Promise<T> {
  const cluster = await KafkaCluster.create(settings, { kafka });
  const options = producerOptions(settings, cluster.library);
  const outages = new Outages(say);
  const author = new IdempotentAuthor(new ProducerRequests(cluster, options, outages, signal), options.isIdempotent);
  const producer = new KafkaProducer(cluster, options, clock, outages, author);
  try {
    return await action(producer);
  } finally {
    producer.close();
    await cluster.close();
  }
}
