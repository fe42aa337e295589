import { gzipSync, zstdCompressSync } from 'node:zlib';
import * as library from '@platformatic/kafka';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunError } from '../../src/base/problem.ts';
import { createDecompress } from '../../src/connectors/kafka/decompress.ts';
import { RecordBatchDecoder, wholeBatches, type AbortedTransaction } from '../../src/connectors/kafka/record-batch-decoder.ts';
import { createRecordChecksum } from '../../src/connectors/kafka/record-checksum.ts';
import { encodeRecordBatch, withChecksum, type BatchOptions, type BatchRecord } from './encode-record-batch.ts';

const { snappy, lz4 } = library.compressionsAlgorithms;

/** Snappy in the frames of Java's xerial, which older clients of Kafka write. */
function xerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.concat([Buffer.from([0x82]), Buffer.from('SNAPPY'), Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 1])])];
  for (let at = 0; at < bytes.length || at === 0; at += 1000) {
    const block = snappy.compressSync(Buffer.from(bytes.subarray(at, at + 1000)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const CODECS: Readonly<Record<string, BatchOptions['codec']>> = {
  none: undefined,
  gzip: [1, gzipSync],
  snappy: [2, (bytes) => snappy.compressSync(bytes)],
  xerial: [2, (bytes) => xerial(bytes)],
  lz4: [3, (bytes) => lz4.compressSync(bytes)],
  zstd: [4, zstdCompressSync],
};

const createDecoder = (): RecordBatchDecoder => new RecordBatchDecoder(createRecordChecksum(library), createDecompress(library));

interface Seen {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

const hex = (bytes: Uint8Array | null | undefined): string | null => (bytes ? Buffer.from(bytes).toString('hex') : null);

/** What the decoder makes of a chunk; each run of records is read before the next one is asked for, as it is lent. */
function decode(
  bytes: Uint8Array,
  { from = 0, end = Infinity, aborted = [] }: { from?: number; end?: number; aborted?: readonly AbortedTransaction[] } = {},
): { seen: Seen[]; position: number; positions: number[] } {
  const decoder = createDecoder();
  decoder.begin({ topic: 't', partition: 3, split: 't-3', bytes, from, aborted });
  const seen: Seen[] = [];
  const positions: number[] = [];
  for (let records = decoder.next(end); records !== undefined; records = decoder.next(end)) {
    const { bytes: all, keyStarts, keyEnds, valueStarts, valueEnds } = records;
    const part = (start: number, stop: number): string | null => (stop < start ? null : hex(all.subarray(start, stop)));
    for (let i = 0; i < records.count; i++) {
      seen.push({
        offset: records.offset(i),
        timestamp: records.timestamps[i],
        key: keyStarts === null ? null : part(keyStarts[i], keyEnds![i]),
        value: part(valueStarts[i], valueEnds[i]),
        headers: [...records.headers(i)].map(([name, value]) => [name, hex(value)]),
      });
      positions.push(records.positionAfter(i));
    }
    expect(records.split).toBe('t-3');
    expect(records.metadata('offset', 0)).toBe(BigInt(records.offset(0)));
  }
  return { seen, position: decoder.position, positions };
}

function expected({ baseOffset, records, baseTimestamp = 0, maxTimestamp = 0, isLogAppendTime }: BatchOptions): Seen[] {
  return records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: baseOffset + offsetDelta,
    timestamp: isLogAppendTime ? maxTimestamp : baseTimestamp + timestampDelta,
    key: hex(key),
    value: hex(value),
    headers: [...new Map(headers)].map(([name, content]) => [name, hex(content)]),
  }));
}

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array | null> =>
  fc.oneof({ weight: 4, arbitrary: fc.uint8Array({ maxLength }) }, { weight: 1, arbitrary: fc.constant(null) });

const record = fc.record({
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 100_000 }) }),
  timestampDelta: fc.oneof(fc.integer({ min: -1000, max: 100_000 }), fc.integer({ min: -(2 ** 40), max: 2 ** 42 })),
  key: bytes(20),
  value: bytes(300),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 6, unit: 'grapheme' }), bytes(20)), { maxLength: 3 }),
});

