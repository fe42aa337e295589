import { systemClock } from '../base/clock.ts';
import { ProblemsError } from '../base/problem.ts';
import { readSource } from '../compile/read-source.ts';
import { parseDurationMs } from '../connectors/parse-quantity.ts';
import { parseExportFile } from '../kibana/export-file.ts';
import { parseKibanaAddress } from '../kibana/kibana-address.ts';
import { KibanaClient } from '../kibana/kibana-client.ts';
import { say } from './diagnostics.ts';

export interface KibanaFlags {
  readonly kibana: string;
  readonly timeout: string;
}

/** Everything that can be wrong on this side is found before Kibana is asked anything. */
export async function loadDashboards(files: readonly string[], flags: KibanaFlags): Promise<void> {
  const address = parseKibanaAddress(flags.kibana, process.env);
  const timeoutMs = parseDurationMs(flags.timeout);
  if (timeoutMs === undefined) {
    const message = `--timeout ${flags.timeout} is no duration`;
    throw new ProblemsError([{ code: 'COMMAND_INVALID_ARGUMENT', message, hint: 'Write for example 5min or 90s.' }]);
  }
  const exports = files.map((file) => parseExportFile(readSource(file)));
  const onWait = (reason: string): void => say(`waiting for kibana at ${address.url}: ${reason}`);
  const client = new KibanaClient(address, { clock: systemClock, timeoutMs, onWait });
  await client.waitUntilReady();
  for (const file of exports) {
    await client.importObjects(file);
    say(`${file.objects.length} saved objects of ${file.name} are in kibana`);
  }
  const objects = exports.flatMap((file) => file.objects);
  const indexPattern = objects.find(({ type }) => type === 'index-pattern');
  if (indexPattern !== undefined) await client.setDefaultIndexPattern(indexPattern);
  for (const object of objects) {
    if (object.type === 'dashboard') say(`dashboard "${object.title}": ${client.addressOf(object)}`);
  }
}
