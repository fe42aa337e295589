import { nearest } from '../../base/nearest.ts';
import type { Field } from '../../types/schema.ts';
import { bindFormat } from '../bind-format.ts';
import type { BoundConnector, BoundFormat, ReportProblem, TableDeclaration } from '../connector.ts';
import { OptionReader } from '../options.ts';
import { bindWatermarkOptions } from '../watermark-options.ts';
import { bindEnd, bindStart } from './bind-positions.ts';
import { checkClientProperties } from './client-properties.ts';
import type { KafkaSettings } from './settings.ts';
import { isTopicName } from './topic-name.ts';

const PROPERTIES = 'properties.';
/** Flink's default of `scan.topic-partition-discovery.interval`. */
const DISCOVERY_INTERVAL_MS = 5 * 60 * 1000;

/** Checks the options of a `kafka` table. Flink's page: connectors/table/kafka. */
export function bindKafka(table: TableDeclaration, use: 'source' | 'sink', report: ReportProblem): BoundConnector {
  const reader = new OptionReader(table, report);
  const keyFields = bindKeyFields(reader);
  const fields = bindFieldOptions(reader, keyFields);
  const { key, value } = splitFields(table, keyFields, fields);
  const keyFormat = bindFormat(reader, 'key.format', key);
  const format = bindValueFormat(reader, value);
  const topics = bindTopics(reader, use);
  const isSingleTopic = topics.topics?.length === 1;
  const partitioner = reader.oneOf('sink.partitioner', ['default', 'fixed', 'round-robin'], 'default');
  if (partitioner === 'round-robin' && table.options.has('key.fields')) {
    reader.invalid(
      'sink.partitioner',
      `works only without 'key.fields'`,
      `Use 'default': records with the same key then share a partition.`,
    );
  }
  const settings: KafkaSettings = {
    ...topics,
    ...fields,
    ...bindClient(reader),
    start: bindStart(reader, isSingleTopic),
    end: bindEnd(reader, isSingleTopic),
    discoveryIntervalMs: reader.durationMs('scan.topic-partition-discovery.interval') ?? DISCOVERY_INTERVAL_MS,
    partitioner,
    ...bindDelivery(reader),
    keyFields,
    ...bindWatermarkOptions(reader),
  };
  reader.unsupported('sink.semantic', 'it is the old name of another', `Use 'sink.delivery-guarantee'.`);
  reader.finish();
  if (table.primaryKey.length > 0) {
    const message = `table "${table.name}" cannot have a PRIMARY KEY: with connector 'kafka' nothing keeps it`;
    report('SQL_PRIMARY_KEY', message, table.place, `Remove the PRIMARY KEY, or use 'connector' = 'upsert-kafka'.`);
  }
  return bound('kafka', settings, format, keyFormat, 'insert');
}

/** Checks the options of an `upsert-kafka` table. Flink's page: connectors/table/upsert-kafka. */
export function bindUpsertKafka(table: TableDeclaration, use: 'source' | 'sink', report: ReportProblem): BoundConnector {
  const reader = new OptionReader(table, report);
  const keyFields = table.primaryKey;
  if (keyFields.length === 0) {
    const message = `table "${table.name}" needs a PRIMARY KEY: connector 'upsert-kafka' keeps the last row of each key`;
    report('SQL_PRIMARY_KEY', message, table.place, 'Add PRIMARY KEY (…) NOT ENFORCED to the columns.');
  }
  const fields = bindFieldOptions(reader, keyFields);
  const { key, value } = splitFields(table, keyFields, fields);
  const keyFormat = bindRequiredFormat(reader, 'key.format', key);
  const format = bindRequiredFormat(reader, 'value.format', value);
  const topics = bindTopics(reader, use);
  const bufferFlush = bindBufferFlush(reader);
  const settings: KafkaSettings = {
    ...topics,
    ...fields,
    ...bindClient(reader),
    // Only the whole topic tells the last row of every key.
    start: { mode: 'earliest-offset' },
    end: bindEnd(reader, topics.topics?.length === 1),
    discoveryIntervalMs: DISCOVERY_INTERVAL_MS,
    partitioner: 'default',
    ...bindDelivery(reader),
    bufferFlush,
    keyFields,
    ...bindWatermarkOptions(reader),
  };
  reader.finish();
  return bound('upsert-kafka', settings, format, keyFormat, 'upsert');
}

