// What is written to Kafka, byte by byte: as the library reads it and as the source does.
import * as library from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteBuffer } from '../../src/formats/byte-buffer.ts';
import { clientSettings } from '../../src/connectors/kafka/client-settings.ts';
import { appendRecord } from '../../src/connectors/kafka/append-record.ts';
import { copyRecords } from '../../src/connectors/kafka/copy-records.ts';
import { createDecompress } from '../../src/connectors/kafka/decompress.ts';
import { parseJavaProperties } from '../../src/connectors/kafka/java-properties.ts';
import { sequenceAfter } from '../../src/connectors/kafka/partition-queue.ts';
import { murmur2 } from '../../src/connectors/kafka/partitioner.ts';
import { ProducedTopic } from '../../src/connectors/kafka/produced-topic.ts';
import { producerOptions } from '../../src/connectors/kafka/producer-options.ts';
import { RecordBatchBuilder, recordsOf, stampBatch } from '../../src/connectors/kafka/record-batch-builder.ts';
import { RecordBatchDecoder } from '../../src/connectors/kafka/record-batch-decoder.ts';
import { createRecordChecksum } from '../../src/connectors/kafka/record-checksum.ts';
import { readVarint, varintSize } from '../../src/connectors/kafka/varint.ts';
import { sizeOfVarint, writeVarint, writeVarlong } from '../../src/connectors/kafka/write-varint.ts';

