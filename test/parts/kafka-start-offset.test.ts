// Where reading a partition begins and ends. That Flink does the same, test/stack/both-start-and-end.test.ts shows.
import { describe, expect, test } from 'vitest';
import type { KafkaSettings } from '../../src/connectors/kafka/settings.ts';
import { offsetInstead, readingRange, type PartitionOffsets } from '../../src/connectors/kafka/start-offset.ts';

type Position = Pick<KafkaSettings, 'start' | 'end' | 'autoOffsetReset'>;

/** A partition that holds the offsets 10 … 19. */
const offsets: PartitionOffsets = { topic: 't', partition: 0, earliest: 10, latest: 20 };
const settings = (position: Partial<Position>): KafkaSettings =>
  ({
    groupId: 'g',
    start: { mode: 'group-offsets' },
    end: { mode: 'unbounded' },
    autoOffsetReset: 'none',
    ...position,
  }) as KafkaSettings;
const range = (position: Partial<Position>, known: Partial<PartitionOffsets> = {}): [number, number] => {
  const { from, to } = readingRange(settings(position), { ...offsets, ...known }, undefined, false);
  return [from, to];
};

describe('an offset behind the last record', () => {
  const start = { mode: 'specific-offsets', offsets: { 0: 25 } } as const;

  test('is past the end of a bounded source, which reads nothing', () => {
    expect(range({ start, end: { mode: 'latest-offset' } })).toEqual([20, 20]);
    expect(range({ end: { mode: 'latest-offset' } }, { group: 25 })).toEqual([20, 20]);
  });

  test('is a lost one to a source that reads on', () => {
    expect(range({ start })).toEqual([10, Infinity]);
    expect(range({ autoOffsetReset: 'earliest' }, { group: 25 })).toEqual([10, Infinity]);
    expect(range({ autoOffsetReset: 'latest' }, { group: 25 })).toEqual([20, Infinity]);
    expect(() => range({}, { group: 25 })).toThrow(
      'group "g" goes on at offset 25 of topic "t" partition 0, which ends at 20: the topic was made anew',
    );
  });

  test('of a checkpoint is a mistake', () => {
    expect(() => readingRange(settings({}), offsets, 25, true)).toThrow('the topic was made anew');
  });
});

test('where retention was faster, the start mode says where to go on', () => {
  expect(offsetInstead(settings({ start: { mode: 'earliest-offset' } }), offsets, 5)).toBe(10);
  expect(offsetInstead(settings({ start: { mode: 'latest-offset' } }), offsets, 5)).toBe(20);
  expect(offsetInstead(settings({ autoOffsetReset: 'earliest' }), offsets, 5)).toBe(10);
  expect(() => offsetInstead(settings({}), offsets, 5)).toThrow('retention deleted the records from 5 on');
  expect(() => offsetInstead(settings({ start: { mode: 'timestamp', timestamp: 1 } }), offsets, 5)).toThrow('retention deleted');
});
