import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../../src/base/problem.ts';

export interface ServerCommand {
  /** What the server is called in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The file that takes the server's log. */
  readonly log: string;
  /** The file that takes what the server prints, where it writes its log by itself. */
  readonly output?: string;
  /** What the log says when the server is ready. */
  readonly ready: RegExp;
  readonly timeoutMs: number;
}

const POLL_MS = 100;
const STOP_WITHIN_MS = 20_000;

/** Processes that run: none outlives this one, unless it is killed. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) killTree(child);
});

/** A server in a process of its own, which is ready. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    running.add(child);
    this.#exited = new Promise((resolve) => {
      const gone = (): void => {
        running.delete(child);
        resolve();
      };
      child.once('exit', gone).once('error', gone);
    });
  }

  /** Starts it and waits until it is ready; fails with the end of its log. */
  static async start({
    name,
    command,
    args,
    env,
    cwd,
    log,
    output = log,
    ready,
    timeoutMs,
  }: ServerCommand): Promise<ServerProcess> {
    const loggedBefore = sizeOf(log);
    const printedBefore = sizeOf(output);
    const file = openSync(output, 'a');
    const child = spawn(command, args, { stdio: ['ignore', file, file], env: env ?? process.env, cwd });
    closeSync(file);
    const server = new ServerProcess(child);
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const logged = textFrom(log, loggedBefore);
      if (ready.test(logged)) return server;
      const hasEnded = !running.has(child);
      if (!hasEnded && waitedMs < timeoutMs) {
        await sleep(POLL_MS);
        continue;
      }
      await server.kill();
      const why = hasEnded ? 'has ended' : `is not ready after ${timeoutMs / 1000} s`;
      throw new RunError(
        'SERVER_FAILED',
        `${name} ${why}; its log ends with\n${lastLines(logged || textFrom(output, printedBefore))}`,
      );
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Ends it as a crash would; waits until it is gone. */
  async kill(): Promise<void> {
    killTree(this.#child);
    await this.#exited;
  }

  /** Asks it to end, and waits until it is gone. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => killTree(this.#child), STOP_WITHIN_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** A server's start script may have started others, which do not end with it. */
function killTree(child: ChildProcess): void {
  const descendants = child.pid === undefined ? [] : descendantsOf(child.pid);
  child.kill('SIGKILL');
  for (const pid of descendants) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function descendantsOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = (stdout ?? '')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const parent of found) found.push(...processes.filter(([, ppid]) => ppid === parent).map(([child]) => child));
  return found.slice(1);
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const textFrom = (file: string, start: number): string => (existsSync(file) ? readFileSync(file).toString('utf8', start) : '');
const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-30).join('\n');
