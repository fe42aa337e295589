import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ProblemsError } from '../src/base/problem.ts';
import { commandLineProblem, throwInsteadOfExit } from '../src/cli/command-line-problem.ts';
import { reportFailure } from '../src/cli/diagnostics.ts';
import { wholeNumber } from '../src/cli/job-flags.ts';

/** An option that takes a whole number. */
export interface CountOption {
  readonly what: string;
  readonly value: number;
  readonly least: number;
}

/** The numbers and `--json` of a benchmark's command line. `--help` and a mistake in it end the process. */
export function parseBenchCommand<Name extends string>(
  script: string,
  description: string,
  counts: Readonly<Record<Name, CountOption>>,
): Readonly<Record<Name, number>> & { readonly json: boolean } {
  const command = new Command(`npm run ${script} --`).description(description);
  for (const [name, { what, value, least }] of Object.entries<CountOption>(counts))
    command.option(`--${name} <number>`, what, atLeast(least), value);
  command.option('--json', 'print the figures for a program', false);
  throwInsteadOfExit(command);
  try {
    return command.parse().opts();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : reportFailure(new ProblemsError([commandLineProblem(error, command.name())])));
  }
}

const atLeast =
  (least: number) =>
  (text: string): number => {
    if (wholeNumber(text) < least) throw new InvalidArgumentError(`Not a number of at least ${least}.`);
    return wholeNumber(text);
  };

/** A folder for what is measured. It goes with this process, also at Ctrl-C. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isobar-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  return folder;
}