interface Sample {
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

// Around the sizes at which a length takes another byte.
const long = fc
  .tuple(fc.constantFrom('x', 'é'), fc.constantFrom(50, 62, 63, 64, 65, 8185, 8192))
  .map(([each, count]) => each.repeat(count));
const text = fc.oneof(fc.string(), long);
const sample: fc.Arbitrary<Sample> = fc.record({
  timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  key: fc.option(text),
  value: fc.option(text),
  headers: fc.dictionary(fc.string({ maxLength: 5 }), fc.option(fc.string()), { maxKeys: 3 }).map((each) => Object.entries(each)),
});
const samples = fc.array(sample, { minLength: 1, maxLength: 20 });
const checksum = createRecordChecksum(library);
const settings = (properties: Record<string, string>) => clientSettings(new Map(Object.entries(properties)), 'test');
const compressionOf = (name: string) => producerOptions(settings({ 'compression.type': name }), library).compression;

function bufferOf(text: string): ByteBuffer {
  const buffer = new ByteBuffer();
  const bytes = Buffer.from(text);
  buffer.reserve(bytes.length);
  buffer.bytes.set(bytes);
  buffer.length = bytes.length;
  return buffer;
}

function append(builder: RecordBatchBuilder, { timestamp, key, value, headers }: Sample): void {
  const bytes = new Map(headers.map(([name, text]) => [name, text === null ? null : Buffer.from(text)]));
  appendRecord(builder, timestamp, key === null ? null : bufferOf(key), value === null ? null : Buffer.from(value), bytes);
}

/** The records of a stamped batch, as the source reads them. */
function decoded(batch: Uint8Array): Sample[] {
  const decoder = new RecordBatchDecoder(checksum, createDecompress(library));
  decoder.begin({ topic: 't', partition: 0, split: 't-0', bytes: batch, from: 0, aborted: [] });
  const found: Sample[] = [];
  for (let records; (records = decoder.next(Infinity)) !== undefined;) {
    const { count, bytes, valueStarts, valueEnds, keyStarts, keyEnds, timestamps } = records;
    const read = (start: number, end: number): string | null =>
      end < start ? null : Buffer.from(bytes.subarray(start, end)).toString();
    for (let i = 0; i < count; i++) {
      expect(records.offset(i)).toBe(found.length);
      found.push({
        timestamp: timestamps[i],
        key: keyStarts === null ? null : read(keyStarts[i], keyEnds![i]),
        value: read(valueStarts[i], valueEnds[i]),
        headers: [...records.headers(i)].map(([name, value]) => [
          name,
          (value as Uint8Array | null) && Buffer.from(value).toString(),
        ]),
      });
    }
  }
  return found;
}

describe('record batches', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('%s: the source reads what was written', (codec) => {
    const compression = compressionOf(codec);
    const builder = new RecordBatchBuilder();
    fc.assert(
      fc.property(samples, fc.boolean(), (records, isTransactional) => {
        for (const record of records) append(builder, record);
        const batch = builder.take(compression, isTransactional);
        stampBatch(batch, 7n, 3, 41, checksum);
        expect(batch.count).toBe(records.length);
        expect(decoded(batch.bytes)).toEqual(records);
      }),
      { numRuns: 30 },
    );
  });

  test('the library reads them as well, with the producer that was stamped', () => {
    fc.assert(
      fc.property(samples, (records) => {
        const builder = new RecordBatchBuilder();
        for (const record of records) append(builder, record);
        const batch = builder.take(null, true);
        stampBatch(batch, 123_456_789_012n, 5, 0x7ffffff0, checksum);
        const read = library.readRecordsBatch(library.Reader.from(Buffer.from(batch.bytes)));
        expect(read).toMatchObject({ magic: 2, producerId: 123_456_789_012n, producerEpoch: 5, firstSequence: 0x7ffffff0 });
        expect(read.attributes).toBe(16);
        expect(read.firstTimestamp).toBe(BigInt(records[0].timestamp));
        expect(read.maxTimestamp).toBe(BigInt(Math.max(...records.map(({ timestamp }) => timestamp))));
        expect(read.records.map(({ value }) => value?.toString() ?? null)).toEqual(records.map(({ value }) => value));
        expect(read.records.map(({ key }) => key?.toString() ?? null)).toEqual(records.map(({ key }) => key));
      }),
      { numRuns: 30 },
    );
  });

  test.each(['none', 'zstd'])('%s: a batch that is too large comes apart into the same records', (codec) => {
    const compression = compressionOf(codec);
    fc.assert(
      fc.property(samples, (records) => {
        const builder = new RecordBatchBuilder();
        for (const record of records) append(builder, record);
        const { payload, at, baseTimestamp } = recordsOf(builder.take(compression, false), createDecompress(library));
        const parts = [new RecordBatchBuilder(), new RecordBatchBuilder()];
        let copied = 0;
        copyRecords(payload, at, records.length, baseTimestamp, () => parts[copied++ % 2]);
        const read = parts.map((part) => {
          if (part.count === 0) return [];
          const batch = part.take(null, false);
          stampBatch(batch, -1n, -1, -1, checksum);
          return decoded(batch.bytes);
        });
        expect(records.map((_, i) => read[i % 2][i >> 1])).toEqual(records);
      }),
      { numRuns: 20 },
    );
  });

  test('a huge record, then small ones again', () => {
    const builder = new RecordBatchBuilder();
    const sizes = [3, 9_000_000, 1, 0, 70_000, 2];
    for (const size of sizes) append(builder, { timestamp: 5, key: null, value: 'x'.repeat(size), headers: [] });
    const batch = builder.take(null, false);
    stampBatch(batch, -1n, -1, -1, checksum);
    expect(decoded(batch.bytes).map(({ value }) => value?.length)).toEqual(sizes);
  });
});

test('numbers of every size', () => {
  const bytes = new Uint8Array(16);
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const end = writeVarint(bytes, 2, value);
      expect(end - 2).toBe(sizeOfVarint(value));
      expect(varintSize(bytes, 2)).toBe(end - 2);
      expect(readVarint(bytes, 2)).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const end = writeVarlong(bytes, 0, value);
      expect(varintSize(bytes, 0)).toBe(end);
      expect(readVarint(bytes, 0)).toBe(value);
    }),
  );
});

test('sequences begin again behind the largest', () => {
  expect(sequenceAfter(0, 5)).toBe(5);
  expect(sequenceAfter(0x7fffffff, 1)).toBe(0);
  expect(sequenceAfter(0x7ffffffe, 5)).toBe(3);
});

