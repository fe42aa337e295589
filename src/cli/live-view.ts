import { styleText } from 'node:util';
import { displayWidth } from '../base/display-width.ts';
import { zoneOf } from '../functions/time-zone.ts';
import { usesColour } from './diagnostics.ts';

/** What the live view of `isobar dev` shows; plain data, so that it can be drawn at any size. */
export interface LiveViewModel {
  readonly elapsedMs: number;
  /** Where everything is kept. */
  readonly store: string;
  readonly pipelines: readonly PipelineView[];
  readonly panels: readonly PanelView[];
  /** The last line: what the user can do. */
  readonly footer: string;
}

export interface PipelineView {
  readonly name: string;
  readonly state: string;
  readonly recordsIn: number;
  readonly rowsOut: number;
  readonly ratePerSecond: number;
  /** Milliseconds of event time; -Infinity before the first, Infinity after the last. */
  readonly watermark: number;
  /** The zone that the watermark is shown in. */
  readonly timeZone: string;
  readonly lag: number | undefined;
  readonly late: number;
  readonly malformed: number;
}

/** A small table: latest averages, maxima. */
export interface PanelView {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** For each column: texts stand to the left, numbers and times to the right. */
  readonly texts: readonly boolean[];
  /** Shown only where there is much room. */
  readonly isMinor?: boolean;
}

type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

const PIPELINE_HEADER = ['pipeline', 'in', 'out', 'rate', 'watermark', 'lag', 'late', 'malformed', ''];
const [WATERMARK, LATE, MALFORMED, STATE] = ['watermark', 'late', 'malformed', ''].map((title) => PIPELINE_HEADER.indexOf(title));
const PIPELINE_TEXTS = PIPELINE_HEADER.map((_, i) => i === 0 || i === STATE);
/** Lines of a terminal on which minor panels have their place too. */
const ROOM_FOR_MINOR = 30;
/** Minor panels have no more rows than this, and stand below the others. */
const MINOR_ROWS = 5;
const GAP = '    ';

/** The model as lines, none wider than `columns` and no more than `height`. */
export function renderLiveView(model: LiveViewModel, columns: number, height: number, colour: boolean): string[] {
  const style: Style = (format, text) => (colour ? styleText(format, text, { validateStream: false }) : text);
  const title = fittedTo(`isobar dev  ${clockText(model.elapsedMs)}`, columns);
  const store = fittedTo(`  ${model.store}`, columns - displayWidth(title));
  const lines = [style('bold', title) + style('dim', store), '', ...pipelineLines(model.pipelines, columns, style), ''];
  const panels = model.panels.filter((panel) => panel.isMinor !== true || height >= ROOM_FOR_MINOR);
  lines.push(...panelLines(panels, columns, height - lines.length - 1, style));
  return [...lines.slice(0, Math.max(1, height - 1)), style('dim', fittedTo(model.footer, columns))].slice(0, height);
}

/** One line about a pipeline, for output that is no terminal. */
export function pipelineLine(view: PipelineView): string {
  const cells = pipelineCells(view);
  const parts = PIPELINE_HEADER.slice(1, -1).map((title, i) => `${title} ${cells[i + 1]}`);
  return `${view.name}: ${parts.join(', ')}${view.state ? ` (${view.state})` : ''}`;
}

/** A table with a line for each pipeline; what was left out stands out. */
function pipelineLines(pipelines: readonly PipelineView[], columns: number, style: Style): string[] {
  const rows = pipelines.map(pipelineCells);
  let widths = columnWidths([PIPELINE_HEADER, ...rows]);
  const isTooWide = (): boolean => rows.some((cells) => displayWidth(aligned(cells, widths, PIPELINE_TEXTS)) > columns);
  if (isTooWide()) {
    // On a narrow terminal the date goes before a column does.
    for (const cells of rows) cells[WATERMARK] = timeOfDay(cells[WATERMARK]);
    widths = columnWidths([PIPELINE_HEADER, ...rows]);
  }
  const line = (cells: readonly string[]): string => fittedTo(aligned(cells, widths, PIPELINE_TEXTS), columns);
  return [
    style('dim', line(PIPELINE_HEADER)),
    ...pipelines.map((pipeline, i) => {
      if (isTooWide()) return line(rows[i]);
      return aligned(rows[i], widths, PIPELINE_TEXTS, (cell, column) => {
        if (column === STATE) return style(pipeline.state === 'failed' ? 'red' : 'dim', cell);
        const isLoss = (column === LATE && pipeline.late > 0) || (column === MALFORMED && pipeline.malformed > 0);
        return isLoss ? style('yellow', cell) : cell;
      });
    }),
  ];
}

function pipelineCells(view: PipelineView): string[] {
  return [
    view.name,
    countText(view.recordsIn),
    countText(view.rowsOut),
    `${countText(Math.round(view.ratePerSecond))}/s`,
    watermarkText(view.watermark, view.timeZone),
    view.lag === undefined ? '-' : countText(view.lag),
    countText(view.late),
    countText(view.malformed),
    view.state,
  ];
}

export const countText = (count: number): string => count.toLocaleString('en-US');

/** The watermark as date and time of that zone. */
export function watermarkText(watermark: number, timeZone: string): string {
  if (watermark === -Infinity) return '-';
  if (watermark === Infinity) return 'end';
  const local = watermark + zoneOf(timeZone).offsetAt(watermark);
  return new Date(local).toISOString().slice(0, 19).replace('T', ' ');
}

