import { mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RunError } from '../../src/base/problem.ts';
import type { Source } from '../../src/connectors/connector.ts';
import { FineTimestamp } from '../../src/types/value.ts';
import { DOUBLE, INTEGER, STRING, timestamp } from '../../src/types/sql-type.ts';
import {
  batchOf,
  createContext,
  createSink,
  createSource,
  readAll,
  temporaryFolder,
  valueOf,
  type TableText,
} from './connector-table.ts';

const raw = (path: string, more: Record<string, string> = {}): TableText => ({
  options: { connector: 'filesystem', path, format: 'raw', ...more },
  columns: { line: STRING },
});

async function opened(text: TableText, positions?: ReadonlyMap<string, number>): Promise<Source> {
  const source = createSource(text, createContext());
  if (positions !== undefined) source.restore(positions);
  await source.open();
  return source;
}

async function linesOf(text: string, more: Record<string, string> = {}): Promise<(string | null)[]> {
  const path = join(temporaryFolder(), 'a');
  writeFileSync(path, text);
  return readAll(await opened(raw(path, more)));
}

test('csv records of many sizes are cut as their quotes say', async () => {
  const path = join(temporaryFolder(), 'a');
  const sizes = [1, 3, 900_000, 5_000_000, 2, 1_048_576, 2_500_000, 0];
  const value = (size: number): string => '\n,x'.repeat(Math.ceil(size / 3)).slice(0, size);
  writeFileSync(path, sizes.map((size) => `"${value(size)}"\n`).join(''));
  const text: TableText = { options: { connector: 'filesystem', path, format: 'csv' }, columns: { v: STRING } };
  const records = readAll(await opened(text));
  expect(records.map((record) => record?.length)).toEqual([...sizes.map((size) => size + 2), 3]);
});

describe('lines', () => {
  // Confirmed with Flink 1.20.5.
  test.each([
    ['', ['end']],
    ['a\nb\n', ['a', 'b', 'end']],
    ['a\r\nb', ['a', 'b', 'end']],
    ['a\rb\r\nc\n\r\n', ['a\rb', 'c', '', 'end']],
    ['\n\na', ['', '', 'a', 'end']],
  ])('%j', async (text, lines) => expect(await linesOf(text)).toEqual(lines));

  test('a line of 20 MB and what follows it', async () => {
    const long = 'x'.repeat(20 << 20);
    const lines = await linesOf(`a\n${long}\nb\n`);
    expect(lines.length).toBe(4);
    expect(lines[1] === long).toBe(true);
    expect(lines[2]).toBe('b');
  });

  test('a line without an end is refused before it fills all memory', async () => {
    const path = join(temporaryFolder(), 'a');
    writeFileSync(path, 'a\n');
    truncateSync(path, 300 << 20);
    await expect(opened(raw(path)).then(readAll)).rejects.toThrow(/the line that begins at byte 2 has more than 256 MiB/);
  });

  test('any text, cut into lines', async () => {
    const path = join(temporaryFolder(), 'a');
    const line = fc.stringMatching(/^[^\n\r]*$/);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n'))), line, async (lines, last) => {
        writeFileSync(path, lines.map(([text, end]) => text + end).join('') + last);
        const expected = [...lines.map(([text]) => text), ...(last === '' ? [] : [last])];
        expect(readAll(await opened(raw(path)))).toEqual([...expected.map((text) => Buffer.from(text).toString()), 'end']);
      }),
      { numRuns: 50 },
    );
  });

  test('more lines than fit into one batch', async () => {
    const lines = Array.from({ length: 200_000 }, (_, i) => String(i));
    expect(await linesOf(lines.join('\n'))).toEqual([...lines, 'end']);
  });

  test('a csv value in quotes goes on over lines', async () => {
    const path = join(temporaryFolder(), 'a');
    const read = async (text: string, more: Record<string, string> = {}): Promise<(string | null)[]> => {
      writeFileSync(path, text);
      return readAll(
        await opened({ options: { connector: 'filesystem', path, format: 'csv', ...more }, columns: { a: STRING, b: STRING } }),
      );
    };
    // Confirmed with Flink 1.20.5: quotes count only at the start of a value.
    expect(await read('1,"x\ny"\r\n2, "a\n3,a"b\n4,"q""\n""r"\n5,z')).toEqual([
      '1,"x\ny"',
      '2, "a',
      '3,a"b',
      '4,"q""\n""r"',
      '5,z',
      'end',
    ]);
    expect(await read('1,"x\\"\ny"\n3,x\\\ny\n', { 'csv.escape-character': '\\' })).toEqual(['1,"x\\"\ny"', '3,x\\\ny', 'end']);
    expect(await read('# ",\n1,"x"\n', { 'csv.allow-comments': 'true' })).toEqual([null, '1,"x"', 'end']);
    expect(await read('1,"x\ny"\n', { 'csv.disable-quote-character': 'true' })).toEqual(['1,"x', 'y"', 'end']);
  });
});

