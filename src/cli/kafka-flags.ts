import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ProblemsError } from '../base/problem.ts';
import { clientSettings } from '../connectors/kafka/client-settings.ts';
import { parseServers } from '../connectors/kafka/client-properties.ts';
import { parseJavaProperties } from '../connectors/kafka/java-properties.ts';
import type { KafkaSettings } from '../connectors/kafka/settings.ts';
import { limitYoungGeneration } from './limit-young-generation.ts';

export interface KafkaFlags {
  readonly kafka?: string;
  readonly kafkaConfig?: string;
}

export function addKafkaFlags(command: Command, what: string): Command {
  return command
    .option('--kafka <host:port>', what)
    .option('--kafka-config <file>', "properties of Kafka's client, one a line, for example security.protocol=SASL_SSL");
}

/** The address and the client's settings; undefined without --kafka. */
export function kafkaOf({
  kafka,
  kafkaConfig,
}: KafkaFlags): { readonly address: string; readonly settings: KafkaSettings } | undefined {
  if (kafka === undefined) {
    if (kafkaConfig === undefined) return undefined;
    throw invalid('--kafka-config needs --kafka', 'Add --kafka HOST:PORT.');
  }
  if (parseServers(kafka) === undefined)
    throw invalid(`--kafka ${kafka} is no address`, 'Write it as HOST:PORT, several with commas between.');
  // As `run` does, so that the code of Kafka's library is found in the cache by all commands.
  limitYoungGeneration();
  const properties = kafkaConfig === undefined ? new Map<string, string>() : parseJavaProperties(readConfig(kafkaConfig));
  return { address: kafka, settings: clientSettings(properties, kafkaConfig ?? '') };
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`--kafka-config ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function invalid(message: string, hint?: string): ProblemsError {
  return new ProblemsError([{ code: 'COMMAND_INVALID_ARGUMENT', message, hint }]);
}
