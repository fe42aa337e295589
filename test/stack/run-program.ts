import { spawn } from 'node:child_process';

/** Runs a program to its end and answers its stdout; a failure shows the last of what it said. */
export async function runProgram(program: string, args: readonly string[], options: { cwd?: string } = {}): Promise<string> {
  const child = spawn(program, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => ((out += text), (said += text)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new Error(error.code === 'ENOENT' ? `${program} is not installed` : `cannot run ${program}: ${error.message}`)),
    );
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${status}:\n${said.slice(-3000)}`);
  return out;
}