function bound(
  connector: string,
  settings: KafkaSettings,
  format: BoundFormat | undefined,
  keyFormat: BoundFormat | undefined,
  changes: 'insert' | 'upsert',
): BoundConnector {
  const isBounded = settings.end.mode !== 'unbounded';
  return { connector, settings: { ...settings }, format, keyFormat, accepts: changes, emits: changes, bounded: isBounded };
}

type Fields = Pick<KafkaSettings, 'keyFieldsPrefix' | 'valueFieldsInclude'>;

/** `key.fields`, which needs `key.format` and is needed by it. */
function bindKeyFields(reader: OptionReader): readonly string[] {
  const { table } = reader;
  const text = reader.text('key.fields');
  const hasFormat = table.options.has('key.format');
  if (text === undefined) {
    if (hasFormat) reader.missing('key.fields', `Name the columns that make up the key: 'key.fields' = 'a;b'.`);
    return [];
  }
  if (!hasFormat) {
    reader.invalid('key.fields', `needs the option 'key.format'`, `Add 'key.format' = 'json', 'csv' or 'raw'.`);
    return [];
  }
  const names = splitList(text);
  const columns = table.physical.map((field) => field.name);
  if (names.length === 0) reader.invalid('key.fields', 'names no column');
  for (const name of names) {
    if (columns.includes(name)) continue;
    const near = nearest(name, columns);
    const hint = near === undefined ? `The columns are: ${columns.join(', ')}.` : `Did you mean '${near}'?`;
    reader.invalid('key.fields', `names "${name}", which is not a physical column`, hint);
  }
  return names.filter((name) => columns.includes(name));
}

function bindFieldOptions(reader: OptionReader, keyFields: readonly string[]): Fields {
  const prefix = reader.text('key.fields-prefix') ?? '';
  const include = reader.oneOf('value.fields-include', ['all', 'except_key'], 'all');
  for (const name of keyFields) {
    if (!name.startsWith(prefix))
      reader.invalid('key.fields-prefix', `does not stand in front of "${name}", a column of the key`);
  }
  if (prefix !== '' && include === 'all') {
    reader.invalid(
      'key.fields-prefix',
      `needs 'value.fields-include' = 'EXCEPT_KEY'`,
      `Add 'value.fields-include' = 'EXCEPT_KEY'.`,
    );
  }
  return { keyFieldsPrefix: prefix, valueFieldsInclude: include === 'all' ? 'ALL' : 'EXCEPT_KEY' };
}

/** The fields of key and value as their formats see them. */
function splitFields(
  table: TableDeclaration,
  keyFields: readonly string[],
  { keyFieldsPrefix, valueFieldsInclude }: Fields,
): { key: Field[]; value: Field[] } {
  const key = keyFields.flatMap((name) => table.physical.find((field) => field.name === name) ?? []);
  return {
    key: key.map((field) => ({ ...field, name: field.name.slice(keyFieldsPrefix.length) })),
    value: valueFieldsInclude === 'ALL' ? [...table.physical] : table.physical.filter((field) => !key.includes(field)),
  };
}

function bindValueFormat(reader: OptionReader, fields: readonly Field[]): BoundFormat | undefined {
  const format = bindFormat(reader, 'format', fields);
  const valueFormat = bindFormat(reader, 'value.format', fields);
  const { options } = reader.table;
  const [name, valueName] = [options.get('format')?.value, options.get('value.format')?.value];
  if (name !== undefined && valueName !== undefined && name !== valueName)
    reader.invalid('value.format', `contradicts 'format' = '${name}'`, 'Remove one of them.');
  if (!options.has('format') && !options.has('value.format')) reader.missing('format', `Add 'format' = 'json', 'csv' or 'raw'.`);
  return format ?? valueFormat;
}

function bindRequiredFormat(reader: OptionReader, key: string, fields: readonly Field[]): BoundFormat | undefined {
  if (!reader.table.options.has(key)) reader.missing(key, `Add '${key}' = 'json', 'csv' or 'raw'.`);
  return bindFormat(reader, key, fields);
}

