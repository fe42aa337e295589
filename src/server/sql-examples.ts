import type { JobPlan } from '../plan/job-plan.ts';
import type { SqlExample } from './api.ts';
import { checkSql } from './sql-query.ts';

/**
 * Texts for the SQL page: for each table of a pipeline that a SELECT can read, its CREATE TABLE as it stands in the file, from the
 * beginning of its topic, and a SELECT over it.
 */
export function sqlExamples(job: string, { nodes, source }: JobPlan): SqlExample[] {
  const examples = new Map<string, SqlExample>();
  for (const node of nodes) {
    if ((node.kind !== 'scan' && node.kind !== 'sink') || node.table === null) continue;
    const { name, bound } = node.table;
    const declaration = createStatement(source.text, name);
    if (bound.connector !== 'kafka' || declaration === undefined) continue;
    const isRead = declaration.includes("'scan.startup.mode'");
    const create = isRead
      ? declaration
      : declaration.replace(/\)\s*$/, `,\n  'scan.startup.mode' = 'earliest-offset'\n)`).replace(/\n,/, ',');
    examples.set(name, { title: `${job}: ${name}`, text: `${create};\n\nSELECT * FROM ${quoted(name)};\n` });
  }
  return [...examples.values()].filter(({ text }) => checkSql(text, true).canRun);
}

/** The table's CREATE TABLE up to its last parenthesis. */
function createStatement(text: string, table: string): string | undefined {
  const start = new RegExp(`^CREATE\\s+(?:TEMPORARY\\s+)?TABLE\\s+\`?${table.replace(/[^\w]/g, '\\$&')}\`?\\s*\\(`, 'im').exec(
    text,
  )?.index;
  if (start === undefined) return undefined;
  const end = text.indexOf(';', start);
  return text.slice(start, end === -1 ? undefined : end).trimEnd();
}

const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name}\``);
