import type { GatewaySession } from './gateway-client.ts';
import { ClusterClient } from './cluster-client.ts';

/**
 * The JobManager that a gateway submits to. Its own address, which the session's settings tell, may have a meaning only among
 * Flink's machines; then it is looked for at the same port beside the gateway, and at last where it is by default.
 */
export async function findCluster(session: GatewaySession, gateway: string): Promise<ClusterClient> {
  const settings = await session.settings();
  const port = settings.get('rest.port') ?? '8081';
  const host = settings.get('rest.address') ?? settings.get('jobmanager.rpc.address');
  const candidates = [
    ...(host !== undefined && host !== '0.0.0.0' ? [`http://${host}:${port}`] : []),
    `http://${new URL(gateway).hostname}:${port}`,
    'http://localhost:8081',
  ];
  for (const address of new Set(candidates)) {
    const cluster = new ClusterClient(address);
    const { total } = await cluster.slots().catch(() => ({ total: undefined }));
    if (total !== undefined) return cluster;
  }
  return new ClusterClient(candidates[0]);
}
