import { characterWidth, displayWidth } from '../base/display-width.ts';
import type { Schema } from '../types/schema.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Flink's `sql-client.display.max-column-width` for types whose values have no bound. */
const MAX_COLUMN_WIDTH = 30;
const NULL_TEXT = '<NULL>';

/**
 * Draws a changelog as Flink's SQL client does in tableau mode, row by row: the widths come from the types, so that nothing
 * has to be known of rows to come. `text` values are those of CAST AS STRING. https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sqlclient/
 */
export class Tableau {
  readonly #widths: readonly number[];
  readonly #border: string;
  readonly #header: string;
  #rows = 0;

  constructor(schema: Schema) {
    this.#widths = [2, ...schema.map((field) => columnWidth(field.name, field.type))];
    this.#border = `+${this.#widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
    this.#header = this.#border + this.#line(['op', ...schema.map((field) => field.name)]) + this.#border;
  }

  /** One row; before the first, the header. `values` holds null for NULL. */
  row(kind: string, values: readonly (string | null)[]): string {
    const line = this.#line([kind, ...values.map((value) => value ?? NULL_TEXT)]);
    return this.#rows++ === 0 ? this.#header + line : line;
  }

  end(): string {
    if (this.#rows === 0) return 'Empty set\n';
    return `${this.#border}Received a total of ${this.#rows} ${this.#rows === 1 ? 'row' : 'rows'}\n`;
  }

  #line(cells: readonly string[]): string {
    return `| ${cells.map((cell, i) => padded(cell, this.#widths[i])).join(' | ')} |\n`;
  }
}

function columnWidth(name: string, type: SqlType): number {
  const width = type.nullable ? Math.max(typeWidth(type), NULL_TEXT.length) : typeWidth(type);
  return Math.max(displayWidth(name), width);
}

function typeWidth(type: SqlType): number {
  switch (type.kind) {
    case 'TINYINT':
      return 4;
    case 'SMALLINT':
      return 6;
    case 'INTEGER':
      return 11;
    case 'BIGINT':
      return 20;
    case 'DECIMAL':
      return type.precision + 2;
    case 'BOOLEAN':
      return 5;
    case 'DATE':
      return 10;
    case 'TIME':
      return type.precision === 0 ? 8 : type.precision + 9;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return type.precision === 0 ? 19 : 20 + Math.ceil(type.precision / 3) * 3;
    default:
      return MAX_COLUMN_WIDTH;
  }
}

/** Right-aligned; what does not fit ends in `...`. */
function padded(cell: string, width: number): string {
  const own = displayWidth(cell);
  if (own <= width) return ' '.repeat(width - own) + cell;
  let kept = '';
  let keptWidth = 0;
  for (const character of cell) {
    const next = keptWidth + characterWidth(character.codePointAt(0) as number);
    if (next > width - 3) break;
    kept += character;
    keptWidth = next;
  }
  return ' '.repeat(width - 3 - keptWidth) + kept + '...';
}
