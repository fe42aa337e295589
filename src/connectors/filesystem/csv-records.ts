import type { BoundFormat } from '../connector.ts';

/** Finds where records of a file end when that depends on quotes; `end` is exclusive, -1 stands for "not below `end`". */
export type EndOfRecord = (buffer: Uint8Array, start: number, end: number) => number;

const LINE_FEED = 10;
const HASH = 35;
const SPACE = 32;

/**
 * The index of the \n that ends the CSV record which begins at `start`: one between quotes belongs to its value, as does one
 * behind the escape character. A quote counts only at the start of a value. Null when every \n ends a record.
 */
export function endOfCsvRecord(format: BoundFormat | undefined): EndOfRecord | null {
  if (format?.format !== 'csv') return null;
  const { quoteCharacter, escapeCharacter, fieldDelimiter, allowComments } = format.settings;
  const quote = codeOf(quoteCharacter);
  const escape = codeOf(escapeCharacter);
  const delimiter = codeOf(fieldDelimiter);
  if (quote === -1 && escape === -1) return null;
  return (buffer, start, end) => {
    let atStartOfValue = true;
    let i = start;
    if (allowComments === true && buffer[start] === HASH) return endOfLine(buffer, start, end);
    while (i < end) {
      const byte = buffer[i];
      if (byte === quote && atStartOfValue) {
        i = endOfQuoted(buffer, i + 1, end, quote, escape);
        atStartOfValue = false;
        continue;
      }
      if (byte === LINE_FEED) return i;
      i += byte === escape ? 2 : 1;
      atStartOfValue = byte === delimiter;
    }
    return -1;
  };
}

/** Tells lines of a file that hold no record. */
export type IsNoRecord = (buffer: Uint8Array, start: number, end: number) => boolean;

/** With comments allowed Flink's reader of CSV files passes over them and over blank lines. Null when every line is a record. */
export function csvLineWithoutRecord(format: BoundFormat | undefined): IsNoRecord | null {
  if (format?.format !== 'csv' || format.settings.allowComments !== true) return null;
  return (buffer, start, end) => {
    if (buffer[start] === HASH) return true;
    for (let i = start; i < end; i++) if (buffer[i] > SPACE) return false;
    return true;
  };
}

/** The index behind the closing quote; `end` when there is none. */
function endOfQuoted(buffer: Uint8Array, start: number, end: number, quote: number, escape: number): number {
  for (let i = start; i < end; i++) {
    const byte = buffer[i];
    if (byte === escape) i++;
    else if (byte === quote) {
      if (buffer[i + 1] !== quote || i + 1 >= end) return i + 1;
      i++;
    }
  }
  return end;
}

function endOfLine(buffer: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (buffer[i] === LINE_FEED) return i;
  return -1;
}

/** The byte of a character; -1 for none, and for those beyond ASCII, which cannot be told by one byte. */
function codeOf(character: unknown): number {
  const code = typeof character === 'string' ? character.charCodeAt(0) : NaN;
  return code < 128 ? code : -1;
}
