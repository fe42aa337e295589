import { Command } from 'commander';
import type { KibanaFlags } from './load-dashboards.ts';

export function kibanaCommand(): Command {
  return new Command('kibana')
    .description('load dashboards into Kibana; loading them again is safe')
    .argument('<file...>', 'saved objects as Kibana exports them (.ndjson)')
    .option('--kibana <url>', "Kibana's address", 'http://localhost:5601')
    .option('--timeout <duration>', 'how long to wait until Kibana is ready', '5min')
    .addHelpText(
      'after',
      `
Examples:
  isobar kibana deploy/kibana/export.ndjson
  isobar kibana deploy/kibana/export.ndjson --kibana http://kibana:5601 --timeout 10min

A user and password are taken from KIBANA_USERNAME and KIBANA_PASSWORD, or from the address.`,
    )
    .action(async (files: string[], flags: KibanaFlags) => (await import('./load-dashboards.ts')).loadDashboards(files, flags));
}
