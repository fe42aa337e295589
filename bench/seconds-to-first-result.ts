import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/problem.ts';
import { gaugeOf, type OutputPlace } from './output-place.ts';
import { spawnNode } from './spawn-node.ts';

const ISOBAR = fileURLToPath(new URL('../bin/isobar', import.meta.url));
const POLL_MS = 10;
const GIVE_UP_MS = 120_000;

/** Starts `isobar ARGS`, answers how long it took until the first of its outputs held something, and stops it. */
export async function secondsToFirstResult(outputs: readonly OutputPlace[], args: readonly string[]): Promise<number> {
  const gauges = outputs.map(gaugeOf);
  try {
    // Connections are there before the clock starts.
    await Promise.all(gauges.map((gauge) => gauge.count()));
    const started = performance.now();
    const child = spawnNode([ISOBAR, ...args]);
    child.stdout.resume();
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    for (;;) {
      const counts = await Promise.all(gauges.map((gauge) => gauge.count()));
      const seconds = (performance.now() - started) / 1000;
      if (counts.some((count) => count > 0)) {
        child.kill('SIGTERM');
        await ended;
        return seconds;
      }
      if (seconds > GIVE_UP_MS / 1000 || (child.exitCode ?? 0) !== 0) {
        child.kill('SIGKILL');
        throw new RunError('BENCH_FAILED', `isobar ${args.join(' ')} gave no result:\n${said}`);
      }
      await sleep(POLL_MS);
    }
  } finally {
    await Promise.all(gauges.map((gauge) => gauge.close()));
  }
}
