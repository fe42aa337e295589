import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError } from '../src/base/problem.ts';
import { spawnNode } from './spawn-node.ts';

/** CPU time of all threads, of user and system, and the largest resident set. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMemoryMB: number;
}

export interface Measurement extends Usage {
  readonly seconds: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in a Node process of its own, from start to exit, and answers what it took. `folder` takes a small file. */
export async function measure(folder: string, script: string, ...args: readonly string[]): Promise<Measurement> {
  const usageFile = join(folder, 'usage.json');
  const hook = new URL('report-usage.js', import.meta.url).href;
  const started = performance.now();
  const child = spawnNode(['--import', hook, fileURLToPath(new URL(script, import.meta.url)), ...args], {
    ...process.env,
    ISOBAR_BENCH_USAGE: usageFile,
  });
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    process.stderr.write(text);
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new RunError('BENCH_FAILED', `${script} ${args.join(' ')} ended with status ${String(status)}`);
  return { seconds, stdout, stderr, ...(JSON.parse(readFileSync(usageFile, 'utf8')) as Usage) };
}
