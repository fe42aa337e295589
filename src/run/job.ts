import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { ProblemsError, RunError } from '../base/problem.ts';
import type { ConnectorContext } from '../connectors/connector.ts';
import { LocalStore } from '../connectors/local/store.ts';
import { readsTopics, type JobPlan } from '../plan/job-plan.ts';
import type { PlanNode, ScanNode, ValuesNode } from '../plan/node.ts';
import { BATCH_ROWS, MAX_WATERMARK, type Batch } from '../types/batch.ts';
import { printValue } from '../types/format-value.ts';
import { Checkpointer } from './checkpoint/checkpointer.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { JobLock } from './checkpoint/job-lock.ts';
import { readSavepoint, writeSavepoint } from './checkpoint/savepoint.ts';
import { DeadLetters } from './dead-letter.ts';
import { Graph } from './graph.ts';
import { JobSource } from './job-source.ts';
import { jobMetrics, type JobMetrics } from './job-metrics.ts';
import { jobCounts, jobStatus, restoreCounts, type JobState, type JobStatus } from './job-status.ts';
import type { LeftOutLog } from './left-out-log.ts';
import { MalformedRecords } from './malformed-records.ts';
import { placeFailure } from './place-failure.ts';
import { createSourceReader } from './source-reader.ts';

/** How long the job works before it lets others have a turn: signals, timers, other jobs of the process. */
const TURN_MS = 8;
/** How long to wait at a time when no source has anything. */
const WAIT_MS = 1000;

export interface JobOptions {
  readonly clock: Clock;
  /** The name under which checkpoints are kept: a file's path unless `pipeline.name` is set. */
  readonly name: string;
  readonly local: boolean;
  readonly kafka?: string;
  readonly elasticsearch?: string;
  /** The local store's file, or the store itself where several jobs share one. */
  readonly store: string | LocalStore;
  /** Takes data for the user; a promise means that the reader is slow. */
  readonly print: (text: string) => void | Promise<void>;
  /** Takes what the job has to say about itself, one line at a time. */
  readonly say?: (line: string) => void;
  /** Starts anew although there is a checkpoint. */
  readonly fresh?: boolean;
  /** Goes on from this savepoint instead of the checkpoint in the store. */
  readonly fromSavepoint?: string;
  /** Another connector in a table's place: tests feed and collect rows by it. */
  readonly replace?: ConnectorContext['replace'];
  /** What takes the rows of a bare SELECT; without it they are printed as a table. */
  readonly selectSink?: ConnectorContext['selectSink'];
  /** Keeps the last records and rows that were left out. */
  readonly leftOut?: LeftOutLog;
  /** At most so many rows at a time. */
  readonly maxBatchRows?: number;
  /** Takes a checkpoint and stops after so many records. */
  readonly stopAfterRecords?: number;
}

/** A running pipeline: reads its sources batch by batch and pushes the rows through the plan until they end or it is stopped. */
export class Job {
  readonly plan: JobPlan;
  readonly #options: JobOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #graph: Graph;
  readonly #sources: readonly JobSource[];
  readonly #deadLetters: DeadLetters | null;
  readonly #checkpointer: Checkpointer;
  /** A bare SELECT is a question, not a pipeline: it starts anew each time. */
  readonly keepsCheckpoints: boolean;
  /** Late rows of runs before, by node. */
  #earlierLate: ReadonlyMap<string, number> = new Map();
  #store: LocalStore | null = null;
  #lock: JobLock | null = null;
  #state: JobState = 'created';
  #isStopping = false;
  /** Rows or watermarks have moved since the last checkpoint. */
  #hasNews = false;
  #lastTurnAt = 0;
  #recordsThisRun = 0;
  /** When the first records of this run were read, and when the last ones had been processed. */
  #firstReadAt: number | undefined;
  #lastReadAt = 0;
  readonly #startedAt: number;
  #idleMs = 0;
  #backPressuredMs = 0;
  #failure: unknown;
  #outcome: Promise<'finished' | 'stopped'> | null = null;
  #wakeUp: () => void = () => {};
  /** Asked for, and to be written between two batches. */
  #savepoint: { readonly file: string; readonly written: PromiseWithResolvers<void> } | null = null;
  readonly #opening = Promise.withResolvers<void>();