/** `2024-05-12 02:11:00` → `02:11:00`; anything else as it is. */
export const timeOfDay = (text: string): string => /\d\d:\d\d(:\d\d)?/.exec(text)?.[0] ?? text;

function clockText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

interface Block {
  readonly panel: PanelView;
  readonly widths: readonly number[];
  readonly width: number;
}

/** Panels side by side as many as fit, the others in bands below; each band ends with an empty line. */
function panelLines(panels: readonly PanelView[], columns: number, height: number, style: Style): string[] {
  const bands = panelBands(panels, columns);
  // Where there is not even a place for one row of each, the last bands are left out.
  const shown = bands.slice(0, Math.max(1, Math.floor(height / 4)));
  const heights = rowsOfBands(
    shown.map((band) =>
      Math.max(1, ...band.map(({ panel }) => (panel.isMinor ? Math.min(MINOR_ROWS, panel.rows.length) : panel.rows.length))),
    ),
    height - 3 * shown.length,
  );
  const lines = shown.flatMap((band, b) => {
    const line = (format: 'bold' | 'dim' | undefined, text: (block: Block) => string): string =>
      band
        .map((block, i) => {
          const width = Math.min(block.width, columns);
          const cell = fittedTo(text(block), width);
          return (format ? style(format, cell) : cell) + (i + 1 < band.length ? ' '.repeat(width - displayWidth(cell)) : '');
        })
        .join(GAP)
        .trimEnd();
    return [
      line('bold', ({ panel }) => panel.title),
      line('dim', ({ panel, widths }) => aligned(panel.header, widths, panel.texts)),
      ...Array.from({ length: heights[b] }, (_, i) => line(undefined, (block) => rowText(block, i, heights[b]))),
      '',
    ];
  });
  return lines.slice(0, Math.max(0, height));
}

function panelBands(panels: readonly PanelView[], columns: number): Block[][] {
  const bands: Block[][] = [];
  let used = 0;
  for (const panel of panels) {
    const widths = columnWidths([panel.header, ...panel.rows]);
    const rowWidth = widths.reduce((sum, own) => sum + own, 2 * (widths.length - 1));
    const width = Math.max(displayWidth(panel.title), rowWidth);
    const isFirst = bands.length === 0 || bands.at(-1)![0].panel.isMinor !== panel.isMinor;
    if (isFirst || used + GAP.length + width > columns) bands.push([]);
    used = bands.at(-1)!.length === 0 ? width : used + GAP.length + width;
    bands.at(-1)!.push({ panel, widths, width });
  }
  return bands;
}

/** Shares out the rows that there are: none gets more than it needs, and none less than another that needs as much. */
function rowsOfBands(needed: readonly number[], available: number): number[] {
  const given = needed.map(() => 0);
  let left = available;
  const inOrder = needed.map((need, band) => ({ need, band })).sort((a, b) => a.need - b.need);
  inOrder.forEach(({ need, band }, i) => {
    given[band] = Math.max(1, Math.min(need, Math.floor(left / (inOrder.length - i))));
    left -= given[band];
  });
  return given;
}

/** Row `i` of the `shown` ones; the last says how many there is no place for. */
function rowText({ panel, widths }: Block, i: number, shown: number): string {
  const { rows, texts } = panel;
  if (i >= rows.length) return i === 0 ? '(nothing yet)' : '';
  return i === shown - 1 && rows.length > shown ? `… ${rows.length - i} more` : aligned(rows[i], widths, texts);
}

function columnWidths(table: readonly (readonly string[])[]): number[] {
  return table[0].map((_, i) => Math.max(...table.map((cells) => displayWidth(cells[i] ?? ''))));
}

function aligned(
  cells: readonly string[],
  widths: readonly number[],
  texts: readonly boolean[],
  styled: (cell: string, column: number) => string = String,
): string {
  const padded = widths.map((width, i) => {
    const space = ' '.repeat(Math.max(0, width - displayWidth(cells[i] ?? '')));
    const cell = styled(cells[i] ?? '', i);
    return texts[i] ? cell + space : space + cell;
  });
  return padded.join('  ').trimEnd();
}

/** Cut so that it takes no more columns, with … for what is missing. */
export function fittedTo(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let left = columns - 1;
  for (const character of text) {
    left -= displayWidth(character);
    if (left < 0) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
}

/**
 * Draws lines in place on a terminal: on its second screen, each frame in one write that the terminal shows at once
 * (synchronized output), so that nothing flickers and the user's scroll-back stays as it was.
 */
export class LiveScreen {
  readonly #stream: NodeJS.WriteStream;
  #open = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  draw(model: LiveViewModel): void {
    const columns = this.#stream.columns || 80;
    const height = this.#stream.rows || 24;
    const lines = renderLiveView(model, columns, height, usesColour(this.#stream));
    const enter = this.#open ? '' : '\x1b[?1049h\x1b[?25l';
    // A second Ctrl-C ends the process from anywhere.
    if (!this.#open) process.once('exit', this.#close);
    this.#open = true;
    this.#stream.write(`${enter}\x1b[?2026h\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J\x1b[?2026l`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    process.off('exit', this.#close);
    this.#close();
  }

  readonly #close = (): void => {
    if (this.#open) this.#stream.write('\x1b[?25h\x1b[?1049l');
    this.#open = false;
  };
}
