// Installs what package-lock.json says, where that has not been done yet. Plain JavaScript for Node 18 and newer: it runs before
// anything is installed. Used by the npm scripts and by bin/isobar.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The Node that the lock file names. */
export function pinnedNode(root) {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Installs the dependencies unless node_modules is what the lock file says; ends the process when that fails. */
export async function ensureInstalled(root) {
  const lock = join(root, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  // By size and time bin/isobar tells, without reading the file, that it is still the same.
  const { size, mtimeMs } = statSync(lock);
  const wanted = `${hash} ${size} ${mtimeMs}`;
  const stamp = join(root, 'node_modules', '.isobar-setup');
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (found.startsWith(hash) && existsSync(pinnedNode(root))) {
    if (found !== wanted) writeFileSync(stamp, wanted);
    return;
  }

  process.stderr.write('isobar: installing dependencies (once, about a minute)\n');
  // Not `npm ci`, which would take away the packages of a folder that is nearly right. Installed versions are those of the lock file.
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], root);
  // Where npm is told to run no scripts of packages, the pinned Node's own one is still needed.
  if (!existsSync(pinnedNode(root)))
    await run(process.execPath, ['installArchSpecificPackage'], join(root, 'node_modules', 'node'));
  writeFileSync(stamp, wanted);
}

/** Builds the dashboard's page in a checkout unless it is newer than what it is made of. */
export async function ensureDashboard(root) {
  const folder = join(root, 'dashboard');
  const page = join(folder, 'dist', 'index.html');
  const sources = [
    'index.html',
    'vite.config.ts',
    ...readdirSync(join(folder, 'src'), { recursive: true }).map((name) => join('src', name)),
  ];
  const changedAt = Math.max(...sources.map((name) => statSync(join(folder, name)).mtimeMs));
  if (existsSync(page) && statSync(page).mtimeMs > changedAt) return;
  process.stderr.write('isobar: building the dashboard (a few seconds)\n');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await run(pinnedNode(root), [vite, 'build', folder, '--logLevel', 'warn'], root);
}

function run(command, args, cwd) {
  return new Promise((done) => {
    // What npm prints goes to stderr: stdout belongs to the command that follows.
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    const fail = (what) => {
      process.stderr.write(`error[SETUP_FAILED]: ${command} ${args.join(' ')}: ${what}\nhint: See npm's messages above\n`);
      process.exit(1);
    };
    child.on('error', (error) => fail(error.message));
    child.on('exit', (code) => (code === 0 ? done() : fail(`exit status ${code}`)));
  });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  await ensureInstalled(root);
  if (process.argv.includes('--dashboard')) await ensureDashboard(root);
}
