import { BarChart, GaugeChart, LineChart, ScatterChart } from 'echarts/charts';
import { DatasetComponent, GridComponent, LegendComponent, TitleComponent, TooltipComponent } from 'echarts/components';
import { LabelLayout } from 'echarts/features';
import { init, use, type ECharts, type EChartsCoreOption } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from './store.ts';
import { COLOURS, theme, type Colours } from './theme.ts';

use([
  BarChart,
  GaugeChart,
  LineChart,
  ScatterChart,
  DatasetComponent,
  GridComponent,
  LegendComponent,
  TitleComponent,
  TooltipComponent,
  LabelLayout,
  CanvasRenderer,
]);

/** As the style sheet's: a canvas inherits none. */
const FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif";

/** Where tests and the curious read how long the last drawing took. */
interface Drawn extends HTMLDivElement {
  drawnInMs?: number;
}

/** A chart that is drawn anew whenever `options` gives something else. Its content is told to screen readers by `label`. */
export function Chart({
  options,
  height,
  label,
}: {
  options: (colours: Colours) => EChartsCoreOption;
  height: number;
  label: string;
}) {
  const box = useRef<Drawn>(null);
  const chart = useRef<ECharts | null>(null);
  const colours = COLOURS[useStore(theme)];
  useEffect(() => {
    const made = init(box.current, null, { renderer: 'canvas' });
    chart.current = made;
    const resize = new ResizeObserver(() => made.resize());
    resize.observe(box.current!);
    return () => {
      resize.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    const startedAt = performance.now();
    // Tooltips as canvas text: the content security policy allows no inline styles, and what messages hold stays text.
    const base = {
      animation: false,
      textStyle: { fontFamily: FONT, color: colours.text },
      color: [...colours.series],
      tooltip: {
        renderMode: 'richText',
        confine: true,
        backgroundColor: colours.surface,
        borderColor: colours.line,
        textStyle: { color: colours.text, fontSize: 12 },
      },
    };
    const own = options(colours) as { tooltip?: object };
    chart.current!.setOption({ ...base, ...own, tooltip: { ...base.tooltip, ...own.tooltip } }, { notMerge: true });
    chart.current!.getZr().flush();
    box.current!.drawnInMs = performance.now() - startedAt;
  }, [options, colours]);
  return <div ref={box} class="chart" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}
