import { reasonIn, type Answer, type ElasticsearchClient, type Request } from './elasticsearch-client.ts';
import { MADE_BY, type IndexTemplate } from './index-template.ts';

export type PutOutcome =
  | { readonly kind: 'put' }
  /** The index exists already, or the template as it is. */
  | { readonly kind: 'unchanged' }
  /** Somebody else's template is for the same index. */
  | { readonly kind: 'other'; readonly template: string }
  /** Elasticsearch does not take it. */
  | { readonly kind: 'refused'; readonly reason: string };

interface StoredTemplate {
  readonly name: string;
  readonly index_template: { readonly index_patterns: readonly string[]; readonly _meta?: { readonly made_by?: string } };
}

/**
 * Puts an index template unless the index is there already. Templates of others win: when one of theirs, of either kind, may
 * apply to the same index, or the one of our name is no longer ours, nothing is put.
 */
export async function putIndexTemplate(client: ElasticsearchClient, template: IndexTemplate): Promise<PutOutcome> {
  const { name, pattern, body } = template;
  if (!pattern.includes('*')) {
    const { status } = await ask(client, 'HEAD', `/${encodeURIComponent(pattern)}`);
    if (status === 200) return { kind: 'unchanged' };
  }
  const other = await otherTemplate(client, template);
  if (other !== undefined) return { kind: 'other', template: other };
  const answer = await ask(client, 'PUT', `/_index_template/${encodeURIComponent(name)}`, JSON.stringify(body));
  return answer.status === 200 ? { kind: 'put' } : { kind: 'refused', reason: `${answer.status}, ${reasonIn(answer)}` };
}

/** Who may write documents may not be allowed to see to templates. */
const ask = (client: ElasticsearchClient, method: Request['method'], path: string, body?: string): Promise<Answer> =>
  client.send({ method, path, body, mayBeForbidden: true });

/** The name of somebody's template that may apply to the same index. */
async function otherTemplate(client: ElasticsearchClient, { name, pattern }: IndexTemplate): Promise<string | undefined> {
  const answer = await ask(client, 'GET', '/_index_template');
  const composable = (parsed(answer)?.index_templates ?? []) as readonly StoredTemplate[];
  for (const { name: theirs, index_template: stored } of composable) {
    const { index_patterns: patterns, _meta: meta } = stored;
    const isOurs = theirs === name && meta?.made_by === MADE_BY;
    if (!isOurs && (theirs === name || mayMeet(patterns, pattern))) return theirs;
  }
  // The older kind: a composable template would put all of them out of force.
  const legacy = (parsed(await ask(client, 'GET', '/_template')) ?? {}) as Record<
    string,
    { readonly index_patterns?: readonly string[] }
  >;
  return Object.keys(legacy).find((key) => mayMeet(legacy[key].index_patterns ?? [], pattern));
}

function parsed({ status, text }: Answer): Record<string, unknown> | undefined {
  return status === 200 ? (JSON.parse(text) as Record<string, unknown>) : undefined;
}

const mayMeet = (patterns: readonly string[], pattern: string): boolean => patterns.some((one) => patternsMeet(one, pattern));

/** True when some name fits both patterns, in which `*` stands for any text. */
function patternsMeet(a: string, b: string): boolean {
  if (a === '' && b === '') return true;
  if (a[0] === '*') return patternsMeet(a.slice(1), b) || (b !== '' && patternsMeet(a, b.slice(1)));
  if (b[0] === '*') return patternsMeet(b, a);
  return a !== '' && a[0] === b[0] && patternsMeet(a.slice(1), b.slice(1));
}
