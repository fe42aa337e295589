import { Command } from 'commander';
import { serverAddress } from './server-address.ts';
import type { CancelFlags } from './flink-jobs.ts';

export function cancelCommand(): Command {
  return new Command('cancel')
    .description('end a job of Apache Flink')
    .argument('<job>', 'its id, the beginning of it, or its name')
    .option('--savepoint [folder]', "keep its state in a savepoint there, or in Flink's own folder, and print the path")
    .option('--drain', 'with --savepoint: close all windows first, as at the end of the input')
    .option('--rest <url>', "Flink's JobManager", serverAddress, 'http://localhost:8081')
    .addHelpText(
      'after',
      `
Examples:
  isobar cancel weather
  isobar cancel cities --savepoint file:///savepoints
  isobar submit pipelines/cities.sql --from-savepoint file:///savepoints/savepoint-1f2e3d-0123456789ab`,
    )
    .action(async (job: string, flags: CancelFlags) => (await import('./flink-jobs.ts')).cancelJob(job, flags));
}
