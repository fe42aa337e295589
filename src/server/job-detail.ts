import { lineAndColumn, type Place } from '../base/place.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { PlanNode } from '../plan/node.ts';
import { describeNode, printPlan } from '../plan/print-plan.ts';
import { nodeCode } from '../run/print-code.ts';
import type { JobDetail, OperatorDetail, SqlPlace } from './api.ts';
import { columnViews } from './cell.ts';
import { placesOf } from './known-tables.ts';

/** What of a job does not change while it runs: its graph with SQL, plan and generated code. */
export function jobDetail(name: string, plan: JobPlan): JobDetail {
  return {
    name,
    file: plan.source.name,
    text: plan.source.text,
    timeZone: plan.timeZone,
    settings: [...plan.settings].map(([key, value]) => ({ key, value })),
    operators: plan.nodes.map((node) => operatorDetail(plan, node)),
    plan: printPlan(plan),
  };
}

function operatorDetail(plan: JobPlan, node: PlanNode): OperatorDetail {
  const { title, summary, details } = describeNode(plan, node);
  const table = node.kind === 'scan' || node.kind === 'sink' ? node.table : null;
  const { text } = plan.source;
  return {
    id: node.id,
    kind: node.kind,
    title,
    summary: summary || listed(node, details),
    inputs: node.inputs,
    table: table?.name ?? null,
    connector: table?.bound.connector ?? null,
    ...(table === null ? { topics: [], index: null } : placesOf(table)),
    plan: [`${title} #${node.id}${summary ? `  ${summary}` : ''}`, ...details],
    place: node.place === undefined ? null : sqlPlace(text, node.place),
    sql: node.place === undefined ? null : text.slice(node.place.start, node.place.end),
    code: nodeCode(node) ?? null,
    columns: columnViews(node.schema),
    changelog: node.changelog === 'insert' ? '+I' : '+I -U +U -D',
  };
}

/** What a plan says in several lines, as one: what a node computes, or how many inputs it takes. */
function listed(node: PlanNode, details: readonly string[]): string {
  if (node.kind !== 'calc') return node.inputs.length > 1 ? `rows of ${node.inputs.length} inputs` : '';
  return details.slice(0, -1).join(' ');
}

export function sqlPlace(text: string, { start, end }: Place): SqlPlace {
  return { start, end, ...lineAndColumn(text, start) };
}
