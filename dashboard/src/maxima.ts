import type { EChartsCoreOption } from 'echarts/core';
import { axisText, dateTimeText, numberText } from './format.ts';
import type { Colours } from './theme.ts';

export interface Maximum {
  readonly city: string;
  readonly value: number;
  readonly time: number;
}

/** Of more points names are shown only by pointing. */
const MOST_NAMES = 300;

/** The highest value of every window, with the name of its city. */
export function maximaChart(points: readonly Maximum[]): (colours: Colours) => EChartsCoreOption {
  const span = points.length === 0 ? 0 : points[points.length - 1].time - points[0].time;
  return (colours) => ({
    grid: { left: 8, right: 64, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item',
      formatter: ({ value }: { value: [number, number, string] }) =>
        `${value[2]}   ${numberText(value[1])} °C\n${dateTimeText(value[0])}`,
    },
    xAxis: {
      type: 'time',
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.quiet, hideOverlap: true, formatter: (time: number) => axisText(time, span) },
    },
    yAxis: { type: 'value', scale: true, axisLabel: { color: colours.quiet }, splitLine: { lineStyle: { color: colours.line } } },
    series: [
      {
        type: 'line',
        showSymbol: true,
        symbolSize: points.length > 500 ? 2 : 5,
        lineStyle: { width: points.length > 500 ? 0.6 : 1.2, color: colours.accent, opacity: 0.6 },
        itemStyle: { color: colours.red },
        label: {
          show: points.length <= MOST_NAMES,
          position: 'top',
          color: colours.text,
          fontSize: 11,
          formatter: ({ value }: { value: [number, number, string] }) => value[2],
        },
        labelLayout: { hideOverlap: true },
        data: points.map(({ time, value, city }) => [time, value, city]),
      },
    ],
  });
}
