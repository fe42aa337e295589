import type { WindowAggregateNode, WindowSpec } from '../../plan/node.ts';
import { BATCH_ROWS, type Batch } from '../../types/batch.ts';
import type { Column, TimestampColumn } from '../../types/column.ts';
import type { Schema } from '../../types/schema.ts';
import { timestamp, type SqlType } from '../../types/sql-type.ts';
import { linkAccumulators, type Accumulators } from '../state/accumulators.ts';
import { copyRange } from '../state/columns.ts';
import { KeyedAccumulators, type KeyedAccumulatorsSnapshot } from '../state/keyed-accumulators.ts';
import { BatchWriter } from './batch-writer.ts';
import { createMetrics, type Operator, type OperatorContext, type Output } from './operator.ts';
import { nullTimeError } from './null-time-error.ts';
import { insertSorted } from './insert-sorted.ts';
import { WindowClock } from './window-clock.ts';
import { panesOf, type Panes } from './window-panes.ts';

/** Panes that are kept for the next windows after theirs have fired. */
const POOLED_PANES = 8;

/** The accumulators of a stretch of time that some windows share. */
interface Pane {
  readonly start: number;
  readonly end: number;
  /** What has come since the last flush. */
  keyed: KeyedAccumulators;
  /** What was flushed before; null while nothing was. */
  total: KeyedAccumulators | null;
}

/**
 * Aggregates by key and window, and gives each window's rows once, when the watermark reaches its last millisecond: windows in
 * order of their ends, keys in order of first arrival (HOP and CUMULATE: by pane, then arrival). State: an accumulator for each key
 * and pane with rows, dropped when the last window that has the pane fires. A row whose last window has fired is late.
 *
 * With `twoPhase` sums of doubles are added up as Flink's local and global aggregation do: what came of a pane between two
 * flushes is a sum of its own. Flink flushes when the watermark passes the end of the first pane that has new rows.
 */
export class WindowAggregateOperator implements Operator {
  readonly metrics = createMetrics();
  private readonly node: WindowAggregateNode;
  private readonly context: OperatorContext;
  private readonly writer: BatchWriter;
  private readonly accumulators: Accumulators;
  private readonly window: WindowSpec;
  private readonly panes: Panes;
  private readonly clock: WindowClock;
  private readonly timeColumn: number;
  private readonly keys: readonly number[];
  private readonly keyTypes: readonly SqlType[];
  private readonly keyColumns: Column[] = [];
  private readonly aggregateColumns: readonly Column[];
  /** Panes with rows, by start. */
  private readonly open = new Map<number, Pane>();
  /** CUMULATE: what the windows fired so far have gathered, by the windows' common start. */
  private readonly cumulated = new Map<number, KeyedAccumulators>();
  /** Ends of the windows that are to fire next, ascending: for every open pane the first that has it and has not fired. */
  private readonly pending: number[] = [];
  private readonly pool: KeyedAccumulators[] = [];
  /** The watermark that the first of `pending` waits for. */
  private nextFire = Infinity;
  /** The watermark at which the next flush is to be thought of, and the end of the first pane with rows since the last one. */
  private nextFlush: number;
  private firstUnflushedEnd = Infinity;
  /** The smaller of `nextFire` and `nextFlush`. */
  private nextEvent = Infinity;
  /** The pane of the last row. */
  private current: Pane | null = null;
  private slots = new Int32Array(BATCH_ROWS);
  private scratch = new Float64Array(0);

  constructor(node: WindowAggregateNode, input: Schema, output: Output, context: OperatorContext) {
    this.node = node;
    this.context = context;
    this.writer = new BatchWriter(node.schema, output, this.metrics, false);
    this.accumulators = linkAccumulators(node.code.accumulators, context);
    this.window = node.window;
    this.panes = panesOf(node.window);
    const { window } = node;
    const types = node.keys.map((key) => input[key].type);
    if (window.kind === 'attached') {
      // Windows with the same end may start at different times.
      this.keys = [...node.keys, window.startColumn];
      this.keyTypes = [...types, timestamp(3)];
      this.timeColumn = window.endColumn;
      this.clock = new WindowClock(window.local, context.timeZone);
    } else {
      this.keys = node.keys;
      this.keyTypes = types;
      this.timeColumn = node.timeColumn;
      this.clock = WindowClock.of(input[node.timeColumn].type, context.timeZone);
    }
    this.nextFlush = node.twoPhase ? -Infinity : Infinity;
    const first = node.keys.length;
    this.aggregateColumns = this.writer.columns.slice(first, first + node.aggregates.length);
  }

