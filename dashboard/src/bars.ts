import type { EChartsCoreOption } from 'echarts/core';
import { numberText } from './format.ts';
import type { Colours } from './theme.ts';

/** Bars from top to bottom, in the order given. */
export function barChart(
  bars: readonly { readonly name: string; readonly value: number }[],
): (colours: Colours) => EChartsCoreOption {
  return (colours) => ({
    grid: { left: 8, right: 48, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item',
      formatter: ({ name, value }: { name: string; value: number }) => `${name}   ${numberText(value)}`,
    },
    xAxis: { type: 'value', axisLabel: { color: colours.quiet }, splitLine: { lineStyle: { color: colours.line } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colours.text, interval: 0, width: 130, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 14,
        itemStyle: { color: colours.accent, borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: 'right',
          color: colours.quiet,
          formatter: ({ value }: { value: number }) => numberText(value),
        },
        data: bars.map(({ value }) => value),
      },
    ],
  });
}
