import { Command } from 'commander';
import { addDashboardFlags } from './dashboard-flags.ts';
import { DEFAULT_STORE, wholeNumber } from './job-flags.ts';
import type { DevFlags } from './dev-session.ts';

export function devCommand(): Command {
  return addDashboardFlags(
    new Command('dev').description('everything in one process: generators, local topics, pipelines, a live view, a dashboard'),
  )
    .argument('[file...]', 'the pipelines; without any, those of the folder pipelines')
    .option('--store <path>', 'the file with local topics, index and checkpoints', DEFAULT_STORE)
    .option('--fresh', 'delete what the store holds of these pipelines and start anew')
    .option('--seed <number>', 'repeat the messages of this seed', wholeNumber)
    .option('--no-generators', 'read what others write into the topics')
    .option('--no-dashboard', 'serve no dashboard')
    .addHelpText(
      'after',
      `
Examples:
  isobar dev
  isobar dev pipelines/weather.sql
  isobar dev --no-generators my-pipeline.sql
  isobar dev --port 9000

Starting it again goes on where it was. In a second terminal: isobar topics tail output_max`,
    )
    .action(async (files: string[], flags: DevFlags) => (await import('./dev-session.ts')).dev(files, flags));
}
