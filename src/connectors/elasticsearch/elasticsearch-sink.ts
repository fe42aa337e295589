import { randomBytes } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { RunError } from '../../base/problem.ts';
import type { Batch } from '../../types/batch.ts';
import { DELETE, UPDATE_BEFORE } from '../../types/row-kind.ts';
import type { ConnectedTable, ConnectorContext, Sink } from '../connector.ts';
import type { ElasticsearchSettings } from './bind.ts';
import { readBulkAnswer, type RejectedDocument } from './bulk-answer.ts';
import { BulkRequest } from './bulk-request.ts';
import { documentPartsOf, type DocumentParts } from './document-parts.ts';
import { ElasticsearchClient, reasonIn } from './elasticsearch-client.ts';
import { indexTemplateOf, type IndexTemplate } from './index-template.ts';
import { putIndexTemplate } from './put-index-template.ts';

/** A request for which the file sets no limit ends here: Elasticsearch takes none above 100 MB. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Rejected documents that are told of one by one; of more only their number. */
const MOST_SHOWN = 20;

/** Made ids: the same row has the same id when the job goes on from a checkpoint, so that it is not there twice. */
interface MadeIds {
  readonly prefix: string;
  readonly next: number;
}

/**
 * Writes rows as documents by bulk requests. One request is under way while the next one gathers: the changes of a document
 * arrive in order. A server that is away or overloaded holds up `write` and `flush` until it is back; a document that it rejects
 * fails the job unless the file says `'failure-handler' = 'ignore'`. Writing again after a crash changes nothing: ids are made of
 * the primary key or, without one, counted from the checkpoint on.
 */
export class ElasticsearchSink implements Sink {
  readonly #settings: ElasticsearchSettings;
  readonly #context: ConnectorContext;
  readonly #parts: DocumentParts;
  readonly #template: IndexTemplate | undefined;
  readonly #maxActions: number;
  readonly #maxBytes: number;
  #client: ElasticsearchClient | null = null;
  #gathering = new BulkRequest();
  /** Full requests, the one under way first. */
  readonly #queue: BulkRequest[] = [];
  #isSending = false;
  /** The template has been seen to. */
  #isPrepared = false;
  #timer: NodeJS.Timeout | undefined;
  /** When the last request was complete: after a pause the next one goes at once, and not an interval later. */
  #sealedAt = -Infinity;
  #failure: Error | undefined;
  #progress = Promise.withResolvers<void>();
  #ids: { prefix: string; next: number };
  #ignored = 0;

  constructor(table: ConnectedTable, context: ConnectorContext) {
    const settings = table.bound.settings as unknown as ElasticsearchSettings;
    this.#settings = settings;
    this.#context = context;
    this.#parts = documentPartsOf(table, context.timeZone);
    this.#template =
      context.settings?.get('isobar.index-template')?.toLowerCase() === 'false' ? undefined : indexTemplateOf(table);
    this.#maxActions = settings.maxActions === -1 ? Infinity : settings.maxActions;
    this.#maxBytes = settings.maxBytes === -1 ? MOST_BYTES : settings.maxBytes;
    this.#ids = { prefix: randomBytes(9).toString('base64url'), next: 0 };
  }

  restore(state: unknown): void {
    this.#ids = { ...(state as MadeIds) };
  }

  async open(): Promise<void> {
    this.#client = await ElasticsearchClient.open(this.#settings, this.#context);
    // Not waited for: sources may be read while the server is away.
    this.#send();
  }

