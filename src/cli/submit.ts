import { Command } from 'commander';
import { serverAddress } from './server-address.ts';
import { addSettingFlag } from './job-flags.ts';
import type { SubmitFlags } from './submit-file.ts';

export function submitCommand(): Command {
  return addSettingFlag(
    new Command('submit')
      .description('run a pipeline on Apache Flink, through its SQL Gateway')
      .argument('<file>', 'the pipeline: a Flink SQL file'),
  )
    .option('--gateway <url>', "Flink's SQL Gateway", serverAddress, 'http://localhost:8083')
    .option('--rest <url>', "Flink's JobManager (default: as the gateway says)", serverAddress)
    .option('--kafka <host:port>', 'Kafka as Flink reaches it, instead of the one the file names')
    .option('--elasticsearch <url>', 'Elasticsearch as Flink reaches it, instead of the one the file names')
    .option('--name <name>', "the job's name")
    .option('--unless-running', 'do nothing while a job of this name runs')
    .option('--from-savepoint <path>', 'go on from this savepoint')
    .option('--no-check', 'submit the file whatever Isobar thinks of it')
    .option('--wait', 'wait until the jobs end')
    .addHelpText(
      'after',
      `
Examples:
  isobar submit pipelines/cities.sql --kafka localhost:9092
  isobar submit pipelines/weather.sql --kafka kafka:29092 --elasticsearch http://elasticsearch:9200
  isobar submit pipelines/cities.sql --from-savepoint file:///savepoints/savepoint-1f2e3d-0123456789ab
  isobar submit query.sql --set parallelism.default=2 --wait

Each statement is shown on stderr, the jobs' ids on stdout. A job runs on when the command has ended: see isobar jobs and
isobar cancel.`,
    )
    .action(async (file: string, flags: SubmitFlags) => (await import('./submit-file.ts')).submitFile(file, flags));
}
