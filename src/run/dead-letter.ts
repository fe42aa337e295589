import { createHash } from 'node:crypto';
import type { LocalStore } from '../connectors/local/store.ts';
import { RecordBlobBuilder } from '../connectors/local/record-blob.ts';

/** A record or row that the job left out, as it stands in a dead-letter topic: JSON with these fields. */
export interface DeadLetter {
  readonly reason: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  /** For files, in place of topic, partition and offset; lines count from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly field?: string;
  /** The offending text, shortened. */
  readonly found?: string;
  /** What else was wrong with the record, for example `humidity: expected a number of type DOUBLE`. */
  readonly also?: readonly string[];
  /** The record's bytes: as text where they are UTF-8, otherwise in base64. */
  readonly message?: string;
  readonly messageBase64?: string;
  /** The late row's columns as text. */
  readonly row?: Readonly<Record<string, string | null>>;
  /** When it was left out: ISO 8601, UTC. */
  readonly at: string;
}

/**
 * Keeps what the job leaves out in local topics named `TABLE.dead-letter`. Like sinks on the local store it holds letters back
 * until the checkpoint's transaction, so that each is there exactly once.
 */
export class DeadLetters {
  readonly #store: () => LocalStore;
  readonly #topics = new Map<string, RecordBlobBuilder[]>();
  #pendingBytes = 0;

  constructor(store: () => LocalStore) {
    this.#store = store;
  }

  add(table: string, letter: DeadLetter, timestamp: number): void {
    const topic = deadLetterTopic(table);
    let blobs = this.#topics.get(topic);
    if (blobs === undefined) this.#topics.set(topic, (blobs = []));
    let blob = blobs.at(-1);
    if (blob === undefined || blob.isFull) blobs.push((blob = new RecordBlobBuilder()));
    const value = Buffer.from(JSON.stringify(letter));
    blob.appendValue(value);
    blob.end(timestamp, true, false);
    this.#pendingBytes += value.length;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Within the checkpoint's transaction. */
  commit(): void {
    const { topics } = this.#store();
    for (const [topic, blobs] of this.#topics) {
      topics.create(topic);
      for (const blob of blobs) topics.append(topic, 0, blob.finish());
    }
    this.#topics.clear();
    this.#pendingBytes = 0;
  }
}

/** The name of a table's dead-letter topic; what Kafka allows in no name becomes `_`, with a hash that tells such tables apart. */
export function deadLetterTopic(table: string): string {
  const allowed = table.replace(/[^a-zA-Z0-9._-]/g, '_').slice(0, 220);
  if (allowed === table) return `${table}.dead-letter`;
  return `${allowed}-${createHash('sha256').update(table).digest('hex').slice(0, 8)}.dead-letter`;
}

/** A record's bytes as the fields of a letter. */
export function messageOf(bytes: Uint8Array): Pick<DeadLetter, 'message' | 'messageBase64'> {
  try {
    return { message: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { messageBase64: Buffer.from(bytes).toString('base64') };
  }
}