describe('files', () => {
  test('nested folders in order; hidden files and folders are left out', async () => {
    const folder = temporaryFolder();
    for (const name of ['sub/deep', '_temporary', '.git']) mkdirSync(join(folder, name), { recursive: true });
    for (const name of ['b', 'a', 'sub/deep/c', '_temporary/x', '.git/x', '.hidden', '_SUCCESS'])
      writeFileSync(join(folder, name), name + '\n');
    expect(readAll(await opened(raw(folder)))).toEqual(['a', 'b', 'sub/deep/c', 'end']);
    expect(readAll(await opened(raw(pathToFileURL(folder).href)))).toEqual(['a', 'b', 'sub/deep/c', 'end']);
  });

  test('a missing path says so when the job starts', async () => {
    const path = join(temporaryFolder(), 'missing');
    const failure = await opened(raw(path)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RunError);
    expect(failure).toMatchObject({ code: 'FILE_READ', message: `cannot read ${path}: there is no such file or folder` });
    expect((failure as RunError).hint).toContain('relative paths start at');
  });

  test('one file is a split at a time', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a'), '1\n');
    writeFileSync(join(folder, 'b'), '2\n');
    const source = await opened(raw(folder));
    expect(source.splits()).toEqual([]);
    source.poll();
    expect(source.splits()).toEqual([join(folder, 'a')]);
    source.poll();
    expect(source.splits()).toEqual([join(folder, 'b')]);
  });

  test('goes on at any line, with the same line numbers', async () => {
    const folder = temporaryFolder();
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    writeFileSync(a, 'one\r\ntwo\nthrée\n');
    writeFileSync(b, 'four\nfive');
    const places: { split: string; position: number; line: number }[] = [];
    const source = await opened(raw(folder));
    for (let records = source.poll(); typeof records === 'object'; records = source.poll()) {
      for (let i = 0; i < records.count; i++)
        places.push({ split: records.split, position: records.positionAfter(i), line: records.offset(i) });
    }
    expect(places.map(({ line }) => line)).toEqual([0, 1, 2, 0, 1]);
    const all = ['one', 'two', 'thrée', 'four', 'five', 'end'];
    const positions = new Map<string, number>();
    for (const [done, { split, position, line }] of places.entries()) {
      positions.set(split, position);
      const again = await opened(raw(folder), new Map(positions));
      const records = again.poll();
      expect(typeof records === 'object' ? [valueOf(records, 0), records.offset(0)] : records).toEqual(
        done === 4 ? 'end' : [all[done + 1], places[done + 1].line],
      );
      expect(line).toBeGreaterThanOrEqual(0);
    }
  });

  test('METADATA columns', async () => {
    const path = join(temporaryFolder(), 'a.txt');
    writeFileSync(path, 'x\n');
    utimesSync(path, 1_700_000_000, 1_700_000_000.5);
    const records = (await opened(raw(path))).poll();
    if (typeof records === 'string') return expect.fail();
    const keys = ['file.path', 'file.name', 'file.size', 'file.modification-time'];
    expect(keys.map((key) => records.metadata?.(key, 0))).toEqual([path, 'a.txt', 2n, 1_700_000_000_500]);
  });

  test('source.monitor-interval finds new files and never ends', async () => {
    const folder = temporaryFolder();
    let now = 0;
    writeFileSync(join(folder, 'a'), '1\n');
    const source = createSource(raw(folder, { 'source.monitor-interval': '1 s' }), createContext({ clock: { now: () => now } }));
    await source.open();
    expect(readAll(source)).toEqual(['1']);
    writeFileSync(join(folder, 'b'), '2\n');
    expect(readAll(source)).toEqual([]);
    now = 1000;
    expect(readAll(source)).toEqual(['2']);
  });

  test('compressed files are refused, not misread', async () => {
    const path = join(temporaryFolder(), 'a.gz');
    writeFileSync(path, '');
    const source = await opened(raw(path));
    expect(() => source.poll()).toThrow('gz files are not supported');
  });
});

