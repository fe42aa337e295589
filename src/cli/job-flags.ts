import { InvalidArgumentError, Option, type Command } from 'commander';

/** Where the local store lies unless the user says otherwise. */
export const DEFAULT_STORE = '.isobar/isobar.db';

/** What the options say that all commands compiling a file share. */
export interface CompileFlags {
  readonly local?: boolean;
  readonly kafka?: string;
  readonly elasticsearch?: string;
  readonly set: ReadonlyMap<string, string>;
}

export function addCompileFlags(command: Command): Command {
  command
    .option('--local', 'local topics and a local index in place of Kafka and Elasticsearch')
    .option('--kafka <host:port>', 'read and write this Kafka instead of the one the file names')
    .option('--elasticsearch <url>', 'write to this Elasticsearch instead of the one the file names');
  return addSettingFlag(command);
}

export function addSettingFlag(command: Command): Command {
  return command.addOption(
    new Option('--set <key=value>', "as SET 'key' = 'value' in front of the file; may be repeated")
      .argParser(addSetting)
      .default(new Map(), 'none'),
  );
}

function addSetting(text: string, settings: Map<string, string>): Map<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Write key=value.');
  return new Map(settings).set(text.slice(0, at).trim(), text.slice(at + 1).trim());
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError('Not a whole number.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  if (!(Number(text) > 0) || !Number.isFinite(Number(text))) throw new InvalidArgumentError('Not a number above 0.');
  return Number(text);
}

/** A share of all messages, 0 … 1. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Not a share between 0 and 1.');
  return value;
}
