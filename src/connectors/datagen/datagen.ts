import { bindField, type FieldSettings } from './bind-field.ts';
import type { BoundConnector, Connector, ReportProblem, TableDeclaration } from '../connector.ts';
import { OptionReader } from '../options.ts';
import { DatagenSource } from './datagen-source.ts';

export interface DatagenSettings {
  readonly rowsPerSecond: number;
  /** Null: without end, unless a sequence has one. */
  readonly numberOfRows: number | null;
  /** For each physical column. */
  readonly fields: readonly FieldSettings[];
}

/** Makes rows up, at random or counting. Flink's page: connectors/table/datagen. */
export const datagen: Connector = {
  name: 'datagen',
  summary: 'Makes rows up, at random or counting.',
  metadata: new Map(),
  bind,
  createSource: (table, context) => new DatagenSource(table, context),
};

function bind(table: TableDeclaration, _use: 'source' | 'sink', report: ReportProblem): BoundConnector {
  const reader = new OptionReader(table, report);
  const settings: DatagenSettings = {
    rowsPerSecond: reader.integer('rows-per-second', { min: 1 }) ?? 10_000,
    numberOfRows: reader.integer('number-of-rows', { min: 0 }) ?? null,
    fields: table.physical.map((field) => bindField(reader, field)),
  };
  reader.integer('scan.parallelism', { min: 1 });
  reader.finish();
  const bounded = settings.numberOfRows !== null || settings.fields.some((field) => field.kind === 'sequence');
  return { connector: 'datagen', settings: { ...settings }, accepts: 'insert', emits: 'insert', bounded };
}
