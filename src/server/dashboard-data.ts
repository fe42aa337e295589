import type { Clock } from '../base/clock.ts';
import type { LocalStore } from '../connectors/local/store.ts';
import type { Info, JobDetail, SqlExample, Status } from './api.ts';
import { EventStream } from './event-stream.ts';
import { jobDetail } from './job-detail.ts';
import { JobMonitor, type MonitoredJob } from './job-monitor.ts';
import { knownTables } from './known-tables.ts';
import { sqlExamples } from './sql-examples.ts';
import { StoreReaderThread } from './store-reader-thread.ts';

export interface DashboardSubject {
  readonly command: Info['command'];
  readonly version: string;
  readonly jobs: readonly MonitoredJob[];
  /** The local store that the jobs work on; null when they work on real Kafka and Elasticsearch. */
  readonly store: LocalStore | null;
  readonly clock: Clock;
  readonly timeZone: string;
}

/** Everything that the dashboard's addresses answer from. */
export class DashboardData {
  readonly startedAt: number;
  readonly clock: Clock;
  readonly store: LocalStore | null;
  readonly monitors: readonly JobMonitor[];
  readonly details: ReadonlyMap<string, JobDetail>;
  readonly reader: StoreReaderThread | null;
  readonly events: EventStream;
  readonly #subject: DashboardSubject;
  readonly #examples: readonly SqlExample[];
  readonly #closing = new AbortController();

  constructor(subject: DashboardSubject) {
    const { jobs, store, clock, timeZone } = subject;
    this.#subject = subject;
    this.clock = clock;
    this.store = store;
    this.startedAt = clock.now();
    this.monitors = jobs.map((job) => new JobMonitor(job, clock));
    this.details = new Map(jobs.map(({ name, job }) => [name, jobDetail(name, job.plan)]));
    const tables = jobs.flatMap(({ name, job }) => knownTables(name, job.plan));
    this.reader = store === null ? null : new StoreReaderThread({ path: store.path, tables, timeZone });
    this.#examples = store === null ? [] : jobs.flatMap(({ name, job }) => sqlExamples(name, job.plan));
    const sample = (): void => {
      for (const monitor of this.monitors) monitor.sample();
    };
    this.events = new EventStream(store, clock, sample, () => this.status());
  }

  info(): Info {
    const { command, version, timeZone } = this.#subject;
    const now = this.clock.now();
    const hasStore = this.store !== null;
    return { version, command, startedAt: this.startedAt, now, timeZone, hasStore, examples: this.#examples };
  }

  status(): Status {
    return { at: this.clock.now(), jobs: this.monitors.map((monitor) => monitor.status()) };
  }

  /** Aborted when the server closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.events.close();
    await this.reader?.close();
  }
}