describe('partitions', () => {
  test('the hash is that of org.apache.kafka.common.utils.Utils.murmur2', () => {
    // From Kafka's UtilsTest.
    const known: Record<string, number> = {
      '21': -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    };
    for (const [key, hash] of Object.entries(known)) {
      const bytes = Buffer.from(key);
      expect(murmur2(bytes, 0, bytes.length), key).toBe(hash);
    }
  });

  test('records keep their order by key, however late the partitions become known', () => {
    const topic = new ProducedTopic('t', false);
    const write = (key: string, value: string): void => {
      const queue = topic.queueOf(bufferOf(key));
      append(topic.builderOf(queue), { timestamp: 1, key, value, headers: [] });
    };
    for (let i = 0; i < 20; i++) write(`k${i % 5}`, `v${i}`);
    expect(topic.unassignedBytes).toBeGreaterThan(0);
    topic.setLeaders([1, 1, 1]);
    for (let i = 20; i < 40; i++) write(`k${i % 5}`, `v${i}`);
    expect(topic.unassignedBytes).toBe(0);
    const byKey = new Map<string | null, (string | null)[]>();
    for (const { builder, partition } of topic.queues) {
      if (builder.count === 0) continue;
      const batch = builder.take(null, false);
      stampBatch(batch, -1n, -1, -1, checksum);
      for (const { key, value } of decoded(batch.bytes)) {
        const bytes = Buffer.from(key ?? '');
        expect((murmur2(bytes, 0, bytes.length) & 0x7fffffff) % 3).toBe(partition);
        byKey.set(key, [...(byKey.get(key) ?? []), value]);
      }
    }
    for (let k = 0; k < 5; k++) expect(byKey.get(`k${k}`)).toEqual(Array.from({ length: 8 }, (_, i) => `v${5 * i + k}`));
  });

  test('without a key the partition changes with each batch, and fixed keeps the first', () => {
    const partitions = (isFixed: boolean): (number | undefined)[] => {
      const topic = new ProducedTopic('t', isFixed);
      topic.setLeaders([1, 1, 1]);
      return Array.from({ length: 6 }, (_, i) => {
        const queue = topic.queueOf(null)!;
        if (i % 2 === 1) topic.sealed(queue);
        return queue.partition;
      });
    };
    expect(partitions(false)).toEqual([0, 0, 1, 1, 2, 2]);
    expect(partitions(true)).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('properties of the producer', () => {
  test('defaults are those of Kafka, but for larger batches', () => {
    expect(producerOptions(settings({}), library)).toMatchObject({
      acks: -1,
      isIdempotent: true,
      compression: null,
      lingerMs: 5,
      deliveryTimeoutMs: undefined,
      transactionTimeoutMs: undefined,
    });
  });

  test('fewer acknowledgements end idempotence, unless it was asked for', () => {
    expect(producerOptions(settings({ acks: '1' }), library)).toMatchObject({ acks: 1, isIdempotent: false });
    expect(() => producerOptions(settings({ acks: '1', 'enable.idempotence': 'true' }), library)).toThrow(/contradicts/);
  });

  test('a file of properties is read as Java does', () => {
    const file = [
      '# comment',
      '! another',
      'security.protocol = SASL_SSL',
      'sasl.mechanism: PLAIN',
      'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\',
      '    username="u=1" \\',
      '    password="p\\u0041";',
      'empty',
      'spaced value with blanks ',
      'tab\\tkey=a\\\\b',
    ].join('\r\n');
    expect(Object.fromEntries(parseJavaProperties(file))).toEqual({
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'PLAIN',
      'sasl.jaas.config': 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u=1" password="pA";',
      empty: '',
      spaced: 'value with blanks ',
      'tab\tkey': 'a\\b',
    });
  });

  test('a mistake in that file is named, a secret is not shown', () => {
    const read = (text: string) => () => clientSettings(parseJavaProperties(text), 'client.properties');
    expect(read('security.protocl=SSL')).toThrow(
      /client.properties: Kafka's client has no property 'security.protocl'[^]*Did you mean/,
    );
    const jaas = 'security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.jaas.config=hush';
    expect(read(jaas)).toThrow(/'sasl.jaas.config' is not a JAAS configuration/);
    expect(read(jaas)).not.toThrow(/hush/);
  });
});
