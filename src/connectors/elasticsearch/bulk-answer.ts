import type { BulkAction } from './bulk-request.ts';

/** A document that Elasticsearch did not take, and never will as it is. */
export interface RejectedDocument extends BulkAction {
  readonly status: number;
  /** Elasticsearch's words, causes included: `mapper_parsing_exception: failed to parse field [x] …`. */
  readonly reason: string;
}

export interface BulkOutcome {
  readonly rejected: readonly RejectedDocument[];
  /** Positions of actions to send again, in order. */
  readonly again: readonly number[];
  /** Why they are sent again; empty when there are none. */
  readonly reason: string;
}

interface ErrorText {
  readonly type?: string;
  readonly reason?: string;
  readonly caused_by?: ErrorText;
}

interface Item {
  readonly status: number;
  readonly error?: ErrorText;
}

/** Overload, a shard or master that is away, or an update that met another: sending it again helps. */
const PASSING = new Set([409, 429, 502, 503, 504]);
const MOST_CAUSES = 3;

/**
 * Reads the answer to a bulk request; undefined when it is not one. What is to be sent again includes later actions on the same
 * document that have succeeded: the last word on a document must stay the last.
 */
export function readBulkAnswer(actions: readonly BulkAction[], text: string): BulkOutcome | undefined {
  const items = itemsIn(text);
  if (items?.length !== actions.length) return undefined;
  const rejected: RejectedDocument[] = [];
  const again: number[] = [];
  const documents = new Set<string>();
  let reason = '';
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const action = actions[i];
    const document = `${action.index}\n${action.id}`;
    const isPassing = item.error !== undefined && PASSING.has(item.status);
    if (isPassing || documents.has(document)) {
      again.push(i);
      documents.add(document);
      if (isPassing) reason ||= `${item.status}, ${errorText(item.error)}`;
    } else if (item.error !== undefined && !isDoneAlready(action, item)) {
      rejected.push({ ...action, status: item.status, reason: errorText(item.error) });
    }
  }
  return { rejected, again, reason };
}

/** What an error says, with its causes: `type: reason: cause`. */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error;
  const parts: string[] = [];
  let cause = error as ErrorText | undefined;
  for (let depth = 0; cause != null && depth < MOST_CAUSES; depth++) {
    const said = [depth === 0 ? cause.type : undefined, cause.reason].filter(Boolean).join(': ');
    if (said !== '' && !parts.includes(said)) parts.push(said);
    cause = cause.caused_by;
  }
  return parts.join(': ').replaceAll(/\s+/g, ' ');
}

/** There is no index from which the document could be deleted. */
const isDoneAlready = (action: BulkAction, item: Item): boolean => action.kind === 'delete' && item.status === 404;

function itemsIn(text: string): Item[] | undefined {
  let answer: { items?: unknown };
  try {
    answer = JSON.parse(text) as { items?: unknown };
  } catch {
    return undefined;
  }
  if (answer === null || !Array.isArray(answer.items)) return undefined;
  // Each item is an object with one entry: {"update": {…}}.
  const items = answer.items.map((item) => Object.values((item ?? {}) as object)[0] as Item | undefined);
  return items.every((item): item is Item => typeof item?.status === 'number') ? items : undefined;
}