  write(batch: Batch): void | Promise<void> {
    this.check();
    const { indexName, documentId, encoder } = this.#parts;
    const { length, kinds } = batch;
    const now = this.#context.clock.now();
    for (let row = 0; row < length; row++) {
      const kind = kinds === null ? 0 : kinds[row];
      if (kind === UPDATE_BEFORE) continue;
      const index = indexName(batch, row, now);
      const request = this.#gathering;
      if (documentId === null) {
        const id = `${this.#ids.prefix}-${this.#ids.next++}`;
        request.addIndex(index, id, (out) => encoder.encode(batch, row, out));
      } else if (kind === DELETE) {
        request.addDelete(index, documentId(batch, row));
      } else {
        request.addUpsert(index, documentId(batch, row), (out) => encoder.encode(batch, row, out));
      }
      if (request.actions.length >= this.#maxActions || request.bytes >= this.#maxBytes) this.#seal();
    }
    if (this.#gathering.actions.length > 0 && this.#timer === undefined && this.#settings.flushIntervalMs !== -1)
      this.#timer = setTimeout(() => this.#seal(), Math.max(0, this.#sealedAt + this.#settings.flushIntervalMs - now));
    if (this.#queue.length > 1) return this.#untilQueued(1);
  }

  /** Waits for every document to be acknowledged, also where the file asks for no guarantee: it costs one request's time. */
  async flush(): Promise<void> {
    this.#seal();
    await this.#untilQueued(0);
  }

  snapshot(): unknown {
    return this.#parts.documentId === null ? ({ ...this.#ids } satisfies MadeIds) : undefined;
  }

  /** Throws what has failed in a request that nobody waited for. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#ignored > 0) this.#context.say?.(`${this.#ignored} documents were rejected and left out`);
    await this.#client?.close();
  }

  /** The gathered actions are a request now. */
  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#gathering.actions.length === 0) return;
    this.#sealedAt = this.#context.clock.now();
    this.#queue.push(this.#gathering);
    this.#gathering = new BulkRequest();
    this.#send();
  }

  async #untilQueued(atMost: number): Promise<void> {
    for (;;) {
      this.check();
      if (this.#queue.length <= atMost) return;
      await this.#progress.promise;
    }
  }

  /** Sends what is queued, one request after the other. */
  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    void this.#sendAll()
      .catch((error: unknown) => (this.#failure = error as Error))
      .finally(() => {
        this.#isSending = false;
        this.#signalProgress();
      });
  }

  async #sendAll(): Promise<void> {
    this.check();
    if (!this.#isPrepared && this.#template !== undefined) await this.#putTemplate(this.#template);
    this.#isPrepared = true;
    while (this.#queue.length > 0) {
      await this.#deliver(this.#queue[0]);
      this.#queue.shift();
      this.#signalProgress();
    }
  }

  #signalProgress(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers<void>();
  }

  async #putTemplate(template: IndexTemplate): Promise<void> {
    const outcome = await putIndexTemplate(this.#openClient(), template);
    const { say } = this.#context;
    if (outcome.kind === 'other') say?.(`template ${outcome.template} is for index ${template.pattern} too: ours is left out`);
    if (outcome.kind === 'refused') say?.(`index template ${template.name} is not put: ${outcome.reason}`);
  }

  /** Sends a request, and what of it is to be sent again, until every document is taken or rejected. */
  async #deliver(request: BulkRequest): Promise<void> {
    const client = this.#openClient();
    for (let left = request; left.actions.length > 0;) {
      const answer = await client.send({
        method: 'POST',
        path: '/_bulk?filter_path=errors,items.*.status,items.*.error',
        body: left.body,
        contentType: 'application/x-ndjson',
      });
      if (answer.status === 413 && left.actions.length > 1) {
        await this.#deliver(left.subset(range(0, left.actions.length >> 1)));
        left = left.subset(range(left.actions.length >> 1, left.actions.length));
        continue;
      }
      if (answer.status === 413) {
        this.#reject([{ ...left.actions[0], status: 413, reason: reasonIn(answer) }]);
        return;
      }
      const outcome = answer.status === 200 ? readBulkAnswer(left.actions, answer.text) : undefined;
      if (outcome === undefined) {
        const message = `Elasticsearch did not take a bulk request (${answer.status}): ${reasonIn(answer)}`;
        throw new RunError('ELASTICSEARCH_ANSWER', message, `See whether the address and 'connection.path-prefix' are right.`);
      }
      if (outcome.rejected.length > 0) this.#reject(outcome.rejected);
      left = left.subset(outcome.again);
      if (outcome.again.length === 0) client.outage.end();
      else await client.waitForCapacity(outcome.reason);
    }
  }

  /** Tells of each document that was rejected, and fails unless the file says to leave them out. */
  #reject(rejected: readonly RejectedDocument[]): void {
    const texts = rejected.map(({ index, id, status, reason }) => `"${id}" of index "${index}" (${status}): ${reason}`);
    const ignores = this.#settings.failureHandler === 'ignore';
    for (const text of texts.slice(0, Math.max(0, MOST_SHOWN - this.#ignored))) this.#context.say?.(`rejected: document ${text}`);
    if (ignores) {
      this.#ignored += rejected.length;
      return;
    }
    const others = rejected.length === 1 ? '' : `, and ${rejected.length - 1} more`;
    throw new RunError(
      'ELASTICSEARCH_REJECTED',
      `Elasticsearch rejected document ${texts[0]}${others}`,
      `Mend the data or the index's mapping and run again: the job goes on behind its last checkpoint; 'failure-handler' = 'ignore' leaves such documents out.`,
    );
  }

  #openClient(): ElasticsearchClient {
    assert(this.#client !== null, 'the sink is open');
    return this.#client;
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
