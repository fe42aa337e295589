import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { systemClock, type Clock } from '../base/clock.ts';
import { RecordBlobBuilder } from '../connectors/local/record-blob.ts';
import type { MessageStream } from './message-stream.ts';

/** Live messages are sent together when they are closer to each other than this. */
const TICK_MS = 10;
/** How long to work before others get a turn. */
const MOST_AT_A_TIME = 50_000;

export interface PaceOptions {
  /** Default 1. */
  readonly partitions?: number;
  /**
   * Sends what has been collected: a builder for each partition, some without records. They are cleared when it is done.
   * Messages are counted as sent once it has returned, or its promise is kept.
   */
  readonly write: (partitions: readonly RecordBlobBuilder[]) => void | Promise<void>;
  /** Ends the sending between two messages. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Waits; a test passes its own, together with a clock. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Send everything at once, however far in the future it is due. */
  readonly asFastAsPossible?: boolean;
  /** Called after each write with the number of messages sent so far. */
  readonly onSent?: (count: number) => void;
}

/**
 * Sends the messages of a stream when they are due: those of the past as fast as possible, then live. Ends with the stream or
 * the signal; answers how many were sent.
 */
export async function pace(stream: MessageStream, options: PaceOptions): Promise<number> {
  const { write, signal, clock = systemClock, sleep = sleepFor, asFastAsPossible = false } = options;
  const builders = Array.from({ length: options.partitions ?? 1 }, () => new RecordBlobBuilder());
  let sent = 0;
  let collected = 0;
  const flush = async (): Promise<void> => {
    if (collected === 0) return;
    const writing = write(builders);
    if (writing !== undefined) await writing;
    for (const builder of builders) builder.clear();
    sent += collected;
    collected = 0;
    options.onSent?.(sent);
  };
  try {
    while (signal?.aborted !== true) {
      const next = stream.nextTime();
      if (next === Infinity) break;
      const now = asFastAsPossible ? Infinity : clock.now();
      if (next > now) {
        await flush();
        await sleep(Math.max(TICK_MS, next - now), signal);
        continue;
      }
      collected += stream.fill(builders, now, MOST_AT_A_TIME);
      if (builders.some((builder) => builder.isFull)) {
        await flush();
        await turn();
      }
    }
    await flush();
  } finally {
    stream.close?.();
  }
  return sent;
}

async function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  // Timers take 32 bits; looking again once an hour does no harm.
  await delay(Math.min(ms, 3_600_000), undefined, { signal }).catch(() => undefined);
}
