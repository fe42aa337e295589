import { styleText } from 'node:util';
import { usesColour } from './diagnostics.ts';

/** What the live view of `isobar dev` shows; plain data, so that it can be drawn at any size. */
export interface LiveViewModel {
  readonly elapsedMs: number;
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
  readonly lag: number | undefined;
  readonly late: number;
  readonly malformed: number;
}

/** A small table: latest averages, maxima. */
export interface PanelView {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const PIPELINE_HEADER = ['pipeline', 'in', 'out', 'rate', 'watermark', 'lag', 'late', 'malformed', ''];

/** The model as lines, none wider than `columns` and no more than `height`. */
export function renderLiveView(model: LiveViewModel, columns: number, height: number, colour: boolean): string[] {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const table = [PIPELINE_HEADER, ...model.pipelines.map(pipelineCells)];
  const widths = columnWidths(table);
  const lines = [
    style('bold', fitted(`isobar dev  ${clockText(model.elapsedMs)}`, columns)),
    '',
    style('dim', fitted(aligned(PIPELINE_HEADER, widths), columns)),
    ...model.pipelines.map((pipeline) => fitted(aligned(pipelineCells(pipeline), widths), columns)),
    '',
  ];
  const room = Math.max(0, height - lines.length - 2);
  lines.push(...panelLines(model.panels, columns, room, style));
  return [...lines.slice(0, Math.max(1, height - 1)), style('dim', fitted(model.footer, columns))].slice(0, height);
}

/** One line about a pipeline, for output that is no terminal. */
export function pipelineLine(view: PipelineView): string {
  const cells = pipelineCells(view);
  const parts = PIPELINE_HEADER.slice(1, -1).map((title, i) => `${title} ${cells[i + 1]}`);
  return `${view.name}: ${parts.join(', ')}${view.state ? ` (${view.state})` : ''}`;
}

function pipelineCells(view: PipelineView): string[] {
  return [
    view.name,
    countText(view.recordsIn),
    countText(view.rowsOut),
    `${countText(Math.round(view.ratePerSecond))}/s`,
    watermarkText(view.watermark),
    view.lag === undefined ? '-' : countText(view.lag),
    countText(view.late),
    countText(view.malformed),
    view.state,
  ];
}

export const countText = (count: number): string => count.toLocaleString('en-US');

export function watermarkText(watermark: number): string {
  if (watermark === -Infinity) return '-';
  if (watermark === Infinity) return 'end';
  return new Date(watermark).toISOString().slice(0, 19).replace('T', ' ');
}

function clockText(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** Panels side by side as many as fit, the others below. */
function panelLines(
  panels: readonly PanelView[],
  columns: number,
  height: number,
  style: (format: Parameters<typeof styleText>[0], text: string) => string,
): string[] {
  const blocks = panels.map((panel) => {
    const table = [panel.header, ...panel.rows];
    const widths = columnWidths(table);
    const width = Math.max(panel.title.length, aligned(panel.header, widths).length);
    return { panel, widths, width };
  });
  const lines: string[] = [];
  for (let first = 0; first < blocks.length;) {
    let end = first + 1;
    let total = blocks[first].width;
    while (end < blocks.length && total + 4 + blocks[end].width <= columns) total += 4 + blocks[end++].width;
    const bands = countBands(blocks.slice(first), columns);
    const bandHeight = Math.max(3, Math.floor((height - lines.length) / bands) - 1);
    const band = blocks.slice(first, end);
    const rows = Math.min(bandHeight - 2, Math.max(...band.map((block) => block.panel.rows.length)));
    const join = (cells: readonly string[]): string => cells.join('    ').trimEnd();
    const cell = (text: string, width: number): string => fitted(text, Math.min(width, columns)).padEnd(Math.min(width, columns));
    lines.push(join(band.map((block) => style('bold', cell(block.panel.title, block.width)))));
    lines.push(join(band.map((block) => style('dim', cell(aligned(block.panel.header, block.widths), block.width)))));
    for (let i = 0; i < rows; i++) {
      lines.push(join(band.map(({ panel, widths, width }) => cell(rowText(panel, i, rows, widths), width))));
    }
    lines.push('');
    first = end;
  }
  return lines.slice(0, height);
}

/** Row `i` of the `shown` ones; the last says how many there is no place for. */
function rowText({ rows }: PanelView, i: number, shown: number, widths: readonly number[]): string {
  if (i >= rows.length) return '';
  return i === shown - 1 && rows.length > shown ? `… ${rows.length - i} more` : aligned(rows[i], widths);
}

function countBands(blocks: readonly { width: number }[], columns: number): number {
  let bands = 0;
  let used = Infinity;
  for (const { width } of blocks) {
    if (used + 4 + width > columns) {
      bands++;
      used = width;
    } else used += 4 + width;
  }
  return Math.max(1, bands);
}

function columnWidths(table: readonly (readonly string[])[]): number[] {
  return table[0].map((_, i) => Math.max(...table.map((cells) => (cells[i] ?? '').length)));
}

/** The first cell to the left, numbers and all others to the right. */
function aligned(cells: readonly string[], widths: readonly number[]): string {
  return widths.map((width, i) => (i === 0 ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width))).join('  ');
}

function fitted(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
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
    this.#open = true;
    this.#stream.write(`${enter}\x1b[?2026h\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J\x1b[?2026l`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (this.#open) this.#stream.write('\x1b[?25h\x1b[?1049l');
    this.#open = false;
  }
}
