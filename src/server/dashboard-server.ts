import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { RunError } from '../base/problem.ts';
import { Access } from './access.ts';
import { createDashboardApp } from './dashboard-app.ts';
import { DashboardData, type DashboardSubject } from './dashboard-data.ts';
import { dashboardFolder, StaticFiles } from './static-files.ts';

/** Where the first dashboard of a machine is, unless told otherwise; further ones take the next free ports. */
const FIRST_PORT = 8090;
const PORTS = 100;
/** What connections are given to end by themselves when the server closes. */
const LAST_BYTES_MS = 100;

export interface ServerAddress {
  /** Default 127.0.0.1; another one needs a token. */
  readonly host?: string;
  /** This port and no other; 0 is any that is free. */
  readonly port?: number;
  /** A secret that every request must bring along. */
  readonly token?: string;
  /** The folder of the built page, where it is not that of the project. */
  readonly page?: string;
}

/** A dashboard that is being served. */
export interface DashboardServer {
  /** For example `http://127.0.0.1:8090`, without a token. */
  readonly url: string;
  readonly port: number;
  readonly isPageBuilt: boolean;
  /** Ends all streams and queries. */
  close(): Promise<void>;
}

/**
 * Serves the dashboard of these jobs with its API. Fails with a ProblemsError where it would be open to others without a token, and
 * with a RunError when the port is taken.
 */
export async function startDashboard(subject: DashboardSubject, address: ServerAddress = {}): Promise<DashboardServer> {
  const { host = '127.0.0.1', token, page: folder = dashboardFolder() } = address;
  const access = new Access(host, token);
  const page = new StaticFiles(folder);
  const data = new DashboardData(subject);
  const app = createDashboardApp(data, access, page);
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  try {
    await listen(server, host, address.port);
  } catch (error) {
    await data.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    isPageBuilt: page.isBuilt,
    close: async () => {
      await data.close();
      const closed = new Promise((resolve) => server.close(resolve));
      // The last events of the streams go out first.
      const cutting = setTimeout(() => server.closeAllConnections(), LAST_BYTES_MS);
      await closed;
      clearTimeout(cutting);
    },
  };
}

async function listen(server: Server, host: string, port: number | undefined): Promise<void> {
  if (port !== undefined) return tryPort(server, host, port);
  for (let next = FIRST_PORT; ; next++) {
    try {
      await tryPort(server, host, next);
      return;
    } catch (error) {
      if (!(error instanceof RunError) || error.code !== 'PORT_TAKEN' || next === FIRST_PORT + PORTS - 1) throw error;
    }
  }
}

function tryPort(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException): void => {
    const isTaken = error.code === 'EADDRINUSE';
    const message = isTaken ? `port ${port} is taken` : `cannot listen at ${host} port ${port}: ${error.message}`;
    const hint = isTaken ? 'Choose another one with --port, or leave it out for the next free one.' : 'See --host and --port.';
    reject(new RunError(isTaken ? 'PORT_TAKEN' : 'SERVER_LISTEN', message, hint, { cause: error }));
  };
  server.once('error', fail);
  server.listen(port, host, () => {
    server.off('error', fail);
    resolve();
  });
  return promise;
}
