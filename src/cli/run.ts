import { Command } from 'commander';
import { addDashboardFlags } from './dashboard-flags.ts';
import { addCompileFlags, DEFAULT_STORE, wholeNumber } from './job-flags.ts';
import type { RunFileFlags } from './run-file.ts';

export function runCommand(): Command {
  return addDashboardFlags(
    addCompileFlags(
      new Command('run')
        .description('run a pipeline until its sources end or it is stopped')
        .argument('<file>', 'the pipeline: a Flink SQL file'),
    ).option('--dashboard', 'serve a dashboard while it runs'),
  )
    .option('--fresh', 'start anew instead of going on at the last checkpoint')
    .option('--store <path>', 'the file with local topics, index and checkpoints', DEFAULT_STORE)
    .option('--metrics', 'print the counts on stderr at the end')
    .option('--stop-after <records>', 'take a checkpoint and stop after so many records', wholeNumber)
    .addHelpText(
      'after',
      `
Examples:
  isobar run pipelines/weather.sql --local
  isobar run pipelines/weather.sql --kafka localhost:9092 --elasticsearch http://localhost:9200
  isobar run pipelines/weather.sql --local --dashboard
  isobar run examples/nyc-weather.sql
  isobar run query.sql --set table.local-time-zone=Europe/Budapest

Ctrl-C finishes the batch at hand, takes a checkpoint and ends; the next run goes on from there. A second Ctrl-C ends at once.`,
    )
    .action(run);
}

async function run(file: string, flags: RunFileFlags): Promise<void> {
  const { runFile } = await import('./run-file.ts');
  await runFile(file, flags);
}
