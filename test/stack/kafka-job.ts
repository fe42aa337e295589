import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { compile } from '../../src/compile/compile.ts';
import { Job, type JobOptions } from '../../src/run/job.ts';

/** A job on a real broker whose print sinks' lines are kept. */
export class KafkaJob {
  readonly job: Job;
  readonly said: string[] = [];
  #printed = '';
  #outcome: Promise<'finished' | 'stopped'> | null = null;

  constructor(sql: string, options: Partial<JobOptions> & Pick<JobOptions, 'store'>) {
    const plan = compile({ name: 'job.sql', text: sql }, { local: false });
    this.job = new Job(plan, {
      clock: systemClock,
      name: 'job',
      local: false,
      print: (text) => void (this.#printed += text),
      say: (line) => this.said.push(line),
      ...options,
    });
  }

  /** Starts it without waiting; a failure shows when `ended` or `stop` is awaited. */
  start(): this {
    this.#outcome = this.job.run();
    this.#outcome.catch(() => {});
    return this;
  }

  /** Runs to the end of its bounded sources and answers what it printed. */
  async ended(): Promise<string[]> {
    if (this.#outcome === null) this.start();
    await this.#outcome;
    return this.lines;
  }

  async stop(): Promise<string[]> {
    await this.job.stop();
    return this.lines;
  }

  get lines(): string[] {
    return this.#printed.split('\n').slice(0, -1);
  }

  /** Waits until so many lines were printed. */
  async printed(count: number, timeoutMs = 30_000): Promise<string[]> {
    await until(() => this.lines.length >= count, `${count} lines`, timeoutMs, this.#outcome);
    return this.lines;
  }

  async saying(pattern: RegExp, timeoutMs = 60_000): Promise<void> {
    await until(() => this.said.some((line) => pattern.test(line)), String(pattern), timeoutMs, this.#outcome);
  }
}

/** Waits until something holds; fails after a while, or when the job fails. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 30_000,
  job: Promise<unknown> | null = null,
): Promise<void> {
  let failure: unknown;
  job?.catch((error: unknown) => (failure = error));
  for (const end = performance.now() + timeoutMs; !(await holds());) {
    if (failure instanceof Error) throw failure;
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(20);
  }
}