function bindTopics(reader: OptionReader, use: 'source' | 'sink'): Pick<KafkaSettings, 'topics' | 'topicPattern'> {
  const topicPattern = reader.text('topic-pattern') ?? null;
  const text = reader.text('topic');
  const topics = text === undefined ? null : splitList(text);
  if (topics !== null && topicPattern !== null)
    reader.invalid('topic-pattern', `cannot be given together with 'topic'`, 'Remove one of them.');
  if (topics === null && topicPattern === null) {
    reader.missing('topic', use === 'source' ? `Add 'topic' = '…', or 'topic-pattern' for several.` : undefined);
  }
  if (topics?.length === 0) reader.invalid('topic', 'names no topic');
  for (const name of topics ?? []) {
    if (isTopicName(name)) continue;
    reader.invalid(
      'topic',
      `: "${name}" cannot be the name of a topic`,
      `Use letters, digits, '.', '_' and '-', at most 249 of them.`,
    );
  }
  if (topicPattern !== null && !isPattern(topicPattern)) reader.invalid('topic-pattern', 'is not a regular expression');
  const needsTopicColumn = use === 'sink' && (topicPattern !== null || (topics !== null && topics.length > 1));
  if (needsTopicColumn && !reader.table.metadata.some((column) => column.key === 'topic' && !column.virtual)) {
    const key = topicPattern === null ? 'topic' : 'topic-pattern';
    reader.invalid(
      key,
      'allows several topics, but no column says which',
      `Name one topic, or add a column: \`topic\` STRING METADATA.`,
    );
  }
  return { topics, topicPattern };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

function bindClient(reader: OptionReader): Pick<KafkaSettings, 'properties' | 'groupId' | 'autoOffsetReset'> {
  reader.required(
    'properties.bootstrap.servers',
    `Add 'properties.bootstrap.servers' = 'localhost:9092'; with --local it is not used.`,
  );
  const groupId = reader.text('properties.group.id') ?? `KafkaSource-default_catalog.default_database.${reader.table.name}`;
  const autoOffsetReset = reader.oneOf('properties.auto.offset.reset', ['earliest', 'latest', 'none'], 'none');
  reader.claimPrefix(PROPERTIES);
  checkClientProperties(reader);
  const properties: Record<string, string> = {};
  for (const [key, { value }] of reader.table.options) {
    if (key.startsWith(PROPERTIES)) properties[key.slice(PROPERTIES.length)] = value;
  }
  return { properties, groupId, autoOffsetReset };
}

function bindDelivery(reader: OptionReader): Pick<KafkaSettings, 'deliveryGuarantee' | 'transactionalIdPrefix'> {
  const deliveryGuarantee = reader.oneOf('sink.delivery-guarantee', ['exactly-once', 'at-least-once', 'none'], 'at-least-once');
  const transactionalIdPrefix = reader.text('sink.transactional-id-prefix');
  if (deliveryGuarantee === 'exactly-once' && transactionalIdPrefix === undefined) {
    reader.missing(
      'sink.transactional-id-prefix',
      `'sink.delivery-guarantee' = 'exactly-once' needs it: a name that no other job uses.`,
    );
  }
  reader.integer('sink.parallelism', { min: 1 });
  reader.integer('scan.parallelism', { min: 1 });
  return { deliveryGuarantee, transactionalIdPrefix };
}

/** Undefined when every row is written at once. */
function bindBufferFlush(reader: OptionReader): KafkaSettings['bufferFlush'] {
  const maxRows = reader.integer('sink.buffer-flush.max-rows') ?? 0;
  const intervalMs = reader.durationMs('sink.buffer-flush.interval') ?? 0;
  if (maxRows > 0 && intervalMs > 0) return { maxRows, intervalMs };
  if (maxRows > 0 === intervalMs > 0) return undefined;
  const [set, other] = maxRows > 0 ? ['max-rows', 'interval'] : ['interval', 'max-rows'];
  reader.invalid(`sink.buffer-flush.${set}`, `needs 'sink.buffer-flush.${other}' as well`, 'Set both, or neither.');
  return undefined;
}

function splitList(text: string): string[] {
  return text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
