/**
 * A case: a job, its input and what comes of it, in one readable file.
 *
 *     # What it shows. Confirmed by Flink 1.20.5.
 *     -- sql
 *     CREATE TABLE …;
 *     INSERT INTO …;
 *     -- input weather
 *     {"client":"a","ts":"2024-01-01 00:00:10"}
 *     -- expect
 *     +I[a, 2024-01-01T00:00, 10.0]
 *
 * Sections:
 * - `-- sql`: the file. `${DIR}` is a folder of the case's own.
 * - `-- input NAME`: the lines of `${DIR}/NAME/data.txt`.
 * - `-- topic NAME [keyed] [timed] [partitions=N]`: the records of a local topic. `timed` lines begin with `@MILLISECONDS `, `keyed`
 *   ones hold `KEY => VALUE` (without ` => VALUE`, a tombstone), and with partitions they begin with `PARTITION: `.
 * - `-- expect`: all of stdout. `-- expect topic NAME [keyed]`: what a local topic holds; `-- expect index NAME`: `ID DOCUMENT` of each
 *   document in a local index, in order of ids.
 * - `-- error`: what `check` (or, for a job that fails while it runs, `run`) shows.
 * - `-- malformed`: `TABLE COUNT` for each source with malformed records, then `late COUNT` if rows were late.
 *
 * A line that begins with `--` within a section is written `\--`.
 */
export interface CaseFile {
  readonly comment: string;
  readonly sections: readonly CaseSection[];
}

export interface CaseSection {
  /** `sql`, `input`, `topic`, `expect`, `error` or `malformed`. */
  readonly kind: string;
  /** What stands behind the kind. */
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

const KINDS = new Set(['sql', 'input', 'topic', 'expect', 'error', 'malformed']);

export function parseCaseFile(text: string): CaseFile {
  const comment: string[] = [];
  const sections: { kind: string; words: string[]; lines: string[] }[] = [];
  const lines = text.replace(/\n$/, '').split('\n');
  for (const line of lines) {
    const header = /^-- (\w+)((?: \S+)*)$/.exec(line);
    if (header && KINDS.has(header[1])) sections.push({ kind: header[1], words: header[2].split(' ').slice(1), lines: [] });
    else if (sections.length > 0) (sections.at(-1) as CaseSection & { lines: string[] }).lines.push(line.replace(/^\\--/, '--'));
    else comment.push(line);
  }
  return { comment: comment.join('\n'), sections };
}

export function formatCaseFile({ comment, sections }: CaseFile): string {
  const parts = sections.map(({ kind, words, lines }) => {
    const escaped = lines.map((line) => (line.startsWith('--') && kind !== 'sql' ? `\\${line}` : line));
    return [`-- ${[kind, ...words].join(' ')}`, ...escaped].join('\n');
  });
  return [...(comment === '' ? [] : [comment]), ...parts].join('\n') + '\n';
}
