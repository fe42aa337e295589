import type { IndexField } from '../../src/server/api.ts';
import type { Draw } from './chart.tsx';
import { averageText, nameText } from './format.ts';

/** The arc of a gauge, from its smallest to its largest value, and where colours change. */
export interface GaugeRanges {
  readonly bounds: readonly [number, number, number, number];
  readonly unit: string;
}

const KNOWN: Readonly<Record<string, GaugeRanges>> = {
  avg_temp: { bounds: [0, 20, 35, 50], unit: '°C' },
  avg_hum: { bounds: [0, 60, 80, 100], unit: '%' },
};

/** Of other fields: what is there, in thirds. */
export function rangesOf(field: IndexField): GaugeRanges {
  const known = KNOWN[field.name];
  if (known !== undefined) return known;
  const min = Math.min(0, Math.floor(field.min ?? 0));
  const max = Math.max(min + 1, Math.ceil(field.max ?? 1));
  return { bounds: [min, min + (max - min) / 3, min + ((max - min) * 2) / 3, max], unit: '' };
}

const CELL_HEIGHT = 190;
const CELL_WIDTH = 220;

const columnsFor = (count: number, width: number): number => Math.max(1, Math.min(count, Math.floor(width / CELL_WIDTH)));

export const gaugeHeight = (count: number, width: number): number => Math.ceil(count / columnsFor(count, width)) * CELL_HEIGHT;

/** All gauges of one measure in one chart, in a grid. */
export function gaugeChart(
  values: readonly { readonly key: string; readonly value: number | null }[],
  { bounds: [min, first, second, max], unit }: GaugeRanges,
): Draw {
  return (colours, chartWidth) => {
    const columns = columnsFor(values.length, chartWidth);
    const rows = Math.ceil(values.length / columns);
    const share = (value: number): number => (value - min) / (max - min);
    const colourOf = (value: number): string =>
      value < first ? colours.greenText : value < second ? colours.yellowText : colours.redText;
    const series = values.map(({ key, value }, i) => {
      const column = i % columns;
      const row = Math.floor(i / columns);
      return {
        type: 'gauge',
        id: key,
        name: key,
        min,
        max,
        startAngle: 200,
        endAngle: -20,
        radius: CELL_HEIGHT * 0.46,
        center: [`${((column + 0.5) / columns) * 100}%`, `${((row + 0.56) / rows) * 100}%`],
        axisLine: {
          roundCap: false,
          lineStyle: {
            width: 10,
            color: [
              [share(first), colours.green],
              [share(second), colours.yellow],
              [1, colours.red],
            ],
          },
        },
        progress: { show: false },
        pointer: { length: '62%', width: 4, itemStyle: { color: colours.text } },
        anchor: { show: true, size: 8, itemStyle: { color: colours.text, borderWidth: 0 } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { show: false },
        title: {
          offsetCenter: [0, '78%'],
          color: colours.quiet,
          fontSize: 13,
          fontWeight: 500,
          overflow: 'truncate',
          width: CELL_WIDTH - 24,
        },
        detail: {
          offsetCenter: [0, '42%'],
          fontSize: 20,
          fontWeight: 650,
          color: value === null ? colours.quiet : colourOf(value),
          formatter: () => (value === null ? '–' : `${averageText(value)} ${unit}`.trim()),
        },
        data: [{ value: value ?? min, name: nameText(key) }],
      };
    });
    return { series, tooltip: { show: false } };
  };
}