  process(_input: number, batch: Batch): void {
    const { length, columns, watermarks } = batch;
    this.metrics.rowsIn += length;
    if (this.slots.length < length) this.slots = new Int32Array(length);
    for (let k = 0; k < this.keys.length; k++) this.keyColumns[k] = columns[this.keys[k]];
    const time = columns[this.timeColumn] as TimestampColumn;
    const times = this.timesOf(time, length);
    const { nulls } = time;
    let watermark = this.metrics.watermark;
    let pane = this.current;
    for (let i = 0; i < length;) {
      const before = watermark;
      watermark = watermarks === null ? batch.startWatermark : watermarks[i];
      if (watermark >= this.nextEvent) {
        this.writer.advance(before);
        this.fire(watermark);
        pane = null;
      }
      if (nulls[i] !== 0) throw nullTimeError(this.node, 'a window aggregation');
      if (pane === null || times[i] < pane.start || times[i] >= pane.end) {
        pane = this.paneOf(times[i], watermark, batch, i);
        if (pane === null) {
          i++;
          continue;
        }
      }
      const { start, end } = pane;
      if (end < this.firstUnflushedEnd) this.firstUnflushedEnd = end;
      const { nextEvent } = this;
      const first = i++;
      while (
        i < length &&
        times[i] >= start &&
        times[i] < end &&
        nulls[i] === 0 &&
        (watermarks === null || watermarks[i] < nextEvent)
      )
        i++;
      if (watermarks !== null) watermark = watermarks[i - 1];
      this.add(pane.keyed, columns, first, i);
    }
    this.current = pane;
    this.advanceTo(watermark, batch.watermark);
  }

  advance(_input: number, watermark: number): void {
    this.advanceTo(this.metrics.watermark, watermark);
  }

  snapshot(): unknown {
    const pane = ({ start, keyed, total }: Pane): PaneSnapshot => ({
      start,
      ...keyed.snapshot(),
      total: total?.snapshot() ?? null,
    });
    return {
      watermark: this.metrics.watermark,
      pending: [...this.pending],
      open: [...this.open.values()].map(pane),
      cumulated: [...this.cumulated].map(([start, keyed]) => pane({ start, end: start, keyed, total: null })),
      nextFlush: this.nextFlush,
      firstUnflushedEnd: this.firstUnflushedEnd,
    } satisfies WindowAggregateSnapshot;
  }

  restore(state: unknown): void {
    const { watermark, pending, open, cumulated, nextFlush, firstUnflushedEnd } = state as WindowAggregateSnapshot;
    this.metrics.watermark = watermark;
    this.writer.startAt(watermark);
    this.nextFlush = nextFlush;
    this.firstUnflushedEnd = firstUnflushedEnd;
    for (const end of pending) this.schedule(end);
    for (const snapshot of open) {
      const pane = this.openPane(snapshot.start);
      pane.keyed.restore(snapshot);
      if (snapshot.total !== null) {
        pane.total = this.take();
        pane.total.restore(snapshot.total);
        this.metrics.stateEntries += pane.total.index.size;
      }
    }
    for (const snapshot of cumulated) this.openCumulated(snapshot.start).restore(snapshot);
    for (const { keyed } of this.open.values()) this.metrics.stateEntries += keyed.index.size;
    for (const keyed of this.cumulated.values()) this.metrics.stateEntries += keyed.index.size;
  }

  /** Fires what the watermark has passed, and hands everything on. `before` is the watermark of the last row. */
  private advanceTo(before: number, watermark: number): void {
    if (watermark >= this.nextEvent) {
      this.writer.advance(before);
      this.fire(watermark);
      this.current = null;
    }
    if (watermark > this.metrics.watermark) this.metrics.watermark = watermark;
    this.writer.advance(watermark);
    this.writer.flush();
  }

  private timesOf(column: TimestampColumn, length: number): Float64Array {
    if (this.window.kind === 'attached') return column.values;
    if (this.scratch.length < length) this.scratch = new Float64Array(length);
    return this.clock.localTimes(column.values, column.nulls, length, this.scratch);
  }

