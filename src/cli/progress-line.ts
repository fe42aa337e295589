import { systemClock } from '../base/clock.ts';
import { fittedTo, pipelineLine } from './live-view.ts';
import type { Meter } from './meter.ts';

const PERIOD_MS = 500;

/** One line on a terminal about a running job, written anew twice a second until it is closed. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #timer: NodeJS.Timeout;

  constructor(meter: Meter, stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#timer = setInterval(() => {
      const line = pipelineLine(meter.view(systemClock.now()));
      stream.write(`\r${fittedTo(line, (stream.columns || 80) - 1)}\x1b[K`);
    }, PERIOD_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stream.write('\r\x1b[K');
  }
}
