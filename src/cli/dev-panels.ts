import type { LocalStore } from '../connectors/local/store.ts';
import type { JobPlan } from '../plan/job-plan.ts';
import type { SinkNode } from '../plan/node.ts';
import { isNumeric, isText, isTimestamp } from '../types/sql-type.ts';
import type { PanelView } from './live-view.ts';

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

/** A panel for each sink that writes to a local topic or the local index, but for those that hold errors. */
export function createPanels(plan: JobPlan, store: LocalStore): Panel[] {
  return plan.nodes.flatMap((node) => {
    if (node.kind !== 'sink' || node.table === null || /error|dead.letter/.test(node.table.name)) return [];
    const settings = node.table.bound.settings as { topics?: readonly string[] | null; index?: string };
    const topic = settings.topics?.[0];
    if (topic !== undefined) return [new TablePanel(topic, node, topicRows(store, topic, node))];
    return settings.index === undefined ? [] : [new TablePanel(settings.index, node, indexRows(store, settings.index, node))];
  });
}

type Row = Readonly<Record<string, string>>;

/**
 * Tables with a key show the last row of each key (of its columns that are text); tables of windows without one their last rows,
 * newest first; others the last row of each value of the first text column.
 */
class TablePanel implements Panel {
  readonly #title: string;
  readonly #read: () => Row[];
  readonly #keys: readonly string[];
  readonly #columns: readonly { readonly name: string; readonly text: (value: string) => string }[];
  readonly #rows = new Map<string, Row>();
  #count = 0;

  constructor(title: string, node: SinkNode, read: () => Row[]) {
    this.#title = title;
    this.#read = read;
    const { schema, table } = node;
    const texts = schema.filter((field) => isText(field.type)).map((field) => field.name);
    const times = schema.filter((field) => isTimestamp(field.type)).map((field) => field.name);
    const key = table?.primaryKey ?? [];
    this.#keys = key.length > 0 ? texts.filter((name) => key.includes(name)) : times.length > 0 ? [] : texts.slice(0, 1);
    const end = times.find((name) => /end/.test(name)) ?? times[0];
    this.#columns = schema
      .filter((field) => isNumeric(field.type) || texts.includes(field.name) || field.name === end)
      .map((field) => ({ name: field.name, text: field.name === end ? timeText : isNumeric(field.type) ? numberText : String }));
  }

  refresh(): void {
    for (const row of this.#read()) {
      const key = this.#keys.length === 0 ? String(this.#count++) : JSON.stringify(this.#keys.map((name) => row[name]));
      // Of rows without a key the newest comes last.
      this.#rows.set(key, row);
      if (this.#rows.size > MAX_ROWS) this.#rows.delete(this.#rows.keys().next().value as string);
    }
  }

  view(): PanelView {
    const rows = [...this.#rows.values()].map((row) => this.#columns.map(({ name, text }) => text(row[name] ?? '')));
    if (this.#keys.length === 0) rows.reverse();
    else rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    return { title: this.#title, header: this.#columns.map(({ name }) => name), rows };
  }
}

/** `2024-05-12 02:11:00` → `02:11:00`. */
const timeText = (value: string): string => /\d\d:\d\d(:\d\d)?/.exec(value)?.[0] ?? value;
const numberText = (value: string): string => (/^-?\d+$/.test(value) || value === '' ? value : Number(value).toFixed(2));

function topicRows(store: LocalStore, topic: string, { schema, table }: SinkNode): () => Row[] {
  const isCsv = table?.bound.format?.format === 'csv';
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
          const row = isCsv ? csvRow(text, schema) : jsonRow(text);
          if (row !== undefined) rows.push(row);
        }
        offset = records.positionAfter(records.count - 1);
      }
      offsets.set(partition, offset);
    }
    return rows;
  };
}

function indexRows(store: LocalStore, index: string, _node: SinkNode): () => Row[] {
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

function csvRow(text: string, schema: SinkNode['schema']): Row {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell]) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
  return Object.fromEntries(schema.map((field, i) => [field.name, cells[i] ?? '']));
}