  private add(keyed: KeyedAccumulators, columns: readonly Column[], from: number, to: number): void {
    keyed.resolve(this.keyColumns, from, to, this.slots);
    this.metrics.stateEntries += keyed.index.createdCount;
    this.accumulators.accumulate(keyed.state, columns, this.slots, from, to);
  }

  /** The pane for a time, or null for a row that is late or lies between HOP windows. */
  private paneOf(time: number, watermark: number, batch: Batch, row: number): Pane | null {
    const { size, offset } = this.panes;
    const start = Math.floor((time - offset) / size) * size + offset;
    const open = this.open.get(start);
    if (open !== undefined) return open;
    let end = this.panes.firstEnd(start);
    if (Number.isNaN(end)) return null;
    const lastEnd = this.panes.lastEnd(start);
    if (this.clock.fireTime(lastEnd) <= watermark) {
      this.metrics.lateRowsDropped++;
      this.context.onLate?.(this.node, batch, row);
      return null;
    }
    const isPartlyFired = this.clock.fireTime(end) <= watermark;
    while (this.clock.fireTime(end) <= watermark) end += this.panes.step;
    this.schedule(end);
    if (isPartlyFired && this.window.kind === 'cumulate') {
      // The pane itself has gone into what the later windows of the same start go on with.
      const windowStart = this.panes.windowStart(end);
      const keyed = this.cumulated.get(windowStart) ?? this.openCumulated(windowStart);
      return { start, end: start + size, keyed, total: null };
    }
    return this.openPane(start);
  }

  private openPane(start: number): Pane {
    const pane: Pane = { start, end: start + this.panes.size, keyed: this.take(), total: null };
    this.open.set(start, pane);
    return pane;
  }

  private openCumulated(start: number): KeyedAccumulators {
    const keyed = this.take();
    this.cumulated.set(start, keyed);
    return keyed;
  }

  private schedule(end: number): void {
    insertSorted(this.pending, end);
    this.nextFire = this.clock.fireTime(this.pending[0]);
    this.nextEvent = Math.min(this.nextFire, this.nextFlush);
  }

  /** What the watermark brings about, besides itself. */
  private fire(watermark: number): void {
    if (watermark >= this.nextFlush) this.flush(watermark);
    this.fireWindows(watermark);
    this.nextEvent = Math.min(this.nextFire, this.nextFlush);
  }

  /** Adds what has come of every pane to its total, if the first pane with rows has passed. Flink thinks of it once a pane's length. */
  private flush(watermark: number): void {
    if (watermark >= this.clock.fireTime(this.firstUnflushedEnd)) {
      for (const pane of this.open.values()) {
        if (pane.total !== null) this.settled(pane);
        else if (pane.keyed.index.size > 0) {
          pane.total = pane.keyed;
          pane.keyed = this.take();
        }
      }
      this.firstUnflushedEnd = Infinity;
    }
    this.nextFlush = watermark === Infinity ? Infinity : this.clock.nextPaneEnd(watermark, this.panes.size);
  }

  /** All that has come of a pane. */
  private settled(pane: Pane): KeyedAccumulators {
    const { keyed, total } = pane;
    if (total === null) return keyed;
    if (keyed.index.size > 0) {
      const before = total.index.size + keyed.index.size;
      this.merge(total, keyed);
      keyed.clear();
      this.metrics.stateEntries += total.index.size - before;
    }
    return total;
  }

  private fireWindows(watermark: number): void {
    while (this.pending.length > 0 && this.nextFire <= watermark) {
      const end = this.pending.shift()!;
      this.nextFire = this.pending.length === 0 ? Infinity : this.clock.fireTime(this.pending[0]);
      switch (this.window.kind) {
        case 'hop':
          this.fireHop(end, this.window.size);
          break;
        case 'cumulate':
          this.fireCumulate(end);
          break;
        default: {
          const start = end - (this.window.kind === 'tumble' ? this.window.size : 0);
          this.emit(this.settled(this.open.get(start)!), start, end);
          this.drop(start);
        }
      }
    }
  }

  private fireHop(end: number, size: number): void {
    const panes = this.openPanes(end - size, end);
    if (panes.length === 1) {
      this.emit(this.settled(panes[0]), end - size, end);
    } else {
      const merged = this.take();
      // Flink merges the slices of a window from the last to the first, the panes of a group window from the first on.
      for (const pane of this.node.twoPhase ? panes.toReversed() : panes) this.merge(merged, this.settled(pane));
      this.emit(merged, end - size, end);
      this.recycle(merged);
    }
    let isNeeded = false;
    for (const { start } of panes) {
      if (this.panes.lastEnd(start) <= end) this.drop(start);
      else isNeeded = true;
    }
    if (isNeeded) this.schedule(end + this.panes.step);
  }

