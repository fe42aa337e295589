import type { JobPlan } from '../plan/job-plan.ts';
import type { Job } from '../run/job.ts';
import { eventTimeZone } from './event-time-zone.ts';
import { holdsErrors } from '../server/holds-errors.ts';
import type { PipelineView } from './live-view.ts';

/** Tells how fast a job goes, averaged over the last seconds. */
export class Meter {
  readonly #job: Job;
  readonly #timeZone: string;
  readonly #samples: { readonly at: number; readonly records: number }[] = [];

  constructor(job: Job, plan: JobPlan) {
    this.#job = job;
    this.#timeZone = eventTimeZone(plan);
  }

  view(now: number): PipelineView {
    const status = this.#job.status();
    // Of this run: what earlier ones have read is known at once.
    this.#samples.push({ at: now, records: status.recordsThisRun });
    while (this.#samples.length > 2 && this.#samples[0].at < now - 5000) this.#samples.shift();
    const { at, records } = this.#samples[0];
    return {
      name: status.name,
      state: status.state === 'running' ? '' : status.state,
      recordsIn: status.recordsIn,
      rowsOut: status.rowsOut,
      ratePerSecond: now > at ? ((status.recordsThisRun - records) * 1000) / (now - at) : 0,
      watermark: status.watermark,
      timeZone: this.#timeZone,
      lag: status.lag,
      late: status.late,
      // Lines that the pipeline's own SQL has found to be malformed count like those that could not be decoded.
      malformed: status.malformed + status.sinks.reduce((sum, { table, rows }) => sum + (holdsErrors(table) ? rows : 0), 0),
    };
  }
}
