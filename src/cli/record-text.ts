import type { RecordBatch } from '../connectors/record-batch.ts';

export interface RecordTextFlags {
  readonly key?: boolean;
  readonly offsets?: boolean;
}

/** A record as `topics tail` shows it, on a line of its own. */
export function recordText(records: RecordBatch, i: number, flags: RecordTextFlags): string {
  const place = flags.offsets ? `${records.partition}:${records.offset(i)}\t` : '';
  const key = flags.key
    ? `${records.keyStarts === null ? 'null' : textOf(records, records.keyStarts[i], records.keyEnds![i])}\t`
    : '';
  return `${place}${key}${textOf(records, records.valueStarts[i], records.valueEnds[i])}\n`;
}

function textOf(records: RecordBatch, start: number, end: number): string {
  return end < start ? 'null' : Buffer.from(records.bytes.buffer, records.bytes.byteOffset + start, end - start).toString('utf8');
}
