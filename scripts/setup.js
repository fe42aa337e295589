// Installs what package-lock.json says, where that has not been done yet. Plain JavaScript for Node 18 and newer: it runs before
// anything is installed. Used by the npm scripts and by bin/isobar.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What node_modules was installed by: hash, size and time of the lock file. Or INSTALLING and the number of the process at work. */
const STAMP = '.isobar-setup';
const INSTALLING = 'installing ';
/** After so long the number of a process says nothing any more: the machine may have given it to another one. */
const LONGEST_INSTALLATION_MS = 600_000;
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const isWindows = process.platform === 'win32';

/** The Node that the lock file names. */
export function pinnedNode(root) {
  return join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');
}

/**
 * Installs the dependencies unless node_modules is what the lock file says; ends the process when that fails. npm does not mend
 * what an interrupted npm has left, so that is removed first.
 */
export async function ensureInstalled(root) {
  const lock = join(root, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  // By size and time bin/isobar tells, without reading the file, that it is still the same.
  const { size, mtimeMs } = statSync(lock);
  const wanted = `${hash} ${size} ${mtimeMs}`;
  const modules = join(root, 'node_modules');
  const stamp = join(modules, STAMP);
  await othersAreDone(stamp);
  const found = readStamp(stamp);
  if (found.startsWith(hash) && existsSync(pinnedNode(root))) {
    if (found !== wanted) writeFileSync(stamp, wanted);
    return;
  }

  const wasInterrupted = found.startsWith(INSTALLING);
  mkdirSync(modules, { recursive: true });
  const claim = (pid) => writeFileSync(stamp, `${INSTALLING}${pid}`);
  claim(process.pid);
  if (wasInterrupted) {
    process.stderr.write('isobar: the last installation was interrupted: removing what it left in node_modules\n');
    // All but the stamp, which must outlive an interruption of this, too.
    for (const name of readdirSync(modules)) if (name !== STAMP) rmSync(join(modules, name), { recursive: true, force: true });
  }
  // A command that fails by itself has put back what was there.
  const unclaim = () => (wasInterrupted || found === '' ? rmSync(stamp, { force: true }) : writeFileSync(stamp, found));

  process.stderr.write('isobar: installing dependencies (once, about a minute)\n');
  // Not `npm ci`, which would take away the packages of a folder that is nearly right. Installed versions are those of the lock file.
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], root, claim, unclaim);
  // Where npm is told to run no scripts of packages, the pinned Node's own one is still needed.
  if (!existsSync(pinnedNode(root)))
    await run(process.execPath, ['installArchSpecificPackage'], join(modules, 'node'), claim, unclaim);
  writeFileSync(stamp, wanted);
}

const readStamp = (stamp) => (existsSync(stamp) ? readFileSync(stamp, 'utf8') : '');

async function othersAreDone(stamp) {
  const pid = installerOf(stamp);
  if (pid === undefined) return;
  process.stderr.write(`isobar: waiting for process ${pid}, which is installing the dependencies\n`);
  while (installerOf(stamp) !== undefined) await delay(200);
}

/** The process that is installing, by the stamp: not this one, nor one that has ended. */
function installerOf(stamp) {
  const found = readStamp(stamp);
  const pid = Number(found.slice(INSTALLING.length));
  if (!found.startsWith(INSTALLING) || pid === process.pid) return undefined;
  try {
    if (Date.now() - statSync(stamp).mtimeMs > LONGEST_INSTALLATION_MS) return undefined;
    process.kill(pid, 0);
    return pid;
  } catch (error) {
    return error.code === 'EPERM' ? pid : undefined;
  }
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

/**
 * Runs a command; ends the process when it fails. `onStart` gets its process number; `onFailure` is called when it fails by itself
 * rather than by a signal. A signal to this process ends the command first. In a group of its own the command can be ended at once
 * and with all that it has started: npm would otherwise go on for ten seconds, changing node_modules while it is used again.
 */
function run(command, args, cwd, onStart = () => {}, onFailure = () => {}) {
  return new Promise((done) => {
    // What npm prints goes to stderr: stdout belongs to the command that follows.
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2], shell: isWindows, detached: !isWindows });
    if (child.pid !== undefined) onStart(child.pid);
    let stopping;
    const stop = (signal) => {
      stopping = signal;
      try {
        process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    };
    for (const signal of STOPPING) process.on(signal, stop);
    const fail = (what, hint) => {
      process.stderr.write(`error[SETUP_FAILED]: ${command} ${args.join(' ')}: ${what}\nhint: ${hint}\n`);
      process.exit(1);
    };
    child.on('error', (error) => {
      onFailure();
      fail(error.message, `Is ${command} installed?`);
    });
    child.on('exit', (code, endedBy) => {
      for (const signal of STOPPING) process.off(signal, stop);
      if (stopping !== undefined) return process.kill(process.pid, stopping);
      if (code === 0) return done();
      if (endedBy !== null) fail(`ended by ${endedBy}`, 'Start again: what is half done is then done anew.');
      onFailure();
      fail(`exit status ${code}`, 'See the messages above.');
    });
  });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
  await ensureInstalled(root);
  if (process.argv.includes('--dashboard')) await ensureDashboard(root);
}
