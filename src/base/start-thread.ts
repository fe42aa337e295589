import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker, type ResourceLimits, type Transferable } from 'node:worker_threads';

/**
 * Starts a thread with the file `name` beside the module that calls, a source or its compiled form as that is; `transfer` are
 * the ports in `task` that go to it, `limits` are those of its heap. Threads do not inherit the cache of compiled code, without
 * which they start several times as slowly.
 */
export function startThread(
  caller: string,
  name: string,
  task: object,
  transfer: readonly Transferable[],
  limits: ResourceLimits = {},
): Worker {
  const extension = caller.slice(caller.lastIndexOf('.'));
  const cache = getCompileCacheDir();
  const env = cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) };
  // Node 24 calls its SQLite experimental, which a user need not be told once for each thread.
  const execArgv = ['--disable-warning=ExperimentalWarning'];
  const options = { workerData: task, transferList: [...transfer], env, execArgv, resourceLimits: limits };
  return new Worker(new URL(`./${name}${extension}`, caller), options);
}
