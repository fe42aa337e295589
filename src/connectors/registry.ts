import { nearest } from '../base/nearest.ts';
import { blackhole } from './blackhole.ts';
import type { BoundConnector, Connector, ReportProblem, TableDeclaration } from './connector.ts';
import { datagen } from './datagen/datagen.ts';
import { elasticsearch } from './elasticsearch/elasticsearch.ts';
import { filesystem } from './filesystem/filesystem.ts';
import { kafka, upsertKafka } from './kafka/kafka.ts';
import { LOCAL_CONNECTORS } from './local/local-connectors.ts';
import { print } from './print.ts';

/** All connectors. A new one is added here and nowhere else. */
const CONNECTORS: readonly Connector[] = [kafka, upsertKafka, elasticsearch, filesystem, datagen, print, blackhole];

export function connectorNames(): readonly string[] {
  return CONNECTORS.map((connector) => connector.name);
}

/** The connector of that name; under `local` the ones for Kafka and Elasticsearch work on the local store. */
export function findConnector(name: string, { local }: { readonly local: boolean }): Connector | undefined {
  const byName = (connector: Connector): boolean => connector.name === name;
  return (local ? LOCAL_CONNECTORS.find(byName) : undefined) ?? CONNECTORS.find(byName);
}

/** Checks a table's WITH clause for one use of the table; reports every mistake and answers undefined after any. */
export function bindTable(
  table: TableDeclaration,
  use: 'source' | 'sink',
  local: boolean,
  report: ReportProblem,
): BoundConnector | undefined {
  let failed = false;
  const bound = bindTableLeniently(table, use, local, (code, message, place, hint) => {
    failed = true;
    report(code, message, place, hint);
  });
  return failed ? undefined : bound;
}

/** As `bindTable`, but answers undefined only without a connector: other mistakes leave defaults, with which nothing can run. */
export function bindTableLeniently(
  table: TableDeclaration,
  use: 'source' | 'sink',
  local: boolean,
  report: ReportProblem,
): BoundConnector | undefined {
  const option = table.options.get('connector');
  if (option === undefined) {
    const hint = `Add 'connector' = '…' to the WITH clause; the connectors are: ${connectorNames().join(', ')}.`;
    report('SQL_MISSING_OPTION', `table "${table.name}" needs the option 'connector'`, table.place, hint);
    return undefined;
  }
  const connector = findConnector(option.value, { local });
  if (connector === undefined) {
    const near = nearest(option.value, connectorNames());
    const hint = near === undefined ? `The connectors are: ${connectorNames().join(', ')}.` : `Did you mean '${near}'?`;
    report('SQL_UNKNOWN_CONNECTOR', `there is no connector '${option.value}'`, option.valuePlace, hint);
    return undefined;
  }
  checkUse(table, use, connector, report);
  const bound = connector.bind(table, use, report);
  checkMetadata(table, use, connector, report);
  return bound;
}

function checkUse(table: TableDeclaration, use: 'source' | 'sink', connector: Connector, report: ReportProblem): void {
  if ((use === 'source' ? connector.createSource : connector.createSink) !== undefined) return;
  const { valuePlace } = table.options.get('connector')!;
  const message = `connector '${connector.name}' cannot be ${use === 'source' ? 'read from' : 'written to'}`;
  report('SQL_CONNECTOR_USE', message, valuePlace, `Use another connector for table "${table.name}".`);
}

/** METADATA columns must name what the connector offers and, in a sink, what can be written (unless VIRTUAL). */
function checkMetadata(table: TableDeclaration, use: 'source' | 'sink', connector: Connector, report: ReportProblem): void {
  const keys = [...connector.metadata.keys()];
  for (const column of table.metadata) {
    const known = connector.metadata.get(column.key);
    if (known === undefined) {
      const near = nearest(column.key, keys);
      const offers = keys.length === 0 ? 'It offers none.' : `It offers: ${keys.join(', ')}.`;
      const hint = near === undefined ? offers : `Did you mean '${near}'?`;
      report('SQL_UNKNOWN_METADATA', `connector '${connector.name}' has no metadata '${column.key}'`, column.place, hint);
    } else if (use === 'sink' && !column.virtual && !known.writable) {
      const message = `metadata '${column.key}' of connector '${connector.name}' cannot be written`;
      report(
        'SQL_METADATA_READ_ONLY',
        message,
        column.place,
        `Declare the column METADATA VIRTUAL to leave it out of INSERT INTO.`,
      );
    }
  }
}
