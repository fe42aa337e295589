import { Command } from 'commander';
import { DEFAULT_STORE, wholeNumber } from './job-flags.ts';
import { addKafkaFlags } from './kafka-flags.ts';
import type { CreateFlags, StoreFlags, TailFlags } from './topics-commands.ts';

export function topicsCommand(): Command {
  const topics = new Command('topics')
    .description('make, list, read and delete topics of the local store or of Kafka')
    .addHelpText(
      'after',
      `
Examples:
  isobar topics create weather_data
  isobar topics create input output_avg output_max
  isobar topics list
  isobar topics tail weather_data
  isobar topics tail output_avg --from earliest -n 20 --key --offsets
  isobar topics list --kafka localhost:9092`,
    );
  const addStoreFlags = (command: Command): Command =>
    addKafkaFlags(
      command.option('--local', 'topics of the local store, as without --kafka'),
      'topics of this Kafka instead of the local store',
    ).option('--store <path>', "the local store's file", DEFAULT_STORE);
  addStoreFlags(topics.command('create <names...>'))
    .description('make topics; those that are there stay as they are')
    .option('--partitions <count>', 'partitions of each', wholeNumber, 1)
    .option('--retention-bytes <bytes>', 'drop the oldest records of a partition beyond this size', wholeNumber)
    .option('--retention-ms <milliseconds>', 'drop records older than this', wholeNumber)
    .option('--replication-factor <count>', "copies of each partition on Kafka; the broker's default otherwise", wholeNumber)
    .addHelpText(
      'after',
      `\nExamples:\n  isobar topics create weather_data\n  isobar topics create input --partitions 4 --retention-ms 86400000`,
    )
    .action(async (names: string[], flags: CreateFlags) => (await import('./topics-commands.ts')).createTopics(names, flags));
  addStoreFlags(topics.command('list'))
    .description('show the topics with their partitions, records and sizes')
    .addHelpText('after', `\nExamples:\n  isobar topics list\n  isobar topics list --store load.db`)
    .action(async (flags: StoreFlags) => (await import('./topics-commands.ts')).listTopics(flags));
  addStoreFlags(topics.command('tail <name>'))
    .description('show the last records, then those that come')
    .option('--from <where>', 'begin at: earliest, latest, or an offset')
    .option('-n <count>', 'end after so many records; without --from, the last ones there are', wholeNumber)
    .option('--key', "show each record's key too, before a tab")
    .option('--offsets', "show each record's partition and offset too")
    .addHelpText(
      'after',
      `\nExamples:\n  isobar topics tail weather_data\n  isobar topics tail weather_data -n 5\n  isobar topics tail output_avg --from earliest -n 20 --key --offsets`,
    )
    .action(async (name: string, flags: TailFlags) => (await import('./topics-commands.ts')).tailTopic(name, flags));
  addStoreFlags(topics.command('delete <names...>'))
    .description('delete topics with all their records')
    .addHelpText('after', `\nExamples:\n  isobar topics delete output_avg output_max`)
    .action(async (names: string[], flags: StoreFlags) => (await import('./topics-commands.ts')).deleteTopics(names, flags));
  return topics;
}
