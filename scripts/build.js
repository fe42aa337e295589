// Builds dist/ anew: JavaScript and types of src/, and nothing left over from before.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.build.json')], {
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);

const vite = join(root, 'node_modules/vite/bin/vite.js');
const page = spawnSync(
  process.execPath,
  [vite, 'build', join(root, 'dashboard'), '--outDir', join(dist, 'dashboard'), '--logLevel', 'warn'],
  { stdio: ['ignore', 2, 2] },
);
if (page.status !== 0) process.exit(page.status ?? 1);

// The compiler turns the .ts of imports into .js in what it emits as code, but not in the types.
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.d.ts')) continue;
  const file = join(dist, name);
  writeFileSync(file, readFileSync(file, 'utf8').replace(/(from |import\()'(\.[^']*)\.ts'/g, "$1'$2.js'"));
}
