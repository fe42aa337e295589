// Preloaded into a measured process: at its end it writes what it used to the file that ISOBAR_BENCH_USAGE names.
import { writeFileSync } from 'node:fs';

/** CPU time of all threads, of user and system, and the largest resident set. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMemoryMB: number;
}

const file = process.env.ISOBAR_BENCH_USAGE;
if (file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: Usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMemoryMB: (maxRSS * 1024) / 1e6 };
    writeFileSync(file, JSON.stringify(usage));
  });
}
