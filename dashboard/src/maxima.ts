import type { Draw } from './chart.tsx';
import { dateTimeText, nameText, numberText } from './format.ts';
import { zonedTimes } from './zoned-times.ts';

export interface Maximum {
  readonly city: string;
  readonly value: number;
  readonly time: number;
}

/** As echarts hands it back: the place, the value, the city, and whether the point is higher than those around it. */
interface Point {
  readonly value: readonly [number, number | null, string, boolean];
}

/** Of more points neither marks nor names are drawn: pointing at a time shows them. */
const MOST_MARKED = 300;
/** With less room for each point only peaks are named. */
const ROOM_FOR_NAME_PX = 14;
/** So many windows without a maximum, or more, interrupt the line. */
const GAP_WINDOWS = 12;

/** The highest value of every window of `windowMs`, with the name of its city. */
export function maximaChart(points: readonly Maximum[], from: number, to: number, windowMs: number): Draw {
  const zoned = zonedTimes(from, to);
  const isMarked = points.length <= MOST_MARKED;
  const textOf = ({ value: [place, value, city] }: Point): string =>
    value === null ? '' : `${nameText(city)}   ${numberText(value)} °C\n${dateTimeText(zoned.instant(place))}`;
  return (colours, width) => ({
    grid: { left: 8, right: 24, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: isMarked ? 'item' : 'axis',
      axisPointer: { lineStyle: { color: colours.quiet } },
      formatter: (pointed: Point | readonly Point[]) => ('value' in pointed ? textOf(pointed) : pointed.map(textOf).join('\n')),
    },
    xAxis: zoned.axis(colours),
    yAxis: { type: 'value', scale: true, axisLabel: { color: colours.quiet }, splitLine: { lineStyle: { color: colours.line } } },
    series: [
      {
        type: 'line',
        id: 'maxima',
        showSymbol: isMarked,
        showAllSymbol: isMarked,
        sampling: 'lttb',
        symbol: 'circle',
        symbolSize: 5,
        lineStyle: { width: 1.2, color: colours.accent, opacity: isMarked ? 0.6 : 1 },
        itemStyle: { color: colours.red },
        label: {
          show: isMarked,
          position: 'top',
          color: colours.text,
          fontSize: 11,
          formatter: ({ value: [, , city, isPeak] }: Point) =>
            isPeak || points.length * ROOM_FOR_NAME_PX < width ? nameText(city) : '',
        },
        labelLayout: isMarked ? { hideOverlap: true } : {},
        data: points.flatMap(({ time, value, city }, i) => {
          const isPeak = value > (points[i - 1]?.value ?? -Infinity) && value >= (points[i + 1]?.value ?? -Infinity);
          const point = [zoned.place(time), value, city, isPeak];
          const isAfterGap = i > 0 && time - points[i - 1].time > windowMs * GAP_WINDOWS;
          return isAfterGap ? [[zoned.place(time - 1), null, '', false], point] : [point];
        }),
      },
    ],
  });
}
