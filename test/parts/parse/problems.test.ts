import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderProblem } from '../../../src/base/problem.ts';
import { parse } from '../../../src/compile/parse/parse.ts';

/**
 * problems.txt holds mistakes, each with all that a user sees of it, and with the statements that are understood all the same.
 * To add one, write its SQL between two lines `-- sql` and `-- problems`; `npx vitest run -u` writes the rest.
 */
test('each mistake gives the problem that problems.txt shows', async () => {
  const file = join(import.meta.dirname, 'problems.txt');
  const blocks = readFileSync(file, 'utf8')
    .split(/^-- sql\n/m)
    .slice(1);
  const shown = blocks.map((block) => {
    const [text] = block.split(/\n-- problems\n/);
    const source = { name: 'q.sql', text };
    const { script, problems } = parse(source);
    const kinds = script.statements.map(({ kind }) => kind).join(', ');
    const rendered = problems.map((problem) => renderProblem(problem, source)).join('\n');
    return `-- sql\n${text}\n-- problems\n${rendered}\n-- understood: ${kinds || 'nothing'}\n`;
  });
  await expect(shown.join('\n')).toMatchFileSnapshot(file);
});
