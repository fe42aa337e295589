import { resolve } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { compile } from '../compile/compile.ts';
import { Job, type JobOptions } from '../run/job.ts';
import type { JobStatus } from '../run/job-status.ts';
import { sourceText, type SqlSource } from './sql-source.ts';

export interface RunOptions {
  /** Local topics and a local index in place of Kafka and Elasticsearch, as `--local`. Default false. */
  readonly local?: boolean;
  /** `host:port`: this Kafka instead of the one that the file names. */
  readonly kafka?: string;
  /** URL: this Elasticsearch instead of the one that the file names. */
  readonly elasticsearch?: string;
  /** The local store's file: local topics, local index and checkpoints. Default `.isobar/isobar.db`. */
  readonly store?: string;
  /** As SET 'key' = 'value' in front of the file. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Starts anew although there is a checkpoint. */
  readonly fresh?: boolean;
  /** Goes on from this savepoint, a file that `Pipeline.savepoint` wrote. */
  readonly fromSavepoint?: string;
  /** Takes what print sinks and bare SELECTs write. Default: standard output. */
  readonly print?: (text: string) => void | Promise<void>;
}

/** A pipeline that `run` started. */
export interface Pipeline {
  /** Counts, watermark, lag and state at this moment; also after the end. */
  status(): JobStatus;
  /** Takes a checkpoint and ends; the next `run` of the same file and store goes on from there. */
  stop(): Promise<void>;
  /**
   * Writes the state and the positions of all sources into a file of their own, between two batches, and goes on. `run` with
   * `fromSavepoint` starts from it, also in another store. Fails with a RunError when the file is there already.
   */
  savepoint(file: string): Promise<void>;
  /** `finished` once all sources have ended, `stopped` after `stop`; fails with a RunError when the job fails. */
  readonly done: Promise<'finished' | 'stopped'>;
}

/**
 * Starts a pipeline; resolves once its sources and sinks are open. Fails with a ProblemsError that holds every mistake of the
 * file, or with a RunError when a source or a sink cannot be opened.
 *
 *     const pipeline = await run({ file: 'pipelines/weather.sql' }, { local: true });
 *     process.once('SIGINT', () => void pipeline.stop());
 *     await pipeline.done;
 */
export async function run(source: SqlSource, options: RunOptions = {}): Promise<Pipeline> {
  const job = createJob(source, options);
  const done = job.run();
  done.catch(() => {});
  try {
    await job.opened;
  } catch {
    // The job's own failure says more.
    await done;
  }
  return { status: () => job.status(), stop: () => job.stop(), savepoint: (file) => job.savepoint(file), done };
}

/** Fails with a ProblemsError that holds every mistake of the file. */
export function createJob(source: SqlSource, options: RunOptions, more: Partial<JobOptions> = {}): Job {
  const { local = false, kafka, elasticsearch, store = '.isobar/isobar.db', settings = {}, fresh, fromSavepoint } = options;
  const plan = compile(sourceText(source), { local, settings: new Map(Object.entries(settings)) });
  const ownName = typeof source === 'string' ? plan.fingerprint : resolve(source.file);
  return new Job(plan, {
    clock: systemClock,
    name: plan.settings.get('pipeline.name') ?? ownName,
    local,
    kafka,
    elasticsearch,
    store,
    fresh,
    fromSavepoint,
    print: options.print ?? ((text) => void process.stdout.write(text)),
    ...more,
  });
}
