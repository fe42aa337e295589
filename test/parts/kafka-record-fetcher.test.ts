// What the fetcher asks for and hands out while brokers answer late, fail, and pass leaderships on: each record once, in order.
import * as library from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { BrokerUnavailable } from '../../src/connectors/kafka/broker-failure.ts';
import type { FetchRequest, FetchResponse } from '../../src/connectors/kafka/fetch-api.ts';
import type { KafkaCluster } from '../../src/connectors/kafka/kafka-cluster.ts';
import { Outages } from '../../src/connectors/kafka/outages.ts';
import { wholeBatches } from '../../src/connectors/kafka/record-batch-decoder.ts';
import { RecordFetcher, type FetchedPartition } from '../../src/connectors/kafka/record-fetcher.ts';
import type { KafkaSettings } from '../../src/connectors/kafka/settings.ts';
import { encodeRecordBatch } from './encode-record-batch.ts';

const NODES = 3;
const RECORDS = 300;
const TOPIC_ID = '00000000-0000-0000-0000-000000000001';
const SETTINGS = { properties: { 'reconnect.backoff.ms': '0', 'reconnect.backoff.max.ms': '1' } } as unknown as KafkaSettings;

/** Three brokers that do what the seed says. A broker answers for what it led when it was asked, perhaps long after. */
class SimulatedCluster {
  readonly library = library;
  readonly isReadCommitted = false;
  readonly address = 'simulated:1';
  readonly leaders: number[];
  readonly #random: () => number;

  constructor(partitions: number, random: () => number) {
    this.#random = random;
    this.leaders = Array.from({ length: partitions }, () => Math.floor(random() * NODES));
  }

  addressOf(node: number): string {
    return `simulated:${node}`;
  }

  async fetch(node: number, { topics }: FetchRequest): Promise<FetchResponse> {
    const chance = this.#random();
    const answer = topics.flatMap(({ topicId, partitions }) =>
      partitions.map(({ partition, offset }) => {
        const errorCode = this.leaders[partition] === node ? 0 : 6;
        const to = Math.min(RECORDS, offset + 1 + Math.floor(this.#random() * 20));
        const from = Math.max(0, offset - Math.floor(this.#random() * 3));
        const bytes = errorCode === 0 && offset < RECORDS ? batchOf(from, to) : new Uint8Array(0);
        return { topicId, partition, errorCode, highWatermark: RECORDS, lastStableOffset: RECORDS, aborted: [], bytes };
      }),
    );
    // Now and then a broker takes so long that leadership moves, and the next leader answers, in the meantime.
    for (let turns = this.#random() < 0.2 ? 60 : 1 + Math.floor(this.#random() * 4); turns > 0; turns--)
      await new Promise(setImmediate);
    if (chance < 0.1) throw new BrokerUnavailable('gone');
    if (chance < 0.5) this.leaders[Math.floor(this.#random() * this.leaders.length)] = Math.floor(this.#random() * NODES);
    if (chance > 0.95) this.leaders[Math.floor(this.#random() * this.leaders.length)] = -1;
    return { errorCode: 0, partitions: answer };
  }

  async metadata(): Promise<unknown> {
    if (this.#random() < 0.1) throw new BrokerUnavailable('gone');
    await new Promise(setImmediate);
    const partitions = this.leaders.map((leaderId, partitionIndex) => ({ partitionIndex, leaderId, leaderEpoch: 0 }));
    for (const [partition, leader] of this.leaders.entries()) if (leader < 0) this.leaders[partition] = 0;
    return { topics: [{ name: 't', topicId: TOPIC_ID, errorCode: 0, partitions }] };
  }
}

function batchOf(from: number, to: number): Uint8Array {
  const records = Array.from({ length: to - from }, (_, offsetDelta) => ({
    offsetDelta,
    timestampDelta: 0,
    key: null,
    value: Buffer.from('x'),
    headers: [],
  }));
  return encodeRecordBatch({ baseOffset: from, records });
}

test('each record once, in order, whoever leads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const numbers = new Random(seed);
      const random = (): number => (numbers.int32() >>> 0) / 2 ** 32;
      const cluster = new SimulatedCluster(4, random);
      const closing = new AbortController();
      let failure: unknown;
      const events = {
        onRecords: () => {},
        onFailure: (error: unknown) => (failure = error),
        offsetInstead: () => Promise.reject(new Error('never out of range')),
      };
      const said: string[] = [];
      const outages = new Outages((line) => said.push(line));
      const fetcher = new RecordFetcher(cluster as unknown as KafkaCluster, SETTINGS, outages, events, closing.signal);
      const partitions = cluster.leaders.map((leader, partition): FetchedPartition => ({
        topic: 't',
        topicId: TOPIC_ID,
        partition,
        split: `t-${partition}`,
        leader,
        leaderEpoch: 0,
        fetchFrom: 0,
        next: 0,
        end: Infinity,
        highWatermark: 0,
        chunks: [],
        heldBytes: 0,
      }));
      fetcher.add(partitions);
      const next = [0, 0, 0, 0];
      for (let rounds = 0; next.some((offset) => offset < RECORDS); rounds++) {
        expect(failure).toBeUndefined();
        expect(rounds, 'it goes on').toBeLessThan(20_000);
        const taken = fetcher.take();
        if (taken === undefined) {
          await new Promise(setImmediate);
          continue;
        }
        const { partition, chunk } = taken;
        const { nextOffset } = wholeBatches(chunk.bytes);
        expect(chunk.from).toBe(next[partition.partition]);
        expect(nextOffset).toBeGreaterThan(chunk.from);
        next[partition.partition] = nextOffset;
      }
      closing.abort();
      await fetcher.ended();
    }),
    { numRuns: 60 },
  );
});
