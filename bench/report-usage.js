// Preloaded into a measured process: at its end it writes what it used (a Usage) to the file that ISOBAR_BENCH_USAGE names.
// Plain JavaScript, which costs the process nothing at its start: stripping types would cost 50 ms.
import { writeFileSync } from 'node:fs';

const file = process.env.ISOBAR_BENCH_USAGE;
if (file !== undefined) {
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMemoryMB: (maxRSS * 1024) / 1e6 };
    writeFileSync(file, JSON.stringify(usage));
  });
}
