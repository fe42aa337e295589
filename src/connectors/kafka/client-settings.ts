import type { Problem } from '../../base/problem.ts';
import { ProblemsError } from '../../base/problem.ts';
import type { TableOption } from '../connector.ts';
import { OptionReader } from '../options.ts';
import { checkClientProperties } from './client-properties.ts';
import type { KafkaSettings } from './settings.ts';

/** Settings for work on topics without a table: only Kafka's own properties, which are checked. */
export function clientSettings(properties: ReadonlyMap<string, string>, origin: string): KafkaSettings {
  const place = { start: 0, end: 0 };
  const options = new Map<string, TableOption>(
    [...properties].map(([key, value]) => [`properties.${key}`, { value, keyPlace: place, valuePlace: place }]),
  );
  const problems: Problem[] = [];
  const table = { name: origin, options, physical: [], metadata: [], primaryKey: [], place };
  checkClientProperties(
    new OptionReader(table, (code, message, _place, hint) => {
      const plain = (text: string): string => text.replaceAll(`'properties.`, `'`);
      problems.push({ code, message: `${origin}: ${plain(message)}`, hint: hint === undefined ? undefined : plain(hint) });
    }),
  );
  if (problems.length > 0) throw new ProblemsError(problems);
  return {
    topics: [],
    topicPattern: null,
    properties: Object.fromEntries(properties),
    groupId: properties.get('group.id') ?? 'isobar',
    autoOffsetReset: 'none',
    start: { mode: 'earliest-offset' },
    end: { mode: 'unbounded' },
    discoveryIntervalMs: 0,
    partitioner: 'default',
    deliveryGuarantee: 'at-least-once',
    keyFields: [],
    keyFieldsPrefix: '',
    valueFieldsInclude: 'ALL',
  };
}
