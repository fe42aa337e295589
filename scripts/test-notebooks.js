// Executes the notebooks as a user would: the packed package, tslab and Jupyter in an empty folder, on data generated anew; and
// compares what they show with what was generated. Needs Python 3.
// node scripts/test-notebooks.js [--update]   --update: also puts the executed notebooks, with their output, into notebooks/.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { ensureInstalled, pinnedNode } from './setup.js';

const MESSAGES = 20_000;
const NOTEBOOKS = ['cities', 'weather'];

const root = resolve(import.meta.dirname, '..');
await ensureInstalled(root);
const node = pinnedNode(root);
const folder = mkdtempSync(join(tmpdir(), 'isobar-notebooks-'));
try {
  const python = installJupyter();
  install();
  const { averages, messages } = generate();
  const [cities, weather] = NOTEBOOKS.map((name) => execute(name, python));
  checkCities(cities, averages);
  checkWeather(weather, messages);
  if (process.argv.includes('--update'))
    for (const name of NOTEBOOKS) copyFileSync(join(folder, `${name}.ipynb`), join(root, 'notebooks', `${name}.ipynb`));
  console.log(`the notebooks ${NOTEBOOKS.join(' and ')} show what was generated`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Jupyter in a virtual environment, made once for all checkouts; answers its Python. */
function installJupyter() {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'isobar');
  const environment = join(cache, 'jupyter-7.17.2');
  if (!existsSync(environment)) {
    console.log('installing Jupyter (once)');
    const made = join(cache, `jupyter-${process.pid}`);
    mkdirSync(cache, { recursive: true });
    rmSync(made, { recursive: true, force: true });
    run('python3', ['-m', 'venv', made], cache);
    run(join(made, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', 'nbconvert==7.17.2', 'ipykernel'], cache);
    renameSync(made, environment);
  }
  // Scripts of an environment name the folder it was made in: modules do not.
  return join(environment, 'bin', 'python');
}

/** The package as it would be published, and what notebooks/package.json names beside it. */
function install() {
  const [packed] = Object.values(JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root)));
  const manifest = JSON.parse(readFileSync(join(root, 'notebooks', 'package.json'), 'utf8'));
  manifest.dependencies.isobar = `file:./${packed.filename}`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  const kernel = join(folder, 'kernels', 'tslab');
  mkdirSync(kernel, { recursive: true });
  const argv = [node, join(folder, 'node_modules/tslab/bin/tslab'), 'kernel', '--config-path', '{connection_file}'];
  writeFileSync(join(kernel, 'kernel.json'), JSON.stringify({ argv, display_name: 'TypeScript', language: 'typescript' }));
}

/** Fills a store with both systems' messages, and the cities pipeline's answers; tells what they must be. */
function generate() {
  const isobar = (...args) => run(node, [join(folder, 'node_modules/isobar/bin/isobar'), ...args, '--store', 'notebook.db']);
  isobar('generate', 'cities', '--count', String(MESSAGES), '--fast', '--malformed', '0.01');
  isobar('generate', 'weather', '--count', '3000', '--fast');
  isobar('run', join(root, 'pipelines/cities.sql'), '--local', '--stop-after', String(MESSAGES));
  const lines = isobar('topics', 'tail', 'input', '--from', 'earliest', '-n', String(MESSAGES)).trimEnd().split('\n');
  strictEqual(lines.length, MESSAGES);
  const readings = new Map();
  for (const line of lines) {
    const match = /^\s*([^,]*[^,\s])\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(line);
    if (match !== null) readings.set(match[1], [...(readings.get(match[1]) ?? []), Number(match[2])]);
  }
  const averages = new Map([...readings].map(([city, values]) => [city, { average: mean(values), count: values.length }]));
  return { averages, messages: 3000 };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Runs a notebook; answers the outputs of its cells. */
function execute(name, python) {
  copyFileSync(join(root, 'notebooks', `${name}.ipynb`), join(folder, `${name}.ipynb`));
  run(python, ['-m', 'nbconvert', '--to', 'notebook', '--execute', '--inplace', '--log-level=ERROR', `${name}.ipynb`]);
  const { cells } = JSON.parse(readFileSync(join(folder, `${name}.ipynb`), 'utf8'));
  const outputs = cells.flatMap(({ outputs: list = [] }) => list);
  const text = (type) => outputs.flatMap(({ data }) => (data?.[type] ? [[data[type]].flat().join('')] : []));
  return {
    pictures: text('image/svg+xml'),
    tables: text('text/html').map((html) =>
      [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, line]) =>
        [...line.matchAll(/<t[hd]>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
      ),
    ),
  };
}

function checkCities({ pictures, tables }, averages) {
  const [[, ...rows]] = tables;
  strictEqual(rows.length, averages.size);
  for (const [city, shown, count] of rows) {
    const { average, count: expected } = averages.get(city);
    ok(Math.abs(Number(shown) - average) <= 0.005 + 1e-9, `${city}: the notebook shows ${shown}, the average is ${average}`);
    strictEqual(Number(count), expected);
    ok(pictures[0].includes(`>${city}<`), `${city} is missing in the picture`);
  }
  strictEqual(pictures.length, 2);
}

function checkWeather({ pictures, tables }, messages) {
  const [[, ...rows]] = tables;
  deepStrictEqual(rows.map(([device]) => device), ['device1', 'device2', 'device3']); // prettier-ignore
  strictEqual(rows.reduce((sum, [, , count]) => sum + Number(count), 0), messages); // prettier-ignore
  strictEqual(pictures.length, 2);
  for (const picture of pictures) ok(/<path d="M/.test(picture), 'there is no line in the picture');
}

/** Answers stdout; stderr goes to the terminal. */
function run(command, args, cwd = folder) {
  const env = { ...process.env, JUPYTER_PATH: folder, ISOBAR_STORE: join(folder, 'notebook.db') };
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    maxBuffer: 1 << 28,
  });
}