  /** The open panes from `start` until `end`, in order. */
  private openPanes(start: number, end: number): Pane[] {
    const { size } = this.panes;
    const panes: Pane[] = [];
    if ((end - start) / size > this.open.size) {
      for (const pane of this.open.values()) if (pane.start >= start && pane.start < end) panes.push(pane);
      return panes.sort((a, b) => a.start - b.start);
    }
    for (let at = start; at < end; at += size) {
      const pane = this.open.get(at);
      if (pane !== undefined) panes.push(pane);
    }
    return panes;
  }

  private fireCumulate(end: number): void {
    const start = this.panes.windowStart(end);
    const pane = this.open.get(end - this.panes.size);
    let keyed = this.cumulated.get(start);
    if (pane !== undefined) {
      const all = this.settled(pane);
      this.open.delete(pane.start);
      if (pane.total !== null) this.recycle(pane.keyed);
      if (keyed === undefined) {
        keyed = all;
        this.cumulated.set(start, keyed);
      } else {
        const before = keyed.index.size;
        this.merge(keyed, all);
        this.metrics.stateEntries += keyed.index.size - before - all.index.size;
        this.recycle(all);
      }
    }
    this.emit(keyed!, start, end);
    if (end < this.panes.lastEnd(end - this.panes.size)) {
      this.schedule(end + this.panes.step);
    } else {
      this.cumulated.delete(start);
      this.metrics.stateEntries -= keyed!.index.size;
      this.recycle(keyed!);
    }
  }

  private merge(target: KeyedAccumulators, source: KeyedAccumulators): void {
    const count = source.index.size;
    if (this.slots.length < count) this.slots = new Int32Array(count);
    target.resolveAll(source, this.slots);
    for (let slot = 0; slot < count; slot++) this.accumulators.merge!(target.state, this.slots[slot], source.state, slot);
  }

  private drop(start: number): void {
    const { keyed, total } = this.open.get(start)!;
    this.open.delete(start);
    this.metrics.stateEntries -= keyed.index.size + (total?.index.size ?? 0);
    this.recycle(keyed);
    if (total !== null) this.recycle(total);
  }

  private take(): KeyedAccumulators {
    return this.pool.pop() ?? new KeyedAccumulators(this.keyTypes, this.accumulators);
  }

  private recycle(keyed: KeyedAccumulators): void {
    if (this.pool.length === POOLED_PANES) return;
    keyed.clear();
    this.pool.push(keyed);
  }

  private emit(keyed: KeyedAccumulators, start: number, end: number): void {
    const { writer, node } = this;
    const keyCount = node.keys.length;
    const { columns, size } = keyed.index;
    const time = this.clock.timeOf(end);
    for (let from = 0; from < size;) {
      const to = Math.min(size, from + writer.room(1));
      const row = writer.batch.length;
      for (let k = 0; k < keyCount; k++) copyRange(columns[k], from, writer.columns[k], row, to - from);
      this.accumulators.emit(keyed.state, from, to, this.aggregateColumns, row);
      let column = keyCount + node.aggregates.length;
      for (const property of node.properties) {
        const target = writer.columns[column++] as TimestampColumn;
        if (property === 'start' && this.window.kind === 'attached') copyRange(columns[keyCount], from, target, row, to - from);
        else fillTime(target, row, row + to - from, property === 'start' ? start : property === 'end' ? end : time);
      }
      writer.commit(to - from);
      from = to;
    }
  }
}

function fillTime(column: TimestampColumn, from: number, to: number, time: number): void {
  column.values.fill(time, from, to);
  column.nulls.fill(0, from, to);
}

type PaneSnapshot = KeyedAccumulatorsSnapshot & { readonly start: number; readonly total: KeyedAccumulatorsSnapshot | null };

interface WindowAggregateSnapshot {
  readonly watermark: number;
  readonly pending: readonly number[];
  readonly open: readonly PaneSnapshot[];
  readonly cumulated: readonly PaneSnapshot[];
  readonly nextFlush: number;
  readonly firstUnflushedEnd: number;
}
