// What is said about a job that has been started.
import { afterEach, expect, test } from 'vitest';
import { ClusterClient } from '../../src/flink/cluster-client.ts';
import { watchStart } from '../../src/flink/watch-job.ts';
import { startFlinkServer, type FlinkServer, type ServedJob } from './flink-server.ts';

let server: FlinkServer | undefined;
afterEach(() => server?.close());

async function watched(job: Partial<ServedJob>): Promise<string> {
  server = await startFlinkServer();
  server.jobs.set('a1', { name: 'numbers', state: 'RUNNING', tasks: 'RUNNING', ...job });
  return watchStart(new ClusterClient(server.address), { id: 'a1', name: 'numbers' }, { timeoutMs: 50, proveMs: 50 });
}

test('it runs when all its tasks do', async () => {
  expect(await watched({})).toBe('runs');
});

test('it waits for slots when there are too few', async () => {
  const waiting = "is submitted; it waits for 4 free task slots, and of Flink's 8 there are 2";
  expect(await watched({ tasks: 'SCHEDULED', parallelism: 4 })).toBe(waiting);
});

test('it may take its time', async () => {
  expect(await watched({ state: 'INITIALIZING', tasks: 'CREATED' })).toBe(
    'is submitted; it does not run yet, its state is INITIALIZING',
  );
});

test.each(['RUNNING', 'RESTARTING'])('one that failed before restarts, also while it is %s', async (state) => {
  const traces = ['java.net.ConnectException: Connection refused\n\tat a.B.c(B.java:1)'];
  await expect(watched({ state, traces, taskName: 'Sink: es (2/2) - execution #1' })).rejects.toMatchObject({
    code: 'FLINK_JOB_FAILED',
    message: 'job "numbers" restarts over and over: task "Sink: es": connection refused',
    hint: 'Stop it with isobar cancel a1.',
  });
});

test('one that was cancelled by somebody else is told', async () => {
  await expect(watched({ state: 'CANCELED' })).rejects.toMatchObject({ code: 'FLINK_JOB_CANCELED' });
});
