import type { Draw } from './chart.tsx';
import { dateTimeText, nameText, numberText } from './format.ts';
import { zonedTimes } from './zoned-times.ts';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Lines that a tooltip names: those highest at its time. */
const MOST_NAMED = 12;

/** Lines over time, `from` to `to`; gaps where nothing is. */
export function lineChart(times: readonly number[], lines: readonly Line[], from: number, to: number): Draw {
  const zoned = zonedTimes(from, to);
  const places = times.map((time) => zoned.place(time));
  return (colours) => ({
    grid: { left: 8, right: 16, top: lines.length > 1 ? 36 : 12, bottom: 4, containLabel: true },
    legend: {
      show: lines.length > 1,
      type: 'scroll',
      top: 0,
      left: 0,
      icon: 'roundRect',
      itemWidth: 12,
      itemHeight: 4,
      formatter: nameText,
      textStyle: { color: colours.quiet, width: 160, overflow: 'truncate' },
      inactiveColor: colours.line,
      pageTextStyle: { color: colours.quiet },
      pageIconColor: colours.accent,
      pageIconInactiveColor: colours.line,
      data: lines.map(({ name }) => name),
    },
    tooltip: {
      trigger: 'axis',
      axisPointer: { lineStyle: { color: colours.quiet } },
      formatter: (points: readonly { axisValue: number; seriesName: string; value: [number, number | null] }[]) => {
        const there = points.filter(({ value }) => value[1] !== null).toSorted((a, b) => b.value[1]! - a.value[1]!);
        return [
          dateTimeText(zoned.instant(points[0].axisValue)),
          ...there.slice(0, MOST_NAMED).map(({ seriesName, value }) => `${nameText(seriesName)}   ${numberText(value[1])}`),
          ...(there.length > MOST_NAMED ? [`and ${there.length - MOST_NAMED} more`] : []),
        ].join('\n');
      },
    },
    xAxis: zoned.axis(colours),
    yAxis: {
      type: 'value',
      scale: true,
      axisLabel: { color: colours.quiet },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: lines.map(({ name, values }) => ({
      type: 'line',
      id: name,
      name,
      // A point between two gaps would not be seen as a line.
      showSymbol: values.filter((value) => value !== null).length < 40,
      symbolSize: 4,
      sampling: 'lttb',
      lineStyle: { width: 1.6 },
      data: values.map((value, i) => [places[i], value]),
    })),
  });
}
