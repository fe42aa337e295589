// Index templates as they follow from a file's tables.
import { expect, test } from 'vitest';
import { indexTemplateOf } from '../../src/connectors/elasticsearch/index-template.ts';
import { array, BIGINT, DATE, decimal, DOUBLE, row, STRING, time, timestamp, timestampLtz } from '../../src/types/sql-type.ts';
import { connect } from './connector-table.ts';

const COLUMNS = {
  id: STRING,
  name: STRING,
  day: DATE,
  at: time(0),
  ts: timestamp(3),
  instant: timestampLtz(3),
  price: decimal(10, 2),
  place: row([{ name: 'seen', type: DATE }]),
  counts: array(BIGINT),
  level: DOUBLE,
};

function templateOf(index: string, options: Record<string, string> = {}): ReturnType<typeof indexTemplateOf> {
  const all = { connector: 'elasticsearch-7', hosts: 'http://localhost:9200', index, ...options };
  return indexTemplateOf(connect({ options: all, columns: COLUMNS, primaryKey: ['id'] }, 'sink'));
}

test('times are dates in the form of the JSON format, text of the key is a keyword, numbers keep their precision', () => {
  const { template } = templateOf('readings', { 'json.timestamp-format.standard': 'ISO-8601' })!.body as {
    template: { mappings: { properties: object } };
  };
  expect(template.mappings.properties).toEqual({
    id: { type: 'keyword' },
    day: { type: 'date', format: 'yyyy-MM-dd' },
    at: { type: 'date', format: 'HH:mm:ss||hour_minute_second_fraction' },
    ts: { type: 'date', format: 'strict_date_optional_time' },
    instant: { type: 'date', format: 'strict_date_optional_time' },
    price: { type: 'double' },
    place: { properties: { seen: { type: 'date', format: 'yyyy-MM-dd' } } },
    counts: { type: 'long' },
    level: { type: 'double' },
  });
});

test('a dynamic index gives a pattern, and one of any name no template', () => {
  expect(templateOf('readings')).toMatchObject({ name: 'isobar-readings', pattern: 'readings' });
  expect(templateOf('readings-{ts|yyyy-MM-dd}')).toMatchObject({ name: 'isobar-readings-dynamic', pattern: 'readings-*' });
  expect(templateOf('{id}')).toBeUndefined();
});
