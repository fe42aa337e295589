import { Command } from 'commander';
import { DEFAULT_STORE, positiveNumber, share, wholeNumber } from './job-flags.ts';
import { addKafkaFlags } from './kafka-flags.ts';
import type { CitiesFlags, ReplayFlags, WeatherFlags } from './generate-commands.ts';

export function generateCommand(): Command {
  const generate = new Command('generate')
    .description('write generated or recorded messages into a topic, local or of Kafka')
    .addHelpText(
      'after',
      `
Examples:
  isobar generate weather
  isobar generate weather --devices 10 --rate 50 --late 0.01 --malformed 0.01
  isobar generate weather --backfill 1h
  isobar generate weather --count 1000000 --fast --seed 1
  isobar generate cities --malformed 0.01
  isobar generate weather --kafka localhost:9092
  isobar generate replay examples/nyc-weather-2013.jsonl --topic weather_data --speed 86400

Without --count it goes on until Ctrl-C. --seed repeats the same messages.`,
    );
  addTopicFlags(generate.command('weather'), 'weather_data')
    .description('readings of devices: {"client", "ts", "temperature", "humidity"}')
    .option('--devices <count>', 'how many devices', wholeNumber, 3)
    .option('--rate <messages>', 'messages per second of all devices, instead of every 2, 5, 10 seconds each', positiveNumber)
    .option('--start <timestamp>', "begin in the past at this time, for example '2024-05-12 02:00:00'")
    .option('--backfill <duration>', 'begin so long ago, for example 1h, then go on with the clock')
    .option('--out-of-order <share>', 'share of messages a little out of order, 0 to 1', share, 0)
    .option('--late <share>', 'share of messages that come too late, 0 to 1', share, 0)
    .addHelpText(
      'after',
      `\nExamples:\n  isobar generate weather --devices 10 --rate 50\n  isobar generate weather --backfill 1h --late 0.01 --malformed 0.01\n  isobar generate weather --count 1000000 --fast --seed 1 --store load.db`,
    )
    .action(async (flags: WeatherFlags) => (await import('./generate-commands.ts')).generateWeather(flags));
  addTopicFlags(generate.command('cities'), 'input')
    .description('temperatures of European capitals: "Budapest, 30"')
    .option('--rate <messages>', 'messages per second', positiveNumber, 100)
    .option('--start <timestamp>', "begin in the past at this time, for example '2024-05-12 02:00:00'")
    .option('--backfill <duration>', 'begin so long ago, for example 10min, then go on with the clock')
    .option('--native-names', 'names as their countries write them: København, Αθήνα')
    .addHelpText(
      'after',
      `\nExamples:\n  isobar generate cities --malformed 0.01\n  isobar generate cities --native-names --rate 1000`,
    )
    .action(async (flags: CitiesFlags) => (await import('./generate-commands.ts')).generateCities(flags));
  addReplayFlags(generate.command('replay <file>'))
    .description('the lines of a file, in the rhythm of their times')
    .addHelpText(
      'after',
      `
Every line is a message, exactly as it stands there; an empty line is an empty message.
With --speed the JSON messages up to the first readable time must have the field with the time. A later one without a
readable time, or with an older one than the message before, is sent together with that one.

Examples:
  isobar generate replay examples/nyc-weather-2013.jsonl --topic weather_data --speed 86400`,
    )
    .action(async (file: string, flags: ReplayFlags) => (await import('./generate-commands.ts')).replayFile(file, flags));
  return generate;
}

function addTopicFlags(command: Command, topic: string): Command {
  return addStoreFlags(command)
    .option('--topic <name>', 'the topic', topic)
    .option('-n, --count <messages>', 'end after so many messages', wholeNumber)
    .option('--fast', 'all at once; with --count so that the last message is of now')
    .option('--seed <number>', 'repeat the messages of this seed', wholeNumber)
    .option('--malformed <share>', 'share of malformed messages, 0 to 1', share, 0);
}

function addReplayFlags(command: Command): Command {
  return addStoreFlags(command)
    .requiredOption('--topic <name>', 'the topic')
    .option(
      '--speed <factor>',
      'so many times as fast as it was: 60 sends an hour in a minute; without it, all at once',
      positiveNumber,
    )
    .option('--time-field <name>', "the JSON field with a message's time, for --speed", 'ts')
    .option('--key-field <name>', 'the JSON field that becomes the key')
    .option('-n, --count <messages>', 'end after so many messages', wholeNumber);
}

function addStoreFlags(command: Command): Command {
  return addKafkaFlags(
    command.option('--local', 'into the local store, as without --kafka'),
    'into this Kafka instead of the local store',
  ).option('--store <path>', "the local store's file", DEFAULT_STORE);
}
