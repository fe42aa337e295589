import { typeName, type SqlKind } from '../../types/sql-type.ts';
import { bindFormat } from '../bind-format.ts';
import type { BoundConnector, ReportProblem, TableDeclaration } from '../connector.ts';
import { OptionReader } from '../options.ts';
import { indexNameOf } from './index-name.ts';

/** What the options of an elasticsearch-7 table say, defaults filled in. */
export interface ElasticsearchSettings {
  /** URLs such as `http://localhost:9200`. */
  readonly hosts: readonly string[];
  /** A name, or a pattern such as `weather_{ts|yyyy-MM-dd}`. */
  readonly index: string;
  readonly keyDelimiter: string;
  readonly username?: string;
  readonly password?: string;
  /** What becomes of documents that Elasticsearch rejects: they fail the job or are left out. */
  readonly failureHandler: 'fail' | 'ignore' | 'retry-rejected';
  /** -1 is no limit, for these three. */
  readonly maxActions: number;
  readonly maxBytes: number;
  readonly flushIntervalMs: number;
  readonly backoff: 'disabled' | 'constant' | 'exponential';
  readonly maxRetries: number;
  readonly backoffDelayMs: number;
  readonly pathPrefix?: string;
  readonly requestTimeoutMs?: number;
  readonly connectionTimeoutMs?: number;
  readonly socketTimeoutMs?: number;
}

const MB = 1024 * 1024;

/** Checks the options of an `elasticsearch-7` table. Flink's page: connectors/table/elasticsearch. */
export function bindElasticsearch(table: TableDeclaration, _use: 'source' | 'sink', report: ReportProblem): BoundConnector {
  const reader = new OptionReader(table, report);
  const hosts = bindHosts(reader);
  const index = reader.required('index');
  if (index !== '') indexNameOf(index, table.physical, 'UTC', (what, hint) => reader.invalid('index', what, hint));
  const username = reader.text('username');
  const password = reader.text('password');
  if (username !== undefined && username.trim() !== '' && (password ?? '').trim() === '')
    reader.invalid('username', `needs the option 'password' as well`);
  // Both say whether a checkpoint waits for what is written, which it always does here. Flink's table sink cannot be exactly-once:
  // writing a document again by its id changes nothing.
  reader.oneOf('sink.delivery-guarantee', ['at-least-once', 'none'], 'at-least-once');
  reader.boolean('sink.flush-on-checkpoint', true);
  const failureHandler = reader.oneOf('failure-handler', ['fail', 'ignore', 'retry-rejected'], 'fail');
  const bulk = bindBulkFlush(reader);
  const settings: ElasticsearchSettings = {
    hosts,
    index,
    keyDelimiter: reader.text('document-id.key-delimiter') ?? '_',
    username,
    password,
    failureHandler,
    ...bulk,
    pathPrefix: reader.text('connection.path-prefix'),
    requestTimeoutMs: reader.durationMs('connection.request-timeout'),
    connectionTimeoutMs: reader.durationMs('connection.timeout'),
    socketTimeoutMs: reader.durationMs('socket.timeout'),
  };
  reader.integer('sink.parallelism', { min: 1 });
  const hasFormat = table.options.has('format');
  const format = bindFormat(reader, 'format', table.physical, 'json');
  if (hasFormat && format !== undefined && format.format !== 'json') {
    reader.invalid('format', 'gives no JSON documents', `Use 'format' = 'json', which is also the default.`);
  }
  reader.finish();
  checkPrimaryKey(table, report);
  const accepts = table.primaryKey.length > 0 ? 'upsert' : 'insert';
  return { connector: 'elasticsearch-7', settings: { ...settings }, format, accepts, emits: 'insert', bounded: true };
}

function bindHosts(reader: OptionReader): string[] {
  const text = reader.required('hosts', `Add 'hosts' = 'http://localhost:9200'; with --local it is not used.`);
  const hosts = text
    .split(';')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  for (const host of hosts) {
    const url = URL.canParse(host) ? new URL(host) : undefined;
    if (url !== undefined && /^https?:$/.test(url.protocol) && /:\d+/.test(host.slice(url.protocol.length))) continue;
    reader.invalid('hosts', `: "${host}" is not a URL with a port`, `Write it as http://HOST:9200; separate several by ';'.`);
  }
  return hosts;
}

function bindBulkFlush(
  reader: OptionReader,
): Pick<ElasticsearchSettings, 'maxActions' | 'maxBytes' | 'flushIntervalMs' | 'backoff' | 'maxRetries' | 'backoffDelayMs'> {
  const maxActions = reader.integer('sink.bulk-flush.max-actions', { min: -1 }) ?? 1000;
  const maxBytes = reader.memoryBytes('sink.bulk-flush.max-size') ?? 2 * MB;
  if (maxBytes % MB !== 0)
    reader.invalid('sink.bulk-flush.max-size', 'must be in whole megabytes', `Write it as '2mb'; '0' is no limit.`);
  const flushIntervalMs = reader.durationMs('sink.bulk-flush.interval') ?? 1000;
  const backoff = reader.oneOf('sink.bulk-flush.backoff.strategy', ['disabled', 'constant', 'exponential'], 'disabled');
  const maxRetries = reader.integer('sink.bulk-flush.backoff.max-retries', { min: 1 }) ?? 8;
  const backoffDelayMs = reader.durationMs('sink.bulk-flush.backoff.delay') ?? 50;
  const noLimit = (value: number): number => (value === 0 ? -1 : value);
  return {
    maxActions: noLimit(maxActions),
    maxBytes: noLimit(maxBytes),
    flushIntervalMs: noLimit(flushIntervalMs),
    backoff,
    maxRetries,
    backoffDelayMs,
  };
}

/** Types whose text cannot be a part of a document's id, as in Flink. */
const NOT_IN_KEYS = new Set<SqlKind>(['ARRAY', 'MAP', 'MULTISET', 'ROW', 'BINARY', 'VARBINARY', 'NULL']);

function checkPrimaryKey(table: TableDeclaration, report: ReportProblem): void {
  for (const name of table.primaryKey) {
    const field = table.physical.find((candidate) => candidate.name === name);
    if (field === undefined || !NOT_IN_KEYS.has(field.type.kind)) continue;
    const message = `column "${name}" of type ${typeName(field.type)} cannot be in the PRIMARY KEY: a document's id is made of it`;
    report('SQL_PRIMARY_KEY', message, table.place, 'Use columns of text, numbers or times.');
  }
}
