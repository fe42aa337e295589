// What vitest runs before and after all tests with real servers.
import type { TestProject } from 'vitest/node';
import { startStack } from './start-stack.ts';

export default async function setUp({ vitest }: TestProject): Promise<() => Promise<void>> {
  // Servers end with this process, which therefore must not die of a signal, nor of the second one that npm passes on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  const stack = await startStack();
  return async () => {
    const hasFailed = vitest.state.getFailedFilepaths().length > 0;
    if (hasFailed) process.stderr.write(`stack: the servers' logs are in ${stack.folder} and end with\n${stack.logs()}\n`);
    await stack.stop({ keepsLogs: hasFailed });
  };
}
