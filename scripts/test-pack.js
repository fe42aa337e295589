// Packs the package, installs it into an empty folder as a user would, and uses it there: the command, the API and its types.
// node scripts/test-pack.js [NODE]   NODE: the Node to use it with, otherwise the pinned one.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { strictEqual, deepStrictEqual } from 'node:assert';
import { ensureInstalled, pinnedNode } from './setup.js';

const root = resolve(import.meta.dirname, '..');
await ensureInstalled(root);
const node = resolve(process.argv[2] ?? pinnedNode(root));
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
const folder = mkdtempSync(join(tmpdir(), 'isobar-pack-'));
try {
  const tarball = pack();
  await lint(tarball);
  useInstalled(tarball);
  console.log(`the package isobar ${version} works on Node ${run(node, ['--version']).trim()}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Packs into the folder, and checks that the package holds only what a user needs. */
function pack() {
  const [packed] = Object.values(JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root)));
  const allowed =
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|bin\/|examples\/|pipelines\/|dist\/.*\.(js|d\.ts)$|dist\/dashboard\/(index\.html|icon\.svg|assets\/.*\.css)$)/;
  deepStrictEqual(packed.files.map(({ path }) => path).filter((path) => !allowed.test(path)), [], 'files that do not belong in the package'); // prettier-ignore
  return join(folder, packed.filename);
}

async function lint(tarball) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { messages, pkg } = await publint({ pack: { tarball: readFileSync(tarball).buffer }, strict: true });
  deepStrictEqual(messages.map((message) => formatMessage(message, pkg)), [], 'publint has complaints'); // prettier-ignore
}

function useInstalled(tarball) {
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', tarball], home);
  const isobar = join(home, 'node_modules/isobar/bin/isobar');

  strictEqual(run(node, [isobar, '--version'], home).trim(), version);

  writeFileSync(join(home, 'in.jsonl'), '{"n": 1}\n{"n": 2}\n{"n": 39}\n');
  writeFileSync(
    join(home, 'sum.sql'),
    `CREATE TABLE numbers (n INT) WITH ('connector' = 'filesystem', 'path' = 'in.jsonl', 'format' = 'json');
     CREATE TABLE total (n INT) WITH ('connector' = 'print');
     INSERT INTO total SELECT n + 1 FROM numbers WHERE n > 1;`,
  );
  strictEqual(run(node, [isobar, 'run', 'sum.sql'], home), '+I[3]\n+I[40]\n');

  writeFileSync(join(home, 'use.ts'), `import * as isobar from 'isobar';\nconsole.log(Object.keys(isobar).length > 0);\n`);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  run(pinnedNode(root), [compiler, '--strict', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), 'use.ts'], home); // prettier-ignore
  strictEqual(run(node, ['use.js'], home), 'true\n');
}

/** Answers stdout; stderr goes to the terminal. */
function run(command, args, cwd = folder) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 120_000 });
  } catch (error) {
    console.error(error.stdout);
    throw error;
  }
}
