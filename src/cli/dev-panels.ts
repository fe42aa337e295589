import type { LocalStore } from '../connectors/local/store.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { SinkNode } from '../plan/node.ts';
import { deadLetterTopic, type DeadLetter } from '../run/dead-letter.ts';
import { isNumeric, isText, isTimestamp } from '../types/sql-type.ts';
import { holdsErrors } from '../server/holds-errors.ts';
import { timeOfDay, type PanelView } from './live-view.ts';

/** Rows of a topic that are looked at when the view begins. */
const FIRST_ROWS = 2000;
/** Rows that a panel holds at most. */
const MAX_ROWS = 200;

/** What one sink table of a pipeline has written lately, read from the local store: so it is what others see too. */
export interface Panel {
  /** Takes in what was written since the last call. */
  refresh(): void;
  view(): PanelView;
}

/** Longer texts are cut. */
const MOST_TEXT = 60;
const MOST_PRINTED = 500;

/**
 * A panel for each sink that writes to a local topic or the local index, and for each topic of dead letters. Those that hold
 * errors are minor.
 */
export function createPanels(plan: JobPlan, store: LocalStore): Panel[] {
  return plan.nodes.flatMap((node) => {
    if (node.kind === 'scan' && plan.deadLetter) {
      const topic = deadLetterTopic(node.table.name);
      return [new TablePanel(`topic ${topic}`, DEAD_LETTERS, topicRows(store, topic, deadLetterRow))];
    }
    if (node.kind !== 'sink' || node.table === null) return [];
    const { settings, format } = node.table.bound;
    const { topics, index } = settings as { topics?: readonly string[] | null; index?: string };
    const columns = columnsOf(node);
    if (index !== undefined) return [new TablePanel(`index ${index}`, columns, indexRows(store, index))];
    const rowOf = format?.format === 'csv' ? (text: string) => csvRow(text, node.schema) : jsonRow;
    return (topics ?? []).slice(0, 1).map((topic) => new TablePanel(`topic ${topic}`, columns, topicRows(store, topic, rowOf)));
  });
}

type Row = Readonly<Record<string, string>>;

/** What a panel shows of the rows. */
interface PanelColumns {
  /** The last row is kept of each value of these; without any, the last rows of all. */
  readonly keys: readonly string[];
  readonly columns: readonly { readonly name: string; readonly isText: boolean; readonly text: (value: string) => string }[];
  readonly isMinor: boolean;
}

/**
 * Tables with a key show the last row of each key (of its columns that are text); tables of windows without one their last rows,
 * newest first; others the last row of each value of the first text column.
 */
function columnsOf({ schema, table }: SinkNode): PanelColumns {
  const texts = schema.filter((field) => isText(field.type)).map((field) => field.name);
  const times = schema.filter((field) => isTimestamp(field.type)).map((field) => field.name);
  const key = table?.primaryKey ?? [];
  const end = times.find((name) => /end/.test(name)) ?? times[0];
  return {
    keys: key.length > 0 ? texts.filter((name) => key.includes(name)) : times.length > 0 ? [] : texts.slice(0, 1),
    columns: schema
      .filter((field) => isNumeric(field.type) || isText(field.type) || field.name === end)
      .map(({ name, type }) => ({
        name,
        isText: isText(type),
        text: name === end ? timeOfDay : isNumeric(type) ? numberText : (value: string) => shortText(value),
      })),
    isMinor: table !== null && holdsErrors(table.name),
  };
}

class TablePanel implements Panel {
  readonly #title: string;
  readonly #show: PanelColumns;
  readonly #read: () => Row[];
  readonly #rows = new Map<string, Row>();
  #count = 0;

  constructor(title: string, show: PanelColumns, read: () => Row[]) {
    this.#title = title;
    this.#show = show;
    this.#read = read;
  }

