import type { Place } from '../../base/place.ts';
import type { BoundConnector, MetadataColumn, ReportProblem, TableOption } from '../../connectors/connector.ts';
import { bindTableLeniently, findConnector } from '../../connectors/registry.ts';
import { formatNames } from '../../formats/registry.ts';
import type { CatalogTable } from './catalog.ts';
import type { Problems } from './mistake.ts';

/** The connectors of a file's tables. */
export class TableConnectors {
  readonly #local: boolean;
  readonly #problems: Problems;

  constructor(local: boolean, problems: Problems) {
    this.#local = local;
    this.#problems = problems;
  }

  /** Binds a table's connector for a use of the table, reporting mistakes once. Undefined when it has none. */
  connect(table: CatalogTable, use: 'source' | 'sink'): BoundConnector | undefined {
    if (!table.connectors.has(use)) {
      const codes = new Set<string>();
      const report: ReportProblem = (code, message, place, hint) => {
        codes.add(code);
        if (isCertain(table, code, place, codes)) this.#problems.report(code, message, place, hint);
      };
      table.connectors.set(use, bindTableLeniently(table.declaration, use, this.#local, report));
    }
    return table.connectors.get(use);
  }

  /** Checks the options of a table that nothing reads or writes. */
  check(table: CatalogTable): void {
    if (table.connectors.size > 0) return;
    const connector = findConnector(table.declaration.options.get('connector')?.value ?? '', { local: true });
    this.connect(table, connector?.createSource === undefined && connector?.createSink !== undefined ? 'sink' : 'source');
  }

  /** METADATA columns with the types that the connector gives and takes; the declared ones are casts of them. */
  metadataOf({ declaration }: CatalogTable): MetadataColumn[] {
    const connector = findConnector(declaration.options.get('connector')?.value ?? '', { local: this.#local });
    return declaration.metadata.map((column) => ({ ...column, type: connector?.metadata.get(column.key)?.type ?? column.type }));
  }
}

/** Mistakes whatever other options there are. */
const OF_ONE_OPTION = new Set(['SQL_UNKNOWN_CONNECTOR', 'SQL_UNKNOWN_FORMAT', 'SQL_OPTION_UNSUPPORTED', 'SQL_CONNECTOR_USE']);

/** Options that are checked against the columns. */
const ABOUT_COLUMNS = /^(fields\.|key\.fields|topic|index$)|format$/;

const OF_A_FORMAT = new RegExp(`^(key\\.|value\\.)?(${formatNames().join('|')})\\.`);

/**
 * Whether what a connector finds is a mistake whatever stands in the parts of the declaration that could not be read. `codes` are
 * those of all that it found so far.
 */
function isCertain({ unknown, declaration }: CatalogTable, code: string, place: Place, codes: ReadonlySet<string>): boolean {
  if (unknown.has('primary key') && code === 'SQL_PRIMARY_KEY') return false;
  const isOf = ({ keyPlace, valuePlace }: TableOption): boolean => place === keyPlace || place === valuePlace;
  const key = [...declaration.options].find(([, option]) => isOf(option))?.[0] ?? '';
  const knowsFormat = declaration.options.has('format') || !unknown.has('options');
  const isFormatsOwn = OF_A_FORMAT.test(key) && (!knowsFormat || codes.has('SQL_UNKNOWN_FORMAT'));
  if (code === 'SQL_UNKNOWN_OPTION' && isFormatsOwn) return false;
  if (unknown.has('options') && code !== 'SQL_UNKNOWN_OPTION' && !OF_ONE_OPTION.has(code)) return false;
  const knowsColumns = !unknown.has('columns') && !unknown.has('primary key');
  if (knowsColumns || code === 'SQL_UNKNOWN_FORMAT') return true;
  return code !== 'SQL_RAW_COLUMNS' && !ABOUT_COLUMNS.test(key);
}
