import { Command } from 'commander';
import { serverAddress } from './server-address.ts';
import type { JobsFlags } from './flink-jobs.ts';

export function jobsCommand(): Command {
  return new Command('jobs')
    .description('show the jobs of Apache Flink')
    .option('--rest <url>', "Flink's JobManager", serverAddress, 'http://localhost:8081')
    .option('--all', 'all that have ended too, not only the last ten')
    .option('--json', 'print them as JSON')
    .addHelpText('after', `\nExamples:\n  isobar jobs\n  isobar jobs --all --json`)
    .action(async (flags: JobsFlags) => (await import('./flink-jobs.ts')).listJobs(flags));
}
