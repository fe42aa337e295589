import { Command } from 'commander';
import type { SourceText } from '../base/place.ts';
import { addCompileFlags, type CompileFlags } from './job-flags.ts';

interface CheckFlags extends CompileFlags {
  readonly json?: boolean;
}

export function checkCommand(): Command {
  return addCompileFlags(
    new Command('check')
      .description('show every mistake of the files, each with its place')
      .argument('<file...>', 'Flink SQL files'),
  )
    .option('--json', 'print the mistakes as JSON on stdout')
    .addHelpText(
      'after',
      `
Examples:
  isobar check pipelines/weather.sql
  isobar check pipelines/*.sql --json`,
    )
    .action(check);
}

async function check(files: readonly string[], flags: CheckFlags): Promise<void> {
  const [{ compileFile }, { ProblemsError }, { lineAndColumn }, { reportFailure, say }] = await Promise.all([
    import('./compile-file.ts'),
    import('../base/problem.ts'),
    import('../base/place.ts'),
    import('./diagnostics.ts'),
  ]);
  const found: object[] = [];
  let failed = 0;
  for (const file of files) {
    try {
      compileFile(file, { ...flags, local: true });
    } catch (error) {
      if (!(error instanceof ProblemsError)) throw error;
      if (failed++ > 0 && !flags.json) process.stderr.write('\n');
      if (!flags.json) reportFailure(error);
      for (const { code, message, hint, place } of error.problems) {
        const at = (offset: number) => lineAndColumn((error.source as SourceText).text, offset);
        found.push({ file, code, message, hint, ...(place && error.source && { start: at(place.start), end: at(place.end) }) });
      }
    }
  }
  if (flags.json) process.stdout.write(`${JSON.stringify({ problems: found }, null, 2)}\n`);
  if (failed > 0) process.exitCode = 2;
  else if (!flags.json) say(files.length === 1 ? `${files[0]} has no mistakes` : `${files.length} files have no mistakes`);
}
