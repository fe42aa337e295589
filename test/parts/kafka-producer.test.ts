// The producer against a broker that fails at random: what it has is written once, in order.
import * as library from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { appendRecord } from '../../src/connectors/kafka/append-record.ts';
import { BrokerUnavailable } from '../../src/connectors/kafka/broker-failure.ts';
import { clientSettings } from '../../src/connectors/kafka/client-settings.ts';
import { IdempotentAuthor } from '../../src/connectors/kafka/idempotent-author.ts';
import type { KafkaCluster } from '../../src/connectors/kafka/kafka-cluster.ts';
import { KafkaProducer } from '../../src/connectors/kafka/kafka-producer.ts';
import { Outages } from '../../src/connectors/kafka/outages.ts';
import type { ProduceRequest } from '../../src/connectors/kafka/produce-api.ts';
import { producerOptions } from '../../src/connectors/kafka/producer-options.ts';
import { ProducerRequests } from '../../src/connectors/kafka/producer-requests.ts';

const PARTITIONS = 2;
const [OUT_OF_ORDER, DUPLICATE, NOT_LEADER, TOO_LARGE] = [45, 46, 6, 10];

/** Does with batches what a broker does: numbers in sequence, duplicates dropped. */
class FlakyBroker {
  readonly written: string[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly library = library;
  readonly address = 'broker:1';
  readonly #chance: () => number;
  readonly #next = new Map<string, number>();

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  addressOf(): string {
    return this.address;
  }

  metadata(names: readonly string[]): Promise<unknown> {
    if (this.#chance() < 0.2) return Promise.reject(new BrokerUnavailable('away'));
    const partitions = Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({ partitionIndex, leaderId: 1 }));
    return Promise.resolve({ topics: names.map((name) => ({ name, errorCode: 0, partitions })) });
  }

  ask(): Promise<unknown> {
    return Promise.resolve({ errorCode: 0, producerId: 7n, producerEpoch: 0 });
  }

  async send(_node: number, _api: unknown, { topics }: ProduceRequest): Promise<unknown> {
    const fate = this.#chance();
    if (fate < 0.1) throw new BrokerUnavailable('lost on the way');
    const responses = topics.map(({ topic, partitions }) => ({
      name: topic,
      partitionResponses: partitions.map(({ partition, bytes }) => ({
        index: partition,
        errorCode: this.#append(partition, bytes),
        recordErrors: [],
        errorMessage: null,
      })),
    }));
    await new Promise((resolve) => setTimeout(resolve, this.#chance() < 0.5 ? 0 : 1));
    if (fate < 0.25) throw new BrokerUnavailable('the answer was lost');
    return { responses };
  }

  #append(partition: number, bytes: Uint8Array): number {
    if (this.#chance() < 0.1) return NOT_LEADER;
    const batch = library.readRecordsBatch(library.Reader.from(Buffer.from(bytes)));
    if (batch.records.length > 3) return TOO_LARGE;
    const next = this.#next.get(`${partition}`) ?? 0;
    if (batch.firstSequence < next) return batch.firstSequence + batch.records.length <= next ? DUPLICATE : OUT_OF_ORDER;
    if (batch.firstSequence > next) return OUT_OF_ORDER;
    this.#next.set(`${partition}`, next + batch.records.length);
    for (const { value } of batch.records) this.written[partition].push((value as Buffer).toString());
    return 0;
  }
}

test('a broker that fails at random has every record once, in order', { timeout: 30_000 }, async () => {
  const properties = { 'retry.backoff.ms': '1', 'retry.backoff.max.ms': '2', 'linger.ms': '1', 'batch.size': '180' };
  const settings = clientSettings(new Map(Object.entries(properties)), 'test');
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1 }), async (count, seed) => {
      const broker = new FlakyBroker(chanceOf(seed));
      const cluster = broker as unknown as KafkaCluster;
      const options = producerOptions(settings, library);
      const outages = new Outages(() => {});
      const requests = new ProducerRequests(cluster, options, outages, new AbortController().signal);
      const producer = new KafkaProducer(cluster, options, systemClock, outages, new IdempotentAuthor(requests, true));
      const topic = producer.topic('t', false);
      const sent: string[][] = Array.from({ length: PARTITIONS }, () => []);
      await producer.known(topic);
      for (let i = 0; i < count; i++) {
        const queue = topic.queues[i % PARTITIONS];
        sent[queue.partition].push(`record ${i}`);
        appendRecord(queue.builder, i, null, Buffer.from(`record ${i}`), null);
        producer.appended(topic, queue);
        await producer.written();
        if (i % 17 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await producer.flush();
      producer.close();
      expect(broker.written).toEqual(sent);
    }),
    { numRuns: 40 },
  );
});

/** Numbers from 0 to 1 that a seed repeats. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
