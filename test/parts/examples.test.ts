import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isobar-examples-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The lines of a text in some order that does not depend on theirs: rows of different keys have none. */
const sortedLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();

test.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.sql')))(
  'examples/%s answers as real Flink did',
  async (name) => {
    const store = join(folder, `${name}.db`);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(root, 'bin/isobar'), 'run', `examples/${name}`, '--store', store],
      { cwd: root, maxBuffer: 1 << 26 },
    );
    const expected = readFileSync(join(root, 'test/examples', name.replace(/\.sql$/, '.expect')), 'utf8');
    expect(sortedLines(stdout)).toEqual(sortedLines(expected));
  },
);