  refresh(): void {
    const { keys } = this.#show;
    for (const row of this.#read()) {
      const key = keys.length === 0 ? String(this.#count++) : JSON.stringify(keys.map((name) => row[name]));
      // Of rows without a key the newest comes last.
      this.#rows.set(key, row);
      if (this.#rows.size > MAX_ROWS) this.#rows.delete(this.#rows.keys().next().value as string);
    }
  }

  view(): PanelView {
    const { keys, columns, isMinor } = this.#show;
    const rows = [...this.#rows.values()].map((row) => columns.map(({ name, text }) => text(row[name] ?? '')));
    if (keys.length === 0) rows.reverse();
    else rows.sort((a, b) => ALPHABET.compare(a[0], b[0]));
    return {
      title: this.#title,
      header: columns.map(({ name }) => name),
      rows,
      texts: columns.map(({ isText }) => isText),
      isMinor,
    };
  }
}

/** `device2` stands before `device10`. */
const ALPHABET = new Intl.Collator('en', { numeric: true });
/** On one line, without what a terminal would take for a command. */
function shortText(value: string, most: number = MOST_TEXT): string {
  const line = value.normalize('NFC').replace(/\p{C}/gu, '\u{fffd}');
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
const numberText = (value: string): string => (/^-?\d+$/.test(value) || value === '' ? value : Number(value).toFixed(2));

/** The last lines that print sinks and bare SELECTs have written, newest first: the live view leaves them no other place. */
export class PrintedPanel implements Panel {
  #lines: string[] = [];

  readonly print = (text: string): void => {
    this.#lines = [...this.#lines, ...text.split('\n').filter((line) => line !== '')].slice(-MAX_ROWS);
  };

  refresh(): void {}

  view(): PanelView {
    const rows = this.#lines.map((line) => [shortText(line, MOST_PRINTED)]).reverse();
    return { title: 'printed', header: ['row'], rows, texts: [true] };
  }
}

const DEAD_LETTERS: PanelColumns = {
  keys: [],
  columns: ['reason', 'message'].map((name) => ({ name, isText: true, text: (value) => shortText(value) })),
  isMinor: true,
};

function topicRows(store: LocalStore, topic: string, rowOf: (text: string) => Row | undefined): () => Row[] {
  const offsets = new Map<number, number>();
  return () => {
    const rows: Row[] = [];
    if (!store.topics.has(topic)) return rows;
    for (const { partition, startOffset, endOffset } of store.topics.describe(topic).partitions) {
      let offset = offsets.get(partition) ?? Math.max(startOffset, endOffset - FIRST_ROWS);
      for (let records; offset < endOffset && (records = store.topics.read(topic, partition, offset)) !== undefined;) {
        for (let i = 0; i < records.count; i++) {
          const { bytes, valueStarts, valueEnds } = records;
          if (valueEnds[i] < valueStarts[i]) continue;
          const text = Buffer.from(bytes.buffer, bytes.byteOffset + valueStarts[i], valueEnds[i] - valueStarts[i]).toString();
          const row = rowOf(text);
          if (row !== undefined) rows.push(row);
        }
        offset = records.positionAfter(records.count - 1);
      }
      offsets.set(partition, offset);
    }
    return rows;
  };
}

function indexRows(store: LocalStore, index: string): () => Row[] {
  let after = 0;
  return () => {
    const documents = store.index.scan(index, after);
    after = documents.at(-1)?.sequence ?? after;
    return documents.map(({ json }) => jsonRow(json)).filter((row) => row !== undefined);
  };
}

function jsonRow(text: string): Row | undefined {
  try {
    const parsed = JSON.parse(text) as Record<string, unknown> | null;
    if (parsed === null || typeof parsed !== 'object') return undefined;
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, value === null ? '' : String(value)]));
  } catch {
    return undefined;
  }
}

/** The record that could not be read, or the row that came too late. */
function deadLetterRow(text: string): Row {
  const { reason, message, messageBase64, row, found } = JSON.parse(text) as DeadLetter;
  const left = message ?? messageBase64 ?? (row === undefined ? found : Object.values(row).join(', '));
  return { reason, message: left ?? '' };
}

function csvRow(text: string, schema: SinkNode['schema']): Row {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
  return Object.fromEntries(schema.map((field, i) => [field.name, cells[i] ?? '']));
}
