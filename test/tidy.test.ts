// The rules of the house that no compiler checks. Each says in its message what to do.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../src/cli/main.ts';

/** Who may import whom. `(name)` stands for types only. compile and run meet only in plan. */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  base: '',
  types: 'base',
  functions: 'base types',
  formats: 'base types (connectors)',
  connectors: 'base types formats',
  plan: 'base types (functions) (connectors)',
  compile: 'base types functions formats connectors plan',
  run: 'base types functions formats connectors plan',
  flink: 'base compile plan',
  api: 'base types formats connectors compile run',
  kibana: 'base',
  generators: 'base types formats connectors',
  server: 'base types functions formats connectors plan compile run',
  cli: 'base types functions formats connectors plan compile run flink generators server kibana',
  'index.ts': 'base run api',
};

/** Only these folders may use the package: the rest of the system does not know it. */
const PACKAGE_USED_IN: Readonly<Record<string, string>> = {
  commander: 'cli',
  '@platformatic/kafka': 'connectors',
  undici: 'connectors',
  hono: 'server',
  '@hono/node-server': 'server',
};

/** Files that hold several things of equal rank, or are their folder's list or entry, so that no export gives its name to the file. */
const NAMED_FOR_THE_SUBJECT = new Set(
  'accumulating ast changes diagnostics index java-math java-number json-values keywords lexer main positions quantities record-batch-layout registry sink-conversion table-reference text-bytes variance'.split(
    ' ',
  ),
);

const root = resolve(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const notOurs = new Set([
  '.git',
  ...read('.gitignore')
    .split('\n')
    .map((line) => line.replace(/\/$/, '')),
]);
const files = listFiles('.');
const sources = files.filter((file) => file.startsWith('src/'));
const manifest = JSON.parse(read('package.json')) as { scripts: object; dependencies?: Record<string, string> };
const dependencies = Object.entries(manifest.dependencies ?? {});

describe('source files', () => {
  test('import only what the table allows', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((found) => !isAllowed(file, found))
        .map(({ path }) => `${file} imports ${path}`),
    );
    expect(wrong, 'move the code, or pass the thing in; widen MAY_IMPORT only with a reason in ARCHITECTURE.md').toEqual([]);
  });

  test('have at most 500 lines, comments aside', () => {
    const isCode = (line: string) => !/^\s*(\/\/|\/?\*|$)/.test(line);
    const wrong = sources.filter((file) => read(file).split('\n').filter(isCode).length > 500);
    expect(wrong, 'one concept, one file: split these').toEqual([]);
  });

  test('have names in kebab-case', () => {
    const wrong = sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(baseName(file)));
    expect(wrong, 'rename these').toEqual([]);
  });

  test('are named after what they export', () => {
    // A thread's file exports nothing.
    const isThread = (file: string): boolean => file.endsWith('-worker.ts');
    const wrong = sources.filter(
      (file) => !NAMED_FOR_THE_SUBJECT.has(baseName(file)) && !isThread(file) && !isNamedAfterAnExport(file),
    );
    expect(wrong, 'rename the file or the export, or say in NAMED_FOR_THE_SUBJECT that it has several of equal rank').toEqual([]);
  });

  test('say what they are: no utils, helpers or managers', () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc)\.ts$|(class|interface|type) \w*(Manager|Helper|Util)s?\b/;
    expect(
      sources.filter((file) => vague.test(file) || vague.test(read(file))),
      'name the concept',
    ).toEqual([]);
  });

  test('throw no bare Error', () => {
    expect(linesWith(/\bthrow new (Type)?Error\(/), 'a bug is an assert, the rest a ProblemsError or RunError').toEqual([]);
  });

  test('leave nothing for later', () => {
    expect(linesWith(/\b(TODO|FIXME|HACK)\b/), 'do it, or refuse it with a clear error').toEqual([]);
  });

  test('read the time only from the clock that is passed in', () => {
    const wrong = linesWith(/\bDate\.now\(|\bnew Date\(\)|\bDate\(\)/).filter((line) => !line.startsWith('src/base/clock.ts'));
    expect(wrong, 'take a Clock, so that a job can be simulated').toEqual([]);
  });

  test('keep no variables outside functions', () => {
    // With a decoder's cursor in a module-level variable, V8's optimiser silently misread a few records in millions.
    const wrong = linesWith(/^(export )?(let|var) /).filter((line) => !/-code\.ts:/.test(line));
    expect(wrong, 'make it a local variable or a field').toEqual([]);
  });

  test('the public API has at most 15 names', () => {
    const names = [...read('src/index.ts').matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) =>
      list.split(',').filter((name) => name.trim()),
    );
    expect(names.length, 'src/index.ts should export some names, as `export { … } from`').toBeGreaterThan(0);
    expect(names.length, 'what must users really have?').toBeLessThanOrEqual(15);
  });
});

describe('documents', () => {
  test('ARCHITECTURE.md has at most 300 lines and a reason for each runtime dependency', () => {
    const text = read('ARCHITECTURE.md');
    expect(text.split('\n').length, 'shorten ARCHITECTURE.md').toBeLessThanOrEqual(301);
    const unexplained = dependencies.map(([name]) => name).filter((name) => !text.includes(`\`${name}\``));
    expect(unexplained, 'say in ARCHITECTURE.md why it is needed').toEqual([]);
  });

  test.each(['README.md', 'CONTRIBUTING.md', 'examples/README.md', 'docs/api.md'])(
    '%s names commands, options, scripts and files that exist',
    (document) => {
      const text = read(document);
      const wrong = [
        ...commandsIn(text).flatMap(unknownInCommand),
        ...[...text.matchAll(/\bnpm run ([\w:-]+)/g)].filter(([, script]) => !(script in manifest.scripts)).map(([all]) => all),
        ...[...text.matchAll(/\]\(([\w./-]+)\)/g)]
          .filter(([, path]) => !existsSync(join(root, dirname(document), path)))
          .map(([, path]) => path),
      ];
      expect(wrong, `correct ${document}`).toEqual([]);
    },
  );
});

