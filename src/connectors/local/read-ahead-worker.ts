// Reads a backlog of local topics for ReadAhead, in a thread of its own and a few batches ahead of the job.
import { flushCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';
import { RunError } from '../../base/problem.ts';
import { AHEAD_BATCHES, PRODUCED, SLOT_BYTES, WAITING, type AheadMessage, type AheadTask } from './read-ahead.ts';
import { LocalStore } from './store.ts';

const { path, partitions, port, counters, slots } = workerData as AheadTask;

/** No page is read twice but those that lead to the blobs. */
const CACHE_KILOBYTES = 2048;

flushCompileCache();
try {
  const store = LocalStore.open(path);
  store.limitCache(CACHE_KILOBYTES);
  readBacklog(store);
  store.close();
  send({ kind: 'done' });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  send({ kind: 'failed', code: error.code, message: error.message, hint: error.hint });
}

function readBacklog(store: LocalStore): void {
  let slot = 0;
  let open = partitions.map(({ topic, partition, from, to }, index) => ({ index, topic, partition, next: from, to }));
  while (open.length > 0) {
    for (const each of open) {
      const records = store.topics.read(each.topic, each.partition, each.next, each.to);
      if (records === undefined) {
        each.next = each.to;
        continue;
      }
      const { bytes, firstOffset, blobOffset, count } = records;
      each.next = firstOffset + count;
      waitForRoom();
      const place = { index: each.index, blobOffset, from: firstOffset - blobOffset, count };
      const fits = bytes.length <= SLOT_BYTES;
      if (fits) slots.set(bytes, slot * SLOT_BYTES);
      send({ kind: 'batch', ...place, bytes: fits ? bytes.length : bytes, slot });
      slot = (slot + 1) % AHEAD_BATCHES;
      // Not left to the garbage collector, which would let tens of megabytes gather. The job's own thread must not do this: once
      // a buffer was detached, the engine makes slower code for all of its typed arrays.
      (bytes.buffer as ArrayBuffer).transfer(0);
    }
    open = open.filter(({ next, to }) => next < to);
  }
}

function waitForRoom(): void {
  for (;;) {
    const waiting = Atomics.load(counters, WAITING);
    if (waiting < AHEAD_BATCHES) return;
    Atomics.wait(counters, WAITING, waiting);
  }
}

function send(message: AheadMessage): void {
  port.postMessage(message);
  Atomics.add(counters, WAITING, 1);
  Atomics.add(counters, PRODUCED, 1);
  Atomics.notify(counters, PRODUCED);
}