const batch = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 40 }),
  skipped: fc.integer({ min: 0, max: 5 }),
  trailing: fc.integer({ min: 0, max: 3 }),
  codec: fc.constantFrom(...Object.keys(CODECS)),
  isLogAppendTime: fc.boolean(),
  leaderEpoch: fc.integer({ min: 0, max: 1 }),
  baseTimestamp: fc.integer({ min: 0, max: 2 ** 42 }),
});

/** Batches behind each other, with the gaps that compaction leaves. */
const chunk = fc.array(batch, { minLength: 1, maxLength: 6 }).map((batches): BatchOptions[] => {
  let next = 1_000_000_000_000;
  return batches.map(({ records, skipped, trailing, codec, ...rest }) => {
    const baseOffset = next + skipped;
    let offsetDelta = -1;
    const placed = records.map(({ gap, ...fields }): BatchRecord => ({ ...fields, offsetDelta: (offsetDelta += gap) }));
    next = baseOffset + offsetDelta + trailing + 1;
    return {
      ...rest,
      baseOffset,
      records: placed,
      codec: CODECS[codec],
      lastOffsetDelta: offsetDelta + trailing,
      maxTimestamp: rest.baseTimestamp + 5,
    };
  });
});

describe('record batches', () => {
  test('come out as they went in, whatever codec, gaps and sizes', () => {
    fc.assert(
      fc.property(chunk, (batches) => {
        const { seen, position, positions } = decode(Buffer.concat(batches.map(encodeRecordBatch)));
        expect(seen).toEqual(batches.flatMap(expected));
        const last = batches.at(-1)!;
        expect(position).toBe(last.baseOffset + last.lastOffsetDelta! + 1);
        expect(positions.at(-1)).toBe(position);
      }),
      { numRuns: 300 },
    );
  });

  test('begin and end at any offset', () => {
    fc.assert(
      fc.property(chunk, fc.nat(), fc.nat(), (batches, a, b) => {
        const all = batches.flatMap(expected);
        const from = all[a % all.length].offset;
        const end = all[b % all.length].offset;
        const { seen, position } = decode(Buffer.concat(batches.map(encodeRecordBatch)), { from, end });
        expect(seen).toEqual(all.filter(({ offset }) => offset >= from && offset < end));
        expect(position).toBe(Math.max(from, end > from ? end : from));
      }),
      { numRuns: 200 },
    );
  });

  test('a large batch and many small ones', () => {
    const large = Array.from({ length: 20_000 }, (_, i) => recordOf(i, `value ${i} `.repeat(8)));
    for (const codec of Object.values(CODECS)) {
      const one: BatchOptions = { baseOffset: 5, records: large, codec };
      expect(decode(encodeRecordBatch(one)).seen).toEqual(expected(one));
      const small = Array.from({ length: 9000 }, (_, i): BatchOptions => ({
        baseOffset: i,
        records: [recordOf(0, `v${i}`)],
        codec,
      }));
      const { seen, positions } = decode(Buffer.concat(small.map(encodeRecordBatch)));
      expect(seen).toEqual(small.flatMap(expected));
      expect(positions).toEqual(small.map((_, i) => i + 1));
    }
  });

  test("the library's own batches", () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const messages = Array.from({ length: 50 }, (_, i) => ({
        topic: 't',
        key: Buffer.from(`k${i}`),
        value: Buffer.from(`value ${i}`),
        timestamp: 1_700_000_000_000n + BigInt(i),
        headers: new Map([[Buffer.from('h'), Buffer.from(String(i))]]),
      }));
      const written = library.createRecordsBatch(messages, { compression });
      const { seen } = decode(written.buffer);
      expect(seen.map(({ value }) => Buffer.from(value!, 'hex').toString())).toEqual(
        messages.map(({ value }) => value.toString()),
      );
      expect(seen[49]).toMatchObject({ offset: 49, timestamp: 1_700_000_000_049, headers: [['h', hex(Buffer.from('49'))]] });
    }
  });

  test('a broker may cut off the last one', () => {
    fc.assert(
      fc.property(chunk, fc.nat(), (batches, cut) => {
        const encoded = batches.map(encodeRecordBatch);
        const all = Buffer.concat(encoded);
        const { length, nextOffset } = wholeBatches(all.subarray(0, cut % (all.length + 1)));
        let whole = 0;
        let count = 0;
        for (const each of encoded) {
          if (whole + each.length > cut % (all.length + 1)) break;
          whole += each.length;
          count++;
        }
        expect(length).toBe(whole);
        const last = batches[count - 1];
        expect(nextOffset).toBe(count === 0 ? -1 : last.baseOffset + last.lastOffsetDelta! + 1);
      }),
    );
  });
});

