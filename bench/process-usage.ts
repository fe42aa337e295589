import { readFileSync, writeFileSync } from 'node:fs';
import type { Usage } from './measure.ts';

/** The kernel counts time in ticks of a hundredth of a second. */
const TICKS_PER_SECOND = 100;

/** What processes of this machine have used since they started, all their threads together, as /proc tells it. */
export function processUsage(pids: readonly number[]): Usage {
  let ticks = 0;
  let kilobytes = 0;
  for (const pid of pids) {
    // The name in parentheses may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    kilobytes += Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMemoryMB: (kilobytes * 1024) / 1e6 };
}

/** From now on the peak is that of what follows. */
export function forgetPeakMemory(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
