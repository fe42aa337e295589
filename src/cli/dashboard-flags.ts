import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Clock } from '../base/clock.ts';
import type { LocalStore } from '../connectors/local/store.ts';
import type { MonitoredJob } from '../server/job-monitor.ts';
import type { DashboardServer } from '../server/dashboard-server.ts';
import { wholeNumber } from './job-flags.ts';
import { packageVersion } from './package-version.ts';

/** What the options say of the dashboard. */
export interface DashboardFlags {
  readonly dashboard?: boolean;
  readonly port?: number;
  readonly host?: string;
  readonly token?: string;
}

export function addDashboardFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--port <port>', 'the port of the dashboard; without it 8090 or the next free one').argParser(portNumber),
    )
    .option('--host <address>', 'serve the dashboard to other machines too; needs a token')
    .addOption(new Option('--token <secret>', 'what the dashboard asks for; better in the environment').env('ISOBAR_TOKEN'));
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port > 65_535) throw new InvalidArgumentError('Not a port.');
  return port;
}

/** Serves the dashboard of these jobs. Nothing of the server is loaded before. */
export async function serveDashboard(
  command: 'dev' | 'run',
  jobs: readonly MonitoredJob[],
  store: LocalStore | null,
  clock: Clock,
  flags: DashboardFlags,
): Promise<DashboardServer> {
  const { startDashboard } = await import('../server/dashboard-server.ts');
  const { host, port, token } = flags;
  const timeZone = jobs[0]?.job.plan.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  return startDashboard({ command, version: packageVersion(), jobs, store, clock, timeZone }, { host, port, token });
}