describe('the package', () => {
  test('has exact runtime dependencies, each used, and only in its folder', () => {
    const loose = dependencies.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose, 'pin the version').toEqual([]);
    const used = new Set(sources.flatMap((file) => importsOf(file).map(({ path }) => packageOf(path))));
    expect(
      dependencies.filter(([name]) => !used.has(name)),
      'remove it from package.json',
    ).toEqual([]);
  });

  test('has a lock file for every platform that names no registry', () => {
    type Entry = { resolved?: string; optionalDependencies?: Record<string, string> };
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> };
    expect(
      Object.keys(packages).filter((path) => packages[path].resolved),
      'keep omit-lockfile-registry-resolved in .npmrc',
    ).toEqual([]);
    const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    const missing = optional.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing, 'run node scripts/complete-lock-file.js').toEqual([]);
  });

  test('names no machine and no registry host', () => {
    const machine = /(^|[\s"'`(=:])\/(work|root|Users|home\/\w+)\/|registry\.npm|npmjs\.(org|com)\/|_authToken/;
    const texts = files.filter((file) => !/\.(jsonl|png|svg|ico|gif|bin)$/.test(file) && file !== 'test/tidy.test.ts');
    expect(
      texts.filter((file) => machine.test(read(file))),
      'use relative paths, and names of packages without a host',
    ).toEqual([]);
  });
});

/** The project's files as paths from its root; what .gitignore names at the root is left out. */
function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (notOurs.has(entry.name) || entry.name.endsWith('.tgz')) return [];
    return entry.isDirectory() ? listFiles(path) : [path];
  });
}

const baseName = (file: string) => file.slice(file.lastIndexOf('/') + 1, file.lastIndexOf('.'));

function linesWith(pattern: RegExp): string[] {
  return sources.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
}

interface Import {
  readonly path: string;
  readonly typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = read(file);
  const statements = [...text.matchAll(/^(?:import|export) (type )?(?:[\w*{][^;'"]*? from )?'([^']+)';/gm)];
  const dynamic = [...text.matchAll(/\bimport\('([^']+)'\)(\.[A-Z])?/g)];
  return [
    ...statements.map(([, type, path]) => ({ path, typesOnly: type !== undefined })),
    ...dynamic.map(([, path, member]) => ({ path, typesOnly: member !== undefined })),
  ];
}

function isAllowed(file: string, { path, typesOnly }: Import): boolean {
  const folder = file.split('/')[1];
  if (path.startsWith('node:')) return true;
  if (!path.startsWith('.')) return PACKAGE_USED_IN[packageOf(path)] === folder;
  const target = relative('src', join(dirname(file), path)).split('/')[0];
  if (target === folder || target === '..') return target === folder;
  const allowed = MAY_IMPORT[folder]?.split(' ') ?? [];
  return allowed.includes(target) || (typesOnly && allowed.includes(`(${target})`));
}

const packageOf = (path: string) => path.split('/', path.startsWith('@') ? 2 : 1).join('/');

/** `expression-binder.ts` exports a `bindExpression`, `java-number.ts` a `formatJavaDouble`: a word in common, whatever its ending. */
function isNamedAfterAnExport(file: string): boolean {
  const wordsOf = (name: string) =>
    name
      .replace(/([a-z0-9])(?=[A-Z])/g, '$1-')
      .toLowerCase()
      .split(/[-_]/);
  const exports = /^export (?:default |abstract |async )*(?:function\*?|class|const|interface|type) (\w+)/gm;
  const exported = [...read(file).matchAll(exports)].flatMap(([, symbol]) => wordsOf(symbol));
  const alike = (a: string, b: string) => a.slice(0, 4) === b.slice(0, 4);
  const ownWords = wordsOf(baseName(file));
  return ownWords.some((own) => exported.some((other) => alike(own, other)));
}

/** Lines of code blocks and pieces of inline code that call `isobar`. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/^( *)```\w*\n([^]*?)^\1```/gm)].flatMap(([, , block]) => block.split('\n'));
  const inline = [...text.replace(/^( *)```[^]*?^\1```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);
  return [...blocks, ...inline].flatMap((line) => /^(?:\$ )?(?:npx |bin\/|\.\/bin\/)?isobar (.*)$/.exec(line.trim())?.[1] ?? []);
}

function unknownInCommand(line: string): string[] {
  let command: Command = createProgram();
  const words = line
    .replace(/\s+#.*$/, '')
    .split(/[\s|[\]]+/)
    .filter((word) => word !== '');
  while (command.commands.length > 0 && /^[a-z]/.test(words[0] ?? '')) {
    const next = command.commands.find((candidate) => candidate.name() === words[0]);
    if (next === undefined) return [`isobar ${line}: no command ${words[0]}`];
    command = next;
    words.shift();
  }
  const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0]);
  const known = (flag: string) =>
    /^(--help|-h|--version|-V)$/.test(flag) || command.options.some(({ short, long }) => flag === short || flag === long);
  return flags.filter((flag) => !known(flag)).map((flag) => `isobar ${line}: no option ${flag}`);
}
