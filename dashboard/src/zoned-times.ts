import { setParameters } from './address.ts';
import { axisText, zoneOffset } from './format.ts';
import type { Colours } from './theme.ts';

/**
 * Times on an axis in the server's zone: echarts makes ticks at round times of UTC, so that it is given times as far ahead as the
 * zone is at the end of the range. One offset for all of an axis: a clock that is put back must not fold it.
 */
export interface ZonedTimes {
  /** An instant's place on the axis. */
  place(instant: number): number;
  /** The instant of a place. */
  instant(place: number): number;
  /** Makes a stretch of the axis the time range of the page. */
  choose(from: number, to: number): void;
  /** The axis from an instant to another. */
  axis(colours: Colours): object;
}

export function zonedTimes(from: number, to: number): ZonedTimes {
  const offset = zoneOffset(Number.isFinite(to) ? to : 0);
  const instant = (place: number): number => place - offset;
  return {
    place: (time) => time + offset,
    instant,
    choose: (low, high) => setParameters({ from: String(Math.floor(instant(low))), to: String(Math.ceil(instant(high))) }),
    axis: (colours) => ({
      type: 'time',
      min: from + offset,
      max: to + offset,
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.quiet, hideOverlap: true, formatter: (place: number) => axisText(instant(place), to - from) },
      splitLine: { show: false },
    }),
  };
}
