// When a job on local tables takes its next checkpoint.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LocalStore } from '../../src/connectors/local/store.ts';
import { Checkpointer } from '../../src/run/checkpoint/checkpointer.ts';

const LITTLE = 1000;
const MUCH = 600_000;
const TOO_MUCH = 20_000_000;

let folder: string;
let store: LocalStore;
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-checkpointer-'));
  store = LocalStore.open(join(folder, 'isobar.db'));
  now = 0;
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const adaptive = (): Checkpointer => new Checkpointer('job', () => store, { now: () => now }, 10_000, true);

/** A checkpoint in which flushing takes `flushMs`, and writing output `outputMs`. */
function take(checkpointer: Checkpointer, outputMs: number, flushMs: number): void {
  const startedAt = now;
  now += flushMs;
  const nothing = { positions: new Map(), sinks: new Map(), counts: new Map(), operators: new Map() };
  checkpointer.save({ fingerprint: 'f', takenAt: now, ...nothing }, startedAt, () => void (now += outputMs));
}

/** Milliseconds until one is due while so much output is held back. */
function dueIn(checkpointer: Checkpointer, pendingBytes: number): number {
  const from = now;
  while (!checkpointer.isDue(pendingBytes)) now++;
  const waited = now - from;
  now = from;
  return waited;
}

test('output waits for a second at most, and less when there is much', () => {
  const checkpointer = adaptive();
  expect(dueIn(checkpointer, LITTLE)).toBe(1000);
  expect(dueIn(checkpointer, MUCH)).toBe(0);
  take(checkpointer, 10, 2);
  take(checkpointer, 10, 2);
  expect(dueIn(checkpointer, LITTLE)).toBe(1000);
  // A fiftieth of the time without the writing.
  expect(dueIn(checkpointer, MUCH)).toBe(100);
  expect(dueIn(checkpointer, TOO_MUCH)).toBe(0);
  expect(checkpointer.dueInMs()).toBe(1000);
});

test('the more one costs, the longer the next one waits', () => {
  const checkpointer = adaptive();
  take(checkpointer, 100, 2);
  take(checkpointer, 100, 2);
  // A fifth of the time with the writing.
  expect(dueIn(checkpointer, MUCH)).toBe(408);
  take(checkpointer, 0, 300);
  take(checkpointer, 0, 300);
  expect(dueIn(checkpointer, LITTLE)).toBe(3000);
  expect(dueIn(checkpointer, MUCH)).toBe(3000);
});

test('one that took long for once, and a clock that jumps, change little', () => {
  const checkpointer = adaptive();
  take(checkpointer, 10, 2);
  take(checkpointer, 10, 850);
  expect(dueIn(checkpointer, LITTLE)).toBe(1000);
  expect(dueIn(checkpointer, MUCH)).toBe(100);
  take(checkpointer, 10, 3_600_000);
  take(checkpointer, 10, 3_600_000);
  expect(dueIn(checkpointer, LITTLE)).toBe(60_000);
});

test("without local tables the file's interval counts", () => {
  const checkpointer = new Checkpointer('job', () => store, { now: () => now }, 10_000, false);
  take(checkpointer, 10, 5000);
  expect(dueIn(checkpointer, MUCH)).toBe(10_000);
  expect(dueIn(checkpointer, TOO_MUCH)).toBe(0);
});
