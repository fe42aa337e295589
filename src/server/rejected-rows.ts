import type { ColumnView, ProblemView, TopicRow, TopicRows } from './api.ts';
import type { KnownTable } from './known-tables.ts';

/** Rows of a table in which a pipeline's own SQL keeps what it could not use, as problems. */
export function rejectedRows({ job, table }: KnownTable, { topic, columns, rows }: TopicRows): ProblemView[] {
  const at = (pattern: RegExp, role: ColumnView['role']): number =>
    columns.findIndex((column) => column.role === role && pattern.test(column.name));
  const reason = at(/reason|error|problem|cause/i, 'text');
  const message = at(/^(line|message|value|raw|text|payload)$/i, 'text');
  return rows.map((row): ProblemView => ({
    id: row.offset + 1,
    job,
    kind: 'rejected',
    at: row.timestamp,
    reason: textAt(row, reason) ?? `a row of table "${table?.name ?? topic}"`,
    table: table?.name ?? topic,
    topic,
    partition: row.partition,
    offset: row.offset,
    file: null,
    line: null,
    field: null,
    found: null,
    also: [],
    message: row.values === null ? row.text : textAt(row, message),
    messageBase64: null,
    row:
      row.values?.map((value, i) => ({
        name: columns[i].name,
        value:
          columns[i].role === 'time' && typeof value === 'number'
            ? new Date(value).toISOString()
            : value === null
              ? null
              : String(value),
      })) ?? null,
  }));
}

function textAt({ values }: TopicRow, column: number): string | null {
  const value = column === -1 ? null : (values?.[column] ?? null);
  return value === null ? null : String(value);
}
