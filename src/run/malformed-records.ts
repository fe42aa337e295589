import type { RecordBatch } from '../connectors/record-batch.ts';
import type { MalformedRecord } from '../formats/format.ts';
import type { ScanNode } from '../plan/node.ts';
import { messageOf, type DeadLetter, type DeadLetters } from './dead-letter.ts';
import type { LeftOutLog } from './left-out-log.ts';

/** Reasons counted one by one; further ones are counted together. */
const MAX_REASONS = 50;

/** Counts what was wrong with the records of one source, and keeps the records where the job has dead letters. */
export class MalformedRecords {
  readonly reasons = new Map<string, number>();
  total = 0;
  readonly #node: ScanNode;
  readonly #letters: DeadLetters | null;
  readonly #log: LeftOutLog | undefined;
  readonly #now: () => number;
  #lastRecord = -1;
  #lastBatch: RecordBatch | null = null;

  constructor(node: ScanNode, letters: DeadLetters | null, log: LeftOutLog | undefined, now: () => number) {
    this.#node = node;
    this.#letters = letters;
    this.#log = log;
    this.#now = now;
  }

  /** A record with several malformed fields is one malformed record; each field's reason counts. */
  add(records: RecordBatch, malformed: MalformedRecord): void {
    const { record, reason, field, found } = malformed;
    const name = field === undefined ? reason : `${field}: ${reason}`;
    const key = this.reasons.has(name) || this.reasons.size < MAX_REASONS ? name : 'other';
    this.reasons.set(key, (this.reasons.get(key) ?? 0) + 1);
    if (record !== this.#lastRecord || records !== this.#lastBatch) this.total++;
    this.#lastRecord = record;
    this.#lastBatch = records;
    if (this.#letters === null && this.#log === undefined) return;
    const now = this.#now();
    const isLogged = this.#log?.accepts(now) === true;
    if (this.#letters === null && !isLogged) return;
    const value = records.bytes.subarray(
      records.valueStarts[record],
      Math.max(records.valueStarts[record], records.valueEnds[record]),
    );
    const letter = {
      reason,
      ...placeOf(this.#node.table.bound.connector, records, record),
      field,
      found,
      ...messageOf(value),
      at: new Date(now).toISOString(),
    };
    this.#letters?.add(this.#node.table.name, letter, now);
    if (isLogged) this.#log?.add('malformed', this.#node.table.name, letter);
  }

  /** Called before other records may have the same numbers. */
  nextBatch(): void {
    this.#lastRecord = -1;
    this.#lastBatch = null;
  }
}

function placeOf(connector: string, records: RecordBatch, record: number): Partial<DeadLetter> {
  if (connector === 'filesystem') return { file: records.origin, line: records.offset(record) + 1 };
  return { topic: records.origin, partition: records.partition, offset: records.offset(record) };
}