describe('transactions', () => {
  const transactional = (baseOffset: number, producerId: bigint, value: string, codec?: BatchOptions['codec']): BatchOptions => ({
    baseOffset,
    producerId,
    isTransactional: true,
    records: [recordOf(0, value), recordOf(1, value)],
    codec,
  });
  const marker = (baseOffset: number, producerId: bigint): BatchOptions => ({
    baseOffset,
    producerId,
    isTransactional: true,
    isControl: true,
    records: [recordOf(0, '\0\0\0\0\0\0')],
  });
  const log = [
    transactional(0, 7n, 'aborted'),
    transactional(2, 8n, 'kept', CODECS.lz4),
    { baseOffset: 4, records: [recordOf(0, 'plain')] },
    transactional(5, 7n, 'aborted', CODECS.gzip),
    marker(7, 7n),
    transactional(8, 7n, 'later'),
    marker(10, 8n),
    transactional(11, 7n, 'later'),
    marker(13, 7n),
    transactional(14, 7n, 'aborted'),
    marker(16, 7n),
  ];
  const all = Buffer.concat(log.map(encodeRecordBatch));
  const textOf = (seen: readonly Seen[]): string[] => seen.map(({ value }) => Buffer.from(value!, 'hex').toString());

  test('what was aborted never happened; markers are never seen', () => {
    const aborted = [
      { producerId: 7n, firstOffset: 0n },
      { producerId: 7n, firstOffset: 14n },
    ];
    const { seen, position } = decode(all, { aborted });
    expect(textOf(seen)).toEqual(['kept', 'kept', 'plain', 'later', 'later', 'later', 'later']);
    expect(position).toBe(17);
    expect(textOf(decode(all, { aborted, from: 5 }).seen)).toEqual(['later', 'later', 'later', 'later']);
  });

  test('read_uncommitted sees them all', () => {
    expect(textOf(decode(all).seen)).toHaveLength(13);
  });
});

describe('damaged batches', () => {
  const good = encodeRecordBatch({ baseOffset: 42, records: [recordOf(0, 'a'), recordOf(1, 'b')] });

  test('any flipped bit behind the checksum is found', () => {
    for (let bit = 17 * 8; bit < good.length * 8; bit++) {
      const changed = Buffer.from(good);
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(() => decode(changed)).toThrowError(/topic "t" partition 3 offset 42 is damaged: its checksum is another/);
    }
  });

  test('records that do not fit are found although the checksum is right', () => {
    fc.assert(
      fc.property(fc.integer({ min: 57, max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] + change) & 255;
        withChecksum(changed);
        try {
          for (const { offset } of decode(changed, { from: 0 }).seen) expect(Number.isFinite(offset)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RunError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each(Object.keys(CODECS).slice(1))('what %s cannot undo', (name) => {
    const [number, compress] = CODECS[name]!;
    const broken = encodeRecordBatch({
      baseOffset: 1,
      records: Array.from({ length: 50 }, (_, i) => recordOf(i, `value ${i}`)),
      codec: [number, (plain) => compress(plain).subarray(0, 30)],
    });
    expect(() => decode(broken)).toThrowError(/offset 1 is damaged: /);
  });

  test('old formats and unknown codecs are refused', () => {
    const old = Buffer.from(good);
    old[16] = 1;
    expect(() => decode(old)).toThrowError(/is in the message format 1 of Kafka 0\.10/);
    const unknown = encodeRecordBatch({ baseOffset: 1, records: [recordOf(0, 'a')], codec: [5, (plain) => plain] });
    expect(() => decode(unknown)).toThrowError(/compressed with codec 5, which nobody knows/);
  });
});

function recordOf(offsetDelta: number, value: string): BatchRecord {
  return { offsetDelta, timestampDelta: offsetDelta, key: null, value: Buffer.from(value), headers: [] };
}