describe('sink', () => {
  const columns = { city: STRING, n: INTEGER, t: DOUBLE, at: timestamp(3) };
  const schema = Object.entries(columns).map(([name, type]) => ({ name, type }));
  const rows = [
    ['Budapest, HU', 30, 1.5, 0],
    ['"X"', null, null, new FineTimestamp(0, 0)],
  ] as const;
  const visible = (folder: string): string[] => readdirSync(folder).filter((name) => !name.startsWith('.'));

  test('what is visible is whole: files appear when they are flushed', async () => {
    const path = join(temporaryFolder(), 'out');
    const sink = createSink({ options: { connector: 'filesystem', path, format: 'csv' }, columns }, createContext());
    await sink.open();
    await sink.write(batchOf(schema, rows));
    expect(visible(path)).toEqual([]);
    await sink.flush();
    const [name, ...others] = visible(path);
    expect(others).toEqual([]);
    expect(name).toMatch(/^part-[0-9a-f-]{36}-0-0$/);
    expect(readFileSync(join(path, name), 'utf8')).toBe(
      '"Budapest, HU",30,1.5,"1970-01-01 00:00:00"\n"""X""",,,"1970-01-01 00:00:00"\n',
    );
    await sink.flush();
    await sink.close();
    expect(readdirSync(path).length).toBe(1);
  });

  test('raw cannot write NULL', async () => {
    const sink = createSink(raw(join(temporaryFolder(), 'out')), createContext());
    await sink.open();
    expect(() => sink.write(batchOf([{ name: 'line', type: STRING }], [['a'], [null]]))).toThrow('no way to write NULL');
  });

  test('rolls over by size, and reads back what it wrote', async () => {
    const path = join(temporaryFolder(), 'out');
    const options = { connector: 'filesystem', path, format: 'json', 'sink.rolling-policy.file-size': '100b' };
    const sink = createSink({ options, columns: { n: INTEGER } }, createContext());
    await sink.open();
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    await sink.write(
      batchOf(
        [{ name: 'n', type: INTEGER }],
        numbers.map((n) => [n]),
      ),
    );
    await sink.flush();
    await sink.close();
    expect(visible(path).length).toBeGreaterThan(5);
    const lines = readAll(await opened(raw(path)));
    expect(
      lines
        .slice(0, -1)
        .map((line) => (JSON.parse(line!) as { n: number }).n)
        .sort((a, b) => a - b),
    ).toEqual(numbers);
  });
});

test('print writes one line for each row, blackhole none', async () => {
  let printed = '';
  const context = createContext({ print: (text) => void (printed += text) });
  const schema = [
    { name: 'a', type: STRING },
    { name: 'b', type: DOUBLE },
  ];
  const columns = { a: STRING, b: DOUBLE };
  const batch = batchOf(
    schema,
    [
      ['x', 1],
      [null, 1e-7],
      ['y', null],
      ['z', 2],
    ],
    [0, 1, 2, 3],
  );
  await createSink({ options: { connector: 'print', 'print-identifier': 'p' }, columns }, context).write(batch);
  await createSink({ options: { connector: 'print' }, columns }, context).write(batchOf(schema, [['w', 1e10]]));
  await createSink({ options: { connector: 'blackhole' }, columns }, context).write(batch);
  expect(printed).toBe('p> +I[x, 1.0]\np> -U[null, 1.0E-7]\np> +U[y, null]\np> -D[z, 2.0]\n+I[w, 1.0E10]\n');
});
