import { BIGINT, STRING, timestampLtz, withNullable } from '../../types/sql-type.ts';
import { bindFormat } from '../bind-format.ts';
import type { BoundConnector, Connector, ReportProblem, TableDeclaration } from '../connector.ts';
import { OptionReader } from '../options.ts';
import { bindWatermarkOptions } from '../watermark-options.ts';
import { FilesystemSink } from './filesystem-sink.ts';
import { FilesystemSource } from './filesystem-source.ts';

/** Flink's default of `sink.rolling-policy.file-size`. */
const PART_BYTES = 128 * 1024 * 1024;

export interface FilesystemSettings {
  /** As the file says it: relative to the current directory, or a `file:` URI. */
  readonly path: string;
  /** How often to look for new files; 0 reads those there are and ends. */
  readonly monitorIntervalMs: number;
  /** Rows of a sink go on in another file when one has reached this size. */
  readonly partBytes: number;
  readonly idleTimeoutMs?: number;
}

/** Reads and writes files of lines. Flink's page: connectors/table/filesystem. */
export const filesystem: Connector = {
  name: 'filesystem',
  summary: 'Reads a file or a folder of files, and writes a folder of files.',
  metadata: new Map([
    ['file.path', { type: withNullable(STRING, false), writable: false }],
    ['file.name', { type: withNullable(STRING, false), writable: false }],
    ['file.size', { type: withNullable(BIGINT, false), writable: false }],
    ['file.modification-time', { type: withNullable(timestampLtz(3), false), writable: false }],
  ]),
  projectionPushDown: true,
  bind,
  createSource: (table, context) => new FilesystemSource(table, context),
  createSink: (table, context) => new FilesystemSink(table, context),
};

function bind(table: TableDeclaration, use: 'source' | 'sink', report: ReportProblem): BoundConnector {
  const reader = new OptionReader(table, report);
  const path = reader.required('path', `Add 'path' = 'FILE OR FOLDER'; relative paths start at the current directory.`);
  if (/^[a-z][a-z0-9+.-]+:/i.test(path) && !path.startsWith('file:')) {
    reader.invalid('path', 'is not on the local file system', `Use a path such as 'data/in', or a file: URI.`);
  }
  const format = bindFormat(reader, 'format', table.physical);
  if (!table.options.has('format')) reader.missing('format', `Add 'format' = 'json', 'csv' or 'raw'.`);
  const monitorIntervalMs = reader.durationMs('source.monitor-interval', 1) ?? 0;
  const partBytes = reader.memoryBytes('sink.rolling-policy.file-size') ?? PART_BYTES;
  // A part is finished at every checkpoint, so that none stays open for longer than these would allow.
  reader.durationMs('sink.rolling-policy.rollover-interval');
  reader.durationMs('sink.rolling-policy.check-interval');
  reader.durationMs('sink.rolling-policy.inactivity-interval');
  reader.integer('sink.parallelism', { min: 1 });
  reader.oneOf('source.report-statistics', ['all', 'none'], 'all');
  reader.unsupported('source.path.regex-pattern', 'files are chosen by their folder');
  reader.unsupported('auto-compaction', 'parts are written as they are');
  reader.unsupported('compaction.file-size', 'parts are written as they are');
  reader.unsupported('compaction.parallelism', 'parts are written as they are');
  for (const key of PARTITION_OPTIONS) reader.unsupported(key, 'files are not partitioned');
  const { idleTimeoutMs } = bindWatermarkOptions(reader);
  reader.finish();
  const settings: FilesystemSettings = { path, monitorIntervalMs, partBytes, idleTimeoutMs };
  return {
    connector: 'filesystem',
    settings: { ...settings },
    // Flink reads CSV files, other than messages, as a whole: an empty line is one empty value there.
    format: format?.format === 'csv' ? { ...format, settings: { ...format.settings, emptyLineIsValue: true } } : format,
    accepts: 'insert',
    emits: 'insert',
    bounded: use === 'sink' || monitorIntervalMs === 0,
  };
}

const PARTITION_OPTIONS = [
  'partition.default-name',
  'partition.time-extractor.kind',
  'partition.time-extractor.class',
  'partition.time-extractor.timestamp-pattern',
  'partition.time-extractor.timestamp-formatter',
  'sink.shuffle-by-partition.enable',
  'sink.partition-commit.trigger',
  'sink.partition-commit.delay',
  'sink.partition-commit.watermark-time-zone',
  'sink.partition-commit.policy.kind',
  'sink.partition-commit.policy.class',
  'sink.partition-commit.policy.class.parameters',
  'sink.partition-commit.success-file.name',
];
