import type { Draw } from './chart.tsx';
import { averageText, nameText } from './format.ts';

/** Bars from top to bottom, in the order given. */
export function barChart(bars: readonly { readonly name: string; readonly value: number }[]): Draw {
  return (colours) => ({
    grid: { left: 8, right: 56, top: 4, bottom: 4, containLabel: true },
    tooltip: {
      trigger: 'item',
      formatter: ({ name, value }: { name: string; value: number }) => `${nameText(name)}   ${averageText(value)}`,
    },
    xAxis: { type: 'value', axisLabel: { color: colours.quiet }, splitLine: { lineStyle: { color: colours.line } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colours.text, interval: 0, width: 130, overflow: 'truncate', formatter: nameText },
    },
    series: [
      {
        type: 'bar',
        id: 'bars',
        barMaxWidth: 14,
        itemStyle: { color: colours.accent, borderRadius: [0, 3, 3, 0] },
        label: {
          show: true,
          position: 'right',
          color: colours.quiet,
          formatter: ({ value }: { value: number }) => averageText(value),
        },
        data: bars.map(({ value }) => value),
      },
    ],
  });
}
