import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A Node process that does not outlive this one. Both of its outputs must be read. */
export function spawnNode(args: readonly string[], env = process.env): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const end = (): void => void child.kill('SIGKILL');
  // Before the folder goes that it writes to.
  process.prependListener('exit', end);
  child.on('close', () => process.off('exit', end));
  return child;
}
