import { systemClock } from '../base/clock.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import type { ConnectedTable } from '../connectors/connector.ts';
import type { ElasticsearchSettings } from '../connectors/elasticsearch/bind.ts';
import { ElasticsearchClient } from '../connectors/elasticsearch/elasticsearch-client.ts';
import { indexTemplateOf, type IndexTemplate } from '../connectors/elasticsearch/index-template.ts';
import { putIndexTemplate } from '../connectors/elasticsearch/put-index-template.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import { say } from './diagnostics.ts';
import { stopOnSignals } from './stop-on-signals.ts';

/** Prints the bodies by name, as one JSON object. */
export function printIndexTemplates(plan: JobPlan): void {
  const templates = templatesOf(plan).map(({ template: { name, body } }) => [name, body] as const);
  process.stdout.write(`${JSON.stringify(Object.fromEntries(templates), null, 2)}\n`);
}

/** Puts them, waiting for a server that is away. Fails with a RunError where Elasticsearch does not take one. */
export async function putIndexTemplates(plan: JobPlan, url: string): Promise<void> {
  const abort = new AbortController();
  const unsubscribe = stopOnSignals(() => abort.abort(new RunError('STOPPED', 'stopped before the template was put')));
  try {
    for (const { table, template } of templatesOf(plan)) {
      const settings = table.bound.settings as unknown as ElasticsearchSettings;
      const context = { clock: systemClock, say, signal: abort.signal, elasticsearch: url };
      const client = await ElasticsearchClient.open(settings, context);
      try {
        say(await put(client, template));
      } finally {
        await client.close();
      }
    }
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error;
  } finally {
    unsubscribe();
  }
}

async function put(client: ElasticsearchClient, template: IndexTemplate): Promise<string> {
  const { name, pattern } = template;
  const outcome = await putIndexTemplate(client, template);
  switch (outcome.kind) {
    case 'put':
      return `template ${name} put for index ${pattern}`;
    case 'unchanged':
      return `index ${pattern} is there already and keeps its mapping`;
    case 'other':
      return `template ${outcome.template} is for index ${pattern} too: ours is left out`;
    default:
      throw new RunError('INDEX_TEMPLATE', `template ${name} is not put: ${outcome.reason}`);
  }
}

interface TableTemplate {
  readonly table: ConnectedTable;
  readonly template: IndexTemplate;
}

/** Of every table that the file writes to, once each. */
function templatesOf(plan: JobPlan): TableTemplate[] {
  const byName = new Map<string, TableTemplate>();
  for (const node of plan.nodes) {
    if (node.kind !== 'sink' || node.table?.bound.connector !== 'elasticsearch-7') continue;
    const template = indexTemplateOf(node.table);
    if (template !== undefined) byName.set(template.name, { table: node.table, template });
  }
  if (byName.size > 0) return [...byName.values()];
  const message = `${plan.source.name} writes to no index whose name is known`;
  const hint = `Add INSERT INTO a table with 'connector' = 'elasticsearch-7' and 'index' = 'NAME'.`;
  throw new ProblemsError([{ code: 'NO_INDEX', message, hint }]);
}
