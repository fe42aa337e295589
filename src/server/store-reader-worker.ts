// Answers questions about the local store for StoreReaderThread, in a thread of its own.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { RunError } from '../base/problem.ts';
import { LocalStore } from '../connectors/local/store.ts';
import type { StoreAnswer, StoreQuestion, StoreReaderTask } from './store-reader-thread.ts';
import { StoreReader } from './store-reader.ts';

const { path, tables, timeZone } = workerData as StoreReaderTask;
const store = LocalStore.open(path);
const reader = new StoreReader(store, tables, timeZone, systemClock);

parentPort?.on('message', (question: StoreQuestion) => void reply(question));

async function reply({ id, request }: StoreQuestion): Promise<void> {
  try {
    const json = new TextEncoder().encode(JSON.stringify(await reader.answer(request)));
    parentPort?.postMessage({ id, json } satisfies StoreAnswer, [json.buffer]);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { code, message, hint } = error;
    parentPort?.postMessage({ id, code, message, hint } satisfies StoreAnswer, []);
  }
}
