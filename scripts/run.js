// Runs a script of the checkout on the pinned Node, once the dependencies are installed: node scripts/run.js SCRIPT [ARGUMENT…].
// A shell remembers where it has found `node`: in `node scripts/setup.js && node SCRIPT` both would be the one on the machine.
import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, pinnedNode } from './setup.js';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
await ensureInstalled(root);
const child = spawn(pinnedNode(root), process.argv.slice(2), { stdio: 'inherit' });
// A terminal's Ctrl-C reaches the script by itself, what others send does not.
process.on('SIGINT', () => setTimeout(() => child.kill('SIGINT'), 200));
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(error);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