  constructor(plan: JobPlan, options: JobOptions) {
    this.plan = plan;
    this.#options = options;
    this.#clock = options.clock;
    this.#startedAt = options.clock.now();
    if (typeof options.store !== 'string') this.#store = options.store;
    this.#deadLetters = plan.deadLetter ? new DeadLetters(this.#openStore) : null;
    const connectors: ConnectorContext = {
      clock: options.clock,
      timeZone: plan.timeZone,
      settings: plan.settings,
      print: options.print,
      say: options.say,
      store: this.#openStore,
      local: options.local,
      kafka: options.kafka,
      elasticsearch: options.elasticsearch,
      replace: options.replace,
      selectSink: options.selectSink,
      isCheckpointed: plan.checkpointIntervalMs > 0,
      signal: this.#abort.signal,
    };
    this.#graph = new Graph(plan, connectors, {
      clock: options.clock,
      timeZone: plan.timeZone,
      onLate:
        this.#deadLetters === null && options.leftOut === undefined
          ? undefined
          : (node, batch, row) => this.#keepLateRow(node, batch, row),
    });
    this.#sources = plan.nodes.flatMap((node) =>
      node.kind === 'scan' || node.kind === 'values' ? [this.#createSource(node, connectors)] : [],
    );
    this.#opening.promise.catch(() => {});
    this.keepsCheckpoints = plan.nodes.some((node) => node.kind === 'sink' && node.table !== null);
    const onLocalTables = this.#deadLetters !== null || plan.nodes.some((node) => isLocal(node, options.local));
    this.#checkpointer = new Checkpointer(options.name, this.#openStore, options.clock, plan.checkpointIntervalMs, onLocalTables);
  }

  /** Runs until all sources have ended (then the checkpoint is forgotten) or until it is stopped (then one is taken). */
  run(): Promise<'finished' | 'stopped'> {
    this.#outcome ??= this.#run();
    return this.#outcome;
  }

  /** Resolves once the job has its lock and its sources and sinks are open; fails when it could not start. */
  get opened(): Promise<void> {
    return this.#opening.promise;
  }

  /** Finishes the batch at hand, takes a checkpoint and ends. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#wakeUp();
    await this.#outcome;
  }

  /**
   * Writes all state and positions, between two batches, into a file of their own, and goes on. Fails with a RunError when the
   * job does not run or the file is there already.
   */
  async savepoint(file: string): Promise<void> {
    if (this.#state !== 'running' || !this.keepsCheckpoints || this.#savepoint !== null) {
      const hint = 'Ask for one while a pipeline with an INSERT runs, one at a time.';
      throw new RunError('SAVEPOINT_IMPOSSIBLE', `job "${this.#options.name}" cannot write a savepoint now`, hint);
    }
    const written = Promise.withResolvers<void>();
    this.#savepoint = { file, written };
    this.#wakeUp();
    await written.promise;
  }

  async #run(): Promise<'finished' | 'stopped'> {
    this.#state = 'running';
    this.#lastTurnAt = this.#clock.now();
    try {
      await this.#open();
      this.#opening.resolve();
      const outcome = await this.#process();
      if (outcome === 'finished') await this.#finish();
      else await this.#takeCheckpoint();
      for (const sink of this.#graph.sinks) await sink.end();
      this.#state = outcome;
      return outcome;
    } catch (error) {
      this.#state = 'failed';
      this.#failure = placeFailure(error, this.#graph.running, this.plan.source);
      this.#opening.reject(this.#failure);
      throw this.#failure;
    } finally {
      this.#savepoint?.written.reject(
        new RunError('SAVEPOINT_IMPOSSIBLE', `job "${this.#options.name}" ended before its savepoint`),
      );
      await this.#close();
    }
  }

  async #open(): Promise<void> {
    const { store, fresh, fromSavepoint } = this.#options;
    if (this.keepsCheckpoints && (this.#store !== null || this.#checkpointer.isPeriodic || existsSync(store as string))) {
      this.#lock = new JobLock(this.#openStore(), this.#options.name);
      await this.#lock.acquire();
      if (!fresh && fromSavepoint === undefined) this.#restore(this.#checkpointer.load());
    }
    if (fromSavepoint !== undefined) this.#restore(readSavepoint(fromSavepoint));
    for (const { node, sink } of this.#graph.sinks) await this.#waitFor(node, () => sink.open());
    for (const { node, reader } of this.#sources) await this.#waitFor(node, () => reader.open());
  }

  #restore(checkpoint: Checkpoint | undefined): void {
    if (checkpoint === undefined) return;
    const { name, say } = this.#options;
    if (checkpoint.fingerprint !== this.#fingerprint) throw this.#refusalOf(checkpoint);
    for (const source of this.#sources) source.reader.restore(checkpoint.positions.get(source.node.id) ?? new Map());
    for (const sink of this.#graph.sinks) {
      if (checkpoint.sinks.has(sink.node.id)) sink.sink.restore?.(checkpoint.sinks.get(sink.node.id));
    }
    for (const [node, state] of checkpoint.operators) this.#graph.operators.get(node)?.restore(state);
    this.#earlierLate = checkpoint.counts;
    restoreCounts(checkpoint.counts, this.#sources, this.#graph);
    say?.(`going on with "${name}" at its checkpoint of ${isoTime(checkpoint.takenAt)}`);
  }

  /** The loop: every source in turn, a batch at a time; between two batches everything is consistent. */
  async #process(): Promise<'finished' | 'stopped'> {
    for (;;) {
      let progressed = false;
      this.#graph.check();
      for (const source of this.#sources) {
        if (this.#isStopping) return 'stopped';
        if (!source.hasEnded && this.#readFrom(source)) progressed = true;
        const pending = this.#graph.pendingWrites();
        if (pending !== null) await this.#waitForSinks(pending);
        if (this.#savepoint !== null) await this.#writeSavepoint(this.#savepoint);
        if (this.#checkpointer.isDue(this.#pendingBytes())) await this.#checkpointWhenNeeded();
        if (this.#clock.now() - this.#lastTurnAt >= TURN_MS) await this.#giveTurn();
      }
      if (this.#sources.every((source) => source.hasEnded)) return 'finished';
      if (this.#recordsThisRun >= (this.#options.stopAfterRecords ?? Infinity)) return 'stopped';
      this.#advanceIdle();
      if (!progressed) await this.#wait();
    }
  }

  /** Reads and pushes one batch; false when the source had nothing. */
  #readFrom(source: JobSource): boolean {
    const limit = (this.#options.stopAfterRecords ?? Infinity) - this.#recordsThisRun;
    if (limit <= 0) return false;
    this.#graph.running = source.node;
    const before = source.reader.records;
    const result = source.read(limit);
    const output = this.#graph.outputOf(source.node);
    if (result === 'rows') {
      this.#recordsThisRun += source.reader.records - before;
      this.#firstReadAt ??= this.#clock.now();
      source.beginBatch(this.#clock.now());
      if (source.reader.batch.length > 0) output.collect(source.reader.batch);
      this.#lastReadAt = this.#clock.now();
    } else if (result === 'end') {
      source.hasEnded = true;
      output.advance(MAX_WATERMARK);
    }
    this.#graph.running = null;
    if (result === 'pending') return false;
    this.#hasNews = true;
    return true;
  }

  #advanceIdle(): void {
    for (const source of this.#sources) {
      if (!source.hasEnded && source.advanceIdle(this.#clock.now())) this.#hasNews = true;
    }
  }

  /** Waits until some source may have more, something is due, or the job is stopped. */
  async #wait(): Promise<void> {
    const due = this.#hasNews ? this.#checkpointer.dueInMs() : Infinity;
    const idle = Math.min(...this.#sources.map((source) => source.idleInMs(this.#clock.now())));
    const timeout = Math.max(1, Math.min(WAIT_MS, due, idle));
    const since = this.#clock.now();
    const open = this.#sources.filter((source) => !source.hasEnded);
    await Promise.race([new Promise<void>((resolve) => (this.#wakeUp = resolve)), ...open.map((source) => source.wait(timeout))]);
    this.#wakeUp = () => {};
    this.#lastTurnAt = this.#clock.now();
    this.#idleMs += this.#lastTurnAt - since;
    this.#lock?.heartbeat(this.#lastTurnAt);
  }

  async #giveTurn(): Promise<void> {
    await nextTurn();
    this.#lastTurnAt = this.#clock.now();
    this.#lock?.heartbeat(this.#lastTurnAt);
  }

  async #checkpointWhenNeeded(): Promise<void> {
    if (this.#hasNews) await this.#takeCheckpoint();
    else this.#checkpointer.skip();
  }

  async #takeCheckpoint(): Promise<void> {
    if (!this.keepsCheckpoints) return this.#commitLetters();
    const startedAt = this.#clock.now();
    await this.#waitForSinks(this.#flush());
    this.#saveCheckpoint(startedAt);
    await this.#committed();
  }

  /** A bare SELECT has no checkpoints; what it leaves out is kept all the same. */
  #commitLetters(): void {
    const letters = this.#deadLetters;
    if (letters !== null && letters.pendingBytes > 0) this.#openStore().transaction(() => letters.commit());
    this.#checkpointer.skip();
  }

  async #flush(): Promise<void> {
    for (const { node, sink } of this.#graph.sinks) await this.#waitFor(node, () => sink.flush());
  }

  async #waitForSinks(pending: Promise<unknown>): Promise<void> {
    const since = this.#clock.now();
    await pending;
    this.#backPressuredMs += this.#clock.now() - since;
  }

  async #writeSavepoint({ file, written }: { file: string; written: PromiseWithResolvers<void> }): Promise<void> {
    await this.#takeCheckpoint();
    this.#savepoint = null;
    try {
      writeSavepoint(file, this.#options.name, this.#checkpoint());
      written.resolve();
    } catch (error) {
      written.reject(error);
    }
  }

  /** Of the plan and, where it reads topics, of where they are: offsets mean nothing in others of the same name. */
  get #fingerprint(): string {
    const { local, kafka } = this.#options;
    const place = local ? 'local' : kafka;
    return place !== undefined && readsTopics(this.plan) ? `${this.plan.fingerprint} ${place}` : this.plan.fingerprint;
  }

  #refusalOf({ fingerprint, takenAt }: Checkpoint): ProblemsError {
    const isSamePlan = fingerprint.split(' ')[0] === this.plan.fingerprint;
    const [code, of, back] = isSamePlan
      ? [
          'CHECKPOINT_OF_OTHER_TOPICS',
          'topics that are elsewhere (see --local and --kafka)',
          'run it on those topics, or in another --store',
        ]
      : ['CHECKPOINT_OF_OTHER_PLAN', 'another version of the file', 'go back to that version of the file'];
    const message = `job "${this.#options.name}" has a checkpoint of ${of}, from ${isoTime(takenAt)}`;
    return new ProblemsError([{ code, message, hint: `Use --fresh to forget it and start anew, or ${back}.` }]);
  }

  #saveCheckpoint(startedAt: number): void {
    this.#checkpointer.save(this.#checkpoint(), startedAt, this.#commitOutput);
    this.#hasNews = false;
  }

  #checkpoint(): Checkpoint<() => unknown> {
    return {
      fingerprint: this.#fingerprint,
      takenAt: this.#clock.now(),
      positions: new Map(this.#sources.map(({ node, reader }) => [node.id, reader.positions()])),
      sinks: this.#sinkStates(),
      counts: jobCounts(this.#sources, this.#graph, this.#earlierLate),
      operators: new Map([...this.#graph.operators].map(([id, operator]) => [id, () => operator.snapshot()])),
    };
  }

  async #finish(): Promise<void> {
    const startedAt = this.#clock.now();
    await this.#flush();
    // What a sink has yet to make visible must survive a crash here as anywhere: the checkpoint is forgotten only behind it.
    if (!this.keepsCheckpoints) this.#commitLetters();
    const isInTwoSteps = this.keepsCheckpoints && this.#sinkStates().size > 0;
    if (isInTwoSteps) this.#saveCheckpoint(startedAt);
    else if (this.keepsCheckpoints && this.#store !== null) this.#checkpointer.finish(this.#commitOutput);
    await this.#committed();
    if (isInTwoSteps) this.#checkpointer.finish(() => {});
  }

  /** A checkpoint, or the job's end, is durable. */
  async #committed(): Promise<void> {
    for (const { node, sink } of this.#graph.sinks) await this.#waitFor(node, () => sink.committed?.());
    for (const { node, reader } of this.#sources) await this.#waitFor(node, () => reader.committed());
  }

  #sinkStates(): Map<number, unknown> {
    const states = this.#graph.sinks.map(({ node, sink }) => [node.id, this.#inPlace(node, () => sink.snapshot?.())] as const);
    return new Map(states.filter(([, state]) => state !== undefined));
  }

  /** Within the checkpoint's transaction. */
  readonly #commitOutput = (): void => {
    for (const { node, sink } of this.#graph.sinks) this.#inPlace(node, () => sink.commit?.());
    this.#deadLetters?.commit();
  };

  async #close(): Promise<void> {
    this.#abort.abort();
    for (const { reader } of this.#sources) await reader.close().catch(() => {});
    for (const { sink } of this.#graph.sinks) await sink.close().catch(() => {});
    this.#lock?.release();
    if (typeof this.#options.store === 'string') this.#store?.close();
  }

  readonly #openStore = (): LocalStore => {
    this.#store ??= LocalStore.open(this.#options.store as string, this.#clock);
    return this.#store;
  };

  #pendingBytes(): number {
    let bytes = this.#deadLetters?.pendingBytes ?? 0;
    for (const { node, sink } of this.#graph.sinks) bytes += this.#inPlace(node, () => sink.pendingBytes?.()) ?? 0;
    return bytes;
  }

  #createSource(node: ScanNode | ValuesNode, connectors: ConnectorContext): JobSource {
    const malformed =
      node.kind === 'scan' ? new MalformedRecords(node, this.#deadLetters, this.#options.leftOut, () => this.#clock.now()) : null;
    const reader = createSourceReader(node, connectors, (records, record) => malformed?.add(records, record));
    const { maxBatchRows = BATCH_ROWS } = this.#options;
    const rows = this.#graph.meetsItself(node.id) ? 1 : maxBatchRows;
    return new JobSource(node, reader, malformed, this.#graph.watermarksBehind(node.id), rows);
  }

  /** A late row goes to the dead letters of the table it comes from: the first scan upstream. */
  #keepLateRow(node: PlanNode, batch: Batch, row: number): void {
    const now = this.#clock.now();
    const log = this.#options.leftOut?.accepts(now) === true ? this.#options.leftOut : undefined;
    if (this.#deadLetters === null && log === undefined) return;
    let source = node;
    while (source.inputs.length > 0) source = this.plan.nodes[source.inputs[0]];
    const table = source.kind === 'scan' ? source.table.name : 'values';
    const input = this.plan.nodes[node.inputs[0]].schema;
    // A column that the planner has added has a $ in front of its name.
    const all = input.map(({ name }, column) => ({ name: name.replace(/^\$/, ''), column }));
    const columns = (node.kind === 'window-aggregate' ? node.lateRow : undefined) ?? all;
    const values = columns.map(({ name, column }): [string, string | null] => {
      const value = batch.columns[column].get(row);
      return [name, value === null ? null : printValue(input[column].type, value)];
    });
    const watermark = batch.watermarks === null ? batch.startWatermark : batch.watermarks[row];
    const reason = `late: the watermark had reached ${Number.isFinite(watermark) ? isoTime(watermark) : 'the end'}`;
    const letter = { reason, row: Object.fromEntries(values), at: isoTime(now) };
    this.#deadLetters?.add(table, letter, now);
    log?.add('late', table, letter);
  }

  /** How the job is doing; at any time. */
  status(): JobStatus {
    const status = jobStatus(this.#options.name, this.#state, this.#sources, this.#graph, this.#checkpointer, this.#earlierLate);
    const readingMs = this.#firstReadAt === undefined ? 0 : Math.max(0, this.#lastReadAt - this.#firstReadAt);
    return { ...status, recordsThisRun: this.#recordsThisRun, readingMs };
  }

  /** What its operators have counted, and where the time went; at any time. */
  metrics(): JobMetrics {
    const times = { startedAt: this.#startedAt, idleMs: this.#idleMs, backPressuredMs: this.#backPressuredMs };
    return jobMetrics(times, this.#sources, this.#graph, this.#checkpointer, this.#state === 'running');
  }

  /** Why it failed; undefined unless it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** What a sink does at once; its failure gets the table's place. */
  #inPlace<T>(node: PlanNode, call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw placeFailure(error, node, this.plan.source);
    }
  }

  /** The same for what a source or a sink takes its time for. */
  async #waitFor(node: PlanNode, call: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await call();
    } catch (error) {
      throw placeFailure(error, node, this.plan.source);
    }
  }
}

/** The table lies in the local store. */
function isLocal(node: PlanNode, local: boolean): boolean {
  if (!local || (node.kind !== 'scan' && node.kind !== 'sink')) return false;
  const connector = node.table?.bound.connector ?? '';
  return connector === 'kafka' || connector === 'upsert-kafka' || connector === 'elasticsearch-7';
}

const isoTime = (millis: number): string => new Date(millis).toISOString();
