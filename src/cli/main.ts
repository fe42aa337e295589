import { Command, CommanderError } from 'commander';
import { ProblemsError, RunError } from '../base/problem.ts';
import { cancelCommand } from './cancel.ts';
import { checkCommand } from './check.ts';
import { commandLineProblem, throwInsteadOfExit } from './command-line-problem.ts';
import { devCommand } from './dev.ts';
import { reportFailure } from './diagnostics.ts';
import { explainCommand } from './explain.ts';
import { functionsCommand } from './functions.ts';
import { generateCommand } from './generate.ts';
import { indexTemplateCommand } from './index-template.ts';
import { jobsCommand } from './jobs.ts';
import { kibanaCommand } from './kibana.ts';
import { packageVersion } from './package-version.ts';
import { runCommand } from './run.ts';
import { submitCommand } from './submit.ts';
import { topicsCommand } from './topics.ts';

const EXAMPLES = `
Examples:
  isobar dev                                everything at once: generators, pipelines, a live view
  isobar run pipelines/weather.sql --local  run a pipeline on local topics
  isobar run examples/nyc-weather.sql       run a file over files
  isobar check pipelines/*.sql              every mistake, with its place
  isobar topics tail weather_data -n 5      the last five records of a local topic
  isobar submit pipelines/cities.sql        run a pipeline on Apache Flink

Exit status: 0 done or stopped, 1 failed while running, 2 a mistake in the file or the command line.`;

/** Runs one command line (without `node isobar`) and sets the exit status. */
export async function runCommandLine(args: readonly string[]): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of our output went away (`isobar … | head`): there is nobody left to tell.
    if (error.code === 'EPIPE') process.exit(0);
    const hint = error.code === 'ENOSPC' ? 'The disk is full: make room.' : undefined;
    process.exit(reportFailure(new RunError('OUTPUT_WRITE', `cannot write to standard output: ${error.message}`, hint)));
  });
  // Without anybody to read diagnostics the work still goes on.
  process.stderr.on('error', () => {});
  quietSqlite();
  const program = createProgram();
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0)
        process.exitCode = reportFailure(new ProblemsError([commandLineProblem(error, commandNamed(program, args))]));
    } else process.exitCode = reportFailure(error);
  }
}

export function createProgram(): Command {
  const program = new Command('isobar')
    .description('Streaming SQL in one Node process: a pipeline is a Flink SQL file')
    .version(packageVersion(), '-V, --version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', EXAMPLES);
  for (const command of [
    devCommand,
    runCommand,
    checkCommand,
    explainCommand,
    generateCommand,
    topicsCommand,
    indexTemplateCommand,
    kibanaCommand,
    functionsCommand,
    submitCommand,
    jobsCommand,
    cancelCommand,
  ]) {
    program.addCommand(command());
  }
  throwInsteadOfExit(program);
  return program;
}

/** The innermost command that the words name, for example `isobar generate weather`. */
function commandNamed(program: Command, args: readonly string[]): string {
  let command = program;
  let name = program.name();
  for (const word of args) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
    name += ` ${word}`;
  }
  return name;
}

/** Node 24 warns that node:sqlite is experimental, which says nothing to the user. */
function quietSqlite(): void {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes('SQLite')) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}
