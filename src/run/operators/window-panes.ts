import type { WindowSpec } from '../../plan/node.ts';

/**
 * How windows are cut into panes, so that each row is accumulated once: a pane belongs to all of a run of windows. All
 * numbers are milliseconds; ends are exclusive. A tumbling window is one pane.
 */
export interface Panes {
  /** Length of a pane. */
  readonly size: number;
  /** Distance between the ends of windows that follow each other. */
  readonly step: number;
  /** Panes start at `offset` plus multiples of `size`. */
  readonly offset: number;
  /** The end of the first window that has the pane; NaN when none has it (HOP windows with gaps). */
  firstEnd(paneStart: number): number;
  /** The end of the last one. */
  lastEnd(paneStart: number): number;
  /** The start of the window with this end. */
  windowStart(end: number): number;
}

export function panesOf(window: WindowSpec): Panes {
  switch (window.kind) {
    case 'tumble': {
      const { size, offset } = window;
      const end = (pane: number): number => pane + size;
      return { size, step: size, offset, firstEnd: end, lastEnd: end, windowStart: (at) => at - size };
    }
    case 'hop': {
      const { size, slide, offset } = window;
      const lastEnd = (pane: number): number => Math.floor((pane - offset) / slide) * slide + offset + size;
      return {
        size: greatestCommonDivisor(size, slide),
        step: slide,
        offset,
        firstEnd: (pane) => {
          const last = lastEnd(pane);
          return last <= pane ? NaN : last - (Math.ceil((last - pane) / slide) - 1) * slide;
        },
        lastEnd,
        windowStart: (end) => end - size,
      };
    }
    case 'cumulate': {
      const { maxSize, step, offset } = window;
      const start = (time: number): number => Math.floor((time - offset) / maxSize) * maxSize + offset;
      return {
        size: step,
        step,
        offset,
        firstEnd: (pane) => pane + step,
        lastEnd: (pane) => start(pane) + maxSize,
        windowStart: (end) => start(end - 1),
      };
    }
    case 'attached':
      // Rows carry the end of their window, which stands for the pane's only millisecond.
      return { size: 1, step: 1, offset: 0, firstEnd: (end) => end, lastEnd: (end) => end, windowStart: () => NaN };
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
