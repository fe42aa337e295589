import type { EChartsCoreOption } from 'echarts/core';
import { axisText, dateTimeText, numberText } from './format.ts';
import type { Colours } from './theme.ts';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Points of one line over time; gaps where nothing is. */
export function lineChart(times: readonly number[], lines: readonly Line[]): (colours: Colours) => EChartsCoreOption {
  const span = times.length === 0 ? 0 : times[times.length - 1] - times[0];
  return (colours) => ({
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    legend: {
      type: 'scroll',
      top: 0,
      left: 0,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 4,
      textStyle: { color: colours.quiet },
      pageTextStyle: { color: colours.quiet },
      pageIconColor: colours.accent,
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { lineStyle: { color: colours.quiet } },
      formatter: (points: readonly { axisValue: number; seriesName: string; value: [number, number | null] }[]) =>
        [
          dateTimeText(points[0].axisValue),
          ...points
            .filter(({ value }) => value[1] !== null)
            .slice(0, 12)
            .map(({ seriesName, value }) => `${seriesName}   ${numberText(value[1])}`),
          ...(points.length > 12 ? [`and ${points.length - 12} more`] : []),
        ].join('\n'),
    },
    xAxis: {
      type: 'time',
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.quiet, hideOverlap: true, formatter: (time: number) => axisText(time, span) },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      axisLabel: { color: colours.quiet },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: lines.map(({ name, values }) => ({
      type: 'line',
      name,
      // A point between two gaps would not be seen as a line.
      showSymbol: values.filter((value) => value !== null).length < 40,
      symbolSize: 4,
      sampling: 'lttb',
      lineStyle: { width: 1.6 },
      data: values.map((value, i) => [times[i], value]),
    })),
  });
}
