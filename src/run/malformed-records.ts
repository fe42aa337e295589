import type { RecordBatch } from '../connectors/record-batch.ts';
import type { MalformedRecord } from '../formats/format.ts';
import type { ScanNode } from '../plan/node.ts';
import { messageOf, type DeadLetter, type DeadLetters } from './dead-letter.ts';
import type { LeftOutLog } from './left-out-log.ts';

/** Reasons counted one by one; further ones are counted together. */
const MAX_REASONS = 50;
/** What a letter says of a record besides its first fault. */
const MAX_OTHERS = 20;

/** Counts what was wrong with the records of one source, and keeps the records where the job has dead letters. */
export class MalformedRecords {
  readonly reasons = new Map<string, number>();
  total = 0;
  readonly #node: ScanNode;
  readonly #letters: DeadLetters | null;
  readonly #log: LeftOutLog | undefined;
  readonly #now: () => number;
  #records: RecordBatch | null = null;
  #record = -1;
  /** What was wrong with that record so far. */
  readonly #found = new Set<string>();
  #letter: DeadLetter | null = null;
  #isLogged = false;

  constructor(node: ScanNode, letters: DeadLetters | null, log: LeftOutLog | undefined, now: () => number) {
    this.#node = node;
    this.#letters = letters;
    this.#log = log;
    this.#now = now;
  }

  /** A record with several malformed fields is one malformed record, and one letter; each field's reason counts once. */
  add(records: RecordBatch, malformed: MalformedRecord): void {
    const { record, reason, field } = malformed;
    if (record !== this.#record || records !== this.#records) {
      this.endRecord();
      this.#record = record;
      this.#records = records;
      this.total++;
      this.#isLogged = this.#log?.accepts(this.#now()) === true;
      if (this.#letters !== null || this.#isLogged) this.#letter = this.#letterOf(records, malformed);
    }
    const name = field === undefined ? reason : `${field}: ${reason}`;
    if (this.#found.has(name)) return;
    this.#found.add(name);
    const key = this.reasons.has(name) || this.reasons.size < MAX_REASONS ? name : 'other';
    this.reasons.set(key, (this.reasons.get(key) ?? 0) + 1);
  }

  /** No more will be said of the last record. To be called before a checkpoint, and before other records have the same numbers. */
  endRecord(): void {
    if (this.#letter !== null) {
      const [, ...others] = this.#found;
      const also = others.length > MAX_OTHERS ? [...others.slice(0, MAX_OTHERS), `${others.length - MAX_OTHERS} more`] : others;
      this.#send(also.length === 0 ? this.#letter : { ...this.#letter, also });
      this.#letter = null;
    }
    // A set that is cleared is given a new table, even when it was empty.
    if (this.#found.size > 0) this.#found.clear();
    this.#record = -1;
    this.#records = null;
  }

  #letterOf(records: RecordBatch, { record, reason, field, found }: MalformedRecord): DeadLetter {
    const start = records.valueStarts[record];
    return {
      reason,
      ...placeOf(this.#node.table.bound.connector, records, record),
      field,
      found,
      ...messageOf(records.bytes.subarray(start, Math.max(start, records.valueEnds[record]))),
      at: new Date(this.#now()).toISOString(),
    };
  }

  #send(letter: DeadLetter): void {
    const { name } = this.#node.table;
    this.#letters?.add(name, letter, this.#now());
    if (this.#isLogged) this.#log?.add('malformed', name, letter);
  }
}

function placeOf(connector: string, records: RecordBatch, record: number): Partial<DeadLetter> {
  if (connector === 'filesystem') return { file: records.origin, line: records.offset(record) + 1 };
  return { topic: records.origin, partition: records.partition, offset: records.offset(record) };
}
